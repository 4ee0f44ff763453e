//! Text as a server sees it, each byte of which knows where it was written.

use crate::span::{FileId, Location, Span};
use std::fmt;

/// A decoded value: quotes taken off, escapes and variables replaced, list elements joined.
///
/// A finding about three bytes of a cipher string has to put its caret under three bytes of a file. The pieces say which:
/// each covers the value from its offset up to the next piece's.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text {
    value: String,
    pieces: Vec<Piece>,
}

/// A stretch of a value that has one origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Piece {
    /// Where the stretch starts in the value.
    at: u32,
    location: Location,
    /// Whether value bytes and file bytes are the same, one for one.
    verbatim: bool,
}

impl Text {
    /// A value that stands in the file as it is.
    pub fn verbatim(value: impl Into<String>, file: FileId, start: u32) -> Self {
        let mut text = Self::default();
        text.push_verbatim(&value.into(), file, start);
        text
    }

    /// A value all of whose bytes come from `location`, without a closer correspondence.
    pub fn replaced(value: impl Into<String>, location: Location) -> Self {
        let mut text = Self::default();
        text.push_replaced(&value.into(), location);
        text
    }

    /// A value that stands in no file of the run: a default, or a system-wide setting.
    pub fn unplaced(value: impl Into<String>) -> Self {
        Self { value: value.into(), pieces: Vec::new() }
    }

    /// Appends bytes that stand in the file from `start` on as they are.
    pub fn push_verbatim(&mut self, value: &str, file: FileId, start: u32) {
        let at = self.value.len() as u32;
        let span = Span::new(start, start + value.len() as u32);
        if let Some(last) = self.pieces.last_mut()
            && last.verbatim
            && last.location.file == file
            && last.location.span.end == start
        {
            last.location.span.end = span.end;
        } else {
            self.pieces.push(Piece { at, location: Location::new(file, span), verbatim: true });
        }
        self.value.push_str(value);
    }

    /// Appends what the bytes at `location` stand for: an escape, a variable, a separator between list elements.
    pub fn push_replaced(&mut self, value: &str, location: Location) {
        self.pieces.push(Piece { at: self.value.len() as u32, location, verbatim: false });
        self.value.push_str(value);
    }

    /// Appends another value, origins and all.
    pub fn push_text(&mut self, other: &Self) {
        let base = self.value.len() as u32;
        self.pieces.extend(other.pieces.iter().map(|piece| Piece { at: piece.at + base, ..*piece }));
        self.value.push_str(&other.value);
    }

    /// The same value, its places counted from `base` bytes earlier in their files.
    #[must_use]
    pub fn shift(mut self, base: u32) -> Self {
        for piece in &mut self.pieces {
            piece.location.span = piece.location.span.shift(base);
        }
        self
    }

    /// What it takes in memory, in bytes: the value, and its pieces' places.
    pub fn weight(&self) -> u64 {
        (self.value.len() + self.pieces.len() * size_of::<Piece>()) as u64
    }

    /// The same value, where bytes stand in a text that has places of its own led on to those: the texts by the numbers of their files.
    #[must_use]
    pub fn through<'t>(&self, of: &dyn Fn(FileId) -> Option<&'t Self>) -> Self {
        let mut out = Self::default();
        for (rank, piece) in self.pieces.iter().enumerate() {
            let end = self.pieces.get(rank + 1).map_or(self.value.len() as u32, |next| next.at);
            let value = Span::new(piece.at, end).of(&self.value);
            match (of(piece.location.file), piece.verbatim) {
                (None, true) => out.push_verbatim(value, piece.location.file, piece.location.span.start),
                (None, false) => out.push_replaced(value, piece.location),
                (Some(outer), true) => outer.push_part(piece.location.span, &mut out),
                (Some(outer), false) => match outer.locate(piece.location.span) {
                    Some(location) => out.push_replaced(value, location),
                    None => out.value.push_str(value),
                },
            }
        }
        if self.pieces.is_empty() {
            out.value.push_str(&self.value);
        }
        out
    }

    /// A range of the value, origins and all.
    #[must_use]
    pub fn part(&self, range: Span) -> Self {
        let mut out = Self::default();
        self.push_part(range, &mut out);
        out
    }

    /// Appends the range of the value to `out`, origins and all.
    fn push_part(&self, range: Span, out: &mut Self) {
        let first = self.pieces.partition_point(|piece| piece.at <= range.start).saturating_sub(1);
        for (rank, piece) in self.pieces.iter().enumerate().skip(first) {
            let end =
                self.pieces.get(rank + 1).map_or(self.value.len() as u32, |next| next.at).min(range.end);
            let start = piece.at.max(range.start);
            if start >= end {
                break;
            }
            let value = Span::new(start, end).of(&self.value);
            if piece.verbatim {
                out.push_verbatim(value, piece.location.file, piece.location.span.start + (start - piece.at));
            } else {
                out.push_replaced(value, piece.location);
            }
        }
    }

    /// The decoded value.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Where the whole value was written; `None` for an empty one that was never given an origin.
    pub fn location(&self) -> Option<Location> {
        self.locate(Span::new(0, self.value.len() as u32))
    }

    /// Where a range of the value was written.
    ///
    /// A range that begins in one file and ends in another is located by its first file's part.
    pub fn locate(&self, range: Span) -> Option<Location> {
        let first = self.pieces.partition_point(|piece| piece.at <= range.start).checked_sub(1)?;
        let piece = self.pieces.get(first)?;
        let start = piece.position(range.start);
        let last_byte = range.end.max(range.start + 1) - 1;
        let end = self
            .pieces
            .iter()
            .skip(first)
            .take_while(|next| next.at <= last_byte && next.location.file == piece.location.file)
            .last()
            .map_or(
                start.end,
                |next| if range.is_empty() { start.start } else { next.position(last_byte).end },
            );
        Some(Location::new(piece.location.file, Span::new(start.start, end.max(start.start))))
    }
}

impl Piece {
    /// The bytes of the file behind the value's byte at `offset`.
    fn position(&self, offset: u32) -> Span {
        if !self.verbatim {
            return self.location.span;
        }
        let start = (self.location.span.start + (offset - self.at)).min(self.location.span.end);
        Span::new(start, (start + 1).min(self.location.span.end))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.value)?;
        if let Some(location) = self.location() {
            write!(f, "@{location:?}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    #[test]
    fn a_verbatim_range_is_found_where_it_stands() {
        let text = Text::verbatim("HIGH:!aNULL", FILE, 100);
        assert_eq!(text.locate(Span::new(5, 11)), Some(Location::new(FILE, Span::new(105, 111))));
        assert_eq!(text.locate(Span::empty(11)), Some(Location::new(FILE, Span::empty(111))));
    }

    #[test]
    fn an_escape_shifts_what_follows_it() {
        // Written as `a\"b` at offset 10.
        let mut text = Text::verbatim("a", FILE, 10);
        text.push_replaced("\"", Location::new(FILE, Span::new(11, 13)));
        text.push_verbatim("b", FILE, 13);
        assert_eq!(text.as_str(), "a\"b");
        assert_eq!(text.locate(Span::new(1, 2)).unwrap().span, Span::new(11, 13));
        assert_eq!(text.locate(Span::new(2, 3)).unwrap().span, Span::new(13, 14));
        assert_eq!(text.location().unwrap().span, Span::new(10, 14));
    }

    #[test]
    fn a_text_of_a_text_is_led_on() {
        let inner = FileId(7);
        // The rendering holds "TLSv1.2", of which ".2" comes from elsewhere.
        let mut rendering = Text::verbatim("TLSv1", FILE, 40);
        rendering.push_verbatim(".2", FileId(1), 3);
        let value = Text::verbatim("v1.2", inner, 3);
        let led = value.through(&|file| (file == inner).then_some(&rendering));
        assert_eq!(led.as_str(), "v1.2");
        assert_eq!(led.locate(Span::new(0, 2)), Some(Location::new(FILE, Span::new(43, 45))));
        assert_eq!(led.locate(Span::new(2, 4)), Some(Location::new(FileId(1), Span::new(3, 5))));
    }

    #[test]
    fn joined_elements_keep_their_places() {
        let mut text = Text::verbatim("A", FILE, 5);
        text.push_replaced(":", Location::new(FILE, Span::new(6, 20)));
        text.push_text(&Text::verbatim("BC", FILE, 20));
        assert_eq!(text.locate(Span::new(2, 4)).unwrap().span, Span::new(20, 22));
        assert_eq!(text.locate(Span::new(3, 4)).unwrap().span, Span::new(21, 22));
    }
}
