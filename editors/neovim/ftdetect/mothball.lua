-- Names of dependency files that Neovim gives no filetype, or merely `text`.
vim.filetype.add({
  filename = {
    ['pdm.lock'] = 'toml',
    ['poetry.lock'] = 'toml',
  },
  pattern = {
    ['.*%.py%.lock'] = 'toml',
    ['.*requirements[^/]*%.txt'] = 'requirements',
    ['.*requirements[^/]*%.in'] = 'requirements',
    ['.*constraints[^/]*%.txt'] = 'requirements',
    ['.*constraints[^/]*%.in'] = 'requirements',
    ['.*/requirements/[^/]*%.txt'] = 'requirements',
    ['.*/requirements/[^/]*%.in'] = 'requirements',
  },
})
