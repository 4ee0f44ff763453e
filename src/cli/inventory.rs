//! `tlslint inventory`: every endpoint with what it offers.

use super::reading::Read;
use super::{Status, Stop, Streams, csv, upgrade};
use crate::certificate::Trust;
use crate::cyclonedx;
use crate::date::Date;
use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::inventory::{self, Hybrid, Names, Row};
use crate::printable::{Medium, printable};
use crate::run::{self, Reading};
use crate::scope::Flags;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutputFormat {
    Csv,
    Cyclonedx,
    Json,
    Table,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SuiteNames {
    Iana,
    Openssl,
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files and directories
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How to print it
    #[arg(short = 'f', long, alias = "output-format", value_enum, default_value = "table")]
    format: OutputFormat,
    /// Which names suites get
    #[arg(long, value_enum, default_value = "openssl")]
    names: SuiteNames,
    /// Tell what changes for every endpoint when --target becomes this one, as a table or JSON
    #[arg(long, value_name = "TARGET", value_parser = upgrade::target)]
    compare_target: Option<String>,
    #[command(flatten)]
    target: super::reading::TargetArguments,
    #[command(flatten)]
    reading: super::reading::ReadingArguments,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let read = arguments.reading.read(&arguments.paths, arguments.target.flags(), streams)?;
    if let Some(target) = &arguments.compare_target {
        return compare(arguments, &read, target, streams);
    }
    let Read { disk, reading, .. } = &read;
    let names = match arguments.names {
        SuiteNames::Iana => Names::Iana,
        SuiteNames::Openssl => Names::Openssl,
    };
    let endpoints = reading.endpoints(disk);
    let rows = endpoints.iter().map(|(root, endpoint)| {
        let source = disk.source(endpoint.location.file);
        let target = root.scope.target(source.path());
        let mut row = inventory::row(&root.model, endpoint, disk, target, names);
        let known: Vec<&str> = row.names.iter().chain(&row.addresses).map(String::as_str).collect();
        row.purpose = root.scope.settings.purpose(source.path(), &known).map(str::to_owned);
        row
    });
    if matches!(arguments.format, OutputFormat::Cyclonedx | OutputFormat::Json) {
        streams.out.set(Medium::Json);
    }
    match arguments.format {
        OutputFormat::Csv => csv::write(COLUMNS, rows.map(|row| cells(&row)), streams.out)?,
        OutputFormat::Cyclonedx => {
            serde_json::to_writer(&mut *streams.out, &cyclonedx::document(&rows.collect::<Vec<_>>()))
                .map_err(io::Error::from)?;
            writeln!(streams.out)?;
        }
        OutputFormat::Json => json(rows, reading, arguments.reading.settings.today(), disk, streams.out)?,
        OutputFormat::Table => table(rows, streams.out)?,
    }
    Ok(read.status())
}

/// Tells what changes from one target to another.
fn compare(
    arguments: &Arguments,
    before: &Read,
    target: &str,
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    let format =
        arguments.format.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
    let shape = upgrade::Shape::of(&format)?;
    let flags = Flags { target: Some(target.to_owned()), ..arguments.target.flags() };
    let after = arguments.reading.read(&arguments.paths, flags, streams)?;
    let targets = upgrade::Targets::of(&before.request, &after.request)?;
    let views = (upgrade::view(&before.request, &before.disk)?, upgrade::view(&after.request, &after.disk)?);
    upgrade::tell(views, &targets, shape, None, streams)?;
    Ok(before.status())
}

fn json(
    rows: impl Iterator<Item = Row>,
    reading: &Reading,
    today: Date,
    disk: &Disk,
    out: &mut dyn Write,
) -> io::Result<()> {
    let coverage = reading.coverage(disk);
    let document = json!({
        "version": 1,
        "endpoints": rows.collect::<Vec<_>>(),
        "summary": {
            "files": coverage.files,
            "servers": coverage.servers,
            "clients": coverage.clients,
            "plaintext": coverage.plaintext,
            "passed_through": coverage.passed_through,
            "not_evaluated": run::not_evaluated(reading, &Trust::new(today), disk),
        },
    });
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

const COLUMNS: [&str; 12] = [
    "path",
    "line",
    "role",
    "transport",
    "addresses",
    "names",
    "protocols",
    "suites",
    "tls13_suites",
    "verification",
    "purpose",
    "hybrid",
];

fn cells(row: &Row) -> [String; 12] {
    let verdict = |known: Option<bool>| known.map_or("unknown", |yes| if yes { "yes" } else { "no" });
    let verification = row.peer_verification.as_ref().map_or(String::new(), |found| {
        format!("chain {}, host name {}", verdict(found.chain), verdict(found.hostname))
    });
    [
        row.path.clone(),
        row.line.to_string(),
        row.role.to_owned(),
        row.transport.to_owned(),
        row.addresses.join(" "),
        row.names.join(" "),
        row.protocols.join(" "),
        row.suites.enabled.join(" "),
        row.tls13_suites.join(" "),
        verification,
        row.purpose.clone().unwrap_or_default(),
        row.hybrid.as_ref().map(hybrid).unwrap_or_default(),
    ]
}

/// Whether a hybrid group is offered, in words: `offered, first`, `impossible: OpenSSL 3.0 has none of them`.
fn hybrid(hybrid: &Hybrid) -> String {
    let why = hybrid.obstacle.as_ref().map_or(String::new(), |why| format!(": {why}"));
    match (hybrid.offered, hybrid.preferred) {
        (None, _) => "unknown".to_owned(),
        (Some(true), Some(true)) => "offered, first".to_owned(),
        (Some(true), Some(false)) => "offered, not first".to_owned(),
        (Some(true), None) => "offered, the peer's order decides".to_owned(),
        (Some(false), _) if hybrid.impossible => format!("impossible{why}"),
        (Some(false), _) => format!("not offered{why}"),
    }
}

fn table(rows: impl Iterator<Item = Row>, out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        writeln!(
            out,
            "{}:{}: {} {} {}",
            printable(&row.path),
            row.line,
            row.role,
            row.transport,
            printable(&row.addresses.join(" "))
        )?;
        let mut line = |key: &str, value: String| {
            if value.is_empty() { Ok(()) } else { writeln!(out, "    {key:<13} {}", printable(&value)) }
        };
        line("names", row.names.join(" "))?;
        line("protocols", row.protocols.join(" "))?;
        line("suites", row.suites.enabled.join(" "))?;
        line("TLS 1.3", row.tls13_suites.join(" "))?;
        line("groups", row.groups.join(" "))?;
        let [.., verification, purpose, hybrid] = cells(&row);
        line("hybrid", hybrid)?;
        line("verification", verification)?;
        line("purpose", purpose)?;
        for unknown in &row.unknown {
            line("not known", format!("{}: {}", unknown.setting, unknown.why))?;
        }
    }
    Ok(())
}
