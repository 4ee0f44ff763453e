//! How much one root may make of a few bytes: includes, copies, aliases and variables that multiply.
//!
//! A configuration of a few lines can stand for millions of servers. What a root takes is counted where it multiplies, and past its
//! budget nothing more of that kind is read: the place is told, and what was read so far is judged. Budgets grow with what is read, so
//! that they bound the work for a byte and not the size of an installation.

use crate::files::{Evidence, FileTree, Kind, ReadError};
use crate::source::Source;
use crate::span::{FileId, Location};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Resource {
    /// Lines of crt-lists, for each `bind` line that loads the list.
    CrtListLines,
    /// Endpoints: servers by their sockets, filter chains, upstreams.
    Endpoints,
    /// Bytes of included files, as often as they are included.
    ExpandedBytes,
    /// Files that others include, as often as they are included.
    Includes,
    /// Errors of the grammar that are told.
    SyntaxErrors,
    /// Values of variables, in bytes, their origins counted with them.
    VariableBytes,
    /// Nodes of YAML and JSON, those behind aliases as often as they are named.
    YamlNodes,
}

impl Resource {
    /// Everything that is counted, in the order of the names.
    pub const ALL: [Self; 7] = [
        Self::CrtListLines,
        Self::Endpoints,
        Self::ExpandedBytes,
        Self::Includes,
        Self::SyntaxErrors,
        Self::VariableBytes,
        Self::YamlNodes,
    ];

    /// The key in `[limits]`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::CrtListLines => "crt-list-lines",
            Self::Endpoints => "endpoints",
            Self::ExpandedBytes => "expanded-bytes",
            Self::Includes => "includes",
            Self::SyntaxErrors => "syntax-errors",
            Self::VariableBytes => "variable-bytes",
            Self::YamlNodes => "yaml-nodes",
        }
    }

    /// What a root may have where nothing else is set, before what it may have for what is read.
    pub const fn base(self) -> u64 {
        match self {
            Self::CrtListLines | Self::Includes | Self::SyntaxErrors => 10_000,
            Self::Endpoints => 20_000,
            Self::ExpandedBytes => 32 << 20,
            Self::VariableBytes => 4 << 20,
            Self::YamlNodes => 200_000,
        }
    }

    /// What comes on top for this many bytes in this many files.
    const fn grown(self, bytes: u64, files: u64) -> u64 {
        match self {
            Self::CrtListLines => bytes / 16,
            Self::Endpoints => bytes / 1024,
            Self::ExpandedBytes => bytes * 8,
            Self::Includes => files * 8,
            Self::SyntaxErrors => 0,
            Self::VariableBytes => bytes * 2,
            Self::YamlNodes => bytes,
        }
    }

    /// What a message calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::CrtListLines => "lines of crt-lists",
            Self::Endpoints => "endpoints",
            Self::ExpandedBytes => "bytes of included files",
            Self::Includes => "includes",
            Self::SyntaxErrors => "syntax errors",
            Self::VariableBytes => "bytes of variables",
            Self::YamlNodes => "nodes of YAML",
        }
    }
}

/// Other figures than [`Resource::base`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits(BTreeMap<Resource, u64>);

impl Limits {
    /// The same, with a root having `amount` of `resource` before what it may have for what is read.
    #[must_use]
    pub fn with(mut self, resource: Resource, amount: u64) -> Self {
        self.0.insert(resource, amount);
        self
    }

    fn base(&self, resource: Resource) -> u64 {
        self.0.get(&resource).copied().unwrap_or_else(|| resource.base())
    }
}

/// What one root has taken so far.
#[derive(Debug, Default)]
pub struct Budget {
    limits: Limits,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    amounts: BTreeMap<Resource, u64>,
    files: HashSet<FileId>,
    bytes: u64,
    passed: BTreeMap<Resource, Passed>,
}

/// A budget that a root has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// What of.
    pub resource: Resource,
    /// How much the root could have.
    pub allowed: u64,
    /// Where it asked for more, first.
    pub location: Location,
}

impl Passed {
    /// One line that tells it.
    pub fn message(&self) -> String {
        let Self { resource, allowed, .. } = self;
        let what = match resource {
            Resource::SyntaxErrors => "no further one is told",
            _ => "nothing of what would follow here is judged",
        };
        format!("more than {allowed} {}: {what}", resource.name())
    }
}

impl Budget {
    /// A root's budget under these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, taken: Mutex::default() }
    }

    /// A whole budget under the same limits: for another rendering of the root, of which there is a bounded number.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.limits.clone())
    }

    /// Takes `amount` of `resource` for what stands at `location`; `false` where that is more than the root may have, and then and ever
    /// after nothing of it should be read.
    pub fn take(&self, resource: Resource, amount: u64, location: Location) -> bool {
        let mut taken = self.taken.lock().expect("no holder panics");
        if taken.passed.contains_key(&resource) {
            return false;
        }
        let allowed =
            self.limits.base(resource).saturating_add(resource.grown(taken.bytes, taken.files.len() as u64));
        let sum = taken.amounts.entry(resource).or_default();
        *sum = sum.saturating_add(amount);
        if *sum > allowed {
            taken.passed.insert(resource, Passed { resource, allowed, location });
        }
        !taken.passed.contains_key(&resource)
    }

    /// Takes one more reading of `source`, which the words at `location` include.
    pub fn include(&self, source: &Source, location: Location) -> bool {
        let length = source.text().len() as u64;
        self.take(Resource::Includes, 1, location) && self.take(Resource::ExpandedBytes, length, location)
    }

    /// Notes that a file was read, for which the root may have more.
    pub fn note(&self, source: &Source) {
        let mut taken = self.taken.lock().expect("no holder panics");
        if taken.files.insert(source.id()) {
            taken.bytes += source.text().len() as u64;
        }
    }

    /// The budgets that were passed, in the order of their names.
    pub fn passed(&self) -> Vec<Passed> {
        self.taken.lock().expect("no holder panics").passed.values().copied().collect()
    }
}

/// Files whose reading counts.
pub struct Counted<'a> {
    files: &'a dyn FileTree,
    budget: &'a Budget,
    known: Mutex<Known>,
}

/// What was asked before.
#[derive(Debug, Default)]
struct Known {
    kinds: HashMap<PathBuf, Option<Kind>>,
    deployed: HashMap<(PathBuf, FileId, Evidence), Option<PathBuf>>,
}

impl<'a> Counted<'a> {
    /// Files whose reading `budget` counts; the same question is put to them once.
    pub fn new(files: &'a dyn FileTree, budget: &'a Budget) -> Self {
        Self { files, budget, known: Mutex::default() }
    }
}

impl FileTree for Counted<'_> {
    fn read(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        let source = self.files.read(path)?;
        self.budget.note(&source);
        Ok(source)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.files.bytes(path)
    }

    fn list(&self, directory: &Path) -> Result<Vec<String>, ReadError> {
        self.files.list(directory)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        if let Some(known) = self.known.lock().expect("no holder panics").kinds.get(path) {
            return *known;
        }
        let kind = self.files.kind(path);
        self.known.lock().expect("no holder panics").kinds.insert(path.to_owned(), kind);
        kind
    }

    fn starts(&self, from: FileId) -> Vec<PathBuf> {
        self.files.starts(from)
    }

    fn above(&self, from: FileId) -> Vec<PathBuf> {
        self.files.above(from)
    }

    fn deployed(&self, path: &Path, from: FileId, evidence: Evidence) -> Option<PathBuf> {
        let question = (path.to_owned(), from, evidence);
        if let Some(known) = self.known.lock().expect("no holder panics").deployed.get(&question) {
            return known.clone();
        }
        let answer = self.files.deployed(path, from, evidence);
        self.known.lock().expect("no holder panics").deployed.insert(question, answer.clone());
        answer
    }

    fn called(&self, written: &Path, found: &Path) -> String {
        self.files.called(written, found)
    }

    fn shown(&self, path: &Path) -> String {
        self.files.shown(path)
    }

    fn stand_in(&self, at: Location, text: &str) -> Option<Arc<Source>> {
        self.files.stand_in(at, text)
    }

    fn source(&self, id: FileId) -> Arc<Source> {
        self.files.source(id)
    }

    fn written(&self, location: Location) -> Location {
        self.files.written(location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn at(start: u32) -> Location {
        Location::new(FileId(0), Span::empty(start))
    }

    #[test]
    fn what_is_passed_is_told_once_where_it_was_passed() {
        let budget = Budget::new(Limits::default().with(Resource::Includes, 2));
        let takes: Vec<bool> = (0..4).map(|start| budget.take(Resource::Includes, 1, at(start))).collect();
        assert_eq!(takes, [true, true, false, false]);
        let passed = budget.passed();
        assert_eq!(passed, [Passed { resource: Resource::Includes, allowed: 2, location: at(2) }]);
        assert!(budget.take(Resource::Endpoints, 1, at(9)), "others are another matter");
    }

    #[test]
    fn more_is_allowed_for_what_is_read_and_a_file_counts_once() {
        let budget = Budget::new(Limits::default().with(Resource::ExpandedBytes, 10));
        let source = Source::new(FileId(0), "x", "x", vec![b' '; 5]);
        budget.note(&source);
        budget.note(&source);
        assert!(budget.take(Resource::ExpandedBytes, 50, at(0)));
        assert!(!budget.take(Resource::ExpandedBytes, 1, at(1)));
        assert_eq!(budget.passed()[0].allowed, 50);
    }
}
