" Runs inside Vim: opens one file after another, and writes down which ALE would have mothball look at.
let s:answer = {}
for s:name in json_decode($MOTHBALL_TEST_NAMES)
  execute 'silent edit' fnameescape(s:name)
  let s:answer[s:name] = {
  \ 'filetype': &filetype,
  \ 'linters': len(filter(ale#linter#Get(&filetype), {_, one -> one.name is# 'mothball'})),
  \ 'root': mothball#root(bufnr('%')),
  \}
endfor
call writefile([json_encode(s:answer)], $MOTHBALL_TEST_ANSWER)
quitall!
