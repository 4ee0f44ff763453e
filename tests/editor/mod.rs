//! An editor, as the language server meets it.

#![allow(dead_code, reason = "every test program takes what it needs")]
#![allow(clippy::needless_pass_by_value, reason = "parameters are written where they are sent")]

use crate::scratch::command;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// An editor.
pub(crate) struct Editor {
    pub(crate) process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: i64,
    pub(crate) waiting: VecDeque<Value>,
    /// What the server said that it can do.
    pub(crate) can: Value,
}

impl Editor {
    /// Starts a server for a folder; `capabilities` are the client's.
    pub(crate) fn start(folder: &Path, capabilities: Value) -> Self {
        let mut process = command(folder, &["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut editor = Self { process, input, output, last: 0, waiting: VecDeque::new(), can: Value::Null };
        let folders = json!([{ "uri": uri(folder), "name": "folder" }]);
        let parameters = json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders });
        editor.can = editor.ask("initialize", parameters).unwrap()["capabilities"].clone();
        editor.tell("initialized", json!({}));
        editor
    }

    pub(crate) fn write(&mut self, message: &Value) {
        self.write_text(&message.to_string());
    }

    /// Sends what may be no message.
    pub(crate) fn write_text(&mut self, body: &str) {
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    pub(crate) fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the server went away");
            match line.trim().split_once(':') {
                Some((_, value)) if line.starts_with("Content-Length") => {
                    length = value.trim().parse().unwrap();
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Sends a request and gives its number.
    pub(crate) fn send(&mut self, method: &str, parameters: Value) -> i64 {
        self.last += 1;
        self.write(&json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters }));
        self.last
    }

    pub(crate) fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let is_it = |message: &Value| message.get("method").is_none() && message["id"] == json!(id);
        loop {
            // An answer to a later request may have come first.
            let known = self.waiting.iter().position(is_it).and_then(|at| self.waiting.remove(at));
            let message = known.unwrap_or_else(|| self.read());
            if is_it(&message) {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
            self.waiting.push_back(message);
        }
    }

    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        let id = self.send(method, parameters);
        self.answer(id)
    }

    pub(crate) fn tell(&mut self, method: &str, parameters: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        let item = json!({ "uri": uri, "languageId": "plaintext", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i64, changes: Value) {
        let document = json!({ "uri": uri, "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Waits for the diagnostics that the server pushes for a document at a version.
    pub(crate) fn pushed(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let is_it = |message: &Value| {
            let (method, about) = (&message["method"], &message["params"]);
            method == "textDocument/publishDiagnostics"
                && about["uri"] == uri
                && about["version"] == json!(version)
        };
        loop {
            if let Some(at) = self.waiting.iter().position(is_it) {
                let message = self.waiting.remove(at).unwrap();
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.read();
            self.waiting.push_back(message);
        }
    }

    /// What the server says of a document when it is asked.
    pub(crate) fn pulled(&mut self, uri: &str) -> Vec<Value> {
        let report = self.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } })).unwrap();
        report["items"].as_array().unwrap().clone()
    }

    pub(crate) fn at(&mut self, method: &str, uri: &str, line: u32, character: u32) -> Value {
        let place = json!({ "line": line, "character": character });
        let context = json!({ "includeDeclaration": true, "triggerKind": 1 });
        let parameters = json!({ "textDocument": { "uri": uri }, "position": place, "context": context });
        self.ask(method, parameters).unwrap()
    }

    pub(crate) fn of(&mut self, method: &str, uri: &str) -> Value {
        let everything =
            json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
        let context = json!({ "diagnostics": [] });
        self.ask(method, json!({ "textDocument": { "uri": uri }, "range": everything, "context": context }))
            .unwrap()
    }

    /// Ends the session in order, and tells the exit code.
    pub(crate) fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.tell("exit", Value::Null);
        self.process.wait().unwrap().code().unwrap()
    }
}

/// The address of a file.
pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).display())
}
