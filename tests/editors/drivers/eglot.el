;;; eglot.el --- Drives Eglot  -*- lexical-binding: t; -*-

(load (expand-file-name "emacs.el" (file-name-directory load-file-name)))
(require 'eglot)
(setq eglot-sync-connect 10 flymake-no-changes-timeout 0.1 make-backup-files nil)

(find-file (getenv "MOTHBALL_TEST_FILE"))
;; In batch there is no command loop that would run it.
(run-hooks 'post-command-hook)
(driver-wait "Eglot" #'eglot-current-server)

(let ((count (string-to-number (getenv "MOTHBALL_TEST_COUNT"))) diagnostics hover line)
  (driver-wait "diagnostics" (lambda () (flymake-start) (>= (length (flymake-diagnostics)) count)))
  (setq diagnostics (driver-flymake))
  (when (getenv "MOTHBALL_TEST_ONLY_LOOK")
    (driver-answer `((diagnostics . ,(vconcat diagnostics)))))

  (driver-go-to "quill-templates")
  (let (said)
    (eglot-hover-eldoc-function (lambda (text &rest _) (setq said text)))
    (setq hover (substring-no-properties (driver-wait "the hover" (lambda () said)))))

  ;; Instead of a menu, choose the first ignore action.
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt actions &rest _)
               (car (cl-find-if (lambda (action)
                                  (string-match-p "ignore" (downcase (car action)))) actions))))
            ((symbol-function 'y-or-n-p) #'always))
    (let ((last-nonmenu-event t))
      (eglot-code-actions (point) (1+ (point)) "quickfix" t)))
  (setq line (driver-wait "the code action" (lambda () (and (string-match-p "mothball: ignore" (driver-line))
                                                           (driver-line)))))
  ;; Eglot sends changes when typing pauses, which does not happen in batch mode; saving sends them immediately.
  (save-buffer)
  (driver-wait "the underline to go"
               (lambda ()
                 (flymake-start)
                 (cl-notany (lambda (one) (equal (alist-get 'text one) "quill-templates")) (driver-flymake))))
  (let ((after (driver-flymake)) (mode major-mode))
    (set-buffer-modified-p nil)
    (eglot-shutdown (eglot-current-server))
    (driver-answer `((diagnostics . ,(vconcat diagnostics)) (hover . ,hover) (line . ,line) (mode . ,(symbol-name mode))
                     (after . ,(vconcat after))))))
