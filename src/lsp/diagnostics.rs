//! Findings as an editor shows them.

use super::position::{self, Encoding, Lines};
use super::uri;
use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::finding::{Finding, Severity};
use crate::report;
use crate::settings;
use crate::source::Source;
use crate::span::FileId;
use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    NumberOrString, Position, Range, Uri,
};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// What the diagnostics say that they are from.
pub(super) const SOURCE: &str = "tlslint";

/// Checks about words that do nothing, which editors show faded.
const UNNECESSARY: &[&str] = &["cipher-token-unmatched", "ineffective-setting", "unused-ignore"];

/// Checks about what is no longer to be used, which editors strike through.
const DEPRECATED: &[&str] = &["api-removed"];

/// The addresses of the files of a run: those of buffers as the editor wrote them.
pub(super) type Addresses<'a> = dyn Fn(&Path) -> Option<Uri> + 'a;

/// Turns findings into diagnostics by the address of the file that they stand in, in the order of the findings.
pub(super) fn by_address(
    findings: &[Finding],
    disk: &Disk,
    addresses: &Addresses<'_>,
    encoding: Encoding,
) -> BTreeMap<String, (Uri, Vec<Diagnostic>)> {
    let mut places = Places { disk, addresses, encoding, known: HashMap::new() };
    let mut all: BTreeMap<String, (Uri, Vec<Diagnostic>)> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let related = finding.related.iter().filter_map(|related| {
            let location = places.of(related.location)?;
            Some(DiagnosticRelatedInformation { location, message: related.message.clone() })
        });
        let related: Vec<_> = related.collect();
        for (location, _) in finding.places() {
            let Some(Location { uri, range }) = places.of(location) else { continue };
            let diagnostic = diagnostic(finding, range, related.clone());
            all.entry(uri.as_str().to_owned()).or_insert_with(|| (uri, Vec::new())).1.push(diagnostic);
        }
    }
    all
}

/// Places of a run in addresses and lines; the lines of each file are counted once.
struct Places<'a> {
    disk: &'a Disk,
    addresses: &'a Addresses<'a>,
    encoding: Encoding,
    known: HashMap<FileId, Option<Counted>>,
}

/// A file with its address and where its lines start.
type Counted = (Uri, Arc<Source>, Rc<[usize]>);

impl Places<'_> {
    fn of(&mut self, location: crate::span::Location) -> Option<Location> {
        let known = self.known.entry(location.file).or_insert_with(|| {
            let source = self.disk.source(location.file);
            let uri = (self.addresses)(source.path())?;
            let starts = position::starts(source.text());
            Some((uri, source, starts))
        });
        let (uri, source, starts) = known.as_ref()?;
        let lines = Lines::of(source.text(), Rc::clone(starts), self.encoding);
        Some(Location::new(uri.clone(), lines.range(location.span)))
    }
}

fn diagnostic(finding: &Finding, range: Range, related: Vec<DiagnosticRelatedInformation>) -> Diagnostic {
    let link = report::page_url(finding.check).and_then(|url| url.parse().ok());
    let tagged = |list: &[&str], tag| list.contains(&finding.check).then_some(tag);
    let tags: Vec<DiagnosticTag> =
        [tagged(UNNECESSARY, DiagnosticTag::UNNECESSARY), tagged(DEPRECATED, DiagnosticTag::DEPRECATED)]
            .into_iter()
            .flatten()
            .collect();
    Diagnostic {
        range,
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Note => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(finding.check.to_owned())),
        code_description: link.map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message: message(finding),
        related_information: (!related.is_empty()).then_some(related),
        tags: (!tags.is_empty()).then_some(tags),
        data: None,
    }
}

/// The message, what to write on a line of its own, and when it holds in a template.
fn message(finding: &Finding) -> String {
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("{}{help}", finding.message)
}

/// Mistakes of settings files, by the address of the file.
pub(super) fn of_settings(error: &settings::Error) -> Vec<(Uri, Vec<Diagnostic>)> {
    let mut all: BTreeMap<String, (Uri, Vec<Diagnostic>)> = BTreeMap::new();
    for mistake in &error.mistakes {
        let Some((path, place)) = &mistake.place else { continue };
        let Some(uri) = uri::uri_of(path) else { continue };
        let at = Position::new(place.line.saturating_sub(1), place.column.saturating_sub(1));
        let help = mistake.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let diagnostic = Diagnostic {
            range: Range::new(at, at),
            severity: Some(DiagnosticSeverity::ERROR),
            source: Some(SOURCE.to_owned()),
            message: format!("{}{help}", mistake.message),
            ..Diagnostic::default()
        };
        all.entry(uri.as_str().to_owned()).or_insert_with(|| (uri, Vec::new())).1.push(diagnostic);
    }
    all.into_values().collect()
}
