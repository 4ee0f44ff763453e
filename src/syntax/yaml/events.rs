//! YAML through the events of granit-parser.

use super::build::Builder;
use super::error;
use super::tree::{Style, Tree};
use crate::span::Span;
use crate::syntax::{Parsed, SyntaxError};
use granit_parser::{Event, Options, Parser, ScalarStyle};

fn options() -> Options {
    granit_parser::options! {
        emit_unresolved_aliases: true,
        block_scalar_eof_without_line_feed: true,
        max_buffered_comment_events: 1 << 20,
        flow_nesting_limit: super::MAXIMUM_DEPTH as usize,
        block_nesting_limit: super::MAXIMUM_DEPTH as usize,
    }
}

/// Whether a text is no YAML.
pub(super) fn breaks(text: &str) -> bool {
    Parser::new_from_str_with_options(text, options()).any(|event| event.is_err())
}

/// Where collections nest deeper than is read.
pub(super) fn too_deep(text: &str) -> Option<Span> {
    let failure = Parser::new_from_str_with_options(text, options()).find_map(Result::err)?;
    let at = failure.marker().byte_offset().unwrap_or(0).min(text.len()) as u32;
    // What granit-parser says past its limits of nesting, and nowhere else; a test holds it.
    failure.info().contains("recursion limit").then(|| character_at(text, at))
}

/// Reads the first document of `masked`, which is `text` with placeholders blotted out byte for byte.
pub(super) fn parse<'t>(text: &'t str, masked: &str) -> Parsed<Tree<'t>> {
    let mut builder = Builder::new(text);
    let mut errors = Vec::new();
    for next in Parser::new_from_str_with_options(masked, options()) {
        let (event, place) = match next {
            Ok(next) => next,
            Err(failure) => {
                let at = failure.marker().byte_offset().unwrap_or(0).min(text.len()) as u32;
                errors.push(error(character_at(text, at), failure.info()));
                builder.abandon(at);
                break;
            }
        };
        let span = Span::new(
            place.start.byte_offset().unwrap_or(0) as u32,
            place.end.byte_offset().unwrap_or(0).max(place.start.byte_offset().unwrap_or(0)) as u32,
        );
        if let Err(failure) = take(&mut builder, event, span, masked, &mut errors) {
            errors.push(failure);
            builder.abandon(span.end);
            break;
        }
        if builder.tree.margins.second_document.is_some() {
            break;
        }
    }
    Parsed { tree: builder.tree, errors }
}

fn take(
    builder: &mut Builder<'_>,
    event: Event<'_>,
    span: Span,
    masked: &str,
    errors: &mut Vec<SyntaxError>,
) -> Result<(), SyntaxError> {
    match event {
        Event::Alias(anchor) => builder.alias(span, anchor)?,
        Event::Comment(..) => builder.tree.margins.comments.push(span),
        Event::DocumentStart(..) if builder.is_complete() => {
            builder.tree.margins.second_document = Some(span);
        }
        Event::MappingEnd | Event::SequenceEnd => builder.end(span.end)?,
        Event::MappingStart(_, anchor, _) => builder.start(true, span, anchor)?,
        Event::SequenceStart(_, anchor, _) => builder.start(false, span, anchor)?,
        Event::Scalar(value, style, anchor, tag) => {
            let is_ignored = tag.as_ref().is_some_and(|tag| tag.handle() == "!" && tag.suffix() == "ignore");
            // An empty value is announced as "~".
            let value = if span.is_empty() { "".into() } else { value };
            let style = match style {
                ScalarStyle::Plain if tag.as_ref().is_some_and(|tag| tag.suffix() == "str") => Style::Quoted,
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                _ => Style::Quoted,
            };
            if span.of(masked) == span.of(builder.tree.text) {
                builder.scalar(span, style, value, anchor)?;
            } else {
                // A placeholder is its own text.
                let written = span.of(builder.tree.text);
                let (style, value) = match style {
                    Style::Block => (Style::Block, without_indentation(written)),
                    Style::Plain | Style::Quoted => (Style::Plain, written.to_owned()),
                };
                builder.scalar(span, style, value.into(), anchor)?;
            }
            if is_ignored {
                builder.ignore_last();
            }
        }
        Event::UnresolvedAlias(name) => {
            errors.push(error(span, format!("the alias \"*{name}\" names no anchor")));
            builder.scalar(span, Style::Plain, String::new().into(), 0)?;
        }
        _ => {}
    }
    Ok(())
}

/// The lines of a block scalar, without the indentation of the first as far as they have it.
fn without_indentation(written: &str) -> String {
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = written.lines().find(|line| !line.trim().is_empty()).map_or(0, blanks);
    // The scalar itself starts behind the first line's indentation.
    let others = written.lines().skip(1).find(|line| !line.trim().is_empty()).map_or(first, blanks);
    let indentation = if first == 0 { others } else { first };
    let lines = written.split_inclusive('\n');
    lines.map(|line| line.get(blanks(line).min(indentation)..).unwrap_or("")).collect()
}

/// The character at an offset, for a caret of one character's width.
fn character_at(text: &str, at: u32) -> Span {
    let at = text.floor_char_boundary(at as usize);
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Span::new(at as u32, (at + length) as u32)
}
