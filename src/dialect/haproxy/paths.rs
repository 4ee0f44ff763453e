//! Files that a configuration names, in the tree.

use super::reader::Reader;
use crate::files::{Evidence, Kind};
use crate::source::Source;
use crate::span::FileId;
use crate::syntax::Parsed;
use crate::syntax::haproxy::crt_list::{self, CrtListLine};
use std::path::{Path, PathBuf};
use std::rc::Rc;

impl Reader<'_> {
    /// A path of the machine, or one that is relative to the directory of `file`, in the tree.
    pub(super) fn find(&self, path: &Path, file: FileId) -> Option<PathBuf> {
        self.context.files.deployed(path, file, Evidence::Directory)
    }

    /// The same for a file that is looked for because another one is missing: nothing but its own place answers for it.
    pub(super) fn find_whole(&self, path: &Path, file: FileId) -> Option<PathBuf> {
        self.context.files.deployed(path, file, Evidence::Whole)
    }

    /// Whether a path is certainly missing: there is no such file, and its directory is there to be seen.
    pub(super) fn is_missing(&self, path: &str, file: FileId) -> bool {
        if self.global.has_doubtful_files {
            return false;
        }
        let files = self.context.files;
        let is_seen =
            |path: &Path| path.parent().is_some_and(|parent| files.kind(parent) == Some(Kind::Directory));
        path.starts_with('/') && self.find(Path::new(path), file).is_none() && is_seen(Path::new(path))
    }

    /// Whether the target's release reads the configuration as it stands, so that what it refuses is certain.
    pub(super) fn is_fixed(&self) -> bool {
        self.release.is_some() && !self.is_templated && !self.global.has_doubtful_files
    }

    /// The lines of a list of certificates.
    pub(super) fn parsed_list(&mut self, source: &Source) -> Rc<Parsed<Vec<CrtListLine>>> {
        let parse = || Rc::new(crt_list::parse(source.id(), source.text()));
        Rc::clone(self.lists.entry(source.id()).or_insert_with(parse))
    }
}
