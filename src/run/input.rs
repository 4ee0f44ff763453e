//! Files with their languages: what is found, opened, and told apart.

use super::reading::Request;
use crate::discover::{self, Candidate, Disk, Filter, Found, Judgement, Open, Unreadable};
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
    pub(super) scope: Arc<Scope>,
    /// Whether only its content says its language, and it holds no TLS setting: what may be wrong with it is told once.
    pub(super) is_doubtful: bool,
}

/// Files that are read together, in order: what HAProxy is given as one text, what one include of nginx takes; mostly one.
pub(super) type Text = Vec<Input>;

/// A file that was found or named and is not checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Skipped {
    /// Its path.
    pub path: PathBuf,
    /// Whether it holds settings of TLS in the words of one of the languages.
    pub holds_tls: bool,
    /// Whether its name promises a configuration.
    pub is_promising: bool,
}

/// What became of the files that were found.
#[derive(Default)]
pub(super) struct Loaded {
    /// Those that are in one of the languages.
    pub(super) inputs: Vec<Input>,
    /// Those that cannot be read.
    pub(super) unreadable: Vec<Unreadable>,
    /// Those that were found, not named, and must not be read.
    pub(super) refused: Vec<Unreadable>,
    /// Those that are in none of the languages.
    pub(super) skipped: Vec<Skipped>,
}

/// The files below `paths`; `force` leaves excluded ones out even when they are named.
pub(super) fn find(request: &Request, paths: &[PathBuf], force: bool, disk: &Disk) -> Found {
    let excludes = |path: &Path| request.scopes.excludes(path);
    let includes = |path: &Path| request.scopes.names_dialect(path);
    let is_said = request.dialect.is_some();
    discover::find(paths, Filter { excludes: &excludes, includes: &includes, force, is_said }, disk)
}

/// Reads every candidate and settles its language; a file in none of the languages is left out.
pub(super) fn load(
    request: &Request,
    disk: &Disk,
    candidates: &[Candidate],
) -> Result<Loaded, settings::Error> {
    let each: Vec<_> = candidates
        .par_iter()
        .map(|candidate| {
            let scope = request.scopes.of(&candidate.path)?;
            Ok(load_one(request, disk, candidate, &scope))
        })
        .collect::<Result<_, settings::Error>>()?;
    let mut loaded = Loaded::default();
    for (candidate, one) in candidates.iter().zip(each) {
        match one {
            Ok(One::Inputs(inputs)) => loaded.inputs.extend(inputs),
            Ok(One::Skipped(skipped)) => loaded.skipped.push(skipped),
            Err(error) => {
                let is_refused =
                    !candidate.explicit && error.is_refusal() && !matches!(error, ReadError::TooLarge { .. });
                let list = if is_refused { &mut loaded.refused } else { &mut loaded.unreadable };
                list.push(Unreadable { path: candidate.path.clone(), reason: error.to_string() });
            }
        }
    }
    Ok(loaded)
}

/// What became of one file.
enum One {
    Inputs(Vec<Input>),
    Skipped(Skipped),
}

fn load_one(
    request: &Request,
    disk: &Disk,
    candidate: &Candidate,
    scope: &Arc<Scope>,
) -> Result<One, ReadError> {
    let Candidate { path, explicit, open } = candidate;
    let is_promising = *explicit || *open == Open::Whole;
    let skipped = |holds_tls| One::Skipped(Skipped { path: path.clone(), holds_tls, is_promising });
    if *open != Open::Whole {
        let head = match disk.peek(path) {
            Ok(head) => head.unwrap_or_default(),
            Err(error) if *open == Open::Beginning => return Err(error),
            Err(_) => String::new(),
        };
        if *open == Open::ForSettings && discover::holds_tls_settings(&head) {
            let source = disk.open(path)?;
            let inputs = carried(&source, scope, disk);
            return Ok(if inputs.is_empty() { skipped(true) } else { One::Inputs(inputs) });
        }
        if *open == Open::ForSettings || judge(path, &head, disk).is_none() {
            return Ok(skipped(discover::holds_tls_settings(&head)));
        }
    }
    let source = disk.open(path)?;
    let forced = if *explicit { request.dialect } else { None };
    let said = forced.or_else(|| scope.settings.dialect(path));
    let said = said.or_else(|| {
        let is_nothing = || inputs_of(&source, None, scope, disk).is_empty();
        request.dialect.filter(|_| *open == Open::Whole && is_nothing())
    });
    let inputs = inputs_of(&source, said, scope, disk);
    if inputs.is_empty() {
        return Ok(skipped(discover::holds_tls_settings(source.text())));
    }
    Ok(One::Inputs(inputs))
}

/// What stands in the texts of a program.
fn carried(source: &Arc<Source>, scope: &Arc<Scope>, disk: &Disk) -> Vec<Input> {
    let input = |found: discover::Embedded| Input {
        source: disk.embed(source, found.text),
        dialect: found.judgement.dialect,
        scope: Arc::clone(scope),
        is_doubtful: false,
    };
    discover::carried(source).into_iter().map(input).collect()
}

/// A file in the language that it is `said` to be in; else what it looks like, and what stands inside it.
pub(super) fn inputs_of(
    source: &Arc<Source>,
    said: Option<Dialect>,
    scope: &Arc<Scope>,
    disk: &Disk,
) -> Vec<Input> {
    let input = |source, judgement: Judgement| Input {
        source,
        dialect: judgement.dialect,
        scope: Arc::clone(scope),
        is_doubtful: judgement.is_guess && !judgement.holds_tls,
    };
    if let Some(dialect) = said {
        return vec![input(Arc::clone(source), Judgement { dialect, is_guess: false, holds_tls: false })];
    }
    let whole = judge(source.path(), source.text(), disk);
    let whole = whole.map(|judgement| input(Arc::clone(source), judgement));
    // A dump of Envoy's is large, and holds nobody else's files.
    let may_hold = whole.is_none() || source.text().contains("apiVersion");
    let inside = if may_hold { discover::embedded(source) } else { Vec::new() }.into_iter();
    let inside = inside.map(|found| input(disk.embed(source, found.text), found.judgement));
    whole.into_iter().chain(inside).collect()
}

/// The language of a file by itself, else by those that one include takes with it.
fn judge(path: &Path, text: &str, disk: &Disk) -> Option<Judgement> {
    discover::judge(&disk.place(path), text).or_else(|| discover::judge_beside(path, text, disk))
}
