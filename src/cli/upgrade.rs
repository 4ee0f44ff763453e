//! `--compare-target`: what changes for every endpoint from one target to another.

use super::{Failure, Status, Stop, Streams};
use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::finding::Severity;
use crate::inventory::{self, Names};
use crate::printable::{Medium, printable};
use crate::run::{self, Options, Request};
use crate::span::Location;
use crate::target::{Target, TargetError};
use crate::upgrade::{self, Apart, Changed, Comparison, Refusal, Verdict, View};
use serde_json::json;
use std::io::{self, Write};
use std::path::Path;

/// How a comparison is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Json,
    Text,
}

impl Shape {
    /// The shape that an output format means.
    pub(super) fn of(format: &str) -> Result<Self, Failure> {
        match format {
            "json" => Ok(Self::Json),
            "concise" | "full" | "table" => Ok(Self::Text),
            _ => Err(Failure::new(format!(
                "--compare-target prints text or JSON, not {format}\n  tip: write --format json"
            ))),
        }
    }
}

/// The two targets, in words.
pub(super) struct Targets {
    pub(super) before: String,
    pub(super) after: String,
}

impl Targets {
    /// Those of two requests, as they hold for the first file.
    pub(super) fn of(before: &Request, after: &Request) -> Result<Self, Failure> {
        let words = |request: &Request| -> Result<String, Failure> {
            let path = request.paths.first().map_or(Path::new("."), |path| path.as_path());
            let scope = request.scopes.of(path).map_err(Failure::from)?;
            Ok(scope.target(path).to_string())
        };
        Ok(Self { before: words(before)?, after: words(after)? })
    }
}

/// The target that `--compare-target` names.
///
/// # Errors
/// As `--target` has them.
pub(super) fn target(text: &str) -> Result<String, TargetError> {
    Target::parse(text).map(|_| text.to_owned())
}

/// What `request` reads, without verdicts.
pub(super) fn view(request: &Request, disk: &Disk) -> Result<View, Failure> {
    let reading = run::read(request, disk).map_err(Failure::from)?;
    let rows = reading.endpoints(disk).into_iter().map(|(root, endpoint)| {
        let source = disk.source(endpoint.location.file);
        inventory::row(&root.model, endpoint, disk, root.scope.target(source.path()), Names::Openssl)
    });
    let rows = rows.collect();
    let refused = reading.roots.iter().flat_map(|root| &root.model.refusals);
    let refusals = refused.map(|refusal| {
        let (path, (line, _)) = place(refusal.location, disk);
        Refusal { path, line, reason: refusal.reason.clone() }
    });
    let mut refusals: Vec<Refusal> = refusals.collect();
    refusals.sort();
    refusals.dedup();
    Ok(View { rows, refusals, verdicts: Vec::new() })
}

/// The same with verdicts.
pub(super) fn judged(options: &Options, open: &dyn Fn() -> Disk) -> Result<View, Failure> {
    let disk = open();
    let outcome = run::run(options, &disk).map_err(Failure::from)?;
    let counted = outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
    let verdicts = counted.map(|finding| {
        let (path, position) = place(finding.location, &disk);
        Verdict::of(finding, &path, position)
    });
    let verdicts = verdicts.collect();
    Ok(View { verdicts, ..view(&options.request, &open())? })
}

fn place(location: Location, disk: &Disk) -> (String, (u32, u32)) {
    let location = disk.written(location);
    let source = disk.source(location.file);
    let position = source.position(location.span.start);
    (source.display().to_owned(), (position.line, position.column))
}

/// Prints what changes. New findings at or above `threshold` make the exit code 1.
pub(super) fn tell(
    (before, after): (View, View),
    targets: &Targets,
    shape: Shape,
    threshold: Option<Severity>,
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    let comparison = upgrade::compare(before, after);
    match shape {
        Shape::Json => {
            streams.out.set(Medium::Json);
            json(&comparison, targets, streams.out)?;
        }
        Shape::Text => text(&comparison, targets, streams.out)?,
    }
    let counts = |verdict: &Verdict| {
        threshold.is_some_and(|least| Severity::from_name(verdict.severity) >= Some(least))
    };
    Ok(if comparison.findings.new.iter().any(counts) { Status::Findings } else { Status::Clean })
}

fn json(comparison: &Comparison, targets: &Targets, out: &mut dyn Write) -> io::Result<()> {
    let document = json!({
        "version": 1,
        "before": { "target": targets.before },
        "after": { "target": targets.after },
        "endpoints": comparison.endpoints,
        "refusals": comparison.refusals,
        "findings": comparison.findings,
        "summary": {
            "endpoints": comparison.endpoint_count,
            "changed": comparison.endpoints.len(),
            "findings_gone": comparison.findings.gone.len(),
            "findings_new": comparison.findings.new.len(),
        },
    });
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn text(comparison: &Comparison, targets: &Targets, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "from {} to {}", printable(&targets.before), printable(&targets.after))?;
    if comparison.is_empty() {
        return writeln!(out, "nothing changes for {}", endpoints(comparison.endpoint_count));
    }
    for changed in &comparison.endpoints {
        endpoint(changed, out)?;
    }
    let Apart { gone, new } = &comparison.refusals;
    for (refusals, words) in [(new, "does not start any more"), (gone, "starts again")] {
        for refusal in refusals {
            let (path, reason) = (printable(&refusal.path), printable(&refusal.reason));
            writeln!(out, "{path}:{}: the server {words}: {reason}", refusal.line)?;
        }
    }
    let Apart { gone, new } = &comparison.findings;
    for (verdicts, words) in [(new, "new"), (gone, "gone")] {
        for verdict in verdicts {
            let (path, message) = (printable(&verdict.path), printable(&verdict.message));
            let (line, column, check) = (verdict.line, verdict.column, verdict.check);
            writeln!(out, "{path}:{line}:{column}: {words} {}: {message} [{check}]", verdict.severity)?;
        }
    }
    let changed = comparison.endpoints.len();
    writeln!(
        out,
        "{changed} of {} change; {} findings new, {} gone",
        endpoints(comparison.endpoint_count),
        new.len(),
        gone.len()
    )
}

fn endpoints(count: usize) -> String {
    if count == 1 { "1 endpoint".to_owned() } else { format!("{count} endpoints") }
}

fn endpoint(changed: &Changed, out: &mut dyn Write) -> io::Result<()> {
    let who =
        [changed.names.join(" "), changed.addresses.join(" ")].into_iter().filter(|part| !part.is_empty());
    let who = who.collect::<Vec<_>>().join(" on ");
    let status = if changed.status == "changed" { String::new() } else { format!(": {}", changed.status) };
    let (path, who) = (printable(&changed.path), printable(&who));
    writeln!(out, "{path}:{}: {} {who}{status}", changed.line, changed.role)?;
    for difference in &changed.changes {
        let what = if difference.what == "tls13_suites" { "TLS 1.3" } else { difference.what };
        for (sign, values) in [("-", &difference.gone), ("+", &difference.new), ("order", &difference.order)]
        {
            if !values.is_empty() {
                writeln!(out, "    {what:<13} {sign} {}", printable(&values.join(" ")))?;
            }
        }
    }
    Ok(())
}
