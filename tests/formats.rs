//! Every output format on one tree: its consumer reads it, holds every finding, and the exit code is the same.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use flate2::read::GzDecoder;
use scratch::{repository, tlslint};
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use tlslint::report::Format;

/// Findings of three severities in all languages, one of them suppressed, in files with names that need care.
const FILES: [(&str, &str); 5] = [
    (
        "web/nginx.conf",
        "events {}\nhttp {\n  include absent.conf;\n  ssl_protocols TLSv1 TLSv1.2; # tlslint: ignore[protocol-below-floor] OPS-12\n  \
                       ssl_ciphers \"HIGH:<b>&|`\";\n  server { listen 443 ssl; ssl_certificate a.pem; ssl_certificate_key a.key; }\n}\n",
    ),
    (
        "proxy: 100%,/haproxy.cfg",
        "global\nfrontend f\n  bind :443 ssl crt a.pem ssl-min-ver TLSv1.0\nbackend b\n  server s a.example:443 ssl verify none\n",
    ),
    (
        "envoy.json",
        "{\"static_resources\": {\"clusters\": [{\"name\": \"c\", \"transport_socket\": {\"name\": \"tls\", \"typed_config\": {\"@type\": \
                    \"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext\", \"sni\": \"ü.example\"}}}]}}\n",
    ),
    (
        "openssl.cnf",
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\nCipherString = AES128-SHA\n",
    ),
    ("lists/strings.ciphers", "AES128-SHA\nNO-SUCH-WORD:ECDHE-RSA-AES128-GCM-SHA256\n"),
];

/// What `tlslint check` writes in this format, of findings that make it end with 1.
fn written(format: Format) -> String {
    let found = repository(&FILES);
    let output = tlslint(found.path(), &["check", "--isolated", "--output-format", format.name()]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}: {}",
        format.name(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn json(format: Format) -> Value {
    serde_json::from_str(&written(format)).unwrap()
}

/// The findings that count, as `path check`, sorted.
fn counted() -> Vec<String> {
    let document = json(Format::Json);
    let findings = document["findings"].as_array().unwrap();
    let counts = findings.iter().filter(|finding| finding["suppressed"].is_null());
    let mut counted: Vec<String> =
        counts.map(|one| format!("{} {}", text(&one["path"]), text(&one["check"]))).collect();
    counted.sort();
    for severity in ["error", "warning", "note"] {
        assert!(findings.iter().any(|finding| finding["severity"] == severity), "no {severity} in the tree");
    }
    assert!(findings.len() > counted.len(), "nothing is suppressed in the tree");
    counted
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Holds a format to the findings that count.
#[track_caller]
fn holds(format: Format, found: impl IntoIterator<Item = String>) {
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort();
    assert_eq!(found, counted(), "{}", format.name());
}

#[test]
fn every_format_ends_alike_and_is_empty_alike() {
    let clean = repository(&[("nginx.conf", "events {}\nhttp {}\n")]);
    for format in Format::ALL {
        written(format);
        let output = tlslint(clean.path(), &["check", "--isolated", "--output-format", format.name()]);
        assert_eq!(output.status.code(), Some(0), "{}", format.name());
    }
}

#[test]
fn lines_name_place_severity_and_check() {
    let split = |line: &str| {
        let (place, rest) = [": error: ", ": warning: ", ": note: "]
            .into_iter()
            .find_map(|mark| line.split_once(mark))
            .unwrap();
        let (path, column) = place.rsplit_once(':').unwrap();
        let (path, line) = path.rsplit_once(':').unwrap();
        assert!(
            line.parse::<u32>().is_ok_and(|line| line > 0)
                && column.parse::<u32>().is_ok_and(|column| column > 0)
        );
        format!("{path} {}", rest.rsplit_once('[').unwrap().1.trim_end_matches(']'))
    };
    holds(Format::Concise, written(Format::Concise).lines().map(split));
    let rows = written(Format::Jsonl);
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let rows: Vec<Value> = rows.filter(|row| row["suppressed"].is_null()).collect();
    holds(Format::Jsonl, rows.iter().map(|row| format!("{} {}", text(&row["path"]), text(&row["check"]))));
}

#[test]
fn people_see_every_check_and_place() {
    let full = written(Format::Full);
    let markdown = written(Format::Markdown);
    for one in counted() {
        let (path, check) = one.rsplit_once(' ').unwrap();
        assert!(full.contains(path) && full.contains(&format!("[{check}]")), "{one} in:\n{full}");
        assert!(markdown.contains(check), "{one} in:\n{markdown}");
    }
    let rows = markdown.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).count();
    assert_eq!(rows - 1, counted().len(), "a row for each finding under the head:\n{markdown}");
}

#[test]
fn sarif_meets_the_published_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas/sarif-2.1.0.json.gz");
    let schema = std::io::read_to_string(GzDecoder::new(File::open(path).unwrap())).unwrap();
    // The published schema has one pattern that is no regular expression.
    let schema: Value = serde_json::from_str(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap();
    let found = repository(&FILES);
    for (flags, more) in [(&[][..], 0), (&["--sarif-include-suppressed"][..], 1)] {
        let arguments = [&["check", "--isolated", "--output-format", "sarif"], flags].concat();
        let document: Value = serde_json::from_slice(&tlslint(found.path(), &arguments).stdout).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let results = document["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), counted().len() + more);
        let suppressed = results
            .iter()
            .filter(|result| result["suppressions"].as_array().is_some_and(|all| !all.is_empty()));
        assert_eq!(suppressed.count(), more);
        assert!(
            results.iter().all(|result| result["locations"].as_array().is_some_and(|all| all.len() == 1))
        );
    }
}

#[test]
fn annotations_are_commands_of_the_workflow() {
    let commands = written(Format::Github);
    let mut ranks = Vec::new();
    let read = |line: &str| {
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (level, properties) = head.split_once(' ').unwrap();
        ranks.push(["error", "warning", "notice"].iter().position(|known| *known == level).unwrap());
        let property = |name: &str| {
            let found = properties.split(',').find_map(|one| one.strip_prefix(&format!("{name}=")));
            found
                .unwrap_or_else(|| panic!("no {name} in {line}"))
                .replace("%2C", ",")
                .replace("%3A", ":")
                .replace("%25", "%")
        };
        assert!(property("line").parse::<u32>().is_ok() && !message.is_empty());
        format!("{} {}", property("file"), property("title").rsplit(' ').next().unwrap())
    };
    let found: Vec<String> = commands.lines().map(read).collect();
    assert!(ranks.is_sorted(), "errors come first");
    holds(Format::Github, found);
}

#[test]
fn code_quality_has_what_gitlab_asks_for() {
    let document = json(Format::Gitlab);
    let issues = document.as_array().unwrap();
    let mut fingerprints: Vec<&str> = issues.iter().map(|issue| text(&issue["fingerprint"])).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len(), "fingerprints are unique");
    for issue in issues {
        assert!(
            ["critical", "major", "minor"].contains(&text(&issue["severity"]))
                && !text(&issue["description"]).is_empty()
        );
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
    }
    holds(
        Format::Gitlab,
        issues.iter().map(|one| format!("{} {}", text(&one["location"]["path"]), text(&one["check_name"]))),
    );
}

#[test]
fn reviewdog_reads_rdjson() {
    let document = json(Format::Rdjson);
    let diagnostics = document["diagnostics"].as_array().unwrap();
    for diagnostic in diagnostics {
        assert!(["ERROR", "WARNING", "INFO"].contains(&text(&diagnostic["severity"])));
        assert!(diagnostic["location"]["range"]["start"]["line"].as_u64().is_some_and(|line| line > 0));
    }
    holds(
        Format::Rdjson,
        diagnostics
            .iter()
            .map(|one| format!("{} {}", text(&one["location"]["path"]), text(&one["code"]["value"]))),
    );
}

#[test]
fn xml_reports_are_well_formed_and_complete() {
    let checkstyle = written(Format::Checkstyle);
    let document = roxmltree::Document::parse(&checkstyle).unwrap();
    let errors = document.descendants().filter(|node| node.has_tag_name("error"));
    holds(
        Format::Checkstyle,
        errors.map(|error| {
            let path = error.parent().unwrap().attribute("name").unwrap();
            format!("{path} {}", error.attribute("source").unwrap().trim_start_matches("tlslint."))
        }),
    );
    let junit = written(Format::Junit);
    let document = roxmltree::Document::parse(&junit).unwrap();
    let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    holds(
        Format::Junit,
        cases.iter().map(|case| {
            let check = case.attribute("name").unwrap().split(':').next().unwrap();
            format!("{} {check}", case.attribute("classname").unwrap())
        }),
    );
    // Notes pass, with their text as output.
    let has = |name: &str| {
        let cases = cases.iter().filter(|case| case.children().any(|child| child.has_tag_name(name)));
        cases.count()
    };
    assert_eq!(has("failure") + has("system-out"), cases.len());
    let suites = document.descendants().filter(|node| node.has_tag_name("testsuite"));
    let failures = suites.map(|suite| suite.attribute("failures").unwrap().parse::<usize>().unwrap());
    assert_eq!(failures.sum::<usize>(), has("failure"));
}
