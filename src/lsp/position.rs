//! Places in a text, as editors count: lines and columns from 0, columns in bytes or in UTF-16 code units.

use crate::span::Span;
use lsp_types::{Position, PositionEncodingKind, Range};
use std::rc::Rc;

/// How columns are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In UTF-16 code units, which every client knows.
    Utf16,
}

impl Encoding {
    /// The first of a client's encodings that is known; UTF-16 where it names none.
    pub(super) fn chosen(offered: Option<&[PositionEncodingKind]>) -> Self {
        let is = |kind: &PositionEncodingKind| *kind == PositionEncodingKind::UTF8;
        if offered.is_some_and(|kinds| kinds.iter().any(is)) { Self::Utf8 } else { Self::Utf16 }
    }

    /// Its name in the protocol.
    pub(super) const fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, text: &str) -> u32 {
        match self {
            Self::Utf8 => text.len() as u32,
            Self::Utf16 => text.encode_utf16().count() as u32,
        }
    }
}

/// A text with the starts of its lines.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Rc<[usize]>,
    encoding: Encoding,
}

/// Where the lines of a text start. A line ends with any of the three ends of line (section "Text Documents" of the protocol).
pub(super) fn starts(text: &str) -> Rc<[usize]> {
    let bytes = text.as_bytes();
    let ends = |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect()
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        Self::of(text, starts(text), encoding)
    }

    /// The same, where the starts of the lines are known.
    pub(super) const fn of(text: &'t str, starts: Rc<[usize]>, encoding: Encoding) -> Self {
        Self { text, starts, encoding }
    }

    /// The place of a byte; what lies past the end, or inside a character, counts as before.
    pub(super) fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let column = self.encoding.width(&self.text[self.starts[line]..offset]);
        Position::new(line as u32, column)
    }

    /// The byte at a place; past the end of a line counts as its end, past the last line as the end of the text.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some(start) = self.starts.get(position.line as usize).copied() else { return self.text.len() };
        let end = self.starts.get(position.line as usize + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\n', '\r']);
        let mut column = 0;
        for (at, character) in line.char_indices() {
            let width = match self.encoding {
                Encoding::Utf8 => character.len_utf8(),
                Encoding::Utf16 => character.len_utf16(),
            };
            column += width as u32;
            if column > position.character {
                return start + at;
            }
        }
        start + line.len()
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.start), self.position(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_agreed() {
        let text = "a\r\nü😀x\rlast";
        let units = Lines::new(text, Encoding::Utf16);
        assert_eq!(units.position(9), Position::new(1, 3));
        assert_eq!(units.offset(Position::new(1, 3)), 9);
        assert_eq!(units.offset(Position::new(1, 2)), 5, "inside a pair counts as before it");
        let bytes = Lines::new(text, Encoding::Utf8);
        assert_eq!(bytes.position(9), Position::new(1, 6));
        assert_eq!(bytes.offset(Position::new(1, 6)), 9);
        assert_eq!(bytes.position(11), Position::new(2, 0));
    }

    #[test]
    fn places_outside_the_text_are_its_ends() {
        let lines = Lines::new("one\ntwo", Encoding::Utf16);
        assert_eq!(lines.offset(Position::new(0, 99)), 3);
        assert_eq!(lines.offset(Position::new(9, 0)), 7);
        assert_eq!(lines.position(99), Position::new(1, 3));
    }
}
