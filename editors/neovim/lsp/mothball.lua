---@brief
---
--- mothball underlines dependencies that are archived, deprecated or quarantined on their index (PEP 792).
---
--- `uv tool install path/to/mothball` (or `pipx install`, with the path of a clone) puts the server on your PATH.

-- The files that mothball reads, in any case; a slash requires the directory before it.
local file_names = {
  'pyproject.toml',
  'Pipfile',
  'hatch.toml',
  'pixi.toml',
  'tox.toml',
  'setup.cfg',
  'setup.py',
  'tox.ini',
  '*environment*.{yml,yaml}',
  'env.{yml,yaml}',
  'conda.{yml,yaml}',
  '.pre-commit-config.{yml,yaml}',
  '.pre-commit-hooks.yaml',
  'uv.lock',
  '*.py.lock',
  'poetry.lock',
  'pdm.lock',
  'pylock.toml',
  'pylock.*.toml',
  'Pipfile.lock',
  'pixi.lock',
  'conda-lock.{yml,yaml}',
  '*.conda-lock.{yml,yaml}',
  '*requirements*.{txt,in,pip,reqs,lock}',
  '*constraints*.{txt,in,pip,reqs,lock}',
  'requirement.{txt,in,pip,reqs,lock}',
  '*-requirement.{txt,in,pip,reqs,lock}',
  '*_requirement.{txt,in,pip,reqs,lock}',
  'reqs.{txt,in,pip,reqs,lock}',
  '*-reqs.{txt,in,pip,reqs,lock}',
  '*_reqs.{txt,in,pip,reqs,lock}',
  'deps.{txt,in,pip,reqs,lock}',
  'dependencies.{txt,in,pip,reqs,lock}',
  'overrides.{txt,in,pip,reqs,lock}',
  'requirements/**/*.{txt,in,pip,reqs,lock}',
  'constraints/**/*.{txt,in,pip,reqs,lock}',
}

-- Lua patterns for paths in lower case. `vim.glob.to_lpeg` also matches names that only end with the name.
local patterns = {}
for _, name in ipairs(file_names) do
  local stem, suffixes = name:match('^(.*){(.*)}$')
  for _, suffix in ipairs(vim.split(suffixes or '', ',')) do
    local pattern = vim.pesc(((stem or name) .. suffix):lower()):gsub('%%%*%%%*/%%%*', '.*'):gsub('%%%*', '[^/]*')
    table.insert(patterns, '/' .. pattern .. '$')
  end
end

---@type vim.lsp.Config
return {
  cmd = { 'mothball', 'lsp' },
  filetypes = { 'dosini', 'json', 'python', 'requirements', 'toml', 'yaml' },
  -- By name, so that the server is not started for every TOML, YAML or Python file.
  root_dir = function(buffer, on_dir)
    local path = vim.fs.normalize(vim.api.nvim_buf_get_name(buffer))
    for _, pattern in ipairs(patterns) do
      if path:lower():find(pattern) then
        local root = vim.fs.root(buffer, '.git') or vim.fs.root(buffer, { 'mothball.toml', 'pyproject.toml' })
        return on_dir(root or vim.fs.dirname(path))
      end
    end
  end,
  -- A plain {} would be sent as an array.
  settings = { mothball = vim.empty_dict() },
  on_attach = function(client, buffer)
    local function command(name, action, description)
      vim.api.nvim_buf_create_user_command(buffer, name, function()
        client:exec_cmd({ title = description, command = action }, { bufnr = buffer })
      end, { desc = description })
    end
    command('LspMothballCheckAgain', 'mothball.checkAgain', 'Look up all dependencies again')
    command('LspMothballCheckWorkspace', 'mothball.checkWorkspace', 'Check all dependency files of the workspace')
  end,
}
