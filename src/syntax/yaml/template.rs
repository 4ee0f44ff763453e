//! Placeholders of template languages: blotted out so that the rest can be read.

use crate::span::Span;
use crate::syntax::template::{Template, TemplateKind};

/// Every `${NAME}` in a text, in order: YAML reads it as ordinary text.
pub(super) fn variables(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find("${")) {
        let start = at + next;
        let inside = text.get(start + 2..).unwrap_or("");
        let length = inside.find(|next: char| "}{ \"'\n".contains(next)).unwrap_or(inside.len());
        at = start + 2 + length;
        if inside.get(length..).is_some_and(|rest| rest.starts_with('}')) {
            at += 1;
            found.push(Span::new(start as u32, at as u32));
        }
    }
    found
}

/// The same text, byte for byte as long, with placeholders that print as a plain word and the others as blanks.
///
/// What prints whole lines behind a name (`labels: {{- include "x" . | nindent 4 }}`) leaves blanks where deeper lines follow, which are
/// then the name's own. Of a placeholder over several lines the first stands for all.
///
/// A placeholder that has its line to itself becomes empty lines: blanks deeper than a block scalar's text would end it.
pub(super) fn mask(text: &str, templates: &[Template]) -> String {
    let mut out = text.as_bytes().to_vec();
    for template in templates {
        let (range, filler) = match (line_of(text, template.span), template.kind) {
            (Some(line), _) => (line..template.span.end as usize, b'\n'),
            (None, TemplateKind::Output) if prints_lines(text, template.span) => {
                (template.span.range(), b' ')
            }
            (None, TemplateKind::Output) => (template.span.range(), b'x'),
            (None, _) => (template.span.range(), b' '),
        };
        let mut filler = filler;
        for byte in out.get_mut(range).unwrap_or(&mut []) {
            if *byte != b'\n' {
                *byte = filler;
            } else if filler == b'x' {
                filler = b' ';
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| " ".repeat(text.len()))
}

/// Where the line starts that a placeholder has to itself, so that it stands for whole lines; `None` where other text is on it.
fn line_of(text: &str, span: Span) -> Option<usize> {
    let is_blank = |next: char| next != '\n' && next.is_whitespace();
    let before = text.get(..span.start as usize)?.trim_end_matches(is_blank);
    let after = text.get(span.end as usize..)?.trim_start_matches(is_blank);
    let is_alone =
        (before.is_empty() || before.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'));
    is_alone.then_some(before.len())
}

/// Whether a placeholder ends its line, behind a name, and lines follow that are deeper than the one it stands on.
fn prints_lines(text: &str, span: Span) -> bool {
    let is_blank = |next: char| next != '\n' && next.is_whitespace();
    let after = text.get(span.end as usize..).unwrap_or("").trim_start_matches(is_blank);
    let before = text.get(..span.start as usize).unwrap_or("");
    let Some(rest) = after.strip_prefix('\n').filter(|_| before.trim_end_matches(is_blank).ends_with(':'))
    else {
        return false;
    };
    let head = before.rsplit('\n').next().unwrap_or("");
    let depth = head.len() - head.trim_start_matches([' ', '-']).len();
    let next = rest.lines().take(LOOKED_AHEAD).find(|line| !line.trim().is_empty());
    next.is_some_and(|next| {
        let is_statement = next.trim_start().starts_with(['{', '<']);
        !is_statement && next.len() - next.trim_start().len() > depth
    })
}

/// How many empty lines may stand before a line that follows.
const LOOKED_AHEAD: usize = 8;
