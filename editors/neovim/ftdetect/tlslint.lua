-- HAProxy and openssl.cnf by their usual names; Neovim knows nginx's.
vim.filetype.add({
  filename = { ["haproxy.cfg"] = "haproxy", ["openssl.cnf"] = "openssl-conf" },
  pattern = { [".*/haproxy/.*%.cfg"] = "haproxy", [".*/nginx/.*%.conf"] = "nginx", [".*/sites%-available/.*"] = "nginx" },
})
