;;; mothball.el --- Archived dependencies in Eglot and lsp-mode  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, tools
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; mothball underlines dependencies that are archived, deprecated or quarantined on their index (PEP 792).
;; `uv tool install path/to/mothball' (the path of a clone) puts the server on your PATH.  With this file in
;; ~/.local/share/mothball and Eglot, add to your init file:
;;
;;     (add-to-list 'load-path "~/.local/share/mothball")
;;     (require 'mothball)
;;     (add-hook 'find-file-hook #'mothball-eglot-ensure)
;;
;; With lsp-mode, the last line is
;;
;;     (add-hook 'find-file-hook #'mothball-lsp-ensure)

;;; Code:

(defgroup mothball nil
  "Report archived dependencies with a language server."
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
    "*environment*.{yml,yaml}"
    "env.{yml,yaml}"
    "conda.{yml,yaml}"
    ".pre-commit-config.{yml,yaml}"
    ".pre-commit-hooks.yaml"
    "uv.lock"
    "*.py.lock"
    "poetry.lock"
    "pdm.lock"
    "pylock.toml"
    "pylock.*.toml"
    "Pipfile.lock"
    "pixi.lock"
    "conda-lock.{yml,yaml}"
    "*.conda-lock.{yml,yaml}"
    "*requirements*.{txt,in,pip,reqs,lock}"
    "*constraints*.{txt,in,pip,reqs,lock}"
    "requirement.{txt,in,pip,reqs,lock}"
    "*-requirement.{txt,in,pip,reqs,lock}"
    "*_requirement.{txt,in,pip,reqs,lock}"
    "reqs.{txt,in,pip,reqs,lock}"
    "*-reqs.{txt,in,pip,reqs,lock}"
    "*_reqs.{txt,in,pip,reqs,lock}"
    "deps.{txt,in,pip,reqs,lock}"
    "dependencies.{txt,in,pip,reqs,lock}"
    "overrides.{txt,in,pip,reqs,lock}"
    "requirements/**/*.{txt,in,pip,reqs,lock}"
    "constraints/**/*.{txt,in,pip,reqs,lock}")
  "Wildcards of the files that mothball reads, in any case.
A slash requires the directory before it, at any depth with two stars.")

(defun mothball--regexp (wildcards)
  "Return a regexp for files that match WILDCARDS.
One star matches no slash; braces contain alternatives."
  (concat "/\\(?:" (mapconcat #'mothball--wildcard-regexp wildcards "\\|") "\\)\\'"))

(defun mothball--wildcard-regexp (wildcard)
  "Return a regexp for WILDCARD."
  (let ((regexp (regexp-quote wildcard)))
    (pcase-dolist (`(,from . ,to) '(("/\\*\\*/" . "/\\(?:.*/\\)?") ("\\*" . "[^/]*") ("{" . "\\(?:") ("}" . "\\)") ("," . "\\|")))
      (setq regexp (string-replace from to regexp)))
    regexp))

(defun mothball-file-p (file)
  "Return non-nil if FILE is a dependency file, by its name."
  (let ((case-fold-search t))
    (and file (string-match-p (mothball--regexp mothball-file-names) file))))

;; Emacs uses `fundamental-mode' or `text-mode' for these files, in which no client should start a server.

;;;###autoload
(define-derived-mode mothball-requirements-mode conf-unix-mode "Requirements"
  "Major mode for requirements and constraints files, as pip reads them.")

(add-to-list 'auto-mode-alist
             (cons (mothball--regexp (seq-filter (lambda (name) (string-suffix-p ".{txt,in,pip,reqs,lock}" name))
                                                 mothball-file-names))
                   (if (fboundp 'pip-requirements-mode) 'pip-requirements-mode 'mothball-requirements-mode)))
(add-to-list 'auto-mode-alist
             (cons (mothball--regexp '("Pipfile" "uv.lock" "*.py.lock" "poetry.lock" "pdm.lock")) 'conf-toml-mode))

(defun mothball--project (directory)
  "Return the project of the nearest configuration above DIRECTORY."
  (when-let ((root (locate-dominating-file
                    directory
                    (lambda (parent)
                      (or (file-exists-p (expand-file-name "mothball.toml" parent))
                          (file-exists-p (expand-file-name "pyproject.toml" parent)))))))
    (cons 'transient root)))

;;; Eglot

(declare-function eglot-ensure "eglot")
(defvar eglot-server-programs)

(defcustom mothball-eglot-modes
  '(mothball-requirements-mode pip-requirements-mode conf-toml-mode toml-mode toml-ts-mode
    ;; Emacs selects one of these by the content of a setup.cfg or tox.ini.
    conf-unix-mode conf-windows-mode conf-colon-mode conf-space-mode)
  "The modes for which Eglot starts mothball.
Eglot uses one server for each mode, so that `M-x eglot' starts mothball in
every buffer of these, even in Cargo.toml.  Python, YAML and JSON keep
their servers.
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
  "Start mothball with Eglot for a buffer of a dependency file."
  (when (and (memq major-mode mothball-eglot-modes) (mothball-file-p buffer-file-name))
    ;; After the functions of Emacs, which detect version control.
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
  ;; Last, so that it applies only to buffers without a language identifier.
  (add-to-list 'lsp-language-id-configuration (cons (mothball--regexp mothball-file-names) "plaintext") t)
  (lsp-register-client
   (make-lsp-client
    :server-id 'mothball
    :new-connection (lsp-stdio-connection (lambda () mothball-command))
    :activation-fn (lambda (file _mode) (mothball-file-p file))
    :initialization-options (lambda () mothball-settings)
    ;; In addition to the server of the language, if any.
    :add-on? t)))

;;;###autoload
(defun mothball-lsp-ensure ()
  "Start mothball with lsp-mode for a buffer of a dependency file."
  (when (mothball-file-p buffer-file-name)
    (lsp-deferred)))

(provide 'mothball)
;;; mothball.el ends here
