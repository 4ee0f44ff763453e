//! Which trees a run may read, and the files of these.

use super::Request;
use crate::discover::{self, Disk};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The trees that includes may reach: those of everything that is named, that of the first path first.
pub fn trees(request: &Request) -> Vec<PathBuf> {
    let input = request.standard_input.as_ref().map(|(name, _)| name);
    let mut roots: Vec<PathBuf> = Vec::new();
    let mut seen = BTreeSet::new();
    for path in request.paths.iter().chain(input) {
        // Files of one directory have one tree, links aside.
        let is_plain = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
        let directory = path.parent().filter(|_| is_plain);
        if directory.is_some_and(|directory| !seen.insert(directory.to_owned())) {
            continue;
        }
        for root in discover::roots_of(path) {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
    }
    if roots.is_empty() {
        roots.push(discover::root_of(Path::new(".")));
    }
    roots
}

/// The files that a run over the tree at `root` may see: those of `beside` and of what the settings allow too. `certificates` is the
/// directory that deployed paths start from, which goes before the settings' own.
pub fn disk(root: &Path, beside: &[PathBuf], settings: &Settings, certificates: Option<&Path>) -> Disk {
    let configured = settings.include_roots.iter().map(|set| set.value.clone());
    let mut root_map: Vec<_> = settings.root_map.iter().map(|set| set.value.clone()).collect();
    let own = settings.certificate_root.as_ref().map(|set| set.value.as_path());
    root_map.extend(certificates.or(own).map(|directory| (PathBuf::from("/"), directory.to_owned())));
    // Who says where a deployed directory stands allows it to be read.
    let mapped = root_map.iter().map(|(_, directory)| directory.clone());
    let allowed: Vec<PathBuf> = beside.iter().cloned().chain(configured).chain(mapped).collect();
    Disk::new(root, &allowed, root_map)
}

/// The working directory's path in its repository, `/` between the parts; empty at the top.
pub fn prefix() -> String {
    let Ok(here) = std::env::current_dir() else { return String::new() };
    let root = discover::root_of(&here);
    let below = here.strip_prefix(root).unwrap_or(Path::new(""));
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
