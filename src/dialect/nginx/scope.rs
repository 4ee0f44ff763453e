//! Blocks, and the directives in them that matter.

use super::config::{ChainId, Kind, ScopeId};
use super::units::Place;
use crate::setting::Unknown;
use std::collections::HashMap;
use std::sync::Arc;

/// Blocks with fewer directives are searched one by one.
const MANY: usize = 16;

/// One block with the directives that matter here, those of included files among them.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) kind: Kind,
    pub(super) parent: Option<ScopeId>,
    /// The directive that opens it; `None` for a file, and for blocks that a fragment is thought to stand in.
    pub(super) head: Option<Place>,
    pub(super) entries: Vec<Entry>,
    pub(super) children: Vec<ScopeId>,
    /// How many entries of the block around stand before it.
    pub(super) after: usize,
    /// Why directives that are not here may be here after all.
    pub(super) blind: Option<Arc<Unknown>>,
    /// Whether a template decides that the block is there.
    pub(super) conditional: bool,
    /// Where the entries of each name stand, once there are many.
    names: HashMap<&'static str, Vec<u32>>,
}

/// One directive in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) chain: ChainId,
    /// Whether a template decides that it is there, given that its block is.
    pub(super) conditional: bool,
}

impl Scope {
    /// An empty block.
    pub(super) fn new(
        kind: Kind,
        parent: Option<ScopeId>,
        head: Option<Place>,
        after: usize,
        conditional: bool,
    ) -> Self {
        let (entries, children) = (Vec::new(), Vec::new());
        Self { kind, parent, head, entries, children, after, blind: None, conditional, names: HashMap::new() }
    }

    /// Adds a directive behind the others.
    pub(super) fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
        let fresh = match self.entries.len() {
            MANY => 0,
            count => count - 1,
        };
        if self.entries.len() >= MANY {
            for (at, entry) in self.entries.iter().enumerate().skip(fresh) {
                self.names.entry(entry.name).or_default().push(at as u32);
            }
        }
    }

    /// The directives of one name, in their order.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        let is_small = self.entries.len() < MANY;
        let few = if is_small { self.entries.as_slice() } else { &[] };
        let places = self.names.get(name).map_or(&[][..], Vec::as_slice);
        let many = places.iter().filter_map(|at| self.entries.get(*at as usize));
        few.iter().filter(move |entry| entry.name == name).chain(many)
    }
}
