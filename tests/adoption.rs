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
