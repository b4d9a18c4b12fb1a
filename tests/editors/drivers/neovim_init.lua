-- Appended to the init.lua of editors/neovim/README.md.
if vim.env.MOTHBALL_TEST_SETTINGS then
  vim.lsp.config('mothball', { settings = { mothball = vim.json.decode(vim.env.MOTHBALL_TEST_SETTINGS) } })
end
