//! OpenSSL's cipher strings (ciphers(1)), item by item.
//!
//! Where an item ends depends on what the library makes of its words: after a word that it knows, reading goes on right there
//! (`HIGH!aNULL`), after one that it does not know, at the next separator (`FOO!AES:HIGH`). So the reader is driven by whoever knows the words.
//!
//! Source: ssl_cipher_process_rulestr() in ssl/ssl_ciph.c, OpenSSL 1.0.2 to 4.0.

use super::cursor::Cursor;
use crate::span::Span;
use nom::bytes::complete::{take_till, take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::opt;

/// What an item does with the suites that its words mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Operator {
    /// No sign: selects what is not selected yet.
    Add,
    /// `!`: removes for good.
    Kill,
    /// `+`: moves what is selected to the end.
    Move,
    /// `-`: removes; a later item may select it again.
    Remove,
    /// `@`: a command for the whole list.
    Special,
}

/// Which characters besides ASCII letters, digits, `-` and `.` make words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alphabet {
    /// `=`, as in `SECLEVEL=2`: since OpenSSL 1.1.0.
    pub equals_sign: bool,
    /// `_`, as in IANA names: since OpenSSL 3.2.
    pub underscore: bool,
}

impl Alphabet {
    fn holds(self, c: char) -> bool {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '.')
            || (self.equals_sign && c == '=')
            || (self.underscore && c == '_')
    }
}

/// A cipher string that is being read.
///
/// Like the C string that the library sees, it ends before the first NUL byte.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    alphabet: Alphabet,
}

impl<'a> Reader<'a> {
    /// Reads `text` from byte `start` on; spans count from the start of `text`.
    pub fn new(text: &'a str, start: u32, alphabet: Alphabet) -> Self {
        Self { cursor: Cursor::new(text, start), alphabet }
    }

    /// The next item's operator and where it starts; `None` at the end.
    ///
    /// Separators in front are skipped: colon, comma, semicolon and space, but no tab or line break.
    pub fn item(&mut self) -> Option<(Operator, u32)> {
        self.cursor.take(take_while(is_separator));
        let start = self.offset();
        if self.cursor.rest().is_empty() {
            return None;
        }
        let operator = match self.cursor.take(opt(one_of("-+!@"))).flatten() {
            Some('-') => Operator::Remove,
            Some('+') => Operator::Move,
            Some('!') => Operator::Kill,
            Some('@') => Operator::Special,
            _ => Operator::Add,
        };
        Some((operator, start))
    }

    /// The next word, with its place; `None` where a character stands that no word is made of.
    pub fn word(&mut self) -> Option<(&'a str, Span)> {
        let alphabet = self.alphabet;
        self.cursor.take_with_span(take_while1(move |c| alphabet.holds(c)))
    }

    /// Consumes a `+` between two words, both of which a suite has to match.
    pub fn conjunction(&mut self) -> bool {
        self.cursor.take(char('+')).is_some()
    }

    /// Gives up on the item: skips to the next separator.
    pub fn skip_item(&mut self) {
        self.cursor.take(take_till(is_separator));
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

fn is_separator(c: char) -> bool {
    matches!(c, ':' | ' ' | ';' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn sign(operator: Operator) -> &'static str {
        match operator {
            Operator::Add => "",
            Operator::Kill => "!",
            Operator::Move => "+",
            Operator::Remove => "-",
            Operator::Special => "@",
        }
    }

    /// Reads every item as if all words were known; `?` stands where the library would fail.
    fn items(text: &str) -> String {
        let mut reader = Reader::new(text, 0, Alphabet { equals_sign: true, underscore: false });
        let mut out = Vec::new();
        while let Some((operator, start)) = reader.item() {
            let mut item = format!("{start}{}", sign(operator));
            loop {
                let Some((word, _)) = reader.word() else {
                    return out.join(" ") + " ?" + &reader.offset().to_string();
                };
                item += word;
                if !reader.conjunction() {
                    break;
                }
                item += "&";
            }
            out.push(item);
        }
        out.join(" ")
    }

    #[test]
    fn a_known_word_needs_no_separator_behind_it() {
        assert_eq!(items("HIGH!aNULL@SECLEVEL=2"), "0HIGH 4!aNULL 10@SECLEVEL=2");
    }

    #[test]
    fn separators_may_repeat_and_a_tab_is_none() {
        assert_eq!(items(": ,;A;B "), "4A 6B");
        assert_eq!(items("A:\tB"), "0A ?2");
    }

    #[test]
    fn an_operator_without_a_word_fails() {
        assert_eq!(items("A:! B"), "0A ?3");
        assert_eq!(items("A+"), " ?2");
        assert_eq!(items("A++B"), " ?2");
    }

    #[test]
    fn terms_are_joined() {
        assert_eq!(items("-A+B+C:+D"), "0-A&B&C 7+D");
    }

    #[test]
    fn the_string_ends_at_a_nul() {
        assert_eq!(items("A\0:B"), "0A");
    }

    #[test]
    fn giving_up_ends_at_the_next_separator() {
        let mut reader = Reader::new("FOO!AES#é,B", 0, Alphabet { equals_sign: true, underscore: false });
        reader.item();
        reader.skip_item();
        assert_eq!(reader.item(), Some((Operator::Add, 11)));
    }
}
