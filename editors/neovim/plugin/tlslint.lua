-- Starts `tlslint lsp` for configurations of servers. Works from Neovim 0.8 on; 0.11 may use lsp/tlslint.lua with vim.lsp.enable instead.
local group = vim.api.nvim_create_augroup("tlslint", {})
local patterns = { "nginx", "haproxy", "yaml", "json", "conf", "cfg", "openssl-conf", "toml" }

local function root(path)
  local found = vim.fs.find({ "tlslint.toml", ".tlslint.toml", ".git" }, { upward = true, path = vim.fs.dirname(path) })[1]
  return found and vim.fs.dirname(found) or vim.fs.dirname(path)
end

vim.api.nvim_create_autocmd("FileType", {
  group = group,
  pattern = patterns,
  callback = function(event)
    local path = vim.api.nvim_buf_get_name(event.buf)
    -- Of settings files only ours.
    if vim.bo[event.buf].filetype == "toml" and not path:match("tlslint%.toml$") then
      return
    end
    vim.lsp.start({ name = "tlslint", cmd = { vim.g.tlslint_command or "tlslint", "lsp" }, root_dir = root(path) })
  end,
})
