-- Runs inside Neovim after it has opened a file: looks, hovers, takes a code action, and writes down what it saw.
local severities = { 'error', 'warning', 'note', 'hint' }

local function seen()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    local text = vim.api.nvim_buf_get_text(0, one.lnum, one.col, one.end_lnum, one.end_col, {})
    table.insert(found, {
      line = one.lnum + 1,
      column = vim.str_utfindex(vim.fn.getline(one.lnum + 1), 'utf-32', one.col) + 1,
      text = text[1],
      rule = one.code,
      severity = severities[one.severity],
      message = one.message,
      source = one.source,
      tags = vim.tbl_keys(one._tags or {}),
    })
  end
  return found
end

local function wait_for(what, condition)
  if not vim.wait(20000, condition, 20) then
    error('waited in vain for ' .. what .. '\n' .. vim.fn.execute('messages'))
  end
end

local function floating_text()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true), '\n')
    end
  end
end

local function drive()
  local answer = { filetype = vim.bo.filetype }
  wait_for('diagnostics', function()
    return #vim.diagnostic.get(0) >= tonumber(vim.env.MOTHBALL_TEST_COUNT)
  end)
  answer.diagnostics = seen()
  if vim.env.MOTHBALL_TEST_ONLY_LOOK then
    return answer
  end

  vim.fn.cursor(vim.fn.search('quill-templates'), 1)
  vim.fn.search('quill-templates', 'c')
  vim.lsp.buf.hover()
  wait_for('the hover', floating_text)
  answer.hover = floating_text()

  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title:lower():find('ignore') and action.kind == 'quickfix' and not action.title:find('toml')
    end,
  })
  wait_for('the code action', function()
    return vim.api.nvim_get_current_line():find('mothball: ignore')
  end)
  answer.line = vim.api.nvim_get_current_line()
  wait_for('the underline to go', function()
    for _, one in ipairs(seen()) do
      if one.text == 'quill-templates' then
        return false
      end
    end
    return true
  end)
  answer.after = seen()
  answer.commands = vim.tbl_keys(vim.api.nvim_buf_get_commands(0, {}))
  return answer
end

local fine, answer = xpcall(drive, debug.traceback)
if not fine then
  io.stderr:write(answer)
  vim.cmd('cquit')
end
vim.fn.writefile({ vim.json.encode(answer) }, vim.env.MOTHBALL_TEST_ANSWER)
vim.cmd('quitall!')
