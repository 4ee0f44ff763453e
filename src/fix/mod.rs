//! Edits that mend findings: which are proposed, and how they are put into files.
//!
//! A fix is safe when the approved suites of no endpoint that it reaches shrink and the server still starts; anything else is
//! unsafe. That is not argued but tried: the changed setting is expanded for every endpoint that it reaches.

mod apply;
mod ciphers;
mod protocols;
#[cfg(test)]
mod tests;

use crate::endpoint::Endpoint;
use crate::files::FileTree;
use crate::finding::{Finding, Fix};
use crate::policy::Policy;
use crate::span::{FileId, Location, Span};
use crate::text::Text;
pub use apply::{Files, Taken, apply, changed, diff, replace, take, target};
use std::collections::BTreeMap;

/// An endpoint, and the policies that it is held against.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// Its policies.
    pub policies: &'a [Policy],
}

/// Proposes a fix for each finding that has one.
pub fn propose(findings: &mut [Finding], subjects: &[Subject<'_>], files: &dyn FileTree) {
    let found = Found::new(findings);
    let subjects: Vec<Subject<'_>> =
        subjects.iter().copied().filter(|subject| found.touches(subject.endpoint)).collect();
    let mut proposals: Vec<(&[&str], Vec<Location>, Fix)> = ciphers::fixes(&subjects, files);
    proposals.extend(protocols::fixes(&subjects, files));
    let mut by_place: BTreeMap<(Location, &str), &Fix> = BTreeMap::new();
    for (checks, places, fix) in &proposals {
        for place in places {
            for check in *checks {
                by_place.insert((*place, check), fix);
            }
        }
    }
    for finding in findings.iter_mut().filter(|finding| finding.fix.is_none()) {
        finding.fix = by_place.get(&(finding.location, finding.check)).map(|fix| (*fix).clone());
    }
}

/// Where findings start, so that settings without any are not looked at.
struct Found(Vec<(FileId, u32)>);

impl Found {
    fn new(findings: &[Finding]) -> Self {
        let mut starts: Vec<_> =
            findings.iter().map(|finding| (finding.location.file, finding.location.span.start)).collect();
        starts.sort_unstable();
        Self(starts)
    }

    fn touches(&self, endpoint: &Endpoint) -> bool {
        let string = endpoint.cipher_string.value().and_then(Text::location);
        let settings = [endpoint.cipher_string.location(), endpoint.protocols.location(), string];
        settings.into_iter().flatten().any(|location| self.within(location))
    }

    fn within(&self, Location { file, span }: Location) -> bool {
        let at = self.0.partition_point(|start| *start < (file, span.start));
        self.0.get(at).is_some_and(|start| *start <= (file, span.end))
    }
}

/// The bytes behind a range of a value, where the file holds them as they are.
fn verbatim(value: &Text, range: Span, files: &dyn FileTree) -> Option<Location> {
    let location = value.locate(range)?;
    let source = files.source(location.file);
    let same = location.span.of(source.text()) == range.of(value.as_str());
    same.then_some(location)
}
