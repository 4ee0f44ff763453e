//! Which settings hold for a file: those of its nearest ancestor directory.

use super::{Error, Mistake, NAMES, Settings, absolute};
use crate::discover::root_of;
use crate::gate::Gate;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The largest settings file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// How many settings files may extend one another.
const LONGEST_CHAIN: usize = 16;

/// Where settings come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Choice {
    /// This file and no other (`--config`, `TLSLINT_CONFIG`).
    File(PathBuf),
    /// None (`--isolated`).
    None,
    /// The nearest one above each file.
    #[default]
    Nearest,
}

/// Finds the settings of files; each settings file is read once.
#[derive(Debug)]
pub struct Resolver {
    /// What the environment sets, which goes before every file.
    environment: Settings,
    fixed: Option<Arc<Settings>>,
    /// Whether settings that are found in the tree are heeded as far as they make a run stricter alone.
    is_untrusting: bool,
    directories: Mutex<HashMap<PathBuf, Arc<Settings>>>,
}

impl Resolver {
    /// Goes by files alone.
    ///
    /// # Errors
    /// When the chosen file cannot be read, or holds mistakes.
    pub fn new(choice: Choice) -> Result<Self, Error> {
        Self::under(Settings::default(), choice)
    }

    /// Puts what the environment sets in front of what files say.
    ///
    /// # Errors
    /// When the chosen file cannot be read, or holds mistakes.
    pub fn under(environment: Settings, choice: Choice) -> Result<Self, Error> {
        let fixed = match choice {
            Choice::File(path) => Some(Arc::new(environment.clone().over(load(&path, None)?))),
            Choice::Nearest => None,
            Choice::None => Some(Arc::default()),
        };
        Ok(Self { environment, fixed, is_untrusting: false, directories: Mutex::default() })
    }

    /// Trusts nothing that is found in the tree (`--untrusted`).
    #[must_use]
    pub fn untrusting(self) -> Self {
        Self { is_untrusting: true, ..self }
    }

    /// The settings that hold for the file or directory at `path`.
    ///
    /// # Errors
    /// When a settings file cannot be read, or holds mistakes.
    pub fn of(&self, path: &Path) -> Result<Arc<Settings>, Error> {
        if let Some(settings) = &self.fixed {
            return Ok(Arc::clone(settings));
        }
        let path = absolute(path);
        let directory = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("/")) };
        self.of_directory(directory)
    }

    /// The settings that hold for the file at `path`, which need not exist.
    ///
    /// # Errors
    /// When a settings file cannot be read, or holds mistakes.
    pub fn of_file(&self, path: &Path) -> Result<Arc<Settings>, Error> {
        if let Some(settings) = &self.fixed {
            return Ok(Arc::clone(settings));
        }
        self.of_directory(absolute(path).parent().unwrap_or(Path::new("/")))
    }

    fn of_directory(&self, directory: &Path) -> Result<Arc<Settings>, Error> {
        let mut known = self.directories.lock().expect("no holder panics");
        let mut passed = Vec::new();
        let mut found = None;
        for ancestor in directory.ancestors() {
            if let Some(settings) = known.get(ancestor) {
                found = Some(Arc::clone(settings));
                break;
            }
            passed.push(ancestor.to_owned());
            let bears_name =
                |path: &PathBuf| std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_dir());
            if let Some(path) = NAMES.iter().map(|name| ancestor.join(name)).find(bears_name) {
                // Who can change the tree can change its settings: they have their say in the repository alone.
                let repository = root_of(&path);
                let own = load(&path, Some(&repository))?.without_wider_limits()?;
                let own = if self.is_untrusting { own.narrowed() } else { own };
                found = Some(Arc::new(self.environment.clone().over(own)));
                break;
            }
            if ancestor.join(".git").exists() {
                break;
            }
        }
        let found = found.unwrap_or_else(|| Arc::new(self.environment.clone()));
        known.extend(passed.into_iter().map(|directory| (directory, Arc::clone(&found))));
        Ok(found)
    }
}

/// Reads a settings file and those that it extends, which with everything that they name have to stay in `repository`, if there is
/// one.
///
/// # Errors
/// When one cannot be read or holds mistakes, and when they extend each other in a circle.
fn load(path: &Path, repository: Option<&Path>) -> Result<Settings, Error> {
    let mut chain = vec![absolute(path)];
    let gate = repository.map_or_else(|| Gate::around(path), |repository| Gate::of(&[repository.to_owned()]));
    let load_one = |path: &Path, gate: &Gate| {
        let text = gate
            .text(path, MOST_BYTES)
            .map_err(|reason| error(format!("cannot read the settings {}: it {reason}", path.display())))?;
        Settings::read(&text, path, repository)
    };
    let (mut settings, mut extended) = load_one(path, &gate)?;
    while let Some(path) = extended {
        if chain.contains(&path) {
            return Err(error(format!("{} extends itself, by way of others or at once", path.display())));
        }
        if chain.len() >= LONGEST_CHAIN {
            return Err(error(format!("more than {LONGEST_CHAIN} settings files extend one another")));
        }
        let gate = if repository.is_some() { &gate } else { &Gate::around(&path) };
        let (base, next) = load_one(&path, gate)?;
        settings = settings.over(base);
        chain.push(path);
        extended = next;
    }
    Ok(settings)
}

fn error(message: String) -> Error {
    Error { mistakes: vec![Mistake { place: None, message, help: None }] }
}
