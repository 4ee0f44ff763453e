//! `tlslint policy`: what the policies say.

use super::{Failure, OutputFormat, Status, Stop, Streams};
use crate::policy::{self, Change, Effect, Listed, Policy};
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Name the built-in policies
    List {
        /// How to print them
        #[arg(short = 'f', long, alias = "output-format", value_enum, default_value = "table")]
        format: OutputFormat,
    },
    /// Print a policy in full, what it extends worked in
    Show {
        /// A built-in policy or a file
        #[arg(value_name = "NAME|FILE")]
        policy: String,
    },
    /// Tell what changes from one policy to another; what can break comes first
    Diff {
        /// The policy that holds now
        #[arg(value_name = "OLD")]
        old: String,
        /// The policy to come; "next" is the version after OLD
        #[arg(value_name = "NEW")]
        new: String,
    },
    /// Print the JSON Schema of policy files
    Schema,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    match &arguments.command {
        Command::List { format } => list(*format, streams.out)?,
        Command::Show { policy } => load(policy)?.show(streams.out)?,
        Command::Diff { old, new } => diff(old, new, streams.out)?,
        Command::Schema => writeln!(streams.out, "{:#}", policy::schema())?,
    }
    Ok(Status::Clean)
}

fn load(name: &str) -> Result<Policy, Failure> {
    Ok(Policy::load(name)?)
}

fn list(format: OutputFormat, out: &mut dyn Write) -> Result<(), Stop> {
    let names = policy::names();
    if format == OutputFormat::Json {
        let row = |policy: &Listed| {
            let Listed { id, title, unverified, issuer, published, supersedes } = *policy;
            json!({
                "id": id, "title": title, "verified": !unverified, "issuer": issuer, "published": published,
                "supersedes": supersedes, "superseded_by": policy::superseded_by(id).collect::<Vec<_>>(),
            })
        };
        let policies: Vec<_> = names.iter().map(row).collect();
        return Ok(writeln!(out, "{}", json!({ "version": 1, "policies": policies }))?);
    }
    let width = names.iter().map(|policy| policy.id.len()).max().unwrap_or(0);
    let mut by_issuer: BTreeMap<(String, &str), Vec<&Listed>> = BTreeMap::new();
    for policy in &names {
        by_issuer.entry((policy.issuer.to_lowercase(), policy.issuer)).or_default().push(policy);
    }
    for (index, ((_, issuer), policies)) in by_issuer.into_iter().enumerate() {
        writeln!(out, "{}{issuer}", if index > 0 { "\n" } else { "" })?;
        for Listed { id, title, unverified, published, .. } in policies {
            let newer: Vec<_> = policy::superseded_by(id).collect();
            let newer = if newer.is_empty() {
                String::new()
            } else {
                format!(" (superseded by {})", newer.join(", "))
            };
            let mark = if *unverified { " (unverified)" } else { "" };
            writeln!(out, "  {id:width$}  {published:10}  {title}{mark}{newer}")?;
        }
    }
    let unverified = names.iter().filter(|policy| policy.unverified).count();
    writeln!(
        out,
        "\n{} policies, {} verified at their source, {unverified} not",
        names.len(),
        names.len() - unverified
    )?;
    Ok(())
}

fn diff(old: &str, new: &str, out: &mut dyn Write) -> Result<(), Stop> {
    let before = load(old)?;
    let after = match (new, policy::next(old)) {
        ("next", Some(next)) => load(next)?,
        ("next", None) => return Err(Failure::new(format!("{} has no later version", before.id)).into()),
        _ => load(new)?,
    };
    writeln!(out, "{} → {}", before.label(), after.label())?;
    let changes = policy::diff(&before, &after);
    if changes.is_empty() {
        writeln!(out, "No difference.")?;
    }
    let mut last = None;
    for change in changes {
        if last != Some(change.effect) {
            let heading = match change.effect {
                Effect::Stricter => "Stricter, what complied may fail:",
                Effect::Looser => "Looser:",
                Effect::Neutral => "Other:",
            };
            writeln!(out, "\n{heading}")?;
            last = Some(change.effect);
        }
        tell(&change, out)?;
    }
    Ok(())
}

/// Where lists of names are wrapped, in columns.
const WIDTH: usize = 100;

/// One change: on a line of its own, or, where that is too long, with its names below.
fn tell(change: &Change, out: &mut dyn Write) -> io::Result<()> {
    let line = change.to_string();
    if line.len() <= WIDTH || change.names.is_empty() {
        return writeln!(out, "  {line}");
    }
    write!(out, "  {}: {}:", change.id, change.text)?;
    let mut column = WIDTH;
    for (index, name) in change.names.iter().enumerate() {
        if index > 0 {
            write!(out, ",")?;
        }
        if column + name.len() + 2 > WIDTH {
            write!(out, "\n     ")?;
            column = 5;
        }
        write!(out, " {name}")?;
        column += name.len() + 2;
    }
    writeln!(out)
}
