//! `tlslint ignores`: everything that is not counted, with its reason, for auditors.

use super::{Status, Stop, Streams, csv};
use crate::files::FileTree as _;
use crate::finding::Severity;
use crate::printable::{Medium, printable};
use crate::scope::Flags;
use crate::settings::{Origin, Set};
use crate::suppress;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutputFormat {
    Csv,
    Json,
    Table,
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files and directories
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How to print them
    #[arg(short = 'f', long, alias = "output-format", value_enum, default_value = "table")]
    format: OutputFormat,
    #[command(flatten)]
    reading: super::reading::ReadingArguments,
}

/// Something that keeps findings from counting.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    path: String,
    line: u32,
    checks: Vec<String>,
    reach: String,
    reason: String,
    until: Option<String>,
    expired: bool,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let read = arguments.reading.read(&arguments.paths, Flags::default(), streams)?;
    let today = read.request.scopes.today();
    let mut rows = Vec::new();
    for (file, dialect) in read.reading.languages() {
        let source = read.disk.source(file);
        for ignore in suppress::ignores(dialect, &source) {
            rows.push(Row {
                kind: "comment",
                path: source.display().to_owned(),
                line: source.position(ignore.location.span.start).line,
                checks: ignore.checks.into_iter().map(|(id, _)| id).collect(),
                reach: ignore.reach.word().to_owned(),
                reason: ignore.reason,
                until: ignore.until.map(|until| until.to_string()),
                expired: ignore.until.is_some_and(|until| until < today),
            });
        }
    }
    rows.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for scope in read.request.scopes.all() {
        for (check, set) in &scope.settings.checks {
            let level = set.value.severity.map_or("off", Severity::name);
            let mut row = in_settings(set, set.value.reason.clone().unwrap_or_default());
            row.checks = vec![format!("{check}={level}")];
            "all files".clone_into(&mut row.reach);
            rows.push(row);
        }
        for set in &scope.settings.overrides {
            let over = &set.value;
            let mut row = in_settings(set, over.reason.clone());
            let level = |severity: Option<Severity>| severity.map_or("off", Severity::name);
            row.checks =
                over.checks.iter().map(|(check, severity)| format!("{check}={}", level(*severity))).collect();
            row.checks.extend(over.policy.iter().map(|policy| format!("policy={policy}")));
            row.checks.extend(over.target.iter().map(|target| format!("target={target}")));
            row.reach = over.files.iter().map(crate::settings::Pattern::as_str).collect::<Vec<_>>().join(" ");
            row.until = over.until.map(|until| until.to_string());
            row.expired = over.until.is_some_and(|until| until < today);
            rows.push(row);
        }
    }
    match arguments.format {
        OutputFormat::Csv => csv::write(COLUMNS, rows.iter().map(cells), streams.out)?,
        OutputFormat::Json => {
            streams.out.set(Medium::Json);
            serde_json::to_writer(&mut *streams.out, &serde_json::json!({ "version": 1, "ignores": rows }))
                .map_err(io::Error::from)?;
            writeln!(streams.out)?;
        }
        OutputFormat::Table => table(&rows, streams.out)?,
    }
    Ok(read.status())
}

fn in_settings<T>(set: &Set<T>, reason: String) -> Row {
    let line = match &set.origin {
        Origin::File { position, .. } => position.line,
        Origin::Environment(_) | Origin::Flag(_) => 0,
    };
    let place = set.origin.to_string();
    let path = place.rsplitn(3, ':').last().unwrap_or_default().to_owned();
    Row {
        kind: "settings",
        path,
        line,
        checks: Vec::new(),
        reach: String::new(),
        reason,
        until: None,
        expired: false,
    }
}

const COLUMNS: [&str; 7] = ["kind", "path", "line", "checks", "reach", "reason", "until"];

fn cells(row: &Row) -> [String; 7] {
    let until = row.until.clone().unwrap_or_default();
    [
        row.kind.to_owned(),
        row.path.clone(),
        row.line.to_string(),
        row.checks.join(" "),
        row.reach.clone(),
        row.reason.clone(),
        if row.expired { format!("{until} (expired)") } else { until },
    ]
}

fn table(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        let [kind, path, line, checks, reach, reason, until] =
            cells(row).map(|cell| printable(&cell).into_owned());
        let until = if until.is_empty() { String::new() } else { format!(" until {until}") };
        writeln!(out, "{path}:{line}: {kind} {reach} [{checks}] {reason}{until}")?;
    }
    let count = rows.len();
    writeln!(out, "{count} in all, {} expired", rows.iter().filter(|row| row.expired).count())
}
