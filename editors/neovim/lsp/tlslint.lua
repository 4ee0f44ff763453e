-- For `vim.lsp.enable("tlslint")` of Neovim 0.11 and later, in the shape of nvim-lspconfig.
return {
  cmd = { "tlslint", "lsp" },
  filetypes = { "nginx", "haproxy", "yaml", "json", "conf", "openssl-conf" },
  root_markers = { "tlslint.toml", ".tlslint.toml", ".git" },
}
