//! Edits into texts, and texts into files.

use crate::files::FileTree;
use crate::finding::{Applicability, Edit, Finding};
use crate::span::{FileId, Span};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Changed files.
pub type Files = BTreeMap<PathBuf, Change>;

/// What a file held when it was read, and what it is to hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Before.
    pub before: Vec<u8>,
    /// After.
    pub after: Vec<u8>,
}

/// The edits of a round, and what became of the fixes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// By file, in the order of the text, none overlapping another.
    pub edits: BTreeMap<FileId, Vec<Edit>>,
    /// How many findings they mend.
    pub mended: usize,
    /// The findings that they mend, by their place in the list.
    pub fixed: Vec<usize>,
    /// How many fixes would need `--unsafe-fixes`.
    pub held_back: usize,
}

/// Chooses the fixes of findings that count: all that do not get in each other's way.
///
/// A fix that overlaps an earlier one waits for the next round; the same fix for several findings is made once.
pub fn take(findings: &[Finding], with_unsafe: bool) -> Taken {
    let mut taken = Taken::default();
    let mut edits: BTreeMap<FileId, Apart> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.suppressed.is_none()) {
        let Some(fix) = &finding.fix else { continue };
        if fix.applicability == Applicability::Unsafe && !with_unsafe {
            taken.held_back += 1;
            continue;
        }
        let known = |edit: &Edit| edits.get(&edit.location.file).is_some_and(|others| others.holds(edit));
        if fix.edits.iter().all(known) {
            taken.mended += 1;
            taken.fixed.push(index);
            continue;
        }
        let overlaps =
            |edit: &Edit| edits.get(&edit.location.file).is_some_and(|others| others.overlaps(edit));
        if fix.edits.iter().any(overlaps) {
            continue;
        }
        taken.mended += 1;
        taken.fixed.push(index);
        for edit in &fix.edits {
            edits.entry(edit.location.file).or_default().0.insert(edit.location.span, edit.clone());
        }
    }
    taken.edits = edits.into_iter().map(|(file, apart)| (file, apart.0.into_values().collect())).collect();
    taken
}

/// Edits of one file that do not overlap, by their bytes.
#[derive(Default)]
struct Apart(BTreeMap<Span, Edit>);

impl Apart {
    fn holds(&self, edit: &Edit) -> bool {
        self.0.get(&edit.location.span) == Some(edit)
    }

    /// Whether an edit replaces bytes that another replaces, or stands where another does.
    fn overlaps(&self, edit: &Edit) -> bool {
        let span = edit.location.span;
        let meets = |other: &Span| span == *other || (span.start < other.end && other.start < span.end);
        // They are apart, so that only the nearest count: one that starts before, an insertion and a replacement that start
        // here, and the next behind.
        let before = self.0.range(..=Span::new(span.start, u32::MAX)).rev().take(3);
        let behind = self.0.range(Span::new(span.start, u32::MAX)..).take(1);
        before.chain(behind).any(|(other, _)| meets(other))
    }
}

/// Puts `edits`, which are sorted and do not overlap, into `bytes`.
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.location.span.range();
        out.extend_from_slice(bytes.get(at..range.start).unwrap_or_default());
        out.extend_from_slice(edit.text.as_bytes());
        at = range.end;
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}

/// The changes to a file in the unified format of diff(1).
pub fn diff(path: &str, before: &[u8], after: &[u8]) -> Vec<u8> {
    let changes = TextDiff::from_lines(before, after);
    let mut out = Vec::new();
    let header = (format!("a/{path}"), format!("b/{path}"));
    changes.unified_diff().header(&header.0, &header.1).to_writer(&mut out).expect("memory takes everything");
    out
}

/// The edits of a round as changed files; what was `known` to be changed before keeps its first state.
pub fn changed(taken: &Taken, files: &dyn FileTree, known: &Files) -> Files {
    let mut changed = Files::new();
    for (file, edits) in &taken.edits {
        let source = files.source(*file);
        let before = known.get(source.path()).map_or(source.bytes(), |change| &change.before).to_owned();
        let change = Change { before, after: apply(source.bytes(), edits) };
        changed.insert(source.path().to_owned(), change);
    }
    changed
}
