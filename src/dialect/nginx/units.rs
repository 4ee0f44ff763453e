//! The root file and every file that it includes, read and parsed once each.

use super::glob;
use super::includes::TEMPLATES;
use crate::dialect::installed;
use crate::files::{Evidence, FileTree, Kind, ReadError};
use crate::setting::Unknown;
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::syntax::SyntaxError;
use crate::syntax::nginx::{self, DirectiveId, Tree, Word};
use crate::text::Text;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// One file with its tree.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) source: Arc<Source>,
    pub(super) tree: Tree,
    pub(super) errors: Vec<SyntaxError>,
    /// What each `include` of the file leads to, in the order of the text.
    includes: Vec<(DirectiveId, Include)>,
}

/// What an `include` leads to.
#[derive(Clone, Debug)]
pub(super) enum Include {
    /// These files.
    Files {
        /// Those that were read, as indices into the units.
        units: Vec<u32>,
        /// The first that a pattern found and that cannot be read.
        unread: Option<(PathBuf, ReadError)>,
    },
    /// A file that cannot be read.
    Unread {
        /// Why not.
        error: ReadError,
    },
    /// A path that the files do not show.
    Unknown(Arc<Unknown>),
}

/// A directive in one of the files.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Place {
    pub(super) unit: u32,
    pub(super) id: DirectiveId,
}

/// Every file of one configuration, the root first.
#[derive(Debug)]
pub(super) struct Units {
    list: Vec<Unit>,
}

impl Units {
    /// Reads `roots` and what they include; files of one depth are read side by side.
    ///
    /// A fragment's relative includes start from a directory that is not known: its own, one around it, or wherever one file of
    /// the repository fits.
    pub(super) fn load(
        roots: &[Arc<Source>],
        is_fragment: impl Fn(&Tree, &str) -> bool,
        files: &dyn FileTree,
    ) -> Self {
        let mut starts = roots.first().map(|root| files.starts(root.id())).unwrap_or_default();
        let own = roots.first().and_then(|root| root.path().parent());
        if let (Some(own), Some(first)) = (own, starts.first_mut()) {
            own.clone_into(first);
        }
        let mut numbers: HashMap<FileId, u32> = roots.iter().map(|root| root.id()).zip(0..).collect();
        let mut list: Vec<Unit> = roots.iter().cloned().map(Unit::parse).collect();
        let is_fragment = list.first().is_some_and(|first| is_fragment(&first.tree, first.source.text()));
        let mut next = 0;
        while next < list.len() {
            let fresh = list.get(next..).unwrap_or(&[]);
            let resolved: Vec<Vec<(DirectiveId, Found)>> =
                fresh.par_iter().map(|unit| unit.resolve((&starts, is_fragment), files)).collect();
            let mut paths: HashMap<PathBuf, Option<Arc<Source>>> = HashMap::new();
            let wanted: Vec<PathBuf> = resolved
                .iter()
                .flatten()
                .filter_map(|(_, found)| match found {
                    Found::Paths(paths) => Some(paths),
                    Found::Nowhere(..) | Found::Installed(_) | Found::Unknown(_) => None,
                })
                .flatten()
                .filter(|path| paths.insert((*path).clone(), None).is_none())
                .cloned()
                .collect();
            let read: Vec<Result<Arc<Source>, ReadError>> =
                wanted.par_iter().map(|path| files.read(path)).collect();
            let read: HashMap<&PathBuf, Result<Arc<Source>, ReadError>> = wanted.iter().zip(read).collect();
            let mut sources = Vec::new();
            let installed = resolved.iter().flatten().filter_map(|(_, found)| match found {
                Found::Installed(source) => source.as_ref(),
                _ => None,
            });
            let at_hand = wanted.iter().filter_map(|path| read.get(path)?.as_ref().ok());
            for source in at_hand.chain(installed) {
                let number = (list.len() + sources.len()) as u32;
                numbers.entry(source.id()).or_insert_with(|| {
                    sources.push(Arc::clone(source));
                    number
                });
            }
            for (unit, found) in list.iter_mut().skip(next).zip(resolved) {
                unit.includes =
                    found.into_iter().map(|(id, found)| (id, include(found, &read, &numbers))).collect();
            }
            next = list.len();
            list.par_extend(sources.into_par_iter().map(Unit::parse));
        }
        Self { list }
    }

    /// One file.
    pub(super) fn get(&self, unit: u32) -> &Unit {
        self.list.get(unit as usize).expect("unit numbers come from the same configuration")
    }

    /// Those of the first `count` files that another file includes.
    pub(super) fn included(&self, count: usize) -> BTreeSet<usize> {
        let includes = self.list.iter().enumerate().flat_map(|(by, unit)| {
            let files = unit.includes.iter().filter_map(|(_, include)| match include {
                Include::Files { units, .. } => Some(units),
                Include::Unread { .. } | Include::Unknown(_) => None,
            });
            files.flatten().map(move |unit| (by, *unit as usize))
        });
        // Of files that include each other the first stays.
        includes
            .filter(|(by, unit)| *unit < count && (by < unit || *by >= count))
            .map(|(_, unit)| unit)
            .collect()
    }

    /// Every file.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.list.iter()
    }

    /// The words after a directive's name.
    pub(super) fn arguments(&self, place: Place) -> &[Word] {
        self.get(place.unit).tree.arguments(place.id)
    }

    /// An argument's value, counted from 0; empty where there is none.
    pub(super) fn argument(&self, place: Place, index: usize) -> Cow<'_, str> {
        let unit = self.get(place.unit);
        unit.tree.arguments(place.id).get(index).map_or("".into(), |word| word.value(unit.source.text()))
    }

    /// An argument's value with its places.
    pub(super) fn text(&self, place: Place, word: &Word) -> Text {
        let source = &self.get(place.unit).source;
        word.text(source.text(), source.id())
    }

    /// Where a directive stands, name to `;`; its head alone where it has a block.
    pub(super) fn location(&self, place: Place) -> Location {
        let unit = self.get(place.unit);
        let directive = unit.tree.directive(place.id);
        let end = directive.block.map_or(directive.span.end, |block| block.span.start);
        let text = Span::new(directive.span.start, end.max(directive.span.start)).of(unit.source.text());
        let end = directive.span.start + text.trim_end_matches([' ', '\t', '\r', '\n']).len() as u32;
        Location::new(unit.source.id(), Span::new(directive.span.start, end))
    }

    /// Where a word stands.
    pub(super) fn word_location(&self, place: Place, word: &Word) -> Location {
        Location::new(self.get(place.unit).source.id(), word.span)
    }

    /// What an `include` directive leads to.
    pub(super) fn include(&self, place: Place) -> Option<&Include> {
        let includes = &self.get(place.unit).includes;
        let found = includes.binary_search_by_key(&place.id, |(id, _)| *id).ok()?;
        includes.get(found).map(|(_, include)| include)
    }
}

/// What a path in an `include` was resolved to, before anything is read.
enum Found {
    /// A pattern in a directory that is not there to look into.
    Nowhere(ReadError),
    Paths(Vec<PathBuf>),
    /// What a file that is not at hand is known to hold; nothing of TLS where there is no text.
    Installed(Option<Arc<Source>>),
    Unknown(Arc<Unknown>),
}

fn include(
    found: Found,
    read: &HashMap<&PathBuf, Result<Arc<Source>, ReadError>>,
    numbers: &HashMap<FileId, u32>,
) -> Include {
    let paths = match found {
        Found::Nowhere(error) => return Include::Unread { error },
        Found::Unknown(unknown) => return Include::Unknown(unknown),
        Found::Installed(source) => {
            let units = source.iter().filter_map(|source| numbers.get(&source.id()).copied());
            return Include::Files { units: units.collect(), unread: None };
        }
        Found::Paths(paths) => paths,
    };
    let mut units = Vec::new();
    let mut unread = None;
    let is_alone = paths.len() == 1;
    for path in paths {
        match read.get(&path) {
            Some(Ok(source)) => units.extend(numbers.get(&source.id()).copied()),
            Some(Err(error)) if is_alone => return Include::Unread { error: error.clone() },
            Some(Err(error)) => unread = unread.or_else(|| Some((path, error.clone()))),
            None => {}
        }
    }
    Include::Files { units, unread }
}

impl Unit {
    fn parse(source: Arc<Source>) -> Self {
        let parsed = nginx::parse(source.text());
        Self { source, tree: parsed.tree, errors: parsed.errors, includes: Vec::new() }
    }

    /// Where the file's includes lead: relative paths start from the root file's directory, absolute ones are looked for in
    /// the repository.
    fn resolve(&self, starts: (&[PathBuf], bool), files: &dyn FileTree) -> Vec<(DirectiveId, Found)> {
        let text = self.source.text();
        let includes = self.tree.iter().filter(|(id, directive)| {
            directive.block.is_none() && self.tree.name(*id).is_some_and(|name| name.value(text) == "include")
        });
        includes
            .filter_map(|(id, _)| Some((id, self.find(self.tree.arguments(id).first()?, starts, files))))
            .collect()
    }

    fn find(&self, word: &Word, (starts, is_fragment): (&[PathBuf], bool), files: &dyn FileTree) -> Found {
        let value = word.value(self.source.text());
        if word.is_templated() || word.variables {
            let at = Location::new(self.source.id(), word.span);
            let why = format!("the included path \"{value}\" is filled in elsewhere");
            return Found::Unknown(Arc::new(Unknown { at: Some(at), why }));
        }
        let path = Path::new(&*value);
        if glob::is_pattern(&value) {
            return self.find_all(path, starts, files);
        }
        // A file that includes another of its own name does not mean itself.
        let is_self = |path: &PathBuf| files.read(path).is_ok_and(|source| source.id() == self.source.id());
        let deployed = |path: &Path| {
            let found = files.deployed(path, self.source.id(), Evidence::Directory);
            found.filter(|found| !is_self(found))
        };
        let is_file = |path: &PathBuf| files.kind(path) == Some(Kind::File);
        let mut beside = starts.iter().map(|start| start.join(path));
        let found = if path.is_absolute() {
            deployed(path)
        } else if is_fragment {
            let above = files.above(self.source.id());
            beside
                .clone()
                .chain(above.iter().map(|above| above.join(path)))
                .find(is_file)
                .or_else(|| deployed(path))
        } else {
            beside.clone().find(is_file)
        };
        // What a deployment makes of a template has its name without the ending.
        let template = || {
            let named = TEMPLATES.iter().map(|ending| PathBuf::from(format!("{value}.{ending}")));
            named.into_iter().find_map(|path| deployed(&path))
        };
        if let Some(found) = found.or_else(template) {
            return Found::Paths(vec![found]);
        }
        if let Some(text) = installed::directives(path) {
            let at = Location::new(self.source.id(), word.span);
            let source = Some(text).filter(|text| !text.is_empty()).map(|text| files.stand_in(at, text));
            match source {
                None => return Found::Installed(None),
                Some(Some(source)) => return Found::Installed(Some(source)),
                Some(None) => {}
            }
        }
        // A directory that certainly is that of the path shows whether the file is missing.
        let directory = path.parent().filter(|_| path.is_absolute());
        let directory =
            directory.and_then(|directory| files.deployed(directory, self.source.id(), Evidence::Whole));
        let looked_for = directory.zip(path.file_name()).map(|(directory, name)| directory.join(name));
        Found::Paths(vec![looked_for.or_else(|| beside.next()).unwrap_or_else(|| path.to_owned())])
    }

    /// The files that a pattern matches.
    fn find_all(&self, pattern: &Path, starts: &[PathBuf], files: &dyn FileTree) -> Found {
        let fixed = |component: &Component<'_>| !glob::is_pattern(&component.as_os_str().to_string_lossy());
        let before: PathBuf = pattern.components().take_while(fixed).collect();
        let rest = pattern.strip_prefix(&before).unwrap_or(pattern);
        let can_be_listed = |directory: &PathBuf| {
            let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
            files.kind(here) == Some(Kind::Directory) || (here == Path::new(".") && files.list(here).is_ok())
        };
        let directory = if pattern.is_absolute() {
            files.deployed(&before, self.source.id(), Evidence::Name).filter(can_be_listed)
        } else {
            starts.iter().map(|start| start.join(&before)).find(can_be_listed)
        };
        if let Some(directory) = directory {
            return Found::Paths(glob::expand(&directory.join(rest), files));
        }
        let start = starts.first().map_or(Path::new(""), PathBuf::as_path);
        let error = files.list(&start.join(before)).err().unwrap_or(ReadError::Missing);
        Found::Nowhere(error)
    }
}
