//! From paths to what dialects make of the files there, before any verdict.

use super::coverage;
use super::embedded;
use super::input::{Input, Loaded, Skipped, Text, find, inputs_of, load};
use super::siblings;
use super::swallowed;
use crate::budget::Budget;
use crate::dialect::{self, Context};
use crate::discover::{self, Candidate, Disk, Unreadable};
use crate::endpoint::{Dialect, Endpoint, Model};
use crate::files::{FileTree as _, normalise};
use crate::finding::Finding;
use crate::fix;
use crate::report::Coverage;
use crate::scope::{Scope, Scopes};
use crate::settings;
use crate::source::Source;
use crate::span::FileId;
use crate::worlds::{self, Renderings};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to read.
#[derive(Debug)]
pub struct Request {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// The roots around the files, where it is known from a run before which these are; `None` to look for them.
    pub roots: Option<Vec<PathBuf>>,
    /// Text to read in place of a file: the name that it is reported under, and its bytes.
    pub standard_input: Option<(PathBuf, Vec<u8>)>,
    /// The language of every named file, where it is not to be guessed.
    pub dialect: Option<Dialect>,
    /// Whether excluded files are left out even when they are named.
    pub force_exclude: bool,
    /// Whether every rendering of a template is read, or its text as it stands.
    pub worlds: bool,
    /// Policies, target, variables and levels by file.
    pub scopes: Scopes,
}

/// A root file, or a fragment that none includes, with all that it includes.
#[derive(Debug)]
pub struct Root {
    /// What its dialect makes of it, in all renderings together.
    pub model: Model,
    /// For a template, what of the model holds in which of its renderings.
    pub renderings: Option<Renderings>,
    /// What holds for it.
    pub scope: Arc<Scope>,
    /// Its language.
    pub dialect: Dialect,
    /// The files that it was read from, without those that they include.
    pub(super) given: Vec<FileId>,
}

/// Everything that was read, before any verdict.
#[derive(Debug)]
pub struct Reading {
    /// The roots.
    pub roots: Vec<Root>,
    /// Paths that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// What was found or is named by a configuration and must not be read, sorted.
    pub refused: Vec<Unreadable>,
    /// How many named paths held something to check.
    pub checked: usize,
    /// Every file that was checked, with its language, sorted.
    pub files: Vec<(String, Dialect)>,
    /// The files that are in none of the languages, sorted.
    pub skipped: Vec<Skipped>,
    /// How many files were left alone for their names.
    not_opened: usize,
    /// How many files and directories were left out as excluded.
    excluded: usize,
    /// Files whose language only their content says, and which hold no TLS setting.
    pub(super) doubtful: HashSet<FileId>,
    /// The files whose findings and endpoints are asked for.
    pub(super) wanted: HashSet<FileId>,
}

impl Reading {
    /// The endpoints that are asked for, each with its root, in the order of their places.
    pub fn endpoints<'r>(&'r self, disk: &Disk) -> Vec<(&'r Root, &'r Endpoint)> {
        let pairs =
            self.roots.iter().flat_map(|root| root.model.endpoints.iter().map(move |one| (root, one)));
        let mut keyed: Vec<_> = pairs
            .filter(|(_, endpoint)| self.wanted.contains(&endpoint.location.file))
            .map(|pair| {
                let place = disk.written(pair.1.location);
                ((disk.source(place.file), place.span), pair)
            })
            .collect();
        keyed.sort_by(|((a_source, a_span), (_, a)), ((b_source, b_span), (_, b))| {
            let place = |source: &Source| source.display().to_owned();
            place(a_source).cmp(&place(b_source)).then(a_span.cmp(b_span)).then_with(|| a.label.cmp(&b.label))
        });
        keyed.into_iter().map(|(_, pair)| pair).collect()
    }

    /// Every endpoint with the policies that it is held against.
    pub(super) fn subjects(&self, disk: &Disk) -> Vec<fix::Subject<'_>> {
        let pairs =
            self.roots.iter().flat_map(|root| root.model.endpoints.iter().map(move |one| (root, one)));
        pairs
            .map(|(root, endpoint)| {
                let source = disk.source(endpoint.location.file);
                fix::Subject { endpoint, policies: root.scope.policies(source.path()) }
            })
            .collect()
    }

    /// The files of every root and fragment, those that they include left out, each with whether it is a fragment; by the paths under
    /// which they were opened. A later run over the same files may take them as its [`Request::roots`].
    pub fn layout(&self, disk: &Disk) -> BTreeSet<(PathBuf, bool)> {
        let each = self.roots.iter().flat_map(|root| root.given.iter().map(move |file| (root, *file)));
        let path = |file| disk.source(embedded::host(file, disk)).path().to_owned();
        each.map(|(root, file)| (path(file), root.model.is_fragment)).collect()
    }

    /// Whether a finding is asked for: it stands in one of the files, or it stands in what includes them, or in what they include,
    /// and reaches an endpoint in one of them.
    pub(super) fn is_about(&self, finding: &Finding) -> bool {
        self.wanted.contains(&finding.location.file)
            || finding.reaches.iter().any(|file| self.wanted.contains(file))
    }

    /// The files that are asked for, each with its language.
    pub fn languages(&self) -> BTreeMap<FileId, Dialect> {
        self.languages_of(&[])
    }

    /// The same, with those that `findings` stand in.
    pub(super) fn languages_of(&self, findings: &[Finding]) -> BTreeMap<FileId, Dialect> {
        let more: HashSet<FileId> = findings.iter().map(|finding| finding.location.file).collect();
        let filled_from =
            |root: &Root| root.renderings.iter().flat_map(|one| one.filled_from.clone()).collect::<Vec<_>>();
        let read = self.roots.iter().flat_map(|root| {
            let files = filled_from(root)
                .into_iter()
                .filter(|file| more.contains(file))
                .chain(root.model.files.iter().copied());
            files.map(|file| (file, root.dialect)).collect::<Vec<_>>()
        });
        read.filter(|(file, _)| self.wanted.contains(file) || more.contains(file)).collect()
    }

    /// What was looked at.
    pub fn coverage(&self, disk: &Disk) -> Coverage {
        let coverage = coverage::of(self, disk);
        // What fills templates in is read, and in none of the languages.
        let filled_from =
            self.roots.iter().filter_map(|root| root.renderings.as_ref()).flat_map(|one| &one.filled_from);
        let values: HashSet<PathBuf> = filled_from.map(|file| disk.source(*file).path().to_owned()).collect();
        let is_value =
            |skipped: &&Skipped| values.contains(&std::path::absolute(&skipped.path).unwrap_or_default());
        let promising = self.skipped.iter().filter(|one| one.is_promising && !is_value(one)).count();
        Coverage {
            in_no_language: coverage.in_no_language + promising,
            not_opened: self.not_opened + self.skipped.len()
                - promising
                - self.skipped.iter().filter(is_value).count(),
            not_understood: self.skipped.iter().filter(|one| one.holds_tls && !is_value(one)).count(),
            refused: self.refused.len(),
            excluded: self.excluded,
            ..coverage
        }
    }
}

/// Reads everything that `request` names.
///
/// # Errors
/// Mistakes in the settings around the files.
pub fn read(request: &Request, disk: &Disk) -> Result<Reading, settings::Error> {
    let found = find(request, &request.paths, request.force_exclude, disk);
    let Loaded { mut inputs, mut unreadable, mut refused, mut skipped } =
        load(request, disk, &found.candidates)?;
    skipped.sort();
    unreadable.extend(found.unreadable);
    unreadable.sort();
    refused.extend(found.refused);
    if let Some((name, bytes)) = &request.standard_input {
        let scope = request.scopes.of(name)?;
        let source = disk.add(name, bytes.clone());
        let dialect = request.dialect.or_else(|| scope.settings.dialect(name));
        inputs.extend(inputs_of(&source, dialect, &scope, disk));
    }
    let roots = read_all(&inputs, request, disk)?;
    let wanted = wanted(&inputs, &roots, request, disk);
    let mut files: Vec<_> =
        inputs.iter().map(|input| (input.source.display().to_owned(), input.dialect)).collect();
    files.dedup();
    refused.extend(disk.refused());
    refused.sort();
    refused.dedup_by(|later, earlier| later.path == earlier.path);
    let (checked, not_opened, excluded) = (inputs.len(), found.not_opened, found.excluded);
    let doubtful = inputs.iter().filter(|input| input.is_doubtful).map(|input| input.source.id()).collect();
    Ok(Reading {
        roots,
        unreadable,
        refused,
        checked,
        files,
        skipped,
        not_opened,
        excluded,
        doubtful,
        wanted,
    })
}

/// Reads roots with all that they include, then what is left as fragments.
fn read_all(inputs: &[Input], request: &Request, disk: &Disk) -> Result<Vec<Root>, settings::Error> {
    let texts = texts_of(inputs, request, disk)?;
    let (whole, rest): (Vec<_>, Vec<_>) = texts.into_iter().partition(is_root);
    let mut roots = read_each(&whole, request, disk);
    let rest = unread(rest, &roots);
    // A fragment is judged through the roots around it that include it, whatever was named.
    if !rest.is_empty() {
        let more = roots_around(&rest, &whole, request, disk)?;
        let wanted: HashSet<FileId> = rest.iter().flatten().map(|input| input.source.id()).collect();
        let through = read_each(&more, request, disk);
        roots.extend(
            through.into_iter().filter(|root| root.model.files.iter().any(|file| wanted.contains(file))),
        );
    }
    let rest = siblings::join(unread(rest, &roots), &roots, request, disk)?;
    // Fragments include fragments: one that another includes is judged there.
    let fragments = read_each(&rest, request, disk);
    let is_included = included(&fragments);
    roots.extend(
        fragments.into_iter().zip(is_included).filter(|(_, is_included)| !is_included).map(|(root, _)| root),
    );
    Ok(roots)
}

/// Which of `fragments` others include; of those that include each other, the first stays.
fn included(fragments: &[Root]) -> Vec<bool> {
    let mut by_file: HashMap<FileId, Vec<usize>> = HashMap::new();
    for (index, root) in fragments.iter().enumerate() {
        for file in root.model.files.iter().filter(|file| !root.given.contains(file)) {
            by_file.entry(*file).or_default().push(index);
        }
    }
    let includes = |file: &FileId, index: usize| by_file.get(file).is_some_and(|by| by.contains(&index));
    let stays_before = |other: usize, index: usize| {
        other != index && (other < index || !fragments[other].given.iter().all(|file| includes(file, index)))
    };
    let is_included = |index: usize, file: &FileId| {
        by_file.get(file).is_some_and(|by| by.iter().any(|other| stays_before(*other, index)))
    };
    let indexed = fragments.iter().enumerate();
    indexed.map(|(index, root)| root.given.iter().all(|file| is_included(index, file))).collect()
}

/// Puts together what HAProxy reads as one text; of a file that was named alone, the other parts come from the disk.
fn texts_of(inputs: &[Input], request: &Request, disk: &Disk) -> Result<Vec<Text>, settings::Error> {
    let is_part = |input: &&Input| input.dialect == Dialect::HaProxy;
    let mut parts: Vec<_> = inputs.iter().filter(is_part).cloned().collect();
    let known: HashSet<FileId> = parts.iter().map(|input| input.source.id()).collect();
    let absolute = |path: &Path| normalise(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let paths: BTreeSet<PathBuf> = parts.iter().map(|input| absolute(input.source.path())).collect();
    let beside: BTreeSet<_> = paths.iter().flat_map(|path| discover::neighbours(path, disk)).collect();
    let beside = beside.into_iter().filter(|path| !request.scopes.excludes(path));
    let beside: Vec<_> = beside.map(self::beside).collect();
    let others = load(request, disk, &beside)?;
    parts.extend(others.inputs.into_iter().filter(|one| is_part(&one) && !known.contains(&one.source.id())));
    let described: Vec<_> = parts
        .iter()
        .map(|input| discover::Part {
            path: absolute(input.source.path()),
            is_root: dialect::is_root(input.dialect, &input.source),
        })
        .collect();
    let grouped = discover::texts(&described).into_iter();
    let joined = grouped.map(|text| text.into_iter().map(|index| parts[index].clone()).collect::<Text>());
    let asked = joined.filter(|text| text.iter().any(|input| known.contains(&input.source.id())));
    Ok(asked.chain(inputs.iter().filter(|input| !is_part(input)).map(|input| vec![input.clone()])).collect())
}

fn is_root(text: &Text) -> bool {
    text.iter().any(|input| dialect::is_root(input.dialect, &input.source))
}

fn read_each(texts: &[Text], request: &Request, disk: &Disk) -> Vec<Root> {
    let read = |text: &Text| {
        let first = text.first()?;
        let scope = Arc::clone(&first.scope);
        let target = scope.target(first.source.path());
        let budget = Budget::new(scope.settings.limits());
        let variables = &scope.variables;
        let context =
            Context { files: disk, target, variables, is_whole: false, asked: None, budget: &budget };
        let sources: Vec<_> = text.iter().map(|input| Arc::clone(&input.source)).collect();
        let (mut model, mut renderings) = if request.worlds {
            worlds::read(first.dialect, &sources, context)
        } else {
            (dialect::read(first.dialect, &sources, context), None)
        };
        if model.files.is_empty() {
            model.files.push(first.source.id());
        }
        let swallowed = swallowed::observations(first.dialect, &model, disk);
        if let Some(renderings) = &mut renderings {
            renderings.observations.extend(swallowed.iter().map(|_| u64::MAX));
        }
        model.observations.extend(swallowed);
        let given = text.iter().map(|input| input.source.id()).collect();
        Some(Root { model, renderings, scope, dialect: first.dialect, given })
    };
    texts.par_iter().filter_map(read).collect()
}

fn unread(texts: Vec<Text>, roots: &[Root]) -> Vec<Text> {
    let read: HashSet<FileId> = roots.iter().flat_map(|root| root.model.files.iter().copied()).collect();
    let is_read = |text: &Text| text.iter().all(|input| read.contains(&input.source.id()));
    texts.into_iter().filter(|text| !is_read(text)).collect()
}

/// The roots in the trees around `fragments`, those of `known` left out, and trees that were looked through as a whole.
fn roots_around(
    fragments: &[Text],
    known: &[Text],
    request: &Request,
    disk: &Disk,
) -> Result<Vec<Text>, settings::Error> {
    let languages: BTreeSet<_> = fragments.iter().flatten().map(|input| input.dialect).collect();
    let known: HashSet<FileId> = known.iter().flatten().map(|input| input.source.id()).collect();
    let is_new = |input: &Input| {
        languages.contains(&input.dialect)
            && dialect::is_root(input.dialect, &input.source)
            && !known.contains(&input.source.id())
    };
    let is_file = |input: &&Input| embedded::host(input.source.id(), disk) == input.source.id();
    let mut one_of: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for input in fragments.iter().flatten().filter(is_file) {
        let path = input.source.path();
        let directory = path.parent().unwrap_or(path).to_owned();
        one_of.entry(directory).or_insert_with(|| path.to_owned());
    }
    let walked = request.paths.iter().filter_map(|path| std::fs::canonicalize(path).ok());
    let walked: Vec<PathBuf> = walked.filter(|path| path.is_dir()).collect();
    let trees: BTreeSet<PathBuf> = one_of.values().map(|path| discover::root_of(path)).collect();
    let is_walked = |tree: &PathBuf| walked.iter().any(|directory| tree.starts_with(directory));
    let trees: Vec<PathBuf> = trees.into_iter().filter(|tree| !is_walked(tree)).collect();
    let candidates = match &request.roots {
        Some(roots) => roots.iter().map(|path| beside(path.clone())).collect(),
        None => find(request, &trees, true, disk).candidates,
    };
    let loaded = load(request, disk, &candidates)?;
    Ok(loaded.inputs.into_iter().filter(is_new).map(|input| vec![input]).collect())
}

/// A file that nobody named, known to be a configuration.
const fn beside(path: PathBuf) -> Candidate {
    Candidate { path, explicit: false, open: discover::Open::Whole }
}

/// The files whose findings are asked for: all that were named or found, and all that roots among them include and nobody excluded.
fn wanted(inputs: &[Input], roots: &[Root], request: &Request, disk: &Disk) -> HashSet<FileId> {
    let named: HashSet<FileId> = inputs.iter().map(|input| input.source.id()).collect();
    // Of fragments that are read side by side each is asked for by itself.
    let is_asked = |root: &&Root| match root.dialect {
        Dialect::Nginx => root.given.iter().all(|file| named.contains(file)),
        _ => root.model.files.first().is_some_and(|first| named.contains(first)),
    };
    let asked = roots.iter().filter(is_asked);
    let filled_from =
        |root: &Root| root.renderings.iter().flat_map(|one| one.filled_from.clone()).collect::<Vec<_>>();
    let included: HashSet<FileId> =
        asked.flat_map(|root| root.model.files.iter().copied().chain(filled_from(root))).collect();
    let is_kept = |file: &FileId| named.contains(file) || !request.scopes.excludes(disk.source(*file).path());
    included.into_iter().filter(is_kept).chain(named.iter().copied()).collect()
}
