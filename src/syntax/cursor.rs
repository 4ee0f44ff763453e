//! A place in a text that nom parsers move on, with spans that count from the text's start.

use crate::span::Span;
use nom::{IResult, Parser};

/// What is left of a text that is being read.
///
/// Like the C string that a library sees, the text ends before the first NUL byte.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Stands at byte `start` of `text`, or at its end where there is no such place.
    pub(super) fn new(text: &'a str, start: u32) -> Self {
        let text = text.split('\0').next().unwrap_or(text);
        Self { text, rest: text.get(start as usize..).unwrap_or("") }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// The byte that is read next.
    pub(super) const fn offset(&self) -> u32 {
        (self.text.len() - self.rest.len()) as u32
    }

    /// The first character that is read next, as the span of a complaint about it.
    pub(super) fn here(&self) -> Span {
        let length = self.rest.chars().next().map_or(0, char::len_utf8) as u32;
        Span::new(self.offset(), self.offset() + length)
    }

    /// Moves behind what `parser` takes; stays where it takes nothing.
    pub(super) fn take<T>(
        &mut self,
        mut parser: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
    ) -> Option<T> {
        let parsed: IResult<&str, T> = parser.parse(self.rest);
        let (rest, output) = parsed.ok()?;
        self.rest = rest;
        Some(output)
    }

    /// The same, with the place of what was taken.
    pub(super) fn take_with_span<T>(
        &mut self,
        parser: impl Parser<&'a str, Output = T, Error = nom::error::Error<&'a str>>,
    ) -> Option<(T, Span)> {
        let start = self.offset();
        let output = self.take(parser)?;
        Some((output, Span::new(start, self.offset())))
    }
}
