//! Words of expressions in template languages: names, literals and operators, each with its place.

use crate::span::Span;

/// A word of an expression.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Word {
    /// A name with its sigil, fields and methods excluded: `x`, `@x`, `.Values.tls`, `$x`.
    Name(String),
    Number(String),
    /// The characters between quotes, escapes resolved, and where they stand.
    Text(String, Span),
    /// An operator or bracket.
    Sign(&'static str),
}

/// Operators and brackets, longest first.
const SIGNS: [&str; 34] = [
    "===", "!==", "==", "!=", "<>", "<=", ">=", "&&", "||", ":=", "=>", "::", "(", ")", "[", "]", "{", "}",
    ",", "|", "!", "<", ">", "?", ":", "=", "+", "-", "*", "/", "%", "~", ";", "&",
];

/// The most words that an expression may have; a longer one is not understood.
const MOST_WORDS: usize = 256;

/// Splits `text`, which starts at byte `base` of its file, each word with the byte behind it; `None` where a word is none.
///
/// With `dots`, a dot is part of names (Go); without, it is a sign of its own.
pub(super) fn words(text: &str, base: u32, dots: bool) -> Option<Vec<(Word, usize, usize)>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next()?;
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (word, length) = word(rest, base + at as u32, dots)?;
        found.push((word, at, at + length));
        at += length;
        if found.len() > MOST_WORDS {
            return None;
        }
    }
    Some(found)
}

fn word(rest: &str, base: u32, dots: bool) -> Option<(Word, usize)> {
    let first = rest.chars().next()?;
    if let '"' | '\'' | '`' = first {
        let (value, length) = quoted(rest, first)?;
        let inside = Span::new(base + 1, base + length as u32 - 1);
        return Some((Word::Text(value, inside), length));
    }
    if first.is_ascii_digit() {
        let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        return Some((Word::Number(rest.get(..length)?.to_owned()), length));
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || (dots && c == '.');
    if first.is_alphabetic() || "_@$".contains(first) || (dots && first == '.') {
        let after = rest.trim_start_matches(['@', '$']);
        let sigil = rest.len() - after.len();
        let length = after.find(|c: char| !is_part(c)).unwrap_or(after.len());
        let questions = usize::from(
            after.get(length..)?.starts_with('?') && !dots && !after.get(length + 1..)?.starts_with(' '),
        );
        let length = sigil + length + questions;
        return (length > 0).then(|| (Word::Name(rest.get(..length).unwrap_or("").to_owned()), length));
    }
    if first == '.' {
        return Some((Word::Sign("."), 1));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
    Some((Word::Sign(sign), sign.len()))
}

/// A quoted text and its length with the quotes.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    // Ruby and JavaScript put values into such texts.
    let is_open =
        |value: &str| (quote == '"' && value.contains("#{")) || (quote == '`' && value.contains("${"));
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if quote != '`' => match characters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            _ if character == quote => return (!is_open(&value)).then_some((value, at + 1)),
            _ => value.push(character),
        }
    }
    None
}
