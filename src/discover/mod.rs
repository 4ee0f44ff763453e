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
use std::fmt;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

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
    /// How many files were left alone, since their names promise nothing.
    pub not_opened: usize,
}

/// Finds the files below `paths`; directories are walked, links to directories are not followed.
pub fn find(paths: &[PathBuf], filter: Filter<'_>) -> Found {
    let mut found = Found::default();
    for path in paths {
        match std::fs::metadata(path) {
            Err(error) => found.unreadable.push(Unreadable { path: path.clone(), reason: describe(&error) }),
            Ok(metadata) if metadata.is_dir() => walk(path, filter, &mut found),
            Ok(metadata) if metadata.is_file() => {
                let skipped = filter.force && (filter.excludes)(path);
                found.candidates.extend((!skipped).then(|| Candidate { path: path.clone(), explicit: true }));
            }
            Ok(_) => {
                let reason = "is neither a file nor a directory".to_owned();
                found.unreadable.push(Unreadable { path: path.clone(), reason });
            }
        }
    }
    found.candidates.sort_by(|a, b| a.path.cmp(&b.path).then(b.explicit.cmp(&a.explicit)));
    found.candidates.dedup_by(|later, earlier| later.path == earlier.path);
    found.unreadable.sort();
    found
}

fn walk(root: &Path, filter: Filter<'_>, found: &mut Found) {
    let entries = WalkDir::new(root).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(SKIPPED.contains(&&*name) || (filter.excludes)(entry.path()))
    });
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_file() || is_link_to_file(&entry) => {
                let path = entry.into_path();
                let path = path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
                if guess::is_possible(&path) || (filter.includes)(&path) {
                    found.candidates.push(Candidate { path, explicit: false });
                } else {
                    found.not_opened += 1;
                }
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let reason = error.io_error().map_or_else(|| error.to_string(), describe);
                found.unreadable.push(Unreadable { path, reason });
            }
        }
    }
}

fn is_link_to_file(entry: &walkdir::DirEntry) -> bool {
    entry.path_is_symlink() && entry.path().is_file()
}

/// What an error of the system means to the person who typed the path.
fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => "may not be read (permission denied)".to_owned(),
        _ => error.to_string(),
    }
}

/// The language of a file that was found or named.
pub fn dialect_of(path: &Path, text: &str) -> Option<Dialect> {
    by_name(path).or_else(|| by_content(path, text))
}
