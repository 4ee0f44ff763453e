//! Which files to read, and in which language each is: by name, then by content.

mod disk;
mod embedded;
mod guess;
mod order;
mod roots;

pub use disk::Disk;
pub use embedded::{Embedded, embedded};
pub use guess::{by_content, by_name};
pub use order::{Part, is_read_of_directory, neighbours, texts};
pub use roots::{root_of, roots_of};

use crate::endpoint::Dialect;
use crate::files::Kind;
use crate::gate::EntryKind;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// A file to read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Candidate {
    /// Its path, as it was named or found.
    pub path: PathBuf,
    /// Whether it was named on the command line, not found in a directory.
    pub explicit: bool,
}

/// A path that cannot be looked at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unreadable {
    /// The path.
    pub path: PathBuf,
    /// Why, as a clause.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// Directories that hold no configuration of this repository.
const SKIPPED: &[&str] =
    &[".git", ".hg", ".svn", ".jj", "node_modules", ".terraform", ".venv", "__pycache__"];

/// Which paths are looked at, beyond what their names say.
#[derive(Clone, Copy)]
pub struct Filter<'a> {
    /// Whether a file or directory is left out.
    pub excludes: &'a dyn Fn(&Path) -> bool,
    /// Whether a file whose name says nothing is looked at all the same.
    pub includes: &'a dyn Fn(&Path) -> bool,
    /// Whether `excludes` also holds for files that are named.
    pub force: bool,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The files to read, sorted.
    pub candidates: Vec<Candidate>,
    /// Paths that cannot be looked at, sorted.
    pub unreadable: Vec<Unreadable>,
    /// What was found under a name that promises something and is not read for what it is: links that lead nowhere or outside,
    /// FIFOs, devices.
    pub refused: Vec<Unreadable>,
    /// How many files were left alone, since their names promise nothing.
    pub not_opened: usize,
}

/// Finds the files below `paths`; directories are walked, links to directories are not followed.
pub fn find(paths: &[PathBuf], filter: Filter<'_>, disk: &Disk) -> Found {
    let mut found = Found::default();
    for path in paths {
        match disk.look(path) {
            Err(error) => {
                found.unreadable.push(Unreadable { path: path.clone(), reason: error.to_string() });
            }
            Ok(Kind::Directory) => walk(path, filter, disk, &mut found),
            Ok(Kind::File) => {
                let skipped = filter.force && (filter.excludes)(path);
                found.candidates.extend((!skipped).then(|| Candidate { path: path.clone(), explicit: true }));
            }
        }
    }
    found.candidates.sort_by(|a, b| a.path.cmp(&b.path).then(b.explicit.cmp(&a.explicit)));
    found.candidates.dedup_by(|later, earlier| later.path == earlier.path);
    found.unreadable.sort();
    found.refused.sort();
    found
}

fn walk(root: &Path, filter: Filter<'_>, disk: &Disk, found: &mut Found) {
    let mut ahead = vec![root.to_owned()];
    while let Some(directory) = ahead.pop() {
        let entries = match disk.entries(&directory) {
            Ok(entries) => entries,
            Err(error) => {
                let list = if error.is_refusal() { &mut found.refused } else { &mut found.unreadable };
                list.push(Unreadable { path: directory, reason: error.to_string() });
                continue;
            }
        };
        for entry in entries {
            let path = directory.join(&entry.name);
            if is_skipped(&entry.name) || (filter.excludes)(&path) {
                continue;
            }
            let shown = path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
            match entry.kind {
                EntryKind::Directory => ahead.push(shown),
                kind => take(shown, kind, filter, disk, found),
            }
        }
    }
}

/// Takes what a walk comes upon, if its name promises something.
fn take(path: PathBuf, kind: EntryKind, filter: Filter<'_>, disk: &Disk, found: &mut Found) {
    if !(guess::is_possible(&path) || (filter.includes)(&path)) {
        found.not_opened += 1;
        return;
    }
    let is_file = match kind {
        EntryKind::Directory => false,
        EntryKind::File => true,
        EntryKind::Link | EntryKind::Special(_) => match disk.look(&path) {
            Ok(kind) => kind == Kind::File,
            Err(error) => {
                found.refused.push(Unreadable { path: path.clone(), reason: link_reason(kind, &error) });
                false
            }
        },
    };
    if is_file {
        found.candidates.push(Candidate { path, explicit: false });
    }
}

fn link_reason(kind: EntryKind, error: &crate::files::ReadError) -> String {
    match error {
        crate::files::ReadError::Missing if kind == EntryKind::Link => {
            "is a link to what does not exist".to_owned()
        }
        other => other.to_string(),
    }
}

/// Whether a directory of this name holds no configuration of this repository.
fn is_skipped(name: &OsStr) -> bool {
    SKIPPED.iter().any(|skipped| name == *skipped)
}

/// The language of a file that was found or named.
pub fn dialect_of(path: &Path, text: &str) -> Option<Dialect> {
    by_name(path).or_else(|| by_content(path, text))
}
