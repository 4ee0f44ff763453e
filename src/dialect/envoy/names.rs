//! The server names of a listener's filter chains, each with the chain that it leads to.

use crate::span::Location;
use std::collections::HashMap;

/// Names by what they match, so that no chain looks through those of all others.
#[derive(Debug, Default)]
pub(super) struct Names {
    exact: HashMap<String, Owner>,
    /// What stands behind the `*` of patterns.
    suffixes: HashMap<String, Owner>,
}

/// The filter chains that a name leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    One(Location),
    Several,
}

impl Owner {
    fn and(&mut self, chain: Location) {
        if *self != Self::One(chain) {
            *self = Self::Several;
        }
    }

    fn is_other_than(self, chain: Location) -> bool {
        self != Self::One(chain)
    }
}

impl Names {
    /// Adds a pattern, in any letter case, that leads to the filter chain at `chain`.
    pub(super) fn add(&mut self, pattern: &str, chain: Location) {
        let pattern = pattern.to_ascii_lowercase();
        let (table, key) = match pattern.strip_prefix('*') {
            Some(suffix) => (&mut self.suffixes, suffix.to_owned()),
            None => (&mut self.exact, pattern),
        };
        table.entry(key).and_modify(|owner| owner.and(chain)).or_insert(Owner::One(chain));
    }

    /// How well a name, in lower case, fits chains other than the one at `here`: the length of what fits behind a `*`, more than
    /// any length where the whole name does; `None` where none takes it.
    pub(super) fn reach(&self, name: &str, here: Location) -> Option<usize> {
        let leads_away = |owner: Option<&Owner>| owner.is_some_and(|owner| owner.is_other_than(here));
        if leads_away(self.exact.get(name)) {
            return Some(usize::MAX);
        }
        // A `*` stands for one character at least.
        let ends =
            name.char_indices().skip(1).map(|(at, _)| at).chain((!name.is_empty()).then_some(name.len()));
        let mut suffixes = ends.filter_map(|at| name.get(at..));
        suffixes.find(|suffix| leads_away(self.suffixes.get(*suffix))).map(str::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{FileId, Span};

    #[test]
    fn the_longest_suffix_of_another_chain_counts() {
        let chain = |at| Location::new(FileId(0), Span::new(at, at + 1));
        let mut names = Names::default();
        for (pattern, at) in
            [("a.example", 1), ("*.Example", 2), ("*.b.example", 3), ("*", 4), ("*.b.example", 5)]
        {
            names.add(pattern, chain(at));
        }
        assert_eq!(names.reach("a.example", chain(9)), Some(usize::MAX));
        assert_eq!(names.reach("a.example", chain(1)), Some(".example".len()));
        assert_eq!(names.reach("c.example", chain(2)), Some(0), "the lone star is left");
        assert_eq!(names.reach("x.b.example", chain(3)), Some(".b.example".len()), "two chains have it");
        assert_eq!(names.reach("", chain(9)), None);
    }
}
