//! The tree: nodes in one array, children in another.

use super::Margins;
use crate::span::{FileId, Location, Span};
use crate::text::Text;

/// One document.
#[derive(Clone, Debug, Default)]
pub struct Tree<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Stored>,
    /// Items of sequences; name and value in turn of mappings.
    pub(super) children: Vec<u32>,
    /// Values that do not stand in the text as they are.
    pub(super) decoded: Vec<Box<str>>,
    pub(super) root: Option<u32>,
    /// What stands around the nodes.
    pub margins: Margins,
}

/// A node as it is kept: 20 bytes, since a config dump has millions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Alias {
        target: u32,
    },
    Decoded {
        index: u32,
        style: Style,
    },
    Mapping {
        first: u32,
        count: u32,
    },
    Sequence {
        first: u32,
        count: u32,
    },
    /// The value is the text inside the span, quotes taken off.
    Verbatim {
        style: Style,
    },
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// `|` or `>`.
    Block,
    /// Without quotes.
    Plain,
    /// In quotes of either kind.
    Quoted,
}

/// A node of a tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    stored: Stored,
}

/// What a node is, aliases followed.
#[derive(Clone)]
pub enum Shape<'t> {
    /// Names and values.
    Mapping(Entries<'t>),
    /// Items.
    Sequence(Items<'t>),
    /// A single value.
    Scalar(Scalar<'t>),
}

/// The value of a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scalar<'t> {
    /// The value, quotes and escapes taken off.
    pub value: &'t str,
    /// How it is written.
    pub style: Style,
}

/// The names and values of a mapping, in order.
#[derive(Clone)]
pub struct Entries<'t> {
    tree: &'t Tree<'t>,
    children: &'t [u32],
}

/// The items of a sequence, in order.
#[derive(Clone)]
pub struct Items<'t> {
    tree: &'t Tree<'t>,
    children: &'t [u32],
}

impl<'t> Tree<'t> {
    /// Whether nothing stands before `span` in its line.
    fn stands_alone(&self, span: Span) -> bool {
        let before = Span::new(0, span.start).of(self.text).trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with('\n')
    }

    /// The document's node; `None` for an empty text.
    pub fn root(&'t self) -> Option<Node<'t>> {
        self.root.and_then(|root| self.node(root))
    }

    fn node(&'t self, id: u32) -> Option<Node<'t>> {
        self.nodes.get(id as usize).map(|stored| Node { tree: self, stored: *stored })
    }
}

impl<'t> Node<'t> {
    /// The bytes of the node, quotes included; for an alias those of the `*name`.
    pub fn span(self) -> Span {
        self.stored.span
    }

    /// The bytes of the value, quotes not included.
    pub fn inner_span(self) -> Span {
        match self.target().stored {
            Stored {
                span,
                kind: Kind::Verbatim { style: Style::Quoted } | Kind::Decoded { style: Style::Quoted, .. },
            } if span.len() >= 2 => Span::new(span.start + 1, span.end - 1),
            stored => stored.span,
        }
    }

    /// The node that an alias stands for, else the node itself.
    #[must_use]
    pub fn target(self) -> Self {
        match self.stored.kind {
            Kind::Alias { target } => self.tree.node(target).unwrap_or(self),
            _ => self,
        }
    }

    /// Whether the node is an alias.
    pub fn is_alias(self) -> bool {
        matches!(self.stored.kind, Kind::Alias { .. })
    }

    /// What the node is.
    pub fn shape(self) -> Shape<'t> {
        let tree = self.tree;
        let slice = |first: u32, count: u32| {
            tree.children.get(first as usize..(first + count) as usize).unwrap_or(&[])
        };
        match self.target().stored {
            Stored { kind: Kind::Mapping { first, count }, .. } => {
                Shape::Mapping(Entries { tree, children: slice(first, count) })
            }
            Stored { kind: Kind::Sequence { first, count }, .. } => {
                Shape::Sequence(Items { tree, children: slice(first, count) })
            }
            Stored { kind: Kind::Decoded { index, style }, .. } => {
                let value = tree.decoded.get(index as usize).map_or("", |value| value);
                Shape::Scalar(Scalar { value, style })
            }
            Stored { kind: Kind::Verbatim { style }, .. } => {
                Shape::Scalar(Scalar { value: self.inner_span().of(tree.text), style })
            }
            // An alias whose anchor does not exist, or to another alias.
            Stored { kind: Kind::Alias { .. }, .. } => {
                Shape::Scalar(Scalar { value: "", style: Style::Plain })
            }
        }
    }

    /// The value under a name of a mapping; where the name stands twice, the last.
    pub fn get(self, name: &str) -> Option<Self> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Name and value under a name of a mapping; where the name stands twice, the last.
    pub fn entry(self, name: &str) -> Option<(Self, Self)> {
        self.entries().rfind(|(key, _)| key.scalar().is_some_and(|key| key.value == name))
    }

    /// The entries of a mapping; none for other nodes.
    pub fn entries(self) -> Entries<'t> {
        match self.shape() {
            Shape::Mapping(entries) => entries,
            _ => Entries { tree: self.tree, children: &[] },
        }
    }

    /// The items of a sequence; none for other nodes.
    pub fn items(self) -> Items<'t> {
        match self.shape() {
            Shape::Sequence(items) => items,
            _ => Items { tree: self.tree, children: &[] },
        }
    }

    /// The value of a scalar; `None` for collections.
    pub fn scalar(self) -> Option<Scalar<'t>> {
        match self.shape() {
            Shape::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Whether the node is null, which Envoy takes for absent.
    pub fn is_null(self) -> bool {
        let plain = self.scalar().filter(|scalar| scalar.style == Style::Plain);
        plain.is_some_and(|scalar| matches!(scalar.value, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether a placeholder of a template language touches the node.
    pub fn is_opaque(self) -> bool {
        let span = self.target().stored.span;
        let placeholders = &self.tree.margins.placeholders;
        let first = placeholders.partition_point(|placeholder| placeholder.end <= span.start);
        let touches = placeholders.get(first).is_some_and(|placeholder| placeholder.start < span.end);
        // One that stands behind the name of a collection prints entries of it.
        let is_collection = matches!(self.target().stored.kind, Kind::Mapping { .. } | Kind::Sequence { .. });
        let before = first.checked_sub(1).and_then(|last| placeholders.get(last)).filter(|_| is_collection);
        touches
            || before.is_some_and(|before| {
                let between = Span::new(before.end.min(span.start), span.start).of(self.tree.text);
                between.contains('\n') && between.trim().is_empty() && !self.tree.stands_alone(*before)
            })
    }

    /// Whether a placeholder may print entries of the collection: it stands where one could, not inside what an entry holds.
    pub fn may_gain_entries(self) -> bool {
        let span = self.target().stored.span;
        let placeholders = &self.tree.margins.placeholders;
        let first = placeholders.partition_point(|placeholder| placeholder.end <= span.start);
        let inside =
            || placeholders.iter().skip(first).take_while(|placeholder| placeholder.start < span.end);
        let is_loose = |placeholder: &Span| {
            let before = self.tree.text.get(..placeholder.start as usize).unwrap_or("");
            let before = before.trim_end_matches([' ', '\t']);
            before.is_empty() || before.ends_with(['\n', '{', ',', '}', '>'])
        };
        self.is_opaque() && (inside().next().is_none() || inside().any(is_loose))
    }

    /// The value of a scalar with the place of every byte; empty for collections.
    pub fn text(self, file: FileId) -> Text {
        let Some(scalar) = self.scalar() else { return Text::default() };
        let inner = self.inner_span();
        match self.target().stored.kind {
            Kind::Verbatim { .. } => Text::verbatim(scalar.value, file, inner.start),
            _ => aligned(scalar.value, self.tree.text, inner, file),
        }
    }
}

/// Finds for each character of a decoded value the bytes that it stands for.
fn aligned(value: &str, source: &str, span: Span, file: FileId) -> Text {
    let mut text = Text::default();
    let mut rest = span.of(source);
    let place = |rest: &str, length: usize| {
        let start = span.end - rest.len() as u32;
        Location::new(file, Span::new(start, start + length as u32))
    };
    for character in value.chars() {
        if !character.is_whitespace() {
            rest = rest.trim_start_matches([' ', '\n', '\r', '\t']);
        }
        let here = rest.chars().next();
        let length = if here == Some('\\') {
            escape_length(rest)
        } else if character.is_whitespace() && here != Some(character) {
            rest.len() - rest.trim_start().len()
        } else if character == '\'' && rest.starts_with("''") {
            2
        } else if here == Some(character) {
            text.push_verbatim(character.encode_utf8(&mut [0; 4]), file, place(rest, 0).span.start);
            rest = rest.get(character.len_utf8()..).unwrap_or("");
            continue;
        } else {
            0
        };
        text.push_replaced(character.encode_utf8(&mut [0; 4]), place(rest, length.min(rest.len())));
        rest = rest.get(length..).unwrap_or("");
    }
    if value.is_empty() {
        text.push_replaced("", Location::new(file, Span::empty(span.start)));
    }
    text
}

/// The bytes of an escape in double quotes.
fn escape_length(text: &str) -> usize {
    let next = text.get(1..).and_then(|rest| rest.chars().next());
    let digits = match next {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => 0,
    };
    (1 + next.map_or(0, char::len_utf8) + digits).min(text.len())
}

impl<'t> Iterator for Entries<'t> {
    type Item = (Node<'t>, Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let [name, value, rest @ ..] = self.children else { return None };
        self.children = rest;
        Some((self.tree.node(*name)?, self.tree.node(*value)?))
    }
}

impl DoubleEndedIterator for Entries<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let [rest @ .., name, value] = self.children else { return None };
        self.children = rest;
        Some((self.tree.node(*name)?, self.tree.node(*value)?))
    }
}

impl<'t> Iterator for Items<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        let [item, rest @ ..] = self.children else { return None };
        self.children = rest;
        self.tree.node(*item)
    }
}

impl std::fmt::Debug for Node<'_> {
    /// The node in the notation of JSON, for tests.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.shape() {
            Shape::Scalar(Scalar { value, style: Style::Plain }) => f.write_str(value),
            Shape::Scalar(Scalar { value, .. }) => write!(f, "{value:?}"),
            Shape::Sequence(items) => f.debug_list().entries(items).finish(),
            Shape::Mapping(entries) => f.debug_map().entries(entries).finish(),
        }
    }
}
