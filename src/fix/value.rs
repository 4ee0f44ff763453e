//! Edits to values: strings that stand in a file as they are, and lists of YAML and JSON.

use super::verbatim;
use super::yaml::is_plain;
use crate::endpoint::Dialect;
use crate::files::FileTree;
use crate::finding::Edit;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::text::Text;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The edits that make `value` read `text`; `None` where the file does not hold it in a form that can be edited.
///
/// What `:` joins in a value of Envoy are the items of a list.
pub(super) fn edits(value: &Text, text: &str, dialect: Dialect, files: &dyn FileTree) -> Option<Vec<Edit>> {
    if text.is_empty() || text == value.as_str() {
        return None;
    }
    if dialect == Dialect::Envoy {
        return List::read(value, files)?.rewritten(text);
    }
    let whole = Span::new(0, value.as_str().len() as u32);
    Some(vec![Edit::replace(verbatim(value, whole, files)?, text)])
}

/// A sequence of scalars.
struct List {
    source: std::sync::Arc<Source>,
    items: Vec<Item>,
    style: Style,
}

/// One scalar of a sequence.
struct Item {
    value: String,
    /// With its quotes.
    outer: Location,
    quote: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `- item`, one a line.
    Block,
    /// `[item, item]`.
    Flow,
}

impl List {
    fn read(value: &Text, files: &dyn FileTree) -> Option<Self> {
        let mut items = Vec::new();
        let mut at = 0;
        for item in value.as_str().split(':') {
            let span = Span::new(at, at + item.len() as u32);
            at = span.end + 1;
            let inner = verbatim(value, span, files)?;
            let source = files.source(inner.file);
            items.push(Item::read(item, inner, source.text()));
        }
        let first = items.first()?;
        let source = files.source(first.outer.file);
        if items.iter().any(|item| item.outer.file != first.outer.file) {
            return None;
        }
        let before = source.text()[..first.outer.span.start as usize].trim_end();
        let style = if before.ends_with('-') {
            Style::Block
        } else if before.ends_with('[') {
            Style::Flow
        } else {
            return None;
        };
        let list = Self { source, items, style };
        list.is_plain().then_some(list)
    }

    /// Whether between the items stands nothing but what the style puts there.
    fn is_plain(&self) -> bool {
        match self.style {
            Style::Flow => self.items.windows(2).all(|pair| {
                let between =
                    Span::new(pair[0].outer.span.end, pair[1].outer.span.start).of(self.source.text());
                between.trim() == ","
            }),
            Style::Block => self.items.iter().all(|item| {
                let line = self.line(item);
                let before = Span::new(line.start, item.outer.span.start).of(self.source.text());
                let behind = Span::new(item.outer.span.end.min(line.end), line.end)
                    .of(self.source.text())
                    .trim_start();
                before.trim() == "-" && (behind.is_empty() || behind.starts_with('#'))
            }),
        }
    }

    fn line(&self, item: &Item) -> Span {
        self.source.line_span(self.source.position(item.outer.span.start).line)
    }

    fn rewritten(&self, text: &str) -> Option<Vec<Edit>> {
        let old: Vec<&str> = self.items.iter().map(|item| item.value.as_str()).collect();
        let new: Vec<&str> = text.split(':').collect();
        // What each old item becomes: itself, others, or nothing.
        let mut become_: Vec<Vec<&str>> = vec![Vec::new(); old.len()];
        let mut pending: Vec<&str> = Vec::new();
        for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
            match operation {
                DiffOp::Equal { old_index, new_index, len } => {
                    for offset in 0..len {
                        let words = become_.get_mut(old_index + offset)?;
                        words.append(&mut pending);
                        words.push(new.get(new_index + offset)?);
                    }
                }
                DiffOp::Delete { .. } => {}
                DiffOp::Insert { old_index, new_index, new_len } => {
                    let words = new.get(new_index..new_index + new_len)?;
                    match old_index.checked_sub(1).and_then(|last| become_.get_mut(last)) {
                        Some(last) if !last.is_empty() => last.extend(words),
                        _ => pending.extend(words),
                    }
                }
                DiffOp::Replace { old_index, new_index, new_len, .. } => {
                    let words = become_.get_mut(old_index)?;
                    words.append(&mut pending);
                    words.extend(new.get(new_index..new_index + new_len)?);
                }
            }
        }
        let last_kept = become_.iter_mut().rfind(|words| !words.is_empty());
        last_kept?.append(&mut pending);
        Some(match self.style {
            Style::Block => self.block(&become_),
            Style::Flow => self.flow(&become_),
        })
    }

    fn block(&self, become_: &[Vec<&str>]) -> Vec<Edit> {
        let text = self.source.text();
        let mut edits = Vec::new();
        for (item, words) in self.items.iter().zip(become_) {
            let line = self.line(item);
            let rest = text.get(line.end as usize..).unwrap_or("");
            let end = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
            let Some((first, others)) = words.split_first() else {
                let whole = Span::new(line.start, line.end + end as u32);
                edits.push(Edit::replace(Location::new(item.outer.file, whole), ""));
                continue;
            };
            if *first != item.value {
                edits.push(Edit::replace(item.outer, item.written(first)));
            }
            if !others.is_empty() {
                let dash = Span::new(line.start, item.outer.span.start).of(text);
                let ending = if rest.starts_with('\r') { "\r\n" } else { "\n" };
                let row = |rows: String, word: &&str| rows + ending + dash + &item.written(word);
                let rows = others.iter().fold(String::new(), row);
                edits.push(Edit::replace(Location::new(item.outer.file, Span::empty(line.end)), rows));
            }
        }
        edits
    }

    fn flow(&self, become_: &[Vec<&str>]) -> Vec<Edit> {
        let text = self.source.text();
        let gap = match self.items.as_slice() {
            [first, second, ..] => Span::new(first.outer.span.end, second.outer.span.start).of(text),
            _ => ", ",
        };
        let mut edits = Vec::new();
        let mut gone_from: Option<u32> = None;
        let mut last_kept_end = None;
        for (item, words) in self.items.iter().zip(become_) {
            let outer = item.outer.span;
            if words.is_empty() {
                gone_from.get_or_insert(outer.start);
                continue;
            }
            if let Some(start) = gone_from.take() {
                edits.push(Edit::replace(Location::new(item.outer.file, Span::new(start, outer.start)), ""));
            }
            if words.as_slice() != [item.value.as_str()] {
                let written: Vec<String> = words.iter().map(|word| item.written(word)).collect();
                edits.push(Edit::replace(item.outer, written.join(gap)));
            }
            last_kept_end = Some(outer.end);
        }
        if let (Some(_), Some(start), Some(last)) = (gone_from, last_kept_end, self.items.last()) {
            edits.push(Edit::replace(
                Location::new(last.outer.file, Span::new(start, last.outer.span.end)),
                "",
            ));
        }
        edits
    }
}

impl Item {
    fn read(value: &str, inner: Location, text: &str) -> Self {
        let before = text[..inner.span.start as usize].chars().next_back();
        let behind = text[inner.span.end as usize..].chars().next();
        let quote = before.filter(|quote| matches!(quote, '"' | '\'') && behind == Some(*quote));
        let margin = u32::from(quote.is_some());
        let outer = Span::new(inner.span.start - margin, inner.span.end + margin);
        Self { value: value.to_owned(), outer: Location::new(inner.file, outer), quote }
    }

    /// `word` in the quotes of this item, or in some where YAML would read something else into it.
    fn written(&self, word: &str) -> String {
        match self.quote {
            Some(quote) => format!("{quote}{word}{quote}"),
            None if is_plain(word) => word.to_owned(),
            None => format!("\"{word}\""),
        }
    }
}
