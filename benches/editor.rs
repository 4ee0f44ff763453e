//! How long an editor waits: from a keystroke to its diagnostics, and from the start to the first ones, in workspaces of many files.

use divan::{Bencher, black_box};
use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::thread::JoinHandle;
use tempfile::TempDir;
use tlslint::date::Date;
use tlslint::lsp::{Surroundings, serve};
use tlslint::scope::Flags;
use tlslint::settings::{Choice, Resolver};

fn main() {
    divan::main();
}

/// Workspaces by how many files they have, beside the snippet that is open and the root that includes it.
const FILES: [usize; 3] = [10, 1_000, 10_000];

/// A server with a workspace, and what a client holds of it.
struct Session {
    client: Connection,
    thread: JoinHandle<()>,
    version: i32,
    snippet: String,
}

fn workspace(files: usize) -> TempDir {
    let directory = tempfile::tempdir().expect("there is room");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
        fs::write(path, text).expect("there is room");
    };
    write(".git/HEAD", "");
    write(
        "main/nginx.conf",
        "events {}\nhttp {\n    include conf.d/*.conf;\n    server { listen 443 ssl; ssl_certificate a.crt; ssl_certificate_key a.key; }\n}\n",
    );
    write("main/conf.d/tls.conf", &snippet(0));
    for file in 0..files {
        let text = format!(
            "events {{}}\nhttp {{ server {{ listen 443 ssl; server_name s{file}.example; ssl_protocols TLSv1.2; }} }}\n"
        );
        write(&format!("hosts/{}/{file}/nginx.conf", file / 100), &text);
    }
    directory
}

/// A hundred lines, the last of which differs from version to version.
fn snippet(version: i32) -> String {
    let lines = (0..97).map(|line| format!("# line {line}")).collect::<Vec<_>>().join("\n") + "\n";
    format!("{lines}ssl_protocols TLSv1.1 TLSv1.2;\nssl_ciphers HIGH;\n# {version}\n")
}

impl Session {
    /// Starts a server and opens the snippet.
    fn start(root: &Path) -> Self {
        let (server, client) = Connection::memory();
        let thread = std::thread::spawn(move || {
            let around = Surroundings {
                resolver: Box::new(|| Resolver::new(Choice::Nearest)),
                flags: Flags::default(),
                is_untrusting: false,
                today: Date::parse("2026-11-23").expect("the day exists"),
            };
            serve(&server, around).expect("the client keeps to the protocol");
        });
        let address = |path: &Path| format!("file://{}", path.display());
        let mut session =
            Self { client, thread, version: 1, snippet: address(&root.join("main/conf.d/tls.conf")) };
        let folders = json!([{ "uri": address(root), "name": "workspace" }]);
        session.ask("initialize", json!({ "capabilities": {}, "workspaceFolders": folders }));
        session.tell("initialized", json!({}));
        let item = json!({ "uri": session.snippet, "languageId": "nginx", "version": 1, "text": snippet(1) });
        session.tell("textDocument/didOpen", json!({ "textDocument": item }));
        session.diagnostics();
        session
    }

    fn ask(&mut self, method: &str, parameters: Value) {
        let request = Request::new(RequestId::from(1), method.to_owned(), parameters);
        self.client.sender.send(request.into()).expect("the server is there");
        while !matches!(self.client.receiver.recv().expect("the server is there"), Message::Response(_)) {}
    }

    fn tell(&self, method: &str, parameters: Value) {
        let notification = Notification::new(method.to_owned(), parameters);
        self.client.sender.send(notification.into()).expect("the server is there");
    }

    /// Waits for the diagnostics of the snippet as it is.
    fn diagnostics(&self) {
        loop {
            if let Message::Notification(told) = self.client.receiver.recv().expect("the server is there")
                && told.params["uri"] == self.snippet
                && told.params["version"] == self.version
            {
                let found = told.params["diagnostics"].as_array().map_or(0, Vec::len);
                assert!(black_box(found) > 0, "a snippet that is not understood costs nothing");
                return;
            }
        }
    }

    fn type_one(&mut self) {
        self.version += 1;
        let document = json!({ "uri": self.snippet, "version": self.version });
        let changes = json!([{ "text": snippet(self.version) }]);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
        self.diagnostics();
    }

    fn end(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.thread.join().expect("the server does not panic");
    }
}

/// From a keystroke in a snippet to the diagnostics of it and of the root that includes it.
#[divan::bench(args = FILES, sample_count = 20)]
fn keystroke(bencher: Bencher<'_, '_>, files: usize) {
    let directory = workspace(files);
    let mut session = Session::start(directory.path());
    bencher.bench_local(|| session.type_one());
    session.end();
}

/// From the start of the server to the first diagnostics.
#[divan::bench(args = FILES, sample_count = 5)]
fn start(bencher: Bencher<'_, '_>, files: usize) {
    let directory = workspace(files);
    bencher.bench_local(|| Session::start(directory.path()).end());
}
