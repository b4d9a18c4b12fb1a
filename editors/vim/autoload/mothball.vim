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
  let l:git = finddir('.git', fnamemodify(l:path, ':h') . ';')
  return empty(l:git) ? fnamemodify(l:path, ':h') : fnamemodify(l:git, ':p:h:h')
endfunction
