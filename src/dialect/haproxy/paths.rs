//! Files that a configuration names, in the tree.

use super::reader::Reader;
use crate::files::Kind;
use crate::span::FileId;
use std::path::{Path, PathBuf};

impl Reader<'_> {
    /// A path of the machine, or one that is relative to the directory of `file`, in the tree.
    pub(super) fn find(&self, path: &Path, file: FileId) -> Option<PathBuf> {
        let files = self.context.files;
        if path.is_absolute() {
            return files.deployed(path);
        }
        let source = files.source(file);
        let beside = source.path().parent().map(|directory| directory.join(path));
        beside.filter(|path| files.kind(path).is_some()).or_else(|| files.deployed(path))
    }

    /// Whether a path is certainly missing: there is no such file, and its directory is there to be seen.
    pub(super) fn is_missing(&self, path: &str) -> bool {
        let files = self.context.files;
        let is_seen =
            |path: &Path| path.parent().is_some_and(|parent| files.kind(parent) == Some(Kind::Directory));
        path.starts_with('/') && files.deployed(Path::new(path)).is_none() && is_seen(Path::new(path))
    }

    /// Whether the target's release reads the configuration as it stands, so that what it refuses is certain.
    pub(super) fn is_fixed(&self) -> bool {
        self.release.is_some() && !self.is_templated
    }
}
