//! `tlslint config`, and the flags that choose settings for other commands.

use super::{Failure, Status, Stop, Streams};
use crate::date::Date;
use crate::discover::{self, Disk};
use crate::endpoint::Dialect;
use crate::settings::{self, Choice, Resolver, Set, Settings};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Which settings hold.
#[derive(Debug, Args)]
pub(super) struct SettingsArguments {
    /// Settings file to use in place of the nearest tlslint.toml above each file [env: TLSLINT_CONFIG]
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Use no settings, of files or the environment
    #[arg(long)]
    isolated: bool,
    /// The day on which expiries are judged, in place of today
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "write a day as 2027-03-31".to_owned())
}

impl SettingsArguments {
    /// Finds settings as the flags say, or else the environment.
    pub(super) fn resolver(&self) -> Result<Resolver, Failure> {
        let variable = std::env::var_os("TLSLINT_CONFIG").filter(|value| !value.is_empty());
        let choice = match (&self.config, variable) {
            (Some(path), _) => Choice::File(path.clone()),
            (None, _) if self.isolated => Choice::None,
            (None, Some(path)) => Choice::File(PathBuf::from(path)),
            (None, None) => Choice::Nearest,
        };
        let environment = Settings::of_environment(|name| std::env::var(name).ok())?;
        Ok(Resolver::under(environment, choice)?)
    }

    /// The day on which expiries are judged.
    pub(super) fn today(&self) -> Date {
        self.as_of.unwrap_or_else(Date::today)
    }
}

/// Which directories besides the repository are looked into.
#[derive(Debug, Default, Args)]
pub(super) struct RootArguments {
    /// Directory outside the repository that includes may reach
    #[arg(long, value_name = "DIR")]
    include_root: Vec<PathBuf>,
    /// Directory that the paths of deployed certificates start from
    #[arg(long, value_name = "DIR")]
    certificate_root: Option<PathBuf>,
}

/// What configurations are read by, where nothing is held against a policy.
#[derive(Debug, Args)]
pub(super) struct ReadingArguments {
    /// What the configuration runs on
    #[arg(long, value_name = "NAME|KEY=VALUE,..")]
    pub(super) target: Option<String>,
    /// Language of the files that are named
    #[arg(long, value_parser = PossibleValuesParser::new(Dialect::ALL.map(Dialect::name)))]
    dialect: Option<String>,
    #[command(flatten)]
    pub(super) settings: SettingsArguments,
    #[command(flatten)]
    pub(super) roots: RootArguments,
}

impl ReadingArguments {
    /// The language of the files that are named.
    pub(super) fn dialect(&self) -> Option<Dialect> {
        self.dialect.as_deref().and_then(Dialect::from_name)
    }
}

impl RootArguments {
    /// The same as settings, for people to see.
    pub(super) fn show(&self, settings: &mut Settings) {
        let flag = |path: &PathBuf| Set::flag(path.clone(), "--include-root");
        settings.include_roots.extend(self.include_root.iter().map(flag));
        settings.certificate_root =
            self.certificate_root.clone().map(|path| Set::flag(path, "--certificate-root"));
    }
}

/// The files that a run over the repository at `root` may see; `beside` are directories that may be read too.
pub(super) fn disk(root: PathBuf, settings: &Settings, roots: &RootArguments, beside: &[PathBuf]) -> Disk {
    let configured = settings.include_roots.iter().map(|set| &set.value);
    let mut root_map: Vec<_> = settings.root_map.iter().map(|set| set.value.clone()).collect();
    let certificates = settings.certificate_root.as_ref().map(|set| &set.value);
    let certificates = roots.certificate_root.as_ref().or(certificates);
    root_map.extend(certificates.map(|directory| (PathBuf::from("/"), directory.clone())));
    // Who says where a deployed directory stands allows it to be read.
    let mapped = root_map.iter().map(|(_, directory)| directory);
    let allowed: Vec<PathBuf> =
        roots.include_root.iter().chain(beside).chain(configured).chain(mapped).cloned().collect();
    Disk::new(root, &allowed, root_map)
}

/// The working directory's path in its repository, `/` between the parts; empty at the top.
pub(super) fn prefix() -> String {
    let Ok(here) = std::env::current_dir() else { return String::new() };
    let root = discover::root_of(&here);
    let below = here.strip_prefix(root).unwrap_or(Path::new(""));
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
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
