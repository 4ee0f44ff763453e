//! What `concise` prints, read by the editors and matchers of `editors/`.
//!
//! Vim and Neovim are tried where they are installed; `.ci/run` installs them on Debian.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Findings of all three severities.
const MAIN: &str = "events {}\nhttp {\n    ssl_protocols TLSv1.1 TLSv1.2;\n    ssl_ciphers HIGH:!aNULL;\n    server {\n        listen 443 ssl;\n        \
                    server_name a.example;\n        ssl_certificate $a.pem;\n        ssl_certificate_key a.key;\n        \
                    location / { proxy_pass http://app.example; }\n    }\n}\n";

/// A repository with findings, and a directory with the program under its own name.
struct Site {
    directory: TempDir,
    concise: String,
}

impl Site {
    fn new() -> Self {
        let directory = scratch::repository(&[("nginx.conf", MAIN)]);
        let output = scratch::tlslint(directory.path(), &["check", "--output-format", "concise", "--quiet"]);
        let concise = String::from_utf8(output.stdout).unwrap();
        for severity in ["error", "warning", "note"] {
            assert!(concise.contains(&format!(": {severity}: ")), "{severity} is among them: {concise}");
        }
        Self { directory, concise }
    }

    /// `path:line:column` of every finding.
    fn places(&self) -> Vec<String> {
        let place = |line: &str| line.splitn(4, ':').take(3).collect::<Vec<_>>().join(":");
        self.concise.lines().map(place).collect()
    }

    /// Every finding as a quickfix entry has it once its severity is told apart: `path:line:column e message`.
    fn entries(&self) -> Vec<String> {
        let entry = |line: &str| {
            let parts: Vec<_> = line.splitn(5, ':').collect();
            let [path, row, column, severity, message] = parts.as_slice() else { panic!("{line}") };
            let kind = &severity.trim()[..1];
            format!("{path}:{row}:{column} {kind}{message}")
        };
        self.concise.lines().map(entry).collect()
    }

    /// What stands in the quickfix list of `editor` after `commands`, each entry by the expression `shown`.
    fn quickfix(&self, editor: &str, commands: &[&str], shown: &str) -> Vec<String> {
        let list = format!("call writefile(map(getqflist(), '{shown}'), 'read')");
        let mut command = Command::new(editor);
        command.args(if editor == "nvim" {
            vec!["--headless", "-u", "NONE"]
        } else {
            vec!["-u", "NONE", "-N", "-es"]
        });
        for one in commands.iter().copied().chain([list.as_str(), "qall!"]) {
            command.arg("-c").arg(one);
        }
        let path = std::env::join_paths(
            std::iter::once(program().parent().unwrap().to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        command
            .current_dir(self.directory.path())
            .env("PATH", path.unwrap())
            .env("HOME", self.directory.path());
        command.env("XDG_STATE_HOME", self.directory.path()).output().unwrap();
        let read = self.directory.path().join("read");
        let text = fs::read_to_string(&read).unwrap_or_default();
        fs::remove_file(read).ok();
        text.lines().map(str::to_owned).collect()
    }
}

fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("tlslint").to_owned()
}

/// The editors of this machine that have a quickfix list.
fn editors() -> Vec<&'static str> {
    let has_list = |editor: &&str| {
        Command::new(editor).arg("--version").output().is_ok_and(|output| {
            let version = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success() && (version.contains("+quickfix") || version.starts_with("NVIM"))
        })
    };
    ["vim", "nvim"].into_iter().filter(has_list).collect()
}

const PLACE: &str = r#"bufname(v:val.bufnr) . ":" . v:val.lnum . ":" . v:val.col"#;

#[test]
fn the_default_errorformat_reads_concise() {
    let site = Site::new();
    fs::write(site.directory.path().join("errors"), &site.concise).unwrap();
    for editor in editors() {
        assert_eq!(site.quickfix(editor, &["cgetfile errors"], PLACE), site.places(), "{editor}");
    }
}

#[test]
fn the_compiler_file_runs_the_linter_and_tells_severities_apart() {
    let site = Site::new();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vim");
    let path = format!("set runtimepath+={}", files.display());
    let shown = format!(r#"{PLACE} . " " . v:val.type . " " . trim(v:val.text)"#);
    for editor in editors() {
        let found = site.quickfix(editor, &[&path, "compiler tlslint", "silent make!"], &shown);
        assert_eq!(found, site.entries(), "{editor}");
    }
}

#[test]
fn problem_matchers_read_every_line() {
    let site = Site::new();
    let patterns = [
        ("editors/github/tlslint-matcher.json", "/problemMatcher/0/pattern/0"),
        ("editors/vscode/tasks.json", "/tasks/0/problemMatcher/pattern"),
    ];
    for (file, pointer) in patterns {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pattern = document.pointer(pointer).unwrap();
        let regexp = regex::Regex::new(pattern["regexp"].as_str().unwrap()).unwrap();
        for line in site.concise.lines() {
            let captures = regexp.captures(line).unwrap_or_else(|| panic!("{file}: {line}"));
            let group = |key: &str| {
                let number = pattern[key].as_u64().unwrap() as usize;
                captures.get(number).map_or("", |group| group.as_str())
            };
            // GitHub knows no `note`: where the group is empty, the matcher's own severity holds.
            let severity = match group("severity") {
                "" => "note",
                severity => severity,
            };
            let keys = ["file", "line", "column", "message", "code"].map(group);
            let [path, row, column, message, code] = keys;
            assert_eq!(format!("{path}:{row}:{column}: {severity}: {message} [{code}]"), line, "{file}");
        }
    }
}

#[test]
fn github_shows_notes_as_notices() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/github/tlslint-matcher.json");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let matcher = &document["problemMatcher"][0];
    assert_eq!(matcher["severity"], "notice");
    let regexp = regex::Regex::new(matcher["pattern"][0]["regexp"].as_str().unwrap()).unwrap();
    let severity = |word: &str| {
        let captures = regexp
            .captures(&format!("a b.conf:1:2: {word}: m [x-y]"))?
            .get(4)
            .map(|group| group.as_str().to_owned());
        Some(captures.unwrap_or_default())
    };
    let found = ["error", "warning", "note", "info"].map(severity);
    assert_eq!(found, [Some("error".to_owned()), Some("warning".to_owned()), Some(String::new()), None]);
}
