//! A fix as people read it: the lines that go and the lines that come.

use crate::files::FileTree;
use crate::finding::{Edit, Fix};
use crate::source::Source;
use crate::span::{FileId, Span};
use std::collections::{BTreeMap, HashSet};

/// Lines of one file that change together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// The file.
    pub file: FileId,
    /// The number of the first line that goes, or of the one that the new lines follow, from 1.
    pub line: u32,
    /// The lines that go, without their ends.
    pub removed: Vec<String>,
    /// The lines that come.
    pub added: Vec<String>,
}

/// More changes than this are counted in a sentence.
const MOST_TOLD: usize = 3;

/// What `fix` changes, in the order of the files and lines.
pub fn hunks(fix: &Fix, files: &dyn FileTree) -> Vec<Hunk> {
    let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        by_file.entry(edit.location.file).or_default().push(edit);
    }
    let mut hunks = Vec::new();
    for (file, mut edits) in by_file {
        edits.sort_by_key(|edit| edit.location.span);
        let source = files.source(file);
        let line = |offset: u32| source.position(offset).line;
        let meets =
            |one: &&Edit, next: &&Edit| line(next.location.span.start) <= line(one.location.span.end) + 1;
        hunks.extend(edits.chunk_by(meets).filter_map(|edits| hunk(file, edits, &source)));
    }
    hunks
}

/// What `fix` does as an imperative clause with what it writes: ``write `ssl_protocols TLSv1.2;` ``.
pub fn in_words(fix: &Fix, files: &dyn FileTree) -> Option<String> {
    let mut clauses: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for hunk in hunks(fix, files) {
        let text = |lines: &[String]| {
            let lines: Vec<&str> =
                lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
            lines.join(" ")
        };
        let (gone, new) = (text(&hunk.removed), text(&hunk.added));
        let clause = match (gone.is_empty(), new.is_empty()) {
            (true, true) => continue,
            (true, false) => format!("add `{new}`"),
            (false, true) => format!("remove `{gone}`"),
            (false, false) => format!("write `{new}`"),
        };
        if known.insert(clause.clone()) {
            clauses.push(clause);
        }
    }
    let more = clauses.len().saturating_sub(MOST_TOLD);
    let told = clauses.iter().take(MOST_TOLD).cloned().collect::<Vec<_>>().join("; ");
    match (told.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(told),
        (false, 1) => Some(format!("{told}; and 1 more change")),
        (false, more) => Some(format!("{told}; and {more} more changes")),
    }
}

/// The lines around edits that stand close together, before and after.
fn hunk(file: FileId, edits: &[&Edit], source: &Source) -> Option<Hunk> {
    let (first, last) = (edits.first()?.location.span, edits.last()?.location.span);
    let start = source.line_span(source.position(first.start).line).start;
    let end = source.line_span(source.position(last.end).line).end.max(last.end);
    let before = Span::new(start, end).of(source.text());
    let mut after = String::new();
    let mut at = start;
    for edit in edits {
        let Span { start, end } = edit.location.span;
        after.push_str(Span::new(at, start.max(at)).of(source.text()));
        after.push_str(&edit.text);
        at = end;
    }
    after.push_str(Span::new(at, end.max(at)).of(source.text()));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (mut removed, mut added) = (lines(before), lines(&after));
    let same = removed.iter().zip(&added).take_while(|(old, new)| old == new).count();
    removed.drain(..same);
    added.drain(..same);
    let line = source.position(start).line + same as u32;
    while !removed.is_empty() && removed.last() == added.last() {
        removed.pop();
        added.pop();
    }
    Some(Hunk { file, line, removed, added })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;
    use crate::finding::Applicability;
    use crate::span::Location;
    use std::path::Path;

    /// Holds what the replacements of words in `text` are told as.
    fn check(text: &str, edits: &[(&str, &str)], expected: &str) {
        let files = Memory::new([("a.conf", text)]);
        let file = files.read(Path::new("a.conf")).unwrap().id();
        let edit = |(word, new): &(&str, &str)| {
            let start = text.find(word).unwrap() as u32;
            Edit::replace(Location::new(file, Span::new(start, start + word.len() as u32)), *new)
        };
        let edits = edits.iter().map(edit).collect();
        let fix = Fix { applicability: Applicability::Safe, message: String::new(), edits };
        assert_eq!(in_words(&fix, &files).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn lines_are_written_added_and_removed() {
        check("a;\n  ssl_protocols TLSv1 TLSv1.2;\n", &[("TLSv1 ", "")], "write `ssl_protocols TLSv1.2;`");
        check("listen 443;\nb;\n", &[(";\nb", ";\nnew;\nb")], "add `new;`");
        check("a;\nb;\nc;\n", &[("b;\n", "")], "remove `b;`");
        check("a x;\nm;\nm;\nb x;\n", &[("a x", "a y"), ("b x", "b y")], "write `a y;`; write `b y;`");
        check("a x;\nm;\nm;\na  x;\n", &[("x;\nm", "y;\nm"), ("  x", " y")], "write `a y;`");
    }
}
