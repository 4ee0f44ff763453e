//! Settings, ignores, fixes, baselines and formats, by the real binary in scratch repositories.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::{command, repository, tlslint};
use std::fs;
use std::process::Output;

const MAIN: &str = "events {}\nhttp {\n    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;\n    ssl_ciphers HIGH:!aNULL;  # kept\n    \
                    server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key a.key; }\n}\n";

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
fn the_environment_goes_before_files_and_behind_flags() {
    let settings = "policy = \"mozilla-old\"\n[[override]]\nfiles = [\"*.conf\"]\npolicy = \"mozilla-old\"\nreason = \"terminals, OPS-12\"\n";
    let found = repository(&[("nginx.conf", MAIN), ("tlslint.toml", settings)]);
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        command(found.path(), arguments).envs(variables.iter().copied()).output().unwrap()
    };
    let show = ["check", "--show-settings"];
    let policy = [("TLSLINT_POLICY", "mozilla-modern")];
    assert!(out(&run(&show, &[])).contains("policy = \"mozilla-old\""));
    assert!(
        out(&run(&show, &[])).contains("fail-on = \"warning\"")
            && out(&run(&show, &[])).contains("# default")
    );
    let shown = out(&run(&show, &policy));
    assert!(shown.contains("policy = \"mozilla-modern\"") && shown.contains("# $TLSLINT_POLICY"), "{shown}");
    let shown = out(&run(&[&show[..], &["--policy", "rfc8996", "--target", "debian-12"]].concat(), &policy));
    assert!(
        shown.contains("policy = \"rfc8996\"")
            && shown.contains("# --policy")
            && shown.contains("# --target"),
        "{shown}"
    );
    let json = |output: &Output| serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    let report = ["check", "--output-format", "json"];
    let old = json(&run(&report, &[]));
    let modern = json(&run(&report, &policy));
    assert_ne!(old["findings"], modern["findings"], "it goes before overrides too");
    assert_eq!(code(&run(&["check"], &[("TLSLINT_TARGET", "debain-12")])), 2);
    assert_eq!(code(&run(&["check"], &[("TLSLINT_FAIL_ON", "never")])), 2);
    let clean = repository(&[("nginx.conf", "events {}\nhttp { include /srv/absent.conf; }\n")]);
    let note = command(clean.path(), &["check"]).env("TLSLINT_FAIL_ON", "note").output().unwrap();
    assert_eq!((code(&note), code(&tlslint(clean.path(), &["check"]))), (1, 0));
}

#[test]
fn lists_are_for_people_and_machines() {
    let directory = repository::<&str, &str>(&[]);
    let json = |arguments: &[&str]| {
        serde_json::from_slice::<serde_json::Value>(&tlslint(directory.path(), arguments).stdout).unwrap()
    };
    let checks = json(&["checks", "--format", "json"]);
    let checks = checks["checks"].as_array().unwrap();
    assert_eq!(checks.len(), tlslint::checks::ALL.len());
    for check in checks {
        assert!(check["references"].as_array().is_some_and(|references| !references.is_empty()), "{check}");
        assert!(check["dialects"].as_array().is_some_and(|dialects| !dialects.is_empty()), "{check}");
    }
    assert_eq!(out(&tlslint(directory.path(), &["checks"])).lines().count(), checks.len());
    let policies = json(&["policy", "list", "--format", "json"]);
    assert!(policies["policies"].as_array().unwrap().iter().any(|policy| policy["id"] == "rfc8996@2021-03"));
}

#[test]
fn a_verbose_run_tells_what_files_are_taken_for() {
    let found = repository(&[("nginx.conf", MAIN), ("tlslint.toml", "policy = \"rfc8996\"\n")]);
    let output = tlslint(found.path(), &["check", "-v", "--output-format", "concise"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        log.contains("nginx.conf: nginx; policy rfc8996@2021-03 (unverified); target any; settings "),
        "{log}"
    );
    assert!(
        !String::from_utf8_lossy(&tlslint(found.path(), &["check"]).stderr).contains("nginx.conf: nginx;")
    );
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
    let directory = repository::<&str, &str>(&[]);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(out(&tlslint(directory.path(), &["completions", shell])).contains("tlslint"), "{shell}");
    }
    assert!(out(&tlslint(directory.path(), &["man", "check"])).contains(".TH tlslint"));
    assert_eq!(code(&tlslint(directory.path(), &["man", "--directory", "."])), 0);
    assert!(directory.path().join("tlslint-check.1").is_file());
}

#[test]
fn what_is_excluded_is_silent_where_a_root_includes_it_too() {
    let files = [
        ("nginx.conf", "http { include tls.conf; include sites/*.conf; include old/*.conf; }\n"),
        ("tls.conf", "ssl_certificate a.pem; ssl_certificate_key a.key;\nssl_protocols TLSv1.1 TLSv1.2;\n"),
        ("sites/a.conf", "server { listen 443 ssl; server_name a.example; }\n"),
        ("old/b.conf", "server { listen 8443 ssl; server_name b.example; ssl_protocols TLSv1 TLSv1.2; }\n"),
    ];
    let found = repository(&files);
    let below = |arguments: &[&str]| -> Vec<String> {
        let flags = ["check", "--isolated", "--output-format", "concise", "--select", "protocol-below-floor"];
        let output = tlslint(found.path(), &[&flags[..], arguments].concat());
        out(&output).lines().filter_map(|line| line.split(": ").next().map(str::to_owned)).collect()
    };
    assert_eq!(below(&[]), ["old/b.conf:1:64", "tls.conf:2:15"]);
    assert_eq!(below(&["--exclude", "old/**"]), ["tls.conf:2:15"]);
    assert_eq!(below(&["--exclude", "old/**", "old/b.conf"]), ["old/b.conf:1:64"], "named, so asked for");
    // What weakens an endpoint of another file stays told wherever it stands.
    assert_eq!(below(&["--exclude", "tls.conf"]), ["old/b.conf:1:64", "tls.conf:2:15"]);
}

#[cfg(unix)]
#[test]
fn lists_hold_names_of_any_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"a\xff\r.conf");
    let found = repository(&[(name, "server { listen 443 ssl; ssl_protocols TLSv1.1; }\n")]);
    fs::write(found.path().join("list"), [name.as_bytes(), b"\0"].concat()).unwrap();
    let output = tlslint(found.path(), &["check", "--isolated", "--files-from", "list", "-0"]);
    assert_eq!(code(&output), 1, "{}", String::from_utf8_lossy(&output.stderr));
}
