//! `tlslint inventory`: every endpoint with what it offers.

use super::reading::Read;
use super::{Status, Stop, Streams, csv, terminal, upgrade};
use crate::certificate::Trust;
use crate::cyclonedx;
use crate::date::Date;
use crate::discover::Disk;
use crate::inventory::{Hybrid, Names, Row};
use crate::printable::{Medium, printable};
use crate::protocol::Protocol;
use crate::report::{count, html, prose};
use crate::run::{self, Reading};
use crate::scope::Flags;
use crate::suite::{self, Suite};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutputFormat {
    Csv,
    Cyclonedx,
    Html,
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
    /// Name every suite in the table, in place of counting them by kind
    #[arg(long)]
    all: bool,
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
    let rows = run::rows(reading, disk, names);
    if matches!(arguments.format, OutputFormat::Cyclonedx | OutputFormat::Json) {
        streams.out.set(Medium::Json);
    }
    match arguments.format {
        OutputFormat::Csv => csv::write(COLUMNS, rows.iter().map(cells), streams.out)?,
        OutputFormat::Cyclonedx => {
            serde_json::to_writer(&mut *streams.out, &cyclonedx::document(&rows)).map_err(io::Error::from)?;
            writeln!(streams.out)?;
        }
        OutputFormat::Json => json(&rows, reading, arguments.reading.settings.today(), disk, streams.out)?,
        OutputFormat::Html => {
            streams.out.set(Medium::Xml);
            streams.out.write_all(html::inventory(&rows).as_bytes())?;
        }
        OutputFormat::Table => {
            let columns = terminal::columns(streams.terminal);
            table(&rows, arguments.all, columns, streams.out)?;
        }
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

fn json(rows: &[Row], reading: &Reading, today: Date, disk: &Disk, out: &mut dyn Write) -> io::Result<()> {
    let coverage = reading.coverage(disk);
    let document = json!({
        "version": 1,
        "endpoints": rows,
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

fn table(rows: &[Row], all: bool, columns: usize, out: &mut dyn Write) -> io::Result<()> {
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
            if value.is_empty() {
                return Ok(());
            }
            let lines = prose::wrap(&printable(&value), columns.saturating_sub(18));
            writeln!(out, "    {key:<13} {}", lines.join(&format!("\n{:18}", "")))
        };
        let suites = if all { row.suites.enabled.join(" ") } else { suites_in_words(&row.suites.enabled) };
        line("names", row.names.join(" "))?;
        line("protocols", row.protocols.join(" "))?;
        line("suites", suites)?;
        line("TLS 1.3", row.tls13_suites.join(" "))?;
        line("groups", row.groups.join(" "))?;
        let [.., verification, purpose, hybrid] = cells(row);
        line("hybrid", hybrid)?;
        line("verification", verification)?;
        line("purpose", purpose)?;
        for unknown in &row.unknown {
            line("not known", format!("{}: {}", unknown.setting, unknown.why))?;
        }
    }
    totals(rows, all, out)
}

/// A few suites by name, many by kind.
fn suites_in_words(names: &[&str]) -> String {
    let suites: Vec<Suite> = names.iter().filter_map(|name| Suite::from_name(name)).collect();
    if names.len() <= MOST_SUITES {
        names.join(" ")
    } else {
        format!("{}: {}", names.len(), suite::in_kinds(&suites))
    }
}

/// More suites than this are told by kind.
const MOST_SUITES: usize = 8;

fn totals(rows: &[Row], all: bool, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let number = |holds: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| holds(row)).count();
    let in_clear = number(&|row| row.transport == "plaintext");
    let versions: Vec<String> = Protocol::ALL
        .iter()
        .map(|version| (version.name(), number(&|row| row.protocols.contains(&version.name()))))
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{number} with {name}"))
        .collect();
    let servers = number(&|row| row.role == "server");
    let tail = if versions.is_empty() { String::new() } else { format!("; {}", versions.join(", ")) };
    let hint = if all || rows.iter().all(|row| row.suites.enabled.len() <= MOST_SUITES) {
        ""
    } else {
        "; --all names the suites"
    };
    let kinds = format!("({servers} server, {} client), {in_clear} in clear", rows.len() - servers);
    writeln!(out, "\n{} {kinds}{tail}{hint}", count(rows.len(), "endpoint"))
}
