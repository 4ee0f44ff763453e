//! New entries in Envoy's YAML and JSON.

use crate::finding::Edit;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::syntax::yaml::{Node, parse};
use std::collections::HashMap;

/// A value to write.
pub(super) enum New<'v> {
    /// Items.
    List(Vec<New<'v>>),
    /// Names and values.
    Map(Vec<(&'v str, New<'v>)>),
    /// A string.
    Scalar(&'v str),
}

impl New<'_> {
    /// In one line, which YAML and JSON read alike where names are in quotes.
    fn write(&self, quoted: bool, out: &mut String) {
        match self {
            Self::Scalar(text) => write_word(text, quoted, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    item.write(quoted, out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (index, (name, value)) in entries.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    write_entry(name, value, quoted, out);
                }
                out.push('}');
            }
        }
    }
}

/// The TLS contexts of a file, by the bytes of every node around them.
#[derive(Default)]
pub(super) struct Contexts {
    by_node: HashMap<Span, Vec<Context>>,
    is_json: bool,
}

/// Where a TLS context takes new entries.
#[derive(Clone)]
struct Context {
    own: Slot,
    /// Its `tls_params`.
    params: Option<Slot>,
    /// Whether a certificate has parameters of its own, which may contradict new ones.
    is_split: bool,
}

/// A mapping that takes new entries.
#[derive(Clone)]
struct Slot {
    map: Span,
    first_key: Option<Span>,
    names: Vec<String>,
    /// Whether an alias or a placeholder stands in its place, or in it.
    is_fixed: bool,
}

impl Slot {
    fn of(map: Node<'_>) -> Self {
        let first_key = map.entries().next().map(|(key, _)| key.span());
        let names = map.entries().filter_map(|(key, _)| Some(key.scalar()?.value.to_owned())).collect();
        Self { map: map.span(), first_key, names, is_fixed: map.is_alias() || map.is_opaque() }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| means(known, name))
    }
}

impl Contexts {
    /// Finds them all.
    pub(super) fn of(source: &Source) -> Self {
        let tree = parse(source.text()).tree;
        let mut contexts = Self { is_json: tree.margins.is_json, ..Self::default() };
        let mut open: Vec<(Node<'_>, usize)> = tree.root().into_iter().map(|root| (root, 0)).collect();
        let mut path: Vec<Span> = Vec::new();
        while let Some((node, depth)) = open.pop() {
            path.truncate(depth);
            path.push(node.span());
            if let Some(own) = field(node, "common_tls_context") {
                let params = field(own, "tls_params").map(Slot::of);
                let certificates = field(own, "tls_certificates").into_iter().flat_map(Node::items);
                let is_split = certificates.into_iter().any(|one| field(one, "tls_params").is_some());
                let context = Context { own: Slot::of(own), params, is_split };
                for around in &path {
                    contexts.by_node.entry(*around).or_default().push(context.clone());
                }
            }
            let children = node.entries().map(|(_, value)| value).chain(node.items());
            open.extend(children.filter(|child| !child.is_alias()).map(|child| (child, depth + 1)));
        }
        contexts
    }

    /// The edit that gives the one TLS context below `party` these parameters; `None` where it has one, or there is no one context.
    pub(super) fn parameters(
        &self,
        party: Location,
        source: &Source,
        entries: Vec<(&str, New<'_>)>,
    ) -> Option<Edit> {
        let [context] = self.by_node.get(&party.span)?.as_slice() else { return None };
        let has = |slot: &Slot| entries.iter().any(|(name, _)| slot.has(name));
        match &context.params {
            _ if context.own.is_fixed || context.is_split => None,
            Some(params) if params.is_fixed || has(params) => None,
            Some(params) => self.entries(params, source, &entries),
            None => self.entries(&context.own, source, &[("tls_params", New::Map(entries))]),
        }
    }

    fn entries(&self, slot: &Slot, source: &Source, entries: &[(&str, New<'_>)]) -> Option<Edit> {
        if let Some(key) = slot.first_key {
            return before(Location::new(source.id(), key), source, entries);
        }
        let mut text = String::new();
        for (index, (name, value)) in entries.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            write_entry(name, value, self.is_json, &mut text);
        }
        let at = Location::new(source.id(), Span::empty(slot.map.start + 1));
        (slot.map.of(source.text()) == "{}").then(|| Edit::replace(at, text))
    }
}

/// The edit that puts entries in front of the one whose key stands at `key`.
pub(super) fn before(key: Location, source: &Source, entries: &[(&str, New<'_>)]) -> Option<Edit> {
    let text = source.text();
    let line = source.line_span(source.position(key.span.start).line);
    let margin = Span::new(line.start, key.span.start).of(text);
    let quoted = key.span.of(text).starts_with(['"', '\'']);
    let before = text.get(..key.span.start as usize)?.trim_end();
    let is_flow = before.ends_with(['{', ',']);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if is_flow && margin.trim().is_empty() {
        format!(",{end}{margin}")
    } else if is_flow {
        ", ".to_owned()
    } else if margin.chars().all(|character| matches!(character, ' ' | '-')) {
        format!("{end}{}", " ".repeat(margin.len()))
    } else {
        return None;
    };
    let mut new = String::new();
    for (name, value) in entries {
        write_entry(name, value, quoted, &mut new);
        new.push_str(&gap);
    }
    Some(Edit::replace(Location::new(key.file, Span::empty(key.span.start)), new))
}

/// The mapping with a certain value in it.
pub(super) struct Around {
    /// The name that the value stands under.
    pub(super) key: Span,
    /// The value under another name that was asked for.
    pub(super) other: Option<Span>,
}

/// What stands around the value at `value`; `other` is a name to look for beside it.
pub(super) fn around(value: Span, source: &Source, other: &str) -> Option<Around> {
    let tree = parse(source.text()).tree;
    let mut open: Vec<Node<'_>> = tree.root().into_iter().collect();
    while let Some(node) = open.pop() {
        if let Some((key, _)) = node.entries().find(|(_, known)| known.span() == value) {
            return Some(Around { key: key.span(), other: field(node, other).map(Node::span) });
        }
        let children = node.entries().map(|(_, value)| value).chain(node.items());
        let holds = |child: &Node<'_>| child.span().start <= value.start && value.end <= child.span().end;
        open.extend(children.filter(|child| !child.is_alias()).filter(holds));
    }
    None
}

fn write_entry(name: &str, value: &New<'_>, quoted: bool, out: &mut String) {
    write_word(name, quoted, out);
    out.push_str(": ");
    value.write(quoted, out);
}

fn write_word(word: &str, quoted: bool, out: &mut String) {
    let mark = if quoted || !is_plain(word) { "\"" } else { "" };
    out.extend([mark, word, mark]);
}

/// Whether YAML reads a name of suites, groups or hosts as itself without quotes.
pub(super) fn is_plain(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// The value of a field in either of protobuf's spellings of its name.
fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.get(name).or_else(|| node.get(&camel_case(name)))
}

/// `tls_params` as `tlsParams`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or("").to_owned();
    words.fold(first, |out, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        out + &initial.to_ascii_uppercase() + rest
    })
}

/// Whether a key means the field `name`.
pub(super) fn means(key: &str, name: &str) -> bool {
    let key = key.trim_matches(['"', '\'']);
    key == name || key == camel_case(name)
}
