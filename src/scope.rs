//! Which policies, target and variables hold for which file: flags first, then the settings around it.

use crate::date::Date;
use crate::gate::Gate;
use crate::policy::{self, Policy, PolicyError};
use crate::settings::{Error, Mistake, Origin, Pattern, Resolver, Set, Settings};
use crate::target::Target;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What flags say; it wins over all settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Policies (`--policy`), applied side by side; empty where the flag is missing.
    pub policies: Vec<String>,
    /// The target (`--target`).
    pub target: Option<String>,
    /// Paths that are not looked at (`--exclude`).
    pub exclude: Vec<Pattern>,
    /// Values for placeholders and environment variables.
    pub variables: BTreeMap<String, String>,
}

/// What holds for every file of a run.
#[derive(Debug)]
pub struct Scopes {
    resolver: Resolver,
    flags: Flags,
    today: Date,
    known: Mutex<BTreeMap<Option<PathBuf>, Arc<Scope>>>,
}

/// What holds for the files of one settings file.
#[derive(Debug)]
pub struct Scope {
    /// The settings.
    pub settings: Arc<Settings>,
    /// Values for placeholders and environment variables.
    pub variables: BTreeMap<String, String>,
    policies: Vec<Policy>,
    overriding_policies: BTreeMap<String, Policy>,
    target: Target,
    overriding_targets: BTreeMap<String, Target>,
    flags_name_policy: bool,
    flags_name_target: bool,
    today: Date,
}

impl Scopes {
    /// What holds by `flags` and the settings that `resolver` finds, on the day `today`.
    pub fn new(resolver: Resolver, flags: Flags, today: Date) -> Self {
        Self { resolver, flags, today, known: Mutex::default() }
    }

    /// The day on which expiries are judged.
    pub const fn today(&self) -> Date {
        self.today
    }

    /// What holds for the file at `path`.
    ///
    /// # Errors
    /// Mistakes in the settings around it, and policies and targets that they or flags name and that do not exist.
    pub fn of(&self, path: &Path) -> Result<Arc<Scope>, Error> {
        let settings = self.resolver.of_file(path)?;
        let mut known = self.known.lock().expect("no holder panics");
        let key = settings.files.first().cloned();
        if let Some(scope) = known.get(&key) {
            return Ok(Arc::clone(scope));
        }
        let scope = Arc::new(Scope::new(&settings, &self.flags, self.today)?);
        known.insert(key, Arc::clone(&scope));
        Ok(scope)
    }

    /// Every scope that was asked for, the one without settings first, the others by path.
    pub fn all(&self) -> Vec<Arc<Scope>> {
        self.known.lock().expect("no holder panics").values().cloned().collect()
    }

    /// Whether a file or directory is not to be looked at; mistakes in settings come to light when its files are read.
    pub fn excludes(&self, path: &Path) -> bool {
        let flag = self.flags.exclude.iter().any(|pattern| pattern.matches_relative(path));
        flag || self.resolver.of_file(path).is_ok_and(|settings| settings.excludes(path))
    }

    /// Whether the settings give the file a language.
    pub fn names_dialect(&self, path: &Path) -> bool {
        self.resolver.of_file(path).is_ok_and(|settings| settings.dialect(path).is_some())
    }
}

impl Scope {
    fn new(settings: &Arc<Settings>, flags: &Flags, today: Date) -> Result<Self, Error> {
        let configured = settings.policy.as_ref().map_or(policy::DEFAULT, |set| set.value.as_str());
        let gate = settings.repository.as_ref().map(|repository| Gate::of(std::slice::from_ref(repository)));
        let load = |name: &Set<String>| load(name, configured, today, gate.as_ref());
        let read_target = |text: &Set<String>| read_target(text, gate.as_ref());
        let policies = match (flags.policies.as_slice(), &settings.policy) {
            ([], None) => vec![load(&Set::flag(policy::DEFAULT.to_owned(), "--policy"))?],
            ([], Some(set)) => vec![load(set)?],
            (names, _) => names
                .iter()
                .map(|name| load(&Set::flag(name.clone(), "--policy")))
                .collect::<Result<_, _>>()?,
        };
        let target = match (&flags.target, &settings.target) {
            (None, None) => Target::any(),
            (None, Some(set)) => read_target(set)?,
            (Some(text), _) => read_target(&Set::flag(text.clone(), "--target"))?,
        };
        let mut scope = Self {
            variables: settings
                .variables
                .iter()
                .map(|(name, set)| (name.clone(), set.value.clone()))
                .chain(flags.variables.clone())
                .collect(),
            policies,
            overriding_policies: BTreeMap::new(),
            target,
            overriding_targets: BTreeMap::new(),
            flags_name_policy: !flags.policies.is_empty() || goes_before_files(settings.policy.as_ref()),
            flags_name_target: flags.target.is_some() || goes_before_files(settings.target.as_ref()),
            today,
            settings: Arc::clone(settings),
        };
        for over in &settings.overrides {
            if let Some(name) = &over.value.policy {
                let policy = load(&Set { value: name.clone(), origin: over.origin.clone() })?;
                scope.overriding_policies.insert(name.clone(), policy);
            }
            if let Some(text) = &over.value.target {
                let target = read_target(&Set { value: text.clone(), origin: over.origin.clone() })?;
                scope.overriding_targets.insert(text.clone(), target);
            }
        }
        Ok(scope)
    }

    /// The policies that endpoints in `path` are held against.
    pub fn policies(&self, path: &Path) -> &[Policy] {
        if self.flags_name_policy || self.overriding_policies.is_empty() {
            return &self.policies;
        }
        let named = self.settings.policy(path, self.today);
        let overriding = named.and_then(|set| self.overriding_policies.get(&set.value));
        overriding.map_or(&self.policies, std::slice::from_ref)
    }

    /// What the file at `path` runs on.
    pub fn target(&self, path: &Path) -> &Target {
        if self.flags_name_target || self.overriding_targets.is_empty() {
            return &self.target;
        }
        let named = self.settings.target(path, self.today);
        named.and_then(|set| self.overriding_targets.get(&set.value)).unwrap_or(&self.target)
    }

    /// The policies of files that no override names.
    pub fn main_policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policies of overrides that hold.
    pub fn overriding_policies(&self) -> impl Iterator<Item = &Policy> {
        let expired: Vec<_> =
            self.settings.expired(self.today).filter_map(|over| over.value.policy.as_ref()).collect();
        let holding = self.overriding_policies.iter().filter(move |(name, _)| !expired.contains(name));
        holding.filter(|_| !self.flags_name_policy).map(|(_, policy)| policy)
    }

    /// The target of files that no override names.
    pub const fn main_target(&self) -> &Target {
        &self.target
    }
}

/// The policy that `name` means, as it holds on `today`; "next" is the version after the configured one. What settings name has to
/// pass `gate`.
fn load(name: &Set<String>, configured: &str, today: Date, gate: Option<&Gate>) -> Result<Policy, Error> {
    let wanted = match (name.value.as_str(), policy::next(configured)) {
        ("next", Some(next)) => next,
        ("next", None) => {
            return Err(mistake(
                &name.origin,
                &format!("{configured} has no later version that next could mean"),
                None,
            ));
        }
        (wanted, _) => wanted,
    };
    let policy = match (&name.origin, gate) {
        (Origin::File { .. }, Some(gate)) => Policy::load_within(wanted, gate),
        _ => Policy::load(wanted),
    };
    let policy = policy.map_err(|error| {
        let text = PolicyError { help: None, ..error.clone() }.to_string();
        mistake(&name.origin, &text, error.help)
    })?;
    Ok(policy.on(today))
}

fn read_target(text: &Set<String>, gate: Option<&Gate>) -> Result<Target, Error> {
    let gate = gate.filter(|_| matches!(text.origin, Origin::File { .. }));
    Target::parse_within(&text.value, gate)
        .map_err(|error| mistake(&text.origin, &error.message, error.help.clone()))
}

/// Whether a value comes from the environment, and so goes before the overrides of files too.
fn goes_before_files(set: Option<&Set<String>>) -> bool {
    set.is_some_and(|set| matches!(set.origin, Origin::Environment(_)))
}

fn mistake(origin: &Origin, message: &str, help: Option<String>) -> Error {
    let (place, message) = match origin {
        Origin::File { path, position, .. } => (Some((path.clone(), *position)), message.to_owned()),
        Origin::Environment(_) => (None, format!("{origin}: {message}")),
        // A policy's own message says which policy it is about.
        Origin::Flag("--policy") => (None, message.to_owned()),
        Origin::Flag(flag) => (None, format!("{flag}: {message}")),
    };
    Error { mistakes: vec![Mistake { place, message, help }] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Choice;

    fn scopes(settings: &str, flags: Flags) -> (tempfile::TempDir, Scopes) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("tlslint.toml"), settings).unwrap();
        let today = Date::parse("2026-11-23").unwrap();
        (directory, Scopes::new(Resolver::new(Choice::Nearest).unwrap(), flags, today))
    }

    #[test]
    fn flags_win_over_overrides_win_over_settings() {
        let settings = "policy = \"google-carriers\"\ntarget = \"debian-12\"\n[[override]]\nfiles = [\"old/**\"]\n\
                        policy = \"google-carriers-strict\"\ntarget = \"debian-11\"\nreason = \"OPS-12\"\n";
        let (directory, by_settings) = scopes(settings, Flags::default());
        let path = |name: &str| directory.path().join(name);
        let scope = by_settings.of(&path("x.conf")).unwrap();
        assert_eq!(scope.policies(&path("x.conf"))[0].id, "google-carriers@2024-12");
        assert_eq!(scope.policies(&path("old/x.conf"))[0].id, "google-carriers-strict@2024-12");
        assert_eq!(scope.target(&path("x.conf")).system.as_deref(), Some("debian-12"));
        assert_eq!(scope.target(&path("old/x.conf")).system.as_deref(), Some("debian-11"));
        assert_eq!(scope.overriding_policies().count(), 1);
        let flags = Flags {
            policies: vec!["google-carriers".to_owned()],
            target: Some("debian-13".to_owned()),
            ..Flags::default()
        };
        let by_flags = Scopes::new(Resolver::new(Choice::Nearest).unwrap(), flags, by_settings.today());
        let scope = by_flags.of(&path("x.conf")).unwrap();
        assert_eq!(scope.policies(&path("old/x.conf"))[0].id, "google-carriers@2024-12");
        assert_eq!(scope.target(&path("old/x.conf")).system.as_deref(), Some("debian-13"));
    }

    #[test]
    fn what_does_not_exist_is_told_with_its_place() {
        let (directory, scopes) = scopes("\npolicy = \"google-cariers\"\n", Flags::default());
        let error = scopes.of(&directory.path().join("x.conf")).unwrap_err().to_string();
        assert!(error.contains("tlslint.toml:2:1: "), "{error}");
        assert!(error.contains("google-carriers"), "{error}");
    }
}
