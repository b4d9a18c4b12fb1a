" Runs inside Vim: raises vim-lsp's event, and writes down which server it is given.
execute 'set runtimepath^=' . expand('<sfile>:p:r')
doautocmd User lsp_setup
call writefile([json_encode({
\ 'command': g:registered.cmd(g:registered),
\ 'root': g:registered.root_uri(g:registered),
\ 'allowlist': g:registered.allowlist,
\ 'initialization_options': g:registered.initialization_options,
\})], $MOTHBALL_TEST_ANSWER)
quitall!
