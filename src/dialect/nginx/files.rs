//! Certificates and Diffie-Hellman parameters that the configuration names; keys are never opened.

use crate::certificate;
use crate::dialect::installed;
use crate::endpoint::Certificate;
use crate::files::{Evidence, FileTree, Kind};
use crate::span::FileId;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A certificate, and what to call its file.
type Named = (String, Arc<Certificate>);

/// Reads each file once.
pub(super) struct Files<'a> {
    pub(super) tree: &'a dyn FileTree,
    /// The root file, from whose directory relative paths start (`ngx_conf_full_name`).
    root: FileId,
    certificates: Mutex<HashMap<PathBuf, Option<Named>>>,
}

impl<'a> Files<'a> {
    pub(super) fn new(tree: &'a dyn FileTree, root: FileId) -> Self {
        Self { tree, root, certificates: Mutex::default() }
    }

    /// What a certificate file says, with the name of what was read; `None` where it is not to be seen.
    pub(super) fn certificate(&self, path: &Path) -> Option<Named> {
        let mut known = self.certificates.lock().expect("no holder panics");
        if let Some(certificate) = known.get(path) {
            return certificate.clone();
        }
        let found = self.find(path);
        let bytes = found.as_ref().and_then(|found| self.tree.bytes(found).ok());
        let certificate = bytes.and_then(|bytes| certificate::read(&bytes).ok());
        let name = found.map(|found| self.tree.called(path, &found)).unwrap_or_default();
        let certificate = certificate.map(|certificate| (name, Arc::new(certificate)));
        known.insert(path.to_owned(), certificate.clone());
        certificate
    }

    /// Whether a path of the machine is certainly missing: there is no such file, and its directory is there to be seen.
    pub(super) fn is_missing(&self, path: &Path) -> bool {
        let is_seen = path.parent().is_some_and(|parent| self.tree.kind(parent) == Some(Kind::Directory));
        path.is_absolute() && is_seen && self.find(path).is_none()
    }

    /// Whether nginx finds no certificate in a file that is there: an empty one, or DER. Other text may become one on the machine.
    pub(super) fn holds_none(&self, path: &Path) -> bool {
        let bytes = self.find(path).and_then(|found| self.tree.bytes(&found).ok());
        bytes.is_some_and(|bytes| bytes.is_empty() || certificate::is_der(&bytes))
    }

    /// The length of a Diffie-Hellman prime in bits; `None` where the file is not to be seen.
    pub(super) fn dh_bits(&self, path: &Path) -> Option<u32> {
        match self.find(path).and_then(|found| self.tree.bytes(&found).ok()) {
            Some(bytes) => certificate::dh_bits(&bytes),
            None => installed::dh_bits(path),
        }
    }

    fn find(&self, path: &Path) -> Option<PathBuf> {
        self.tree.deployed(path, self.root, Evidence::Directory)
    }
}
