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
use crate::syntax::template::templates;
use crate::syntax::{Parsed, SyntaxError};

/// How deep collections may nest, aliases followed: what Envoy's own reader of messages takes is 100.
pub const MAXIMUM_DEPTH: u32 = 250;

/// How many nodes a document may have once every alias is followed.
pub const MAXIMUM_EXPANDED: u64 = 20_000_000;

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
    let mut placeholders = template::variables(text);
    if templates.is_empty() {
        let mut parsed = events::parse(text, text);
        parsed.tree.margins.placeholders = placeholders;
        return parsed;
    }
    let masked = template::mask(text, &templates);
    let mut parsed = events::parse(text, &masked);
    placeholders.extend(templates.iter().map(|template| template.span));
    placeholders.sort_unstable();
    parsed.tree.margins.broken_by_placeholders = events::breaks(text);
    parsed.tree.margins.placeholders = placeholders;
    for error in &mut parsed.errors {
        error.fatal = false;
        error.help = Some("the text is a template; what it becomes is not known".to_owned());
    }
    parsed
}

/// The documents of a text in turn, each with the byte that it starts at.
pub fn documents(text: &str) -> impl Iterator<Item = (u32, Parsed<Tree<'_>>)> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let parsed = parse(text.get(start as usize..)?);
        let second = parsed.tree.margins.second_document;
        next = second.filter(|second| second.start > 0).map(|second| start + second.start);
        Some((start, parsed))
    })
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
