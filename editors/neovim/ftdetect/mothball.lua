-- Names of dependency files that Neovim gives no filetype, or merely `text`.
local names = {
  '.*requirements[^/]*',
  '.*constraints[^/]*',
  '.*/requirements/.*',
  '.*/constraints/.*',
  '.*/requirement',
  '.*[-_]requirement',
  '.*/reqs',
  '.*[-_]reqs',
  '.*/deps',
  '.*/dependencies',
  '.*/overrides',
}
local patterns = { ['.*%.py%.lock'] = 'toml' }
for _, name in ipairs(names) do
  for _, suffix in ipairs({ 'txt', 'in', 'pip', 'reqs', 'lock' }) do
    local pattern = (name .. '%.' .. suffix):gsub('%a', function(letter)
      return '[' .. letter .. letter:upper() .. ']'
    end)
    patterns[pattern] = 'requirements'
  end
end

vim.filetype.add({
  filename = {
    ['pdm.lock'] = 'toml',
    ['poetry.lock'] = 'toml',
    ['uv.lock'] = 'toml',
  },
  pattern = patterns,
})
