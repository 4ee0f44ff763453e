//! Read tables to settings: paths from the file's directory, patterns, origins.

use super::read::{self, Field, Table};
use super::{CheckLevel, Mistake, Origin, Override, Pattern, Purpose, Set, Settings, absolute};
use crate::budget::Resource;
use crate::endpoint::Dialect;
use crate::finding::Severity;
use crate::source::Source;
use crate::span::{FileId, Span};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Turns tables into settings, paths taken from the directory of the file.
pub(super) struct Builder<'a> {
    path: &'a Path,
    directory: PathBuf,
    repository: Option<&'a Path>,
    source: Source,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &str, path: &'a Path, repository: Option<&'a Path>) -> Self {
        let directory = absolute(path).parent().map_or_else(PathBuf::new, Path::to_owned);
        Self {
            path,
            directory,
            repository,
            source: Source::new(FileId(0), "", path, text.as_bytes().to_vec()),
            mistakes: Vec::new(),
        }
    }

    pub(super) fn settings(&mut self, table: &Table) -> Settings {
        let files = table.entries("files");
        let in_files = |key: &str| files.iter().find(|field| field.key == key);
        let texts = |key: &str| in_files(key).map_or(Vec::new(), |field| texts(&field.value));
        let entries = |key: &str| in_files(key).map_or(&[][..], |field| entries(&field.value));
        Settings {
            files: vec![self.path.to_owned()],
            repository: self.repository.map(Path::to_owned),
            not_heeded: Vec::new(),
            is_root: table.is_true("root"),
            policy: table.field("policy").and_then(|field| self.policy(field)),
            target: self.text(table, "target"),
            fail_on: self
                .text(table, "fail-on")
                .and_then(|set| set.filter_map(|name| Severity::from_name(&name))),
            baseline: table.field("baseline").and_then(|field| self.path_of(field)),
            exclude: self.patterns(&texts("exclude")),
            dialects: entries("dialects").iter().filter_map(|field| self.dialect(field)).collect(),
            root_map: entries("root-map").iter().filter_map(|field| self.mapped(field)).collect(),
            include_roots: texts("include-root")
                .iter()
                .filter_map(|(span, text)| self.path(*span, text).map(|path| self.set(*span, path)))
                .collect(),
            certificate_root: in_files("certificate-root").and_then(|field| self.path_of(field)),
            checks: table.entries("checks").iter().filter_map(|field| self.check(field)).collect(),
            overrides: table
                .tables("override")
                .iter()
                .map(|(span, table)| self.override_(*span, table))
                .collect(),
            variables: table
                .entries("variables")
                .iter()
                .filter_map(|field| {
                    Some((field.key.clone(), self.set(field.span, text(&field.value)?.to_owned())))
                })
                .collect(),
            limits: self.limits(table.entries("limits")),
            purposes: table
                .tables("purpose")
                .iter()
                .map(|(span, table)| self.purpose(*span, table))
                .collect(),
        }
    }

    fn limits(&self, fields: &[Field]) -> BTreeMap<Resource, Set<u64>> {
        let read = fields.iter().filter_map(|field| {
            let resource = Resource::ALL.into_iter().find(|resource| resource.key() == field.key)?;
            let read::Value::Number(amount) = field.value else { return None };
            Some((resource, self.set(field.span, amount)))
        });
        read.collect()
    }

    fn set<T>(&self, span: Span, value: T) -> Set<T> {
        let position = self.source.position(span.start);
        Set { value, origin: Origin::File { path: self.path.to_owned(), position, span } }
    }

    fn text(&self, table: &Table, key: &str) -> Option<Set<String>> {
        let field = table.field(key)?;
        Some(self.set(field.span, text(&field.value)?.to_owned()))
    }

    /// The settings file that is extended.
    pub(super) fn extended(&mut self, field: &Field) -> Option<PathBuf> {
        self.path_of(field).map(|set| set.value)
    }

    fn path_of(&mut self, field: &Field) -> Option<Set<PathBuf>> {
        let path = self.path(field.span, text(&field.value)?)?;
        Some(self.set(field.span, path))
    }

    /// A path from the file's directory; a mistake where it leads out of the repository that it has to stay in.
    fn path(&mut self, span: Span, text: &str) -> Option<PathBuf> {
        let path = crate::files::normalise(&self.directory.join(text));
        if self.repository.is_none_or(|repository| path.starts_with(repository)) {
            return Some(path);
        }
        self.mistakes.push(Mistake {
            place: Some((self.path.to_owned(), self.source.position(span.start))),
            message: format!("`{text}` lies outside the repository"),
            help: Some("settings that a repository brings along stay in it; a flag, or a file given by --config, may name it".to_owned()),
        });
        None
    }

    /// A policy's name as it is, a policy's path from the file's directory.
    fn policy(&mut self, field: &Field) -> Option<Set<String>> {
        let name = self.policy_name(field.span, text(&field.value)?)?;
        Some(self.set(field.span, name))
    }

    fn policy_name(&mut self, span: Span, text: &str) -> Option<String> {
        let is_path = text.contains('/')
            || Path::new(text).extension().is_some_and(|end| end == "yaml" || end == "yml");
        if is_path {
            return Some(self.path(span, text)?.display().to_string());
        }
        Some(text.to_owned())
    }

    fn pattern(&mut self, span: Span, text: &str, base: &Path) -> Option<Pattern> {
        let pattern = Pattern::new(text, base);
        if let Err(reason) = &pattern {
            self.mistakes.push(Mistake {
                place: Some((self.path.to_owned(), self.source.position(span.start))),
                message: format!("`{text}` is no pattern: {reason}"),
                help: None,
            });
        }
        pattern.ok()
    }

    fn patterns(&mut self, texts: &[(Span, String)]) -> Vec<Set<Pattern>> {
        let base = self.directory.clone();
        let read = texts.iter().filter_map(|(span, text)| {
            let pattern = self.pattern(*span, text, &base)?;
            Some(self.set(*span, pattern))
        });
        read.collect()
    }

    fn dialect(&mut self, field: &Field) -> Option<Set<(Pattern, Dialect)>> {
        let base = self.directory.clone();
        let pattern = self.pattern(field.span, &field.key, &base)?;
        Some(self.set(field.span, (pattern, Dialect::from_name(text(&field.value)?)?)))
    }

    fn mapped(&mut self, field: &Field) -> Option<Set<(PathBuf, PathBuf)>> {
        let path = self.path(field.span, text(&field.value)?)?;
        Some(self.set(field.span, (PathBuf::from(&field.key), path)))
    }

    fn check(&self, field: &Field) -> Option<(String, Set<CheckLevel>)> {
        let read::Value::Table(table) = &field.value else { return None };
        let severity = Severity::from_name(table.text("level")?);
        let level = CheckLevel { severity, reason: table.text("reason").map(str::to_owned) };
        Some((field.key.clone(), self.set(field.span, level)))
    }

    fn override_(&mut self, span: Span, table: &Table) -> Set<Override> {
        let files = self.patterns(table.texts("files")).into_iter().map(|set| set.value).collect();
        let reason = table.text("reason").unwrap_or_default().to_owned();
        if crate::suppress::is_placeholder(&reason) {
            self.mistakes.push(Mistake {
                place: Some((self.path.to_owned(), self.source.position(span.start))),
                message: format!("`{reason}` is no reason for an override"),
                help: None,
            });
        }
        let checks = table.entries("checks").iter();
        let checks =
            checks.filter_map(|field| Some((field.key.clone(), Severity::from_name(text(&field.value)?))));
        let value = Override {
            files,
            policy: table.text("policy").and_then(|name| self.policy_name(span, name)),
            target: table.text("target").map(str::to_owned),
            checks: checks.collect(),
            reason,
            until: table.date("until"),
        };
        self.set(span, value)
    }

    fn purpose(&mut self, span: Span, table: &Table) -> Set<Purpose> {
        let files = self.patterns(table.texts("files")).into_iter().map(|set| set.value).collect();
        let names =
            table.texts("names").iter().filter_map(|(span, text)| self.pattern(*span, text, Path::new("")));
        let names = names.collect();
        let purpose = table.text("purpose").unwrap_or_default().to_owned();
        self.set(span, Purpose { files, names, purpose })
    }
}

impl<T> Set<T> {
    fn filter_map<U>(self, change: impl FnOnce(T) -> Option<U>) -> Option<Set<U>> {
        Some(Set { value: change(self.value)?, origin: self.origin })
    }
}

fn text(value: &read::Value) -> Option<&str> {
    match value {
        read::Value::Text(text) => Some(text),
        _ => None,
    }
}

fn texts(value: &read::Value) -> Vec<(Span, String)> {
    match value {
        read::Value::Texts(texts) => texts.clone(),
        _ => Vec::new(),
    }
}

fn entries(value: &read::Value) -> &[Field] {
    match value {
        read::Value::Table(table) => table.entries_here(),
        _ => &[],
    }
}
