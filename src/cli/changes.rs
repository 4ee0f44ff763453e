//! The flags of `check` that change files: `--fix`, `--diff`, `--add-ignore`.

use super::{Failure, Status, Stop, Streams};
use crate::discover::Disk;
use crate::files::FileTree;
use crate::finding::Finding;
use crate::fix::{self, Change, Files};
use crate::report::count;
use crate::run::{self, Options, Outcome};
use crate::span::FileId;
use crate::suppress;
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;

/// A fix may uncover another one; more rounds than this would be two fixes undoing each other.
const MOST_ROUNDS: usize = 10;

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub(super) struct ChangeArguments {
    /// Mend what can be mended safely
    #[arg(long, conflicts_with = "diff", help_heading = "Changes")]
    fix: bool,
    /// Show what --fix would change
    #[arg(long, help_heading = "Changes")]
    diff: bool,
    /// Also make fixes that may break what works
    #[arg(long, help_heading = "Changes")]
    unsafe_fixes: bool,
    /// List what was mended, on standard error
    #[arg(long, hide = true, help_heading = "Changes")]
    show_fixes: bool,
    /// Exit with 1 when --fix has changed something
    #[arg(long, requires = "fix", hide = true, help_heading = "Changes")]
    exit_non_zero_on_fix: bool,
    /// Write comments that ignore what is found
    #[arg(long, value_name = "REASON", conflicts_with_all = ["fix", "diff"], value_parser = reason, help_heading = "Changes")]
    add_ignore: Option<String>,
}

fn reason(text: &str) -> Result<String, String> {
    if suppress::is_placeholder(text) || text.contains('\n') {
        return Err("give a reason that somebody else can understand later, on one line".to_owned());
    }
    Ok(text.to_owned())
}

impl ChangeArguments {
    /// Whether fixes are made, or shown as what they would change.
    pub(super) const fn fixes(&self) -> bool {
        self.fix || self.diff
    }

    /// Whether changed files make the exit code 1.
    pub(super) const fn fails_on_changes(&self) -> bool {
        self.exit_non_zero_on_fix
    }

    /// Whether files are changed, so that standard input cannot be meant.
    pub(super) const fn writes(&self) -> bool {
        self.fix || self.add_ignore.is_some()
    }

    /// Changes files as the flags say. What remains to be reported comes back, with the files as they are now; for `--diff` and
    /// `--add-ignore` nothing does.
    pub(super) fn make(
        &self,
        options: &Options,
        open: &dyn Fn() -> Disk,
        root: &Path,
        first: (Outcome, Disk),
        streams: &mut Streams<'_>,
    ) -> Result<Result<Remaining, Status>, Stop> {
        if let Some(reason) = &self.add_ignore {
            return add_ignores(reason, root, first, streams).map(Err);
        }
        if !self.fixes() {
            return Ok(Ok((first.0, first.1, Vec::new())));
        }
        let mut changed = Files::new();
        let (mut outcome, mut disk) = first;
        let (mut mended, mut held_back) = (0, 0);
        let mut list: Vec<String> = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let taken = fix::take(&outcome.findings, self.unsafe_fixes);
            held_back = taken.held_back;
            let more = fix::changed(&taken, &disk, &changed);
            if more.is_empty() {
                break;
            }
            mended += taken.mended;
            list.extend(taken.fixed.iter().filter_map(|index| told(outcome.findings.get(*index)?, &disk)));
            changed.extend(more);
            disk = open();
            for (path, change) in &changed {
                disk.add(path, change.after.clone());
            }
            outcome = run::run(options, &disk).map_err(Failure::from)?;
        }
        let shown = if self.show_fixes { list.as_slice() } else { &[] };
        if self.diff {
            for line in shown {
                streams.tell(format_args!("{line}"));
            }
            return diff(&changed, &disk, streams).map(Err);
        }
        write(&changed, root, streams)?;
        for line in shown {
            streams.tell(format_args!("{line}"));
        }
        let hint = if held_back > 0 {
            format!("; --unsafe-fixes would mend {held_back} more")
        } else {
            String::new()
        };
        let (findings, files) = (count(mended, "finding"), count(changed.len(), "file"));
        streams.tell(format_args!("mended {findings} in {files}{hint}"));
        Ok(Ok((outcome, disk, list)))
    }
}

/// What remains to be told, the files as they are now, and what was mended, one line each.
type Remaining = (Outcome, Disk, Vec<String>);

/// One line about a finding that is mended: where it stood, and what was written.
fn told(finding: &Finding, disk: &Disk) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    let source = disk.source(finding.location.file);
    let line = source.position(finding.location.span.start).line;
    let words = fix::in_words(fix, disk).unwrap_or_else(|| fix.message.clone());
    Some(format!("{}:{line}: mended {}: {words}", source.display(), finding.check))
}

/// Writes what has changed, every file by itself.
///
/// # Errors
/// When some file could not be changed: which, why, and which were.
fn write(changed: &Files, root: &Path, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let (mut written, mut left) = (Vec::new(), Vec::new());
    for (path, change) in changed {
        match fix::target(path, root).and_then(|real| fix::replace(&real, change)) {
            Ok(()) => written.push(path),
            Err(error) => left.push((path, error)),
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    for path in &written {
        streams.tell(format_args!("changed {}", path.display()));
    }
    for (path, error) in &left {
        streams.tell(format_args!("not changed {}: {error}", path.display()));
    }
    Err(Failure::new(format!("{} of {} files could not be changed", left.len(), changed.len())))
}

fn diff(changed: &Files, disk: &Disk, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    for (path, change) in changed {
        let shown =
            disk.open(path).map_or_else(|_| path.display().to_string(), |source| source.display().to_owned());
        streams.out.write_all(&fix::diff(&shown, &change.before, &change.after))?;
    }
    Ok(if changed.is_empty() { Status::Clean } else { Status::Findings })
}

fn add_ignores(
    reason: &str,
    root: &Path,
    (outcome, disk): (Outcome, Disk),
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    let mut by_file: BTreeMap<FileId, Vec<Finding>> = BTreeMap::new();
    let about_ignores = |finding: &&Finding| suppress::CHECKS.contains(&finding.check);
    let counted: Vec<&Finding> = outcome
        .findings
        .iter()
        .filter(|finding| finding.suppressed.is_none() && !about_ignores(finding))
        .collect();
    // A comment silences what stands beside it: a finding with several places takes several.
    for place in counted.iter().flat_map(|finding| finding.each_place()) {
        by_file.entry(place.location.file).or_default().push(place);
    }
    let mut changed = Files::new();
    let mut silenced = 0;
    let mut left = Vec::new();
    for (file, findings) in by_file {
        let source = disk.source(file);
        let mut tell = |count: usize, why: &str| {
            if count > 0 {
                left.push(format!("{}: {count} left, {why}", source.display()));
            }
        };
        let Some(dialect) = outcome.languages.get(&file) else {
            tell(findings.len(), "which stand in a file of another language");
            continue;
        };
        let findings: Vec<&Finding> = findings.iter().collect();
        let added = suppress::add(*dialect, &source, &findings, reason);
        silenced += added.silenced;
        tell(added.left, if added.takes_none { "since JSON has no comments" } else { "where none fits" });
        if !added.edits.is_empty() {
            let change =
                Change { before: source.bytes().to_owned(), after: fix::apply(source.bytes(), &added.edits) };
            changed.insert(source.path().to_owned(), change);
        }
    }
    write(&changed, root, streams)?;
    let findings = if left.is_empty() { counted.len() } else { silenced };
    let (findings, files) = (count(findings, "finding"), count(changed.len(), "file"));
    streams.tell(format_args!("ignored {findings} in {files}"));
    if left.is_empty() {
        return Ok(Status::Clean);
    }
    for line in left {
        streams.tell(format_args!("{line}"));
    }
    streams.tell(format_args!("no comment can silence these; use [[override]] in tlslint.toml"));
    Ok(Status::Findings)
}
