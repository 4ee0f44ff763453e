//! Where a file's comments and statements stand, whatever its language.

use crate::endpoint::Dialect;
use crate::source::Source;
use crate::span::Span;
use crate::syntax::{haproxy, nginx, openssl_conf, yaml};

/// Comments and statements, each in the order of the text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Extents {
    /// Comments, from `#` to the end of the line.
    pub(super) comments: Vec<Span>,
    /// Statements, blocks with all that is in them, outer ones before inner ones.
    pub(super) statements: Vec<Span>,
    /// Those statements that hold no others.
    pub(super) innermost: Vec<Span>,
    /// Where the language takes comments.
    pub(super) takes: Takes,
}

impl Extents {
    /// The first statement that starts behind byte `at`.
    pub(super) fn next(&self, at: u32) -> Option<Span> {
        self.statements.get(self.statements.partition_point(|statement| statement.start <= at)).copied()
    }

    /// The innermost statement that starts before byte `at` and ends behind it.
    pub(super) fn innermost_over(&self, at: u32) -> Option<Span> {
        let behind = self.innermost.partition_point(|statement| statement.start < at);
        let last = behind.checked_sub(1).and_then(|last| self.innermost.get(last));
        last.copied().filter(|statement| at < statement.end)
    }
}

/// Where a language takes comments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Takes {
    /// Behind statements, and on lines of their own.
    Anywhere,
    /// Nowhere: JSON.
    #[default]
    Nowhere,
    /// On lines of their own: files of cipher strings, crt-lists.
    OwnLines,
}

pub(super) fn of(dialect: Dialect, source: &Source) -> Extents {
    let text = source.text();
    let mut extents = match dialect {
        Dialect::Ciphers => lines(source),
        Dialect::Envoy => envoy(text),
        Dialect::HaProxy => {
            let config = haproxy::parse(source.id(), text).tree;
            let mut statements = config.sections();
            statements.extend(config.lines.iter().map(|line| line.span));
            // A file without sections is a crt-list, which takes `#` for a word behind others.
            let is_list = !config.lines.iter().any(|line| line.kind == haproxy::LineKind::Section);
            let takes = if is_list { Takes::OwnLines } else { Takes::Anywhere };
            Extents { comments: config.comments, statements, takes, ..Extents::default() }
        }
        Dialect::Nginx => {
            let tree = nginx::parse(text).tree;
            let statements = tree.iter().map(|(_, directive)| directive.span).collect();
            let comments = tree.comments().to_vec();
            Extents { comments, statements, takes: Takes::Anywhere, ..Extents::default() }
        }
        Dialect::OpensslConf => openssl(source),
    };
    extents.comments.sort_unstable();
    extents.statements.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    extents.statements.dedup();
    let next = extents.statements.iter().skip(1).map(Some).chain([None]);
    let pairs = extents.statements.iter().zip(next);
    // Statements lie in each other or apart: one that holds others is followed by the first of them.
    let holds_none =
        pairs.filter(|(one, next)| next.is_none_or(|next| one.end <= next.start || one.end < next.end));
    extents.innermost = holds_none.map(|(one, _)| *one).collect();
    extents
}

/// One cipher string a line.
fn lines(source: &Source) -> Extents {
    let mut extents = Extents { takes: Takes::OwnLines, ..Extents::default() };
    for number in 1..=source.line_count() {
        let span = source.line_span(number);
        let text = span.of(source.text());
        match text.trim_start() {
            "" => {}
            trimmed if trimmed.starts_with('#') => {
                extents.comments.push(Span::new(span.end - trimmed.len() as u32, span.end));
            }
            _ => extents.statements.push(span),
        }
    }
    extents
}

fn openssl(source: &Source) -> Extents {
    let conf = openssl_conf::parse(source.text(), source.id()).tree;
    let mut statements: Vec<Span> = conf.lines.iter().map(|line| line.span).collect();
    let mut section: Option<Span> = None;
    for line in &conf.lines {
        if matches!(line.kind, openssl_conf::LineKind::Section(_)) {
            statements.extend(section.replace(line.span));
        } else if let Some(open) = &mut section {
            *open = open.cover(line.span);
        }
    }
    statements.extend(section);
    Extents { comments: conf.comments, statements, takes: Takes::Anywhere, ..Extents::default() }
}

fn envoy(text: &str) -> Extents {
    let tree = yaml::parse(text).tree;
    let mut statements = Vec::new();
    let mut open: Vec<yaml::Node<'_>> = tree.root().into_iter().collect();
    while let Some(node) = open.pop() {
        for (key, value) in node.entries() {
            let span = key.span();
            statements.push(if value.is_alias() { span } else { span.cover(value.span()) });
            open.extend((!value.is_alias()).then_some(value));
        }
        for item in node.items().filter(|item| !item.is_alias()) {
            statements.push(item.span());
            open.push(item);
        }
    }
    let takes = if tree.margins.is_json { Takes::Nowhere } else { Takes::Anywhere };
    Extents { comments: tree.margins.comments, statements, takes, ..Extents::default() }
}
