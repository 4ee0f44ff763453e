//! The command line as users and pipelines meet it: exit codes, bad input, several formats at once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scratch;

use scratch::{command, repository};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

const GOOD: &str = "server {\n    listen 443 ssl;\n    ssl_protocols TLSv1.2;\n    ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;\n}\n";
const WEAK: &str = "server {\n    listen 443 ssl;\n    ssl_protocols TLSv1.1 TLSv1.2;\n}\n";

/// Runs `tlslint check`, holds its code, and returns what it wrote.
fn check(directory: &Path, arguments: &[&str], code: i32) -> (String, String) {
    texts(&scratch::tlslint(directory, &[&["check"], arguments].concat()), code)
}

fn texts(output: &Output, code: i32) -> (String, String) {
    let out = String::from_utf8(output.stdout.clone()).unwrap();
    let log = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "standard output:\n{out}\nstandard error:\n{log}");
    assert!(!log.contains("internal error") && !log.contains("panicked"), "{log}");
    (out, log)
}

/// Checks one nginx file with these bytes and returns the concise findings.
fn check_nginx(bytes: &[u8], code: i32) -> String {
    let directory = repository(&[("nginx.conf", bytes)]);
    check(directory.path(), &["nginx.conf", "--output-format", "concise"], code).0
}

fn has(text: &str, words: &str) {
    assert!(text.contains(words), "no {words:?} in:\n{text}");
}

#[test]
fn the_shipped_trees_end_as_the_readme_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (out, log) = check(root, &["fixtures/examples/nginx", "--output-format", "concise"], 1);
    has(&out, "conf.d/tls.conf:3:13: warning: HIGH adds");
    has(&out, "[peer-not-verified]");
    assert!(!out.contains("redirect.conf"), "a redirect is fine:\n{out}");
    has(&log, "10 files, 4 TLS endpoints (3 server, 1 client)");
    let (out, log) = check(root, &["fixtures/examples/nginx-good", "--output-format", "concise"], 0);
    assert_eq!(out, "");
    has(&log, "10 files, 4 TLS endpoints (3 server, 1 client)");
}

#[test]
fn the_example_is_told_on_few_lines_and_no_change_twice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = |columns: &str| {
        let mut command = assert_cmd::Command::cargo_bin("tlslint").unwrap();
        command.current_dir(root).env("COLUMNS", columns).env("NO_COLOR", "1");
        let output = command.args(["check", "fixtures/examples/nginx", "--isolated"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let full = shown("100");
    assert!(full.lines().count() <= 80, "{} lines:\n{full}", full.lines().count());
    has(&full, "fix: the change shown for no-approved-suite mends this too");
    has(&full, "terminals.example on 0.0.0.0:8443; policy: protocols.minimum (MUST)");
    assert_eq!(full.matches("    - ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:").count(), 1, "{full}");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let example = readme.split("$ tlslint check fixtures/examples/nginx\n").nth(1).unwrap();
    let example = example.split("\n```").next().unwrap();
    for block in example.split("\n\n") {
        has(&full, block);
    }
    // The coverage line is one line for programs that look for it.
    for columns in [80, 100, 140] {
        let text = shown(&columns.to_string());
        let wide =
            text.lines().find(|line| line.chars().count() > columns && !line.contains("; policy google"));
        assert_eq!(wide, None, "{columns} columns");
    }
}

#[test]
fn every_server_has_an_example_of_what_is_wrong_and_one_of_what_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for server in ["haproxy", "envoy", "openssl"] {
        let (out, _) =
            check(root, &[&format!("fixtures/examples/{server}"), "--output-format", "concise"], 1);
        has(&out, "[protocol-below-floor]");
        let (out, _) =
            check(root, &[&format!("fixtures/examples/{server}-good"), "--output-format", "concise"], 0);
        assert!(!out.contains("error:") && !out.contains("warning:"), "{server}: {out}");
    }
}

#[test]
fn init_writes_the_target_that_the_repository_deploys() {
    let directory = repository(&[
        ("nginx.conf", GOOD.as_bytes()),
        ("deploy/Dockerfile", b"FROM nginx:1.28.0-bookworm\nCOPY nginx.conf /etc/nginx/\n"),
    ]);
    let output = command(directory.path(), &["init"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let written = fs::read_to_string(directory.path().join("tlslint.toml")).unwrap();
    has(&written, "\ntarget = \"system=debian-12,nginx=1.28.0\"\n");
    has(&written, "# Found: nginx 1.28.0 by deploy/Dockerfile:1 (FROM nginx:1.28.0-bookworm)");
    let (_, log) = check(directory.path(), &["--output-format", "concise"], 0);
    has(&log, "debian-12, nginx 1.28.0");
}

#[test]
fn exit_codes_follow_the_threshold() {
    let directory = repository(&[("good.conf", GOOD.as_bytes()), ("weak.conf", WEAK.as_bytes())]);
    check(directory.path(), &["good.conf"], 0);
    check(directory.path(), &["weak.conf"], 1);
    check(directory.path(), &["weak.conf", "--exit-zero"], 0);
    check(directory.path(), &["weak.conf", "--output-format", "json"], 1);
    check(directory.path(), &["weak.conf", "--no-such-flag"], 2);
}

#[test]
fn what_cannot_be_read_is_named() {
    let directory = repository(&[("d/x.txt", b"nothing")]);
    let (_, log) = check(directory.path(), &["absent.conf"], 2);
    has(&log, "absent.conf: does not exist");
    for list in ["inventory", "ignores"] {
        let (_, log) = texts(&scratch::tlslint(directory.path(), &[list, "absent.conf", "d"]), 2);
        has(&log, "absent.conf: does not exist");
    }
    assert!(!log.contains("no findings"), "{log}");
    let (out, log) = check(directory.path(), &["d"], 0);
    assert_eq!(out, "");
    has(&log, "nothing to check in d");
    let (_, log) = check(directory.path(), &["d", "--require-files"], 2);
    has(&log, "nothing to check in d");
    let (_, log) = check(directory.path(), &["d/x.txt"], 2);
    has(&log, "nothing to check in d/x.txt");
}

#[test]
fn the_help_of_check_fits_two_screens() {
    for flag in ["--help", "-h"] {
        let mut command = scratch::command(Path::new("."), &["check", flag]);
        let help = command.env("COLUMNS", "80").output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let lines = help.lines().count();
        // Two screens of 24 lines, and the lines of the prompt.
        assert!(lines <= 50, "{lines} lines:\n{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

#[test]
fn the_manual_and_shells_know_every_option() {
    for arguments in [&["man", "check"][..], &["completions", "bash"]] {
        let output = scratch::tlslint(Path::new("."), arguments);
        let text = String::from_utf8(output.stdout).unwrap().replace('\\', "");
        for option in ["--sarif-suppressed", "--no-worlds", "--as-of", "--crl", "--files-from"] {
            assert!(text.contains(option), "{arguments:?}: {option}");
        }
    }
}

#[test]
fn misuse_is_told_with_one_tip() {
    let directory = repository(&[("good.conf", GOOD.as_bytes())]);
    let told = |arguments: &[&str], reason: &str| {
        let (_, log) = check(directory.path(), arguments, 2);
        has(&log, reason);
        assert_eq!((log.matches("tip:").count(), log.matches("help:").count()), (1, 0), "{log}");
    };
    told(&["--select", "protocol-below-flor"], "did you mean 'protocol-below-floor'?");
    told(&["--target", "nginx=1.28,nginx=1.20"], "the target has two of \"nginx\"");
    told(&["--stdin-filename", "x.conf", "good.conf"], "--stdin-filename has no effect here");
    check(directory.path(), &["good.conf", "-f", "json"], 0);
    check(directory.path(), &["good.conf", "--format", "json"], 0);
}

#[test]
fn a_socket_where_nothing_listens_is_no_answer() {
    let directory = repository(&[("nginx.conf", "events {}\nhttp { server { listen 8080; } }\n")]);
    let ask = |socket: &str, code| {
        texts(&scratch::tlslint(directory.path(), &["negotiate", "nginx.conf", "--connect", socket]), code)
    };
    let (_, log) = ask("127.0.0.1:443", 1);
    has(&log, "nothing listens there; the configuration has 0.0.0.0:8080");
    for socket in [":8080", "a.example:8080", "localhost:8080"] {
        has(&ask(socket, 0).0, "transport   plaintext");
    }
    let (_, log) = ask("8080", 2);
    has(&log, "a port is missing");
}

#[test]
fn a_huge_file_is_refused_unread() {
    let directory = repository::<&str, &str>(&[]);
    let file = fs::File::create(directory.path().join("nginx.conf")).unwrap();
    file.set_len(200 << 20).unwrap();
    let (_, log) = check(directory.path(), &["nginx.conf"], 2);
    has(&log, "nginx.conf: is 200 MiB large; files up to 128 MiB are read");
}

#[test]
fn an_unreadable_file_of_a_pattern_hides_no_other() {
    let root = "events {}\nhttp {\n    include conf.d/*.conf;\n}\n";
    let directory = repository(&[("nginx.conf", root.as_bytes()), ("conf.d/weak.conf", WEAK.as_bytes())]);
    fs::File::create(directory.path().join("conf.d/huge.conf")).unwrap().set_len(200 << 20).unwrap();
    let (out, _) = check(directory.path(), &["nginx.conf", "--output-format", "concise"], 1);
    has(&out, "conf.d/weak.conf:3:19: error: TLSv1.1 is enabled");
    has(&out, "nginx.conf:3:13: note: \"conf.d/huge.conf\" is 200 MiB large");
    has(&out, "[include-unresolved]");
}

#[test]
fn strange_bytes_hide_nothing() {
    has(
        &check_nginx(&[b"# \0\0\n", WEAK.as_bytes()].concat(), 1),
        "nginx.conf:4:19: error: TLSv1.1 is enabled",
    );
    has(
        &check_nginx(&[b"# \xff\xfe\n", WEAK.as_bytes()].concat(), 1),
        "nginx.conf:4:19: error: TLSv1.1 is enabled",
    );
}

#[test]
fn nesting_and_loops_end() {
    let nested = format!("{}{}", "a {".repeat(10_000), "}".repeat(10_000));
    check(repository(&[("x.conf", nested.as_bytes())]).path(), &["x.conf", "--dialect", "nginx", "-q"], 0);
    let unclosed = "a {".repeat(10_000);
    let directory = repository(&[("x.conf", unclosed.as_bytes())]);
    has(
        &check(directory.path(), &["x.conf", "--dialect", "nginx", "--output-format", "concise"], 1).0,
        "[syntax-error]",
    );
    has(
        &check_nginx(b"events {}\nhttp { include nginx.conf; }\n", 1),
        "the file includes itself without end",
    );
}

#[test]
fn includes_that_lead_nowhere_are_told() {
    let text = format!("events {{}}\nhttp {{ include /srv/absent.conf; include none/*.conf;\n{GOOD}}}\n");
    let out = check_nginx(text.as_bytes(), 0);
    has(&out, "nginx.conf:2:16: note: \"/srv/absent.conf\" lies outside the root");
}

#[test]
fn standard_input_has_the_name_that_it_is_given() {
    let directory = repository::<&str, &str>(&[]);
    let run = |arguments: &[&str]| {
        let command = command(directory.path(), &[&["check"], arguments].concat());
        assert_cmd::Command::from_std(command).write_stdin(WEAK).output().unwrap()
    };
    let (out, _) = texts(&run(&["-", "--stdin-filename", "sites/a.conf", "--output-format", "concise"]), 1);
    has(&out, "sites/a.conf:3:19: error: ");
    let (_, log) = texts(&run(&["-"]), 2);
    has(&log, "--stdin-filename");
}

#[test]
fn formats_share_a_run_but_not_standard_output() {
    let directory = repository(&[("weak.conf", WEAK.as_bytes())]);
    let both = ["weak.conf", "--output-format", "json", "-o", "out.json", "--output-format", "concise"];
    let (out, _) = check(directory.path(), &both, 1);
    has(&out, "weak.conf:3:19: error: ");
    let json = fs::read_to_string(directory.path().join("out.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["check"], "protocol-below-floor");
    let twice = ["weak.conf", "--output-format", "json", "--output-format", "concise"];
    let (_, log) = check(directory.path(), &twice, 2);
    has(&log, "two formats would share standard output");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let names: Vec<_> = (0..3000).map(|number| format!("{number}.conf")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), WEAK.as_bytes())).collect();
    let directory = repository(&files);
    let mut child = command(directory.path(), &["check", ".", "--output-format", "concise"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}: {log}", output.status);
    assert!(!log.contains("cannot write") && !log.contains("panicked"), "{log}");
}

#[test]
fn near_misses_get_a_tip() {
    let directory = repository(&[("good.conf", GOOD.as_bytes())]);
    let (_, log) = check(directory.path(), &["good.conf", "--policy", "mozila-intermediate"], 2);
    has(&log, "mozilla-intermediate");
    let (_, log) = check(directory.path(), &["good.conf", "--target", "debain-12"], 2);
    has(&log, "debian-12");
}

#[test]
fn a_bad_policy_is_told_by_its_line() {
    let policy = b"version: 1\nid: mine\ntitle: Mine\nprotocls:\n  minimum: TLSv1.2\n";
    let directory = repository(&[("good.conf", GOOD.as_bytes()), ("mine.yaml", policy)]);
    let (_, log) = check(directory.path(), &["good.conf", "--policy", "mine.yaml"], 2);
    has(&log, "mine.yaml:4:1");
    has(&log, "protocols");
}

#[test]
fn the_target_is_named_with_what_is_not_certain_of_it() {
    let directory = repository(&[("good.conf", GOOD)]);
    let arguments = ["good.conf", "--output-format", "json", "--target"];
    for (target, words) in [
        ("debian-12", "target debian-12\n"),
        ("debian-12,library=openssl-3.5", "target debian-12, OpenSSL 3.5\n"),
        ("debian-12,library=any", "target debian-12, any OpenSSL\n"),
        ("nginx=1.28", "target nginx 1.28 (nginx 1.28 is predicted from its sources)\n"),
        // Nothing of the run is HAProxy's.
        ("haproxy=2.8", "target HAProxy 2.8\n"),
    ] {
        let (_, log) = check(directory.path(), &[&arguments[..], &[target]].concat(), 0);
        assert!(log.ends_with(words), "{target}: {log}");
    }
    let (out, _) = check(directory.path(), &[&arguments[..], &["debian-12,nginx=1.28"]].concat(), 0);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let expected = serde_json::json!({
        "words": "debian-12, nginx 1.28", "system": "debian-12", "nginx": "1.28", "haproxy": "2.6.12", "library": "openssl-3.0",
    });
    assert_eq!(report["target"], expected);
}
