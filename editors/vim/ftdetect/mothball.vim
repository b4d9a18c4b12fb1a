" Names of dependency files that Vim gives no filetype, or merely `text`.
autocmd BufNewFile,BufRead uv.lock,*.py.lock,poetry.lock,pdm.lock set filetype=toml
autocmd BufNewFile,BufRead *.txt,*.in if mothball#reads(expand('<afile>')) | set filetype=requirements | endif
