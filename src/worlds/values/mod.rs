//! Values of names that the repository itself knows: a role's defaults, a chart's values, attributes, parameters, environments.
//!
//! They are what a template is filled in with unless somebody says otherwise: outputs are filled in with them, while conditions are
//! met in each way, and a value is used only where it agrees with the answers of a rendering.

mod assignments;
mod documents;
mod places;

use super::expression::{Expression, Language};
use crate::files::FileTree;
use crate::source::Source;
use crate::span::FileId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many files are read for the values of one template.
const MOST_FILES: usize = 48;

/// How large a file of values may be, in bytes.
const LARGEST: usize = 512 << 10;

/// How many further sets of values are told apart.
const MOST_SETS: usize = 8;

/// What names stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// What the set is called in messages: the file that it comes from; empty for what holds unless a further set is used.
    pub(super) label: String,
    names: BTreeMap<String, Expression>,
}

/// The sets of values of one template.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    /// What holds unless one of the others is used.
    pub(super) usual: Values,
    /// Further ones, each with the usual values that it leaves.
    pub(super) further: Vec<Values>,
}

impl Values {
    /// What a name stands for.
    pub(super) fn get(&self, name: &str) -> Option<&Expression> {
        self.names.get(name.strip_prefix('$').filter(|name| name.starts_with('.')).unwrap_or(name))
    }

    /// The names of the environment that are known, as `${NAME}` stands for them.
    pub(super) fn environment(&self) -> impl Iterator<Item = &str> {
        self.names.keys().filter(|name| name.starts_with("${")).map(String::as_str)
    }

    /// The files whose values are among them.
    pub(super) fn files(&self) -> BTreeSet<FileId> {
        let mut files = BTreeSet::new();
        self.names.values().for_each(|value| files_of(value, &mut files));
        files
    }
}

impl Sets {
    /// Adds what another template of the same root is filled in with; what is known already stays.
    pub(super) fn join(&mut self, other: Self) {
        let add = |to: &mut Values, from: Values| {
            for (name, value) in from.names {
                to.names.entry(name).or_insert(value);
            }
        };
        for values in other.further {
            if let Some(known) = self.further.iter_mut().find(|known| known.label == values.label) {
                add(known, values);
            } else if self.further.len() < MOST_SETS {
                self.further.push(values);
            }
        }
        add(&mut self.usual, other.usual);
    }

    /// The files that the values stand in.
    pub(super) fn files(&self) -> Vec<FileId> {
        let mut files = self.usual.files();
        self.further.iter().for_each(|values| files.extend(values.files()));
        files.into_iter().collect()
    }
}

fn files_of(value: &Expression, files: &mut BTreeSet<FileId>) {
    if let Expression::Placed(_, text) = value {
        files.extend(text.location().map(|place| place.file));
    }
    value.parts().into_iter().for_each(|part| files_of(part, files));
}

/// What the repository knows of the names in a template.
pub(super) fn of(source: &Source, language: Option<Language>, files: &dyn FileTree) -> Sets {
    let mut reader = Reader { files, left: MOST_FILES, text: source.text() };
    let found = places::of(source, language, files);
    let mut usual = Values::default();
    for place in &found.usual {
        reader.read(place, &mut usual.names);
    }
    let mut further = Vec::new();
    for place in found.further.iter().take(4 * MOST_SETS) {
        let mut names = BTreeMap::new();
        reader.read(place, &mut names);
        names.retain(|name, value| {
            reader.is_used(name) && !usual.names.get(name).is_some_and(|known| is_alike(known, value))
        });
        if !names.is_empty() && further.len() < MOST_SETS {
            let mut all = usual.names.clone();
            all.extend(names);
            further.push(Values { label: label(&place.path), names: all });
        }
    }
    Sets { usual, further }
}

/// What a further set of values is called: its file, and the directory that says for whom it is.
fn label(path: &std::path::Path) -> String {
    let name = |path: &std::path::Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let directory = path.parent().map(name).unwrap_or_default();
    match directory.as_str() {
        "ci" | "group_vars" | "host_vars" => format!("{directory}/{}", name(path)),
        _ => name(path),
    }
}

/// Whether two values print the same.
fn is_alike(one: &Expression, two: &Expression) -> bool {
    match (one, two) {
        (Expression::Placed(one, _), Expression::Placed(two, _)) => one == two,
        (Expression::List(one), Expression::List(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| is_alike(one, two))
        }
        (one, two) => one == two,
    }
}

/// How a file of values is written, and what its names are called in templates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Attributes of a cookbook: `default['nginx']['x'] = 'y'` is `node['nginx']['x']`.
    Chef,
    /// The environment of a service in a file of Docker Compose.
    Compose,
    /// `NAME=value` by lines.
    Environment,
    /// YAML or JSON whose names are called as they stand, behind a prefix.
    Names(&'static str),
    /// Parameters of Puppet's classes: `$x = 'y'`.
    Puppet,
    /// Hiera's YAML: `module::x` is `@x`.
    Hiera,
}

/// A file of values.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: std::path::PathBuf,
    pub(super) form: Form,
    /// Below which name of the file the values stand; empty for all of it.
    pub(super) below: String,
}

struct Reader<'a> {
    files: &'a dyn FileTree,
    left: usize,
    text: &'a str,
}

impl Reader<'_> {
    fn read(&mut self, place: &Place, names: &mut BTreeMap<String, Expression>) {
        let Some(left) = self.left.checked_sub(1) else { return };
        let Ok(source) = self.files.read(&place.path) else { return };
        self.left = left;
        if source.text().len() > LARGEST || source.text().starts_with("$ANSIBLE_VAULT") {
            return;
        }
        let read = |source: &Arc<Source>| match place.form {
            Form::Chef => assignments::chef(source),
            Form::Compose => documents::compose(source),
            Form::Environment => assignments::environment(source),
            Form::Hiera => documents::hiera(source),
            Form::Names(prefix) => documents::names(source, prefix, &place.below, self.prints_yaml()),
            Form::Puppet => assignments::puppet(source),
        };
        names.extend(read(&source));
    }

    /// Whether the template prints whole mappings.
    fn prints_yaml(&self) -> bool {
        ["toYaml", "to_yaml", "to_nice_yaml"].iter().any(|word| self.text.contains(word))
    }

    /// Whether the template names it, by its last part.
    fn is_used(&self, name: &str) -> bool {
        let last = name.rsplit(['.', ':']).next().unwrap_or(name).trim_matches(['@', '$', '{', '}']);
        self.text.contains(last)
    }
}
