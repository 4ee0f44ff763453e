//! Text that people and programs may read safely, whoever wrote it.
//!
//! Names, paths, words and messages quote files that anybody may have written. A terminal is steered by control characters, a reader
//! deceived by marks that turn the direction of writing, and the runner of a pipeline takes lines such as `::stop-commands::` for
//! commands. [`printable`] makes one value fit for a line; [`Printable`] is what every byte passes on its way to a stream.

use std::borrow::Cow;
use std::io::{self, Write};

/// `text` on one line and with nothing in it that steers a terminal or turns the direction of writing.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|character| match character {
                '\n' | '\r' | '\t' => ' ',
                other if steers(other) => '\u{FFFD}',
                other => other,
            })
            .collect(),
    )
}

/// Whether a terminal would not simply draw the character: control characters, ends of line, marks of direction.
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61C}'
                | '\u{200E}'
                | '\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// Whether a byte is a character that nothing depends on once a line has begun: neither `#` nor `[`, which make commands together.
const fn is_harmless(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'#' && byte != b'['
}

/// What a stream holds, and so how a character is written that must not stand there as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Medium {
    /// Workflow commands, whose values the format escapes itself.
    Commands,
    /// JSON: as `\u202e`, which loses nothing.
    Json,
    /// Lines for people and compilers: as U+FFFD.
    Text,
    /// XML: as `&#x202E;`, which loses nothing.
    Xml,
}

/// A writer that lets nothing through that steers a terminal or a runner.
#[derive(Debug)]
pub struct Printable<W: Write> {
    inner: W,
    medium: Medium,
    /// The start of a character whose other bytes are yet to come.
    rest: Vec<u8>,
    /// What the line holds so far.
    line: Line,
    /// How many `#` were written last.
    hashes: usize,
}

/// What a line holds so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    /// Nothing but blanks.
    Blank,
    /// Blanks and one colon, which is held back.
    Colon,
    /// Something that no command begins with.
    Begun,
}

impl<W: Write> Printable<W> {
    /// A writer in front of `inner`.
    pub const fn new(inner: W, medium: Medium) -> Self {
        Self { inner, medium, rest: Vec::new(), line: Line::Blank, hashes: 0 }
    }

    /// The same stream for another medium from here on.
    pub const fn set(&mut self, medium: Medium) {
        self.medium = medium;
    }

    /// What is behind, for a format that passes a writer of its own.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn behind(&mut self) -> io::Result<&mut W> {
        self.release()?;
        Ok(&mut self.inner)
    }

    /// For `write!` where the trait is not at hand.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn write_fmt(&mut self, words: std::fmt::Arguments<'_>) -> io::Result<()> {
        Write::write_fmt(self, words)
    }

    /// Writes bytes where the trait is not at hand.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        Write::write_all(self, bytes)
    }

    /// Writes what was held back.
    fn release(&mut self) -> io::Result<()> {
        if !self.rest.is_empty() {
            self.rest.clear();
            self.inner.write_all("\u{FFFD}".as_bytes())?;
        }
        if self.line == Line::Colon {
            self.line = Line::Begun;
            self.inner.write_all(b":")?;
        }
        Ok(())
    }

    fn put(&mut self, text: &str, out: &mut String) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            // Most of a line needs no second look.
            let plain = if self.line == Line::Begun {
                rest.bytes().take_while(|byte| is_harmless(*byte)).count()
            } else {
                0
            };
            let (done, left) = rest.split_at(if plain > 0 { plain } else { character.len_utf8() });
            if plain > 0 {
                self.hashes = 0;
                out.push_str(done);
            } else {
                self.put_one(character, left.chars().next(), out);
            }
            rest = left;
        }
    }

    fn put_one(&mut self, character: char, next: Option<char>, out: &mut String) {
        use std::fmt::Write as _;
        if self.medium == Medium::Text {
            match (self.line, character) {
                (Line::Blank, ':') => {
                    self.line = Line::Colon;
                    return;
                }
                (Line::Colon, ':') => {
                    self.line = Line::Begun;
                    return out.push_str("\u{FFFD}:");
                }
                (Line::Colon, _) => out.push(':'),
                _ => {}
            }
        }
        self.line = match (self.line, character) {
            (_, '\n') => Line::Blank,
            (Line::Blank, blank) if blank.is_whitespace() => Line::Blank,
            _ => Line::Begun,
        };
        let hashes = self.hashes;
        self.hashes = if character == '#' { hashes + 1 } else { 0 };
        let is_command = character == '[' && hashes >= 2;
        let is_plain = matches!(character, '\n' | '\t') || (character == '\r' && next == Some('\n'));
        if !is_command && (is_plain || !steers(character)) {
            out.push(character);
            return;
        }
        let code = u32::from(character);
        let _ = match self.medium {
            Medium::Json => write!(out, "\\u{code:04x}"),
            Medium::Xml if character >= ' ' => write!(out, "&#x{code:X};"),
            _ => out.write_str(if is_command { " [" } else { "\u{FFFD}" }),
        };
    }
}

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut joined = std::mem::take(&mut self.rest);
        let mut left = buffer;
        if !joined.is_empty() {
            joined.extend_from_slice(buffer);
            left = joined.as_slice();
        }
        let mut out = String::with_capacity(left.len());
        loop {
            match std::str::from_utf8(left) {
                Ok(text) => {
                    self.put(text, &mut out);
                    break;
                }
                Err(error) => {
                    let (good, bad) = left.split_at(error.valid_up_to());
                    self.put(std::str::from_utf8(good).unwrap_or_default(), &mut out);
                    let Some(length) = error.error_len() else {
                        self.rest = bad.to_vec();
                        break;
                    };
                    self.put("\u{FFFD}", &mut out);
                    left = bad.get(length..).unwrap_or_default();
                }
            }
        }
        self.inner.write_all(out.as_bytes())?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.release()?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `text` becomes, written whole and byte by byte.
    #[track_caller]
    fn check(medium: Medium, text: &str, expected: &str) {
        for step in [1, 2, text.len().max(1)] {
            let mut out = Printable::new(Vec::new(), medium);
            for chunk in text.as_bytes().chunks(step) {
                out.write_all(chunk).unwrap();
            }
            out.flush().unwrap();
            assert_eq!(String::from_utf8(out.inner).unwrap(), expected, "{medium:?} in steps of {step}");
        }
    }

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{202e}d"), "a\u{FFFD}[31mb c\u{FFFD}d");
        assert!(matches!(printable("plain ü"), Cow::Borrowed(_)));
        check(Medium::Text, "a\u{1b}[31mü\u{202e}\u{85}b\tc\n", "a\u{FFFD}[31mü\u{FFFD}\u{FFFD}b\tc\n");
        check(Medium::Json, "[\"ü\u{202e}\u{7f}\"]\n", "[\"ü\\u202e\\u007f\"]\n");
        check(Medium::Xml, "<a>\u{2066}</a>", "<a>&#x2066;</a>");
    }

    #[test]
    fn no_line_is_a_command() {
        check(Medium::Text, "::error::x\n  ::y\na::b\n:c\n:", "\u{FFFD}:error::x\n  \u{FFFD}:y\na::b\n:c\n:");
        check(Medium::Text, "a ##[error]b # [c]", "a ## [error]b # [c]");
        check(Medium::Json, "\"##[x\"", "\"##\\u005bx\"");
        check(Medium::Xml, "##[x", "##&#x5B;x");
        check(Medium::Commands, "::error::x\n", "::error::x\n");
    }
}
