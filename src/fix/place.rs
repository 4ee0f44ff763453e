//! Where a setting goes that nobody wrote, in each language: beside the endpoint that needs it.

use super::yaml::{Contexts, New};
use crate::endpoint::{Dialect, Endpoint};
use crate::files::{Evidence, FileTree};
use crate::finding::Edit;
use crate::protocol::Protocol;
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::syntax::nginx::{self, Children, DirectiveId, Tree};
use crate::syntax::{haproxy, template};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// The blocks of nginx that take TLS settings; an `if` in a location does not.
const BLOCKS: &[&str] = &["location", "server"];
/// The most words that HAProxy reads from a line (`MAX_LINE_ARGS`).
const MOST_WORDS: usize = 64;

/// A directive of nginx.
pub(super) struct Directive {
    /// Its first word.
    pub(super) name: String,
    /// The other words.
    pub(super) arguments: Vec<Span>,
    /// From the name to what ends it.
    pub(super) span: Span,
}

/// The files of a run, with the trees that were asked for.
pub(super) struct Places<'a> {
    pub(super) files: &'a dyn FileTree,
    trees: RefCell<HashMap<FileId, Rc<Blocks>>>,
    contexts: RefCell<HashMap<FileId, Rc<Contexts>>>,
    /// What crt-lists say of versions.
    lists: RefCell<HashMap<FileId, Maximums>>,
}

/// A block, or a directive in it that was looked for.
type Around = Option<DirectiveId>;

/// A file of nginx with what was looked for in its blocks; `None` stands for the file itself.
struct Blocks {
    tree: Tree,
    /// The names of the directives in a block.
    names: RefCell<HashMap<Option<DirectiveId>, Rc<HashSet<String>>>>,
    /// The first `listen` of a block, and the first directive that passes requests on.
    first: RefCell<HashMap<(Around, bool), Around>>,
}

/// What the lines of a crt-list say of the newest version.
#[derive(Clone, Copy, Default)]
struct Maximums {
    /// Whether one forces a version.
    forces: bool,
    /// The lowest of the maximums.
    lowest: Option<Protocol>,
}

impl<'a> Places<'a> {
    pub(super) fn new(files: &'a dyn FileTree) -> Self {
        Self { files, trees: RefCell::default(), contexts: RefCell::default(), lists: RefCell::default() }
    }

    /// The edit that gives `endpoint` a setting of its own: `key` with the rest of it as `setting` spells it.
    ///
    /// `None` where the language or the place takes none, or where `key` is there already without having had a say.
    pub(super) fn insert(&self, endpoint: &Endpoint, key: &str, setting: &str) -> Option<Edit> {
        match endpoint.dialect {
            // Values of parameters are no words there.
            Dialect::Ciphers | Dialect::Envoy => None,
            Dialect::HaProxy => self.words(endpoint.location, key, setting),
            Dialect::Nginx => self.directive(endpoint.location, key, setting),
            Dialect::OpensslConf => self.line(endpoint.location, key, setting),
        }
    }

    pub(super) fn source(&self, file: FileId) -> Arc<Source> {
        self.files.source(file)
    }

    /// The directive of nginx at `place`; `None` where a template decides about it or its words.
    pub(super) fn directive_at(&self, place: Location) -> Option<Directive> {
        let source = self.source(place.file);
        let blocks = self.tree(place.file);
        let tree = &blocks.tree;
        let id =
            blocks.around(place.span.start).find(|id| place.span.start < tree.directive(*id).span.end)?;
        let directive = tree.directive(id);
        let is_plain = !directive.conditional_words && directive.terminated && directive.block.is_none();
        is_plain.then_some(())?;
        Some(Directive {
            name: tree.name(id)?.value(source.text()).into_owned(),
            arguments: tree.arguments(id).iter().map(|word| word.span).collect(),
            span: directive.span,
        })
    }

    fn tree(&self, file: FileId) -> Rc<Blocks> {
        let mut trees = self.trees.borrow_mut();
        let read = || {
            let tree = nginx::parse(self.source(file).text()).tree;
            Rc::new(Blocks { tree, names: RefCell::default(), first: RefCell::default() })
        };
        Rc::clone(trees.entry(file).or_insert_with(read))
    }

    /// The edit that gives the TLS context of an Envoy endpoint parameters that it has not.
    pub(super) fn parameters(&self, endpoint: &Endpoint, entries: Vec<(&str, New<'_>)>) -> Option<Edit> {
        let source = self.source(endpoint.location.file);
        self.contexts(&source).parameters(endpoint.location, &source, entries)
    }

    /// What fixes ask of a file of Envoy's.
    pub(super) fn contexts(&self, source: &Source) -> Rc<Contexts> {
        let mut contexts = self.contexts.borrow_mut();
        Rc::clone(contexts.entry(source.id()).or_insert_with(|| Rc::new(Contexts::of(source))))
    }

    /// A directive behind the one at `place`, in the nearest block that takes it.
    fn directive(&self, place: Location, key: &str, setting: &str) -> Option<Edit> {
        let source = self.source(place.file);
        let text = source.text();
        let blocks = self.tree(place.file);
        let (around, anchor) = blocks.anchor(place.span, text)?;
        if blocks.names(around, text).contains(key) {
            return None;
        }
        let anchor = blocks.tree.directive(anchor).span;
        let line = source.line_span(source.position(anchor.start).line);
        let last = source.line_span(source.position(anchor.end.saturating_sub(1)).line);
        let behind = Span::new(anchor.end.min(last.end), last.end).of(text).trim_start();
        let indent = Span::new(line.start, anchor.start).of(text);
        let is_own_line = indent.trim().is_empty() && (behind.is_empty() || behind.starts_with('#'));
        Some(if is_own_line {
            let end = line_end(text, last);
            let at = Location::new(place.file, Span::empty(last.end));
            Edit::replace(at, format!("{end}{indent}{setting}"))
        } else {
            Edit::replace(Location::new(place.file, Span::empty(anchor.end)), format!(" {setting}"))
        })
    }

    /// Words at the end of the line at `place`.
    pub(super) fn words(&self, place: Location, key: &str, setting: &str) -> Option<Edit> {
        let source = self.source(place.file);
        let span = source.line_span(source.position(place.span.start).line);
        let line = span.of(source.text());
        let parsed = haproxy::parse(place.file, line).tree;
        let [only] = parsed.lines.as_slice() else { return None };
        let texts = only.words.iter().map(|word| word.span.of(line));
        let has_room = only.words.len() + setting.split(' ').count() <= MOST_WORDS;
        if only.is_broken
            || !parsed.templates.is_empty()
            || !has_room
            || texts.clone().any(|word| word == key)
        {
            return None;
        }
        let at = span.start + only.words.last()?.span.end;
        Some(Edit::replace(Location::new(place.file, Span::empty(at)), format!(" {setting}")))
    }

    /// Whether a crt-list on the line of HAProxy at `bind` has versions that end below `floor`.
    pub(super) fn list_ends_below(&self, bind: Location, floor: Protocol) -> bool {
        let source = self.source(bind.file);
        let line = source.line_text(source.position(bind.span.start).line).to_owned();
        let mut words = line.split_whitespace().skip_while(|word| *word != "crt-list").skip(1);
        let Some(path) = words
            .next()
            .and_then(|word| self.files.deployed(Path::new(word), bind.file, Evidence::Directory))
        else {
            return false;
        };
        let Ok(list) = self.files.read(&path) else { return false };
        let found = *self.lists.borrow_mut().entry(list.id()).or_insert_with(|| Maximums::of(list.text()));
        found.forces || found.lowest.is_some_and(|lowest| lowest < floor)
    }

    /// A line behind the one at `place`, indented like it; `None` where its section has `key` already.
    pub(super) fn line(&self, place: Location, key: &str, setting: &str) -> Option<Edit> {
        let source = self.source(place.file);
        let number = source.position(place.span.start).line;
        let span = source.line_span(number);
        let line = span.of(source.text());
        let is_head = |number: &u32| source.line_text(*number).trim_start().starts_with('[');
        let first = (1..=number).rev().find(is_head).unwrap_or(1);
        let end = (number + 1..=source.line_count()).find(is_head).unwrap_or(source.line_count() + 1);
        let has_key = (first..end).any(|number| source.line_text(number).trim_start().starts_with(key));
        if has_key || line.ends_with('\\') || !template::templates(line).is_empty() {
            return None;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = line_end(source.text(), span);
        let at = Location::new(place.file, Span::empty(span.end));
        Some(Edit::replace(at, format!("{end}{indent}{setting}")))
    }
}

/// How the line that `line` covers ends; a last line without an end is given one as other lines have it.
fn line_end(text: &str, line: Span) -> &'static str {
    let rest = text.get(line.end as usize..).unwrap_or("");
    let rest = if rest.is_empty() { text } else { rest };
    if rest.find('\n').is_some_and(|at| rest[..at].ends_with('\r')) { "\r\n" } else { "\n" }
}

impl Maximums {
    fn of(list: &str) -> Self {
        let mut found = Self::default();
        let mut before = "";
        for word in list.split([' ', '\t', '\n', '[', ']']) {
            found.forces |= word.starts_with("force-");
            if let (true, Some(protocol)) = (before == "ssl-max-ver", Protocol::from_name(word)) {
                found.lowest = Some(found.lowest.map_or(protocol, |lowest| lowest.min(protocol)));
            }
            before = word;
        }
        found
    }
}

impl Blocks {
    /// The last directive that starts at or before byte `at`, and those around it, innermost first: whatever holds the byte is among
    /// them.
    fn around(&self, at: u32) -> impl Iterator<Item = DirectiveId> {
        let last = self.tree.starting_up_to(at);
        std::iter::successors(last, |id| self.tree.directive(*id).parent)
    }

    fn children(&self, block: Option<DirectiveId>) -> Children<'_> {
        block.map_or_else(|| self.tree.roots(), |block| self.tree.children(block))
    }

    fn names(&self, block: Option<DirectiveId>, text: &str) -> Rc<HashSet<String>> {
        let names = || {
            let names = self.children(block).filter_map(|id| self.tree.name(id));
            Rc::new(names.map(|name| name.value(text).into_owned()).collect())
        };
        Rc::clone(self.names.borrow_mut().entry(block).or_insert_with(names))
    }

    /// The innermost block around `place` that takes TLS settings (`None`: the file itself, which others include), and the directive
    /// in it that holds `place`. `None` where a template decides whether they are there, or a directive has no end.
    fn anchor(&self, place: Span, text: &str) -> Option<(Option<DirectiveId>, DirectiveId)> {
        let tree = &self.tree;
        let holds = |id: &DirectiveId| {
            let span = tree.directive(*id).span;
            place.start < span.end.max(span.start + 1)
        };
        let mut path: Vec<DirectiveId> = self.around(place.start).filter(holds).collect();
        path.reverse();
        if path.iter().any(|id| tree.is_conditional(*id) || !tree.directive(*id).terminated) {
            return None;
        }
        let is_block = |id: &DirectiveId| {
            let name = tree.name(*id).map(|name| name.value(text));
            tree.directive(*id).block.is_some() && name.is_some_and(|name| BLOCKS.contains(&name.as_ref()))
        };
        let (block, inside) = match path.iter().rposition(is_block) {
            Some(at) => (path.get(at).copied(), path.get(at + 1).copied()),
            // A file that blocks of others include.
            None => (None, path.first().copied()),
        };
        let first = match inside.and_then(|id| tree.name(id)).map(|name| name.value(text)) {
            Some(name) => self.first(block, name == "listen", text),
            None => self.children(block).next(),
        };
        let first = first.or(inside)?;
        let is_plain = !tree.is_conditional(first) && tree.directive(first).terminated;
        is_plain.then_some((block, first))
    }

    /// The first `listen` of a block, or the first directive that passes requests on: the same place for all endpoints of a block.
    fn first(&self, block: Option<DirectiveId>, listens: bool, text: &str) -> Option<DirectiveId> {
        let is_alike = |id: &DirectiveId| {
            let Some(name) = self.tree.name(*id).map(|name| name.value(text)) else { return false };
            if listens { name == "listen" } else { name == "if" || name.ends_with("_pass") }
        };
        let found = || self.children(block).find(is_alike);
        *self.first.borrow_mut().entry((block, listens)).or_insert_with(found)
    }
}
