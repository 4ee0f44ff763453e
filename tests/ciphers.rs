//! `tlslint ciphers` from the outside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scratch;

use scratch::{command, repository, tlslint};
use serde_json::Value;
use std::path::Path;

/// What the command writes to standard output, given this standard input.
fn ciphers(arguments: &[&str], input: &str) -> String {
    let command = command(Path::new("."), &[&["ciphers"], arguments].concat());
    let output = assert_cmd::Command::from_std(command).write_stdin(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn answers(arguments: &[&str], input: &str) -> Vec<Value> {
    ciphers(arguments, input).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn one_answer_a_line_for_one_string_a_line() {
    let input = "AES128-SHA\n\nHIGH:\tMD5\n@SECLEVEL=0:AES256-SHA:FOO\n";
    let got = answers(&["--stdin", "--library", "openssl-3.0", "--format", "jsonl"], input);
    let errors: Vec<&Value> = got.iter().map(|answer| &answer["error"]).collect();
    assert_eq!(errors, [&Value::Null, &"no-cipher-match".into(), &"invalid-command".into(), &Value::Null]);
    assert_eq!(got[3]["suites"], serde_json::json!(["AES256-SHA"]));
    assert_eq!(got[3]["security_level"], 0);
    assert_eq!(got[3]["unmatched"], serde_json::json!(["FOO"]));
    assert_eq!(got[3]["added_by"], serde_json::json!({"AES256-SHA": "AES256-SHA"}));
    assert!(got[3].get("groups").is_none());
}

#[test]
fn json_strings_may_hold_any_character() {
    let input = "\"HIGH:\\n\"\n\"[AES128-SHA|AES256-SHA]:PSK\"\n";
    let arguments = ["--stdin", "--stdin-format", "json", "--library", "boringssl-44", "--format", "jsonl"];
    let got = answers(&arguments, input);
    assert_eq!(got[0]["error"], "invalid-command");
    let groups =
        serde_json::json!([["AES128-SHA", "AES256-SHA"], ["PSK-AES128-CBC-SHA"], ["PSK-AES256-CBC-SHA"]]);
    assert_eq!(got[1]["groups"], groups);
}

#[test]
fn the_lenient_parser_skips_what_the_strict_one_refuses() {
    let string = "AES128-SHA:!aNULL";
    let common = ["--library", "boringssl-44", "--format", "jsonl"];
    assert_eq!(answers(&[&[string], &common[..]].concat(), "")[0]["error"], "invalid-command");
    assert_eq!(answers(&[&[string, "--lenient"], &common[..]].concat(), "")[0]["suites"][0], "AES128-SHA");
}

#[test]
fn a_table_names_tokens_and_verdicts() {
    let table = ciphers(&["AES128-SHA:FOO:ECDHE-RSA-AES128-GCM-SHA256", "--library", "openssl-3.0"], "");
    for expected in [
        "AES128-SHA                   SSLv3     RSA           RSA   AES-128-CBC  SHA1  128   AES128-SHA",
        "not approved",
        "FOO                          does nothing: FOO is unknown to every library",
        "2 suites declared, 2 enabled at security level 1 (without PSK and SRP), 1 of these approved by google-carriers",
    ] {
        assert!(table.contains(expected), "{expected}\n{table}");
    }
}

#[test]
fn releases_stand_side_by_side() {
    let table = ciphers(
        &["AES128-CCM8:RC4-SHA:HIGH", "--library", "openssl-1.1.0+weak", "--library", "openssl-3.5"],
        "",
    );
    assert!(table.contains("openssl-1.1.0+weak to openssl-3.5"), "{table}");
    assert!(
        table.contains("10 vanish: 6 with authenticated encryption, 3 without forward secrecy, 1 with"),
        "{table}"
    );
}

#[test]
fn a_document_holds_every_token_with_its_reason() {
    let text = ciphers(&["HIGH:!RC4", "--library", "openssl-3.0", "--format", "json"], "");
    let document: Value = serde_json::from_str(&text).unwrap();
    let token = &document["answers"][0]["tokens"][1];
    assert_eq!(token["effect"], "unmatched");
    assert_eq!(token["byte_range"], serde_json::json!([5, 9]));
    assert!(token["why"].as_str().unwrap().contains("openssl-3.0+legacy"));
}

#[test]
fn an_unknown_library_is_named_with_its_nearest() {
    let output = tlslint(Path::new("."), &["ciphers", "HIGH", "--library", "openssl-3.o"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the nearest is openssl-3.0"));
}

#[test]
fn settings_name_the_library_and_the_policy() {
    let settings =
        "root = true\npolicy = \"mozilla-intermediate@5.7\"\ntarget = { library = \"openssl-1.1.1\" }\n";
    let directory = repository(&[("tlslint.toml", settings)]);
    let output = tlslint(directory.path(), &["ciphers", "AES128-SHA"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.starts_with("openssl-1.1.1  AES128-SHA\n") && table.contains("mozilla-intermediate@5.7"),
        "{table}"
    );
}

/// What `tlslint explain` writes about a subject.
fn explain(subject: &str) -> String {
    let output = tlslint(Path::new("."), &["explain", subject]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_suite_is_explained_by_name_and_code_point() {
    let page = explain("DES-CBC3-SHA");
    assert_eq!(explain("0x000A"), page);
    for expected in [
        "IANA name       TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "code point      0x00,0x0A",
        "openssl-3.0     only +weak, +weak+legacy; not in DEFAULT; used up to security level 2",
        "openssl-1.0.2   all builds; in DEFAULT",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
}

#[test]
fn a_check_is_explained_by_its_page() {
    assert!(explain("suite-not-approved").starts_with("# suite-not-approved\n"));
}
