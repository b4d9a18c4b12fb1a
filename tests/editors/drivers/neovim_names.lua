-- Runs inside Neovim: opens one file after another, and writes down to which the server is attached.
local answer = {}
local patience = 20000
for _, name in ipairs(vim.json.decode(vim.env.MOTHBALL_TEST_NAMES)) do
  vim.cmd.edit(vim.fn.fnameescape(name))
  local attached = vim.wait(patience, function()
    return #vim.lsp.get_clients({ bufnr = 0, name = 'mothball' }) > 0
  end, 5)
  answer[name] = { attached = attached, filetype = vim.bo.filetype }
  -- The first one starts the server; later ones attach immediately.
  patience = 200
end
vim.fn.writefile({ vim.json.encode(answer) }, vim.env.MOTHBALL_TEST_ANSWER)
vim.cmd('quitall!')
