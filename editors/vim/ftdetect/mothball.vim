" Names of dependency files that Vim gives no filetype, or merely `text`.
autocmd BufNewFile,BufRead *
\ if expand('<afile>') =~? '\.\(txt\|in\|pip\|reqs\|lock\)$' && mothball#reads(expand('<afile>')) | set filetype=requirements | endif
autocmd BufNewFile,BufRead uv.lock,*.py.lock,poetry.lock,pdm.lock set filetype=toml
autocmd BufNewFile,BufRead Pipfile.lock set filetype=json
autocmd BufNewFile,BufRead pixi.lock set filetype=yaml
