//! What is not said of files whose language or final text is not certain.

use super::Reading;
use crate::checks;
use crate::finding::{Finding, Severity};
use crate::span::FileId;
use std::collections::{BTreeMap, HashSet};

/// Leaves one note of everything that the grammar or the server has against a file whose language is a guess, and takes back that a
/// server does not start with a template, and that braces do not match in a template that is a part of something.
pub(super) fn apply(findings: &mut Vec<Finding>, reading: &Reading) {
    let models = reading.roots.iter().map(|root| &root.model);
    let templated: HashSet<FileId> = models.flat_map(|model| model.templated.iter().copied()).collect();
    let fragments = reading.roots.iter().map(|root| &root.model).filter(|model| model.is_fragment);
    let parts: HashSet<FileId> = fragments.flat_map(|model| model.templated.iter().copied()).collect();
    let mut first: BTreeMap<FileId, u32> = BTreeMap::new();
    for finding in findings.iter_mut().filter(|finding| checks::is_about_text(finding.check)) {
        if templated.contains(&finding.location.file) {
            checks::restrain_refusal(finding);
        }
        if parts.contains(&finding.location.file) {
            checks::restrain_braces(finding);
        }
        if reading.doubtful.contains(&finding.location.file) {
            let start = first.entry(finding.location.file).or_insert(u32::MAX);
            *start = (*start).min(finding.location.span.start);
        }
    }
    let mut told: HashSet<FileId> = HashSet::new();
    findings.retain_mut(|finding| {
        let file = finding.location.file;
        if !checks::is_about_text(finding.check) || !reading.doubtful.contains(&file) {
            return true;
        }
        finding.severity = Severity::Note;
        first.get(&file) == Some(&finding.location.span.start) && told.insert(file)
    });
}
