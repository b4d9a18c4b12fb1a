;;; emacs.el --- Runs inside Emacs: looks, hovers, takes a code action, writes down what it saw  -*- lexical-binding: t; -*-

(require 'json)
(require 'cl-lib)
;; The init file, which batch mode does not load.
(load "~/.emacs")

(when-let ((settings (getenv "MOTHBALL_TEST_SETTINGS")))
  (setq mothball-settings (json-parse-string settings :object-type 'plist :false-object :json-false)))

(defun driver-wait (what condition)
  "Return the value of CONDITION once it is non-nil; WHAT names it in the error message."
  (let ((give-up (+ (float-time) 20)) result)
    (while (not (setq result (funcall condition)))
      (when (> (float-time) give-up)
        (error "Waited in vain for %s" what))
      (accept-process-output nil 0.02))
    result))

(defun driver-place (start end)
  "Return line, column (both from 1) and text between START and END."
  (save-excursion
    (goto-char start)
    `((line . ,(line-number-at-pos)) (column . ,(1+ (- start (line-beginning-position))))
      (text . ,(buffer-substring-no-properties start end)))))

(defun driver-flymake ()
  "Return what flymake underlines in this buffer."
  (mapcar (lambda (one)
            (append (driver-place (flymake-diagnostic-beg one) (flymake-diagnostic-end one))
                    `((severity . ,(symbol-name (flymake-diagnostic-type one)))
                      (message . ,(flymake-diagnostic-text one)))))
          (flymake-diagnostics)))

(defun driver-go-to (text)
  "Move point to TEXT in this buffer."
  (goto-char (point-min))
  (search-forward text)
  (goto-char (match-beginning 0)))

(defun driver-line ()
  "Return the line at point."
  (buffer-substring-no-properties (line-beginning-position) (line-end-position)))

(defun driver-answer (answer)
  "Write ANSWER down and leave."
  (with-temp-file (getenv "MOTHBALL_TEST_ANSWER")
    (insert (json-encode answer)))
  (kill-emacs 0))
