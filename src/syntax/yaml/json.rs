//! JSON (RFC 8259), read without any state but a stack: config dumps are large.

use super::build::Builder;
use super::tree::{Style, Tree};
use crate::span::Span;
use std::borrow::Cow;

/// The tree of a text that is JSON from its first byte to its last; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Tree<'_>> {
    let bytes = text.as_bytes();
    let mut at = skip_blanks(bytes, if text.starts_with('\u{feff}') { 3 } else { 0 });
    if !matches!(bytes.get(at), Some(b'{' | b'[')) {
        return None;
    }
    let mut builder = Builder::new(text);
    builder.tree.nodes.reserve(text.len() / 24);
    // What may come next: a value or a name, or what follows one.
    let mut expects_item = true;
    let mut may_close = false;
    while !builder.is_complete() {
        at = skip_blanks(bytes, at);
        let byte = *bytes.get(at)?;
        let is_mapping = builder.innermost_is_mapping();
        match (byte, is_mapping) {
            (b'}', Some(true)) | (b']', Some(false)) if !expects_item || may_close => {
                at += 1;
                builder.end(at as u32).ok()?;
                (expects_item, may_close) = (false, false);
            }
            (b',', Some(_)) if !expects_item => {
                at += 1;
                (expects_item, may_close) = (true, false);
            }
            (_, Some(true)) if expects_item => {
                at = string(text, at, &mut builder)?;
                at = skip_blanks(bytes, at);
                if bytes.get(at) != Some(&b':') {
                    return None;
                }
                at = skip_blanks(bytes, at + 1);
                let (next, opened) = value(text, at, &mut builder)?;
                at = next;
                (expects_item, may_close) = (opened, opened);
            }
            (_, Some(false) | None) if expects_item => {
                let (next, opened) = value(text, at, &mut builder)?;
                at = next;
                (expects_item, may_close) = (opened, opened);
            }
            _ => return None,
        }
    }
    (skip_blanks(bytes, at) == bytes.len()).then(|| {
        builder.tree.margins.is_json = true;
        builder.tree.nodes.shrink_to_fit();
        builder.tree
    })
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// A value at `at`: where it ends, and whether it is a collection that was opened.
fn value(text: &str, at: usize, builder: &mut Builder<'_>) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    match bytes.get(at)? {
        opening @ (b'{' | b'[') => {
            let span = Span::new(at as u32, at as u32 + 1);
            builder.start(*opening == b'{', span, 0).ok()?;
            Some((at + 1, true))
        }
        b'"' => Some((string(text, at, builder)?, false)),
        _ => {
            let length = bytes
                .get(at..)?
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
                .count();
            let word = text.get(at..at + length)?;
            let is_number = || {
                let digits = word.strip_prefix('-').unwrap_or(word);
                digits.starts_with(|first: char| first.is_ascii_digit()) && word.parse::<f64>().is_ok()
            };
            if !matches!(word, "true" | "false" | "null") && !is_number() {
                return None;
            }
            let span = Span::new(at as u32, (at + length) as u32);
            builder.scalar(span, Style::Plain, Cow::Borrowed(word), 0).ok()?;
            Some((at + length, false))
        }
    }
}

/// A string at `at`: where it ends.
fn string(text: &str, at: usize, builder: &mut Builder<'_>) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut end = at + 1;
    let mut has_escapes = false;
    loop {
        match bytes.get(end)? {
            b'"' => break,
            b'\\' => {
                has_escapes = true;
                end += 2;
            }
            0..0x20 => return None,
            _ => end += 1,
        }
    }
    let written = text.get(at + 1..end)?;
    let value = if has_escapes { Cow::Owned(unescaped(written)?) } else { Cow::Borrowed(written) };
    builder.scalar(Span::new(at as u32, end as u32 + 1), Style::Quoted, value, 0).ok()?;
    Some(end + 1)
}

fn unescaped(written: &str) -> Option<String> {
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at)?);
        let escape = rest.get(at + 1..)?.chars().next()?;
        rest = rest.get(at + 2..)?;
        out.push(match escape {
            '"' | '\\' | '/' => escape,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = u16::from_str_radix(rest.get(..4)?, 16).ok()?;
                rest = rest.get(4..)?;
                let low = rest.get(..6).and_then(|low| low.strip_prefix("\\u"));
                let low = low.and_then(|low| u16::from_str_radix(low, 16).ok());
                let is_pair = (0xD800..0xDC00).contains(&unit)
                    && low.is_some_and(|low| (0xDC00..0xE000).contains(&low));
                if is_pair {
                    rest = rest.get(6..)?;
                }
                let units = [unit, low.filter(|_| is_pair).unwrap_or(0)];
                let units = units.get(..if is_pair { 2 } else { 1 })?;
                char::decode_utf16(units.iter().copied()).next()?.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        });
    }
    out.push_str(rest);
    Some(out)
}
