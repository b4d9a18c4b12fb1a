" Replacement for vim-lsp that converts paths to URIs.
function! lsp#utils#path_to_uri(path) abort
  return 'file://' . a:path
endfunction
