//! Words on lines of a width.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How many columns a terminal takes for `text`.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// How many columns a terminal takes for a character; a tab takes four here.
pub(crate) fn width_of(character: char) -> usize {
    if character == '\t' { 4 } else { character.width().unwrap_or(1) }
}

/// `prose` on lines of at most `columns`.
///
/// Lines end at blanks; within a longer word behind a `:` or a `,`, so that a list of suites goes over several lines and none of its names
/// is broken. What is longer still has a line of its own.
pub(crate) fn wrap(prose: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in prose.split(' ') {
        let is_long = width(word) > columns;
        let mut glue = " ";
        let parts = if is_long { split(word) } else { vec![word] };
        for part in parts {
            let line = lines.last_mut().expect("there is always a last line");
            if line.is_empty() {
                line.push_str(part);
            } else if width(line) + glue.len() + width(part) <= columns {
                line.push_str(glue);
                line.push_str(part);
            } else {
                lines.push(part.to_owned());
            }
            glue = "";
        }
    }
    lines
}

/// The parts of a long word, each with the separator behind it.
fn split(word: &str) -> Vec<&str> {
    word.split_inclusive([':', ',']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words_and_names() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("write AES128-SHA:AES256-SHA:X;", 17), ["write AES128-SHA:", "AES256-SHA:X;"]);
        assert_eq!(wrap("a/very/long/path b", 6), ["a/very/long/path", "b"]);
        assert_eq!(wrap("日本 語", 5), ["日本", "語"]);
    }
}
