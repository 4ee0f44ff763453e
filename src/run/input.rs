//! Files with their languages: what is found, opened, and told apart.

use super::reading::Request;
use crate::discover::{self, Candidate, Disk, Filter, Found, Unreadable};
use crate::endpoint::Dialect;
use crate::files::ReadError;
use crate::scope::Scope;
use crate::settings;
use crate::source::Source;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file with its language.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) source: Arc<Source>,
    pub(super) dialect: Dialect,
    pub(super) explicit: bool,
    pub(super) scope: Arc<Scope>,
}

/// The files below `paths`; `force` leaves excluded ones out even when they are named.
pub(super) fn find(request: &Request, paths: &[PathBuf], force: bool, disk: &Disk) -> Found {
    let excludes = |path: &Path| request.scopes.excludes(path);
    let includes = |path: &Path| request.scopes.names_dialect(path);
    discover::find(paths, Filter { excludes: &excludes, includes: &includes, force }, disk)
}

/// What became of candidates.
#[derive(Default)]
pub(super) struct Loaded {
    /// Those that are in one of the languages.
    pub(super) inputs: Vec<Input>,
    /// Those that cannot be read.
    pub(super) unreadable: Vec<Unreadable>,
    /// Those that were found, not named, and must not be read.
    pub(super) refused: Vec<Unreadable>,
}

/// Reads every candidate and settles its language; a file in none of the languages is left out.
pub(super) fn load(
    request: &Request,
    disk: &Disk,
    candidates: &[Candidate],
) -> Result<Loaded, settings::Error> {
    let loaded: Vec<_> = candidates
        .par_iter()
        .map(|candidate| {
            let scope = request.scopes.of(&candidate.path)?;
            Ok(load_one(request, disk, candidate, scope))
        })
        .collect::<Result<_, settings::Error>>()?;
    let mut all = Loaded::default();
    for (candidate, one) in candidates.iter().zip(loaded) {
        match one {
            Ok(inputs) => all.inputs.extend(inputs),
            Err(error) => {
                let is_refused =
                    !candidate.explicit && error.is_refusal() && !matches!(error, ReadError::TooLarge { .. });
                let list = if is_refused { &mut all.refused } else { &mut all.unreadable };
                list.push(Unreadable { path: candidate.path.clone(), reason: error.to_string() });
            }
        }
    }
    Ok(all)
}

fn load_one(
    request: &Request,
    disk: &Disk,
    candidate: &Candidate,
    scope: Arc<Scope>,
) -> Result<Vec<Input>, ReadError> {
    let Candidate { path, explicit } = candidate;
    let source = disk.open(path)?;
    let forced = if *explicit { request.dialect } else { None };
    let said = forced.or_else(|| scope.settings.dialect(path));
    let mut inputs = inputs_of(&source, said, *explicit, &scope, disk);
    if let (true, Some(dialect)) = (inputs.is_empty(), request.dialect) {
        inputs.push(Input { source, dialect, explicit: *explicit, scope });
    }
    Ok(inputs)
}

/// A file in the language that it is `said` to be in; else what it looks like, and what stands inside it.
pub(super) fn inputs_of(
    source: &Arc<Source>,
    said: Option<Dialect>,
    explicit: bool,
    scope: &Arc<Scope>,
    disk: &Disk,
) -> Vec<Input> {
    let input = |source, dialect| Input { source, dialect, explicit, scope: Arc::clone(scope) };
    if let Some(dialect) = said {
        return vec![input(Arc::clone(source), dialect)];
    }
    let whole = discover::dialect_of(source.path(), source.text());
    let whole = whole.map(|dialect| input(Arc::clone(source), dialect));
    // A dump of Envoy's is large, and holds nobody else's files.
    let may_hold = whole.is_none() || source.text().contains("apiVersion");
    let inside = if may_hold { discover::embedded(source) } else { Vec::new() }.into_iter();
    let inside = inside.map(|found| input(disk.embed(source, found.text), found.dialect));
    whole.into_iter().chain(inside).collect()
}
