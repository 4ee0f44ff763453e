//! `tlslint.toml`: what a project sets, where each value came from, and what holds for a given file.

mod build;
mod discovery;
mod globs;
mod read;
mod schema;
mod shape;
mod show;
mod template;
#[cfg(test)]
mod tests;
mod trust;

use crate::budget::{Limits, Resource};
use crate::date::Date;
use crate::endpoint::Dialect;
use crate::finding::Severity;
use crate::printable::printable;
use crate::source::Position;
use crate::span::Span;
pub use discovery::{Choice, Resolver};
pub use globs::Pattern;
pub use schema::schema;
pub use show::show;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
pub use template::template;

/// The names of settings files, the first found wins.
pub const NAMES: [&str; 2] = ["tlslint.toml", ".tlslint.toml"];

/// What a settings file and those that it extends say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The file, and then those that it extends.
    pub files: Vec<PathBuf>,
    /// The repository that everything they name has to stay in; `None` for a file that the user names (`--config`).
    pub repository: Option<PathBuf>,
    /// What they say and is not heeded, since who wrote the tree is not trusted (`--untrusted`).
    pub not_heeded: Vec<&'static str>,
    /// Whether directories above have no say.
    pub is_root: bool,
    /// A built-in policy, or the path of one.
    pub policy: Option<Set<String>>,
    /// What the configuration runs on, as the command line has it.
    pub target: Option<Set<String>>,
    /// The mildest severity that fails the run.
    pub fail_on: Option<Set<Severity>>,
    /// Known findings.
    pub baseline: Option<Set<PathBuf>>,
    /// What is not looked at.
    pub exclude: Vec<Set<Pattern>>,
    /// Languages of files whose name and content do not tell; the last match wins.
    pub dialects: Vec<Set<(Pattern, Dialect)>>,
    /// Directories of the deployed machine, and where they stand here.
    pub root_map: Vec<Set<(PathBuf, PathBuf)>>,
    /// Directories outside the tree that includes may reach.
    pub include_roots: Vec<Set<PathBuf>>,
    /// Where deployed certificate paths start from.
    pub certificate_root: Option<Set<PathBuf>>,
    /// Levels of checks.
    pub checks: BTreeMap<String, Set<CheckLevel>>,
    /// Other rules for some files, in the order of the text; the last match wins.
    pub overrides: Vec<Set<Override>>,
    /// Values for placeholders and environment variables.
    pub variables: BTreeMap<String, Set<String>>,
    /// What endpoints are for; the first match wins.
    pub purposes: Vec<Set<Purpose>>,
    /// How much a root may make of a few bytes.
    pub limits: BTreeMap<Resource, Set<u64>>,
}

/// A value, and who set it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Who set it.
    pub origin: Origin,
}

/// Who set a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A variable of the environment.
    Environment(&'static str),
    /// A place in a settings file.
    File {
        /// The file.
        path: PathBuf,
        /// Where the key starts.
        position: Position,
        /// The key and its value, or the whole entry.
        span: Span,
    },
    /// A flag.
    Flag(&'static str),
}

/// What a check's findings are made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckLevel {
    /// The severity; `None` for off.
    pub severity: Option<Severity>,
    /// Why; never missing for anything milder than an error.
    pub reason: Option<String>,
}

/// Other rules for some files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// The files.
    pub files: Vec<Pattern>,
    /// The policy that they are held against.
    pub policy: Option<String>,
    /// What they run on.
    pub target: Option<String>,
    /// What checks' findings are made there; `None` for off.
    pub checks: BTreeMap<String, Option<Severity>>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// What endpoints are for (PCI DSS 4.0.1, 12.3.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purpose {
    /// The files that they stand in; empty for any.
    pub files: Vec<Pattern>,
    /// The names that they serve or connect to; empty for any.
    pub names: Vec<Pattern>,
    /// What for.
    pub purpose: String,
}

impl Settings {
    /// Reads the text of the settings file at `path`, without those that it extends.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        Self::read(text, path, None).map(|(settings, _)| settings)
    }

    /// The settings, and the file that they extend; what they name has to stay in `repository`, if there is one.
    fn read(text: &str, path: &Path, repository: Option<&Path>) -> Result<(Self, Option<PathBuf>), Error> {
        let table = read::read(text, path)?;
        let mut builder = build::Builder::new(text, path, repository);
        let settings = builder.settings(&table);
        let extended = table.field("extend").and_then(|field| builder.extended(field));
        if builder.mistakes.is_empty() {
            Ok((settings, extended))
        } else {
            Err(Error { mistakes: builder.mistakes })
        }
    }

    /// These settings, and `base`'s where these have none. Lists are joined, `base`'s first.
    #[must_use]
    pub fn over(mut self, base: Self) -> Self {
        fn joined<T>(base: Vec<T>, own: Vec<T>) -> Vec<T> {
            base.into_iter().chain(own).collect()
        }
        self.files.extend(base.files);
        self.repository = self.repository.or(base.repository);
        self.not_heeded.extend(base.not_heeded);
        self.policy = self.policy.or(base.policy);
        self.target = self.target.or(base.target);
        self.fail_on = self.fail_on.or(base.fail_on);
        self.baseline = self.baseline.or(base.baseline);
        self.certificate_root = self.certificate_root.or(base.certificate_root);
        self.exclude = joined(base.exclude, self.exclude);
        self.dialects = joined(base.dialects, self.dialects);
        self.root_map = joined(base.root_map, self.root_map);
        self.include_roots = joined(base.include_roots, self.include_roots);
        self.overrides = joined(base.overrides, self.overrides);
        self.purposes = joined(self.purposes, base.purposes);
        self.limits = base.limits.into_iter().chain(self.limits).collect();
        self.checks = base.checks.into_iter().chain(self.checks).collect();
        self.variables = base.variables.into_iter().chain(self.variables).collect();
        self
    }

    /// How much a root may make of a few bytes.
    pub fn limits(&self) -> Limits {
        let set = self.limits.iter();
        set.fold(Limits::default(), |limits, (resource, set)| limits.with(*resource, set.value))
    }

    /// These settings, where they widen no limit, as a file may not that stands beside what is checked.
    ///
    /// # Errors
    /// Each limit that is wider than it is without any settings, with its place.
    pub(crate) fn without_wider_limits(self) -> Result<Self, Error> {
        let wider = self.limits.iter().filter(|(resource, set)| set.value > resource.base());
        let mistakes: Vec<Mistake> = wider
            .map(|(resource, set)| Mistake {
                place: match &set.origin {
                    Origin::File { path, position, .. } => Some((path.clone(), *position)),
                    Origin::Environment(_) | Origin::Flag(_) => None,
                },
                message: format!(
                    "`{}` is wider than {}, which only --config may set",
                    resource.key(),
                    resource.base()
                ),
                help: Some("name the settings file with --config".to_owned()),
            })
            .collect();
        if mistakes.is_empty() { Ok(self) } else { Err(Error { mistakes }) }
    }

    /// Whether `path` is not to be looked at.
    pub fn excludes(&self, path: &Path) -> bool {
        let path = absolute(path);
        self.exclude.iter().any(|pattern| pattern.value.matches(&path))
    }

    /// The language that the settings give `path`.
    pub fn dialect(&self, path: &Path) -> Option<Dialect> {
        let path = absolute(path);
        let matches = self.dialects.iter().rev().find(|entry| entry.value.0.matches(&path));
        matches.map(|entry| entry.value.1)
    }

    /// The policy that `path` is held against on `today`, where the settings say.
    pub fn policy(&self, path: &Path, today: Date) -> Option<Set<String>> {
        self.overriding(path, today, |over| over.policy.clone()).or_else(|| self.policy.clone())
    }

    /// What `path` runs on, where the settings say.
    pub fn target(&self, path: &Path, today: Date) -> Option<Set<String>> {
        self.overriding(path, today, |over| over.target.clone()).or_else(|| self.target.clone())
    }

    /// The level of a check in `path`, where the settings say, with the reason and the last day.
    pub fn level(&self, check: &str, path: &Path, today: Date) -> Option<Level<'_>> {
        let path = absolute(path);
        for over in self.overrides.iter().rev().filter(|over| over.value.holds(&path, today)) {
            if let Some(severity) = over.value.checks.get(check) {
                let Override { reason, until, .. } = &over.value;
                return Some(Level { severity: *severity, reason, until: *until });
            }
        }
        let level = &self.checks.get(check)?.value;
        Some(Level { severity: level.severity, reason: level.reason.as_deref().unwrap_or(""), until: None })
    }

    /// The overrides that held once and no longer do.
    pub fn expired(&self, today: Date) -> impl Iterator<Item = &Set<Override>> {
        self.overrides.iter().filter(move |over| over.value.is_expired(today))
    }

    /// The purpose of an endpoint that stands in `path` and goes by `names`.
    pub fn purpose(&self, path: &Path, names: &[&str]) -> Option<&str> {
        let path = absolute(path);
        let matches = self.purposes.iter().find(|entry| {
            let Purpose { files, names: wanted, .. } = &entry.value;
            let in_files = files.is_empty() || files.iter().any(|pattern| pattern.matches(&path));
            let goes_by = |pattern: &Pattern| names.iter().any(|name| pattern.matches(Path::new(name)));
            in_files && (wanted.is_empty() || wanted.iter().any(goes_by))
        });
        matches.map(|entry| entry.value.purpose.as_str())
    }

    fn overriding<T>(
        &self,
        path: &Path,
        today: Date,
        pick: impl Fn(&Override) -> Option<T>,
    ) -> Option<Set<T>> {
        let path = absolute(path);
        let mut holding = self.overrides.iter().rev().filter(|over| over.value.holds(&path, today));
        holding.find_map(|over| Some(Set { value: pick(&over.value)?, origin: over.origin.clone() }))
    }
}

/// The level of a check, as settings give it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level<'a> {
    /// The severity; `None` for off.
    pub severity: Option<Severity>,
    /// Why; empty where an error needs none.
    pub reason: &'a str,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

impl Override {
    fn holds(&self, path: &Path, today: Date) -> bool {
        !self.is_expired(today) && self.files.iter().any(|pattern| pattern.matches(path))
    }

    fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// The mildest severity that fails a run where nothing else is said.
pub const DEFAULT_FAIL_ON: Severity = Severity::Warning;

/// The variables of the environment that set what settings files do.
pub const VARIABLES: [&str; 3] = ["TLSLINT_FAIL_ON", "TLSLINT_POLICY", "TLSLINT_TARGET"];

impl Settings {
    /// What the variables of the environment set; those that are empty set nothing.
    ///
    /// # Errors
    /// When one holds what it cannot mean.
    pub fn of_environment(value: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let [fail_on, policy, target] = VARIABLES;
        let set = |name: &'static str| {
            let value = value(name).filter(|value| !value.is_empty())?;
            Some(Set { value, origin: Origin::Environment(name) })
        };
        let mut settings = Self { policy: set(policy), target: set(target), ..Self::default() };
        if let Some(Set { value, origin }) = set(fail_on) {
            let Some(value) = Severity::from_name(&value) else {
                let message = format!("{origin}: `{value}` is no severity");
                let help = Some("write error, warning or note".to_owned());
                return Err(Error { mistakes: vec![Mistake { place: None, message, help }] });
            };
            settings.fail_on = Some(Set { value, origin });
        }
        Ok(settings)
    }
}

impl<T> Set<T> {
    /// A value that a flag sets.
    pub const fn flag(value: T, flag: &'static str) -> Self {
        Self { value, origin: Origin::Flag(flag) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "${name}"),
            Self::File { path, position, .. } => {
                let path = relative(path).display().to_string();
                write!(f, "{}:{}:{}", printable(&path), position.line, position.column)
            }
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// What is wrong with a settings file; exit code 2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// Each mistake, in the order of the text.
    pub mistakes: Vec<Mistake>,
}

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Where; `None` where there is no file to point at.
    pub place: Option<(PathBuf, Position)>,
    /// What is wrong, as a clause.
    pub message: String,
    /// What to write.
    pub help: Option<String>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            if let Some((path, position)) = &mistake.place {
                let path = relative(path).display().to_string();
                write!(f, "{}:{}:{}: ", printable(&path), position.line, position.column)?;
            }
            f.write_str(&printable(&mistake.message))?;
            if let Some(help) = &mistake.help {
                write!(f, "\n  tip: {}", printable(help))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// `path` from the top of the file system, without `.` and `..`; as it is where the working directory is gone.
fn absolute(path: &Path) -> PathBuf {
    let path = std::env::current_dir().map_or_else(|_| path.to_owned(), |here| here.join(path));
    crate::files::normalise(&path)
}

/// `path` from the working directory where it lies below.
fn relative(path: &Path) -> PathBuf {
    let below = std::env::current_dir()
        .ok()
        .and_then(|here| absolute(path).strip_prefix(here).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}
