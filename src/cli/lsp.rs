//! `tlslint lsp`: the language server on standard input and output.

use super::config::SettingsArguments;
use super::{Failure, Status};
use crate::lsp::{self, Ended, Surroundings};
use crate::scope::Flags;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Speak over standard input and output, which is the only way; editors like to say it
    #[arg(long)]
    stdio: bool,
    /// Policy, in place of the settings' own
    #[arg(long, value_name = "NAME|FILE")]
    policy: Vec<String>,
    /// What the configuration runs on, in place of the settings' own
    #[arg(long, value_name = "NAME|KEY=VALUE,..")]
    target: Option<String>,
    #[command(flatten)]
    settings: SettingsArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    // Mistakes of the command line are told at once, not by the first document.
    arguments.settings.resolver()?;
    let settings = arguments.settings.clone();
    let around = Surroundings {
        resolver: Box::new(move || settings.finder()),
        flags: Flags {
            policies: arguments.policy.clone(),
            target: arguments.target.clone(),
            ..Flags::default()
        },
        is_untrusting: arguments.settings.untrusted(),
        today: arguments.settings.today(),
    };
    let (connection, writer) = lsp::stdio();
    let ended = lsp::serve(&connection, around).map_err(Failure::new)?;
    // The thread that writes ends with the last sender; the one that reads may wait for a client that never writes again.
    drop(connection);
    let is_written = writer.join().is_ok();
    Ok(if ended == Ended::InOrder && is_written { Status::Clean } else { Status::Findings })
}
