//! `tlslint completions`: what shells complete.

use super::{Status, Stop, Streams};
use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(
    arguments: &Arguments,
    mut command: clap::Command,
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    // The generator panics where its writer fails, so it writes to memory.
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "tlslint", &mut text);
    streams.out.write_all(&text)?;
    Ok(Status::Clean)
}
