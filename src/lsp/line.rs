//! The line that the cursor is in, cut into what completion and hover ask for.

/// A word with its bytes in the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What a line is before the cursor.
#[derive(Clone, Debug)]
pub(super) struct Before<'t> {
    /// The line up to the cursor.
    pub(super) text: &'t str,
    /// Its first word, the directive or option.
    pub(super) key: &'t str,
}

/// Characters of the names of suites, protocols, groups, checks and policies.
fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '@')
}

/// The word around `offset`.
pub(super) fn word(text: &str, offset: usize) -> Option<Word<'_>> {
    let (before, behind) = (text.get(..offset)?, text.get(offset..)?);
    let start =
        offset - before.chars().rev().take_while(|one| is_name(*one)).map(char::len_utf8).sum::<usize>();
    let end = offset + behind.chars().take_while(|one| is_name(*one)).map(char::len_utf8).sum::<usize>();
    (start < end).then(|| Word { text: &text[start..end], start: start as u32, end: end as u32 })
}

/// The part of the line before `offset`.
pub(super) fn before(text: &str, offset: usize) -> Option<Before<'_>> {
    let upto = text.get(..offset)?;
    let start = upto.rfind(['\n', '\r', ';', '{']).map_or(0, |at| at + 1);
    let line_start = upto.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let statement = &upto[start..];
    let key = statement.trim_start().split([' ', '\t', ':', '=']).next().unwrap_or("");
    Some(Before { text: &upto[line_start..], key })
}
