-- What Neovim makes of the language server: `nvim --headless -u NONE -l`-like use by `+luafile`, with the program and the file in the
-- environment. Writes what it was told as JSON to $TLSLINT_OUT. Works from 0.7 on.
local path, out = vim.env.TLSLINT_FILE, vim.env.TLSLINT_OUT
local seen = {}

local function finish(problem)
  seen.problem = problem
  vim.fn.writefile({ vim.fn.json_encode(seen) }, out)
  vim.cmd(problem and "cquit!" or "qall!")
end

local function step(name, run)
  local ok, result = pcall(run)
  if not ok or result == nil then
    finish(name .. ": " .. tostring(result))
  end
  return result
end

vim.cmd("edit " .. vim.fn.fnameescape(path))
local buffer = vim.api.nvim_get_current_buf()
local client = step("start", function()
  return vim.lsp.start_client({ name = "tlslint", cmd = { vim.env.TLSLINT, "lsp", "--stdio" }, root_dir = vim.fn.fnamemodify(path, ":h") })
end)
vim.lsp.buf_attach_client(buffer, client)

local function diagnostics(wanted)
  return step("diagnostics", function()
    local found
    local is_there = vim.wait(60000, function()
      found = vim.diagnostic.get(buffer)
      return wanted(found)
    end, 20)
    return is_there and found or nil
  end)
end

local function codes(found)
  return vim.tbl_map(function(one)
    return one.code or (one.user_data and one.user_data.lsp and one.user_data.lsp.code)
  end, found)
end

local function ask(method, parameters)
  return step(method, function()
    local answers = vim.lsp.buf_request_sync(buffer, method, parameters, 60000)
    return answers and answers[client] and answers[client].result
  end)
end

local document = vim.lsp.util.make_text_document_params(buffer)
local function at(text)
  for line, content in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local column = content:find(text, 1, true)
    if column then
      return { line = line - 1, character = column - 1 }
    end
  end
end

seen.first = codes(diagnostics(function(found) return #found > 0 end))
seen.hover = ask("textDocument/hover", { textDocument = document, position = at("AES128-SHA") }).contents.value
seen.completion = #(ask("textDocument/completion", { textDocument = document, position = at("AES128-SHA") }))
local place = at("TLSv1.1")
local actions = ask("textDocument/codeAction", {
  textDocument = document,
  range = { start = place, ["end"] = place },
  context = { diagnostics = {} },
})
local action = step("preferred fix", function()
  return vim.tbl_filter(function(one) return one.isPreferred end, actions)[1]
end)
seen.title = action.title
vim.lsp.util.apply_workspace_edit(action.edit, vim.lsp.get_client_by_id(client).offset_encoding)
seen.text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
seen.second = codes(diagnostics(function(found)
  return not vim.tbl_contains(codes(found), "protocol-below-floor")
end))
finish()
