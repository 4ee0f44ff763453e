//! A condition that nobody answers: what the server would refuse only where it holds is no error.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "fixtures/case.rs"]
#[allow(dead_code, reason = "fixtures are drawn, these are not")]
mod case;
mod scratch;

use case::{Found, Given, Header};
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// Checks by which a server, or its library, takes a text or does not.
const REFUSALS: [&str; 2] = ["server-refuses-to-start", "cipher-string-invalid"];

/// Single files below `fixtures/checks` in languages that have no conditions of their own, with how to run them.
fn fixtures() -> Vec<(String, String, Header)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
    let files = WalkDir::new(root).min_depth(2).max_depth(2).sort_by_file_name();
    let mut found = Vec::new();
    for entry in files.into_iter().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_one = [".conf", ".cnf", ".yaml"].iter().any(|ending| name.ends_with(ending));
        let text = if is_one { fs::read_to_string(entry.path()).ok() } else { None };
        let Some(text) = text else { continue };
        let header = text.lines().next().and_then(Header::parse).unwrap_or_default();
        found.push((name, text, header));
    }
    found
}

fn refusals(name: &str, text: &str, header: &Header) -> Vec<Found> {
    let mut header = header.clone();
    header.dialect = header.dialect.or_else(|| case::dialect_of(name));
    let mut found = case::run(&header, &Given::File(name), &[(name.to_owned(), text.as_bytes().to_vec())]);
    found.retain(|found| REFUSALS.contains(&&*found.check) && found.severity == "error");
    found
}

#[test]
fn a_template_condition_is_no_certainty() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, text, header) in fixtures() {
        // A file that is a template already is none that stands.
        if text.contains("{{") || text.contains("{%") {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        for refused in refusals(&name, &text, &header) {
            count += 1;
            let at = refused.line as usize - 1;
            let mut ranges = vec![(0, lines.len())];
            // A line of YAML is seldom whole by itself.
            if Path::new(&name).extension().is_none_or(|ending| ending != "yaml") {
                ranges.push((at, at + 1));
            }
            for (from, to) in ranges {
                let parts = [
                    &lines[..from],
                    &["{% if unheard_of %}"],
                    &lines[from..to],
                    &["{% endif %}"],
                    &lines[to..],
                ];
                let under = parts.concat().join("\n") + "\n";
                let is_there = |found: &&Found| {
                    found.line == refused.line + 1 && found.message.contains(&refused.message)
                };
                for found in refusals(&name, &under, &header).iter().filter(is_there) {
                    wrong.push(format!("{name}, lines {from} to {to}: {found:?}"));
                }
            }
        }
    }
    assert!(count > 20, "{count} refusals are drawn");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
