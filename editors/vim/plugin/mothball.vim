" mothball underlines dependencies that are archived, deprecated or quarantined on their index (PEP 792).
" Works with ALE and vim-lsp.

if exists('g:loaded_mothball')
  finish
endif
let g:loaded_mothball = 1

let g:mothball_executable = get(g:, 'mothball_executable', 'mothball')
let g:mothball_settings = get(g:, 'mothball_settings', {})

let s:filetypes = ['cfg', 'dosini', 'json', 'python', 'requirements', 'toml', 'yaml']

function! s:DefineForAle(filetype) abort
  if index(s:filetypes, a:filetype) < 0 || has_key(s:defined, a:filetype)
    return
  endif
  let s:defined[a:filetype] = 1
  call ale#linter#Define(a:filetype, {
  \ 'name': 'mothball',
  \ 'lsp': 'stdio',
  \ 'executable': {-> g:mothball_executable},
  \ 'command': '%e lsp',
  \ 'initialization_options': {-> g:mothball_settings},
  \ 'project_root': function('mothball#root'),
  \})
endfunction

function! s:RegisterWithVimLsp() abort
  call lsp#register_server({
  \ 'name': 'mothball',
  \ 'cmd': {_ -> [g:mothball_executable, 'lsp']},
  \ 'allowlist': s:filetypes,
  \ 'root_uri': {_ -> lsp#utils#path_to_uri(mothball#root(bufnr('%')))},
  \ 'initialization_options': g:mothball_settings,
  \})
endfunction

let s:defined = {}
augroup mothball
  autocmd!
  autocmd FileType * if exists('g:loaded_ale') | call s:DefineForAle(expand('<amatch>')) | endif
  autocmd User lsp_setup call s:RegisterWithVimLsp()
augroup END
