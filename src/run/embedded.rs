//! From configurations inside other files back to those files.

use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::finding::{Edit, Finding};
use crate::span::{FileId, Location, Span};

/// The file that a configuration stands in; its own for one that is a file.
pub(super) fn host(file: FileId, disk: &Disk) -> FileId {
    disk.written(Location::new(file, Span::empty(0))).file
}

/// Moves a finding to the file that people see.
///
/// An edit that would need the quoting or the indentation of the surrounding file is not proposed.
pub(super) fn unfold(finding: &mut Finding, disk: &Disk) {
    let is_inside = |location: Location| host(location.file, disk) != location.file;
    if let Some(fix) = &mut finding.fix
        && fix.edits.iter().any(|edit| is_inside(edit.location))
    {
        let edits = fix.edits.iter().map(|edit| moved(edit, disk)).collect();
        match edits {
            Some(edits) => fix.edits = edits,
            None => finding.fix = None,
        }
    }
    finding.location = disk.written(finding.location);
    for mark in &mut finding.marks {
        mark.location = disk.written(mark.location);
    }
    for related in &mut finding.related {
        related.location = disk.written(related.location);
    }
    for file in &mut finding.reaches {
        *file = host(*file, disk);
    }
}

fn moved(edit: &Edit, disk: &Disk) -> Option<Edit> {
    let location = disk.written(edit.location);
    let (outer, inner) = (disk.source(location.file), disk.source(edit.location.file));
    let is_verbatim = location.span.of(outer.text()) == edit.location.span.of(inner.text());
    let is_plain = !edit.text.contains(['\n', '"', '\'', '\\']);
    (is_verbatim && is_plain).then(|| Edit { location, text: edit.text.clone() })
}
