//! `tlslint init`: a first settings file.

use super::{Failure, Status, Stop, Streams};
use crate::discover::{self, Disk, Filter};
use crate::endpoint::Dialect;
use crate::policy::{self, Policy};
use crate::settings;
use crate::target::evidence::{self, Guess};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Directory that the file is written to
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Policy to begin with
    #[arg(long, value_name = "NAME|FILE", default_value = policy::DEFAULT)]
    policy: String,
    /// Print the file in place of writing it
    #[arg(long)]
    stdout: bool,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let policy = Policy::load(&arguments.policy).map_err(Failure::from)?;
    let is_file = std::path::Path::new(&arguments.policy).is_file();
    let name = if is_file { &arguments.policy } else { &policy.id };
    let disk = Disk::new(&discover::root_of(&arguments.directory), &[], Vec::new());
    let guess = what_it_runs_on(&arguments.directory, &disk);
    let target = (guess.target.as_deref(), guess.reasons.as_slice());
    let text = settings::template(name, &found(&arguments.directory, &disk), target);
    if arguments.stdout {
        streams.out.write_all(text.as_bytes())?;
        return Ok(Status::Clean);
    }
    for name in settings::NAMES {
        let path = arguments.directory.join(name);
        if std::fs::symlink_metadata(&path).is_ok() {
            return Err(Failure::new(format!("{} exists already", path.display())).into());
        }
    }
    let path = arguments.directory.join(settings::NAMES[0]);
    super::output::write_file(&path, &[], |out| out.write_all(text.as_bytes()))?;
    streams.tell(format_args!("wrote {}", path.display()));
    if let Some(target) = &guess.target {
        streams.tell(format_args!("target {target}: {}", guess.reasons.join("; ")));
    }
    Ok(Status::Clean)
}

/// How many files of each language there are.
fn found(directory: &Path, disk: &Disk) -> Vec<String> {
    let filter = Filter { excludes: &|_| false, includes: &|_| false, force: false, is_said: false };
    let candidates = discover::find(&[directory.to_owned()], filter, disk).candidates;
    let mut counts: BTreeMap<Dialect, usize> = BTreeMap::new();
    for candidate in candidates {
        let text = disk.peek(&candidate.path).ok().flatten().unwrap_or_default();
        if let Some(judgement) = discover::judge(&candidate.path, &text) {
            *counts.entry(judgement.dialect).or_default() += 1;
        }
    }
    counts.into_iter().map(|(dialect, count)| format!("Found: {count} {dialect}")).collect()
}

/// What container files, compose files, charts and roles say of the servers' releases.
fn what_it_runs_on(directory: &Path, disk: &Disk) -> Guess {
    let mut hints = Vec::new();
    for path in discover::every_file(directory, disk) {
        let below = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if evidence::may_tell(&below)
            && let Ok(Some(text)) = disk.peek(&path)
        {
            hints.extend(evidence::of_file(&below, &text).into_iter().map(|hint| (below.clone(), hint)));
        }
    }
    evidence::guess(&hints)
}
