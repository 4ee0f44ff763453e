//! SARIF 2.1.0 (OASIS), complete for GitHub code scanning.
//!
//! GitHub's reading: <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

use super::{Report, page_url, printable};
use super::{line_hash, security};
use crate::checks::{self, Check};
use crate::finding::{Citation, Edit, Finding, Fix, Severity, Suppression};
use crate::fingerprint::Fingerprint;
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::{self, Write};

/// The base that relative addresses are resolved against: the top of the repository.
const ROOT: &str = "%SRCROOT%";

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &document(report))?;
    writeln!(out)
}

fn document(report: &Report<'_>) -> Value {
    let mut hashes = LineHashes::default();
    let rows = report.findings.iter().zip(report.fingerprints());
    let results: Vec<Value> = rows
        .filter(|(finding, _)| finding.suppressed.is_none() || report.sarif_suppressed)
        .map(|(finding, fingerprint)| result(report, finding, fingerprint, &mut hashes))
        .collect();
    let mut driver = json!({
        "name": "tlslint",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": checks::ALL.iter().map(|check| rule(check, report.findings)).collect::<Vec<_>>(),
    });
    if let Some(book) = super::book() {
        driver["informationUri"] = book.into();
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": "tlslint/" },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { ROOT: { "description": { "text": "the top of the repository" } } },
            "invocations": [{ "executionSuccessful": true }],
            "results": results,
            "properties": {
                "policies": report.policies.iter().map(super::PolicyName::label).collect::<Vec<_>>(),
                "coverage": report.coverage_line(),
            },
        }],
    })
}

fn rule(check: &Check, findings: &[Finding]) -> Value {
    let about_security = security::of(check.id).is_some();
    let mut tags = vec![if about_security { "security" } else { "correctness" }.to_owned()];
    tags.extend(weaknesses(check.page).map(|number| format!("external/cwe/cwe-{number:03}")));
    let problem = match check.level {
        Severity::Note => "recommendation",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let page = check.readable();
    let mut rule = json!({
        "id": check.id,
        "name": check.id.split('-').map(capitalised).collect::<String>(),
        "shortDescription": { "text": check.summary },
        "fullDescription": { "text": check.section("What it finds").unwrap_or(check.summary) },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": check.level.name() },
        "properties": {
            "tags": tags,
            "precision": "very-high",
            "problem.severity": problem,
        },
    });
    if let Some(score) = security::score(check.id, findings) {
        rule["properties"]["security-severity"] = score.into();
    }
    if let Some(page) = page_url(check.id) {
        rule["helpUri"] = page.into();
    }
    rule
}

fn result(
    report: &Report<'_>,
    finding: &Finding,
    fingerprint: Fingerprint,
    hashes: &mut LineHashes,
) -> Value {
    let mut result = Map::new();
    let mut put = |key: &str, value: Value| {
        result.insert(key.to_owned(), value);
    };
    put("ruleId", finding.check.into());
    if let Some(index) = checks::ALL.iter().position(|check| check.id == finding.check) {
        put("ruleIndex", index.into());
    }
    put("level", finding.severity.name().into());
    put("message", json!({ "text": message(finding) }));
    put("locations", json!([{ "physicalLocation": physical(report, finding.location) }]));
    let related: Vec<Value> = (1..)
        .zip(elsewhere(finding))
        .map(|(id, (location, words))| {
            json!({
                "id": id,
                "physicalLocation": physical(report, location),
                "message": { "text": printable(words) },
            })
        })
        .collect();
    if !related.is_empty() {
        put("relatedLocations", related.into());
    }
    let mut fingerprints = Map::from_iter([("tlslint/v1".to_owned(), fingerprint.to_string().into())]);
    if let Some(hash) = hashes.of(report, finding.location) {
        fingerprints.insert("primaryLocationLineHash".to_owned(), hash.into());
    }
    put("partialFingerprints", fingerprints.into());
    if let Some(fix) = &finding.fix {
        put("fixes", json!([fix_object(report, fix)]));
    }
    if let Some(suppression) = &finding.suppressed {
        put("suppressions", json!([suppression_object(suppression)]));
    }
    put("properties", properties(finding));
    Value::Object(result)
}

/// More links than this make no sentence; the places are listed all the same.
const MOST_LINKS: usize = 6;

/// The places behind the first, and those that matter besides, with what is there.
fn elsewhere(finding: &Finding) -> impl Iterator<Item = (Location, &str)> {
    let places = finding
        .places()
        .skip(1)
        .map(|(location, label)| (location, if label.is_empty() { "here too" } else { label }));
    places.chain(finding.related.iter().map(|related| (related.location, related.message.as_str())))
}

/// The message with a link to each related place, and the help in a paragraph of its own.
fn message(finding: &Finding) -> String {
    let links: Vec<String> = (1..)
        .zip(elsewhere(finding))
        .take(MOST_LINKS)
        .map(|(id, (_, words))| format!("[{}]({id})", link_text(&printable(words))))
        .collect();
    let mut text = printable(&finding.message).into_owned();
    if !links.is_empty() {
        text.extend([" (", &links.join(", "), ")"]);
    }
    if let Some(help) = &finding.help {
        text.extend(["\nhelp: ", &printable(help)]);
    }
    text
}

/// Escapes what would end a link's text (SARIF 2.1.0, section 3.11.6).
fn link_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn physical(report: &Report<'_>, location: Location) -> Value {
    let source = report.source(location);
    json!({ "artifactLocation": artifact(report, location), "region": region(&source, location.span) })
}

fn artifact(report: &Report<'_>, location: Location) -> Value {
    let path = report.repository_path(location);
    if path.starts_with('/') {
        json!({ "uri": format!("file://{}", percent_encoded(&path)) })
    } else {
        json!({ "uri": percent_encoded(&path), "uriBaseId": ROOT })
    }
}

fn region(source: &Source, span: Span) -> Value {
    let start = source.position(super::within(source, span.start));
    let end = source.position(super::within(source, span.end)).max(start);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": span.start,
        "byteLength": span.len(),
    })
}

fn fix_object(report: &Report<'_>, fix: &Fix) -> Value {
    let changes = fix.edits.chunk_by(|left, right| left.location.file == right.location.file);
    let changes: Vec<Value> = changes
        .filter_map(|edits| {
            let first = edits.first()?;
            let source = report.source(first.location);
            let replacements: Vec<Value> = edits.iter().map(|edit| replacement(&source, edit)).collect();
            Some(
                json!({ "artifactLocation": artifact(report, first.location), "replacements": replacements }),
            )
        })
        .collect();
    json!({ "description": { "text": fix.message }, "artifactChanges": changes })
}

fn replacement(source: &Source, edit: &Edit) -> Value {
    json!({
        "deletedRegion": region(source, edit.location.span),
        "insertedContent": { "text": edit.text },
    })
}

fn suppression_object(suppression: &Suppression) -> Value {
    json!({
        "kind": if suppression.kind == "comment" { "inSource" } else { "external" },
        "status": "accepted",
        "justification": match &suppression.until {
            Some(until) => format!("{} (until {until})", suppression.reason),
            None => suppression.reason.clone(),
        },
    })
}

fn properties(finding: &Finding) -> Value {
    let mut properties = Map::new();
    if let Some(Citation { policy, requirement, strength, why, source, unverified }) = &finding.policy {
        let mut clause = json!({
            "id": policy, "requirement": requirement, "strength": strength, "why": why, "source": source
        });
        if *unverified {
            clause["unverified"] = true.into();
        }
        properties.insert("policy".to_owned(), clause);
    }
    if !finding.endpoints.is_empty() {
        properties.insert("endpoints".to_owned(), json!(finding.endpoints));
    }
    for (key, values) in &finding.data {
        properties.insert((*key).to_owned(), json!(values));
    }
    properties.into()
}

/// The line hashes of files that were asked for; a file that is not UTF-8 has none, since GitHub reads other characters there.
#[derive(Default)]
struct LineHashes(HashMap<FileId, Option<Vec<String>>>);

impl LineHashes {
    fn of(&mut self, report: &Report<'_>, location: Location) -> Option<String> {
        let source = report.source(location);
        let hashes = self.0.entry(location.file).or_insert_with(|| {
            let text = source.text();
            let lines_differ = text.replace("\r\n", "").contains('\r');
            (source.invalid_utf8().is_none() && !lines_differ).then(|| line_hash::of_lines(text))
        });
        let line = source.position(super::within(&source, location.span.start)).line;
        hashes.as_ref()?.get(line as usize - 1).cloned()
    }
}

/// The numbers of the weaknesses (CWE) that a page refers to, in their order, each once.
fn weaknesses(page: &str) -> impl Iterator<Item = u32> {
    let mut numbers: Vec<u32> = page
        .split("CWE-")
        .skip(1)
        .filter_map(|rest| rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter()
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters
        .next()
        .map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

/// A path as part of a URI (RFC 3986, section 3.3).
fn percent_encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| {
                char::from_digit(u32::from(nibble), 16).map_or('0', |digit| digit.to_ascii_uppercase())
            };
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, sample};
    use std::io::Read as _;

    fn schema() -> Value {
        let mut text = String::new();
        let compressed = include_bytes!("../../fixtures/schemas/sarif-2.1.0.json.gz");
        flate2::read::GzDecoder::new(compressed.as_slice()).read_to_string(&mut text).unwrap();
        // The published schema has one pattern that is no regular expression.
        serde_json::from_str(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap()
    }

    fn valid(document: &Value) {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn the_document_meets_the_published_schema() {
        let document: Value = serde_json::from_str(&sample::written(Format::Sarif)).unwrap();
        valid(&document);
        sample::with(|report| {
            let report = Report { sarif_suppressed: true, target: report.target.clone(), ..*report };
            let document = super::document(&report);
            valid(&document);
            let results = document["runs"][0]["results"].as_array().unwrap();
            assert_eq!(results.len(), report.findings.len());
        });
    }

    #[test]
    fn every_check_is_a_rule_with_what_code_scanning_shows() {
        for check in checks::ALL {
            let rule = rule(check, &[]);
            let is_security = rule["properties"]["tags"][0] == "security";
            assert_eq!(rule["properties"]["security-severity"].is_string(), is_security, "{}", check.id);
            // Words behind the language of an example are for tests alone.
            let help = rule["help"]["markdown"].as_str().unwrap();
            let is_bare = |line: &str| !line.starts_with("```") || !line.contains(' ');
            assert!(help.lines().all(is_bare), "{}", check.id);
            assert!(rule["help"]["markdown"].as_str().unwrap().len() > 100, "{}", check.id);
        }
    }

    #[test]
    fn results_look_so() {
        let document: Value = serde_json::from_str(&sample::written(Format::Sarif)).unwrap();
        insta::assert_json_snapshot!(document["runs"][0]["results"]);
    }

    #[test]
    fn parts_of_pages_are_found() {
        let page = "# x\n\n## What it finds\n\nThis.\n\n## References\n\nCWE-326, CWE-757 (CWE-326)\n";
        assert_eq!(weaknesses(page).collect::<Vec<_>>(), [326, 757]);
        assert_eq!(percent_encoded("a b/ü%.conf"), "a%20b/%C3%BC%25.conf");
    }
}
