" File names that mothball reads, and roots of their projects.

" In any case; a slash requires the directory before it, at any depth with two stars.
let s:file_names = [
\ 'pyproject.toml',
\ 'Pipfile',
\ 'hatch.toml',
\ 'pixi.toml',
\ 'tox.toml',
\ 'setup.cfg',
\ 'setup.py',
\ 'tox.ini',
\ '*environment*.{yml,yaml}',
\ 'env.{yml,yaml}',
\ 'conda.{yml,yaml}',
\ '.pre-commit-config.{yml,yaml}',
\ '.pre-commit-hooks.yaml',
\ 'uv.lock',
\ '*.py.lock',
\ 'poetry.lock',
\ 'pdm.lock',
\ 'pylock.toml',
\ 'pylock.*.toml',
\ 'Pipfile.lock',
\ 'pixi.lock',
\ 'conda-lock.{yml,yaml}',
\ '*.conda-lock.{yml,yaml}',
\ '*requirements*.{txt,in,pip,reqs,lock}',
\ '*constraints*.{txt,in,pip,reqs,lock}',
\ 'requirement.{txt,in,pip,reqs,lock}',
\ '*-requirement.{txt,in,pip,reqs,lock}',
\ '*_requirement.{txt,in,pip,reqs,lock}',
\ 'reqs.{txt,in,pip,reqs,lock}',
\ '*-reqs.{txt,in,pip,reqs,lock}',
\ '*_reqs.{txt,in,pip,reqs,lock}',
\ 'deps.{txt,in,pip,reqs,lock}',
\ 'dependencies.{txt,in,pip,reqs,lock}',
\ 'overrides.{txt,in,pip,reqs,lock}',
\ 'requirements/**/*.{txt,in,pip,reqs,lock}',
\ 'constraints/**/*.{txt,in,pip,reqs,lock}',
\]

" Return 1 if mothball reads the file at `path`, by its name and those of its directories.
function! mothball#reads(path) abort
  let l:path = fnamemodify(a:path, ':p')
  let l:name = fnamemodify(a:path, ':p:t')
  for l:glob in s:file_names
    " A star of Vim matches slashes, too.
    let l:below = '*/' . substitute(l:glob, '/\*\*/', '/*', '')
    if l:glob =~# '/' ? l:path =~? glob2regpat(l:below) : l:name =~? glob2regpat(l:glob)
      return 1
    endif
  endfor
  return 0
endfunction

" Return the root of the project of the buffer's file; empty if mothball does not read that file.
function! mothball#root(buffer) abort
  let l:path = fnamemodify(bufname(a:buffer), ':p')
  if !mothball#reads(l:path)
    return ''
  endif
  let l:directory = fnamemodify(l:path, ':h')
  let l:project = s:Above(l:directory, ['.git'])
  return empty(l:project) ? get(s:Above(l:directory, ['mothball.toml', 'pyproject.toml']), 0, l:directory) : l:project[0]
endfunction

" Return a list with the nearest directory from `directory` upward that contains one of `names`, or an empty list.
function! s:Above(directory, names) abort
  let l:found = []
  for l:name in a:names
    " In worktrees and submodules `.git` is a file.
    call add(l:found, finddir(l:name, fnameescape(a:directory) . ';'))
    call add(l:found, findfile(l:name, fnameescape(a:directory) . ';'))
  endfor
  call filter(l:found, {_, path -> !empty(path)})
  call map(l:found, {_, path -> fnamemodify(substitute(fnamemodify(path, ':p'), '/$', '', ''), ':h')})
  return sort(l:found, {first, second -> len(second) - len(first)})[:0]
endfunction
