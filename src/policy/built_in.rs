//! The policies that come with the tool, and the way from a name to a policy.

use super::error::{PolicyError, nearest};
use super::file::PolicyFile;
use super::locate::{Part, Step, locate};
use super::{Policy, read};
use crate::gate::Gate;
use std::cmp::Ordering;
use std::path::Path;

/// The policy that holds when nothing else is configured.
pub const DEFAULT: &str = "google-carriers";

/// The largest policy file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// How many policies may extend one another in a row; more is a loop.
const DEEPEST: u8 = 8;

/// A policy of `rules/policies`, not parsed yet.
struct BuiltIn {
    listed: Listed,
    text: &'static str,
}

/// What a list of policies says of a built-in one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listed {
    /// `family@version`.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// Whether something in it was not verified.
    pub unverified: bool,
    /// Who issued the document behind it.
    pub issuer: &'static str,
    /// When that was published.
    pub published: &'static str,
    /// Ids of the policies whose place it takes.
    pub supersedes: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// Every built-in policy, sorted by family and version.
pub fn names() -> Vec<Listed> {
    let mut names: Vec<_> = BUILT_IN.iter().map(|policy| policy.listed).collect();
    names.sort_by(|a, b| family(a.id).cmp(family(b.id)).then_with(|| by_version(a.id, b.id)));
    names
}

/// The built-in policies that take the place of the one with this id.
pub fn superseded_by(id: &str) -> impl Iterator<Item = &'static str> {
    BUILT_IN
        .iter()
        .map(|policy| policy.listed)
        .filter(move |other| other.supersedes.contains(&id))
        .map(|other| other.id)
}

/// The newest of the policies that have taken the place of the one with this id, one after another.
pub fn successor(id: &str) -> Option<&'static str> {
    let newer = |id: &&'static str| superseded_by(id).last();
    std::iter::successors(superseded_by(id).last(), newer).take(BUILT_IN.len()).last()
}

/// The text of a built-in policy, as it stands in its file.
pub fn text(name: &str) -> Option<&'static str> {
    find(name).map(|policy| policy.text)
}

/// The id of the version after this one in the same family; `None` for the newest, and for files.
pub fn next(name: &str) -> Option<&'static str> {
    let current = find(name)?;
    let newer = of_family(family(current.listed.id))
        .filter(|policy| by_version(policy.listed.id, current.listed.id).is_gt());
    newer.min_by(|a, b| by_version(a.listed.id, b.listed.id)).map(|policy| policy.listed.id)
}

/// Loads by name or path; a relative path starts from `directory`, where one is given. A file has to pass `gate`, or without one
/// that of its own surroundings.
pub(super) fn load(
    name: &str,
    directory: Option<&Path>,
    depth: u8,
    gate: Option<&Gate>,
) -> Result<Policy, PolicyError> {
    let fails =
        |message: String, help| Err(PolicyError { path: name.to_owned(), line: 0, column: 0, message, help });
    if depth > DEEPEST {
        return fails(format!("policies extend one another in a circle at {name}"), None);
    }
    if let Some(policy) = find(name) {
        return parse(policy.listed.id, policy.text, depth, gate);
    }
    if !looks_like_path(name) {
        let (help, known) = (nearest_name(name), "tlslint policy list names them all");
        return fails(
            format!("no policy is called {name}"),
            Some(help.map_or_else(|| known.to_owned(), |near| format!("did you mean {near}? {known}"))),
        );
    }
    let path = directory.map_or_else(|| name.into(), |directory| directory.join(name));
    let around;
    let gate = if let Some(gate) = gate {
        gate
    } else {
        around = Gate::around(&path);
        &around
    };
    let text = match gate.text(&path, MOST_BYTES) {
        Ok(text) => text,
        Err(error) => return fails(format!("cannot read policy {name}: it {error}"), None),
    };
    let shown = path.to_string_lossy();
    let mut policy = parse(&shown, &text, depth, Some(gate))?;
    policy.file = Some(PolicyFile::new(&path, &text, policy.file.as_ref()));
    if is_reserved(&policy.id) {
        let place = locate(&text, &[Step::Key("id".to_owned())], Part::Value);
        let (line, column) = place.unwrap_or((1, 1));
        let message = format!("the id {} is that of a built-in policy", policy.id);
        let help = Some("give the policy an id of its own, or leave it out".to_owned());
        return Err(PolicyError { path: shown.into_owned(), line, column, message, help });
    }
    Ok(policy)
}

/// Whether an id means a built-in policy, or one of its family, to whoever reads it.
fn is_reserved(id: &str) -> bool {
    let id = id.trim();
    find(id).is_some() || of_family(family(id)).next().is_some()
}

/// Reads a text; relative paths in it start from its own directory.
pub(super) fn parse(path: &str, text: &str, depth: u8, gate: Option<&Gate>) -> Result<Policy, PolicyError> {
    let directory = Path::new(path).parent();
    read::read(path, text, &|name| load(name, directory, depth + 1, gate))
}

fn looks_like_path(name: &str) -> bool {
    let is_yaml = Path::new(name).extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
    });
    is_yaml || name.contains(['/', '\\'])
}

/// By id; by family, meaning the newest; or with a dash where the id has its `@`.
fn find(name: &str) -> Option<&'static BuiltIn> {
    let exact = |id: &str| BUILT_IN.iter().find(|policy| policy.listed.id.eq_ignore_ascii_case(id));
    exact(name).or_else(|| of_family(name).max_by(|a, b| by_version(a.listed.id, b.listed.id))).or_else(
        || BUILT_IN.iter().find(|policy| policy.listed.id.replace('@', "-").eq_ignore_ascii_case(name)),
    )
}

fn nearest_name(name: &str) -> Option<&'static str> {
    let (wanted, version) = (family(name), name.contains('@'));
    let families =
        BUILT_IN.iter().map(|policy| if version { policy.listed.id } else { family(policy.listed.id) });
    nearest(if version { name } else { wanted }, families)
}

fn family(id: &str) -> &str {
    id.split_once('@').map_or(id, |(family, _)| family)
}

fn of_family(wanted: &str) -> impl Iterator<Item = &'static BuiltIn> {
    BUILT_IN.iter().filter(move |policy| family(policy.listed.id).eq_ignore_ascii_case(wanted))
}

/// Versions compare number by number: 5.10 is after 5.8, 2026-01 after 2025-01.
fn by_version(a: &str, b: &str) -> Ordering {
    let numbers = |id: &str| -> Vec<u64> {
        let version = id.split_once('@').map_or("", |(_, version)| version);
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}
