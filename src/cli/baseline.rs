//! `--write-baseline`: what is found, to be known from now on.

use super::{Status, Stop, Streams};
use crate::baseline;
use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::fingerprint::{self, Fingerprint};
use crate::run::Outcome;
use std::path::Path;

/// Writes what is found as a baseline, in place of reporting it.
pub(super) fn write(
    path: &Path,
    outcome: &Outcome,
    disk: &Disk,
    fingerprints: &[Vec<Fingerprint>],
    prefix: &str,
    streams: &mut Streams<'_>,
) -> Result<Status, Stop> {
    let rows = outcome.findings.iter().zip(fingerprints).map(|(finding, prints)| {
        let source = disk.source(finding.location.file);
        (finding, prints.as_slice(), fingerprint::repository_path(source.display(), prefix))
    });
    let text = baseline::write(rows);
    super::output::write_file(path, &read_paths(outcome), |out| out.write_all(text.as_bytes()))?;
    streams.tell(format_args!("wrote {}", path.display()));
    Ok(Status::Clean)
}

/// The files of the run, which no output is written over.
pub(super) fn read_paths(outcome: &Outcome) -> Vec<&Path> {
    outcome.files.iter().map(|(path, _)| Path::new(path)).collect()
}
