;;; lsp_mode.el --- Drives lsp-mode  -*- lexical-binding: t; -*-

(load (expand-file-name "emacs.el" (file-name-directory load-file-name)))
(require 'lsp-mode)
(require 'lsp-diagnostics)
(require 'lsp-modeline)
(require 'lsp-headerline)
(setq lsp-auto-guess-root t
      lsp-enable-snippet nil
      lsp-enable-suggest-server-download nil
      lsp-session-file (expand-file-name "lsp-session" (getenv "HOME"))
      lsp-diagnostics-provider :flymake
      lsp-warn-no-matched-clients nil
      make-backup-files nil)

(lsp-workspace-folders-add default-directory)
(find-file (getenv "MOTHBALL_TEST_FILE"))
;; In batch nothing is on display, which is what lsp-deferred waits for.
(lsp)
(driver-wait "lsp-mode" #'lsp-workspaces)

(defun driver-diagnostics ()
  "Return the diagnostics of this buffer in lsp-mode."
  (mapcar (lambda (one)
            (let ((range (lsp:diagnostic-range one)))
              (append (driver-place (lsp--position-to-point (lsp:range-start range))
                                    (lsp--position-to-point (lsp:range-end range)))
                      `((severity . ,(aref ["none" "error" "warning" "note" "hint"] (lsp:diagnostic-severity? one)))
                        (rule . ,(lsp:diagnostic-code? one)) (source . ,(lsp:diagnostic-source? one))
                        (message . ,(lsp:diagnostic-message one))))))
          (gethash (buffer-file-name) (lsp-diagnostics t))))

(let ((count (string-to-number (getenv "MOTHBALL_TEST_COUNT"))) diagnostics hover line)
  (driver-wait "diagnostics" (lambda () (>= (length (driver-diagnostics)) count)))
  (setq diagnostics (driver-diagnostics))
  (when (getenv "MOTHBALL_TEST_ONLY_LOOK")
    (driver-answer `((diagnostics . ,(vconcat diagnostics)))))

  (driver-go-to "quill-templates")
  (setq hover (lsp--render-on-hover-content
               (lsp:hover-contents (lsp-request "textDocument/hover" (lsp--text-document-position-params))) t))

  (let ((action (driver-wait "a code action"
                             (lambda ()
                               (cl-find-if (lambda (one) (string-match-p "ignore" (downcase (lsp:code-action-title one))))
                                           (lsp-code-actions-at-point))))))
    (lsp-execute-code-action action))
  (setq line (driver-wait "the code action" (lambda () (and (string-match-p "mothball: ignore" (driver-line))
                                                           (driver-line)))))
  ;; Changes are sent when typing pauses, which does not happen in batch mode; saving sends them immediately.
  (save-buffer)
  (driver-wait "the underline to go"
               (lambda () (cl-notany (lambda (one) (equal (alist-get 'text one) "quill-templates")) (driver-diagnostics))))
  (let ((after (driver-diagnostics)) (mode major-mode))
    (set-buffer-modified-p nil)
    (driver-answer `((diagnostics . ,(vconcat diagnostics)) (hover . ,(substring-no-properties hover)) (line . ,line)
                     (mode . ,(symbol-name mode)) (after . ,(vconcat after))))))
