//! The one gate through which files are read.
//!
//! A path says little about the file behind it: links lead elsewhere, and what stood there a moment ago may be something else now.
//! So nothing is asked of a path that the opened file does not answer itself: directories are opened one by one and no link is
//! followed but by ourselves, the file is opened without waiting for whoever writes to a FIFO, and only a regular file up to a
//! size is read. What lies outside the gate's directories is never opened, nor anything below `.git`.

#[cfg(not(unix))]
#[path = "elsewhere.rs"]
mod system;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(test)]
mod tests;

use crate::files::{Kind, ReadError, normalise};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The directory of a repository that holds what is no configuration: credentials, hooks, history.
const GIT: &str = ".git";

/// Directories that may be read, and nothing else; or whatever the user names.
#[derive(Debug)]
pub struct Gate {
    /// `None` for anything.
    roots: Option<Vec<Root>>,
}

/// A directory that may be read.
#[derive(Debug)]
struct Root {
    /// Its path as it was named, absolute; links in it are the user's own.
    spelled: PathBuf,
    /// Its path without links.
    real: PathBuf,
    handle: system::Handle,
}

/// What a directory holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// The name.
    pub name: OsString,
    /// What bears it; links are not followed.
    pub kind: EntryKind,
}

/// What bears a name in a directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// Something that is not read; what it is, with its article.
    Special(&'static str),
}

impl Gate {
    /// Lets through what lies in these directories; those that do not exist hold nothing.
    pub fn of(directories: &[PathBuf]) -> Self {
        Self { roots: Some(directories.iter().filter_map(|path| Root::new(path)).collect()) }
    }

    /// Lets through any regular file: for what the user names.
    pub const fn anywhere() -> Self {
        Self { roots: None }
    }

    /// For a file that the user names, and for what it names in turn: where it stands in a repository, links may not lead out of
    /// it, since anybody may have put them there; elsewhere it is the user's own.
    pub fn around(path: &Path) -> Self {
        match plain(path).parent().and_then(repository_around) {
            Some(repository) => Self::of(&[repository]),
            None => Self::anywhere(),
        }
    }

    /// A regular file, opened for reading.
    ///
    /// # Errors
    /// When it does not exist, may not be read, or is something else than such a file.
    pub fn file(&self, path: &Path) -> Result<File, ReadError> {
        match &self.roots {
            Some(roots) => system::file(roots, &absolute(path)),
            None => system::file_anywhere(path),
        }
    }

    /// The first bytes of a regular file, at most `most`.
    ///
    /// # Errors
    /// When it does not exist, may not be read, or is something else than such a file.
    pub fn head(&self, path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.file(path)?.take(most).read_to_end(&mut bytes).map_err(|error| from_io(&error))?;
        Ok(bytes)
    }

    /// The bytes of a regular file of at most `most` bytes.
    ///
    /// # Errors
    /// When it does not exist, may not be read, or is something else than such a file.
    pub fn bytes(&self, path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
        let file = self.file(path)?;
        let metadata = file.metadata().map_err(|error| from_io(&error))?;
        if metadata.len() > most {
            return Err(ReadError::TooLarge { bytes: metadata.len(), most });
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        // A file may grow while it is read; the bound holds all the same.
        file.take(most + 1).read_to_end(&mut bytes).map_err(|error| from_io(&error))?;
        if bytes.len() as u64 > most {
            return Err(ReadError::TooLarge { bytes: bytes.len() as u64, most });
        }
        Ok(bytes)
    }

    /// The text of such a file.
    ///
    /// # Errors
    /// As [`Gate::bytes`], and when it is not UTF-8.
    pub fn text(&self, path: &Path, most: u64) -> Result<String, ReadError> {
        String::from_utf8(self.bytes(path, most)?).map_err(|_| ReadError::NotText)
    }

    /// What stands at a path, links followed as far as they may be.
    ///
    /// # Errors
    /// When nothing does, or it must not be seen.
    pub fn kind(&self, path: &Path) -> Result<Kind, ReadError> {
        match &self.roots {
            Some(roots) => system::kind(roots, &absolute(path)),
            None => system::kind_anywhere(path),
        }
    }

    /// What a directory holds, sorted by name.
    ///
    /// # Errors
    /// When it is none, or must not be seen.
    pub fn list(&self, directory: &Path) -> Result<Vec<Entry>, ReadError> {
        let mut entries = match &self.roots {
            Some(roots) => system::list(roots, &absolute(directory))?,
            None => system::list_anywhere(directory)?,
        };
        entries.sort_unstable();
        Ok(entries)
    }

    /// Whether a path lies in one of the directories as far as its text says.
    pub fn holds(&self, path: &Path) -> bool {
        let path = absolute(path);
        let is_below = |root: &Root| path.starts_with(&root.spelled) || path.starts_with(&root.real);
        self.roots.as_ref().is_none_or(|roots| roots.iter().any(is_below))
    }
}

impl Root {
    fn new(path: &Path) -> Option<Self> {
        let real = std::fs::canonicalize(path).ok()?;
        let handle = system::open_root(&real)?;
        Some(Self { spelled: normalise(&absolute(path)), real, handle })
    }
}

/// The nearest of `directory` and those above that holds a `.git`.
pub fn repository_around(directory: &Path) -> Option<PathBuf> {
    let is_repository = |path: &&Path| std::fs::symlink_metadata(path.join(GIT)).is_ok();
    directory.ancestors().find(is_repository).map(Path::to_owned)
}

/// A path from the top of the file system without `..`: what stands in front of the last one is resolved, links behind it stay.
pub fn plain(path: &Path) -> PathBuf {
    let absolute = absolute(path);
    let parts: Vec<Component<'_>> = absolute.components().collect();
    let Some(last) = parts.iter().rposition(|part| *part == Component::ParentDir) else { return absolute };
    let (front, rest) = parts.split_at(last + 1);
    let front: PathBuf = front.iter().collect();
    let real = std::fs::canonicalize(&front).unwrap_or_else(|_| normalise(&front));
    real.join(rest.iter().collect::<PathBuf>())
}

/// Whether a name is that of a repository's own directory, as file systems that do not mind letter case take it.
fn is_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(GIT)
}

/// From the working directory, with `..` left as it stands: behind a link it leads elsewhere than the text says.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The part of a path below one of the directories, where its text alone says that it stays there.
fn plainly_below<'r, 'p>(roots: &'r [Root], path: &'p Path) -> Option<(&'r Root, &'p Path)> {
    let below = |root: &'r Root| {
        let rest = path.strip_prefix(&root.spelled).or_else(|_| path.strip_prefix(&root.real)).ok()?;
        rest.components().all(|part| matches!(part, Component::Normal(_))).then_some((root, rest))
    };
    roots.iter().find_map(below)
}

/// Why the system does not read a file.
pub fn from_io(error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ReadError::Missing,
        std::io::ErrorKind::IsADirectory => ReadError::Directory,
        std::io::ErrorKind::PermissionDenied => {
            ReadError::Unreadable("may not be read (permission denied)".to_owned())
        }
        _ => ReadError::Unreadable(error.to_string()),
    }
}
