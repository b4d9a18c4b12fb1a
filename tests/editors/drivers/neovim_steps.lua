-- Runs inside Neovim after it has opened a file: runs commands one after the other, each once the expected texts are
-- underlined on the screen. The stored diagnostics are not enough: Neovim keeps them when it moves or drops a mark.
local function underlined()
  local found = {}
  for _, namespace in pairs(vim.diagnostic.get_namespaces()) do
    local id = namespace.user_data.underline_ns
    for _, mark in ipairs(id and vim.api.nvim_buf_get_extmarks(0, id, 0, -1, { details = true }) or {}) do
      local row, column, details = mark[2], mark[3], mark[4]
      -- Edits can move the end of a mark before its start, which shows nothing.
      local fine, text = pcall(vim.api.nvim_buf_get_text, 0, row, column, details.end_row, details.end_col, {})
      table.insert(found, fine and text[1] or '')
    end
  end
  return found
end

local function drive()
  for _, step in ipairs(vim.json.decode(vim.env.MOTHBALL_TEST_STEPS)) do
    vim.cmd(step.command)
    local shown = vim.wait(20000, function()
      return vim.deep_equal(underlined(), step.underlined)
    end, 20)
    if not shown then
      return { step = step, underlined = underlined(), messages = vim.fn.execute('messages') }
    end
  end
  return vim.empty_dict()
end

local fine, answer = xpcall(drive, debug.traceback)
if not fine then
  io.stderr:write(answer)
  vim.cmd('cquit')
end
vim.fn.writefile({ vim.json.encode(answer) }, vim.env.MOTHBALL_TEST_ANSWER)
vim.cmd('quitall!')
