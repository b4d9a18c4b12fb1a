" Runs inside Vim with ALE: looks, hovers, takes a code action, and writes down what it saw.
let s:severities = {'E': 'error', 'W': 'warning', 'I': 'note'}

function! s:WaitFor(what, Condition) abort
  let l:start = reltime()
  while !a:Condition()
    if reltimefloat(reltime(l:start)) > 20
      call writefile(['waited in vain for ' . a:what] + split(execute('messages'), "\n") + split(execute('ALEInfo'), "\n"),
      \ $MOTHBALL_TEST_ANSWER . '.trouble')
      cquit
    endif
    sleep 20m
  endwhile
endfunction

function! s:Found() abort
  return filter(copy(ale#engine#GetLoclist(bufnr('%'))), {_, one -> one.linter_name is# 'mothball'})
endfunction

function! s:Seen() abort
  return map(s:Found(), {_, one -> {
  \ 'line': one.lnum,
  \ 'column': strchars(strpart(getline(one.lnum), 0, one.col - 1)) + 1,
  \ 'text': strpart(getline(one.lnum), one.col - 1, one.end_col - one.col + 1),
  \ 'rule': get(one, 'code', ''),
  \ 'severity': s:severities[one.type],
  \ 'message': one.text,
  \ }})
endfunction

function! s:Choose(data, items) abort
  for l:item in a:items
    if l:item[1].title =~? 'ignore'
      return ale#codefix#ApplyLSPCodeAction(a:data, l:item[1])
    endif
  endfor
endfunction

function! s:Preview() abort
  for l:window in range(1, winnr('$'))
    if getwinvar(l:window, '&previewwindow')
      return join(getbufline(winbufnr(l:window), 1, '$'), "\n")
    endif
  endfor
  return ''
endfunction

function! s:Leave(answer) abort
  call writefile([json_encode(a:answer)], $MOTHBALL_TEST_ANSWER)
  quitall!
endfunction

function! s:Drive(...) abort
  let l:answer = {'filetype': &filetype}
  call s:WaitFor('diagnostics', {-> len(s:Found()) >= str2nr($MOTHBALL_TEST_COUNT)})
  let l:answer.diagnostics = s:Seen()
  if !empty($MOTHBALL_TEST_ONLY_LOOK)
    return s:Leave(l:answer)
  endif

  call cursor(1, 1)
  call search('quill-templates', 'c')
  let g:ale_hover_to_preview = 1
  ALEHover
  call s:WaitFor('the hover', {-> !empty(s:Preview())})
  let l:answer.hover = s:Preview()
  pclose

  call ale#codefix#Execute(0, function('s:Choose'))
  call s:WaitFor('the code action', {-> getline('.') =~# 'mothball: ignore'})
  let l:answer.line = getline('.')
  " ALE sends changes when typing pauses, which does not happen in a script; saving sends them immediately.
  silent write
  call s:WaitFor('the underline to go', {-> empty(filter(s:Seen(), {_, one -> one.text is# 'quill-templates'}))})
  let l:answer.after = s:Seen()
  call s:Leave(l:answer)
endfunction

call timer_start(0, function('s:Drive'))
