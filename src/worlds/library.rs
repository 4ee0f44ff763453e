//! Templates that others ask for: what is included, imported or extended, and the named templates of a chart.

use super::tree::{Node, Template};
use crate::files::{FileTree, Kind};
use crate::source::Source;
use crate::span::FileId;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many templates are read for those of one root.
const MOST: usize = 64;

/// How large one may be, in bytes.
const LARGEST: usize = 512 << 10;

/// How many directories above a template what it asks for may start from.
const HIGHEST: usize = 6;

/// Templates with the places that ask for them.
#[derive(Debug, Default)]
pub(super) struct Library {
    texts: Vec<(Template, Arc<Source>)>,
    /// Which of them a file means by a path.
    asked: HashMap<(FileId, String), usize>,
    /// The files whose text is printed where another asks for it.
    included: HashSet<FileId>,
    /// Those whose named templates everybody knows.
    helpers: Vec<usize>,
}

impl Library {
    /// Reads what `templates` ask for, and what that asks for in turn.
    pub(super) fn of(templates: &[(Arc<Source>, Template)], files: &dyn FileTree) -> Self {
        let mut library = Self::default();
        let mut known: HashMap<FileId, usize> = HashMap::new();
        for (source, template) in templates {
            library.follow(source.id(), &template.nodes, &mut known, files);
            if template.calls_named_templates() && library.helpers.is_empty() {
                for path in helpers(source.id(), files) {
                    let rank = library.add(&path, &mut known, files);
                    library.helpers.extend(rank);
                }
            }
        }
        let mut at = 0;
        while let Some((template, _)) = library.texts.get(at) {
            let (file, nodes) = (template.file, template.nodes.clone());
            library.follow(file, &nodes, &mut known, files);
            at += 1;
        }
        library
    }

    fn follow(
        &mut self,
        file: FileId,
        nodes: &[Node],
        known: &mut HashMap<FileId, usize>,
        files: &dyn FileTree,
    ) {
        let mut paths = Vec::new();
        references(nodes, &mut paths);
        for (path, is_printed) in paths {
            let Some(found) = find(&path, file, files) else { continue };
            let Some(rank) = self.add(&found, known, files) else { continue };
            if is_printed && let Some((template, _)) = self.texts.get(rank) {
                self.included.insert(template.file);
            }
            self.asked.insert((file, path), rank);
        }
    }

    fn add(
        &mut self,
        path: &Path,
        known: &mut HashMap<FileId, usize>,
        files: &dyn FileTree,
    ) -> Option<usize> {
        let source = files.read(path).ok()?;
        if let Some(rank) = known.get(&source.id()) {
            return Some(*rank);
        }
        if self.texts.len() >= MOST || source.text().len() > LARGEST {
            return None;
        }
        let template =
            Template::read(source.text(), source.id(), &[]).unwrap_or_else(|| Template::plain(&source));
        known.insert(source.id(), self.texts.len());
        self.texts.push((template, source));
        Some(self.texts.len() - 1)
    }

    /// The template that `file` means by `path`, with its number.
    pub(super) fn find(&self, file: FileId, path: &str) -> Option<(usize, &Template, &str)> {
        let rank = *self.asked.get(&(file, path.to_owned()))?;
        self.texts.get(rank).map(|(template, source)| (rank, template, source.text()))
    }

    /// Those whose named templates everybody knows, with their numbers.
    pub(super) fn helpers(&self) -> impl Iterator<Item = (usize, &Template, &str)> {
        self.helpers.iter().filter_map(|rank| {
            self.texts.get(*rank).map(|(template, source)| (*rank, template, source.text()))
        })
    }

    /// All templates, in the order of their numbers.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.texts.iter().map(|(template, _)| template)
    }

    /// The files whose text is printed where another asks for it.
    pub(super) fn included(&self) -> Vec<FileId> {
        self.templates().map(|template| template.file).filter(|file| self.included.contains(file)).collect()
    }
}

/// The paths that `nodes` ask for, each with whether its text is printed there.
fn references(nodes: &[Node], paths: &mut Vec<(String, bool)>) {
    for node in nodes {
        match node {
            Node::Include(_, path) | Node::Extends(path) => paths.push((path.clone(), true)),
            Node::Import { path, .. } => paths.push((path.clone(), false)),
            Node::Choice(choice) => choice.branches.iter().for_each(|branch| references(&branch.body, paths)),
            Node::Block(_, body) | Node::Define(_, _, body) => references(body, paths),
            Node::Output(..) | Node::Set(..) | Node::Text(_) | Node::Unset(_) => {}
        }
    }
}

/// Where a path that a template names stands: beside it, or below a directory above it.
fn find(path: &str, from: FileId, files: &dyn FileTree) -> Option<PathBuf> {
    let below = path.trim_start_matches('/');
    let above = files.above(from);
    let places = above.iter().take(HIGHEST).map(|directory| directory.join(below));
    places.into_iter().find(|place| files.kind(place) == Some(Kind::File))
}

/// The files of named templates of the chart that a file belongs to.
fn helpers(from: FileId, files: &dyn FileTree) -> Vec<PathBuf> {
    let is_chart = |directory: &&PathBuf| files.kind(&directory.join("Chart.yaml")) == Some(Kind::File);
    let above = files.above(from);
    let Some(chart) = above.iter().find(is_chart) else { return Vec::new() };
    let mut directories = vec![chart.join("templates")];
    let parts = files.list(&chart.join("charts")).unwrap_or_default();
    directories.extend(parts.into_iter().map(|part| chart.join("charts").join(part).join("templates")));
    let listed = directories.into_iter().flat_map(|directory| {
        let names = files.list(&directory).unwrap_or_default().into_iter();
        let is_named = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "tpl");
        names.map(|name| directory.join(name)).filter(is_named).collect::<Vec<_>>()
    });
    listed.take(MOST / 2).collect()
}
