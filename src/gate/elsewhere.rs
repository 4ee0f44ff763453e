//! Opening files where there are no descriptors of directories: the path is resolved, held to the roots, and asked again.

use super::{Entry, EntryKind, Root, from_io, is_git};
use crate::files::{Kind, ReadError, normalise};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Nothing is kept open.
pub(super) type Handle = ();

/// A directory that may be read.
pub(super) fn open_root(real: &Path) -> Option<Handle> {
    real.is_dir().then_some(())
}

/// Opens a regular file.
pub(super) fn file(roots: &[Root], path: &Path) -> Result<File, ReadError> {
    file_anywhere(&permitted(roots, path)?)
}

/// Opens a regular file wherever it lies.
pub(super) fn file_anywhere(path: &Path) -> Result<File, ReadError> {
    match kind_anywhere(path)? {
        Kind::Directory => Err(ReadError::Directory),
        Kind::File => {
            let file = File::open(path).map_err(|error| from_io(&error))?;
            let is_file = file.metadata().is_ok_and(|found| found.is_file());
            if is_file { Ok(file) } else { Err(ReadError::Special("no regular file")) }
        }
    }
}

/// What stands at a path.
pub(super) fn kind(roots: &[Root], path: &Path) -> Result<Kind, ReadError> {
    kind_anywhere(&permitted(roots, path)?)
}

/// What stands at a path wherever it leads.
pub(super) fn kind_anywhere(path: &Path) -> Result<Kind, ReadError> {
    let found = fs::metadata(path).map_err(|error| from_io(&error))?;
    match (found.is_dir(), found.is_file()) {
        (true, _) => Ok(Kind::Directory),
        (_, true) => Ok(Kind::File),
        _ => Err(ReadError::Special("no regular file")),
    }
}

/// What a directory holds.
pub(super) fn list(roots: &[Root], path: &Path) -> Result<Vec<Entry>, ReadError> {
    list_anywhere(&permitted(roots, path)?)
}

/// What a directory holds wherever it lies.
pub(super) fn list_anywhere(path: &Path) -> Result<Vec<Entry>, ReadError> {
    let entries = fs::read_dir(path).map_err(|error| from_io(&error))?;
    let found = entries.filter_map(Result::ok).filter_map(|entry| {
        let found = entry.file_type().ok()?;
        let kind = match (found.is_dir(), found.is_file(), found.is_symlink()) {
            (true, ..) => EntryKind::Directory,
            (_, true, _) => EntryKind::File,
            (.., true) => EntryKind::Link,
            _ => EntryKind::Special("no regular file"),
        };
        Some(Entry { name: entry.file_name(), kind })
    });
    Ok(found.collect())
}

/// The path without links, where it lies in a root and in none of its `.git`.
fn permitted(roots: &[Root], path: &Path) -> Result<PathBuf, ReadError> {
    let written = normalise(path);
    if !roots.iter().any(|root| written.starts_with(&root.spelled) || written.starts_with(&root.real)) {
        return Err(ReadError::OutsideRoot);
    }
    let real = fs::canonicalize(path).map_err(|error| from_io(&error))?;
    let rest = roots.iter().find_map(|root| real.strip_prefix(&root.real).ok());
    let Some(rest) = rest else { return Err(ReadError::LeadsOutside) };
    if rest.components().any(|part| is_git(part.as_os_str())) {
        return Err(ReadError::VersionControl);
    }
    Ok(real)
}
