//! Where a setting goes that nobody wrote, in each language: beside the endpoint that needs it.

use super::yaml::{Contexts, New};
use crate::endpoint::{Dialect, Endpoint};
use crate::files::{Evidence, FileTree};
use crate::finding::Edit;
use crate::protocol::Protocol;
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::syntax::nginx::{self, DirectiveId, Tree};
use crate::syntax::{haproxy, template};
use std::cell::RefCell;
use std::collections::HashMap;
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
    trees: RefCell<HashMap<FileId, Rc<Tree>>>,
    contexts: RefCell<HashMap<FileId, Rc<Contexts>>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(files: &'a dyn FileTree) -> Self {
        Self { files, trees: RefCell::default(), contexts: RefCell::default() }
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
        let tree = self.tree(place.file);
        let holds = |span: Span| span.start <= place.span.start && place.span.start < span.end;
        let (id, directive) = tree.iter().filter(|(_, directive)| holds(directive.span)).last()?;
        let is_plain = !directive.conditional_words && directive.terminated && directive.block.is_none();
        is_plain.then_some(())?;
        Some(Directive {
            name: tree.name(id)?.value(source.text()).into_owned(),
            arguments: tree.arguments(id).iter().map(|word| word.span).collect(),
            span: directive.span,
        })
    }

    fn tree(&self, file: FileId) -> Rc<Tree> {
        let mut trees = self.trees.borrow_mut();
        let read = || Rc::new(nginx::parse(self.source(file).text()).tree);
        Rc::clone(trees.entry(file).or_insert_with(read))
    }

    /// The edit that gives the TLS context of an Envoy endpoint parameters that it has not.
    pub(super) fn parameters(&self, endpoint: &Endpoint, entries: Vec<(&str, New<'_>)>) -> Option<Edit> {
        let file = endpoint.location.file;
        let source = self.source(file);
        let contexts = {
            let mut contexts = self.contexts.borrow_mut();
            Rc::clone(contexts.entry(file).or_insert_with(|| Rc::new(Contexts::of(&source))))
        };
        contexts.parameters(endpoint.location, &source, entries)
    }

    /// A directive behind the one at `place`, in the nearest block that takes it.
    fn directive(&self, place: Location, key: &str, setting: &str) -> Option<Edit> {
        let source = self.source(place.file);
        let text = source.text();
        let tree = self.tree(place.file);
        let (around, anchor) = anchor(&tree, place.span, text)?;
        let siblings =
            || around.map_or_else(|| tree.roots().collect(), |id| tree.children(id).collect::<Vec<_>>());
        let names = |id: DirectiveId| tree.name(id).is_some_and(|name| name.value(text) == key);
        if siblings().into_iter().any(names) {
            return None;
        }
        let anchor = tree.directive(anchor).span;
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
        let words: Vec<&str> = list.text().split([' ', '\t', '\n', '[', ']']).collect();
        let below = |name: &str| Protocol::from_name(name).is_some_and(|protocol| protocol < floor);
        words.iter().any(|word| word.starts_with("force-"))
            || words.windows(2).any(|pair| matches!(pair, ["ssl-max-ver", word] if below(word)))
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

/// The innermost block around `place` that takes TLS settings (`None`: the file itself, which others include), and the directive
/// in it that holds `place`. `None` where a template decides whether they are there, or a directive has no end.
fn anchor(tree: &Tree, place: Span, text: &str) -> Option<(Option<DirectiveId>, DirectiveId)> {
    let around = tree.iter().filter(|(_, directive)| {
        directive.span.start <= place.start && place.start < directive.span.end.max(directive.span.start + 1)
    });
    let path: Vec<DirectiveId> = around.map(|(id, _)| id).collect();
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
    let siblings = || block.map_or_else(|| tree.roots(), |block| tree.children(block));
    let name = |id: DirectiveId| tree.name(id).map(|name| name.value(text));
    // The same place for all endpoints of a block.
    let is_alike = |id: &DirectiveId| match inside.and_then(name).as_deref() {
        Some("listen") => name(*id).is_some_and(|name| name == "listen"),
        Some(_) => name(*id).is_some_and(|name| name == "if" || name.ends_with("_pass")),
        None => true,
    };
    let first = siblings().find(is_alike).or(inside)?;
    let is_plain = !tree.is_conditional(first) && tree.directive(first).terminated;
    is_plain.then_some((block, first))
}
