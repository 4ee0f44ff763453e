//! JSON for machines: one document, or one line per finding.
//!
//! Version 2: fields may be added, none is renamed, removed or changed in meaning. A finding is one cause with all of its `places`;
//! in version 1 each place was a finding.

use super::range::{Point, Range};
use super::{Place, PolicyName, Report, page_url};
use crate::finding::{Applicability, Citation, Finding, Related, Suppression};
use crate::fingerprint::Fingerprint;
use crate::source::Position;
use crate::span::{Location, Span};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::io::{self, Write};

/// Writes the whole report as one compact document.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: 2,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        policy: report.policies.first().map(|policy| Policy {
            id: &policy.id,
            title: &policy.title,
            unverified: policy.unverified.as_deref(),
            superseded_by: policy.superseded_by,
            file: policy.file.as_ref().map(|file| File { path: &file.path, sha256: &file.sha256 }),
        }),
        override_policies: report.policies.iter().skip(1).map(PolicyName::named).collect(),
        target: Target { words: &report.target.words, parts: Parts(&report.target.parts) },
        findings: Findings(report),
        mended: report.mended,
        summary: summary(report),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

/// Writes each finding as one compact line.
pub(super) fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (finding, fingerprint) in report.findings.iter().zip(report.fingerprints()) {
        serde_json::to_writer(&mut *out, &row(report, finding, fingerprint))?;
        writeln!(out)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    policy: Option<Policy<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    override_policies: Vec<String>,
    target: Target<'a>,
    findings: Findings<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mended: &'a [String],
    summary: Summary<'a>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Policy<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct Target<'a> {
    words: &'a str,
    #[serde(flatten)]
    parts: Parts<'a>,
}

/// Pairs as an object, in their order.
struct Parts<'a>(&'a [(&'static str, String)]);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The findings, each turned into its row only when it is its turn.
struct Findings<'a>(&'a Report<'a>);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.findings.iter().zip(self.0.fingerprints());
        serializer.collect_seq(rows.map(|(finding, fingerprint)| row(self.0, finding, fingerprint)))
    }
}

#[derive(Serialize)]
struct Row<'a> {
    check: &'static str,
    severity: &'static str,
    message: &'a str,
    path: String,
    range: Range,
    byte_range: Bytes,
    url: Option<String>,
    policy: Option<Clause<'a>>,
    endpoint: Option<&'a str>,
    endpoints: &'a [String],
    label: &'a str,
    help: Option<&'a str>,
    context: &'a str,
    places: Vec<PlaceRow<'a>>,
    related: Vec<RelatedRow<'a>>,
    data: Data<'a>,
    fix: Option<FixRow<'a>>,
    fingerprint: String,
    suppressed: Option<SuppressedRow<'a>>,
}

#[derive(Serialize)]
struct Bytes {
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct Clause<'a> {
    id: &'a str,
    requirement: &'a str,
    strength: &'a str,
    why: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unverified: bool,
}

#[derive(Serialize)]
struct PlaceRow<'a> {
    path: String,
    range: Range,
    byte_range: Bytes,
    label: &'a str,
}

#[derive(Serialize)]
struct RelatedRow<'a> {
    path: String,
    range: Range,
    byte_range: Bytes,
    message: &'a str,
}

/// The facts of a finding as an object, in their order.
struct Data<'a>(&'a [(&'static str, Vec<String>)]);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, values) in self.0 {
            map.serialize_entry(key, values)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct FixRow<'a> {
    applicability: &'static str,
    message: &'a str,
    edits: Vec<EditRow<'a>>,
}

#[derive(Serialize)]
struct EditRow<'a> {
    path: String,
    byte_range: Bytes,
    text: &'a str,
}

#[derive(Serialize)]
struct SuppressedRow<'a> {
    kind: &'static str,
    reason: &'a str,
    until: Option<&'a str>,
}

#[derive(Serialize)]
struct Summary<'a> {
    files: usize,
    files_by_kind: FilesByKind,
    endpoints: Endpoints,
    not_evaluated: usize,
    not_understood: usize,
    worlds: WorldsRow,
    findings: Tally,
    weakened: Vec<WeakenedRow<'a>>,
    softened: &'a [String],
    coverage: String,
}

/// `whole + fragments + templates + without_endpoints` is `files`; the others were not read.
#[derive(Serialize)]
struct FilesByKind {
    whole: usize,
    fragments: usize,
    templates: usize,
    without_endpoints: usize,
    in_no_language: usize,
    not_opened: usize,
    refused: usize,
    excluded: usize,
}

/// What was read of templates whose branches decide something.
#[derive(Serialize)]
struct WorldsRow {
    templates: usize,
    renderings: usize,
    conditions: usize,
    past_bound: usize,
    unbalanced_tags: usize,
}

#[derive(Serialize)]
struct Endpoints {
    server: usize,
    client: usize,
    plaintext: usize,
    passed_through: usize,
}

#[derive(Serialize)]
struct Tally {
    error: usize,
    warning: usize,
    note: usize,
    suppressed: usize,
}

#[derive(Serialize)]
struct WeakenedRow<'a> {
    check: &'a str,
    level: &'a str,
    reason: &'a str,
}

fn row<'a>(report: &Report<'_>, finding: &'a Finding, fingerprint: Fingerprint) -> Row<'a> {
    let Place { path, start, end } = report.place(finding.location);
    Row {
        check: finding.check,
        severity: finding.severity.name(),
        message: &finding.message,
        path,
        range: range(start, end),
        byte_range: bytes(finding.location.span),
        url: page_url(finding.check),
        policy: finding.policy.as_ref().map(clause),
        endpoint: finding.endpoints.first().map(String::as_str),
        endpoints: &finding.endpoints,
        label: &finding.label,
        help: finding.help.as_deref(),
        context: &finding.context,
        places: finding.places().map(|(location, label)| place_row(report, location, label)).collect(),
        related: finding.related.iter().map(|related| related_row(report, related)).collect(),
        data: Data(&finding.data),
        fix: finding.fix.as_ref().map(|fix| FixRow {
            applicability: match fix.applicability {
                Applicability::Safe => "safe",
                Applicability::Unsafe => "unsafe",
            },
            message: &fix.message,
            edits: fix.edits.iter().map(|edit| edit_row(report, edit.location, &edit.text)).collect(),
        }),
        fingerprint: fingerprint.to_string(),
        suppressed: finding.suppressed.as_ref().map(suppressed_row),
    }
}

fn place_row<'a>(report: &Report<'_>, location: Location, label: &'a str) -> PlaceRow<'a> {
    let Place { path, start, end } = report.place(location);
    PlaceRow { path, range: range(start, end), byte_range: bytes(location.span), label }
}

fn related_row<'a>(report: &Report<'_>, related: &'a Related) -> RelatedRow<'a> {
    let Place { path, start, end } = report.place(related.location);
    let byte_range = bytes(related.location.span);
    RelatedRow { path, range: range(start, end), byte_range, message: &related.message }
}

fn edit_row<'a>(report: &Report<'_>, location: Location, text: &'a str) -> EditRow<'a> {
    EditRow { path: report.source(location).display().to_owned(), byte_range: bytes(location.span), text }
}

fn clause(citation: &Citation) -> Clause<'_> {
    Clause {
        id: &citation.policy,
        requirement: &citation.requirement,
        strength: &citation.strength,
        why: &citation.why,
        source: &citation.source,
        unverified: citation.unverified,
    }
}

fn suppressed_row(suppression: &Suppression) -> SuppressedRow<'_> {
    SuppressedRow { kind: suppression.kind, reason: &suppression.reason, until: suppression.until.as_deref() }
}

fn summary<'a>(report: &'a Report<'_>) -> Summary<'a> {
    let counts = report.counts();
    let coverage = report.coverage;
    Summary {
        files: coverage.files,
        files_by_kind: FilesByKind {
            whole: coverage.files - coverage.fragments - coverage.templates - coverage.without_endpoints,
            fragments: coverage.fragments,
            templates: coverage.templates,
            without_endpoints: coverage.without_endpoints,
            in_no_language: coverage.in_no_language,
            not_opened: coverage.not_opened,
            refused: coverage.refused,
            excluded: coverage.excluded,
        },
        endpoints: Endpoints {
            server: coverage.servers,
            client: coverage.clients,
            plaintext: coverage.plaintext,
            passed_through: coverage.passed_through,
        },
        not_evaluated: coverage.not_evaluated,
        not_understood: coverage.not_understood,
        worlds: WorldsRow {
            templates: coverage.worlds.templates,
            renderings: coverage.worlds.renderings,
            conditions: coverage.worlds.conditions,
            past_bound: coverage.worlds.past_bound,
            unbalanced_tags: coverage.worlds.faults,
        },
        findings: Tally {
            error: counts.errors,
            warning: counts.warnings,
            note: counts.notes,
            suppressed: counts.suppressed,
        },
        weakened: report
            .weakened
            .iter()
            .map(|one| WeakenedRow { check: &one.check, level: &one.level, reason: &one.reason })
            .collect(),
        softened: report.softened,
        coverage: report.coverage_line(),
    }
}

fn range(start: Position, end: Position) -> Range {
    Range { start: point(start), end: point(end) }
}

fn point(position: Position) -> Point {
    Point { line: position.line, column: position.column }
}

fn bytes(span: Span) -> Bytes {
    Bytes { start: span.start, end: span.end }
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};
    use serde_json::Value;

    #[test]
    fn the_document_has_its_shape() {
        let written = sample::written(Format::Json);
        assert_eq!(written.matches('\n').count(), 1, "compact, on one line");
        let mut document: Value = serde_json::from_str(&written).unwrap();
        document["tool"]["version"] = "[version]".into();
        insta::assert_json_snapshot!(document);
    }

    #[test]
    fn lines_are_the_documents_findings() {
        let document: Value = serde_json::from_str(&sample::written(Format::Json)).unwrap();
        let lines = sample::written(Format::Jsonl);
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(document["findings"], Value::Array(rows));
    }
}
