//! A tree that somebody wrote against us, by the real binary: nothing outside is read, nothing blocks, nothing turns a run green
//! unseen, nothing steers a terminal or a runner, nothing is lost.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::repository;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

/// Far longer than any of these runs takes; a run that waits for somebody would pass it.
const BOUND: Duration = Duration::from_mins(1);

const WEAK: &str = "events {}\nhttp {\n    server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; \
                    ssl_certificate_key a.key; ssl_protocols SSLv3 TLSv1.2; }\n}\n";
const SECRET: &str = "machine login password hunter2-secret";

fn run(directory: &Path, arguments: &[&str]) -> Output {
    run_with(directory, arguments, &[])
}

fn run_with(directory: &Path, arguments: &[&str], environment: &[(&str, &Path)]) -> Output {
    let mut command = scratch::command(directory, arguments);
    command.envs(environment.iter().copied());
    let output = assert_cmd::Command::from_std(command).timeout(BOUND).output().unwrap();
    assert!(output.status.code().is_some(), "{arguments:?} did not end by itself");
    assert!(!text(&output).contains("panicked"), "{arguments:?}: {}", text(&output));
    output
}

/// Both streams.
fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn nothing_outside_is_printed() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, SECRET).unwrap();
    let includes = format!(
        "events {{}}\nhttp {{ include .git/config; include ../{0}; include {1}; include link.conf; }}\n",
        "x",
        secret.display()
    );
    let directory = repository(&[("nginx.conf", includes.as_str()), (".git/config", SECRET), ("sub/x", "")]);
    for link in ["haproxy.cfg", "x.ciphers", "link.conf", "openssl.cnf", "tls.crt", "sub/envoy.yaml"] {
        symlink(&secret, directory.path().join(link)).unwrap();
    }
    symlink("/etc", directory.path().join("conf.d")).unwrap();
    for arguments in [
        &["check", "."][..],
        &["check", "--output-format", "json", "."],
        &["check", "haproxy.cfg", "x.ciphers", "link.conf", "nginx.conf"],
        &["check", "--policy", "tls.crt", "."],
        &["check", "--config", "tls.crt", "."],
        &["check", "--baseline", "tls.crt", "."],
        &["check", "--files-from", "tls.crt"],
        &["check", ".git/config"],
        &["check", "conf.d"],
        &["inventory", "."],
        &["negotiate", "haproxy.cfg", "--connect", "127.0.0.1:443"],
    ] {
        let output = run(directory.path(), arguments);
        assert!(!text(&output).contains("hunter2"), "{arguments:?}: {}", text(&output));
    }
    let told = text(&run(directory.path(), &["check", "."]));
    for refused in ["haproxy.cfg: is a link that leads outside", "lies below .git", "refused"] {
        assert!(told.contains(refused), "no {refused:?} in {told}");
    }
    assert_eq!(run(directory.path(), &["check", "--untrusted", "."]).status.code(), Some(2));
}

#[test]
fn settings_that_are_found_stay_in_their_repository() {
    let outside = tempfile::tempdir().unwrap();
    let place = outside.path().join("x.yaml");
    fs::write(&place, format!("password: {SECRET}\n")).unwrap();
    let path = place.display();
    for settings in [
        format!("extend = \"{path}\"\n"),
        format!("policy = \"{path}\"\n"),
        format!("baseline = \"{path}\"\n"),
        format!("target = \"openssl-conf={path}\"\n"),
        format!("[files]\ninclude-root = [\"{}\"]\n", outside.path().display()),
        format!("[files]\nroot-map = {{ \"/etc\" = \"{}\" }}\n", outside.path().display()),
        format!("[files]\ncertificate-root = \"{}\"\n", outside.path().display()),
        format!("[[override]]\nfiles = [\"*\"]\nreason = \"OPS-12 says so\"\npolicy = \"{path}\"\n"),
        "policy = \"link.yaml\"\n".to_owned(),
        "extend = \"link.yaml\"\n".to_owned(),
        "baseline = \"link.yaml\"\n".to_owned(),
    ] {
        let directory = repository(&[("nginx.conf", WEAK), ("tlslint.toml", &settings)]);
        symlink(&place, directory.path().join("link.yaml")).unwrap();
        let output = run(directory.path(), &["check", "."]);
        assert_eq!(output.status.code(), Some(2), "{settings}: {}", text(&output));
        assert!(
            !text(&output).contains("hunter2") && !text(&output).contains("password"),
            "{}",
            text(&output)
        );
    }
}

#[test]
fn nobody_is_waited_for_and_no_device_is_read() {
    let files = "events {}\nhttp { include fifo.conf; server { listen 443 ssl; ssl_certificate fifo.pem; ssl_certificate_key k; } }\n";
    let haproxy = "global\nfrontend a\n    bind :443 ssl crt-list fifo.list crl-file fifo.pem ca-file fifo.pem crt fifo.pem\n";
    let directory = repository(&[("nginx.conf", files), ("haproxy.cfg", haproxy), ("sub/nginx.conf", WEAK)]);
    let root = directory.path();
    for name in ["fifo.conf", "fifo.pem", "fifo.list", "sub/fifo.yaml"] {
        fifo(&root.join(name));
    }
    let _socket = std::os::unix::net::UnixListener::bind(root.join("s.conf")).unwrap();
    run(root, &["check", "."]);
    run(root, &["inventory", "."]);
    for flag in ["--policy", "--config", "--baseline", "--crl", "--ca-file", "--files-from"] {
        for path in ["sub/fifo.yaml", "/dev/zero", "s.conf"] {
            let output = run(root, &["check", flag, path, "nginx.conf"]);
            assert_eq!(output.status.code(), Some(2), "{flag} {path}: {}", text(&output));
        }
    }
    for path in ["fifo.conf", "/dev/zero", "s.conf"] {
        assert_eq!(run(root, &["check", path]).status.code(), Some(2), "{path}");
    }
    for settings in ["extend", "policy", "baseline"] {
        for path in ["fifo.yaml", "/dev/zero"] {
            let directory =
                repository(&[("nginx.conf", WEAK), ("tlslint.toml", &format!("{settings} = \"{path}\"\n"))]);
            fifo(&directory.path().join("fifo.yaml"));
            assert_eq!(run(directory.path(), &["check", "."]).status.code(), Some(2), "{settings} {path}");
        }
    }
    fifo(&root.join("sub/tlslint.toml"));
    assert_eq!(run(root, &["check", "sub"]).status.code(), Some(2));
}

#[test]
fn messages_are_one_line_whatever_the_words_hold() {
    let words = "events {}\nhttp {\n  # tlslint: ignore-next[😀] OPS-12 of the terminals\n  server { listen 443 ssl; server_name \"a\nb\"; \
                 ssl_protocols SSLv3 \"TLS\nv9\"; ssl_ciphers \"HIGH:FOO\nBAR\"; include \"q\nr\"; }\n}\n";
    let directory = repository(&[("nginx.conf", words)]);
    let output = run(directory.path(), &["check", "--output-format", "json", "."]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.len() > 3, "{json}");
    for finding in findings {
        let message = finding["message"].as_str().unwrap();
        assert!(!message.contains(['\n', '\r']), "{message:?}");
        for end in ["start", "end"] {
            let at = finding["byte_range"][end].as_u64().unwrap() as usize;
            assert!(words.is_char_boundary(at), "{finding}");
        }
    }
}

#[test]
fn an_offline_handshake_reads_nothing_beside_its_repository() {
    let around = tempfile::tempdir().unwrap();
    fs::write(around.path().join("secret.conf"), "ssl_protocols TLSv1.3;\n").unwrap();
    let site = around.path().join("site");
    fs::create_dir_all(site.join(".git")).unwrap();
    let outside = format!("http {{\n    include {}/secret.conf;\n", around.path().display());
    fs::write(site.join("nginx.conf"), WEAK.replace("http {\n", &outside)).unwrap();
    let arguments = ["negotiate", "nginx.conf", "--connect", "127.0.0.1:443", "--sni", "a.example"];
    let refused = run(&site, &arguments);
    fs::remove_dir(site.join(".git")).unwrap();
    let alone = run(&site, &arguments);
    assert_ne!(text(&refused), text(&alone), "what a server's own directory holds is read: {}", text(&alone));
}

#[test]
fn the_linked_library_reads_no_configuration() {
    let directory = repository(&[("nginx.conf", WEAK)]);
    let path = directory.path().join("openssl.fifo");
    fifo(&path);
    run_with(directory.path(), &["ciphers", "--library", "linked", "HIGH"], &[("OPENSSL_CONF", &path)]);
}

#[test]
fn patterns_that_no_library_should_read_are_refused() {
    for pattern in ["{".repeat(250) + &"}".repeat(250), "[".repeat(5000), "{a,".repeat(9) + &"b}".repeat(9)] {
        let settings = format!("[files]\nexclude = [\"{pattern}\"]\n");
        let directory = repository(&[("nginx.conf", WEAK), ("tlslint.toml", &settings)]);
        assert_eq!(run(directory.path(), &["check", "."]).status.code(), Some(2));
    }
}

#[test]
fn a_policy_is_what_its_file_says_and_no_built_in_one() {
    let policy = |id: &str| format!("version: 1\n{id}title: x\n");
    for id in
        ["google-carriers@2024-12", "google-carriers", "Google-Carriers@2099-01", "google-carriers-2024-12"]
    {
        let directory = repository(&[
            ("nginx.conf", WEAK),
            ("p.yaml", &policy(&format!("id: {id}\n"))),
            ("tlslint.toml", "policy = \"./p.yaml\"\n"),
        ]);
        let output = run(directory.path(), &["check", "."]);
        assert_eq!(output.status.code(), Some(2), "{id}: {}", text(&output));
        assert!(text(&output).contains("p.yaml:2:5: the id"), "{}", text(&output));
    }
    let directory = repository(&[
        ("nginx.conf", WEAK),
        ("p.yaml", &policy("id: ours\n")),
        ("tlslint.toml", "policy = \"./p.yaml\"\n"),
    ]);
    let told = text(&run(directory.path(), &["check", "--output-format", "concise", "."]));
    assert!(told.contains("policy ours (p.yaml, sha256 "), "{told}");
    let json: serde_json::Value =
        serde_json::from_slice(&run(directory.path(), &["check", "--output-format", "json", "."]).stdout)
            .unwrap();
    assert_eq!(json["policy"]["file"]["sha256"].as_str().unwrap().len(), 64);
    let untrusted = run(directory.path(), &["check", "--untrusted", "--output-format", "concise", "."]);
    assert_eq!(untrusted.status.code(), Some(1), "{}", text(&untrusted));
    assert!(text(&untrusted).contains("the tree's own policy is not heeded"), "{}", text(&untrusted));
}

#[test]
fn what_settings_soften_is_told_and_an_untrusted_tree_softens_nothing() {
    let settings = "fail-on = \"error\"\n[files]\nexclude = [\"nginx.conf\"]\n[checks]\nprotocol-below-floor = { level = \"off\", reason = \
                    \"by arrangement, contract 12\" }\n[[override]]\nfiles = [\"*\"]\nreason = \"OPS-12 says so\"\ntarget = \"debian-12\"\n";
    let directory = repository(&[("nginx.conf", WEAK), ("tlslint.toml", settings)]);
    let flags = ["check", "--force-exclude", "--output-format", "concise"];
    let told = text(&run(directory.path(), &[&flags[..], &["nginx.conf"]].concat()));
    for words in [
        "nothing checked",
        "1 excluded",
        "exclude nginx.conf",
        "protocol-below-floor off",
        "fail-on error",
        "target debian-12 for *",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    let output = run(directory.path(), &[&flags[..], &["--untrusted", "nginx.conf"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("[protocol-below-floor]"), "{}", text(&output));
    let ignored = WEAK.replace(
        "http {\n",
        "http {\n    # tlslint: ignore-next[protocol-below-floor] legacy terminals, OPS-12\n",
    );
    let directory = repository(&[("nginx.conf", &ignored)]);
    let output = run(directory.path(), &["check", "--untrusted", "--output-format", "concise", "."]);
    assert!(text(&output).contains("[protocol-below-floor]"), "{}", text(&output));
}

/// Everything that steers a terminal, a reader or a runner.
fn steering() -> String {
    let controls: String =
        (1..0x20_u8).chain([0x7F]).map(char::from).filter(|one| !matches!(one, '\n' | '\r')).collect();
    format!(
        "\u{85}\u{9b}31m{controls}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{200e}::error::x ##[error]y <b>&\"'|`"
    )
}

#[track_caller]
fn holds(output: &Output, what: &str, is_commands: bool) {
    for stream in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(stream).expect("output is UTF-8");
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let steers = |one: char| {
                (one.is_control() && one != '\t')
                    || matches!(one, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert!(!line.chars().any(steers), "{what}: {line:?}");
            assert!(!line.contains("##["), "{what}: {line:?}");
            let is_own = ["::error file=", "::warning file=", "::notice file="]
                .iter()
                .any(|own| line.starts_with(own));
            assert!(!line.trim_start().starts_with("::") || (is_commands && is_own), "{what}: {line:?}");
        }
    }
}

#[test]
fn nothing_steers_a_terminal_or_a_runner() {
    let bad = steering();
    let file_name = format!("a{}\n::stop-commands::t.conf", bad.replace('/', ""));
    let nginx = format!(
        "events {{}}\nhttp {{\n    include \"{bad}\n::add-mask::x\";\n    server {{ listen 443 ssl; server_name \"{bad}\"; \
         ssl_protocols SSLv3 \"{bad}\"; ssl_ciphers \"{bad}\"; ssl_certificate \"{bad}\"; ssl_certificate_key k; \
         location / {{ proxy_pass https://{0}; }} }}\n}}\n",
        "up.example",
    );
    let directory = repository(&[
        (file_name.as_str(), nginx.as_str()),
        ("nginx.conf", &nginx),
        ("::warning::b.conf", &nginx),
    ]);
    for format in [
        "full",
        "concise",
        "json",
        "jsonl",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "checkstyle",
        "rdjson",
        "markdown",
    ] {
        let output = run(directory.path(), &["check", "-v", "--output-format", format, "."]);
        holds(&output, format, format == "github");
        match format {
            "json" | "sarif" | "gitlab" | "rdjson" => {
                serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
            }
            "junit" | "checkstyle" => {
                roxmltree::Document::parse(std::str::from_utf8(&output.stdout).unwrap()).unwrap();
            }
            _ => {}
        }
    }
    for arguments in [
        &["check", "--show-files", "."][..],
        &["check", "--diff", "."],
        &["check", "--show-settings", "."],
        &["inventory", "."],
        &["inventory", "--format", "csv", "."],
        &["inventory", "--format", "json", "."],
        &["ignores", "."],
        &["negotiate", "nginx.conf", "--connect", "127.0.0.1:443", "--sni", "a.example"],
        &["check", "a\u{1b}[31m\n::error::missing"],
        &["check", "--policy", "a\u{1b}[31m\n::error::missing", "."],
        &["check", "--select", "a\u{1b}[31m\n::error::missing", "."],
    ] {
        holds(&run(directory.path(), arguments), &format!("{arguments:?}"), false);
    }
    let word = "a\\n::stop-commands::x\\u001b[31m\\u202e##[error]";
    for settings in [
        format!("policy = \"{word}\"\n"),
        format!("target = \"{word}\"\n"),
        format!("extend = \"{word}\"\n"),
        format!("\"{word}\" = 1\n"),
        format!("[files]\nexclude = [\"{word}\", \"[{word}\"]\n"),
        format!("[checks]\nplaintext-endpoint = {{ level = \"off\", reason = \"{word}\" }}\n"),
        format!("[[override]]\nfiles = [\"{word}\"]\nreason = \"{word}\"\ntarget = \"debian-12\"\n"),
        format!("[variables]\n\"{word}\" = \"{word}\"\n"),
    ] {
        let directory = repository(&[("nginx.conf", WEAK), ("tlslint.toml", &settings)]);
        for arguments in [
            &["check", "-v", "."][..],
            &["check", "--show-settings", "."],
            &["ignores", "."],
            &["config", "show"],
        ] {
            holds(&run(directory.path(), arguments), &settings, false);
        }
    }
}

#[test]
fn outputs_are_whole_and_written_over_nothing() {
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("kept");
    fs::write(&kept, "kept").unwrap();
    let directory = repository(&[("nginx.conf", WEAK), ("old.json", "{}")]);
    let root = directory.path();
    symlink(&kept, root.join("link.json")).unwrap();
    symlink(outside.path(), root.join("reports")).unwrap();
    let write = |path: &str| run(root, &["check", "--output-format", "json", "-o", path, "."]);
    for path in ["link.json", "reports/new.json", "nginx.conf", "./nginx.conf", "none/x.json", ".git"] {
        assert_eq!(write(path).status.code(), Some(2), "{path}");
        let baseline = run(root, &["check", "--write-baseline", path, "."]);
        assert_eq!(baseline.status.code(), Some(2), "{path}");
    }
    assert_eq!(fs::read_to_string(&kept).unwrap(), "kept");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(root.join("nginx.conf")).unwrap(), WEAK);
    for path in ["old.json", "new.json"] {
        assert_eq!(write(path).status.code(), Some(1), "{path}");
        serde_json::from_slice::<serde_json::Value>(&fs::read(root.join(path)).unwrap()).unwrap();
    }
    let left = fs::read_dir(root)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".tlslint"));
    assert_eq!(left.count(), 0);
    assert_eq!(
        run(root, &["check", "--output-format", "json", "-o", "/dev/null", "."]).status.code(),
        Some(1)
    );
}

#[test]
fn fixes_say_what_they_changed_and_what_not() {
    let weak = WEAK.replace("SSLv3 TLSv1.2", "TLSv1.1 TLSv1.2 TLSv1.3");
    let directory = repository(&[("a/nginx.conf", weak.as_str()), ("b/nginx.conf", &weak)]);
    let root = directory.path();
    fs::hard_link(root.join("b/nginx.conf"), root.join("other.dat")).unwrap();
    let output = run(root, &["check", "--fix", "a", "b"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    for words in ["changed a/nginx.conf", "not changed b/nginx.conf: it has 2 names", "1 of 2 files"] {
        assert!(text(&output).contains(words), "no {words:?} in {}", text(&output));
    }
    assert!(!fs::read_to_string(root.join("a/nginx.conf")).unwrap().contains("TLSv1.1"));
    assert_eq!(fs::read_to_string(root.join("other.dat")).unwrap(), weak);
}

#[test]
fn a_closed_pipe_does_not_change_the_code() {
    let server = |number: u32| format!("server {{ listen {}; ssl_protocols SSLv3; }}", 10_000 + number);
    let many = (0..3000).map(server).collect::<Vec<_>>().join("\n");
    let directory = repository(&[("nginx.conf", format!("events {{}}\nhttp {{\n{many}}}\n"))]);
    for format in ["full", "concise", "json"] {
        let mut child = scratch::command(directory.path(), &["check", "--output-format", format, "."])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}
