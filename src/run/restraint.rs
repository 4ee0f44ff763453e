//! What is not said of files whose language or final text is not certain.

use super::Reading;
use crate::checks;
use crate::discover::Disk;
use crate::endpoint::Model;
use crate::files::FileTree as _;
use crate::finding::{Finding, Severity};
use crate::span::FileId;
use crate::syntax::template::templates;
use std::collections::{BTreeMap, HashSet};

/// Leaves one note of everything that the grammar or the server has against a file whose language is a guess, and takes back that a
/// server does not start with a template, and that braces do not match in a template that is a part of something.
pub(super) fn apply(findings: &mut Vec<Finding>, reading: &Reading, disk: &Disk) {
    let models = reading.roots.iter().map(|root| &root.model);
    let mut templated: HashSet<FileId> = models.flat_map(|model| model.templated.iter().copied()).collect();
    // What a template becomes with the values at hand has no tags left, and is one case of many all the same.
    let about_text = findings.iter().filter(|finding| checks::is_about_text(finding.check));
    let files: HashSet<FileId> = about_text.map(|finding| finding.location.file).collect();
    templated.extend(files.into_iter().filter(|file| !templates(disk.source(*file).text()).is_empty()));
    // A text that ends what another began serves nothing by itself.
    let is_part = |model: &&Model| model.is_fragment || model.endpoints.is_empty();
    let fragments = reading.roots.iter().map(|root| &root.model).filter(is_part);
    let parts: HashSet<FileId> =
        fragments.flat_map(|model| &model.files).copied().filter(|file| templated.contains(file)).collect();
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
