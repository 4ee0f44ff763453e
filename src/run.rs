//! The pipeline: discover → read → judge → sort. The file to read first.
//!
//! Roots are worked on in parallel; the final sort makes the result the same for any number of threads.

mod coverage;
mod embedded;

use crate::certificate::Trust;
use crate::checks::{self, Findings};
use crate::dialect::{self, Context};
use crate::discover::{self, Candidate, Disk, Filter, Found, Unreadable};
use crate::endpoint::{Dialect, Endpoint, Model};
use crate::files::{FileTree, normalise};
use crate::finding::{Finding, Severity};
use crate::fix;
use crate::report::Coverage;
use crate::scope::{Scope, Scopes};
use crate::settings;
use crate::source::Source;
use crate::span::FileId;
use crate::suppress;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    /// The files that are asked for, includes among them, each with its language.
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

    /// Whether a finding is asked for: it stands in one of the files, or it stands in what includes them, or in what they include,
    /// and reaches an endpoint in one of them.
    fn is_about(&self, finding: &Finding) -> bool {
        self.wanted.contains(&finding.location.file)
            || finding.reaches.iter().any(|file| self.wanted.contains(file))
    }

    /// The files that are asked for, each with its language.
    pub fn languages(&self) -> BTreeMap<FileId, Dialect> {
        self.languages_of(&[])
    }

    /// The same, with those that `findings` stand in.
    fn languages_of(&self, findings: &[Finding]) -> BTreeMap<FileId, Dialect> {
        let more: HashSet<FileId> = findings.iter().map(|finding| finding.location.file).collect();
        let read =
            self.roots.iter().flat_map(|root| root.model.files.iter().map(|file| (*file, root.dialect)));
        read.filter(|(file, _)| self.wanted.contains(file) || more.contains(file)).collect()
    }

    /// What was looked at.
    pub fn coverage(&self, disk: &Disk) -> Coverage {
        Coverage {
            in_no_language: self.in_no_language,
            not_opened: self.not_opened,
            ..coverage::of(&self.roots, &self.wanted, disk)
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
    findings.retain(|finding| reading.is_about(finding) && options.selection.holds(finding.check));
    fix::propose(&mut findings, &reading.subjects(disk), disk);
    // Only files that were named or found are changed.
    for finding in findings.iter_mut().filter(|finding| !reading.wanted.contains(&finding.location.file)) {
        finding.fix = None;
    }
    let told = reading.languages_of(&findings);
    let context = suppress::Context {
        files: disk,
        read: &told,
        scopes: &options.scopes,
        comments: options.comments,
        ran: &|check| options.selection.holds(check),
    };
    suppress::apply(&mut findings, &context)?;
    findings.retain(|finding| reading.is_about(finding) && options.selection.holds(finding.check));
    for finding in &mut findings {
        embedded::unfold(finding, disk);
    }
    Ok(Outcome {
        findings: sorted(findings, disk),
        coverage: reading.coverage(disk),
        languages: reading.languages(),
        unreadable: reading.unreadable,
        checked: reading.checked,
        files: reading.files,
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
    let read: HashSet<FileId> = inputs.iter().map(|input| embedded::host(input.source.id(), disk)).collect();
    let in_no_language = found.candidates.len().saturating_sub(read.len() + more.len());
    unreadable.extend(more);
    unreadable.sort();
    if let Some((name, bytes)) = &options.standard_input {
        let scope = options.scopes.of(name)?;
        let source = disk.add(name, bytes.clone());
        let dialect = options.dialect.or_else(|| scope.settings.dialect(name));
        inputs.extend(inputs_of(&source, dialect, true, &scope, disk));
    }
    let roots = read_all(&inputs, options, disk)?;
    let wanted = wanted(&inputs, &roots, options, disk);
    let mut files: Vec<_> =
        inputs.iter().map(|input| (input.source.display().to_owned(), input.dialect)).collect();
    files.dedup();
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
    let mut inputs: Vec<Input> = Vec::new();
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
) -> Result<Vec<Input>, Unreadable> {
    let Candidate { path, explicit } = candidate;
    let source = disk.open(path);
    let source = source.map_err(|error| Unreadable { path: path.clone(), reason: error.to_string() })?;
    let forced = if *explicit { options.dialect } else { None };
    let said = forced.or_else(|| scope.settings.dialect(path));
    let mut inputs = inputs_of(&source, said, *explicit, &scope, disk);
    if let (true, Some(dialect)) = (inputs.is_empty(), options.dialect) {
        inputs.push(Input { source, dialect, explicit: *explicit, scope });
    }
    Ok(inputs)
}

/// A file in the language that it is `said` to be in; else what it looks like, and what stands inside it.
fn inputs_of(
    source: &Arc<Source>,
    said: Option<Dialect>,
    explicit: bool,
    scope: &Arc<Scope>,
    disk: &Disk,
) -> Vec<Input> {
    let input = |source, dialect| Input { source, dialect, explicit, scope: Arc::clone(scope) };
    if let Some(dialect) = said {
        return vec![input(Arc::clone(source), dialect)];
    }
    let whole = discover::dialect_of(source.path(), source.text());
    let whole = whole.map(|dialect| input(Arc::clone(source), dialect));
    // A dump of Envoy's is large, and holds nobody else's files.
    let may_hold = whole.is_none() || source.text().contains("apiVersion");
    let inside = if may_hold { discover::embedded(source) } else { Vec::new() }.into_iter();
    let inside = inside.map(|found| input(disk.embed(source, found.text), found.dialect));
    whole.into_iter().chain(inside).collect()
}

/// Files that a server reads as one text, in order; mostly one.
type Text = Vec<Input>;

/// Reads roots with all that they include, then what is left as fragments.
fn read_all(inputs: &[Input], options: &Options, disk: &Disk) -> Result<Vec<Root>, settings::Error> {
    let texts = texts_of(inputs, options, disk)?;
    let (whole, rest): (Vec<_>, Vec<_>) = texts.into_iter().partition(is_root);
    let mut roots = read_each(&whole, disk);
    let rest = unread(rest, &roots);
    // A fragment that was named alone is judged through the roots of its repository that include it.
    if rest.iter().flatten().any(|input| input.explicit) {
        let more = roots_of_repository(&rest, &whole, options, disk)?;
        let wanted: HashSet<FileId> = rest.iter().flatten().map(|input| input.source.id()).collect();
        let through = read_each(&more, disk);
        roots.extend(
            through.into_iter().filter(|root| root.model.files.iter().any(|file| wanted.contains(file))),
        );
    }
    let rest = unread(rest, &roots);
    // Fragments include fragments: one that another includes is judged there.
    let fragments = read_each(&rest, disk);
    let is_included = included(&fragments);
    roots.extend(
        fragments.into_iter().zip(is_included).filter(|(_, is_included)| !is_included).map(|(root, _)| root),
    );
    Ok(roots)
}

/// Which of `fragments` another one includes; of those that include each other, the first stays.
fn included(fragments: &[Root]) -> Vec<bool> {
    let mut first_of: HashMap<FileId, Vec<usize>> = HashMap::new();
    for (index, root) in fragments.iter().enumerate() {
        for file in root.model.files.iter().skip(1) {
            first_of.entry(*file).or_default().push(index);
        }
    }
    let includes = |index: usize| {
        let file = fragments[index].model.files.first()?;
        first_of.get(file)
    };
    let stays_before = |other: usize, index: usize| {
        other != index && (other < index || !includes(other).is_some_and(|by| by.contains(&index)))
    };
    (0..fragments.len())
        .map(|index| includes(index).is_some_and(|by| by.iter().any(|other| stays_before(*other, index))))
        .collect()
}

/// Puts together what HAProxy reads as one text; of a file that was named alone, the other parts come from its repository.
fn texts_of(inputs: &[Input], options: &Options, disk: &Disk) -> Result<Vec<Text>, settings::Error> {
    let is_part = |input: &&Input| input.dialect == Dialect::HaProxy;
    let mut parts: Vec<_> = inputs.iter().filter(is_part).cloned().collect();
    let known: HashSet<FileId> = parts.iter().map(|input| input.source.id()).collect();
    let named = parts.iter().filter(|input| input.explicit);
    let beside: BTreeSet<_> = named.flat_map(|input| discover::neighbours(input.source.path())).collect();
    let beside = beside.into_iter().filter(|path| !options.scopes.excludes(path));
    let beside: Vec<_> = beside.map(|path| Candidate { path, explicit: false }).collect();
    let (others, _) = load(options, disk, &beside)?;
    parts.extend(others.into_iter().filter(|one| is_part(&one) && !known.contains(&one.source.id())));
    let absolute = |path: &Path| normalise(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let described: Vec<_> = parts
        .iter()
        .map(|input| discover::Part {
            path: absolute(input.source.path()),
            is_root: dialect::is_root(input.dialect, &input.source),
        })
        .collect();
    let named: Vec<_> = options.paths.iter().map(|path| absolute(path)).collect();
    let grouped = discover::texts(&described, &named).into_iter();
    let joined = grouped.map(|text| text.into_iter().map(|index| parts[index].clone()).collect::<Text>());
    let asked = joined.filter(|text| text.iter().any(|input| known.contains(&input.source.id())));
    Ok(asked.chain(inputs.iter().filter(|input| !is_part(input)).map(|input| vec![input.clone()])).collect())
}

fn is_root(text: &Text) -> bool {
    text.iter().any(|input| dialect::is_root(input.dialect, &input.source))
}

fn read_each(texts: &[Text], disk: &Disk) -> Vec<Root> {
    let read = |text: &Text| {
        let first = text.first()?;
        let scope = Arc::clone(&first.scope);
        let target = scope.target(first.source.path());
        let context = Context { files: disk, target, variables: &scope.variables };
        let sources: Vec<_> = text.iter().map(|input| Arc::clone(&input.source)).collect();
        let mut model = dialect::read(first.dialect, &sources, context);
        if model.files.is_empty() {
            model.files.push(first.source.id());
        }
        Some(Root { model, scope, dialect: first.dialect })
    };
    texts.par_iter().filter_map(read).collect()
}

fn unread(texts: Vec<Text>, roots: &[Root]) -> Vec<Text> {
    let read: HashSet<FileId> = roots.iter().flat_map(|root| root.model.files.iter().copied()).collect();
    let is_read = |text: &Text| text.iter().all(|input| read.contains(&input.source.id()));
    texts.into_iter().filter(|text| !is_read(text)).collect()
}

/// The roots in the repositories around `fragments`, those of `known` left out.
fn roots_of_repository(
    fragments: &[Text],
    known: &[Text],
    options: &Options,
    disk: &Disk,
) -> Result<Vec<Text>, settings::Error> {
    let languages: BTreeSet<_> = fragments.iter().flatten().map(|input| input.dialect).collect();
    let known: HashSet<FileId> = known.iter().flatten().map(|input| input.source.id()).collect();
    let is_new = |input: &Input| {
        languages.contains(&input.dialect)
            && dialect::is_root(input.dialect, &input.source)
            && !known.contains(&input.source.id())
    };
    let named = fragments.iter().flatten().filter(|input| input.explicit);
    let repositories: BTreeSet<_> = named.map(|input| discover::root_of(input.source.path())).collect();
    let repositories: Vec<_> = repositories.into_iter().collect();
    let candidates = find(options, &repositories, true).candidates;
    let (inputs, _) = load(options, disk, &candidates)?;
    Ok(inputs.into_iter().filter(is_new).map(|input| vec![input]).collect())
}

/// The files whose findings are asked for: all that were named or found, and all that roots among them include and nobody excluded.
fn wanted(inputs: &[Input], roots: &[Root], options: &Options, disk: &Disk) -> HashSet<FileId> {
    let named: HashSet<FileId> = inputs.iter().map(|input| input.source.id()).collect();
    let models = roots.iter().map(|root| &root.model);
    let asked = models.filter(|model| model.files.first().is_some_and(|first| named.contains(first)));
    let included: HashSet<FileId> = asked.flat_map(|model| model.files.iter().copied()).collect();
    let is_kept = |file: &FileId| named.contains(file) || !options.scopes.excludes(disk.source(*file).path());
    included.into_iter().filter(is_kept).chain(named.iter().copied()).collect()
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
