//! `tlslint man`: the manual pages.

use super::{Failure, Status, Stop, Streams};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The subcommand whose page to print; the page of tlslint itself without it
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    command: Option<String>,
    /// Write all pages to this directory
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(super) fn run(
    arguments: &Arguments,
    mut command: clap::Command,
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    command.build();
    if let Some(directory) = &arguments.directory {
        write(&command, "tlslint", directory)?;
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            write(inner, &format!("tlslint-{}", inner.get_name()), directory)?;
        }
        return Ok(Status::Clean);
    }
    let page = match &arguments.command {
        None => page(&command, "tlslint")?,
        Some(name) => {
            let inner = command
                .find_subcommand(name)
                .ok_or_else(|| Failure::new(format!("no command is called {name}")))?;
            page(inner, &format!("tlslint-{name}"))?
        }
    };
    streams.out.write_all(&page)?;
    Ok(Status::Clean)
}

fn page(command: &clap::Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name.to_owned()).render(&mut text)?;
    Ok(text)
}

fn write(command: &clap::Command, name: &str, directory: &Path) -> Result<(), Failure> {
    let path = directory.join(format!("{name}.1"));
    std::fs::write(&path, page(command, name)?)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))
}
