//! Comments for everything that is found: `--add-ignore REASON`.

use super::extents::{self, Extents, Takes};
use super::ignores;
use crate::endpoint::Dialect;
use crate::finding::{Edit, Finding};
use crate::source::Source;
use crate::span::{Location, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What adding comments to a file takes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Added {
    /// The edits, in the order of the text.
    pub edits: Vec<Edit>,
    /// How many findings they silence.
    pub silenced: usize,
    /// How many findings no comment can silence: the language has none, or none fits there.
    pub left: usize,
    /// Whether the language has none.
    pub takes_none: bool,
}

/// Where a comment goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    /// In the list of a comment that is there: in front of this byte.
    In(u32),
    /// In front of the line that starts at this byte, with the line's indentation.
    Above(u32),
    /// Behind the line that ends at this byte.
    Behind(u32),
}

/// The comments that silence `findings`, all of which lie in `source`.
pub fn add(dialect: Dialect, source: &Source, findings: &[&Finding], reason: &str) -> Added {
    let extents = extents::of(dialect, source);
    let present = ignores(dialect, source);
    let mut added = Added { takes_none: extents.takes == Takes::Nowhere, ..Added::default() };
    let mut places: BTreeMap<Place, BTreeSet<&'static str>> = BTreeMap::new();
    for finding in findings {
        let known = present.iter().find(|ignore| {
            ignore.mistakes.is_empty() && ignore.covers(finding) && ignore.reach != super::Reach::File
        });
        let place = match known.and_then(|ignore| ignore.checks.last()) {
            Some((_, last)) => Some(Place::In(last.span.end)),
            None => place(source, &extents, finding.location.span),
        };
        let Some(place) = place else {
            added.left += 1;
            continue;
        };
        added.silenced += 1;
        places.entry(place).or_default().insert(finding.check);
    }
    let newline = if source.text().contains("\r\n") { "\r\n" } else { "\n" };
    for (place, checks) in places {
        let checks = checks.into_iter().collect::<Vec<_>>().join(", ");
        let (at, text) = match place {
            Place::In(at) => (at, format!(", {checks}")),
            Place::Above(at) => {
                let line = source.line_text(source.position(at).line);
                let indentation = &line[..line.len() - line.trim_start().len()];
                (at, format!("{indentation}# tlslint: ignore-next[{checks}] {reason}{newline}"))
            }
            Place::Behind(at) => (at, format!("  # tlslint: ignore[{checks}] {reason}")),
        };
        added.edits.push(Edit::replace(Location::new(source.id(), Span::empty(at)), text));
    }
    added.edits.sort_by_key(|edit| edit.location.span);
    added
}

/// Where a comment about the statement around `span` fits; `None` where none does.
fn place(source: &Source, extents: &Extents, span: Span) -> Option<Place> {
    if extents.takes == Takes::Nowhere {
        return None;
    }
    let around = |statement: &&Span| {
        statement.start <= span.start && span.start < statement.end.max(statement.start + 1)
    };
    let statement = extents.statements.iter().filter(around).min_by_key(|statement| statement.len());
    let statement = *statement?;
    let line = |offset| source.line_span(source.position(offset).line);
    let first = line(statement.start);
    let finding = line(span.start);
    // Behind a line whose end no statement without statements in it runs over, so that the comment is one.
    let runs_over = |at: u32| {
        let innermost = extents.statements.iter().filter(|other| other.start < at && at < other.end);
        innermost
            .min_by_key(|other| other.len())
            .is_some_and(|inner| *inner == statement && !has_inner(extents, *inner))
    };
    let starts_line =
        Span::new(first.start, statement.start).of(source.text()).trim_matches([' ', '\t', '-']).is_empty();
    if extents.takes == Takes::Anywhere && finding == first && !runs_over(first.end) {
        return Some(Place::Behind(first.end));
    }
    starts_line.then_some(Place::Above(first.start))
}

fn has_inner(extents: &Extents, outer: Span) -> bool {
    extents.statements.iter().any(|span| *span != outer && outer.start <= span.start && span.end <= outer.end)
}
