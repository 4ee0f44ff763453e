//! Reviewdog's Diagnostic Format: `proto/rdf/reviewdog.proto` of reviewdog.
//!
//! Columns count bytes of UTF-8 from 1. A suggestion replaces one range of the finding's own file, so only fixes of one edit there
//! become one.

use super::range::{Point, Range};
use super::{Report, advised, page_url, printable};
use crate::finding::{Finding, Severity};
use crate::source::Source;
use crate::span::{Location, Span};
use serde::Serialize;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let result = DiagnosticResult {
        source: Tool { name: "tlslint" },
        diagnostics: report.counted().map(|finding| diagnostic(report, finding)).collect(),
    };
    serde_json::to_writer(&mut *out, &result)?;
    writeln!(out)
}

#[derive(Serialize)]
struct DiagnosticResult {
    source: Tool,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic {
    message: String,
    location: At,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation>,
}

#[derive(Serialize)]
struct At {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Code {
    value: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct RelatedLocation {
    message: String,
    location: At,
}

fn diagnostic(report: &Report<'_>, finding: &Finding) -> Diagnostic {
    Diagnostic {
        message: printable(&advised(finding, "; help: ")).into_owned(),
        location: at(report, finding.location),
        severity: match finding.severity {
            Severity::Note => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        },
        code: Code { value: finding.check, url: page_url(finding.check) },
        suggestions: suggestion(report, finding).into_iter().collect(),
        related_locations: finding
            .places()
            .skip(1)
            .chain(finding.related.iter().map(|related| (related.location, related.message.as_str())))
            .map(|(location, message)| RelatedLocation {
                message: printable(message).into_owned(),
                location: at(report, location),
            })
            .collect(),
    }
}

fn suggestion(report: &Report<'_>, finding: &Finding) -> Option<Suggestion> {
    let fix = finding.fix.as_ref()?;
    let [edit] = fix.edits.as_slice() else { return None };
    let here = edit.location.file == finding.location.file;
    let source = report.source(edit.location);
    here.then(|| Suggestion { range: range(&source, edit.location.span), text: edit.text.clone() })
}

fn at(report: &Report<'_>, location: Location) -> At {
    let source = report.source(location);
    At { path: source.display().to_owned(), range: range(&source, location.span) }
}

fn range(source: &Source, span: Span) -> Range {
    Range { start: point(source, span.start), end: point(source, span.end) }
}

fn point(source: &Source, offset: u32) -> Point {
    let offset = super::within(source, offset);
    let line = source.position(offset).line;
    Point { line, column: offset - source.line_span(line).start + 1 }
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};
    use serde_json::Value;

    #[test]
    fn columns_are_bytes_and_small_fixes_are_suggestions() {
        let document: Value = serde_json::from_str(&sample::written(Format::Rdjson)).unwrap();
        insta::assert_json_snapshot!(document);
    }
}
