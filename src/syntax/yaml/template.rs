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
/// A placeholder that has its line to itself becomes empty lines: blanks deeper than a block scalar's text would end it.
pub(super) fn mask(text: &str, templates: &[Template]) -> String {
    let mut out = text.as_bytes().to_vec();
    for template in templates {
        let line = text
            .get(..template.span.start as usize)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        let (range, filler) = match (is_alone(text, template.span), template.kind) {
            (true, _) => (line..template.span.end as usize, b'\n'),
            (false, TemplateKind::Output) => (template.span.range(), b'x'),
            (false, _) => (template.span.range(), b' '),
        };
        for byte in out.get_mut(range).unwrap_or(&mut []) {
            if *byte != b'\n' {
                *byte = filler;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| " ".repeat(text.len()))
}

/// Whether a placeholder has its line to itself: it stands for whole lines.
fn is_alone(text: &str, span: Span) -> bool {
    let before = text.get(..span.start as usize).unwrap_or("");
    let after = text.get(span.end as usize..).unwrap_or("");
    let head = before.rsplit('\n').next().unwrap_or("");
    let tail = after.split('\n').next().unwrap_or("");
    head.trim().is_empty() && tail.trim().is_empty()
}
