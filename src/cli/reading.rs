//! What commands read: the flags that say it, and the reading itself where nothing is held against a policy.

use super::config::SettingsArguments;
use super::{Failure, Status, Stop, Streams};
use crate::discover::{Disk, Unreadable};
use crate::endpoint::Dialect;
use crate::run::{self, Reading, Request, Skipped};
use crate::scope::{Flags, Scopes};
use crate::settings::{Set, Settings};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::path::{Path, PathBuf};

/// Which files are read, and by what.
#[derive(Debug, Args)]
pub(super) struct ReadingArguments {
    /// Language of the files that are named
    #[arg(long, value_parser = PossibleValuesParser::new(Dialect::ALL.map(Dialect::name)), hide_possible_values = true, help_heading = "Reading")]
    dialect: Option<String>,
    /// Read templates as they stand, not every rendering of them
    #[arg(long, hide = true)]
    no_worlds: bool,
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

    /// Tells where the language that is said is nobody's: directories alone are read.
    pub(super) fn tell_dialect(&self, request: &Request, streams: &mut Streams<'_>) {
        let names_files = request.standard_input.is_some() || request.paths.iter().any(|path| !path.is_dir());
        if self.dialect.is_some() && !names_files {
            streams.tell(format_args!(
                "tlslint: --dialect is for files that are named; in a directory only files in no known language take it"
            ));
        }
    }

    /// What holds for which file, by `flags` and the settings around it.
    pub(super) fn scopes(&self, flags: Flags) -> Result<Scopes, Failure> {
        Ok(Scopes::new(self.settings.resolver()?, flags, self.settings.today()))
    }

    /// What to read: files and directories.
    pub(super) fn request(&self, paths: Vec<PathBuf>, flags: Flags) -> Result<Request, Failure> {
        let (dialect, scopes) = (self.dialect(), self.scopes(flags)?);
        Ok(Request {
            paths,
            roots: None,
            standard_input: None,
            dialect,
            force_exclude: false,
            worlds: !self.no_worlds,
            scopes,
        })
    }

    /// The files that a run over the tree at `root` may see; `beside` are directories that may be read too.
    pub(super) fn disk(&self, root: &Path, settings: &Settings, beside: &[PathBuf]) -> Disk {
        let allowed: Vec<PathBuf> = self.roots.include_root.iter().chain(beside).cloned().collect();
        run::disk(root, &allowed, settings, self.roots.certificate_root.as_deref())
    }

    /// Reads files and directories; what cannot be read is told.
    pub(super) fn read(
        &self,
        paths: &[PathBuf],
        flags: Flags,
        streams: &mut Streams<'_>,
    ) -> Result<Read, Stop> {
        let request = self.request(paths.to_vec(), flags)?;
        self.tell_dialect(&request, streams);
        let trees = run::trees(&request);
        let (root, beside) = trees.split_first().expect("there is at least one tree");
        let scope = request.scopes.of(&root.join("any")).map_err(Failure::from)?;
        let disk = self.disk(root, &scope.settings, beside);
        let reading = run::read(&request, &disk).map_err(Failure::from)?;
        tell_unreadable(&reading.unreadable, streams);
        tell_refused(&reading.refused, streams);
        Ok(Read { request, disk, reading, is_untrusting: self.settings.untrusted() })
    }
}

/// What configurations run on, where nothing is held against a policy.
#[derive(Debug, Args)]
pub(super) struct TargetArguments {
    /// What the configuration runs on
    #[arg(long, value_name = "NAME|KEY=VALUE,..")]
    target: Option<String>,
}

impl TargetArguments {
    /// The same for scopes.
    pub(super) fn flags(&self) -> Flags {
        Flags { target: self.target.clone(), ..Flags::default() }
    }
}

/// Which directories besides the repository are looked into.
#[derive(Debug, Args)]
pub(super) struct RootArguments {
    /// Directory outside that includes may reach
    #[arg(long, value_name = "DIR", help_heading = "Reading")]
    include_root: Vec<PathBuf>,
    /// Where paths of deployed certificates start
    #[arg(long, value_name = "DIR", help_heading = "Reading")]
    certificate_root: Option<PathBuf>,
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

/// What was read.
pub(super) struct Read {
    pub(super) request: Request,
    pub(super) disk: Disk,
    pub(super) reading: Reading,
    /// Whether what must not be read is a failure.
    is_untrusting: bool,
}

impl Read {
    /// Whether everything could be read.
    pub(super) fn status(&self) -> Status {
        let is_blind = self.is_untrusting && !self.reading.refused.is_empty();
        if is_blind || !self.reading.unreadable.is_empty() { Status::Failed } else { Status::Clean }
    }
}

/// Names what could not be read, on standard error.
pub(super) fn tell_unreadable(paths: &[Unreadable], streams: &mut Streams<'_>) {
    for path in paths {
        streams.tell(format_args!("tlslint: {path}"));
    }
}

/// Names what was not read for what it is or where it lies, on standard error.
pub(super) fn tell_refused(paths: &[Unreadable], streams: &mut Streams<'_>) {
    for path in paths {
        streams.tell(format_args!("tlslint: not read: {path}"));
    }
}

/// One line for each file in no known language: its path, a tab, what it holds.
pub(super) fn show_skipped(skipped: &[Skipped], streams: &mut Streams<'_>) -> Result<Status, Stop> {
    for skipped in skipped.iter().filter(|skipped| skipped.holds_tls || skipped.is_promising) {
        let holds = if skipped.holds_tls { "TLS settings, not understood" } else { "in no known language" };
        writeln!(streams.out, "{}\t{holds}", skipped.path.display())?;
    }
    Ok(Status::Clean)
}
