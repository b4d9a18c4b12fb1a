;;; eglot_steps.el --- Evaluates forms, each once the expected texts are underlined  -*- lexical-binding: t; -*-

(load (expand-file-name "emacs.el" (file-name-directory load-file-name)))
(require 'eglot)
(setq eglot-sync-connect 10 flymake-no-changes-timeout 0.1 make-backup-files nil)

(defun driver-underlined ()
  "Return the texts under flymake's overlays, in the order of the buffer; several on one text look like one."
  (let (places)
    (dolist (one (overlays-in (point-min) (point-max)))
      (when (overlay-get one 'flymake-diagnostic)
        (cl-pushnew (cons (overlay-start one) (overlay-end one)) places :test #'equal)))
    (mapcar (lambda (place) (buffer-substring-no-properties (car place) (cdr place)))
            (sort places (lambda (one other) (< (car one) (car other)))))))

(find-file (getenv "MOTHBALL_TEST_FILE"))
;; In batch there is no command loop that would run it.
(run-hooks 'post-command-hook)
(driver-wait "Eglot" #'eglot-current-server)

(let ((steps (append (json-parse-string (getenv "MOTHBALL_TEST_STEPS") :object-type 'alist) nil)) failed)
  (while (and steps (not failed))
    (let* ((step (pop steps)) (command (alist-get 'command step)) (expected (append (alist-get 'underlined step) nil)))
      ;; Otherwise a kill would be added to the one before.
      (setq last-command nil)
      (eval (read (concat "(progn " command ")")) t)
      ;; Eglot sends changes when typing pauses, which does not happen in batch mode.
      (eglot--signal-textDocument/didChange)
      (condition-case nil
          (driver-wait "the underlines" (lambda () (equal (driver-underlined) expected)))
        (error (setq failed `((step . ,step) (underlined . ,(vconcat (driver-underlined)))))))))
  (set-buffer-modified-p nil)
  (eglot-shutdown (eglot-current-server))
  (driver-answer (or failed (make-hash-table))))
