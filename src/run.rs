//! The pipeline: discover → read → judge → sort. The file to read first.
//!
//! Roots are worked on in parallel; the final sort makes the result the same for any number of threads.

mod coverage;

use crate::certificate::Trust;
use crate::checks::{self, Findings};
use crate::dialect::{self, Context};
use crate::discover::{self, Candidate, Disk, Filter, Found, Unreadable};
use crate::endpoint::{Dialect, Endpoint, Model};
use crate::files::FileTree;
use crate::finding::{Finding, Severity};
use crate::fix;
use crate::report::Coverage;
use crate::scope::{Scope, Scopes};
use crate::settings;
use crate::source::Source;
use crate::span::FileId;
use crate::suppress;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many endpoints one task judges.
const CHUNK: usize = 128;

/// What to run on, and by what.
#[derive(Debug)]
pub struct Options {
    /// Files and directories to check.
    pub paths: Vec<PathBuf>,
    /// Text to check in place of a file: the name that it is reported under, and its bytes.
    pub standard_input: Option<(PathBuf, Vec<u8>)>,
    /// The language of every named file, where it is not to be guessed.
    pub dialect: Option<Dialect>,
    /// Whether excluded files are left out even when they are named.
    pub force_exclude: bool,
    /// Policies, target, variables and levels by file.
    pub scopes: Scopes,
    /// Which checks' findings are told.
    pub selection: Selection,
    /// Whether comments may say not to count findings.
    pub comments: bool,
    /// What certificates and dates are judged by.
    pub trust: Trust,
}

/// Which checks' findings are told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// These alone; empty for all.
    pub only: Vec<String>,
    /// All but these.
    pub without: Vec<String>,
}

impl Selection {
    /// Whether findings of `check` are told.
    pub fn holds(&self, check: &str) -> bool {
        let is = |id: &String| id == check;
        (self.only.is_empty() || self.only.iter().any(is)) && !self.without.iter().any(is)
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// Findings, sorted by path, position and check.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Paths that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// How many named paths held something to check.
    pub checked: usize,
    /// Every file that was checked, with its language, sorted.
    pub files: Vec<(String, Dialect)>,
    /// The files whose findings are asked for, includes among them, each with its language.
    pub languages: BTreeMap<FileId, Dialect>,
}

/// A file with its language.
#[derive(Clone)]
struct Input {
    source: Arc<Source>,
    dialect: Dialect,
    explicit: bool,
    scope: Arc<Scope>,
}

/// A root file, or a fragment that none includes, with all that it includes.
#[derive(Debug)]
pub struct Root {
    /// What its dialect makes of it.
    pub model: Model,
    /// What holds for it.
    pub scope: Arc<Scope>,
    /// Its language.
    pub dialect: Dialect,
}

/// Everything that was read, before any verdict.
#[derive(Debug)]
pub struct Reading {
    /// The roots.
    pub roots: Vec<Root>,
    /// Paths that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// How many named paths held something to check.
    pub checked: usize,
    /// Every file that was checked, with its language, sorted.
    pub files: Vec<(String, Dialect)>,
    /// How many files were looked into that are in none of the languages.
    in_no_language: usize,
    /// How many files were left alone for their names.
    not_opened: usize,
    /// The files whose findings and endpoints are asked for.
    wanted: HashSet<FileId>,
}

impl Reading {
    /// The endpoints that are asked for, each with its root, in the order of their places.
    pub fn endpoints<'r>(&'r self, disk: &Disk) -> Vec<(&'r Root, &'r Endpoint)> {
        let pairs =
            self.roots.iter().flat_map(|root| root.model.endpoints.iter().map(move |one| (root, one)));
        let mut keyed: Vec<_> = pairs
            .filter(|(_, endpoint)| self.wanted.contains(&endpoint.location.file))
            .map(|pair| (disk.source(pair.1.location.file), pair))
            .collect();
        keyed.sort_by(|(a_source, (_, a)), (b_source, (_, b))| {
            let place = |source: &Source| source.display().to_owned();
            place(a_source)
                .cmp(&place(b_source))
                .then(a.location.span.cmp(&b.location.span))
                .then_with(|| a.label.cmp(&b.label))
        });
        keyed.into_iter().map(|(_, pair)| pair).collect()
    }

    /// Every endpoint with the policies that it is held against.
    fn subjects(&self, disk: &Disk) -> Vec<fix::Subject<'_>> {
        let pairs =
            self.roots.iter().flat_map(|root| root.model.endpoints.iter().map(move |one| (root, one)));
        pairs
            .map(|(root, endpoint)| {
                let source = disk.source(endpoint.location.file);
                fix::Subject { endpoint, policies: root.scope.policies(source.path()) }
            })
            .collect()
    }

    /// The files whose findings are asked for, each with its language.
    pub fn languages(&self) -> BTreeMap<FileId, Dialect> {
        let read =
            self.roots.iter().flat_map(|root| root.model.files.iter().map(|file| (*file, root.dialect)));
        read.filter(|(file, _)| self.wanted.contains(file)).collect()
    }

    /// What was looked at.
    pub fn coverage(&self) -> Coverage {
        Coverage {
            in_no_language: self.in_no_language,
            not_opened: self.not_opened,
            ..coverage::of(&self.roots, &self.wanted)
        }
    }
}

/// Checks everything that `options` name.
///
/// # Errors
/// Mistakes in the settings around the files.
pub fn run(options: &Options, disk: &Disk) -> Result<Outcome, settings::Error> {
    let reading = read(options, disk)?;
    let mut findings = judge(&reading.roots, &options.trust, disk).into_list();
    let is_told = |finding: &Finding| {
        reading.wanted.contains(&finding.location.file) && options.selection.holds(finding.check)
    };
    findings.retain(is_told);
    fix::propose(&mut findings, &reading.subjects(disk), disk);
    let languages = reading.languages();
    let context = suppress::Context {
        files: disk,
        read: &languages,
        scopes: &options.scopes,
        comments: options.comments,
        ran: &|check| options.selection.holds(check),
    };
    suppress::apply(&mut findings, &context)?;
    findings.retain(|finding| options.selection.holds(finding.check));
    Ok(Outcome {
        findings: sorted(findings, disk),
        coverage: reading.coverage(),
        unreadable: reading.unreadable,
        checked: reading.checked,
        files: reading.files,
        languages,
    })
}

/// Reads everything that `options` name.
///
/// # Errors
/// Mistakes in the settings around the files.
pub fn read(options: &Options, disk: &Disk) -> Result<Reading, settings::Error> {
    let found = find(options, &options.paths, options.force_exclude);
    let mut unreadable = found.unreadable;
    let (mut inputs, more) = load(options, disk, &found.candidates)?;
    let in_no_language = found.candidates.len() - inputs.len() - more.len();
    unreadable.extend(more);
    unreadable.sort();
    if let Some((name, bytes)) = &options.standard_input {
        let scope = options.scopes.of(name)?;
        let source = disk.add(name, bytes.clone());
        let dialect = options.dialect.or_else(|| scope.settings.dialect(name));
        let dialect = dialect.or_else(|| discover::dialect_of(name, source.text()));
        inputs.extend(dialect.map(|dialect| Input { source, dialect, explicit: true, scope }));
    }
    let roots = read_all(&inputs, options, disk)?;
    let wanted = wanted(&inputs, &roots);
    let files = inputs.iter().map(|input| (input.source.display().to_owned(), input.dialect)).collect();
    let not_opened = found.not_opened;
    Ok(Reading { roots, unreadable, checked: inputs.len(), files, in_no_language, not_opened, wanted })
}

fn find(options: &Options, paths: &[PathBuf], force: bool) -> Found {
    let excludes = |path: &Path| options.scopes.excludes(path);
    let includes = |path: &Path| options.scopes.names_dialect(path);
    discover::find(paths, Filter { excludes: &excludes, includes: &includes, force })
}

/// Reads every candidate and settles its language; a file in none of the languages is left out.
fn load(
    options: &Options,
    disk: &Disk,
    candidates: &[Candidate],
) -> Result<(Vec<Input>, Vec<Unreadable>), settings::Error> {
    let loaded: Vec<_> = candidates
        .par_iter()
        .map(|candidate| {
            let scope = options.scopes.of(&candidate.path)?;
            Ok(load_one(options, disk, candidate, scope))
        })
        .collect::<Result<_, settings::Error>>()?;
    let mut inputs = Vec::new();
    let mut unreadable = Vec::new();
    for one in loaded {
        match one {
            Ok(input) => inputs.extend(input),
            Err(error) => unreadable.push(error),
        }
    }
    Ok((inputs, unreadable))
}

fn load_one(
    options: &Options,
    disk: &Disk,
    candidate: &Candidate,
    scope: Arc<Scope>,
) -> Result<Option<Input>, Unreadable> {
    let Candidate { path, explicit } = candidate;
    let source = disk.open(path);
    let source = source.map_err(|error| Unreadable { path: path.clone(), reason: error.to_string() })?;
    let forced = if *explicit { options.dialect } else { None };
    let dialect = forced
        .or_else(|| scope.settings.dialect(path))
        .or_else(|| discover::dialect_of(path, source.text()))
        .or(options.dialect);
    Ok(dialect.map(|dialect| Input { source, dialect, explicit: *explicit, scope }))
}

/// Reads roots with all that they include, then what is left as fragments.
fn read_all(inputs: &[Input], options: &Options, disk: &Disk) -> Result<Vec<Root>, settings::Error> {
    let (whole, rest): (Vec<_>, Vec<_>) =
        inputs.iter().cloned().partition(|input| dialect::is_root(input.dialect, &input.source));
    let mut roots = read_each(&whole, disk);
    let rest = unread(rest, &roots);
    // A fragment that was named alone is judged through the roots of its repository that include it.
    if rest.iter().any(|input| input.explicit) {
        let more = roots_of_repository(&rest, &whole, options, disk)?;
        let wanted: HashSet<FileId> = rest.iter().map(|input| input.source.id()).collect();
        let through = read_each(&more, disk);
        roots.extend(
            through.into_iter().filter(|root| root.model.files.iter().any(|file| wanted.contains(file))),
        );
    }
    let rest = unread(rest, &roots);
    // Fragments include fragments: one that another includes is judged there.
    let fragments = read_each(&rest, disk);
    let included: HashSet<FileId> =
        fragments.iter().flat_map(|root| root.model.files.iter().skip(1)).copied().collect();
    let alone = fragments
        .into_iter()
        .filter(|root| root.model.files.first().is_none_or(|file| !included.contains(file)));
    roots.extend(alone);
    Ok(roots)
}

fn read_each(inputs: &[Input], disk: &Disk) -> Vec<Root> {
    inputs
        .par_iter()
        .map(|input| {
            let scope = Arc::clone(&input.scope);
            let target = scope.target(input.source.path());
            let context = Context { files: disk, target, variables: &scope.variables };
            let mut model = dialect::read(input.dialect, std::slice::from_ref(&input.source), context);
            if model.files.is_empty() {
                model.files.push(input.source.id());
            }
            Root { model, scope, dialect: input.dialect }
        })
        .collect()
}

fn unread(inputs: Vec<Input>, roots: &[Root]) -> Vec<Input> {
    let read: HashSet<FileId> = roots.iter().flat_map(|root| root.model.files.iter().copied()).collect();
    inputs.into_iter().filter(|input| !read.contains(&input.source.id())).collect()
}

/// The roots in the repositories around `fragments`, those of `known` left out.
fn roots_of_repository(
    fragments: &[Input],
    known: &[Input],
    options: &Options,
    disk: &Disk,
) -> Result<Vec<Input>, settings::Error> {
    let repositories: BTreeSet<_> = fragments
        .iter()
        .filter(|input| input.explicit)
        .map(|input| discover::root_of(input.source.path()))
        .collect();
    let languages: BTreeSet<_> = fragments.iter().map(|input| input.dialect).collect();
    let repositories: Vec<_> = repositories.into_iter().collect();
    let candidates = find(options, &repositories, true).candidates;
    let (inputs, _) = load(options, disk, &candidates)?;
    let is_new = |input: &Input| {
        languages.contains(&input.dialect)
            && dialect::is_root(input.dialect, &input.source)
            && !known.iter().any(|known| known.source.id() == input.source.id())
    };
    Ok(inputs.into_iter().filter(is_new).collect())
}

/// The files whose findings are asked for: all that were named or found, and all that roots among them include.
fn wanted(inputs: &[Input], roots: &[Root]) -> HashSet<FileId> {
    let named: HashSet<FileId> = inputs.iter().map(|input| input.source.id()).collect();
    let models = roots.iter().map(|root| &root.model);
    let asked = models.filter(|model| model.files.first().is_some_and(|first| named.contains(first)));
    let included = asked.flat_map(|model| model.files.iter().copied());
    let mut wanted: HashSet<FileId> = included.collect();
    wanted.extend(named);
    wanted
}

fn judge(roots: &[Root], trust: &Trust, disk: &Disk) -> Findings {
    let mut findings = Findings::default();
    for Root { model, scope, .. } in roots {
        let chunks: Vec<Findings> = model
            .endpoints
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut findings = Findings::default();
                for endpoint in chunk {
                    let source = disk.source(endpoint.location.file);
                    let policies = scope.policies(source.path());
                    checks::judge(endpoint, policies, trust, &mut findings);
                }
                findings
            })
            .collect();
        for observation in &model.observations {
            checks::observe(observation, &mut findings);
        }
        for chunk in chunks {
            findings.merge(chunk);
        }
        for refusal in &model.refusals {
            checks::refuse(refusal, &mut findings);
        }
    }
    checks::settle(&mut findings);
    findings
}

/// By path, position and check.
fn sorted(findings: Vec<Finding>, disk: &Disk) -> Vec<Finding> {
    let with_source = |finding: Finding| (disk.source(finding.location.file), finding);
    let mut keyed: Vec<_> = findings.into_iter().map(with_source).collect();
    keyed.sort_by(|(a_source, a), (b_source, b)| {
        let span = |finding: &Finding| (finding.location.span.start, finding.location.span.end);
        a_source
            .display()
            .cmp(b_source.display())
            .then_with(|| span(a).cmp(&span(b)))
            .then_with(|| a.check.cmp(b.check))
            .then_with(|| a.message.cmp(&b.message))
    });
    keyed.into_iter().map(|(_, finding)| finding).collect()
}

/// Whether anything at or above `threshold` remains.
pub fn fails(findings: &[Finding], threshold: Severity) -> bool {
    findings.iter().any(|finding| finding.suppressed.is_none() && finding.severity >= threshold)
}
