//! `tlslint checks`: every check, for people and for tools that list them.

use super::{OutputFormat, Status, Stop, Streams};
use crate::checks::{self, Check};
use crate::{fix, report};
use clap::Args;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to print them
    #[arg(short = 'f', long, alias = "output-format", value_enum, default_value = "table")]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    if arguments.format == OutputFormat::Json {
        let rows: Vec<Value> = checks::ALL.iter().map(|check| row(check)).collect();
        writeln!(streams.out, "{}", json!({ "version": 1, "checks": rows }))?;
        return Ok(Status::Clean);
    }
    let width = checks::ALL.iter().map(|check| check.id.len()).max().unwrap_or(0);
    for check in checks::ALL {
        let fix = if fix::mends(check.id) { "fix" } else { "" };
        let level = check.level.name();
        writeln!(streams.out, "{:width$}  {level:7}  {fix:3}  {}", check.id, check.summary)?;
    }
    Ok(Status::Clean)
}

fn row(check: &Check) -> Value {
    json!({
        "id": check.id,
        "summary": check.summary,
        "level": check.level.name(),
        "dialects": check.dialects().map(crate::endpoint::Dialect::name).collect::<Vec<_>>(),
        "fix": fix::mends(check.id),
        "url": report::page_url(check.id),
        "references": check.references().collect::<Vec<_>>(),
    })
}
