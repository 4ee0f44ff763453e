//! What the parser makes of a file: directives in the order of the text, in one flat list.

use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::borrow::Cow;
use std::ops::Range;

/// A file's directives.
///
/// They stand in the order of the text, each followed by those of its block, so that ten thousand nested blocks
/// are a list like any other: nothing walks, or is dropped, by recursion. Words are spans; their values are taken
/// from the file's text when they are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    pub(super) directives: Vec<Directive>,
    pub(super) words: Vec<Word>,
    pub(super) comments: Vec<Span>,
    pub(super) templated: bool,
}

/// A directive's place in its tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DirectiveId(pub u32);

/// A name, its arguments and, for some, a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The words, the name first; never empty, but for a `{` that nothing stands before.
    pub(super) words: Range<u32>,
    /// The braces and what is between them.
    pub block: Option<Block>,
    /// From the name's first byte to the `;` or `}` that ends the directive, inclusive.
    pub span: Span,
    /// The directive in whose block this one stands.
    pub parent: Option<DirectiveId>,
    /// One past the last directive of the block.
    pub(super) end: u32,
    /// The branch of a template statement (`{% if … %}` and the like) that the directive stands in; 0 outside all.
    pub(super) branch: u32,
    /// Whether a template statement stands among the words, so that some of them may not be there.
    pub conditional_words: bool,
    /// Whether `;` or a block ends the directive; `false` for a placeholder on a line of its own, and after an error.
    pub terminated: bool,
}

/// The braces of a directive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// From `{` to `}`, both inclusive; to the end of the file where `}` is missing.
    pub span: Span,
    /// Whether the body is Lua, which this tree holds no directives for.
    pub raw: bool,
    /// Whether the closing brace is there.
    pub closed: bool,
}

/// The quotes around a word; the two mean the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quote {
    /// `"…"`
    Double,
    /// `'…'`
    Single,
}

/// One word of a directive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word {
    /// The bytes, quotes included.
    pub span: Span,
    /// The quotes, where there are some.
    pub quote: Option<Quote>,
    /// Whether a backslash stands in it.
    pub escaped: bool,
    /// Whether `$name` or `${name}` stands in it. Few directives give that a meaning.
    pub variables: bool,
    /// How much of it is placeholders.
    pub placeholders: Placeholders,
}

/// How much of a word a template engine, a shell or an author has still to fill in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placeholders {
    /// The word consists of them: nothing of the value is known.
    All,
    /// It is as it stands.
    None,
    /// There are some in it.
    Some,
}

impl Tree {
    /// The directives that stand in no block.
    pub fn roots(&self) -> Children<'_> {
        Children { tree: self, next: 0, end: self.directives.len() as u32 }
    }

    /// The directives of a block, without those of the blocks inside it.
    pub fn children(&self, id: DirectiveId) -> Children<'_> {
        Children { tree: self, next: id.0 + 1, end: self.directive(id).end }
    }

    /// One directive.
    ///
    /// # Panics
    /// Where `id` is another tree's.
    pub fn directive(&self, id: DirectiveId) -> &Directive {
        self.directives.get(id.0 as usize).expect("directive ids come from the same tree")
    }

    /// The last directive that starts at or before byte `at`.
    pub fn starting_up_to(&self, at: u32) -> Option<DirectiveId> {
        let behind = self.directives.partition_point(|directive| directive.span.start <= at);
        behind.checked_sub(1).map(|last| DirectiveId(last as u32))
    }

    /// Every directive with its place, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (DirectiveId, &Directive)> {
        (0..).map(DirectiveId).zip(&self.directives)
    }

    /// Whether a template statement decides if the directive is there, given that the block around it is.
    pub fn is_conditional(&self, id: DirectiveId) -> bool {
        let directive = self.directive(id);
        directive.branch != directive.parent.map_or(0, |parent| self.directive(parent).branch)
    }

    /// The directive's name; `None` for a `{` that nothing stands before.
    pub fn name(&self, id: DirectiveId) -> Option<&Word> {
        self.words(id).first()
    }

    /// The words after the name.
    pub fn arguments(&self, id: DirectiveId) -> &[Word] {
        self.words(id).get(1..).unwrap_or(&[])
    }

    fn words(&self, id: DirectiveId) -> &[Word] {
        let range = &self.directive(id).words;
        self.words.get(range.start as usize..range.end as usize).unwrap_or(&[])
    }

    /// Comments, from `#` to the end of the line, in the order of the text.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// Whether a template engine's placeholders or statements were met.
    pub fn is_templated(&self) -> bool {
        self.templated
    }
}

/// The directives of one block.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    tree: &'a Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = DirectiveId;

    fn next(&mut self) -> Option<DirectiveId> {
        if self.next >= self.end {
            return None;
        }
        let id = DirectiveId(self.next);
        self.next = self.tree.directive(id).end;
        Some(id)
    }
}

impl Word {
    /// Whether a placeholder stands in it: the value is not known.
    pub fn is_templated(&self) -> bool {
        self.placeholders != Placeholders::None
    }

    /// Whether it consists of placeholders and nothing else.
    pub fn is_opaque(&self) -> bool {
        self.placeholders == Placeholders::All
    }

    /// The bytes between the quotes.
    pub fn inner(&self) -> Span {
        match self.quote {
            Some(_) if self.span.len() >= 2 => Span::new(self.span.start + 1, self.span.end - 1),
            _ => self.span,
        }
    }

    /// The value in `source`, the text of the word's file: quotes taken off, escapes replaced.
    pub fn value<'a>(&self, source: &'a str) -> Cow<'a, str> {
        let inner = self.inner().of(source);
        if !self.escaped {
            return Cow::Borrowed(inner);
        }
        let mut value = String::with_capacity(inner.len());
        decode(inner, |part, _, _| value.push_str(part));
        Cow::Owned(value)
    }

    /// The value with the place of each of its bytes.
    pub fn text(&self, source: &str, file: FileId) -> Text {
        let inner = self.inner();
        if inner.is_empty() {
            return Text::replaced("", Location::new(file, self.span));
        }
        if !self.escaped {
            return Text::verbatim(inner.of(source), file, inner.start);
        }
        let mut text = Text::default();
        decode(inner.of(source), |part, at, length| {
            let start = inner.start + at;
            if part.len() as u32 == length {
                text.push_verbatim(part, file, start);
            } else {
                text.push_replaced(part, Location::new(file, Span::new(start, start + length)));
            }
        });
        text
    }
}

/// Hands out the parts of a word: what each means, where it starts and how many bytes it was written with.
///
/// `\"`, `\'`, `\\`, `\t`, `\r` and `\n` are replaced; every other backslash stays (`ngx_conf_read_token`).
fn decode<'a>(inner: &'a str, mut part: impl FnMut(&'a str, u32, u32)) {
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = inner.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let replacement = match inner.as_bytes().get(at + 1) {
            Some(b'"') => "\"",
            Some(b'\'') => "'",
            Some(b'\\') => "\\",
            Some(b't') => "\t",
            Some(b'r') => "\r",
            Some(b'n') => "\n",
            _ => {
                at += 1;
                continue;
            }
        };
        if let Some(plain) = inner.get(from..at).filter(|plain| !plain.is_empty()) {
            part(plain, from as u32, plain.len() as u32);
        }
        part(replacement, at as u32, 2);
        at += 2;
        from = at;
    }
    if let Some(plain) = inner.get(from..).filter(|plain| !plain.is_empty()) {
        part(plain, from as u32, plain.len() as u32);
    }
}
