;;; tlslint.el --- TLS settings of servers, by eglot -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "29.1"))

;;; Commentary:

;; Starts `tlslint lsp' for configurations of nginx, HAProxy, Envoy and openssl.cnf.

;;; Code:

(require 'eglot)

(defcustom tlslint-command '("tlslint" "lsp")
  "The language server and its arguments."
  :type '(repeat string)
  :group 'eglot)

(add-to-list 'eglot-server-programs
             (cons '(nginx-mode haproxy-mode conf-mode conf-unix-mode conf-space-mode yaml-mode yaml-ts-mode)
                   (lambda (&rest _) tlslint-command)))

(provide 'tlslint)
;;; tlslint.el ends here
