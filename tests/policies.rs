//! Policies by what people see of them: the command, and verdicts on configurations.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scratch;

use scratch::{repository, tlslint};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tlslint::policy::{self, Policy};
use tlslint::protocol::Protocol;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_list_names_them_and_marks_what_is_unverified() {
    let output = tlslint(here(), &["policy", "list"]);
    let list = text(&output.stdout);
    assert!(list.lines().count() >= 100, "{list}");
    let issuer = list.lines().position(|line| line == "Google").unwrap();
    let of_google: Vec<_> = list.lines().skip(issuer + 1).take_while(|line| !line.is_empty()).collect();
    assert!(of_google.len() == 2 && of_google[0].starts_with("  google-carriers@2024-12 "), "{of_google:?}");
    assert!(list.lines().any(|line| line.starts_with("  rfc8996@") && line.ends_with("(unverified)")));
    let old = list.lines().find(|line| line.starts_with("  mozilla-intermediate@5.7 ")).unwrap();
    assert!(old.ends_with("(superseded by mozilla-intermediate@5.8)"), "{old}");
}

#[test]
fn a_superseded_policy_is_told_once_in_the_summary() {
    let directory = repository(&[("nginx.conf", "events {}\nhttp { server { listen 80; } }\n")]);
    let output =
        tlslint(directory.path(), &["check", "--isolated", "--policy", "mozilla-modern@5.7", "nginx.conf"]);
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(told.matches("superseded by mozilla-modern@6.0").count(), 1, "{told}");
}

#[test]
fn every_broken_policy_is_refused_where_it_is_broken() {
    let directory = here().join("fixtures/policies/broken");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20);
    for file in files {
        let body = fs::read_to_string(&file).unwrap();
        // `#  ^ message` stands under the line at fault, its caret under the column; `#^` means the first.
        let drawn = body.lines().enumerate().find_map(|(index, line)| {
            let (before, message) = line.split_once("^ ")?;
            let column = if before == "#" { 1 } else { before.chars().count() + 1 };
            line.starts_with('#').then(|| (index, column, message.to_owned()))
        });
        let (line, column, message) = drawn.unwrap_or_else(|| panic!("{}: nothing is drawn", file.display()));
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let directory = repository(&[(name.as_str(), body.as_str()), ("a.conf", "events {}\n")]);
        let arguments = ["check", "--isolated", "--policy", &format!("./{name}"), "a.conf"];
        let output = tlslint(directory.path(), &arguments);
        let log = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {log}");
        let expected = format!("./{name}:{line}:{column}: {message}");
        let said = log.replace("\n  tip: ", " → ");
        assert!(said.contains(&expected), "{name}\n expected {expected}\n found    {said}");
    }
}

/// Every level of every version of a guideline.
const MOZILLA: [&str; 8] = [
    "mozilla-modern@5.7",
    "mozilla-modern@5.8",
    "mozilla-modern@6.0",
    "mozilla-intermediate@5.7",
    "mozilla-intermediate@5.8",
    "mozilla-intermediate@6.0",
    "mozilla-old@5.7",
    "mozilla-old@5.8",
];

#[test]
fn a_configuration_written_to_a_list_passes_it_and_fails_all_others_by_the_suites_that_differ() {
    let listed = policy::names().into_iter().filter(|policy| policy.id.starts_with("mozilla-")).count();
    assert_eq!(listed, MOZILLA.len());
    for level in MOZILLA {
        let own = Policy::load(level).unwrap();
        for against in MOZILLA {
            let other = Policy::load(against).unwrap();
            let differing = own.suites.approved.difference(&other.suites.approved);
            let expected: BTreeSet<String> = differing.map(|suite| suite.name().to_owned()).collect();
            for (name, configuration) in &written_to(&own) {
                let found = judge(&own, against, (name, configuration));
                assert_eq!(found, expected, "{name} for {level} against {against}");
            }
        }
    }
}

/// A configuration written exactly to `own`, by its name, in each language that has words for all of it.
fn written_to(own: &Policy) -> [(&'static str, String); 2] {
    let protocols: Vec<_> = Protocol::ALL
        .into_iter()
        .filter(|protocol| {
            let at_least = own.protocols.minimum.as_ref().is_none_or(|rule| *protocol >= rule.value);
            at_least && own.protocols.maximum.as_ref().is_none_or(|rule| *protocol <= rule.value)
        })
        .collect();
    let names = protocols.iter().map(|protocol| protocol.name()).collect::<Vec<_>>().join(" ");
    let suites: Vec<_> = own.suites.approved.iter().map(|suite| suite.name()).collect();
    let groups = own.groups.listing.approved.as_ref().unwrap().value.iter();
    let groups = groups.map(|group| group.facts().openssl[0]).collect::<Vec<_>>().join(":");
    let prefers = own.server_preference.as_ref().is_some_and(|rule| rule.value);
    let ciphers = |key: &str, end: &str| {
        if suites.is_empty() { String::new() } else { format!("{key} {}{end}", suites.join(":")) }
    };
    let nginx = format!(
        "events {{}}\nhttp {{\n server {{\n listen 443 ssl;\n server_name a.example;\n ssl_certificate a.pem;\n \
         ssl_certificate_key a.key;\n ssl_protocols {names};\n {}\n ssl_ecdh_curve {groups};\n ssl_dhparam dh.pem;\n \
         ssl_prefer_server_ciphers {};\n }}\n}}\n",
        ciphers("ssl_ciphers", ";"),
        if prefers { "on" } else { "off" },
    );
    let version = |protocol: &Protocol| match protocol.name() {
        "TLSv1" => "TLSv1.0",
        name => name,
    };
    let haproxy = format!(
        "global\n    ssl-dh-param-file dh.pem\n\nfrontend web\n    mode http\n    bind :443 ssl crt a.pem ssl-min-ver {} ssl-max-ver {} \
         {} curves {groups}{}\n",
        version(protocols.first().unwrap()),
        version(protocols.last().unwrap()),
        ciphers("ciphers", ""),
        if prefers { "" } else { " prefer-client-ciphers" },
    );
    [("nginx.conf", nginx), ("haproxy.cfg", haproxy)]
}

/// The suites, and other faults by their checks, that `policy` finds in a configuration written exactly to `own`.
fn judge(own: &Policy, policy: &str, (name, configuration): (&str, &str)) -> BTreeSet<String> {
    let directory = repository(&[(name, configuration)]);
    let arguments = ["check", "--isolated", "--policy", policy, "--output-format", "json", name];
    let output = tlslint(directory.path(), &arguments);
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let mut found = BTreeSet::new();
    for finding in report["findings"].as_array().unwrap() {
        match finding["check"].as_str().unwrap() {
            "suite-not-approved" => {
                let suites = finding["data"]["suites"].as_array().unwrap().iter();
                found.extend(suites.map(|suite| suite.as_str().unwrap().to_owned()));
            }
            // Groups that only newer releases of OpenSSL know: a note, whatever the policy.
            "server-refuses-to-start" if finding["context"] == "groups before 3.5" => {}
            // Levels differ in more than suites; against its own level a configuration differs in nothing.
            other if own.id != policy => assert!(
                ["protocol-below-floor", "server-preference", "group-not-approved"].contains(&other),
                "{} against {policy}: {finding}",
                own.id
            ),
            other => {
                found.insert(format!("{other}: {}", finding["message"]));
            }
        }
    }
    found
}

#[test]
fn several_policies_at_once_say_which_is_broken() {
    let configuration = "events {}\nhttp {\n server {\n listen 443 ssl;\n ssl_certificate a.pem;\n ssl_certificate_key a.key;\n \
                         ssl_protocols TLSv1.1 TLSv1.2;\n ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA;\n }\n}\n";
    let directory = repository(&[("nginx.conf", configuration)]);
    let policies = ["--policy", "rfc8996", "--policy", "pci-dss"];
    let shown = ["check", "--isolated", "--output-format", "concise", "nginx.conf"];
    let output = tlslint(directory.path(), &[&shown[..], &policies].concat());
    let lines = text(&output.stdout);
    for id in ["rfc8996@2021-03", "pci-dss@4.0.1"] {
        assert!(lines.lines().any(|line| line.contains(id)), "{lines}");
    }
    assert!(
        text(&output.stderr).contains("rfc8996@2021-03 (unverified)") || lines.contains("(unverified)"),
        "{output:?}"
    );
}

#[test]
fn next_is_the_version_after_the_pinned_one() {
    let settings = "root = true\npolicy = \"mozilla-intermediate@5.7\"\n";
    let configuration = "events {}\nhttp {\n server {\n listen 443 ssl;\n ssl_certificate a.pem;\n ssl_certificate_key a.key;\n \
                         ssl_protocols TLSv1.2;\n ssl_ciphers DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;\n \
                         ssl_dhparam dh.pem;\n ssl_ecdh_curve X25519;\n }\n}\n";
    let directory = repository(&[("tlslint.toml", settings), ("nginx.conf", configuration)]);
    let run = |arguments: &[&str]| {
        let arguments = [&["check", "--output-format", "concise"], arguments, &["nginx.conf"]].concat();
        text(&tlslint(directory.path(), &arguments).stdout)
    };
    assert!(!run(&[]).contains("suite-not-approved"), "{}", run(&[]));
    let next = run(&["--policy", "next"]);
    assert!(next.contains("DHE-RSA-AES128-GCM-SHA256 is outside mozilla-intermediate@5.8"), "{next}");
}

#[test]
fn the_names_of_every_suite_are_in_the_catalogue() {
    // Loading refuses unknown names; here the texts themselves are searched, so that no spelling escapes by not being read.
    for policy::Listed { id, .. } in policy::names() {
        for word in policy::text(id).unwrap().lines().filter_map(|line| line.trim().strip_prefix("- ")) {
            let looks_like_a_suite = !word.contains(' ')
                && (word.contains("-AES") || word.contains("CHACHA20") || word.starts_with("AES"));
            if looks_like_a_suite {
                assert!(tlslint::suite::Suite::from_name(word).is_some(), "{id}: {word}");
            }
        }
    }
}

#[test]
fn the_table_of_the_founding_policy_is_the_policy() {
    let page = fs::read_to_string(here().join("docs/google-carriers.md")).unwrap();
    let requirements = Policy::load("google-carriers").unwrap().requirements();
    let mut told = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [_, requirement, check, severity, _] = cells.as_slice() else { panic!("{row}") };
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        for name in quoted(check).iter().filter(|name| !name.starts_with("google-carriers")) {
            assert!(tlslint::checks::find(name).is_some(), "{name}");
        }
        for entry in quoted(requirement) {
            let (id, value) =
                entry.split_once(": ").map_or((entry.as_str(), None), |(id, value)| (id, Some(value)));
            if id == "tls13" {
                continue;
            }
            let known = requirements.iter().find(|known| known.id == id).unwrap_or_else(|| panic!("no {id}"));
            assert_eq!(known.value.as_deref(), value, "{id}");
            assert!(severity.contains(known.strength.severity().name()), "{id}: {severity}");
            told.insert(id.to_owned());
        }
    }
    // This one reads a sentence more widely than it says, which the page tells below the table.
    let elsewhere = ["peer.plaintext-upstream"];
    let untold = requirements
        .iter()
        .filter(|known| !told.contains(&known.id) && !elsewhere.contains(&known.id.as_str()));
    assert_eq!(untold.map(|known| known.id.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(elsewhere.iter().all(|id| page.contains(&format!("`{id}`"))));
}
