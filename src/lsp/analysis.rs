//! The pipeline over buffers and files: what `check` would say if every buffer were saved.

use super::documents::{Document, Documents};
use crate::baseline::Baseline;
use crate::certificate::Trust;
use crate::date::Date;
use crate::discover::Disk;
use crate::endpoint::Dialect;
use crate::finding::Finding;
use crate::fingerprint;
use crate::gate::Gate;
use crate::run::{self, Options, Outcome, Reading, Request, Selection};
use crate::scope::{Flags, Scopes};
use crate::settings::{self, Resolver};
use crate::source::MAXIMUM_BYTES;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What holds besides files and buffers.
pub struct Surroundings {
    /// Finds the settings of files; asked for anew whenever something is read, since settings files change too.
    pub resolver: Box<dyn Fn() -> Result<Resolver, settings::Error>>,
    /// What the command line of the server says.
    pub flags: Flags,
    /// Whether who wrote the tree is not trusted.
    pub is_untrusting: bool,
    /// The day on which expiries are judged.
    pub today: Date,
}

/// What a run found, with the files that its places are in.
pub(super) struct Checked {
    pub(super) disk: Disk,
    pub(super) outcome: Outcome,
    pub(super) layout: Layout,
}

/// How files lie to one another: of what is asked for the languages, and what is a root and what a fragment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    languages: Vec<(String, Dialect)>,
    roots: BTreeSet<(PathBuf, bool)>,
}

/// What was read, before any verdict.
pub(super) struct Read {
    pub(super) disk: Disk,
    pub(super) reading: Reading,
    pub(super) layout: Layout,
}

/// What to look at.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// Files, directories, and buffers of files.
    Paths(Vec<PathBuf>),
    /// A buffer without a file: its name, its text, and its language where the editor says it.
    Untitled(PathBuf, String, Option<Dialect>),
}

impl Subject {
    pub(super) fn of(document: &Document) -> Self {
        if document.is_untitled {
            Self::Untitled(document.path.clone(), document.text.clone(), document.language)
        } else {
            Self::Paths(vec![document.path.clone()])
        }
    }
}

/// Checks a subject; every buffer stands in for its file. `fixes` says whether edits are worked out, and `known` how the files around
/// it lay at the run before, where nothing but buffers has changed since.
///
/// # Errors
/// Mistakes in the settings around the files.
pub(super) fn check(
    subject: &Subject,
    documents: &Documents,
    around: &Surroundings,
    fixes: bool,
    known: Option<&Layout>,
) -> Result<Checked, settings::Error> {
    let (request, read) = look(subject, documents, around, known)?;
    let options = Options {
        request,
        selection: Selection::default(),
        comments: !around.is_untrusting,
        trust: Trust::new(around.today),
        fixes,
        rows: false,
    };
    let Read { disk, reading, layout } = read;
    let mut outcome = run::conclude(&options, reading, &disk)?;
    subtract_baseline(&options.request, &mut outcome.findings, &disk)?;
    Ok(Checked { disk, outcome, layout })
}

/// Reads a subject; `known` as of [`check`].
///
/// # Errors
/// Mistakes in the settings around the files.
pub(super) fn read(
    subject: &Subject,
    documents: &Documents,
    around: &Surroundings,
    known: Option<&Layout>,
) -> Result<Read, settings::Error> {
    look(subject, documents, around, known).map(|(_, read)| read)
}

/// Reads a subject and what is around it. Where the files lie as they lay before, the roots around them are known: none has to be
/// looked for in the whole tree, which is what costs.
fn look(
    subject: &Subject,
    documents: &Documents,
    around: &Surroundings,
    known: Option<&Layout>,
) -> Result<(Request, Read), settings::Error> {
    let mut request = request(subject, around)?;
    if let Some(known) = known {
        request.roots = Some(known.roots.iter().map(|(path, _)| path.clone()).collect());
        let read = look_once(&request, documents)?;
        if read.layout == *known {
            return Ok((request, read));
        }
        request.roots = None;
    }
    let read = look_once(&request, documents)?;
    Ok((request, read))
}

fn look_once(request: &Request, documents: &Documents) -> Result<Read, settings::Error> {
    let disk = disk(request, documents)?;
    let reading = run::read(request, &disk)?;
    let layout = Layout { languages: reading.files.clone(), roots: reading.layout(&disk) };
    Ok(Read { disk, reading, layout })
}

fn request(subject: &Subject, around: &Surroundings) -> Result<Request, settings::Error> {
    let scopes = Scopes::new((around.resolver)()?, around.flags.clone(), around.today);
    let (paths, standard_input, dialect) = match subject {
        Subject::Paths(paths) => (paths.clone(), None, None),
        Subject::Untitled(name, text, dialect) => {
            (Vec::new(), Some((name.clone(), text.clone().into_bytes())), *dialect)
        }
    };
    Ok(Request { paths, roots: None, standard_input, dialect, force_exclude: true, worlds: true, scopes })
}

fn disk(request: &Request, documents: &Documents) -> Result<Disk, settings::Error> {
    let trees = run::trees(request);
    let (root, beside) = trees.split_first().expect("there is at least one tree");
    let scope = request.scopes.of(&root.join("any"))?;
    let disk = run::disk(root, beside, &scope.settings, None);
    // A buffer stands in for its file where that file may be read.
    let within = |path: &Path| {
        trees.iter().any(|tree| path.starts_with(tree) || request.paths.iter().any(|one| one == path))
    };
    for document in documents.iter().filter(|document| !document.is_untitled && within(&document.path)) {
        disk.add(&document.path, document.text.clone().into_bytes());
    }
    Ok(disk)
}

/// Takes out what a baseline of the settings remembers; one that cannot be read takes out nothing.
fn subtract_baseline(
    request: &Request,
    findings: &mut [Finding],
    disk: &Disk,
) -> Result<(), settings::Error> {
    let trees = run::trees(request);
    let settings = Arc::clone(&request.scopes.of(&trees[0].join("any"))?.settings);
    let Some(path) = settings.baseline.as_ref().map(|set| &set.value) else { return Ok(()) };
    let around = || Gate::around(path);
    let gate = settings.repository.as_ref().map_or_else(around, |only| Gate::of(std::slice::from_ref(only)));
    let known = gate.text(path, MAXIMUM_BYTES).ok().and_then(|text| Baseline::read(&text).ok());
    if let Some(baseline) = known {
        let prints = fingerprint::of_places(findings, disk, &run::prefix());
        baseline.apply(findings, &prints);
    }
    Ok(())
}
