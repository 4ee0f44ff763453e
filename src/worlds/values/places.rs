//! Which files hold the values of a template, by the conventions of the tools that fill templates in.

use super::{Form, Place};
use crate::files::{FileTree, Kind};
use crate::source::Source;
use crate::worlds::expression::Language;
use std::path::{Path, PathBuf};

/// Files of values, those that go before others behind them.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) usual: Vec<Place>,
    pub(super) further: Vec<Place>,
}

/// How many directories above a template are looked at.
const HIGHEST: usize = 10;

/// How many files of one directory are read.
const MOST_OF_DIRECTORY: usize = 24;

struct Finder<'a> {
    files: &'a dyn FileTree,
    above: Vec<PathBuf>,
    found: Places,
}

/// The files of values for the template in `source`; `language` is that of its tags, `None` where it has none.
pub(super) fn of(source: &Source, language: Option<Language>, files: &dyn FileTree) -> Places {
    let above = files.above(source.id()).into_iter().take(HIGHEST).collect();
    let mut finder = Finder { files, above, found: Places::default() };
    match language {
        Some(Language::Jinja) => {
            finder.ansible();
            finder.cookiecutter();
            finder.salt();
        }
        Some(Language::Go) => finder.helm(),
        Some(Language::Ruby) => {
            finder.chef();
            finder.puppet(source);
        }
        Some(Language::Handlebars) | None => {}
    }
    finder.environment(source);
    finder.found
}

impl Finder<'_> {
    fn is_file(&self, path: &Path) -> bool {
        self.files.kind(path) == Some(Kind::File)
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.files.kind(path) == Some(Kind::Directory)
    }

    fn add(&mut self, path: PathBuf, form: Form) {
        if self.is_file(&path) {
            self.found.usual.push(Place { path, form, below: String::new() });
        }
    }

    /// The YAML files of a directory, or the file of its name with an ending.
    fn yaml_of(&self, path: &Path) -> Vec<PathBuf> {
        let with = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let mut found: Vec<PathBuf> =
            [with(".yml"), with(".yaml")].into_iter().filter(|path| self.is_file(path)).collect();
        if self.is_directory(path) {
            found.extend(self.list(path, &|name| is_yaml(name)));
        } else if self.is_file(path) {
            found.push(path.to_owned());
        }
        found
    }

    fn list(&self, directory: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<PathBuf> {
        let names = self.files.list(directory).unwrap_or_default();
        let paths = names.into_iter().filter(|name| wanted(name)).map(|name| directory.join(name));
        paths.filter(|path| self.is_file(path)).take(MOST_OF_DIRECTORY).collect()
    }

    /// The directory that holds `templates`, in which the template stands.
    fn role(&self) -> Option<PathBuf> {
        let templates = self
            .above
            .iter()
            .find(|directory| directory.file_name().is_some_and(|name| name == "templates"))?;
        Some(templates.parent()?.to_owned())
    }

    fn ansible(&mut self) {
        let Some(role) = self.role() else { return };
        let names = |paths: Vec<PathBuf>| {
            paths.into_iter().map(|path| Place { path, form: Form::Names(""), below: String::new() })
        };
        self.found.usual.extend(names(self.yaml_of(&role.join("defaults/main"))));
        let directories: Vec<PathBuf> =
            self.above.iter().flat_map(|above| [above.clone(), above.join("inventory")]).collect();
        for directory in directories.iter().rev() {
            let groups = directory.join("group_vars");
            if self.is_directory(&groups) {
                self.found.usual.extend(names(self.yaml_of(&groups.join("all"))));
                let others = self.list(&groups, &|name| is_yaml(name) && !name.starts_with("all."));
                self.found.further.extend(names(others));
            }
            let hosts = directory.join("host_vars");
            if self.is_directory(&hosts) {
                self.found.further.extend(names(self.list(&hosts, &|name| is_yaml(name))));
            }
        }
        self.found.usual.extend(names(self.yaml_of(&role.join("vars/main"))));
    }

    fn cookiecutter(&mut self) {
        let Some(path) =
            self.above.iter().map(|above| above.join("cookiecutter.json")).find(|path| self.is_file(path))
        else {
            return;
        };
        self.add(path, Form::Names(super::documents::CHOICES));
    }

    fn salt(&mut self) {
        for above in self.above.clone() {
            self.add(above.join("pillar.example"), Form::Names("pillar."));
        }
    }

    fn helm(&mut self) {
        let Some(chart) = self.above.iter().find(|above| self.is_file(&above.join("Chart.yaml"))).cloned()
        else {
            return;
        };
        self.add(chart.join("values.yaml"), Form::Names(".Values."));
        let is_further = |name: &str| {
            is_yaml(name)
                && (name.starts_with("values-") || name.starts_with("values.") || name.starts_with("values_"))
                && !matches!(name, "values.yaml" | "values.yml")
                || name.ends_with("-values.yaml")
                || name.ends_with(".values.yaml")
        };
        let mut further = self.list(&chart, &is_further);
        further.extend(self.list(&chart.join("ci"), &is_further));
        let place = |path| Place { path, form: Form::Names(".Values."), below: String::new() };
        self.found.further.extend(further.into_iter().map(place));
        // What a chart says of one that it holds goes before what that says itself.
        let holder = chart.parent().filter(|charts| charts.file_name().is_some_and(|name| name == "charts"));
        if let (Some(holder), Some(name)) = (holder.and_then(Path::parent), chart.file_name()) {
            let path = holder.join("values.yaml");
            if self.is_file(&path) {
                let below = name.to_string_lossy().into_owned();
                self.found.usual.push(Place { path, form: Form::Names(".Values."), below });
            }
        }
    }

    fn chef(&mut self) {
        let Some(cookbook) = self.role() else { return };
        for path in self.list(&cookbook.join("attributes"), &|name| ends(name, "rb")) {
            self.add(path, Form::Chef);
        }
    }

    fn puppet(&mut self, source: &Source) {
        let Some(module) = self.role() else { return };
        let name = source.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifests = self.list(&module.join("manifests"), &|name| ends(name, "pp"));
        // Parameters of the classes that the template is filled in by; `params.pp` first, whose names others take over.
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for path in manifests {
            let is_params = path.file_name().is_some_and(|name| name == "params.pp");
            let names_it = || self.files.read(&path).is_ok_and(|manifest| manifest.text().contains(&name));
            if is_params {
                first.push(path);
            } else if names_it() {
                rest.push(path);
            }
        }
        for path in first.into_iter().chain(rest) {
            self.add(path, Form::Puppet);
        }
        for above in self.above.clone() {
            for file in ["data/common.yaml", "hieradata/common.yaml"] {
                self.add(above.join(file), Form::Hiera);
            }
        }
    }

    /// What an environment fills in: `.env` and Compose files beside the template or above it.
    fn environment(&mut self, source: &Source) {
        let name = source.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_template =
            [".template", ".tmpl", ".tpl", ".in", ".envsubst"].iter().any(|ending| name.ends_with(ending));
        if !is_template || !source.text().contains("${") {
            return;
        }
        for above in self.above.iter().take(4).rev().cloned().collect::<Vec<_>>() {
            for file in ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"] {
                self.add(above.join(file), Form::Compose);
            }
            for file in [".env", ".env.example", "env.example", ".env.sample", ".env.dist"] {
                if self.is_file(&above.join(file)) {
                    self.add(above.join(file), Form::Environment);
                    break;
                }
            }
        }
    }
}

fn is_yaml(name: &str) -> bool {
    ends(name, "yml") || ends(name, "yaml")
}

fn ends(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own == ending)
}
