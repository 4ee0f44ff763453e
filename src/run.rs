//! The pipeline: discover → read → judge → sort. The file to read first.
//!
//! Roots are worked on in parallel; the final sort makes the result the same for any number of threads.

mod conditions;
mod coverage;
mod embedded;
mod input;
mod opening;
mod reading;
mod regimes;
mod restraint;
mod siblings;
mod swallowed;

pub use conditions::Distinguished;
pub use input::Skipped;
pub use opening::{disk, prefix, trees};
pub use reading::{Reading, Request, Root, read};

use crate::certificate::Trust;
use crate::checks::{self, Checks, Findings};
use crate::date::Date;
use crate::discover::{Disk, Unreadable};
use crate::endpoint::Dialect;
use crate::files::FileTree as _;
use crate::finding::{Finding, Severity};
use crate::fix;
use crate::library::offers::Offers;
use crate::report::Coverage;
use crate::scope::{Flags, Scopes};
use crate::settings;
use crate::span::{FileId, Location};
use crate::suppress;
use crate::worlds::Renderings;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many endpoints one task judges.
const CHUNK: usize = 128;

/// What to run on, and by what.
#[derive(Debug)]
pub struct Options {
    /// What to check.
    pub request: Request,
    /// Which checks' findings are told.
    pub selection: Selection,
    /// Whether comments may say not to count findings.
    pub comments: bool,
    /// What certificates and dates are judged by.
    pub trust: Trust,
    /// Whether findings are to come with edits, which cost more than the findings themselves.
    pub fixes: bool,
}

impl Options {
    /// Checks `paths` by the settings around them; `flags` win over these. Every check runs, comments count, no edits are worked out.
    ///
    /// # Errors
    /// Settings that cannot be read.
    pub fn of(paths: Vec<PathBuf>, flags: Flags, today: Date) -> Result<Self, settings::Error> {
        let resolver = settings::Resolver::new(settings::Choice::Nearest)?;
        let request = Request {
            paths,
            roots: None,
            standard_input: None,
            dialect: None,
            force_exclude: false,
            worlds: true,
            scopes: Scopes::new(resolver, flags, today),
        };
        let trust = Trust::new(today);
        Ok(Self { request, selection: Selection::default(), comments: true, trust, fixes: false })
    }
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
    /// What was not evaluated and has no place that a note could point at, with the endpoints that lack it.
    pub unplaced: Vec<(Location, String)>,
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
    /// The templates of which several renderings were read, each with the questions that these differ in.
    pub worlds: Vec<Distinguished>,
    /// The files that are asked for, includes among them, each with its language.
    pub languages: BTreeMap<FileId, Dialect>,
}

/// Checks everything that `options` name.
///
/// # Errors
/// Mistakes in the settings around the files.
pub fn run(options: &Options, disk: &Disk) -> Result<Outcome, settings::Error> {
    read(&options.request, disk).and_then(|reading| conclude(options, reading, disk))
}

/// Checks what was read by `options`.
///
/// # Errors
/// Mistakes in the settings around the files.
pub fn conclude(options: &Options, reading: Reading, disk: &Disk) -> Result<Outcome, settings::Error> {
    let mut findings = judge(&reading.roots, &options.trust, disk, Checks::All).into_list();
    restraint::apply(&mut findings, &reading, disk);
    let unplaced = coverage::unplaced(&reading.roots, &reading.wanted);
    let not_evaluated = coverage::not_evaluated(&reading.roots, &unplaced, gaps(&findings, &reading), disk);
    findings.retain(|finding| reading.is_about(finding) && options.selection.holds(finding.check));
    if options.fixes {
        fix::propose(&mut findings, &reading.subjects(disk), disk);
    }
    // Only files that were named or found are changed.
    for finding in findings.iter_mut().filter(|finding| !reading.wanted.contains(&finding.location.file)) {
        finding.fix = None;
    }
    let told = reading.languages_of(&findings);
    let context = suppress::Context {
        files: disk,
        read: &told,
        scopes: &options.request.scopes,
        comments: options.comments,
        ran: &|check| options.selection.holds(check),
    };
    suppress::apply(&mut findings, &context)?;
    findings.retain(|finding| reading.is_about(finding) && options.selection.holds(finding.check));
    for finding in &mut findings {
        regimes::tell(finding);
        conditions::tell(finding);
        embedded::unfold(finding, disk);
        finding.on_one_line();
    }
    let worlds = reading.worlds(disk);
    Ok(Outcome {
        findings: sorted(findings, disk),
        coverage: Coverage { not_evaluated, ..reading.coverage(disk) },
        unplaced: unplaced.into_iter().map(|(location, message)| (disk.written(location), message)).collect(),
        languages: reading.languages(),
        worlds,
        unreadable: reading.unreadable,
        refused: reading.refused,
        checked: reading.checked,
        files: reading.files,
        skipped: reading.skipped,
    })
}

/// How many values of what was read are not evaluated: the same number that a check of it tells.
pub fn not_evaluated(reading: &Reading, trust: &Trust, disk: &Disk) -> usize {
    let mut findings = judge(&reading.roots, trust, disk, Checks::OfGaps).into_list();
    restraint::apply(&mut findings, reading, disk);
    let unplaced = coverage::unplaced(&reading.roots, &reading.wanted);
    coverage::not_evaluated(&reading.roots, &unplaced, gaps(&findings, reading), disk)
}

/// The findings that tell of something that is not evaluated.
fn gaps<'f>(findings: &'f [Finding], reading: &'f Reading) -> impl Iterator<Item = &'f Finding> {
    findings.iter().filter(|finding| checks::GAPS.contains(&finding.check) && reading.is_about(finding))
}

fn judge(roots: &[Root], trust: &Trust, disk: &Disk, which: Checks) -> Findings {
    let mut findings = Findings::default();
    for root in roots {
        if root.renderings.is_none() && root.other.is_none() {
            judge_root(root, trust, disk, which, &mut findings);
            continue;
        }
        let mut own = settled(root, trust, disk, which, &mut findings);
        if let Some((regimes, other)) = &root.other {
            let others = settled(other, trust, disk, which, &mut Findings::default());
            own.add_regime(others, [regimes.usual, regimes.other]);
        }
        for finding in own.into_list() {
            findings.add(finding);
        }
    }
    checks::settle(&mut findings);
    findings
}

/// What is found in one root by itself; what works in it is noted in `findings`.
fn settled(root: &Root, trust: &Trust, disk: &Disk, which: Checks, findings: &mut Findings) -> Findings {
    let mut own = Findings::default();
    judge_root(root, trust, disk, which, &mut own);
    let Some(renderings) = &root.renderings else {
        findings.note_working_of(&own, u64::MAX);
        checks::settle(&mut own);
        return own;
    };
    findings.note_working_of(&own, renderings.all());
    checks::settle(&mut own);
    let mut told = Findings::default();
    for mut finding in own.into_list() {
        conditions::find(&mut finding, renderings, disk);
        told.add(finding);
    }
    told
}

fn judge_root(root: &Root, trust: &Trust, disk: &Disk, which: Checks, findings: &mut Findings) {
    let Root { model, renderings, scope, .. } = root;
    let set = |of: fn(&Renderings) -> &[u64], rank: usize| {
        renderings.as_ref().and_then(|renderings| of(renderings).get(rank).copied()).unwrap_or(u64::MAX)
    };
    let offers = Offers::default();
    let chunks: Vec<Findings> = model
        .endpoints
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, endpoints)| {
            let mut findings = Findings::default();
            for (rank, endpoint) in endpoints.iter().enumerate() {
                findings.in_renderings(set(|renderings| &renderings.endpoints, chunk * CHUNK + rank));
                let source = disk.source(endpoint.location.file);
                let policies = scope.policies(source.path());
                checks::judge(endpoint, policies, trust, &offers, &mut findings, which);
            }
            findings
        })
        .collect();
    for (rank, observation) in model.observations.iter().enumerate() {
        findings.in_renderings(set(|renderings| &renderings.observations, rank));
        checks::observe(observation, findings);
    }
    findings.in_renderings(u64::MAX);
    for chunk in chunks {
        findings.merge(chunk);
    }
    for (rank, refusal) in model.refusals.iter().enumerate() {
        findings.in_renderings(set(|renderings| &renderings.refusals, rank));
        checks::refuse(refusal, findings);
    }
    findings.in_renderings(u64::MAX);
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
