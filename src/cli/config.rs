//! `tlslint config`, and the flags that choose settings for other commands.

use super::{Failure, Status, Stop, Streams};
use crate::date::Date;
use crate::settings::{self, Choice, Resolver, Settings};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Which settings hold.
#[derive(Clone, Debug, Args)]
pub(super) struct SettingsArguments {
    /// Settings file to use alone [env: TLSLINT_CONFIG]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated", help_heading = "Judging")]
    config: Option<PathBuf>,
    /// Use no settings, of files or the environment
    #[arg(long, help_heading = "Judging")]
    isolated: bool,
    /// Trust nothing that the tree says of itself
    #[arg(long, help_heading = "Judging")]
    untrusted: bool,
    /// The day on which expiries are judged
    #[arg(long, value_name = "DATE", value_parser = date, hide = true, help_heading = "Judging")]
    as_of: Option<Date>,
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "write a day as 2027-03-31".to_owned())
}

impl SettingsArguments {
    /// Finds settings as the flags say, or else the environment.
    pub(super) fn resolver(&self) -> Result<Resolver, Failure> {
        self.finder().map_err(Failure::from)
    }

    /// The same with the places of mistakes.
    pub(super) fn finder(&self) -> Result<Resolver, settings::Error> {
        let variable = std::env::var_os("TLSLINT_CONFIG").filter(|value| !value.is_empty());
        let choice = match (&self.config, variable) {
            (Some(path), _) => Choice::File(path.clone()),
            (None, _) if self.isolated => Choice::None,
            (None, Some(path)) => Choice::File(PathBuf::from(path)),
            (None, None) => Choice::Nearest,
        };
        let environment = Settings::of_environment(|name| std::env::var(name).ok())?;
        let resolver = Resolver::under(environment, choice)?;
        Ok(if self.untrusted { resolver.untrusting() } else { resolver })
    }

    /// Whether who wrote the tree is not trusted.
    pub(super) const fn untrusted(&self) -> bool {
        self.untrusted
    }

    /// The day on which expiries are judged.
    pub(super) fn today(&self) -> Date {
        self.as_of.unwrap_or_else(Date::today)
    }
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the JSON Schema of tlslint.toml
    Schema,
    /// Print the settings that hold for a file, and where each came from
    Show {
        /// File or directory
        #[arg(value_name = "PATH", default_value = ".")]
        path: PathBuf,
        #[command(flatten)]
        settings: SettingsArguments,
    },
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    match &arguments.action {
        Action::Schema => {
            let schema = serde_json::to_string_pretty(&settings::schema()).map_err(Failure::from)?;
            writeln!(streams.out, "{schema}")?;
        }
        Action::Show { path, settings } => {
            let found = settings.resolver()?.of(path).map_err(Failure::from)?;
            settings::show(&found, streams.out)?;
        }
    }
    Ok(Status::Clean)
}
