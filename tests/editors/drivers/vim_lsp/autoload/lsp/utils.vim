" Plays vim-lsp as far as it turns paths into addresses.
function! lsp#utils#path_to_uri(path) abort
  return 'file://' . a:path
endfunction
