//! What the language server makes of edits: the same as one that has never seen the buffers before, and as `check` of the saved files.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod editor;
mod scratch;

use editor::{Editor, uri};
use scratch::{repository, tlslint};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const ROOT: &str = "events {}\nhttp {\n    include snippets/*.conf;\n    server {\n        listen 443 ssl;\n        server_name a.example;\n        \
                    ssl_certificate a.crt;\n        ssl_certificate_key a.key;\n    }\n}\n";
const WEAK: &str = "ssl_protocols TLSv1 TLSv1.2;\nssl_ciphers AES128-SHA;\n";

/// What one buffer holds, edit by edit: nothing, a fragment, a root, a fragment again, another language, words that are none.
const EDITS: [(&str, &str); 9] = [
    ("snippets/tls.conf", ""),
    ("snippets/tls.conf", WEAK),
    ("nginx.conf", "events {}\nhttp {\n}\n"),
    ("snippets/tls.conf", ROOT),
    ("nginx.conf", ROOT),
    ("snippets/tls.conf", "ssl_protocols TLSv1.2 TLSv1.3;\n"),
    ("nginx.conf", "ssl_ciphers HIGH;\n"),
    ("snippets/tls.conf", "frontend a\n    bind :443 ssl crt a.pem ssl-min-ver TLSv1.0\n"),
    ("snippets/tls.conf", "once upon a time\n"),
];

/// What `check` says of files, as `path line check`.
fn checked(root: &Path, files: &[&str]) -> Vec<String> {
    let mut arguments = vec!["check", "--output-format", "jsonl", "--quiet"];
    arguments.extend(files);
    let output = String::from_utf8(tlslint(root, &arguments).stdout).unwrap();
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let place = &row["range"]["start"]["line"];
        format!(
            "{} {place} {} {}",
            row["path"].as_str().unwrap(),
            row["check"].as_str().unwrap(),
            row["message"].as_str().unwrap()
        )
    };
    let mut rows: Vec<String> = output.lines().map(row).collect();
    rows.sort();
    rows
}

/// The same of the server's diagnostics for one file.
fn rows(path: &str, diagnostics: &[Value]) -> Vec<String> {
    let row = |one: &Value| {
        let line = one["range"]["start"]["line"].as_u64().unwrap() + 1;
        let message = one["message"].as_str().unwrap().lines().next().unwrap();
        format!("{path} {line} {} {message}", one["code"].as_str().unwrap())
    };
    let mut rows: Vec<String> = diagnostics.iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn after_every_edit_the_answer_is_that_of_a_check_of_the_saved_files() {
    let directory = repository(&[
        ("nginx.conf", ROOT),
        ("other/nginx.conf", &ROOT.replace("snippets", "../snippets")),
        ("snippets/tls.conf", WEAK),
        ("snippets/more.conf", "ssl_session_tickets off;\n"),
    ]);
    let root = fs::canonicalize(directory.path()).unwrap();
    let names = ["nginx.conf", "snippets/tls.conf"];
    let mut editor = Editor::start(&root, json!({}));
    for name in names {
        editor.open(&uri(&root.join(name)), &fs::read_to_string(root.join(name)).unwrap());
    }
    for (rank, (name, text)) in EDITS.iter().enumerate() {
        let version = i64::try_from(rank).unwrap() + 2;
        editor.change(&uri(&root.join(name)), version, json!([{ "text": text }]));
        let pushed = editor.pushed(&uri(&root.join(name)), version);
        fs::write(root.join(name), text).unwrap();
        let all = checked(&root, &names);
        let own = |name: &str| {
            all.iter().filter(|row| row.starts_with(&format!("{name} "))).cloned().collect::<Vec<_>>()
        };
        assert_eq!(rows(name, &pushed), own(name), "edit {rank}, pushed");
        let pulled = editor.pulled(&uri(&root.join(name)));
        let alone = checked(&root, &[name]);
        let alone: Vec<String> =
            alone.into_iter().filter(|row| row.starts_with(&format!("{name} "))).collect();
        assert_eq!(rows(name, &pulled), alone, "edit {rank}, pulled");
    }
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_change_to_an_older_version_is_none() {
    let directory = repository(&[("nginx.conf", ROOT)]);
    let main = uri(&directory.path().join("nginx.conf"));
    let mut editor = Editor::start(directory.path(), json!({ "textDocument": { "diagnostic": {} } }));
    editor.open(&main, ROOT);
    editor.change(&main, 5, json!([{ "text": format!("{ROOT}# end\n") }]));
    let before = editor.pulled(&main);
    for version in [4, 5, -1] {
        editor.change(&main, version, json!([{ "text": "" }]));
        assert_eq!(editor.pulled(&main), before, "version {version} comes after 5");
    }
    editor.change(&main, 6, json!([{ "text": "" }]));
    assert_ne!(editor.pulled(&main), before);
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_is_no_message_is_answered_and_the_next_one_served() {
    let directory = repository(&[("nginx.conf", ROOT)]);
    let mut editor = Editor::start(directory.path(), json!({}));
    for (text, id, code) in [
        ("{]", Value::Null, -32700),
        ("[]", Value::Null, -32600),
        ("7", Value::Null, -32600),
        ("{\"id\":1.5,\"method\":\"shutdown\"}", json!(1.5), -32600),
        ("{\"id\":99999999999,\"method\":\"shutdown\"}", json!(99_999_999_999_i64), -32600),
    ] {
        editor.write_text(text);
        let answer = editor.read();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{text}");
    }
    assert_eq!(editor.ask("workspace/symbol", json!({ "query": "nothing" })), Ok(json!([])));
    assert_eq!(editor.end(), 0);
}
