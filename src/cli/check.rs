//! `tlslint check`: the main job.

use super::baseline::read_paths;
use super::in_force::{self, in_force, softened, weakened};
use super::listed;
use super::misuse;
use super::reading::{self, ReadingArguments};
use super::upgrade;
use super::{Failure, Status, Stop, Streams, terminal};
use crate::baseline::Baseline;
use crate::discover::Disk;
use crate::files::{FileTree as _, ReadError};
use crate::finding::Severity;
use crate::fingerprint;
use crate::gate::Gate;
use crate::policy::Policy;
use crate::printable::printable;
use crate::report::{self, Format, Look, Report};
use crate::run::{self, Options, Outcome, Request, Selection};
use crate::scope::Flags;
use crate::settings::{DEFAULT_FAIL_ON, Pattern, Set, Settings};
use crate::source::MAXIMUM_BYTES;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches of the command line")]
pub(super) struct Arguments {
    /// Files and directories; "-" reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Policy by name or file [default: google-carriers]
    #[arg(long, value_name = "NAME|FILE", help_heading = "Judging")]
    policy: Vec<String>,
    /// What it runs on: debian-12, or nginx=1.28,..
    #[arg(long, value_name = "TARGET", help_heading = "Judging")]
    target: Option<String>,
    /// Tell what changes when --target becomes this
    #[arg(long, value_name = "TARGET", value_parser = upgrade::target, conflicts_with_all = ["fix", "diff", "add_ignore", "baseline", "write_baseline"], help_heading = "Changes")]
    compare_target: Option<String>,
    /// File that lists paths; "-" is standard input
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    files_from: Option<PathBuf>,
    /// Paths of --files-from end in NUL bytes
    #[arg(short = '0', long, requires = "files_from", hide = true, help_heading = "Reading")]
    null: bool,
    /// Such as json or sarif; may be repeated
    #[arg(short = 'f', long, alias = "format", value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::all().map(Format::name)), hide_possible_values = true, help_heading = "Output")]
    output_format: Vec<String>,
    /// File for the format of the same rank
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Vec<PathBuf>,
    /// Name under which standard input is checked
    #[arg(long, value_name = "PATH", help_heading = "Reading")]
    stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Mildest severity of exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = PossibleValuesParser::new(["error", "warning", "note"]), hide_possible_values = true, help_heading = "Judging")]
    fail_on: Option<String>,
    #[command(flatten)]
    trust: super::trust::TrustArguments,
    /// Only these checks
    #[arg(long, value_name = "CHECK", value_delimiter = ',', value_parser = misuse::check_id, help_heading = "Judging")]
    select: Vec<String>,
    /// All checks but these
    #[arg(long, value_name = "CHECK", value_delimiter = ',', value_parser = misuse::check_id, help_heading = "Judging")]
    ignore: Vec<String>,
    /// Count what comments say not to count
    #[arg(long, hide = true, help_heading = "Judging")]
    no_ignores: bool,
    /// Exit with 0 whatever is found
    #[arg(long, help_heading = "Judging")]
    exit_zero: bool,
    /// Paths to leave out
    #[arg(long, value_name = "GLOB", help_heading = "Reading")]
    exclude: Vec<String>,
    /// Leave excluded paths out though named
    #[arg(long, hide = true, help_heading = "Reading")]
    force_exclude: bool,
    /// Accept named files that hold nothing to check
    #[arg(long, hide = true, help_heading = "Reading")]
    allow_empty: bool,
    /// Fail where there is nothing to check
    #[arg(long, conflicts_with = "allow_empty", help_heading = "Reading")]
    require_files: bool,
    #[command(flatten)]
    changes: super::changes::ChangeArguments,
    /// Known findings that are not counted
    #[arg(long, value_name = "FILE", help_heading = "Judging")]
    baseline: Option<PathBuf>,
    /// Write a baseline of what is found
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", help_heading = "Changes")]
    write_baseline: Option<PathBuf>,
    /// List what would be checked, and stop
    #[arg(long, help_heading = "Output")]
    show_files: bool,
    /// List what is in no known language, and stop
    #[arg(long, conflicts_with = "show_files", help_heading = "Output")]
    show_skipped: bool,
    /// Show the settings in force, and stop
    #[arg(long, hide = true, help_heading = "Output")]
    show_settings: bool,
    /// Count findings by check, severity and file
    #[arg(long, help_heading = "Output")]
    statistics: bool,
    /// Order of findings for people [default: severity]
    #[arg(long, value_name = "ORDER", value_parser = PossibleValuesParser::new(["severity", "path"]), hide = true, help_heading = "Output")]
    sort: Option<String>,
    /// No coverage line
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Tell what files are taken for, fold nothing
    #[arg(short, long, help_heading = "Output")]
    verbose: bool,
    /// Put suppressed findings into SARIF as well
    #[arg(
        long = "sarif-suppressed",
        alias = "sarif-include-suppressed",
        hide = true,
        help_heading = "Output"
    )]
    sarif_include_suppressed: bool,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let outputs = outputs(arguments)?;
    let options = options(arguments, &outputs)?;
    let trees = run::trees(&options.request);
    let (root, beside) = trees.split_first().expect("there is at least one tree");
    let settings = options.request.scopes.of(&root.join("any")).map_err(Failure::from)?.settings.clone();
    if arguments.show_settings {
        crate::settings::show(&of_flags(arguments)?.over(settings.as_ref().clone()), streams.out)?;
        return Ok(Status::Clean);
    }
    arguments.reading.tell_dialect(&options.request, streams);
    let open = || arguments.reading.disk(root, &settings, beside);
    let threshold = arguments.fail_on.as_deref().and_then(Severity::from_name);
    let threshold = threshold.or(settings.fail_on.as_ref().map(|set| set.value)).unwrap_or(DEFAULT_FAIL_ON);
    if let Some(target) = &arguments.compare_target {
        let threshold = Some(threshold).filter(|_| !arguments.exit_zero);
        return compare(arguments, (&options, target), &outputs, &open, threshold, streams);
    }
    let disk = open();
    let outcome = run::run(&options, &disk).map_err(Failure::from)?;
    if arguments.show_files {
        for (path, dialect) in &outcome.files {
            writeln!(streams.out, "{}\t{dialect}", printable(path))?;
        }
        return Ok(Status::Clean);
    }
    if arguments.show_skipped {
        return reading::show_skipped(&outcome.skipped, streams);
    }
    if arguments.verbose {
        tell_of_files(&options, &outcome, streams)?;
        for (place, message) in &outcome.unplaced {
            let source = disk.source(place.file);
            let line = source.position(place.span.start).line;
            writeln!(streams.log, "{}:{line}: {message}", source.display())?;
        }
    }
    reading::tell_unreadable(&outcome.unreadable, streams);
    reading::tell_refused(&outcome.refused, streams);
    if outcome.checked == 0
        && let Some(status) = nothing(arguments, &options, &outcome, &outputs, streams)?
    {
        return Ok(status);
    }
    let made = arguments.changes.make(&options, &open, root, (outcome, disk), streams)?;
    let (mut outcome, disk, mended) = match made {
        Ok(remaining) => remaining,
        Err(status) => return Ok(status),
    };
    let has_changed = !mended.is_empty();
    let mut known = Before { gone: None, mended };
    let prefix = run::prefix();
    let fingerprints = fingerprint::of_places(&outcome.findings, &disk, &prefix);
    if let Some(path) = &arguments.write_baseline {
        return super::baseline::write(path, &outcome, &disk, &fingerprints, &prefix, streams);
    }
    let configured = settings.baseline.as_ref().map(|set| &set.value);
    if let Some(path) = arguments.baseline.as_ref().or(configured) {
        let cannot = |reason: &dyn std::fmt::Display| Failure::new(format!("{}: {reason}", path.display()));
        let gate = if arguments.baseline.is_some() {
            Gate::around(path)
        } else {
            settings
                .repository
                .as_ref()
                .map_or_else(|| Gate::around(path), |only| Gate::of(std::slice::from_ref(only)))
        };
        let text = gate.text(path, MAXIMUM_BYTES).map_err(|error| cannot(&error))?;
        let baseline = Baseline::read(&text).map_err(|error| cannot(&error))?;
        let gone = baseline.apply(&mut outcome.findings, &fingerprints);
        known.gone = Some(gone);
        if gone > 0 && !arguments.quiet {
            streams.tell(format_args!(
                "{} of {} {} not found any more; --write-baseline takes {} out",
                report::count(gone, "known place"),
                path.display(),
                if gone == 1 { "is" } else { "are" },
                if gone == 1 { "it" } else { "them" },
            ));
        }
    }
    match write(arguments, &options, &disk, (&outcome, &known), &outputs, streams) {
        // Whoever reads the output has seen enough; what was found stays found.
        Err(Stop::Pipe) => {}
        written => written?,
    }
    // What was not read might have held anything.
    let is_partial = outcome.findings.iter().any(|finding| finding.check == "budget-passed");
    let is_blind = arguments.reading.settings.untrusted() && (is_partial || !outcome.refused.is_empty());
    let changed = arguments.changes.fails_on_changes() && has_changed;
    Ok(if is_blind || !outcome.unreadable.is_empty() {
        Status::Failed
    } else if (changed || run::fails(&outcome.findings, threshold)) && !arguments.exit_zero {
        Status::Findings
    } else {
        Status::Clean
    })
}

/// Tells what changes from one target to another.
fn compare(
    arguments: &Arguments,
    (options, target): (&Options, &str),
    outputs: &[(Format, Option<&Path>)],
    open: &dyn Fn() -> Disk,
    threshold: Option<Severity>,
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    let [(format, None)] = outputs else {
        return Err(Failure::new("--compare-target prints one format on standard output").into());
    };
    let shape = upgrade::Shape::of(format.name())?;
    let flags = Flags { target: Some(target.to_owned()), ..flags(arguments)? };
    let request = arguments.reading.request(options.request.paths.clone(), flags)?;
    let standard_input = options.request.standard_input.clone();
    let after = Options {
        request: Request { standard_input, force_exclude: arguments.force_exclude, ..request },
        selection: options.selection.clone(),
        comments: options.comments,
        fixes: false,
        rows: false,
        trust: arguments.trust.trust(arguments.reading.settings.today())?,
    };
    let targets = upgrade::Targets::of(&options.request, &after.request)?;
    let views = (upgrade::judged(options, open)?, upgrade::judged(&after, open)?);
    upgrade::tell(views, &targets, shape, threshold, streams)
}

/// What flags say of the scopes.
fn flags(arguments: &Arguments) -> Result<Flags, Failure> {
    Ok(Flags {
        policies: arguments.policy.clone(),
        target: arguments.target.clone(),
        exclude: patterns(&arguments.exclude)?,
        ..Flags::default()
    })
}

/// What flags say of what settings do, for people to see.
fn of_flags(arguments: &Arguments) -> Result<Settings, Failure> {
    let one = |value: String, flag| Some(Set::flag(value, flag));
    let policies = arguments.policy.join(", ");
    let exclude = patterns(&arguments.exclude)?;
    let mut settings = Settings {
        policy: if policies.is_empty() { None } else { one(policies, "--policy") },
        target: arguments.target.clone().and_then(|target| one(target, "--target")),
        fail_on: arguments
            .fail_on
            .as_deref()
            .and_then(Severity::from_name)
            .map(|severity| Set::flag(severity, "--fail-on")),
        baseline: arguments.baseline.clone().map(|path| Set::flag(path, "--baseline")),
        exclude: exclude.into_iter().map(|pattern| Set::flag(pattern, "--exclude")).collect(),
        ..Settings::default()
    };
    arguments.reading.roots.show(&mut settings);
    Ok(settings)
}

fn tell_of_files(options: &Options, outcome: &Outcome, streams: &mut Streams<'_>) -> Result<(), Stop> {
    for (path, dialect) in &outcome.files {
        let scope = options.request.scopes.of(Path::new(path)).map_err(Failure::from)?;
        let policies: Vec<String> = scope.policies(Path::new(path)).iter().map(Policy::label).collect();
        let settings = scope.settings.files.first().map_or("none".into(), |file| file.to_string_lossy());
        let (policies, target) = (policies.join(", "), scope.target(Path::new(path)));
        streams
            .tell(format_args!("{path}: {dialect}; policy {policies}; target {target}; settings {settings}"));
    }
    for one in &outcome.worlds {
        writeln!(streams.log, "{one}")?;
    }
    Ok(())
}

/// The formats with the files that they go to; `None` is standard output.
fn outputs(arguments: &Arguments) -> Result<Vec<(Format, Option<&Path>)>, Failure> {
    let default = ["full".to_owned()];
    let names = if arguments.output_format.is_empty() { &default[..] } else { &arguments.output_format };
    if arguments.output.len() > names.len() {
        return Err(Failure::new(
            "more -o than --output-format: each output file belongs to the format of the same rank",
        ));
    }
    let file =
        |rank: usize| arguments.output.get(rank).map(PathBuf::as_path).filter(|path| *path != Path::new("-"));
    let formats = names.iter().map(|name| Format::from_name(name).expect("clap admits only formats"));
    let outputs: Vec<_> = formats.enumerate().map(|(rank, format)| (format, file(rank))).collect();
    if outputs.iter().filter(|(_, path)| path.is_none()).count() > 1 {
        return Err(Failure::new("two formats would share standard output; give all but one an -o FILE"));
    }
    Ok(outputs)
}

fn options(arguments: &Arguments, outputs: &[(Format, Option<&Path>)]) -> Result<Options, Failure> {
    let reads_stdin = arguments.paths.iter().any(|path| path == Path::new("-"));
    if arguments.stdin_filename.is_some() && !reads_stdin {
        return Err(misuse::without_effect(
            "--stdin-filename",
            "name \"-\" as a path to read standard input",
        ));
    }
    if reads_stdin && arguments.changes.writes() {
        return Err(Failure::new("standard input cannot be changed; --diff shows what --fix would do"));
    }
    let standard_input = if reads_stdin { Some(read_standard_input(arguments)?) } else { None };
    let request = arguments.reading.request(paths(arguments)?, flags(arguments)?)?;
    Ok(Options {
        request: Request { standard_input, force_exclude: arguments.force_exclude, ..request },
        selection: Selection { only: arguments.select.clone(), without: arguments.ignore.clone() },
        comments: !arguments.no_ignores && !arguments.reading.settings.untrusted(),
        fixes: arguments.changes.fixes() || outputs.iter().any(|(format, _)| format.shows_fixes()),
        rows: outputs.iter().any(|(format, _)| format.shows_endpoints()),
        trust: arguments.trust.trust(arguments.reading.settings.today())?,
    })
}

/// The paths that are named, and those that a file lists; without either the working directory.
fn paths(arguments: &Arguments) -> Result<Vec<PathBuf>, Failure> {
    let named = arguments.paths.iter().filter(|path| *path != Path::new("-")).cloned();
    let Some(list) = &arguments.files_from else { return Ok(named.collect()) };
    let listed = listed::paths(list, arguments.null)?;
    // The default path stands for no path at all.
    let named: Vec<PathBuf> = named.filter(|path| path != Path::new(".")).collect();
    Ok(named.into_iter().chain(listed).collect())
}

fn read_standard_input(arguments: &Arguments) -> Result<(PathBuf, Vec<u8>), Failure> {
    let mut bytes = Vec::new();
    let limit = MAXIMUM_BYTES + 1;
    io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == limit {
        let error = ReadError::TooLarge { bytes: limit, most: MAXIMUM_BYTES };
        return Err(Failure::new(format!("standard input {error}")));
    }
    let name = arguments.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("<stdin>"));
    if arguments.stdin_filename.is_none() && arguments.reading.dialect().is_none() {
        return Err(Failure::new("standard input needs --stdin-filename or --dialect to say what it is"));
    }
    Ok((name, bytes))
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Failure> {
    let read = texts.iter().map(|text| {
        Pattern::from_flag(text).map_err(|error| Failure::new(format!("--exclude {text}: {error}")))
    });
    read.collect()
}

/// Says that there is nothing to check, which is fine where directories were walked; what the command ends with, unless a report for
/// a machine is still to be written.
fn nothing(
    arguments: &Arguments,
    options: &Options,
    outcome: &Outcome,
    outputs: &[(Format, Option<&Path>)],
    streams: &mut Streams<'_>,
) -> Result<Option<Status>, Stop> {
    if !outcome.unreadable.is_empty() {
        return Ok(Some(Status::Failed));
    }
    if arguments.allow_empty || arguments.force_exclude && !arguments.require_files {
        return Ok(None);
    }
    let named = options.request.paths.iter().map(|path| path.display().to_string());
    let standard_input = options.request.standard_input.iter().map(|_| "standard input".to_owned());
    let places: Vec<_> = named.chain(standard_input).collect();
    let message = format!(
        "nothing to check in {}: no file there is nginx, HAProxy, Envoy, openssl.cnf or cipher strings by its name or content",
        if places.is_empty() { "no path at all".to_owned() } else { places.join(", ") }
    );
    let names_files =
        options.request.standard_input.is_some() || options.request.paths.iter().any(|path| !path.is_dir());
    if names_files {
        let tip = "--dialect says what a file is, --allow-empty accepts this";
        return Err(Failure::new(format!("{message}\n  tip: {tip}")).into());
    }
    if arguments.require_files {
        return Err(Failure::new(message).into());
    }
    streams.tell(format_args!("{message}"));
    let is_for_people = |(format, path): &(Format, Option<&Path>)| {
        matches!(format, Format::Full | Format::Concise) && path.is_none()
    };
    Ok(outputs.iter().all(is_for_people).then_some(Status::Clean))
}

fn write(
    arguments: &Arguments,
    options: &Options,
    disk: &Disk,
    (outcome, known): (&Outcome, &Before),
    outputs: &[(Format, Option<&Path>)],
    streams: &mut Streams<'_>,
) -> Result<(), Stop> {
    let (policies, target) = in_force(&options.request.scopes, &outcome.files);
    let weakened = weakened(&options.request.scopes);
    let softened = softened(&options.request.scopes);
    let mut report = Report {
        findings: &outcome.findings,
        files: disk,
        policies: &policies,
        target,
        coverage: outcome.coverage,
        weakened: &weakened,
        softened: &softened,
        prefix: &run::prefix(),
        sarif_suppressed: arguments.sarif_include_suppressed,
        rows: &outcome.rows,
        requirements: &in_force::requirements(&options.request.scopes),
        baseline: known.gone,
        mended: &known.mended,
        is_unconfigured: arguments.policy.is_empty() && in_force::is_unconfigured(&options.request.scopes),
        look: Look::default(),
    };
    if arguments.statistics {
        write!(streams.out, "{}", report::statistics(&report))?;
        if !arguments.quiet {
            streams.tell(format_args!("{}", report.coverage_line()));
        }
        return Ok(());
    }
    let look = Look {
        width: terminal::columns(streams.terminal),
        errors_first: arguments.sort.as_deref() != Some("path"),
        all: arguments.verbose,
        ..Look::default()
    };
    report.look = look;
    let mut tells_coverage = false;
    for (format, path) in outputs {
        match path {
            None => {
                report.look =
                    Look { colour: streams.colour, links: streams.terminal && streams.colour, ..look };
                tells_coverage |= format.tells_coverage();
                report::write(*format, &report, streams.out.behind()?)?;
            }
            Some(path) => {
                report.look = look;
                let read = read_paths(outcome);
                super::output::write_file(path, &read, |out| report::write(*format, &report, out))?;
            }
        }
    }
    if !tells_coverage && !arguments.quiet {
        streams.tell(format_args!("{}", report.coverage_line()));
    }
    Ok(())
}

/// What is known of the state before.
struct Before {
    /// How many places of the baseline are gone.
    gone: Option<usize>,
    /// What was mended.
    mended: Vec<String>,
}
