//! Loaded files: their text, and lines and columns for people.

use crate::span::{FileId, Span};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, RwLock};

/// The largest file that is read, in bytes: spans are `u32`, and a configuration of this size is an accident.
pub const MAXIMUM_BYTES: u64 = 128 << 20;

/// What stands in for a byte that is not UTF-8: one byte for one byte, so that every offset stays true.
const REPLACEMENT: u8 = 0x1A;

/// How many bytes are counted at once for columns, so that one place in a long line costs no more than in a short one.
const STRETCH: usize = 256;

/// One file of a run.
#[derive(Debug)]
pub struct Source {
    id: FileId,
    display: String,
    path: PathBuf,
    text: String,
    /// The bytes as they were read, where they are not UTF-8.
    original: Option<Vec<u8>>,
    invalid_utf8: Option<u32>,
    lines: OnceLock<Vec<u32>>,
    /// How many characters start before each stretch of [`STRETCH`] bytes; empty where every character is one byte.
    characters: OnceLock<Vec<u32>>,
}

/// A place as people count: both from 1, columns in Unicode code points.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
}

impl Source {
    /// Takes the bytes of `path`, printed as `display`.
    pub fn new(id: FileId, display: impl Into<String>, path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        let original = std::str::from_utf8(&bytes).is_err().then(|| bytes.clone());
        let (text, invalid_utf8) = decode(bytes);
        Self {
            id,
            display: display.into(),
            path: path.into(),
            text,
            original,
            invalid_utf8,
            lines: OnceLock::new(),
            characters: OnceLock::new(),
        }
    }

    /// The run's number for it.
    pub const fn id(&self) -> FileId {
        self.id
    }

    /// The path as outputs print it: relative to the working directory where it lies below, with `/`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The path that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text; bytes that are not UTF-8 have become U+001A, one for one.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes as they were read.
    pub fn bytes(&self) -> &[u8] {
        self.original.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// Offset of the first byte that is not UTF-8.
    pub const fn invalid_utf8(&self) -> Option<u32> {
        self.invalid_utf8
    }

    /// Line and column of a byte offset; past the end counts as the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = self.floor_boundary(offset);
        let line = self.lines().partition_point(|start| *start <= offset) as u32;
        let start = self.line_start(line);
        Position { line, column: 1 + self.characters_before(offset) - self.characters_before(start) }
    }

    /// The bytes of a line, counted from 1, without its end of line.
    pub fn line_span(&self, line: u32) -> Span {
        let start = self.line_start(line);
        let next = self.lines().get(line as usize).copied().unwrap_or(self.text.len() as u32);
        let text = &self.text[start as usize..next as usize];
        Span::new(start, start + text.trim_end_matches(['\n', '\r']).len() as u32)
    }

    /// The text of a line, counted from 1, without its end of line.
    pub fn line_text(&self, line: u32) -> &str {
        self.line_span(line).of(&self.text)
    }

    /// The number of lines; a final end of line starts no line of its own, an empty file has one.
    pub fn line_count(&self) -> u32 {
        let lines = self.lines();
        let ends_with_newline = lines.last().is_some_and(|last| *last as usize == self.text.len());
        (lines.len() - usize::from(ends_with_newline && lines.len() > 1)) as u32
    }

    fn line_start(&self, line: u32) -> u32 {
        self.lines().get(line.saturating_sub(1) as usize).copied().unwrap_or(self.text.len() as u32)
    }

    /// How many characters start before byte `offset`.
    fn characters_before(&self, offset: u32) -> u32 {
        let stretches = self.characters.get_or_init(|| {
            if self.text.is_ascii() {
                return Vec::new();
            }
            let counts = self.text.as_bytes().chunks(STRETCH).scan(0, |sum, stretch| {
                let before = *sum;
                *sum += count_characters(stretch);
                Some(before)
            });
            counts.collect()
        });
        let stretch = offset as usize / STRETCH;
        let Some(before) = stretches.get(stretch.min(stretches.len().saturating_sub(1))) else {
            return offset;
        };
        let from = stretch.min(stretches.len() - 1) * STRETCH;
        before + count_characters(&self.text.as_bytes()[from..offset as usize])
    }

    fn floor_boundary(&self, offset: u32) -> u32 {
        self.text.floor_char_boundary(offset as usize) as u32
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect()
        })
    }
}

/// How many characters start in `bytes`, which are a part of UTF-8 text.
fn count_characters(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32
}

/// Text of the same length, and where it first had to be replaced.
fn decode(bytes: Vec<u8>) -> (String, Option<u32>) {
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text, None),
        Err(error) => error.into_bytes(),
    };
    let mut first = None;
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(&bytes[at..]) {
        let start = at + error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |length| start + length);
        bytes[start..end].fill(REPLACEMENT);
        first.get_or_insert(start as u32);
        at = end;
    }
    (String::from_utf8(bytes).expect("every invalid byte was replaced"), first)
}

/// The files of a run, numbered as they are loaded.
#[derive(Debug, Default)]
pub struct Sources {
    files: RwLock<Vec<Arc<Source>>>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&self, display: impl Into<String>, path: impl Into<PathBuf>, bytes: Vec<u8>) -> Arc<Source> {
        let (display, path) = (display.into(), path.into());
        let mut files = self.files.write().expect("no writer panics");
        let source = Arc::new(Source::new(FileId(files.len() as u32), display, path, bytes));
        files.push(Arc::clone(&source));
        source
    }

    /// The file with this number.
    pub fn get(&self, id: FileId) -> Arc<Source> {
        let files = self.files.read().expect("no writer panics");
        Arc::clone(files.get(id.0 as usize).expect("file numbers come from this collection"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(bytes: &[u8]) -> Source {
        Source::new(FileId(0), "x", "x", bytes.to_vec())
    }

    #[test]
    fn columns_count_code_points() {
        let source = source("a\nüb c".as_bytes());
        assert_eq!(source.position(4), Position { line: 2, column: 2 });
        assert_eq!(
            source.position(3),
            Position { line: 2, column: 1 },
            "inside a character counts as its start"
        );
        assert_eq!(source.position(99), Position { line: 2, column: 5 });
    }

    #[test]
    fn columns_of_a_long_line_are_those_of_counting() {
        let text = format!("x\n{}", "aü€😀".repeat(400));
        let source = source(text.as_bytes());
        for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let line = text[..at].rsplit('\n').next().expect("there is one");
            assert_eq!(source.position(at as u32).column as usize, 1 + line.chars().count(), "byte {at}");
        }
    }

    #[test]
    fn lines_end_with_either_ending() {
        let source = source(b"one\r\ntwo\n");
        assert_eq!((source.line_text(1), source.line_text(2), source.line_text(3)), ("one", "two", ""));
        assert_eq!(source.line_count(), 2);
    }

    #[test]
    fn invalid_bytes_keep_every_offset() {
        let source = source(b"ab\xFF\xFEcd\xC3");
        assert_eq!(source.text(), "ab\u{1A}\u{1A}cd\u{1A}");
        assert_eq!(source.invalid_utf8(), Some(2));
        assert_eq!(source.bytes(), b"ab\xFF\xFEcd\xC3");
    }
}
