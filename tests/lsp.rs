//! The language server, spoken to as an editor does.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod editor;
mod scratch;

use editor::{Editor, uri};
use scratch::{command, repository};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const NGINX: &str = "events {}\nhttp {\n    include conf.d/*.conf;\n    server {\n        listen 443 ssl;\n        server_name a.example;\n        \
    ssl_certificate a.crt;\n        ssl_certificate_key a.key;\n    }\n}\n";

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let directory = repository(&files);
    let root = fs::canonicalize(directory.path()).unwrap();
    (directory, root)
}

#[test]
fn diagnostics_follow_the_buffer_and_not_the_file() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX), ("conf.d/tls.conf", "ssl_protocols TLSv1.2;\n")]);
    let mut editor = Editor::start(&root, json!({}));
    let tls = uri(&root.join("conf.d/tls.conf"));
    editor.open(
        &tls,
        "ssl_protocols TLSv1 TLSv1.2;\nssl_session_timeout 1d;\nssl_session_cache shared:TLS:10m;\n",
    );
    let told = editor.pushed(&tls, 1);
    let floor = told.iter().find(|one| one["code"] == "protocol-below-floor").unwrap();
    assert_eq!(floor["range"]["start"], json!({ "line": 0, "character": 14 }));
    assert_eq!(floor["severity"], 1);
    assert_eq!(floor["source"], "tlslint");
    assert!(floor["relatedInformation"].as_array().is_some_and(|related| !related.is_empty()), "{floor}");
    let range = json!({ "start": { "line": 0, "character": 14 }, "end": { "line": 0, "character": 20 } });
    editor.change(&tls, 2, json!([{ "range": range, "text": "" }]));
    assert!(!codes(&editor.pushed(&tls, 2)).contains(&"protocol-below-floor"));
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": tls } }));
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_change_in_a_snippet_reaches_the_file_that_includes_it() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX), ("conf.d/tls.conf", "ssl_protocols TLSv1.2;\n")]);
    let mut editor = Editor::start(&root, json!({}));
    let (main, tls) = (uri(&root.join("nginx.conf")), uri(&root.join("conf.d/tls.conf")));
    editor.open(&main, NGINX);
    let before = editor.pushed(&main, 1);
    editor.open(&tls, "ssl_protocols TLSv1.2;\nssl_ciphers AES128-SHA;\n");
    assert!(codes(&editor.pushed(&tls, 1)).contains(&"no-approved-suite"));
    let after = editor.pulled(&main);
    assert_ne!(codes(&before), codes(&after), "the default cipher string does not hold any more");
    assert_eq!(editor.end(), 0);
}

#[test]
fn every_answer_is_the_one_of_check() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files: Vec<PathBuf> = Vec::new();
    for directory in
        ["examples/nginx/sites-enabled", "examples/haproxy", "examples/envoy", "examples/openssl"]
    {
        files.extend(fs::read_dir(fixtures.join(directory)).unwrap().map(|entry| entry.unwrap().path()));
    }
    for check in ["suite-not-approved", "peer-not-verified", "endpoint-dead"] {
        let entries =
            fs::read_dir(fixtures.join("checks").join(check)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.is_file()).take(6));
    }
    files.sort();
    let mut editor = Editor::start(&fixtures, json!({ "textDocument": { "diagnostic": {} } }));
    let mut compared = 0;
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let output =
            command(&fixtures, &["check", "--output-format", "json", "--exit-zero", "--force-exclude"])
                .arg(&file)
                .output();
        let report: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap_or_default();
        let here = file.strip_prefix(&fixtures).unwrap().to_string_lossy().into_owned();
        let mut expected: Vec<(u64, u64, String, String)> = Vec::new();
        for finding in report["findings"].as_array().into_iter().flatten() {
            let is_here = |place: &&Value| place["path"] == here.as_str() && finding["suppressed"].is_null();
            for place in finding["places"].as_array().unwrap().iter().filter(is_here) {
                let start = &place["range"]["start"];
                let word = |key: &str| finding[key].as_str().unwrap().to_owned();
                expected.push((
                    start["line"].as_u64().unwrap(),
                    start["column"].as_u64().unwrap(),
                    word("check"),
                    word("severity"),
                ));
            }
        }
        let address = uri(&file);
        editor.open(&address, &text);
        let told = editor.pulled(&address);
        let mut said: Vec<(u64, u64, String, String)> = Vec::new();
        for one in &told {
            let start = &one["range"]["start"];
            let severity = ["error", "warning", "note"][one["severity"].as_u64().unwrap() as usize - 1];
            let count = |key: &str| start[key].as_u64().unwrap() + 1;
            said.push((
                count("line"),
                count("character"),
                one["code"].as_str().unwrap().to_owned(),
                severity.to_owned(),
            ));
        }
        expected.sort();
        said.sort();
        assert_eq!(said, expected, "{here}");
        compared += expected.len();
        editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": address } }));
    }
    assert!(compared > 20, "{compared}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_fix_is_an_edit_of_the_version_that_was_read() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX)]);
    let versions = json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } });
    let mut editor = Editor::start(&root, versions);
    let main = uri(&root.join("nginx.conf"));
    let text = NGINX.replace("a.key;", "a.key;\n        ssl_protocols TLSv1 TLSv1.2;");
    editor.open(&main, &text);
    let actions = editor.of("textDocument/codeAction", &main);
    let actions = actions.as_array().unwrap();
    let titles: Vec<_> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert!(titles.contains(&"Ignore protocol-below-floor with a reason"), "{titles:?}");
    assert!(titles.contains(&"Explain protocol-below-floor"), "{titles:?}");
    let all = actions.iter().find(|action| action["kind"] == "source.fixAll.tlslint").unwrap();
    let edit = &all["edit"]["documentChanges"][0];
    assert_eq!(edit["textDocument"], json!({ "uri": main, "version": 1 }));
    let fix = actions.iter().find(|action| action["isPreferred"] == true).unwrap();
    assert_eq!(fix["kind"], "quickfix");
    let only = json!({ "textDocument": { "uri": main }, "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } },
        "context": { "diagnostics": [], "only": ["source.fixAll"] } });
    let only = editor.ask("textDocument/codeAction", only).unwrap();
    assert_eq!(only.as_array().unwrap().len(), 1);
    let page = editor.ask(
        "workspace/executeCommand",
        json!({ "command": "tlslint.explain", "arguments": ["endpoint-dead"] }),
    );
    assert!(page.unwrap().as_str().unwrap().contains("endpoint"));
    assert_eq!(editor.end(), 0);
}

#[test]
fn words_are_explained_and_completed() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX), ("tlslint.toml", "policy = \"google-carriers\"\n")]);
    let mut editor = Editor::start(&root, json!({}));
    let main = uri(&root.join("nginx.conf"));
    let text = NGINX.replace(
        "    include conf.d/*.conf;\n",
        "    ssl_protocols TLSv1.2;\n    ssl_ciphers HIGH:!aNULL:NOSUCH;\n    upstream pool { server 10.0.0.1:443; }\n",
    );
    let text = text.replace("a.key;", "a.key;\n        location / { proxy_pass https://pool; }");
    editor.open(&main, &text);
    let hover = editor.at("textDocument/hover", &main, 3, 18);
    let words = hover["contents"]["value"].as_str().unwrap();
    assert!(words.contains("`HIGH` adds") && words.contains("not approved by google-carriers"), "{words}");
    assert_eq!(hover["range"]["start"], json!({ "line": 3, "character": 16 }));
    let hover = editor.at("textDocument/hover", &main, 2, 20);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("RFC 5246"), "{hover}");
    let hover = editor.at("textDocument/hover", &main, 6, 12);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("protocols: TLSv1.2"), "{hover}");
    let items = editor.at("textDocument/completion", &main, 3, 21);
    let labels: Vec<_> =
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&"ECDHE-RSA-AES128-GCM-SHA256") && !labels.contains(&"HIGH"), "{labels:?}");
    let hints = editor.of("textDocument/inlayHint", &main);
    assert!(hints[0]["label"].as_str().unwrap().contains("not approved"), "{hints}");
    let lenses = editor.of("textDocument/codeLens", &main);
    assert!(lenses[0]["command"]["title"].as_str().unwrap().contains("TLSv1.2"), "{lenses}");
    let symbols = editor.of("textDocument/documentSymbol", &main);
    assert_eq!(symbols[0]["name"], "a.example on 0.0.0.0:443");
    let tokens = editor.of("textDocument/semanticTokens/full", &main);
    assert_eq!(tokens["data"].as_array().unwrap().len(), 15, "three words of five numbers each");
    assert_eq!(tokens["data"][13], 2, "the last does nothing: {tokens}");
    let (line, _) = text.lines().enumerate().find(|(_, line)| line.contains("proxy_pass")).unwrap();
    let definition = editor.at("textDocument/definition", &main, line as u32, 42);
    assert_eq!(definition[0]["range"]["start"], json!({ "line": 4, "character": 13 }), "{definition}");
    let references = editor.at("textDocument/references", &main, 4, 14);
    assert_eq!(references[0]["range"]["start"]["line"], line, "{references}");
    let settings = uri(&root.join("tlslint.toml"));
    editor.open(&settings, "policy = \"\n");
    let items = editor.at("textDocument/completion", &settings, 0, 10);
    assert!(items.to_string().contains("google-carriers@2024-12"));
    assert!(editor.ask("workspace/symbol", json!({ "query": "A.EXAMPLE" })).unwrap()[0]["name"].is_string());
    assert_eq!(editor.end(), 0);
}

#[test]
fn includes_are_links_to_files() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX), ("conf.d/tls.conf", "ssl_protocols TLSv1.2;\n")]);
    let mut editor = Editor::start(&root, json!({}));
    let main = uri(&root.join("nginx.conf"));
    editor.open(&main, NGINX);
    let links = editor.of("textDocument/documentLink", &main);
    assert_eq!(links[0]["target"], uri(&root.join("conf.d/tls.conf")), "{links}");
    assert_eq!(
        editor.at("textDocument/definition", &main, 2, 16)[0]["uri"],
        uri(&root.join("conf.d/tls.conf"))
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn columns_are_counted_as_agreed() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX)]);
    let main = uri(&root.join("nginx.conf"));
    let text = NGINX
        .replace("    server {", "    set $x '😀'; ssl_protocols TLSv1 TLSv1.2;\n    server {")
        .replace("set $x '😀';", "add_header X '😀';");
    let column = |encodings: Value| {
        let mut editor = Editor::start(&root, json!({ "general": { "positionEncodings": encodings } }));
        let agreed = editor.can["positionEncoding"].as_str().unwrap().to_owned();
        editor.open(&main, &text);
        let told = editor.pulled(&main);
        let floor = told.iter().find(|one| one["code"] == "protocol-below-floor").unwrap();
        let column = floor["range"]["start"]["character"].as_u64().unwrap();
        assert_eq!(editor.end(), 0);
        (agreed, column)
    };
    let (agreed, units) = column(json!(["utf-16"]));
    assert_eq!(agreed, "utf-16");
    let (agreed, bytes) = column(json!(["utf-16", "utf-8"]));
    assert_eq!(agreed, "utf-8");
    assert_eq!(bytes, units + 2, "the character takes four bytes, and two units");
}

#[test]
fn a_hundred_edits_in_a_row_end_where_the_last_one_does() {
    let (_kept, root) = folder(&[("haproxy.cfg", "")]);
    let mut editor = Editor::start(&root, json!({}));
    let config = uri(&root.join("haproxy.cfg"));
    let text = "frontend a\n    bind :443 ssl crt a.pem ssl-min-ver TLSv1.2\n    mode http\n";
    editor.open(&config, "");
    for (rank, character) in text.char_indices() {
        let before = &text[..rank];
        let line = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let place = json!({ "line": line, "character": column });
        let change = json!([{ "range": { "start": place, "end": place }, "text": character.to_string() }]);
        editor.change(&config, 2 + i64::try_from(rank).unwrap(), change);
    }
    let last = 1 + i64::try_from(text.len()).unwrap();
    let typed =
        codes(&editor.pushed(&config, last)).iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    let other = uri(&root.join("other.cfg"));
    editor.open(&other, text);
    assert_eq!(codes(&editor.pulled(&other)), typed);
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_is_cancelled_is_refused_and_what_is_wrong_is_told() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX)]);
    let mut editor = Editor::start(&root, json!({}));
    let main = uri(&root.join("nginx.conf"));
    editor.open(&main, NGINX);
    let hover = json!({ "textDocument": { "uri": main }, "position": { "line": 4, "character": 12 } });
    // All at once, so that they wait behind the first.
    let first = editor.send("workspace/symbol", json!({ "query": "" }));
    let second = editor.send("textDocument/hover", hover.clone());
    editor.tell("$/cancelRequest", json!({ "id": second }));
    let third = editor.send("textDocument/hover", hover);
    assert!(editor.answer(first).is_ok());
    if let Err(error) = editor.answer(second) {
        assert_eq!(error["code"], -32800);
    }
    assert!(editor.answer(third).is_ok());
    assert_eq!(editor.ask("textDocument/nonsense", json!({})).unwrap_err()["code"], -32601);
    assert_eq!(editor.ask("textDocument/hover", json!({ "no": 1 })).unwrap_err()["code"], -32602);
    assert_eq!(
        editor.ask("workspace/executeCommand", json!({ "command": "rm" })).unwrap_err()["code"],
        -32602
    );
    let unknown = json!({ "textDocument": { "uri": "file:///nowhere/a.conf" }, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask("textDocument/hover", unknown), Ok(Value::Null));
    // Older versions, places beyond the end, and ranges that run backwards.
    editor.change(&main, -7, json!([{ "range": { "start": { "line": 900, "character": 9 }, "end": { "line": 0, "character": 99 } }, "text": "# x\n" }]));
    editor.change("file:///nowhere/b.conf", 3, json!([{ "text": "x" }]));
    editor.tell("textDocument/didOpen", json!({ "broken": true }));
    assert!(editor.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": main } })).is_ok());
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_buffer_without_a_file_is_read_in_the_editors_language() {
    let (_kept, root) = folder(&[]);
    let mut editor = Editor::start(&root, json!({}));
    let text = "frontend a\n    bind :443 ssl crt a.pem ssl-min-ver TLSv1.0\n    mode http\n";
    let item = json!({ "uri": "untitled:Untitled-1", "languageId": "haproxy", "version": 1, "text": text });
    editor.tell("textDocument/didOpen", json!({ "textDocument": item }));
    assert!(codes(&editor.pushed("untitled:Untitled-1", 1)).contains(&"protocol-below-floor"));
    assert_eq!(editor.end(), 0);
}

#[test]
fn mistakes_of_settings_stand_in_the_settings() {
    let (_kept, root) = folder(&[("nginx.conf", NGINX), ("tlslint.toml", "policy = \"no-such\"\n")]);
    let mut editor = Editor::start(&root, json!({}));
    let main = uri(&root.join("nginx.conf"));
    editor.open(&main, NGINX);
    assert!(editor.pushed(&main, 1).is_empty());
    let settings = uri(&root.join("tlslint.toml"));
    let told = editor.waiting.iter().find(|message| message["params"]["uri"] == settings.as_str());
    let told = told.cloned().unwrap_or_else(|| editor.read());
    assert!(told["params"]["diagnostics"][0]["message"].as_str().unwrap().contains("no-such"), "{told}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_large_buffer_and_a_large_workspace_are_answered() {
    let sites: Vec<(String, String)> = (0..1000)
        .map(|rank| {
            (
                format!("conf.d/s{rank}.conf"),
                format!("server {{ listen 443 ssl; server_name s{rank}.example; }}\n"),
            )
        })
        .collect();
    let mut files: Vec<(&str, &str)> =
        sites.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push((
        "nginx.conf",
        "events {}\nhttp { ssl_certificate a; ssl_certificate_key b; include conf.d/*.conf; }\n",
    ));
    let (_kept, root) = folder(&files);
    let mut editor = Editor::start(&root, json!({}));
    let one = uri(&root.join("conf.d/s7.conf"));
    editor.open(&one, "server { listen 443 ssl; server_name s7.example; ssl_ciphers AES128-SHA; }\n");
    assert!(codes(&editor.pushed(&one, 1)).contains(&"no-approved-suite"));
    let large = uri(&root.join("large.cfg"));
    let text =
        format!("frontend a\n    bind :443 ssl crt a.pem\n{}", "    # nothing to see here\n".repeat(420_000));
    assert!(text.len() > 10_000_000);
    editor.open(&large, &text);
    editor.pushed(&large, 1);
    assert_eq!(editor.end(), 0);
}

#[test]
fn the_exit_code_says_how_the_session_ended() {
    let (_kept, root) = folder(&[]);
    let mut editor = Editor::start(&root, json!({}));
    editor.tell("exit", Value::Null);
    assert_eq!(
        editor.process.wait().unwrap().code(),
        Some(1),
        "exit without shutdown (section \"Exit Notification\")"
    );
    let mut editor = Editor::start(&root, json!({}));
    editor.write(&json!({ "jsonrpc": "2.0", "id": 99, "method": "shutdown" }));
    assert!(editor.answer(99).is_ok());
    let id = editor.send("textDocument/hover", json!({}));
    assert_eq!(editor.answer(id).unwrap_err()["code"], -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.process.wait().unwrap().code(), Some(0));
}
