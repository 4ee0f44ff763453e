//! From one line's text to its words.

use super::word::{Fault, Token, is_space, token};
use super::{
    Condition, Line, LineKind, MOST_WORDS, Part, Quote, SECTIONS, SyntaxError, Template, Variable, Word,
};
use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::ops::Range;

/// Reads the line at `range` of `text`, in which `templates` lie; `None` where it holds nothing but blanks and comments.
pub(super) fn parse(
    file: FileId,
    text: &str,
    range: Range<usize>,
    templates: &[Template],
    comments: &mut Vec<Span>,
    errors: &mut Vec<SyntaxError>,
) -> Option<Line> {
    let content = text.get(range.clone()).unwrap_or("");
    // In front of the first word a carriage return is a blank like any other.
    let indent = content.len() - content.trim_start_matches(is_space).len();
    let range = range.start + indent..range.end;
    let content = content.get(indent..).unwrap_or("");
    if content.trim_start().starts_with('[') && templates.is_empty() {
        return Some(scope(file, content, range.start));
    }
    let mut builder = Builder {
        file,
        words: Vec::new(),
        word: None,
        text: Text::default(),
        quote: Quote::None,
        quote_at: range.start,
        fault: None,
    };
    builder.segments(text, range.clone(), templates, comments);
    builder.finish_word();
    // A quote that a placeholder's text might close is not an error to report.
    let fault =
        builder.fault.take().or_else(|| builder.unmatched_quote()).or_else(|| builder.too_many_words());
    let is_broken = fault.is_some() && templates.is_empty();
    let span = match (builder.words.first(), builder.words.last(), &fault) {
        (Some(first), Some(last), _) => first.span.cover(last.span),
        (_, _, Some(fault)) if is_broken => fault.span,
        // A comment, or statements of a template language that leave nothing behind.
        _ => return None,
    };
    errors.extend(fault.filter(|_| is_broken));
    let kind = kind(&builder.words);
    Some(Line { span, kind, words: builder.words, is_broken })
}

/// `[name]` alone on its line (`cfg_parse_scope`).
fn scope(file: FileId, content: &str, start: usize) -> Line {
    let indent = content.len() - content.trim_start().len();
    let trimmed = content.trim();
    let start = (start + indent) as u32;
    let span = Span::new(start, start + trimmed.len() as u32);
    let word = Word { span, parts: vec![Part::Text(Text::verbatim(trimmed, file, start))] };
    Line { span, kind: LineKind::Scope, words: vec![word], is_broken: false }
}

fn kind(words: &[Word]) -> LineKind {
    let Some(first) = words.first() else { return LineKind::Statement };
    match first.literal() {
        Some(".if") => LineKind::Condition(Condition::If),
        Some(".elif") => LineKind::Condition(Condition::ElseIf),
        Some(".else") => LineKind::Condition(Condition::Else),
        Some(".endif") => LineKind::Condition(Condition::EndIf),
        Some(word) if word.starts_with('.') => LineKind::Message,
        Some(word) if SECTIONS.contains(&word) => LineKind::Section,
        None if words.len() == 1 && first.parts.iter().all(|part| matches!(part, Part::Template(_))) => {
            LineKind::Template
        }
        _ => LineKind::Statement,
    }
}

struct Builder {
    file: FileId,
    words: Vec<Word>,
    /// The word that is being read.
    word: Option<Word>,
    /// The text that the word ends with so far.
    text: Text,
    quote: Quote,
    /// Where the open quote stands.
    quote_at: usize,
    fault: Option<SyntaxError>,
}

impl Builder {
    /// Reads the text between placeholders, and the placeholders; returns whether a comment or carriage return ended the line.
    fn segments(
        &mut self,
        text: &str,
        range: Range<usize>,
        templates: &[Template],
        comments: &mut Vec<Span>,
    ) -> bool {
        let mut at = range.start;
        for template in templates {
            let start = template.span.start as usize;
            // A line end in front of a placeholder is one that it takes away.
            let before = text.get(at..start).unwrap_or("");
            let joined = before.contains('\n');
            let stop = if joined { at + before.trim_end().len() } else { start };
            if self.segment(text, at..stop, range.end, comments) {
                return true;
            }
            if joined && self.quote == Quote::None {
                self.finish_word();
            }
            if template.kind.has_output() {
                self.open_word(template.span);
                self.push(Part::Template(template.span), template.span);
            }
            at = template.span.end as usize;
        }
        self.segment(text, at..range.end, range.end, comments)
    }

    fn segment(
        &mut self,
        text: &str,
        range: Range<usize>,
        line_end: usize,
        comments: &mut Vec<Span>,
    ) -> bool {
        let segment_end = range.end;
        let mut input = text.get(range).unwrap_or("");
        while let Ok((after, found)) = token(self.quote)(input) {
            let span = Span::new((segment_end - input.len()) as u32, (segment_end - after.len()) as u32);
            if found == Token::Comment {
                // The comment's text may hold placeholders: it ends with the line, not with the segment.
                let line_end =
                    line_end - usize::from(text.get(..line_end).is_some_and(|before| before.ends_with('\r')));
                comments.push(Span::new(span.start, line_end.max(span.start as usize) as u32));
                return true;
            }
            if found == Token::End || !self.apply(found, span, input) {
                return true;
            }
            input = after;
        }
        false
    }

    /// Takes in one piece; `false` where the line cannot be read any further.
    fn apply(&mut self, found: Token<'_>, span: Span, input: &str) -> bool {
        match found {
            Token::Blank => self.finish_word(),
            Token::DoubleQuote => self.toggle(Quote::Double, span),
            Token::SingleQuote => self.toggle(Quote::Single, span),
            Token::Plain(plain) => {
                self.open_word(span);
                self.text.push_verbatim(plain, self.file, span.start);
                self.extend(span);
            }
            Token::Escape(character) => {
                self.open_word(span);
                self.text.push_replaced(character.encode_utf8(&mut [0; 4]), Location::new(self.file, span));
                self.extend(span);
            }
            Token::Placeholder(name) => {
                self.open_word(span);
                self.push(Part::Placeholder(Text::verbatim(name, self.file, span.start)), span);
            }
            Token::Variable { name, default, splits } => {
                self.open_word(span);
                let default = default.map(|default| {
                    let start = span.start + (default.as_ptr() as usize - input.as_ptr() as usize) as u32;
                    Text::verbatim(default, self.file, start)
                });
                self.push(Part::Variable(Variable { span, name: name.to_owned(), default, splits }), span);
            }
            Token::Invalid(fault) => {
                self.fault = Some(invalid(fault, span));
                return false;
            }
            Token::Comment | Token::End => return false,
        }
        true
    }

    fn toggle(&mut self, quote: Quote, span: Span) {
        self.open_word(span);
        self.extend(span);
        if self.quote == quote {
            self.quote = Quote::None;
        } else {
            self.quote = quote;
            self.quote_at = span.start as usize;
        }
    }

    fn open_word(&mut self, span: Span) {
        self.word.get_or_insert_with(|| Word { span, parts: Vec::new() });
    }

    fn extend(&mut self, span: Span) {
        if let Some(word) = &mut self.word {
            word.span = word.span.cover(span);
        }
    }

    fn push(&mut self, part: Part, span: Span) {
        self.finish_text();
        if let Some(word) = &mut self.word {
            word.parts.push(part);
        }
        self.extend(span);
    }

    fn finish_text(&mut self) {
        if let Some(word) = &mut self.word
            && !self.text.as_str().is_empty()
        {
            word.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn finish_word(&mut self) {
        self.finish_text();
        self.words.extend(self.word.take());
    }

    fn unmatched_quote(&self) -> Option<SyntaxError> {
        if self.quote == Quote::None {
            return None;
        }
        let at = self.quote_at as u32;
        let help = "HAProxy joins no lines: close the quote on the line that opens it";
        Some(SyntaxError::fatal(Span::new(at, at + 1), "unmatched quote").with_help(help))
    }

    fn too_many_words(&self) -> Option<SyntaxError> {
        let extra = self.words.get(MOST_WORDS)?;
        Some(SyntaxError::fatal(extra.span, format!("more than {MOST_WORDS} words on a line")))
    }
}

fn invalid(fault: Fault, span: Span) -> SyntaxError {
    let error = SyntaxError::fatal(span, fault.message());
    match fault {
        Fault::Hexadecimal => {
            error.with_help(r"`\x` takes two hexadecimal digits; write `\\x` for the characters themselves")
        }
        Fault::VariableName => error.with_help(r"inside double quotes write `\$` for the character itself"),
        Fault::Brace | Fault::Expansion => error,
    }
}
