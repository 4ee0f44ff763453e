//! New entries in Envoy's YAML and JSON.

use crate::finding::Edit;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::syntax::yaml::{Node, parse};
use std::collections::{HashMap, HashSet};

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

/// What fixes ask of a file of Envoy's, found in one walk through its tree.
pub(super) struct Contexts {
    list: Vec<Context>,
    /// The context below every node around one; `None` where there are several.
    by_node: HashMap<Span, Option<usize>>,
    /// The mappings with bounds of protocol versions, each as names with their places and the places of their values.
    bounds: Vec<Vec<(String, Span, Span)>>,
    /// Where the keys of mappings start that have names of hosts already.
    naming: HashSet<u32>,
    /// The mapping that a value of one of them stands in.
    by_value: HashMap<Span, usize>,
    is_json: bool,
    /// How lines end.
    newline: &'static str,
}

/// The fields that bound protocol versions.
pub(super) const MINIMUM: &str = "tls_minimum_protocol_version";
/// See above.
pub(super) const MAXIMUM: &str = "tls_maximum_protocol_version";

/// The keys under which a validation context names hosts.
const NAMES: [&str; 2] = ["match_typed_subject_alt_names", "match_subject_alt_names"];

/// Where a TLS context takes new entries.
struct Context {
    own: Slot,
    /// Its `tls_params`.
    params: Option<Slot>,
    /// Whether a certificate has parameters of its own, which may contradict new ones.
    is_split: bool,
}

/// A mapping that takes new entries.
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
        let mut contexts = Self {
            list: Vec::new(),
            by_node: HashMap::new(),
            bounds: Vec::new(),
            naming: HashSet::new(),
            by_value: HashMap::new(),
            is_json: tree.margins.is_json,
            newline: if source.text().contains("\r\n") { "\r\n" } else { "\n" },
        };
        let mut open: Vec<(Node<'_>, usize)> = tree.root().into_iter().map(|root| (root, 0)).collect();
        let mut path: Vec<Span> = Vec::new();
        while let Some((node, depth)) = open.pop() {
            path.truncate(depth);
            path.push(node.span());
            contexts.note_context(node, &path);
            contexts.note_bounds(node);
            contexts.note_names(node);
            let children = node.entries().map(|(_, value)| value).chain(node.items());
            open.extend(children.filter(|child| !child.is_alias()).map(|child| (child, depth + 1)));
        }
        contexts
    }

    fn note_context(&mut self, node: Node<'_>, path: &[Span]) {
        let Some(own) = field(node, "common_tls_context") else { return };
        let params = field(own, "tls_params").map(Slot::of);
        let certificates = field(own, "tls_certificates").into_iter().flat_map(Node::items);
        let is_split = certificates.into_iter().any(|one| field(one, "tls_params").is_some());
        let index = self.list.len();
        self.list.push(Context { own: Slot::of(own), params, is_split });
        for around in path {
            self.by_node.entry(*around).and_modify(|known| *known = None).or_insert(Some(index));
        }
    }

    fn note_bounds(&mut self, node: Node<'_>) {
        let names = node.entries().filter_map(|(key, value)| Some((key.scalar()?.value, key, value)));
        let is_bound = |name: &str| means(name, MINIMUM) || means(name, MAXIMUM);
        if !names.clone().any(|(name, ..)| is_bound(name)) {
            return;
        }
        let bounds: Vec<_> =
            names.map(|(name, key, value)| (name.to_owned(), key.span(), value.span())).collect();
        for (_, _, value) in &bounds {
            self.by_value.insert(*value, self.bounds.len());
        }
        self.bounds.push(bounds);
    }

    /// Notes the keys beside names of hosts, whatever these are.
    fn note_names(&mut self, node: Node<'_>) {
        let keys = || node.entries().map(|(key, _)| key);
        if keys().any(|key| key.scalar().is_some_and(|key| NAMES.iter().any(|name| means(key.value, name)))) {
            self.naming.extend(keys().map(|key| key.span().start));
        }
    }

    /// Whether the mapping with this key has names of hosts already, and takes none beside them.
    pub(super) fn names_hosts(&self, key: Location) -> bool {
        self.naming.contains(&key.span.start)
    }

    /// What stands around the bound of protocol versions at `value`; `other` is a name to look for beside it.
    pub(super) fn around(&self, value: Span, other: &str) -> Option<Around> {
        let bounds = self.bounds.get(*self.by_value.get(&value)?)?;
        let (_, key, _) = bounds.iter().find(|(_, _, known)| *known == value)?;
        let other = bounds.iter().rfind(|(name, ..)| means(name, other)).map(|(_, _, value)| *value);
        Some(Around { key: *key, other })
    }

    /// The edit that gives the one TLS context below `party` these parameters; `None` where it has one, or there is no one context.
    pub(super) fn parameters(
        &self,
        party: Location,
        source: &Source,
        entries: Vec<(&str, New<'_>)>,
    ) -> Option<Edit> {
        let context = self.list.get((*self.by_node.get(&party.span)?)?)?;
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
            return self.before(Location::new(source.id(), key), source, entries);
        }
        let mut text = String::new();
        for (index, (name, value)) in entries.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            write_entry(name, value, self.is_json, &mut text);
        }
        let at = Location::new(source.id(), Span::empty(slot.map.start + 1));
        (slot.map.of(source.text()) == "{}").then(|| Edit::replace(at, text))
    }

    /// The edit that puts entries in front of the one whose key stands at `key`.
    pub(super) fn before(&self, key: Location, source: &Source, entries: &[(&str, New<'_>)]) -> Option<Edit> {
        let text = source.text();
        let line = source.line_span(source.position(key.span.start).line);
        let margin = Span::new(line.start, key.span.start).of(text);
        let quoted = key.span.of(text).starts_with(['"', '\'']);
        let before = text.get(..key.span.start as usize)?.trim_end();
        let is_flow = before.ends_with(['{', ',']);
        let end = self.newline;
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
}

/// The mapping with a certain value in it.
pub(super) struct Around {
    /// The name that the value stands under.
    pub(super) key: Span,
    /// The value under another name that was asked for.
    pub(super) other: Option<Span>,
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
