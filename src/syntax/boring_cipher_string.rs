//! BoringSSL's and AWS-LC's cipher strings, with groups of equal preference: `[A|B]:C`.
//!
//! Unlike OpenSSL's, reading goes on right after a word even when it is unknown.
//!
//! Source: ssl_cipher_process_rulestr() in BoringSSL's ssl/ssl_cipher.cc.

use super::cipher_string::Operator;
use super::cursor::Cursor;
use crate::span::Span;
use nom::bytes::complete::{take_till, take_while1};
use nom::character::complete::{anychar, char};

/// What stands next in the string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// `[`: suites that are added from here on are preferred alike.
    GroupStart,
    /// `]`: the group is complete.
    GroupEnd,
    /// An item starts: its words come next.
    Item(Operator),
    /// A character other than words, `|` and `]` inside a group.
    UnexpectedInGroup,
}

/// A cipher string that is being read.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    strict: bool,
    in_group: bool,
}

impl<'a> Reader<'a> {
    /// Reads `text` from byte `start` on; spans count from the start of `text`.
    ///
    /// The strict parser separates items by colons only, the lenient one by commas, semicolons and spaces as well.
    pub fn new(text: &'a str, start: u32, strict: bool) -> Self {
        Self { cursor: Cursor::new(text, start), strict, in_group: false }
    }

    /// What stands next, and where it starts; `None` at the end.
    pub fn piece(&mut self) -> Option<(Piece, u32)> {
        loop {
            let start = self.offset();
            let next = self.cursor.rest().chars().next()?;
            if self.in_group {
                if next == '|' {
                    self.cursor.take(char('|'));
                    continue;
                }
                let piece = match next {
                    ']' => {
                        self.in_group = false;
                        self.cursor.take(char(']'));
                        Piece::GroupEnd
                    }
                    c if c.is_ascii_alphanumeric() => Piece::Item(Operator::Add),
                    _ => Piece::UnexpectedInGroup,
                };
                return Some((piece, start));
            }
            if is_separator(next, self.strict) {
                self.cursor.take(anychar);
                continue;
            }
            let piece = match next {
                '-' => Piece::Item(Operator::Remove),
                '+' => Piece::Item(Operator::Move),
                '!' => Piece::Item(Operator::Kill),
                '@' => Piece::Item(Operator::Special),
                '[' => {
                    self.in_group = true;
                    Piece::GroupStart
                }
                _ => return Some((Piece::Item(Operator::Add), start)),
            };
            self.cursor.take(anychar);
            return Some((piece, start));
        }
    }

    /// The next word, with its place; `None` where a character stands that no word is made of.
    pub fn word(&mut self) -> Option<(&'a str, Span)> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        self.cursor.take_with_span(take_while1(is_part))
    }

    /// Whether a `+` stands behind the word.
    pub fn before_conjunction(&self) -> bool {
        self.cursor.rest().starts_with('+')
    }

    /// Consumes a `+` between two words, both of which a suite has to match.
    pub fn conjunction(&mut self) -> bool {
        self.cursor.take(char('+')).is_some()
    }

    /// Skips to the next separator.
    pub fn skip_item(&mut self) {
        let strict = self.strict;
        self.cursor.take(take_till(move |c| is_separator(c, strict)));
    }

    /// Whether a group is open.
    pub fn in_group(&self) -> bool {
        self.in_group
    }

    /// The byte that is read next.
    pub fn offset(&self) -> u32 {
        self.cursor.offset()
    }

    /// The first character that is read next, as the span of a complaint about it.
    pub fn here(&self) -> Span {
        self.cursor.here()
    }
}

fn is_separator(c: char, strict: bool) -> bool {
    c == ':' || (!strict && matches!(c, ' ' | ';' | ','))
}
