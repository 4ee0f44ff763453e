//! Fragments of nginx that no root at hand includes, read as siblings: what a root that is not seen takes together.

use super::embedded;
use super::input::{Input, Text, load};
use super::reading::{Request, Root};
use crate::dialect;
use crate::discover::{self, Candidate, Disk};
use crate::endpoint::Dialect;
use crate::settings;
use crate::span::FileId;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

/// Puts the fragments of one directory together, with those beside them on disk; whatever else is in `texts` stays as it is.
///
/// # Errors
/// Mistakes in the settings around the files.
pub(super) fn join(
    texts: Vec<Text>,
    roots: &[Root],
    request: &Request,
    disk: &Disk,
) -> Result<Vec<Text>, settings::Error> {
    let read: HashSet<FileId> = roots.iter().flat_map(|root| root.model.files.iter().copied()).collect();
    let is_open = |input: &Input| {
        input.dialect == Dialect::Nginx
            && embedded::host(input.source.id(), disk) == input.source.id()
            && !dialect::is_root(input.dialect, &input.source)
            && !read.contains(&input.source.id())
    };
    let mut directories: BTreeMap<PathBuf, Text> = BTreeMap::new();
    let mut others = Vec::new();
    for text in texts {
        let directory = match text.as_slice() {
            [one] if is_open(one) => {
                let path = std::path::absolute(one.source.path()).ok();
                path.and_then(|path| Some(discover::shared_directory(&path)?.to_owned()))
            }
            _ => None,
        };
        match directory {
            Some(directory) => directories.entry(directory).or_default().extend(text),
            None => others.push(text),
        }
    }
    for (directory, mut text) in directories {
        let known: BTreeSet<FileId> = text.iter().map(|input| input.source.id()).collect();
        let beside =
            discover::siblings(&directory, disk).into_iter().filter(|path| !request.scopes.excludes(path));
        let beside: Vec<_> =
            beside.map(|path| Candidate { path, explicit: false, open: discover::Open::Whole }).collect();
        let more = load(request, disk, &beside)?.inputs;
        text.extend(more.into_iter().filter(|input| is_open(input) && !known.contains(&input.source.id())));
        text.sort_by(|a, b| a.source.path().file_name().cmp(&b.source.path().file_name()));
        others.push(text);
    }
    Ok(others)
}
