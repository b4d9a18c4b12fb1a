;;; emacs_names.el --- List the files for which mothball would be started  -*- lexical-binding: t; -*-

(load (expand-file-name "emacs.el" (file-name-directory load-file-name)))

(driver-answer
 (mapcar (lambda (name)
           (with-temp-buffer
             (setq buffer-file-name (expand-file-name name))
             (when (file-exists-p buffer-file-name)
               (insert-file-contents buffer-file-name))
             (let ((inhibit-message t))
               (set-auto-mode))
             (let (started)
               (cl-letf (((symbol-function 'eglot-ensure) (lambda () (setq started t))))
                 (mothball-eglot-ensure))
               (prog1 (list (intern name)
                            (cons 'reads (if (mothball-file-p buffer-file-name) t :json-false))
                            (cons 'eglot (if started t :json-false))
                            (cons 'mode (symbol-name major-mode)))
                 (set-buffer-modified-p nil)
                 (setq buffer-file-name nil)))))
         (json-parse-string (getenv "MOTHBALL_TEST_NAMES") :array-type 'list)))
