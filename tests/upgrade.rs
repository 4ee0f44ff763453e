//! `--compare-target`: what changes for every endpoint from one target to another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scratch;

use scratch::{repository, tlslint};
use serde_json::Value;

const CONFIG: &str = "events {}
http {
    ssl_certificate a.crt; ssl_certificate_key a.key;
    server { listen 10.0.0.1:443 ssl; server_name a.test; ssl_protocols TLSv1 TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-SHA; }
    server { listen 10.0.0.2:443 ssl; server_name b.test; ssl_protocols TLSv1.2; ssl_ecdh_curve X25519MLKEM768:X25519; }
}
";

/// The output of a comparison of `CONFIG`, and its exit code.
fn compare(arguments: &[&str]) -> (String, Option<i32>) {
    let directory = repository(&[("nginx.conf", CONFIG)]);
    let output = tlslint(directory.path(), &[arguments, &["nginx.conf", "--isolated"]].concat());
    (
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

#[test]
fn versions_refusals_and_verdicts_that_change_are_told() {
    let (text, code) = compare(&["check", "--target", "debian-11", "--compare-target", "debian-13"]);
    for line in [
        "from debian-11 to debian-13\n",
        "nginx.conf:4: server a.test on 10.0.0.1:443\n    protocols     - TLSv1\n",
        "nginx.conf:5: the server starts again: SSL_CTX_set1_curves_list(\"X25519MLKEM768:X25519\") failed\n",
        "nginx.conf:4:73: new note: TLSv1 is listed and not served",
        "nginx.conf:4:73: gone error: TLSv1 is enabled, below the floor TLSv1.2",
        "2 of 2 endpoints change; ",
    ] {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
    let (back, _) = compare(&["check", "--target", "debian-13", "--compare-target", "debian-11"]);
    assert!(
        back.contains("    protocols     + TLSv1\n") && back.contains("the server does not start any more: "),
        "{back}"
    );
    assert!(back.contains("4:73: new error: TLSv1 is enabled"), "{back}");
    assert_eq!(code, Some(1), "another default string counts more suites");
}

#[test]
fn one_target_is_like_itself() {
    let (text, code) = compare(&["check", "--target", "debian-12", "--compare-target", "debian-12"]);
    assert_eq!(
        (text.as_str(), code),
        ("from debian-12 to debian-12\nnothing changes for 2 endpoints\n", Some(0))
    );
}

#[test]
fn a_document_holds_what_changes() {
    let (text, code) =
        compare(&["inventory", "--target", "debian-11", "--compare-target", "debian-13", "--format", "json"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((document["after"]["target"].as_str(), code), (Some("debian-13"), Some(0)));
    let changes = document["endpoints"][0]["changes"].as_array().unwrap();
    let protocols = changes.iter().find(|change| change["what"] == "protocols").unwrap();
    assert_eq!(protocols["gone"], serde_json::json!(["TLSv1"]));
    assert_eq!(document["refusals"]["gone"][0]["line"], 5);
    assert_eq!(document["summary"]["changed"], 2);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let (text, code) = compare(&["check", "--compare-target", "debian-13", "--format", "sarif"]);
    assert!(text.contains("prints text or JSON, not sarif") && code == Some(2), "{text}");
    let (text, code) = compare(&["inventory", "--compare-target", "debain-13"]);
    assert!(text.contains("did you mean debian-13?") && code == Some(2), "{text}");
}
