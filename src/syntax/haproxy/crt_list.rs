//! Lists of certificates (`crt-list`): a file a line, with options in brackets and names (src/ssl_crtlist.c).
//!
//! No quotes, no escapes, no variables; a comment takes a whole line and starts in its first column.

use super::SyntaxError;
use crate::span::{FileId, Span};
use crate::syntax::Parsed;
use crate::text::Text;

/// One line of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrtListLine {
    /// From the path to the last word.
    pub span: Span,
    /// The certificate's file.
    pub path: Text,
    /// What stands in brackets, word by word.
    pub options: Vec<Text>,
    /// The names that it is for, `*.a.example` and `!b.a.example` among them; none for those of the certificate.
    pub filters: Vec<Text>,
}

/// Reads a list.
///
/// Never fails: a line that HAProxy refuses becomes a `SyntaxError`, and the next line is read.
pub fn parse(file: FileId, text: &str) -> Parsed<Vec<CrtListLine>> {
    let mut lines = Vec::new();
    let mut errors = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.split('\0').next().unwrap_or(line).trim_end_matches(['\n', '\r']);
        if !content.starts_with('#') && !content.trim().is_empty() {
            match parse_line(file, content, start) {
                Ok(line) => lines.push(line),
                Err(error) => errors.push(error),
            }
        }
        start += line.len() as u32;
    }
    Parsed { tree: lines, errors }
}

fn parse_line(file: FileId, content: &str, start: u32) -> Result<CrtListLine, SyntaxError> {
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    let mut part = 0;
    let mut at = start;
    let at_byte = |at: u32| Span::new(at, at + 1);
    for piece in content.split_inclusive(|c: char| c.is_ascii_whitespace() || "[]\x0b".contains(c)) {
        let word = piece.trim_end_matches(|c: char| c.is_ascii_whitespace() || "[]\x0b".contains(c));
        if !word.is_empty() {
            let target = if part == 0 && !parts[0].is_empty() { 2 } else { part };
            if let Some(words) = parts.get_mut(target) {
                words.push(Text::verbatim(word, file, at));
            }
        }
        at += piece.len() as u32;
        match piece.as_bytes().last() {
            Some(b'[') if part > 0 => return Err(SyntaxError::fatal(at_byte(at - 1), "too many '['")),
            Some(b'[') if parts.first().is_none_or(Vec::is_empty) => {
                return Err(SyntaxError::fatal(at_byte(at - 1), "the line must start with a certificate"));
            }
            Some(b'[') => {
                // Names before the options are passed over, with a warning.
                parts[2].clear();
                part = 1;
            }
            Some(b']') if part == 0 => return Err(SyntaxError::fatal(at_byte(at - 1), "missing '['")),
            Some(b']') if part == 2 => return Err(SyntaxError::fatal(at_byte(at - 1), "too many ']'")),
            Some(b']') => part = 2,
            _ => {}
        }
    }
    let [paths, mut options, mut filters] = parts;
    if part == 1 {
        // Nothing closes the bracket: all that follows it is names.
        filters = std::mem::take(&mut options);
    }
    let span = Span::new(start, start + content.trim_end().len() as u32);
    match paths.into_iter().next() {
        Some(path) => Ok(CrtListLine { span, path, options, filters }),
        None => Err(SyntaxError::fatal(span, "the line must start with a certificate")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let join = |words: &[Text]| words.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
        let parsed = parse(FileId(0), text);
        let lines = parsed.tree.iter();
        let mut found: Vec<_> = lines
            .map(|line| format!("{} [{}] {}", line.path.as_str(), join(&line.options), join(&line.filters)))
            .collect();
        found.extend(parsed.errors.iter().map(|error| format!("{}: {}", error.message, error.span.of(text))));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_line_has_a_file_options_and_names() {
        check("# comment\n\na.pem\n", &["a.pem [] "]);
        check("a.pem a.test *.b.test !c.b.test\r\n", &["a.pem [] a.test *.b.test !c.b.test"]);
        check(
            "a.pem [ssl-min-ver TLSv1.3 ciphers X] a.test",
            &["a.pem [ssl-min-ver TLSv1.3 ciphers X] a.test"],
        );
        check("a.pem[alpn h2]a.test", &["a.pem [alpn h2] a.test"]);
        check("a.pem []", &["a.pem [] "]);
        check("a.pem [alpn h2", &["a.pem [] alpn h2"]);
        check("a.pem b.test [alpn h2] a.test", &["a.pem [alpn h2] a.test"]);
    }

    #[test]
    fn broken_lines_hide_no_others() {
        check("[x]\na.pem\n", &["a.pem [] ", "the line must start with a certificate: ["]);
        check("a.pem x]\nb.pem [ssl [y]", &["missing '[': ]", "too many '[': ["]);
    }

    #[test]
    fn words_know_where_they_stand() {
        let text = "x\na.pem [ssl-min-ver TLSv1.3] a.test";
        let parsed = parse(FileId(0), text);
        let line = &parsed.tree[1];
        let place = |text: &Text| text.location().unwrap().span;
        assert_eq!(place(&line.options[1]).of(text), "TLSv1.3");
        assert_eq!(place(&line.filters[0]).of(text), "a.test");
    }
}
