//! Input that no server takes, by the real binary: told with its place, never a panic, never in silence.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::repository;
use std::path::Path;

/// The findings of one check, as `concise` prints them.
fn findings(directory: &Path, path: &str, check: &str) -> Vec<String> {
    let arguments = ["check", "--isolated", "--quiet", "--output-format", "concise", "--select", check, path];
    let output = scratch::tlslint(directory, &arguments);
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[track_caller]
fn check(files: &[(&str, &str)], id: &str, expected: &[&str]) {
    let directory = repository(files);
    assert_eq!(findings(directory.path(), files[0].0, id), expected);
}

#[test]
fn an_unmatched_quote_is_told_where_it_opens() {
    let haproxy =
        "global\n    ssl-default-bind-ciphers \"AES128-SHA\nfrontend a\n    bind :443 ssl crt a.pem\n";
    check(&[("a.cfg", haproxy)], "syntax-error", &["a.cfg:2:30: error: unmatched quote [syntax-error]"]);
    let nginx = "events {}\nhttp {\n    ssl_ciphers \"HIGH;\n}\n";
    let expected = [
        "nginx.conf:3:17: error: the quote `\"` is never closed [syntax-error]",
        "nginx.conf:3:17: error: the directive is not terminated: `}` stands where `;` is expected [syntax-error]",
    ];
    check(&[("nginx.conf", nginx)], "syntax-error", &expected);
}

#[test]
fn a_line_of_a_megabyte_hides_nothing_else() {
    let long = "x".repeat(1 << 20);
    let haproxy = format!(
        "global\n    # {long}\n    description \"{long}\"\nfrontend a\n    bind :443 ssl crt a.pem ssl-min-ver TLSv1.0\n"
    );
    let floor = "5:29: error: TLSv1 and TLSv1.1 are enabled, below the floor TLSv1.2 of google-carriers@2024-12 [protocol-below-floor]";
    check(&[("a.cfg", &haproxy)], "protocol-below-floor", &[&format!("a.cfg:{floor}")]);
    let nginx = format!(
        "# {long}\nevents {{}}\nhttp {{\n    add_header x \"{long}\";\n    ssl_protocols TLSv1.1 TLSv1.2; server {{ listen 443 ssl; ssl_certificate a; ssl_certificate_key b; }}\n}}\n"
    );
    let floor = "nginx.conf:5:19: error: TLSv1.1 is enabled, below the floor TLSv1.2 of google-carriers@2024-12 [protocol-below-floor]";
    check(&[("nginx.conf", &nginx)], "protocol-below-floor", &[floor]);
}

const LISTED: &str =
    "global\n    ssl-default-bind-ciphers HIGH\nfrontend a\n    bind :443 ssl crt-list certificates.list\n";

#[test]
fn a_missing_crt_list_is_no_silence() {
    let expected = "a.cfg:4:28: note: the crt-list certificates.list is not among the files: its certificates, names and options are not \
                    known [include-unresolved]";
    check(&[("a.cfg", LISTED)], "include-unresolved", &[expected]);
}

#[test]
fn a_crt_list_that_names_itself_ends() {
    let list = "certificates.list\ncertificates.list [ssl-min-ver TLSv1.1]\n";
    let expected = "certificates.list:2:20: error: TLSv1.1 is enabled, below the floor TLSv1.2 of google-carriers@2024-12 \
                    [protocol-below-floor]";
    check(&[("a.cfg", LISTED), ("certificates.list", list)], "protocol-below-floor", &[expected]);
}

#[test]
fn a_crt_list_without_certificates_leaves_the_listener_none() {
    let expected = "a.cfg:4:5: error: the server does not start: no SSL certificate specified for bind ':443' (use 'crt') \
         [server-refuses-to-start]";
    for list in ["", "# nothing\n\n"] {
        check(&[("a.cfg", LISTED), ("certificates.list", list)], "server-refuses-to-start", &[expected]);
    }
}

#[test]
fn nul_characters_are_told_where_they_stand() {
    let haproxy = "global\n    description a\0b\nfrontend a\n    bind :443 ssl crt a.pem\n";
    let expected =
        "a.cfg:2:18: error: the server does not start: stray NUL character [server-refuses-to-start]";
    check(&[("a.cfg", haproxy)], "server-refuses-to-start", &[expected]);
    let expected = "certificates.list:1:6: error: the server does not start: crt-list : stray NUL character [server-refuses-to-start]";
    check(&[("a.cfg", LISTED), ("certificates.list", "a.pem\0\n")], "server-refuses-to-start", &[expected]);
}

#[test]
fn a_byte_order_mark_hides_no_global_section() {
    let haproxy = "\u{feff}global\n    ssl-default-bind-options ssl-min-ver TLSv1.1\nfrontend a\n    bind :443 ssl crt a.pem\n";
    check(
        &[("a.cfg", haproxy)],
        "syntax-error,protocol-below-floor",
        &[
            "a.cfg:1:1: error: byte order mark: HAProxy takes it for a part of the first word [syntax-error]",
            "a.cfg:2:30: error: TLSv1.1 is enabled, below the floor TLSv1.2 of google-carriers@2024-12 [protocol-below-floor]",
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_told() {
    let files = [("nginx.conf", "events {}\nhttp {\n    include sites/*;\n}\n"), ("sites/b", "gzip on;\n")];
    let directory = repository(&files);
    std::os::unix::fs::symlink("gone", directory.path().join("sites/a")).unwrap();
    let expected =
        "nginx.conf:3:13: note: \"sites/a\" does not exist: its settings are not known [include-unresolved]";
    assert_eq!(findings(directory.path(), "nginx.conf", "include-unresolved"), [expected]);
}
