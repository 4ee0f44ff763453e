//! YAML and JSON as Envoy reads them, with the place of every byte.
//!
//! Envoy reads YAML with yaml-cpp and takes the first document alone; a name that stands twice in a mapping counts where it
//! stands last; merge keys are names like any other; words such as `on` are booleans (YAML 1.1). `source/common/protobuf/yaml_utility.cc`.

mod build;
mod events;
mod json;
mod template;
#[cfg(test)]
mod tests;
mod tree;

pub use tree::{Entries, Items, Node, Scalar, Shape, Style, Tree};

use crate::span::Span;
use crate::syntax::template::{Template, templates};
use crate::syntax::{Parsed, SyntaxError};
use std::borrow::Cow;

/// How deep collections may nest, aliases followed: what Envoy's own reader of messages takes is 100.
pub const MAXIMUM_DEPTH: u32 = 250;

/// How many nodes a document of so many bytes may have once every alias is followed: all that it could have without aliases, and some.
pub const fn maximum_expanded(bytes: usize) -> u64 {
    500_000 + 4 * bytes as u64
}

/// What stands in a text besides its first document's nodes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Margins {
    /// Comments from their `#` to the end of their line.
    pub comments: Vec<Span>,
    /// Where a second document starts, which Envoy never reads.
    pub second_document: Option<Span>,
    /// Placeholders of a template language; values that they touch are not known.
    pub placeholders: Vec<Span>,
    /// Whether the text as it stands, placeholders and all, is no YAML.
    pub broken_by_placeholders: bool,
    /// Names that stand twice in one mapping: the one that is passed over, then the one that counts.
    pub repeated: Vec<(Span, Span)>,
    /// Whether the text is JSON.
    pub is_json: bool,
}

/// Reads a text: JSON where it is JSON, else YAML.
///
/// Never fails: up to the first error the tree holds what was read. Placeholders (`{{ x }}`, `{% if %}`, `<%= x %>`, `${X}`) are
/// taken for opaque values.
pub fn parse(text: &str) -> Parsed<Tree<'_>> {
    if let Some(tree) = json::parse(text) {
        return Parsed { tree, errors: Vec::new() };
    }
    let templates = templates(text);
    let placeholders = placeholders(text, &templates);
    if templates.is_empty() {
        let mut parsed = events::parse(text, text);
        parsed.tree.margins.placeholders = placeholders;
        return parsed;
    }
    let masked = template::mask(text, &templates);
    let mut parsed = events::parse(text, &masked);
    parsed.tree.margins.broken_by_placeholders = events::breaks(text);
    parsed.tree.margins.placeholders = placeholders;
    excuse(&mut parsed.errors);
    parsed
}

/// Reads a text that is YAML or JSON as it stands, placeholders being ordinary text; as [`parse`] does where it is none.
pub fn parse_as_it_stands(text: &str) -> Parsed<Tree<'_>> {
    if let Some(tree) = json::parse(text) {
        return Parsed { tree, errors: Vec::new() };
    }
    let parsed = events::parse(text, text);
    if parsed.errors.is_empty() { parsed } else { parse(text) }
}

/// The documents of a text in turn, each with the byte that it starts at.
///
/// Placeholders are looked for once, however many documents there are: the first has all of the text's, others their own.
pub fn documents(text: &str) -> impl Iterator<Item = (u32, Parsed<Tree<'_>>)> {
    let mut next = Some(0);
    let mut masked: Option<Masked<'_>> = None;
    std::iter::from_fn(move || {
        let start = next?;
        let parsed = if start == 0 {
            parse(text)
        } else {
            masked.get_or_insert_with(|| Masked::of(text)).document(start)?
        };
        let second = parsed.tree.margins.second_document;
        next = second.filter(|second| second.start > 0).map(|second| start + second.start);
        Some((start, parsed))
    })
}

/// A text with its placeholders, for the documents behind the first.
struct Masked<'t> {
    text: &'t str,
    bare: Cow<'t, str>,
    placeholders: Vec<Span>,
    last_template: Option<u32>,
}

impl<'t> Masked<'t> {
    fn of(text: &'t str) -> Self {
        let templates = templates(text);
        let placeholders = placeholders(text, &templates);
        let bare = match templates.as_slice() {
            [] => text.into(),
            templates => template::mask(text, templates).into(),
        };
        Self { text, bare, placeholders, last_template: templates.last().map(|last| last.span.start) }
    }

    fn document(&self, start: u32) -> Option<Parsed<Tree<'t>>> {
        let text = self.text.get(start as usize..)?;
        if let Some(tree) = json::parse(text) {
            return Some(Parsed { tree, errors: Vec::new() });
        }
        let mut parsed = events::parse(text, self.bare.get(start as usize..)?);
        let end = parsed.tree.margins.second_document.map_or(u32::MAX, |second| start + second.start);
        let first = self.placeholders.partition_point(|placeholder| placeholder.start < start);
        let own = self.placeholders.iter().skip(first).take_while(|placeholder| placeholder.start < end);
        parsed.tree.margins.placeholders =
            own.map(|own| Span::new(own.start - start, own.end - start)).collect();
        if self.last_template.is_some_and(|last| last >= start) {
            excuse(&mut parsed.errors);
        }
        Some(parsed)
    }
}

/// Where placeholders stand, sorted; one in a line of comment prints comment.
fn placeholders(text: &str, templates: &[Template]) -> Vec<Span> {
    let tags = templates.iter().map(|template| template.span);
    let mut all: Vec<Span> = template::variables(text).into_iter().chain(tags).collect();
    all.retain(|span| {
        let before = text.get(..span.start as usize).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or(before);
        !line.trim_start().starts_with('#') || span.of(text).contains('\n')
    });
    all.sort_unstable();
    all
}

/// Errors in a template may be of its placeholders' making.
fn excuse(errors: &mut [SyntaxError]) {
    for error in errors {
        error.fatal = false;
        error.help = Some("the text is a template; what it becomes is not known".to_owned());
    }
}

/// Where collections of a text nest deeper than [`MAXIMUM_DEPTH`], for readers that take time by the depth.
pub fn too_deep(text: &str) -> Option<Span> {
    events::too_deep(text)
}

/// Whether protobuf's own reader of JSON takes a text that is no strict JSON: an object, with bare or single-quoted names and
/// trailing commas.
pub fn parse_json_as_protobuf(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('{') && text.ends_with('}') && {
        let parsed = events::parse(text, text);
        parsed.errors.is_empty() && parsed.tree.margins.comments.is_empty()
    }
}

/// An error that ends the reading at `at`.
fn error(at: Span, message: impl Into<String>) -> SyntaxError {
    SyntaxError::fatal(at, message)
}
