//! Puts nodes into a tree as they are read.

use super::tree::{Kind, Stored, Style, Tree};
use super::{MAXIMUM_DEPTH, error, maximum_expanded};
use crate::span::Span;
use crate::syntax::SyntaxError;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Mappings of more entries than this are searched for repeated names through a table.
const SMALL_MAPPING: usize = 12;

/// A tree in the making.
pub(super) struct Builder<'t> {
    pub(super) tree: Tree<'t>,
    open: Vec<Open>,
    /// Children of the open collections, outermost first.
    pending: Vec<u32>,
    anchors: HashMap<usize, Anchor>,
    /// Keys that are passed over with their values.
    ignored: HashSet<u32>,
}

struct Open {
    id: u32,
    is_mapping: bool,
    first: usize,
    size: u64,
    depth: u32,
    anchor: usize,
}

#[derive(Clone, Copy)]
struct Anchor {
    id: u32,
    size: u64,
    depth: u32,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let tree = Tree { text, ..Tree::default() };
        Self { tree, open: Vec::new(), pending: Vec::new(), anchors: HashMap::new(), ignored: HashSet::new() }
    }

    /// Whether no collection is open and a node was read.
    pub(super) fn is_complete(&self) -> bool {
        self.open.is_empty() && self.tree.root.is_some()
    }

    /// Whether the innermost open collection is a mapping; `None` where none is open.
    pub(super) fn innermost_is_mapping(&self) -> Option<bool> {
        self.open.last().map(|open| open.is_mapping)
    }

    pub(super) fn start(&mut self, is_mapping: bool, span: Span, anchor: usize) -> Result<(), SyntaxError> {
        if self.open.len() as u32 >= MAXIMUM_DEPTH {
            return Err(error(span, format!("collections nest deeper than {MAXIMUM_DEPTH}")));
        }
        let id = self.add(span, Kind::Sequence { first: 0, count: 0 });
        self.open.push(Open { id, is_mapping, first: self.pending.len(), size: 1, depth: 1, anchor });
        Ok(())
    }

    /// Closes the innermost collection at byte `end`.
    pub(super) fn end(&mut self, end: u32) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let mut children = self.pending.split_off(open.first.min(self.pending.len()));
        if open.is_mapping && children.len() % 2 == 1 {
            children.pop();
        }
        if open.is_mapping {
            self.drop_ignored(&mut children);
            self.note_repeated(&children);
        }
        let (first, count) = (self.tree.children.len() as u32, children.len() as u32);
        let last =
            children.last().and_then(|last| self.tree.nodes.get(*last as usize)).map(|last| last.span.end);
        self.tree.children.extend(children);
        if let Some(node) = self.tree.nodes.get_mut(open.id as usize) {
            node.kind = if open.is_mapping {
                Kind::Mapping { first, count }
            } else {
                Kind::Sequence { first, count }
            };
            // A block collection ends where its last node does, not where the next line starts.
            let end = if node.span.is_empty() || node.span.len() > 1 { last.unwrap_or(end) } else { end };
            node.span.end = end.max(node.span.end);
        }
        let span = self.tree.nodes.get(open.id as usize).map_or(Span::default(), |node| node.span);
        self.anchor(open.anchor, Anchor { id: open.id, size: open.size, depth: open.depth });
        self.count(open.size, open.depth, span)
    }

    /// Adds a scalar whose value stands in the text as it is, quotes aside, unless `value` says otherwise.
    pub(super) fn scalar(
        &mut self,
        span: Span,
        style: Style,
        value: Cow<'_, str>,
        anchor: usize,
    ) -> Result<(), SyntaxError> {
        let inside = if style == Style::Quoted && span.len() >= 2 {
            Span::new(span.start + 1, span.end - 1)
        } else {
            span
        };
        let kind = if inside.of(self.tree.text) == value {
            Kind::Verbatim { style }
        } else {
            self.tree.decoded.push(value.into_owned().into_boxed_str());
            Kind::Decoded { index: self.tree.decoded.len() as u32 - 1, style }
        };
        let id = self.add(span, kind);
        self.anchor(anchor, Anchor { id, size: 1, depth: 0 });
        self.count(1, 0, span)
    }

    /// Passes over the key that was read last, with its value: Envoy does so where it is tagged `!ignore`, and takes anchors in it all the same.
    pub(super) fn ignore_last(&mut self) {
        self.ignored.extend(self.pending.last());
    }

    /// Takes the entries out of a mapping whose keys are passed over.
    fn drop_ignored(&self, children: &mut Vec<u32>) {
        if !self.ignored.is_empty() {
            let kept = children
                .chunks(2)
                .filter(|entry| !entry.first().is_some_and(|key| self.ignored.contains(key)));
            *children = kept.flatten().copied().collect();
        }
    }

    pub(super) fn alias(&mut self, span: Span, anchor: usize) -> Result<(), SyntaxError> {
        let Some(target) = self.anchors.get(&anchor).copied() else {
            self.add(span, Kind::Verbatim { style: Style::Plain });
            return Err(error(span, "an alias stands inside the node that it names"));
        };
        self.add(span, Kind::Alias { target: target.id });
        self.count(target.size, target.depth, span)
    }

    /// Closes whatever is open, after an error at byte `end`.
    pub(super) fn abandon(&mut self, end: u32) {
        while !self.open.is_empty() {
            // What is too large or too deep was told by the error that ends the reading.
            let _ = self.end(end);
        }
    }

    fn add(&mut self, span: Span, kind: Kind) -> u32 {
        let id = self.tree.nodes.len() as u32;
        self.tree.nodes.push(Stored { span, kind });
        if self.open.is_empty() {
            self.tree.root.get_or_insert(id);
        } else {
            self.pending.push(id);
        }
        id
    }

    fn anchor(&mut self, anchor: usize, node: Anchor) {
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
    }

    /// Adds a child's expanded size and depth to the collection around it.
    fn count(&mut self, size: u64, depth: u32, span: Span) -> Result<(), SyntaxError> {
        let Some(parent) = self.open.last_mut() else { return Ok(()) };
        parent.size = parent.size.saturating_add(size);
        parent.depth = parent.depth.max(depth + 1);
        let most = maximum_expanded(self.tree.text.len());
        if parent.size > most {
            return Err(error(span, format!("aliases make more than {most} nodes of this text")));
        }
        if parent.depth > MAXIMUM_DEPTH {
            return Err(error(span, format!("collections nest deeper than {MAXIMUM_DEPTH}")));
        }
        Ok(())
    }

    fn note_repeated(&mut self, children: &[u32]) {
        let names: Vec<(Span, &str)> = children.iter().step_by(2).filter_map(|id| self.name(*id)).collect();
        let mut found = Vec::new();
        if names.len() <= SMALL_MAPPING {
            for (index, (span, name)) in names.iter().enumerate() {
                let later = names.iter().skip(index + 1).find(|(_, later)| later == name);
                found.extend(later.map(|(later, _)| (*span, *later)));
            }
        } else {
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for (span, name) in &names {
                found.extend(seen.insert(name, *span).map(|earlier| (earlier, *span)));
            }
        }
        self.tree.margins.repeated.extend(found);
    }

    fn name(&self, id: u32) -> Option<(Span, &str)> {
        let Stored { span, kind } = *self.tree.nodes.get(id as usize)?;
        match kind {
            Kind::Verbatim { style: Style::Quoted } if span.len() >= 2 => {
                Some((span, Span::new(span.start + 1, span.end - 1).of(self.tree.text)))
            }
            Kind::Verbatim { .. } => Some((span, span.of(self.tree.text))),
            Kind::Decoded { index, .. } => Some((span, self.tree.decoded.get(index as usize)?)),
            _ => None,
        }
    }
}
