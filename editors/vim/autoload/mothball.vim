" Which files mothball reads, and where their project begins.

" A directory stands before the name where it must hold the file.
let s:file_names = [
\ 'pyproject.toml',
\ 'Pipfile',
\ 'hatch.toml',
\ 'pixi.toml',
\ 'tox.toml',
\ 'setup.cfg',
\ 'setup.py',
\ 'tox.ini',
\ '*environment*.yml',
\ '*environment*.yaml',
\ '.pre-commit-config.yaml',
\ '.pre-commit-hooks.yaml',
\ 'uv.lock',
\ '*.py.lock',
\ 'poetry.lock',
\ 'pdm.lock',
\ 'pylock.toml',
\ 'pylock.*.toml',
\ 'Pipfile.lock',
\ '*requirements*.txt',
\ '*requirements*.in',
\ '*constraints*.txt',
\ '*constraints*.in',
\ 'requirements/*.txt',
\ 'requirements/*.in',
\]

" Return whether mothball reads the file at `path`, judged by its name and that of its directory.
function! mothball#reads(path) abort
  let l:name = fnamemodify(a:path, ':p:t')
  let l:with_directory = fnamemodify(a:path, ':p:h:t') . '/' . l:name
  for l:glob in s:file_names
    if (l:glob =~# '/' ? l:with_directory : l:name) =~# glob2regpat(l:glob)
      return 1
    endif
  endfor
  return 0
endfunction

" Return the root of the project that the buffer's file is in; empty where mothball does not read that file.
function! mothball#root(buffer) abort
  let l:path = fnamemodify(bufname(a:buffer), ':p')
  if !mothball#reads(l:path)
    return ''
  endif
  let l:directory = fnamemodify(l:path, ':h')
  let l:project = s:Above(l:directory, ['.git'])
  return empty(l:project) ? get(s:Above(l:directory, ['mothball.toml', 'pyproject.toml']), 0, l:directory) : l:project[0]
endfunction

" Return a list of the nearest directory from `directory` upward that holds one of `names`; empty where none does.
function! s:Above(directory, names) abort
  let l:found = []
  for l:name in a:names
    " In worktrees and submodules `.git` is a file.
    call add(l:found, finddir(l:name, fnameescape(a:directory) . ';'))
    call add(l:found, findfile(l:name, fnameescape(a:directory) . ';'))
  endfor
  call filter(l:found, {_, one -> !empty(one)})
  call map(l:found, {_, one -> fnamemodify(substitute(fnamemodify(one, ':p'), '/$', '', ''), ':h')})
  return sort(l:found, {one, other -> len(other) - len(one)})[:0]
endfunction
