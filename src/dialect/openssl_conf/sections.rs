//! Sections with their values worked out: includes followed, variables replaced.
//!
//! Source: `def_load_bio` and `_CONF_get_string` in `crypto/conf` of OpenSSL 3.5.

use crate::budget::{Budget, Resource};
use crate::files::{Evidence, FileTree, Kind};
use crate::span::{FileId, Location, Span};
use crate::syntax::SyntaxError;
use crate::syntax::openssl_conf::{Conf, LineKind, Part, Value, parse};
use crate::syntax::template::{Template, templates};
use crate::text::Text;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How deep includes may nest before they are taken for a circle.
const MAXIMUM_INCLUDE_DEPTH: usize = 16;

/// How long a value may get through variables, in bytes (`MAX_CONF_VALUE_LENGTH` of OpenSSL).
const MAXIMUM_VALUE_LENGTH: usize = 65_536;

/// Every section of a file and of what it includes.
#[derive(Debug, Default)]
pub(super) struct Sections {
    by_name: BTreeMap<String, Section>,
    /// Whatever keeps OpenSSL from reading the file, first one first.
    pub(super) errors: Vec<(FileId, SyntaxError)>,
    /// Included paths that cannot be read, with the places of the lines; OpenSSL passes over them.
    pub(super) unresolved: Vec<(String, Location)>,
    /// Every file that was read.
    pub(super) files: Vec<FileId>,
    /// Those in which placeholders of a template language stand.
    pub(super) templated: Vec<FileId>,
    /// Files that were parsed, for those that are included again.
    parsed: HashMap<FileId, Rc<Read>>,
}

/// A parsed file.
#[derive(Debug)]
struct Read {
    conf: Conf,
    templates: Vec<Template>,
}

impl Read {
    fn is_template(&self, span: Span) -> bool {
        let first = self.templates.partition_point(|template| template.span.end <= span.start);
        self.templates.get(first).is_some_and(|template| template.span.start < span.end)
    }
}

/// One assignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// The name as written.
    pub(super) name: String,
    /// The value, variables replaced.
    pub(super) value: Text,
    /// The environment variable that the value hangs on, where one does.
    pub(super) unknown: Option<String>,
    /// The whole line.
    pub(super) location: Location,
}

/// The number of a text that is no file of the run.
pub(super) const NOWHERE: FileId = FileId(u32::MAX);

/// A file to read, with the directory that its relative includes start from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Its number.
    pub(super) file: FileId,
    /// Where relative includes start: OpenSSL takes the working directory, which is taken for the file's own.
    pub(super) directory: Option<&'a Path>,
    /// What the root may take.
    pub(super) budget: &'a Budget,
}

/// The entries of one section.
#[derive(Debug, Default)]
struct Section {
    entries: Vec<Entry>,
    /// Where each name stands last.
    last: HashMap<String, usize>,
}

impl Section {
    fn get(&self, name: &str) -> Option<&Entry> {
        self.last.get(name).and_then(|at| self.entries.get(*at))
    }

    fn add(&mut self, entry: Entry) {
        self.last.insert(entry.name.clone(), self.entries.len());
        self.entries.push(entry);
    }

    /// Takes out what later entries of the same name replace.
    fn settle(&mut self) {
        let mut at = 0;
        self.entries.retain(|entry| {
            at += 1;
            self.last.get(&entry.name) == Some(&(at - 1))
        });
        self.last = self.entries.iter().enumerate().map(|(at, entry)| (entry.name.clone(), at)).collect();
    }
}

impl Sections {
    /// Reads a file; `files` is asked for what it includes.
    pub(super) fn read(origin: Origin<'_>, files: Option<&dyn FileTree>) -> Self {
        let mut sections = Self::default();
        let mut current = "default".to_owned();
        sections.load(origin, files, &mut current, 0);
        sections.by_name.values_mut().for_each(Section::settle);
        sections
    }

    /// The entries of a section, in order; a name that stood twice is there once, where it stood last.
    pub(super) fn entries(&self, section: &str) -> Option<&[Entry]> {
        self.by_name.get(section).map(|section| section.entries.as_slice())
    }

    /// The value of a name in a section, else in `default`.
    pub(super) fn get(&self, section: &str, name: &str) -> Option<&Entry> {
        let find = |section: &str| self.by_name.get(section)?.get(name);
        find(section).or_else(|| find("default"))
    }

    /// The names of all sections.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    fn load(&mut self, origin: Origin<'_>, files: Option<&dyn FileTree>, current: &mut String, depth: usize) {
        let read = match self.parsed.get(&origin.file) {
            Some(read) => Rc::clone(read),
            None => self.parse(origin),
        };
        self.take(&read, origin, files, current, depth);
    }

    fn parse(&mut self, origin: Origin<'_>) -> Rc<Read> {
        let parsed = parse(origin.text, origin.file);
        let read = Rc::new(Read { conf: parsed.tree, templates: templates(origin.text) });
        let errors = parsed.errors.into_iter().filter(|error| !read.is_template(error.span));
        self.errors.extend(errors.map(|error| (origin.file, error)));
        self.files.push(origin.file);
        self.templated.extend((!read.templates.is_empty()).then_some(origin.file));
        self.parsed.insert(origin.file, Rc::clone(&read));
        read
    }

    fn take(
        &mut self,
        read: &Read,
        origin: Origin<'_>,
        files: Option<&dyn FileTree>,
        current: &mut String,
        depth: usize,
    ) {
        for line in &read.conf.lines {
            let location = Location::new(origin.file, line.span);
            match &line.kind {
                LineKind::Section(name) => {
                    name.as_str().clone_into(current);
                    self.by_name.entry(current.clone()).or_default();
                }
                LineKind::Assignment { section, name, value } => {
                    let section = section.as_ref().map_or(current.as_str(), Text::as_str).to_owned();
                    let (value, unknown) = self.evaluate(value, &section, origin);
                    let unknown =
                        unknown.or_else(|| read.is_template(line.span).then(|| "template text".to_owned()));
                    let name = name.as_str().to_owned();
                    self.by_name.entry(section).or_default().add(Entry { name, value, unknown, location });
                }
                LineKind::Include(path) => {
                    let (path, _) = self.evaluate(path, current, origin);
                    self.include(path.as_str(), location, origin, files, current, depth);
                }
                LineKind::Pragma(_) => {}
            }
        }
    }

    /// A file, or every `*.cnf` and `*.conf` of a directory.
    fn include(
        &mut self,
        path: &str,
        location: Location,
        origin: Origin<'_>,
        files: Option<&dyn FileTree>,
        current: &mut String,
        depth: usize,
    ) {
        let written = Path::new(path);
        let relative = origin.directory.map_or_else(|| written.to_owned(), |base| base.join(written));
        let at = |tree: &dyn FileTree| match origin.file {
            // A file of the system's own is in no tree.
            NOWHERE => tree.kind(&relative).map(|_| relative.clone()),
            file => tree.deployed(&relative, file, Evidence::Directory),
        };
        let found = files.and_then(|tree| Some((tree, at(tree)?)));
        let Some((tree, found)) = found.filter(|_| depth < MAXIMUM_INCLUDE_DEPTH) else {
            self.unresolved.push((path.to_owned(), location));
            return;
        };
        for file in files_at(tree, &found) {
            match tree.read(&file) {
                Ok(source) => {
                    if !origin.budget.include(&source, location) {
                        return;
                    }
                    let origin = Origin { text: source.text(), file: source.id(), ..origin };
                    self.load(origin, files, current, depth + 1);
                }
                Err(_) => self.unresolved.push((file.to_string_lossy().into_owned(), location)),
            }
        }
    }

    /// Joins the pieces of a value; the environment is not asked.
    fn evaluate(&mut self, value: &Value, section: &str, origin: Origin<'_>) -> (Text, Option<String>) {
        let file = origin.file;
        let mut out = Text::default();
        let mut unknown = None;
        for part in &value.parts {
            match part {
                Part::Text(text) => out.push_text(text),
                Part::Variable { section: Some(environment), name, .. } if environment == "ENV" => {
                    unknown.get_or_insert_with(|| format!("environment variable {name}"));
                }
                Part::Variable { section: named, name, location } => {
                    let Some(entry) = self.get(named.as_deref().unwrap_or(section), name) else {
                        let message = format!("the variable \"{name}\" has no value");
                        self.errors.push((file, SyntaxError::fatal(location.span, message)));
                        continue;
                    };
                    if unknown.is_none() {
                        unknown.clone_from(&entry.unknown);
                    }
                    if out.as_str().len() + entry.value.as_str().len() > MAXIMUM_VALUE_LENGTH {
                        let message = format!("the value grows past {MAXIMUM_VALUE_LENGTH} bytes");
                        self.errors.push((file, SyntaxError::fatal(location.span, message)));
                        break;
                    }
                    let weight = entry.value.weight();
                    if !origin.budget.take(
                        Resource::VariableBytes,
                        weight,
                        Location::new(file, location.span),
                    ) {
                        unknown.get_or_insert_with(|| {
                            format!("the variable {name}, for which there is no room")
                        });
                        break;
                    }
                    out.push_text(&entry.value);
                }
            }
        }
        if out.as_str().is_empty() {
            out = Text::replaced("", Location::new(file, Span::empty(value.span.start)));
        }
        (out, unknown)
    }
}

fn files_at(tree: &dyn FileTree, path: &Path) -> Vec<PathBuf> {
    if tree.kind(path) != Some(Kind::Directory) {
        return vec![path.to_owned()];
    }
    let is_conf = |name: &String| {
        let extension = Path::new(name).extension();
        extension.is_some_and(|extension| extension == "cnf" || extension == "conf")
    };
    tree.list(path)
        .unwrap_or_default()
        .iter()
        .filter(|name| is_conf(name))
        .map(|name| path.join(name))
        .collect()
}
