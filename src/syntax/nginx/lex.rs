//! Words, blanks and comments.

use super::template::{Templates, placeholders};
use super::tree::{Placeholders, Quote, Word};
use crate::span::Span;
use crate::syntax::template::{Template, TemplateKind};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::character::complete::{anychar, char};
use nom::combinator::{opt, recognize};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

/// Blank as nginx has it; other white space is part of words.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A run of blanks, which may be empty.
pub(super) fn blanks(input: &str) -> IResult<&str, &str> {
    take_while(is_blank).parse(input)
}

/// `#` to the end of the line; only where a word could begin.
pub(super) fn comment(input: &str) -> IResult<&str, &str> {
    recognize(preceded(char('#'), take_till(|c| c == '\n'))).parse(input)
}

/// The byte order mark of UTF-8.
pub(super) fn byte_order_mark(input: &str) -> IResult<&str, &str> {
    tag("\u{feff}").parse(input)
}

/// What reading one word came to.
pub(super) struct Read<'a> {
    pub(super) rest: &'a str,
    pub(super) word: Word,
    /// The templates that change how much of what follows is conditional.
    pub(super) kinds: Vec<TemplateKind>,
    /// Whether the closing quote is missing; the word then ends with its line.
    pub(super) unclosed: bool,
}

/// Reads the word that `input` begins with, at byte `start` of the file.
pub(super) fn word<'a>(input: &'a str, start: u32, templates: &Templates, lines_only: bool) -> Read<'a> {
    let quote = match input.as_bytes().first() {
        Some(b'"') => Some(Quote::Double),
        Some(b'\'') => Some(Quote::Single),
        _ => None,
    };
    let mut reading = Reading {
        templates,
        end: start + input.len() as u32,
        escaped: false,
        literal: false,
        kinds: Vec::new(),
    };
    let (rest, closed) = match quote {
        Some(quote) => reading.quoted(input, quote, lines_only),
        None => (reading.unquoted(input), true),
    };
    let Reading { escaped, literal, kinds, .. } = reading;
    let length = input.len() - rest.len();
    let span = Span::new(start, start + length as u32);
    let mut word = Word {
        span,
        quote: quote.filter(|_| closed),
        escaped,
        variables: false,
        placeholders: if literal { Placeholders::Some } else { Placeholders::All },
    };
    let inner = word.inner();
    let inner = Span::new(inner.start - start, inner.end - start).of(input);
    word.variables = inner.match_indices('$').any(|(at, _)| names_variable(inner, at));
    if kinds.is_empty() {
        word.placeholders = placeholders(inner);
    }
    Read { rest, word, kinds, unclosed: !closed }
}

fn names_variable(text: &str, dollar: usize) -> bool {
    text.get(dollar + 1..)
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '{'))
}

struct Reading<'t> {
    templates: &'t Templates,
    /// The offset of the end of the file.
    end: u32,
    escaped: bool,
    /// Whether anything but templates was met.
    literal: bool,
    kinds: Vec<TemplateKind>,
}

impl Reading<'_> {
    /// A word without quotes: up to a blank, `;` or `{`, with `\` taking the next character along.
    ///
    /// A `{` that follows a `$` opens no block. A template's statement at the end is not part of the word.
    fn unquoted<'a>(&mut self, input: &'a str) -> &'a str {
        let mut rest = input;
        loop {
            if let Some(template) = self.template(rest) {
                let after = rest.get(template.span.len() as usize..).unwrap_or("");
                let ends = after.starts_with(|c| is_blank(c) || c == ';') || after.is_empty();
                if ends && template.kind != TemplateKind::Output {
                    return rest;
                }
                self.kinds.push(template.kind);
                rest = after;
                continue;
            }
            let Ok((next, piece)) = alt((plain, escape, tag("$"), tag("<"))).parse(rest) else { return rest };
            self.escaped |= piece.starts_with('\\');
            self.literal = true;
            rest = next;
            if piece == "$" && self.template(rest).is_none() {
                rest = rest.trim_start_matches('{');
            }
        }
    }

    /// A word in quotes, and whether the closing quote is there.
    fn quoted<'a>(&mut self, input: &'a str, quote: Quote, lines_only: bool) -> (&'a str, bool) {
        let mark = match quote {
            Quote::Double => '"',
            Quote::Single => '\'',
        };
        let special = move |c: char| c == mark || matches!(c, '\\' | '{' | '<') || (lines_only && c == '\n');
        let mut rest = input.get(1..).unwrap_or("");
        let mut line_end = None;
        loop {
            if let Some(template) = self.template(rest) {
                self.kinds.push(template.kind);
                rest = rest.get(template.span.len() as usize..).unwrap_or("");
                continue;
            }
            let (next, text) =
                take_till::<_, _, nom::error::Error<&str>>(special).parse(rest).unwrap_or((rest, ""));
            self.literal |= !text.is_empty();
            if line_end.is_none() {
                line_end = text.find('\n').and_then(|at| rest.get(at..));
            }
            rest = match next.chars().next() {
                Some(c) if c == mark => return (next.get(1..).unwrap_or(""), true),
                Some('\\') => {
                    self.escaped = true;
                    escape(next).map_or("", |(after, _)| after)
                }
                Some('{' | '<') if text.is_empty() => {
                    self.literal = true;
                    next.get(1..).unwrap_or("")
                }
                Some('{' | '<') => next,
                _ => return (line_end.unwrap_or(next), false),
            };
        }
    }

    /// The template that `rest` begins with.
    fn template(&self, rest: &str) -> Option<Template> {
        if !rest.starts_with(['{', '<']) {
            return None;
        }
        self.templates.at(self.end - rest.len() as u32)
    }
}

fn plain(input: &str) -> IResult<&str, &str> {
    take_while1(|c| !is_blank(c) && !matches!(c, ';' | '{' | '\\' | '$' | '<')).parse(input)
}

/// A backslash and what it takes the meaning from.
fn escape(input: &str) -> IResult<&str, &str> {
    recognize(pair(char('\\'), opt(anychar))).parse(input)
}
