;;; mothball.el --- Archived dependencies in Eglot and lsp-mode  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, tools
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; mothball underlines dependencies that are archived, deprecated or quarantined on their index (PEP 792).
;; `uv tool install mothball' puts the server on your PATH; then, with Eglot
;;
;;     (require 'mothball)
;;     (add-hook 'find-file-hook #'mothball-eglot-ensure)
;;
;; and with lsp-mode
;;
;;     (require 'mothball)
;;     (add-hook 'find-file-hook #'mothball-lsp-ensure)

;;; Code:

(defgroup mothball nil
  "Archived dependencies, told by a language server."
  :group 'tools)

(defcustom mothball-command '("mothball" "lsp")
  "The command that starts the language server."
  :type '(repeat string))

(defcustom mothball-settings nil
  "The server's settings as a property list, such as (:deprecatedTag t)."
  :type '(plist :key-type symbol))

(defconst mothball-file-names
  '("pyproject.toml"
    "Pipfile"
    "hatch.toml"
    "pixi.toml"
    "tox.toml"
    "setup.cfg"
    "setup.py"
    "tox.ini"
    "*environment*.yml"
    "*environment*.yaml"
    ".pre-commit-config.yaml"
    ".pre-commit-hooks.yaml"
    "uv.lock"
    "*.py.lock"
    "poetry.lock"
    "pdm.lock"
    "pylock.toml"
    "pylock.*.toml"
    "Pipfile.lock"
    "*requirements*.txt"
    "*requirements*.in"
    "*constraints*.txt"
    "*constraints*.in"
    "requirements/*.txt"
    "requirements/*.in")
  "The files that mothball reads, some only in a directory of that name.")

(defun mothball--regexp (wildcards)
  "Return a regexp for files that WILDCARDS name, where a star stands for no slash."
  (concat "/\\(?:"
          (mapconcat (lambda (wildcard) (string-replace "\\*" "[^/]*" (regexp-quote wildcard))) wildcards "\\|")
          "\\)\\'"))

(defun mothball-file-p (file)
  "Return non-nil for a FILE of mothball's, judged by its name."
  (let ((case-fold-search nil))
    (and file (string-match-p (mothball--regexp mothball-file-names) file))))

;; Emacs gives these `fundamental-mode' or `text-mode', for which no client should start a server.

;;;###autoload
(define-derived-mode mothball-requirements-mode conf-unix-mode "Requirements"
  "Major mode for requirements and constraints files, as pip reads them.")

(add-to-list 'auto-mode-alist
             (cons (mothball--regexp '("*requirements*.txt" "*requirements*.in" "*constraints*.txt" "*constraints*.in"
                                       "requirements/*.txt" "requirements/*.in"))
                   (if (fboundp 'pip-requirements-mode) 'pip-requirements-mode 'mothball-requirements-mode)))
(add-to-list 'auto-mode-alist
             (cons (mothball--regexp '("Pipfile" "uv.lock" "*.py.lock" "poetry.lock" "pdm.lock")) 'conf-toml-mode))

(defun mothball--project (directory)
  "Return the project of the nearest configuration above DIRECTORY."
  (when-let ((root (locate-dominating-file
                    directory
                    (lambda (one)
                      (or (file-exists-p (expand-file-name "mothball.toml" one))
                          (file-exists-p (expand-file-name "pyproject.toml" one)))))))
    (cons 'transient root)))

;;; Eglot

(declare-function eglot-ensure "eglot")
(defvar eglot-server-programs)

(defcustom mothball-eglot-modes
  '(mothball-requirements-mode pip-requirements-mode conf-toml-mode toml-mode toml-ts-mode
    ;; Emacs chooses among these by what stands in a setup.cfg or tox.ini.
    conf-unix-mode conf-windows-mode conf-colon-mode conf-space-mode)
  "The modes whose buffers Eglot gives to mothball: one server for all of them.
Eglot has one server a mode, so that `M-x eglot' starts mothball in every buffer
of these, in Cargo.toml too.  Python, YAML and JSON keep their servers.
Set it before Eglot is loaded."
  :type '(repeat symbol))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               (cons mothball-eglot-modes
                     (lambda (&rest _)
                       (append mothball-command
                               (and mothball-settings (list :initializationOptions mothball-settings))))))
  (put 'mothball-requirements-mode 'eglot-language-id "pip-requirements"))

;;;###autoload
(defun mothball-eglot-ensure ()
  "Have Eglot start mothball where this buffer's file is one of its own."
  (when (and (memq major-mode mothball-eglot-modes) (mothball-file-p buffer-file-name))
    ;; After those that Emacs has, which know version control.
    (add-hook 'project-find-functions #'mothball--project 90 t)
    (eglot-ensure)))

;;; lsp-mode

(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-deferred "lsp-mode")
(defvar lsp-language-id-configuration)

(with-eval-after-load 'lsp-mode
  (add-to-list 'lsp-language-id-configuration '(mothball-requirements-mode . "pip-requirements"))
  ;; Last, so that it speaks only for buffers in which no mode has told.
  (add-to-list 'lsp-language-id-configuration (cons (mothball--regexp mothball-file-names) "plaintext") t)
  (lsp-register-client
   (make-lsp-client
    :server-id 'mothball
    :new-connection (lsp-stdio-connection (lambda () mothball-command))
    :activation-fn (lambda (file _mode) (mothball-file-p file))
    :initialization-options (lambda () mothball-settings)
    ;; Beside the server of the language, be there one or not.
    :add-on? t)))

;;;###autoload
(defun mothball-lsp-ensure ()
  "Have lsp-mode start mothball where this buffer's file is one of its own."
  (when (mothball-file-p buffer-file-name)
    (lsp-deferred)))

(provide 'mothball)
;;; mothball.el ends here
