//! The pipeline: discover → read → judge → sort. The file to read first.
//!
//! Roots are worked on in parallel; the final sort makes the result the same for any number of threads.

mod conditions;
mod coverage;
mod embedded;
mod input;
mod judging;
mod opening;
mod reading;
mod regimes;
mod restraint;
mod rows;
mod siblings;
mod swallowed;

pub use conditions::Distinguished;
pub use input::Skipped;
pub use opening::{disk, prefix, trees};
pub use reading::{Reading, Request, Root, read};
pub use rows::rows;

use crate::certificate::Trust;
use crate::checks::{self, Checks};
use crate::date::Date;
use crate::discover::{Disk, Unreadable};
use crate::endpoint::Dialect;
use crate::files::FileTree as _;
use crate::finding::{Finding, Severity};
use crate::fix;
use crate::inventory;
use crate::report::Coverage;
use crate::scope::{Flags, Scopes};
use crate::settings;
use crate::span::{FileId, Location};
use crate::suppress;
use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Whether endpoints are to come as rows of an inventory.
    pub rows: bool,
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
        Ok(Self {
            request,
            selection: Selection::default(),
            comments: true,
            trust,
            fixes: false,
            rows: false,
        })
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
    /// Every endpoint, where they were asked for.
    pub rows: Vec<inventory::Row>,
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
    let mut findings = judging::judge(&reading.roots, &options.trust, disk, Checks::All).into_list();
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
        embedded::unfold(finding, disk);
        finding.on_one_line();
    }
    let mut findings = checks::join(sorted(findings, disk));
    for finding in &mut findings {
        conditions::tell(finding);
        // What is advised is what a fix would write.
        if let Some(words) = finding.fix.as_ref().and_then(|fix| fix::in_words(fix, disk)) {
            finding.help = Some(words);
        }
    }
    let worlds = reading.worlds(disk);
    Ok(Outcome {
        findings,
        coverage: Coverage { not_evaluated, ..reading.coverage(disk) },
        unplaced: unplaced.into_iter().map(|(location, message)| (disk.written(location), message)).collect(),
        languages: reading.languages(),
        rows: if options.rows { rows(&reading, disk, inventory::Names::Openssl) } else { Vec::new() },
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
    let mut findings = judging::judge(&reading.roots, trust, disk, Checks::OfGaps).into_list();
    restraint::apply(&mut findings, reading, disk);
    let unplaced = coverage::unplaced(&reading.roots, &reading.wanted);
    coverage::not_evaluated(&reading.roots, &unplaced, gaps(&findings, reading), disk)
}

/// The findings that tell of something that is not evaluated.
fn gaps<'f>(findings: &'f [Finding], reading: &'f Reading) -> impl Iterator<Item = &'f Finding> {
    findings.iter().filter(|finding| checks::GAPS.contains(&finding.check) && reading.is_about(finding))
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
