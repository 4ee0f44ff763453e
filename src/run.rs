//! The pipeline: discover → read → judge → sort. The file to read first.
//!
//! Roots are worked on in parallel; the final sort makes the result the same for any number of threads.

use crate::certificate::Trust;
use crate::checks::{self, Findings};
use crate::dialect::{self, Context};
use crate::discover::{self, Candidate, Disk, Unreadable};
use crate::endpoint::{Dialect, Endpoint, Model, Role, Transport};
use crate::files::FileTree;
use crate::finding::{Finding, Severity};
use crate::policy::Policy;
use crate::report::Coverage;
use crate::setting::{Setting, Unknown};
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::target::Target;
use globset::GlobSet;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
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
    /// Paths left out while walking directories.
    pub exclude: GlobSet,
    /// Whether `exclude` also holds for files that are named.
    pub force_exclude: bool,
    /// Languages by path, from the settings.
    pub dialects: Vec<(GlobSet, Dialect)>,
    /// Policies to hold everything against.
    pub policies: Vec<Policy>,
    /// What the configuration will run on.
    pub target: Target,
    /// Values for placeholders.
    pub variables: BTreeMap<String, String>,
    /// What certificates and dates are judged by.
    pub trust: Trust,
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
}

/// A file with its language.
#[derive(Clone)]
struct Input {
    source: Arc<Source>,
    dialect: Dialect,
    explicit: bool,
}

/// Everything that was read, before any verdict.
#[derive(Debug)]
pub struct Reading {
    /// One model per root and per fragment that no root includes.
    pub models: Vec<Model>,
    /// Paths that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// How many named paths held something to check.
    pub checked: usize,
    /// Every file that was checked, with its language, sorted.
    pub files: Vec<(String, Dialect)>,
    /// The files whose findings and endpoints are asked for.
    wanted: HashSet<FileId>,
}

impl Reading {
    /// The endpoints that are asked for, each with its model, in the order of their places.
    pub fn endpoints<'r>(&'r self, disk: &Disk) -> Vec<(&'r Model, &'r Endpoint)> {
        let pairs = self.models.iter().flat_map(|model| model.endpoints.iter().map(move |one| (model, one)));
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

    /// What was looked at.
    pub fn coverage(&self) -> Coverage {
        coverage(&self.models, &self.wanted)
    }
}

/// Checks everything that `options` name.
pub fn run(options: &Options, disk: &Disk) -> Outcome {
    let reading = read(options, disk);
    let findings = judge(&reading.models, &options.policies, &options.trust);
    Outcome {
        findings: sorted(findings, &reading.wanted, disk),
        coverage: reading.coverage(),
        unreadable: reading.unreadable,
        checked: reading.checked,
        files: reading.files,
    }
}

/// Reads everything that `options` name.
pub fn read(options: &Options, disk: &Disk) -> Reading {
    let (candidates, mut unreadable) =
        discover::find(&options.paths, &options.exclude, options.force_exclude);
    let (mut inputs, more) = load(options, disk, &candidates);
    unreadable.extend(more);
    unreadable.sort();
    if let Some((name, bytes)) = &options.standard_input {
        let source = disk.add(name, bytes.clone());
        let dialect = options.dialect.or_else(|| discover::dialect_of(name, source.text()));
        inputs.extend(dialect.map(|dialect| Input { source, dialect, explicit: true }));
    }
    let context = Context { files: disk, target: &options.target, variables: &options.variables };
    let models = read_all(&inputs, options, disk, context);
    let wanted = wanted(&inputs, &models);
    let files = inputs.iter().map(|input| (input.source.display().to_owned(), input.dialect)).collect();
    Reading { models, unreadable, checked: inputs.len(), files, wanted }
}

/// Reads every candidate and settles its language; a file in none of the languages is left out.
fn load(options: &Options, disk: &Disk, candidates: &[Candidate]) -> (Vec<Input>, Vec<Unreadable>) {
    let loaded: Vec<_> = candidates
        .par_iter()
        .map(|candidate| {
            let configured = options.dialects.iter().find(|(globs, _)| globs.is_match(&candidate.path));
            let source = disk.open(&candidate.path);
            let source = source
                .map_err(|error| Unreadable { path: candidate.path.clone(), reason: error.to_string() })?;
            let forced = if candidate.explicit { options.dialect } else { None };
            let dialect = forced
                .or(configured.map(|(_, dialect)| *dialect))
                .or_else(|| discover::dialect_of(&candidate.path, source.text()))
                .or(options.dialect);
            Ok(dialect.map(|dialect| Input { source, dialect, explicit: candidate.explicit }))
        })
        .collect();
    let mut inputs = Vec::new();
    let mut unreadable = Vec::new();
    for one in loaded {
        match one {
            Ok(input) => inputs.extend(input),
            Err(error) => unreadable.push(error),
        }
    }
    (inputs, unreadable)
}

/// Reads roots with all that they include, then what is left as fragments.
fn read_all(inputs: &[Input], options: &Options, disk: &Disk, context: Context<'_>) -> Vec<Model> {
    let (roots, rest): (Vec<_>, Vec<_>) =
        inputs.iter().cloned().partition(|input| dialect::is_root(input.dialect, &input.source));
    let mut models = read_each(&roots, context);
    let rest = unread(rest, &models);
    // A fragment that was named alone is judged through the roots of its repository that include it.
    if rest.iter().any(|input| input.explicit) {
        let more = roots_of_repository(&rest, &roots, options, disk);
        let wanted: HashSet<FileId> = rest.iter().map(|input| input.source.id()).collect();
        let through = read_each(&more, context);
        models
            .extend(through.into_iter().filter(|model| model.files.iter().any(|file| wanted.contains(file))));
    }
    let rest = unread(rest, &models);
    // Fragments include fragments: one that another includes is judged there.
    let fragments = read_each(&rest, context);
    let included: HashSet<FileId> =
        fragments.iter().flat_map(|model| model.files.iter().skip(1)).copied().collect();
    let alone =
        fragments.into_iter().filter(|model| model.files.first().is_none_or(|file| !included.contains(file)));
    models.extend(alone);
    models
}

fn read_each(inputs: &[Input], context: Context<'_>) -> Vec<Model> {
    inputs
        .par_iter()
        .map(|input| {
            let mut model = dialect::read(input.dialect, std::slice::from_ref(&input.source), context);
            if model.files.is_empty() {
                model.files.push(input.source.id());
            }
            model
        })
        .collect()
}

fn unread(inputs: Vec<Input>, models: &[Model]) -> Vec<Input> {
    let read: HashSet<FileId> = models.iter().flat_map(|model| model.files.iter().copied()).collect();
    inputs.into_iter().filter(|input| !read.contains(&input.source.id())).collect()
}

/// The roots in the repositories around `fragments`, those of `known` left out.
fn roots_of_repository(fragments: &[Input], known: &[Input], options: &Options, disk: &Disk) -> Vec<Input> {
    let repositories: BTreeSet<_> = fragments
        .iter()
        .filter(|input| input.explicit)
        .map(|input| discover::root_of(input.source.path()))
        .collect();
    let languages: BTreeSet<_> = fragments.iter().map(|input| input.dialect).collect();
    let repositories: Vec<_> = repositories.into_iter().collect();
    let (candidates, _) = discover::find(&repositories, &options.exclude, true);
    let (inputs, _) = load(options, disk, &candidates);
    let is_new = |input: &Input| {
        languages.contains(&input.dialect)
            && dialect::is_root(input.dialect, &input.source)
            && !known.iter().any(|known| known.source.id() == input.source.id())
    };
    inputs.into_iter().filter(is_new).collect()
}

/// The files whose findings are asked for: all that were named or found, and all that roots among them include.
fn wanted(inputs: &[Input], models: &[Model]) -> HashSet<FileId> {
    let named: HashSet<FileId> = inputs.iter().map(|input| input.source.id()).collect();
    let asked = models.iter().filter(|model| model.files.first().is_some_and(|root| named.contains(root)));
    let included = asked.flat_map(|model| model.files.iter().copied());
    let mut wanted: HashSet<FileId> = included.collect();
    wanted.extend(named);
    wanted
}

fn judge(models: &[Model], policies: &[Policy], trust: &Trust) -> Findings {
    let mut findings = Findings::default();
    for model in models {
        let chunks: Vec<Findings> = model
            .endpoints
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut findings = Findings::default();
                for endpoint in chunk {
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
    findings
}

/// By path, position and check.
fn sorted(findings: Findings, wanted: &HashSet<FileId>, disk: &Disk) -> Vec<Finding> {
    let mut keyed: Vec<_> = findings
        .into_list()
        .into_iter()
        .filter(|finding| wanted.contains(&finding.location.file))
        .map(|finding| (disk.source(finding.location.file), finding))
        .collect();
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

fn coverage(models: &[Model], wanted: &HashSet<FileId>) -> Coverage {
    let mut coverage = Coverage::default();
    let files: HashSet<FileId> = models.iter().flat_map(|model| model.files.iter().copied()).collect();
    coverage.files = files.intersection(wanted).count();
    let mut unknown: HashSet<(usize, Option<Location>, u8)> = HashSet::new();
    for (index, model) in models.iter().enumerate() {
        for endpoint in &model.endpoints {
            match (endpoint.transport, endpoint.role) {
                (Transport::Plaintext(_), _) => coverage.plaintext += 1,
                (_, Role::Server) => coverage.servers += 1,
                (_, Role::Client) => coverage.clients += 1,
            }
            if !matches!(endpoint.transport, Transport::Plaintext(_)) {
                let settings = [
                    unknown_in(&endpoint.protocols),
                    unknown_in(&endpoint.cipher_string),
                    unknown_in(&endpoint.ciphersuites),
                    endpoint.peer.as_ref().and_then(|peer| unknown_in(&peer.chain)),
                ];
                let found = settings.into_iter().enumerate();
                unknown.extend(
                    found.filter_map(|(which, found)| found.map(|unknown| (index, unknown.at, which as u8))),
                );
            }
        }
    }
    coverage.not_evaluated = unknown.len();
    coverage
}

/// The unknown in a setting, told apart by its place; surroundings that are not there have none.
fn unknown_in<T>(setting: &Setting<T>) -> Option<&Unknown> {
    match setting {
        Setting::Unknown(unknown) => Some(unknown),
        Setting::Default { .. } | Setting::Written(_) => None,
    }
}

/// Whether anything at or above `threshold` remains.
pub fn fails(findings: &[Finding], threshold: Severity) -> bool {
    findings.iter().any(|finding| finding.suppressed.is_none() && finding.severity >= threshold)
}

/// The whole of a file, for findings about the file as such.
pub fn whole(source: &Source) -> Location {
    Location::new(source.id(), Span::empty(0))
}
