//! The edge to the file system: what a dialect may ask of it.
//!
//! Dialects follow includes through [`FileTree`] and nothing else, so that they are pure functions of what it answers.

mod deployed;

pub use deployed::Evidence;
pub(crate) use deployed::{Asker, Deployment};

use crate::source::{Source, Sources};
use crate::span::{FileId, Location};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Why a file cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// It is a directory.
    Directory,
    /// It does not exist.
    Missing,
    /// A link on the way to it leads outside the root and the directories that the user allows.
    LeadsOutside,
    /// It is not UTF-8, and has to be.
    NotText,
    /// It lies outside the root and the directories that the user allows.
    OutsideRoot,
    /// It is no regular file; what it is, with its article.
    Special(&'static str),
    /// It lies below more directories than this.
    TooDeep(usize),
    /// It is larger than what is read.
    TooLarge {
        /// Its size, as far as that is known.
        bytes: u64,
        /// What is read at most.
        most: u64,
    },
    /// The system refuses; its reason.
    Unreadable(String),
    /// It lies below `.git`.
    VersionControl,
}

impl ReadError {
    /// Whether there is something that is not read for what it is or where it lies, as opposed to something that cannot be read.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::LeadsOutside
            | Self::OutsideRoot
            | Self::Special(_)
            | Self::TooDeep(_)
            | Self::TooLarge { .. }
            | Self::VersionControl => true,
            Self::Directory | Self::Missing | Self::NotText | Self::Unreadable(_) => false,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => f.write_str("is a directory"),
            Self::Missing => f.write_str("does not exist"),
            Self::LeadsOutside => f.write_str(
                "is a link that leads outside the root; --include-root allows the directory behind it",
            ),
            Self::NotText => f.write_str("is not UTF-8 text"),
            Self::OutsideRoot => f.write_str("lies outside the root; --include-root allows its directory"),
            Self::Special(what) => write!(f, "is {what}; only regular files are read"),
            Self::TooDeep(most) => write!(f, "lies below more than {most} directories"),
            Self::TooLarge { bytes, most } => {
                write!(f, "is {} MiB large; files up to {} MiB are read", bytes.div_ceil(1 << 20), most >> 20)
            }
            Self::Unreadable(reason) => f.write_str(reason),
            Self::VersionControl => f.write_str("lies below .git, where nothing is read"),
        }
    }
}

impl std::error::Error for ReadError {}

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
}

/// The files that a run may see.
pub trait FileTree: Sync {
    /// Loads a configuration file; the same path gives the same [`Source`].
    ///
    /// # Errors
    /// When it cannot or must not be read.
    fn read(&self, path: &Path) -> Result<Arc<Source>, ReadError>;

    /// The bytes of a certificate or CRL file. Never called for a file that is named only as a key.
    ///
    /// # Errors
    /// When it cannot or must not be read.
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ReadError>;

    /// The names in a directory, sorted by their bytes, as `glob(3)` sorts in the C locale.
    ///
    /// # Errors
    /// When it cannot or must not be read.
    fn list(&self, directory: &Path) -> Result<Vec<String>, ReadError>;

    /// What stands at a path; `None` where nothing does or it must not be seen.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// The directories that relative paths in a file start from: its own; of a link also that of the file behind it.
    fn starts(&self, from: FileId) -> Vec<PathBuf> {
        vec![self.source(from).path().parent().unwrap_or(Path::new("")).to_owned()]
    }

    /// The directories that a file's relative paths start from and those above that may be seen, nearest first.
    fn above(&self, from: FileId) -> Vec<PathBuf> {
        let starts = self.starts(from);
        starts.iter().flat_map(|start| start.ancestors()).map(Path::to_owned).collect()
    }

    /// Where a path that the file `from` names stands in this tree: the path itself if it is in it, else by the `[files] root-map`
    /// setting, below the root, or where its end is found, as far as `evidence` takes an end.
    fn deployed(&self, path: &Path, from: FileId, evidence: Evidence) -> Option<PathBuf>;

    /// How to call a file that was `found` where `written` stands: as it is written, unless it was found elsewhere.
    fn called(&self, written: &Path, found: &Path) -> String {
        let is_itself = written.is_relative() || written == found;
        if is_itself { written.display().to_string() } else { self.shown(found) }
    }

    /// A text that is known to stand where `at` names a file that is not in the tree; every byte of it has that place.
    ///
    /// `None` where the tree takes no such texts.
    fn stand_in(&self, at: Location, text: &str) -> Option<Arc<Source>>;

    /// A path of the tree as outputs print it.
    fn shown(&self, path: &Path) -> String {
        path.display().to_string()
    }

    /// A loaded file by its number.
    fn source(&self, id: FileId) -> Arc<Source>;

    /// Where a place of a configuration inside another file stands in that file; any other place is its own.
    fn written(&self, location: Location) -> Location {
        location
    }
}

/// `path` without `.` and `..` steps, as text alone (no link is followed).
pub fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push("..");
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// A tree in memory, for tests and for standard input.
#[derive(Debug, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
    sources: Sources,
    loaded: Mutex<HashMap<PathBuf, FileId>>,
}

impl Memory {
    /// A tree that holds these files.
    pub fn new<P: Into<PathBuf>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect();
        Self { files, ..Self::default() }
    }
}

impl FileTree for Memory {
    fn read(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        let path = normalise(path);
        let mut loaded = self.loaded.lock().expect("no holder panics");
        if let Some(id) = loaded.get(&path) {
            return Ok(self.sources.get(*id));
        }
        let bytes = self.bytes(&path)?;
        let source = self.sources.add(path.to_string_lossy(), &path, bytes);
        loaded.insert(path, source.id());
        Ok(source)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let path = normalise(path);
        match self.files.get(&path) {
            Some(bytes) => Ok(bytes.clone()),
            None if self.kind(&path) == Some(Kind::Directory) => Err(ReadError::Directory),
            None => Err(ReadError::Missing),
        }
    }

    fn list(&self, directory: &Path) -> Result<Vec<String>, ReadError> {
        let directory = normalise(directory);
        let below = self.files.keys().filter_map(|path| path.strip_prefix(&directory).ok());
        let names: BTreeSet<String> = below
            .filter_map(|rest| Some(rest.components().next()?.as_os_str().to_string_lossy().into_owned()))
            .collect();
        if names.is_empty() { Err(ReadError::Missing) } else { Ok(names.into_iter().collect()) }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let path = normalise(path);
        if self.files.contains_key(&path) {
            return Some(Kind::File);
        }
        self.files.keys().any(|file| file.starts_with(&path)).then_some(Kind::Directory)
    }

    fn deployed(&self, path: &Path, from: FileId, evidence: Evidence) -> Option<PathBuf> {
        let (starts, above) = (self.starts(from), self.above(from));
        let kind = |path: &Path| self.kind(path);
        let tree = Deployment { roots: &[PathBuf::new()], root_map: &[], kind: &kind };
        tree.find(path, &Asker { starts: &starts, above: &above }, evidence)
    }

    fn stand_in(&self, _at: Location, _text: &str) -> Option<Arc<Source>> {
        None
    }

    fn source(&self, id: FileId) -> Arc<Source> {
        self.sources.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_once() {
        let tree = Memory::new([("etc/a.conf", "x")]);
        let first = tree.read(Path::new("etc/./b/../a.conf")).unwrap();
        assert_eq!(tree.read(Path::new("etc/a.conf")).unwrap().id(), first.id());
        assert_eq!(tree.read(Path::new("etc")).unwrap_err(), ReadError::Directory);
    }
}
