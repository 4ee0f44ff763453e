//! Settings, ignores, fixes, baselines and formats, by the real binary in scratch repositories.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const MAIN: &str = "events {}\nhttp {\n    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;\n    ssl_ciphers HIGH:!aNULL;  # kept\n    \
                    server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key a.key; }\n}\n";

fn repository(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

fn tlslint(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("tlslint"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn checks(output: &Output) -> Vec<String> {
    let ids = |line: &str| line.rsplit_once('[').map(|(_, id)| id.trim_end_matches(']').to_owned());
    out(output).lines().filter_map(ids).collect()
}

const CONCISE: [&str; 5] = ["check", "--output-format", "concise", "--isolated", "."];

#[test]
fn the_format_never_changes_the_exit_code() {
    let clean = repository(&[("nginx.conf", "events {}\nhttp {}\n")]);
    let found = repository(&[("nginx.conf", MAIN)]);
    for format in tlslint::report::Format::ALL {
        let arguments = ["check", "--output-format", format.name()];
        assert_eq!(code(&tlslint(found.path(), &arguments)), 1, "{}", format.name());
        assert_eq!(code(&tlslint(clean.path(), &arguments)), 0, "{}", format.name());
    }
}

#[test]
fn several_formats_in_one_run() {
    let found = repository(&[("nginx.conf", MAIN)]);
    let arguments = [
        "check",
        "--output-format",
        "json",
        "-o",
        "a.json",
        "--output-format",
        "sarif",
        "-o",
        "b.sarif",
        "--output-format",
        "concise",
    ];
    let output = tlslint(found.path(), &arguments);
    assert_eq!(code(&output), 1);
    let json = fs::read_to_string(found.path().join("a.json")).unwrap();
    assert_eq!(json.matches("\"check\":").count(), out(&output).lines().count());
    assert!(fs::read_to_string(found.path().join("b.sarif")).unwrap().contains("2.1.0"));
}

#[test]
fn fixing_is_done_once_and_keeps_everything_else() {
    let found = repository(&[("nginx.conf", MAIN)]);
    let diff = tlslint(found.path(), &["check", "--diff"]);
    assert_eq!(code(&diff), 1);
    assert!(out(&diff).contains("-    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;\n"), "{}", out(&diff));
    assert_eq!(fs::read_to_string(found.path().join("nginx.conf")).unwrap(), MAIN, "a diff changes nothing");
    let fixed = tlslint(found.path(), &["check", "--fix", "--unsafe-fixes", "--output-format", "concise"]);
    let text = fs::read_to_string(found.path().join("nginx.conf")).unwrap();
    assert!(text.contains("    ssl_protocols TLSv1.2;\n") && text.contains(";  # kept\n"), "{text}");
    assert!(!checks(&fixed).contains(&"protocol-below-floor".to_owned()), "{}", out(&fixed));
    assert!(!checks(&fixed).contains(&"suite-not-approved".to_owned()), "{}", out(&fixed));
    tlslint(found.path(), &["check", "--fix", "--unsafe-fixes"]);
    assert_eq!(
        fs::read_to_string(found.path().join("nginx.conf")).unwrap(),
        text,
        "a second time changes nothing"
    );
}

#[test]
fn ignores_are_added_listed_and_expire() {
    let found = repository(&[("nginx.conf", MAIN)]);
    let reason = "legacy terminals, OPS-12";
    tlslint(found.path(), &["check", "--add-ignore", reason]);
    let after = tlslint(found.path(), &CONCISE);
    assert_eq!((code(&after), out(&after).as_str()), (0, ""));
    assert_ne!(code(&tlslint(found.path(), &["check", "--no-ignores"])), 0);
    let listed = out(&tlslint(found.path(), &["ignores", "--format", "csv"]));
    assert!(listed.contains(reason) && listed.contains("protocol-below-floor"), "{listed}");
    let refused = tlslint(found.path(), &["check", "--add-ignore", "TODO"]);
    assert_eq!(code(&refused), 2);
}

#[test]
fn a_baseline_knows_moved_lines_and_no_second_occurrence() {
    let found = repository(&[("nginx.conf", MAIN)]);
    assert_eq!(code(&tlslint(found.path(), &["check", "--write-baseline", "known.json"])), 0);
    let with_baseline = ["check", "--baseline", "known.json", "--output-format", "concise"];
    assert_eq!(code(&tlslint(found.path(), &with_baseline)), 0);
    fs::write(found.path().join("nginx.conf"), format!("# moved\n\n{MAIN}")).unwrap();
    assert_eq!(code(&tlslint(found.path(), &with_baseline)), 0);
    let more = MAIN.replace("server_name a.example;", "server_name a.example; ssl_protocols TLSv1;");
    fs::write(found.path().join("nginx.conf"), more).unwrap();
    assert_eq!(code(&tlslint(found.path(), &with_baseline)), 1);
}

#[test]
fn settings_decide_and_flags_win() {
    let settings = "fail-on = \"error\"\n[checks]\nprotocol-below-floor = { level = \"off\", reason = \"contract 12\" }\n";
    let found = repository(&[("nginx.conf", MAIN), ("tlslint.toml", settings)]);
    let output = tlslint(found.path(), &["check", "--output-format", "concise"]);
    assert!(!checks(&output).contains(&"protocol-below-floor".to_owned()), "{}", out(&output));
    assert!(checks(&tlslint(found.path(), &CONCISE)).contains(&"protocol-below-floor".to_owned()));
    let full = out(&tlslint(found.path(), &["check"]));
    assert!(full.contains("protocol-below-floor is switched off: contract 12"), "{full}");
    let shown = out(&tlslint(found.path(), &["config", "show"]));
    assert!(shown.contains("# tlslint.toml:1:1"), "{shown}");
    fs::write(found.path().join("tlslint.toml"), "polcy = \"x\"\n").unwrap();
    let wrong = tlslint(found.path(), &["check"]);
    assert_eq!(code(&wrong), 2);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("tlslint.toml:1:1: unknown key `polcy`"));
}

#[test]
fn completions_and_manual_pages_are_written() {
    let directory = repository(&[]);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(out(&tlslint(directory.path(), &["completions", shell])).contains("tlslint"), "{shell}");
    }
    assert!(out(&tlslint(directory.path(), &["man", "check"])).contains(".TH tlslint"));
    assert_eq!(code(&tlslint(directory.path(), &["man", "--directory", "."])), 0);
    assert!(directory.path().join("tlslint-check.1").is_file());
}

#[test]
fn vim_reads_concise_output() {
    // Debian's vim; where it is not installed there is nothing to try.
    let Ok(version) = Command::new("vim").arg("--version").output() else { return };
    if !version.status.success() || !String::from_utf8_lossy(&version.stdout).contains("+quickfix") {
        return;
    }
    let found = repository(&[("nginx.conf", MAIN)]);
    let concise = tlslint(found.path(), &CONCISE);
    fs::write(found.path().join("errors"), &concise.stdout).unwrap();
    let list =
        "call writefile(map(getqflist(), 'bufname(v:val.bufnr).\":\".v:val.lnum.\":\".v:val.col'), 'read')";
    let read = |before: &str| {
        let commands = [before, "cgetfile errors", list, "qall!"];
        let mut vim = Command::new("vim");
        vim.args(["-u", "NONE", "-N", "-es"]).current_dir(found.path());
        for command in commands.iter().filter(|command| !command.is_empty()) {
            vim.arg("-c").arg(command);
        }
        vim.output().unwrap();
        fs::read_to_string(found.path().join("read")).unwrap_or_default()
    };
    let expected: Vec<String> =
        out(&concise).lines().map(|line| line.splitn(4, ':').take(3).collect::<Vec<_>>().join(":")).collect();
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vim/compiler/tlslint.vim");
    for before in [String::new(), format!("source {}", compiler.display())] {
        assert_eq!(read(&before).lines().collect::<Vec<_>>(), expected, "{before}");
    }
}

#[test]
fn problem_matchers_match_every_line() {
    let found = repository(&[("nginx.conf", &MAIN.replace("a.pem", "$a.pem"))]);
    let lines = out(&tlslint(found.path(), &CONCISE));
    assert!(lines.lines().count() > 2);
    for file in ["editors/github/tlslint-matcher.json", "editors/vscode/tasks.json"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pattern = document
            .pointer("/problemMatcher/0/pattern/0/regexp")
            .or(document.pointer("/tasks/0/problemMatcher/pattern/regexp"));
        let schema = serde_json::json!({ "type": "string", "pattern": pattern.unwrap() });
        let validator = jsonschema::validator_for(&schema).unwrap();
        for line in lines.lines() {
            assert!(validator.is_valid(&serde_json::json!(line)), "{file}: {line}");
        }
        for severity in ["error", "warning", "note"] {
            assert!(validator.is_valid(&serde_json::json!(format!("a b.conf:1:2: {severity}: m [x-y]"))));
        }
    }
}
