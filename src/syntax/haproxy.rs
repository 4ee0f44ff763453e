//! HAProxy configuration: lines of words.
//!
//! The rules are those of `parse_line` in HAProxy's src/tools.c and of `parse_cfg` in src/cfgparse.c (2.2 to 3.2): words split at
//! blanks, quotes that glue, backslash escapes, comments, environment variables inside double quotes, no line continuation. What
//! a variable holds, which branch of an `.if` counts and which keywords exist is the server's affair, not the grammar's.

pub mod crt_list;
mod line;
mod word;

pub use word::{Part, Quote, Variable, Word};

use super::template::{self, Template, TemplateKind};
use super::{Parsed, SyntaxError};
use crate::span::{FileId, Span};

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Lines that hold words, a scope or a placeholder, in the order of the text.
    pub lines: Vec<Line>,
    /// Comments, each from its `#` to the end of its line.
    pub comments: Vec<Span>,
    /// Placeholders of template languages.
    pub templates: Vec<Template>,
    /// Where the final end of line is missing, which HAProxy refuses from 2.3 on.
    pub unterminated: Option<Span>,
    /// NUL characters, behind which HAProxy reads nothing of a line, and which it refuses from 2.3 on.
    pub nul: Vec<Span>,
}

/// One line, or several where a placeholder runs over line ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// From the first word to the end of the last one.
    pub span: Span,
    /// What the line is for.
    pub kind: LineKind,
    /// The words; empty for a line of placeholders alone.
    pub words: Vec<Word>,
    /// Whether the server cannot read the line; the words are what could be recovered.
    pub is_broken: bool,
}

/// What a line is for, as far as its first word says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LineKind {
    /// `.if`, `.elif`, `.else`, `.endif`.
    Condition(Condition),
    /// `.alert`, `.warning`, `.notice`, `.diag`, or an unknown word that starts with a dot.
    Message,
    /// `[name]`, which limits what follows to one kind of process.
    Scope,
    /// The head of a section: `frontend web`.
    Section,
    /// Anything else.
    Statement,
    /// Placeholders of a template language and nothing else.
    Template,
}

/// The lines that choose between parts of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Condition {
    /// `.elif EXPRESSION`
    ElseIf,
    /// `.else`
    Else,
    /// `.endif`
    EndIf,
    /// `.if EXPRESSION`
    If,
}

/// Words that start a section, in any HAProxy from 2.2 to 3.4 (`cfg_register_section` in its sources).
pub const SECTIONS: [&str; 22] = [
    "acme",
    "backend",
    "cache",
    "crt-store",
    "defaults",
    "dynamic-update",
    "fcgi-app",
    "frontend",
    "global",
    "healthcheck",
    "http-errors",
    "listen",
    "log-forward",
    "log-profile",
    "mailers",
    "namespace_list",
    "peers",
    "program",
    "resolvers",
    "ring",
    "traces",
    "userlist",
];

/// The most words of a line (`MAX_LINE_ARGS`).
const MOST_WORDS: usize = 64;

/// Reads `text`, the whole of `file`.
///
/// Never fails: a line that cannot be read is kept as far as it could be, with a `SyntaxError`, and the next line is read as if
/// nothing had happened. Time is linear in the length of `text`.
pub fn parse(file: FileId, text: &str) -> Parsed<Config> {
    let templates = template::templates(text);
    let mut config =
        Config { lines: Vec::new(), comments: Vec::new(), templates, unterminated: None, nul: Vec::new() };
    let mut errors = Vec::new();
    let mut start = 0;
    if text.starts_with('\u{feff}') {
        start = '\u{feff}'.len_utf8();
        let message = "byte order mark: HAProxy takes it for a part of the first word";
        let help = "save the file as UTF-8 without a byte order mark";
        errors.push(SyntaxError::fatal(Span::new(0, start as u32), message).with_help(help));
    }
    let mut next_template = 0;
    while start < text.len() {
        let (end, after) = logical_line(text, start, config.templates.get(next_template..).unwrap_or(&[]));
        let inside = config.templates.get(next_template..after + next_template).unwrap_or(&[]);
        let content = text.get(start..end).unwrap_or("");
        let read = content.find('\0').map_or(end, |nul| start + nul);
        if read < end {
            config.nul.push(Span::new(read as u32, read as u32 + 1));
        }
        if let Some(line) = line::parse(file, text, start..read, inside, &mut config.comments, &mut errors) {
            config.lines.push(line);
        }
        next_template += after;
        if end == text.len() {
            config.unterminated = Some(Span::empty(end as u32));
        }
        start = end + 1;
    }
    Parsed { tree: config, errors }
}

/// The end of the line that starts at `start`, before its newline, and how many of `templates` lie in it.
///
/// A line end inside a placeholder ends nothing, nor does one that the placeholder behind it takes away: `{{-` joins what it prints to
/// the line before.
fn logical_line(text: &str, start: usize, templates: &[Template]) -> (usize, usize) {
    let newline = |from: usize| {
        text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |offset| from + offset)
    };
    let mut end = newline(start);
    let mut count = 0;
    let is_here = |template: &&Template, end: usize| {
        (template.span.start as usize) < end || joins(text, start, end, **template)
    };
    while let Some(template) = templates.get(count).filter(|template| is_here(template, end)) {
        count += 1;
        if template.span.end as usize > end {
            end = newline(template.span.end as usize);
        }
    }
    (end, count)
}

/// Whether what `template` prints goes on with the line from `start` to `end`: nothing but white space lies between, which it takes
/// away, and it prints no line end first.
fn joins(text: &str, start: usize, end: usize, template: Template) -> bool {
    let written = template.span.of(text);
    let between = text.get(end..template.span.start as usize);
    let is_empty = text.get(start..end).is_none_or(|line| line.trim().is_empty());
    template.kind.has_output()
        && written.starts_with("{{-")
        && !written.contains("nindent")
        && !is_empty
        && between.is_some_and(|between| between.trim().is_empty())
}

impl Config {
    /// Whether placeholders of a template language stand in the text.
    pub fn is_templated(&self) -> bool {
        !self.templates.is_empty()
            || self
                .lines
                .iter()
                .flat_map(|line| &line.words)
                .flat_map(|word| &word.parts)
                .any(|part| matches!(part, Part::Placeholder(text) if text.as_str().starts_with('@')))
    }

    /// The bytes from a section's head to its last line, for every section in order.
    pub fn sections(&self) -> Vec<Span> {
        let mut sections: Vec<Span> = Vec::new();
        for line in &self.lines {
            match (line.kind, sections.last_mut()) {
                (LineKind::Section, _) => sections.push(line.span),
                (_, Some(open)) => *open = open.cover(line.span),
                (_, None) => {}
            }
        }
        sections
    }
}

impl Line {
    /// The first word, where it stands in the text as such.
    pub fn keyword(&self) -> Option<&str> {
        self.words.first()?.literal()
    }
}

impl TemplateKind {
    /// Whether a placeholder leaves text in its place.
    const fn has_output(self) -> bool {
        matches!(self, Self::Output)
    }
}

#[cfg(test)]
mod tests;
