//! Which files to read, and in which language each is, by evidence.

mod carriers;
mod disk;
mod embedded;
mod evidence;
mod order;
mod roots;
mod siblings;

pub use carriers::carried;
pub use disk::Disk;
pub use embedded::{Embedded, embedded};
pub use evidence::{Judgement, holds_tls_settings, is_template, judge};
pub use order::{Part, is_read_of_directory, neighbours, texts};
pub use roots::{root_of, roots_of};
pub use siblings::{judge_beside, shared_directory, siblings};

use crate::files::Kind;
use crate::gate::EntryKind;
use evidence::{Opening, opening};
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
    /// How it is opened.
    pub open: Open,
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Open {
    /// As a whole: its ending is one that configurations have, or the user said its language.
    Whole,
    /// As a whole where its beginning speaks for one of the languages; that it cannot be opened is told.
    Beginning,
    /// The same, and nobody is told.
    Quietly,
    /// Only to see whether it holds TLS settings: it is a program that may write a configuration.
    ForSettings,
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
    /// Whether the user says which language files that are named are in.
    pub is_said: bool,
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
    /// How many files and directories are left out as excluded; a directory counts as one.
    pub excluded: usize,
    /// How many files were left alone: programs, prose, pictures, keys.
    pub not_opened: usize,
}

impl Found {
    /// Adds a file, unless its name says that it is in none of the languages; `placed` is its path from the root.
    fn add(&mut self, path: PathBuf, placed: &Path, explicit: bool, filter: Filter<'_>) {
        let open = match opening(placed) {
            _ if (explicit && filter.is_said) || (filter.includes)(&path) => Open::Whole,
            Opening::Judged => Open::Whole,
            Opening::Placed => Open::Beginning,
            Opening::Peeked if explicit => Open::Beginning,
            Opening::Peeked => Open::Quietly,
            Opening::Scanned => Open::ForSettings,
            Opening::Never => {
                self.not_opened += 1;
                return;
            }
        };
        self.candidates.push(Candidate { path, explicit, open });
    }
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
                found.excluded += usize::from(skipped);
                if !skipped {
                    found.add(path.clone(), &disk.place(path), true, filter);
                }
            }
        }
    }
    found.candidates.sort_by(|a, b| a.path.cmp(&b.path).then(b.explicit.cmp(&a.explicit)));
    found.candidates.dedup_by(|later, earlier| later.path == earlier.path);
    found.unreadable.sort();
    found.refused.sort();
    found
}

/// Every regular file below a directory, sorted; links and directories that hold nothing of the repository's own are left out.
pub fn every_file(root: &Path, disk: &Disk) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut ahead = vec![root.to_owned()];
    while let Some(directory) = ahead.pop() {
        let entries = disk.entries(&directory).unwrap_or_default();
        for entry in entries.into_iter().filter(|entry| !is_skipped(&entry.name)) {
            let path = directory.join(&entry.name);
            match entry.kind {
                EntryKind::Directory => ahead.push(path),
                EntryKind::File => files.push(path),
                EntryKind::Link | EntryKind::Special(_) => {}
            }
        }
    }
    files.sort();
    files
}

fn walk(root: &Path, filter: Filter<'_>, disk: &Disk, found: &mut Found) {
    // What a directory is called says the same from any working directory.
    let place = disk.place(root);
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
            if is_skipped(&entry.name) {
                continue;
            }
            if (filter.excludes)(&path) {
                found.excluded += 1;
                continue;
            }
            let shown = path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
            match entry.kind {
                EntryKind::Directory => ahead.push(shown),
                kind => {
                    let below = shown.strip_prefix(root).unwrap_or(&shown);
                    let placed = place.join(below);
                    take((shown, &placed), kind, filter, disk, found);
                }
            }
        }
    }
}

/// Takes what a walk comes upon, if its name promises something; `placed` is its path from the root.
fn take(
    (path, placed): (PathBuf, &Path),
    kind: EntryKind,
    filter: Filter<'_>,
    disk: &Disk,
    found: &mut Found,
) {
    let is_file = match kind {
        EntryKind::Directory => false,
        EntryKind::File => true,
        EntryKind::Link | EntryKind::Special(_) => {
            // What promises nothing is not missed where it cannot be looked at.
            let is_missed =
                matches!(opening(placed), Opening::Judged | Opening::Placed) || (filter.includes)(&path);
            match disk.look(&path) {
                Ok(kind) => kind == Kind::File,
                Err(error) if is_missed => {
                    found.refused.push(Unreadable { path: path.clone(), reason: link_reason(kind, &error) });
                    false
                }
                Err(_) => {
                    found.not_opened += 1;
                    false
                }
            }
        }
    };
    if is_file {
        found.add(path, placed, false, filter);
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
