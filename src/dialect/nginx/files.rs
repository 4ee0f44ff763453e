//! Certificates and Diffie-Hellman parameters that the configuration names; keys are never opened.

use crate::certificate;
use crate::endpoint::Certificate;
use crate::files::FileTree;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Reads each file once.
pub(super) struct Files<'a> {
    pub(super) tree: &'a dyn FileTree,
    /// What relative paths start from: the root file's directory (`ngx_conf_full_name`).
    directory: PathBuf,
    certificates: Mutex<HashMap<PathBuf, Option<Arc<Certificate>>>>,
}

impl<'a> Files<'a> {
    pub(super) fn new(tree: &'a dyn FileTree, directory: PathBuf) -> Self {
        Self { tree, directory, certificates: Mutex::default() }
    }

    /// What a certificate file says; `None` where it is not to be seen.
    pub(super) fn certificate(&self, path: &Path) -> Option<Arc<Certificate>> {
        let path = self.directory.join(path);
        let mut known = self.certificates.lock().expect("no holder panics");
        if let Some(certificate) = known.get(&path) {
            return certificate.clone();
        }
        let certificate = self.bytes(&path).and_then(|bytes| certificate::read(&bytes).ok()).map(Arc::new);
        known.insert(path, certificate.clone());
        certificate
    }

    /// The length of a Diffie-Hellman prime in bits; `None` where the file is not to be seen.
    pub(super) fn dh_bits(&self, path: &Path) -> Option<u32> {
        certificate::dh_bits(&self.bytes(&self.directory.join(path))?)
    }

    fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        self.tree.bytes(path).ok().or_else(|| self.tree.bytes(&self.tree.deployed(path)?).ok())
    }
}
