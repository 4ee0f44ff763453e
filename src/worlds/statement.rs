//! Tags of template languages and what each asks for.

use super::expression::{Expression, Language};
use super::{infix, prefix};
use crate::span::{FileId, Span};
use crate::syntax::template::{Template, TemplateKind, templates};

/// White space that a tag takes away on one of its sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trim {
    /// All of it.
    All,
    /// Behind the tag the end of its line, before it the indentation (ERB's `-%>` and `<%-`).
    Line,
    None,
}

/// A tag with its delimiters.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) span: Span,
    pub(super) before: Trim,
    pub(super) after: Trim,
    pub(super) statement: Statement,
}

/// What a tag asks for.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Statement {
    /// What follows is a text of that name, not to be printed here: `{% set x %}`.
    Capture(String),
    /// What follows is printed unless another template has a block of that name.
    Block(String),
    /// Branches by the value of an expression follow.
    Case(Expression),
    /// What follows is known by that name, and printed where it is asked for.
    Define(String, Vec<String>),
    Else,
    ElseIf(Expression),
    /// The end of the innermost block; where the language says so, of which kind.
    End(&'static str),
    /// The text is that of another template with other blocks.
    Extends(String),
    If(Expression),
    /// Macros of another template: its path, the name that they are known below, and those that are taken over by themselves.
    Import(String, Option<String>, Vec<(String, String)>),
    /// The text of another template.
    Include(String),
    /// Names of the element, and what is gone through.
    Loop(Vec<String>, Expression),
    /// A block whose text is printed: `{% block x %}`, `{% filter x %}`.
    Open(&'static str),
    Output(Expression),
    Set(String, Expression),
    /// Nothing: comments and what leaves no trace.
    Silent,
    /// A block that is there where a value is, and looks at its fields.
    With(Expression),
    When(Vec<Expression>),
}

/// The tags of `text`, and the language that they are in.
pub(super) fn tags(text: &str, file: FileId, environment: &[&str]) -> (Language, Vec<Tag>) {
    let found = templates(text);
    let language = language(text, &found);
    let mut tags = Vec::with_capacity(found.len());
    let mut is_raw = false;
    for template in found {
        let written = template.span.of(text);
        let body = Body::of(written, template.span.start);
        if language == Language::Jinja && written.starts_with("{%") {
            let word = body.text.split_whitespace().next().unwrap_or("");
            let is_end = matches!(word, "endraw" | "endverbatim");
            if is_end || matches!(word, "raw" | "verbatim") {
                is_raw = !is_end;
                tags.push(body.tag(template.span, Statement::Silent));
                continue;
            }
        }
        // What another language's delimiters hold is text of this one.
        let is_own = match language {
            Language::Ruby => written.starts_with("<%"),
            _ => !written.starts_with("<%"),
        };
        if !is_raw && is_own {
            let reader = Reader { file, language, body };
            tags.push(reader.body.tag(template.span, reader.statement(written, template.kind)));
        }
    }
    if !environment.is_empty() {
        tags.extend(environment.iter().flat_map(|name| variables(text, name)));
        tags.sort_by_key(|tag| tag.span);
        let mut end = 0;
        tags.retain(|tag| {
            let stands_alone = tag.span.start >= end;
            end = end.max(tag.span.end);
            stands_alone
        });
    }
    (language, tags)
}

/// Where a variable of the environment stands, `${NAME}`.
fn variables<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Tag> + 't {
    text.match_indices(name).map(move |(at, _)| Tag {
        span: Span::new(at as u32, (at + name.len()) as u32),
        before: Trim::None,
        after: Trim::None,
        statement: Statement::Output(Expression::Name(name.to_owned())),
    })
}

/// The language that the tags of a text are in; `None` where it has none.
pub(super) fn language_of(text: &str) -> Option<Language> {
    let found = templates(text);
    (!found.is_empty()).then(|| language(text, &found))
}

fn language(text: &str, found: &[Template]) -> Language {
    let starts = |start: &str| found.iter().any(|one| one.span.of(text).starts_with(start));
    if starts("{%") {
        return Language::Jinja;
    }
    if starts("<%") {
        return Language::Ruby;
    }
    if starts("{{#") || starts("{{^") || starts("{{~#") {
        return Language::Handlebars;
    }
    let is_go = |one: &Template| {
        let body = one.span.of(text).trim_start_matches(['{', '-']).trim_start();
        one.kind != TemplateKind::Output
            || body.starts_with(['.', '$', '"', '('])
            || ["include ", "template ", "tpl ", "toYaml ", "printf ", "default ", "quote "]
                .iter()
                .any(|word| body.starts_with(word))
    };
    if found.iter().any(is_go) { Language::Go } else { Language::Jinja }
}

/// A tag without its delimiters.
struct Body<'a> {
    text: &'a str,
    /// Where it starts in the file.
    base: u32,
    before: Trim,
    after: Trim,
}

impl<'a> Body<'a> {
    fn of(written: &'a str, start: u32) -> Self {
        let is_ruby = written.starts_with("<%");
        let width = if written.starts_with("{{{") { 3 } else { 2 };
        let inside = written.get(width..written.len().saturating_sub(width)).unwrap_or("");
        let mark = |found: bool| match (found, is_ruby) {
            (true, true) => Trim::Line,
            (true, false) => Trim::All,
            (false, _) => Trim::None,
        };
        let before = mark(inside.starts_with(['-', '~']) || (is_ruby && inside.starts_with('_')));
        let after = mark(inside.ends_with(['-', '~']) || (is_ruby && inside.ends_with('_')));
        let text = inside.strip_prefix(['-', '~', '+', '_']).unwrap_or(inside);
        let text =
            if text.is_empty() { text } else { text.strip_suffix(['-', '~', '+', '_']).unwrap_or(text) };
        let base = start
            + (width + inside.len() - inside.strip_prefix(['-', '~', '+', '_']).unwrap_or(inside).len())
                as u32;
        Self { text, base, before, after }
    }

    fn tag(&self, span: Span, statement: Statement) -> Tag {
        Tag { span, before: self.before, after: self.after, statement }
    }
}

struct Reader<'a> {
    file: FileId,
    language: Language,
    body: Body<'a>,
}

impl Reader<'_> {
    fn statement(&self, written: &str, kind: TemplateKind) -> Statement {
        if written.starts_with("{#") {
            return Statement::Silent;
        }
        match self.language {
            Language::Jinja if written.starts_with("{%") => self.jinja(),
            Language::Jinja => Statement::Output(self.expression(self.body.text)),
            Language::Go => self.go(kind),
            Language::Handlebars => self.handlebars(),
            Language::Ruby => self.ruby(kind),
        }
    }

    /// The expression that `part` of the body is.
    fn expression(&self, part: &str) -> Expression {
        let offset = part.as_ptr() as usize - self.body.text.as_ptr() as usize;
        let base = self.body.base + offset as u32;
        match self.language {
            Language::Go | Language::Handlebars => prefix::parse(part, self.file, base),
            Language::Jinja | Language::Ruby => infix::parse(part, self.file, base),
        }
    }

    fn list(&self, part: &str) -> Vec<Expression> {
        let offset = part.as_ptr() as usize - self.body.text.as_ptr() as usize;
        infix::parse_list(part, self.file, self.body.base + offset as u32)
    }

    fn jinja(&self) -> Statement {
        let (word, rest) = split(self.body.text);
        match word {
            "if" => Statement::If(self.expression(rest)),
            "unless" => Statement::If(Expression::not(self.expression(rest))),
            "elif" | "elseif" | "elsif" => Statement::ElseIf(self.expression(rest)),
            "else" => Statement::Else,
            "for" => self.jinja_loop(rest),
            "set" | "assign" => self.assignment(rest),
            "macro" => match rest.split_once('(') {
                Some((name, rest)) => {
                    let parameters = rest.trim_end().trim_end_matches(')').split(',');
                    let parameters =
                        parameters.map(|one| one.split('=').next().unwrap_or("").trim().to_owned());
                    Statement::Define(name.trim().to_owned(), parameters.collect())
                }
                None => Statement::Open("macro"),
            },
            "autoescape" => Statement::Open("autoescape"),
            "block" => Statement::Block(split(rest).0.to_owned()),
            "extends" => match quoted(rest) {
                Some((path, _)) => Statement::Extends(path.to_owned()),
                None => Statement::Silent,
            },
            "import" => match quoted(rest) {
                Some((path, rest)) => {
                    let alias = rest.trim().strip_prefix("as ").map(|alias| split(alias).0.to_owned());
                    Statement::Import(path.to_owned(), alias, Vec::new())
                }
                None => Statement::Silent,
            },
            "from" => match quoted(rest) {
                Some((path, rest)) => Statement::Import(path.to_owned(), None, imported(rest)),
                None => Statement::Silent,
            },
            "call" => Statement::Open("call"),
            "case" => Statement::Case(self.expression(rest)),
            "when" => Statement::When(self.list(rest)),
            "filter" => Statement::Open("filter"),
            "with" => Statement::Open("with"),
            "include" => match quoted(rest) {
                Some((path, _)) => Statement::Include(path.to_owned()),
                None => Statement::Output(Expression::Opaque(format!("include {rest}"))),
            },
            _ => match word.strip_prefix("end") {
                Some(kind) => Statement::End(
                    [
                        "autoescape",
                        "block",
                        "call",
                        "case",
                        "filter",
                        "for",
                        "if",
                        "macro",
                        "set",
                        "unless",
                        "with",
                    ]
                    .into_iter()
                    .find(|known| *known == kind)
                    .unwrap_or("unknown"),
                ),
                None => Statement::Silent,
            },
        }
    }

    fn jinja_loop(&self, rest: &str) -> Statement {
        let Some((names, over)) = rest.split_once(" in ") else { return Statement::Open("for") };
        let names = names.split(',').map(|name| name.trim_matches(['(', ')', ' ']).to_owned()).collect();
        // `recursive`, and a condition on every element.
        let over = over.split(" if ").next().unwrap_or(over).trim().trim_end_matches(" recursive");
        Statement::Loop(names, self.expression(over))
    }

    fn assignment(&self, rest: &str) -> Statement {
        let Some((name, value)) = rest.split_once('=') else {
            return Statement::Capture(rest.split(['|', ' ']).next().unwrap_or("").to_owned());
        };
        Statement::Set(name.trim().to_owned(), self.expression(value))
    }

    fn go(&self, kind: TemplateKind) -> Statement {
        let (word, rest) = split(self.body.text);
        match word {
            "if" => Statement::If(self.expression(rest)),
            "with" => Statement::With(self.expression(after_assignment(rest))),
            "range" => {
                let names = rest.split_once(":=").map_or("", |(names, _)| names).split(',');
                let names = names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
                Statement::Loop(names.collect(), self.expression(after_assignment(rest)))
            }
            "else" => match split(rest) {
                ("if" | "with", condition) => Statement::ElseIf(self.expression(condition)),
                _ => Statement::Else,
            },
            "end" => Statement::End(""),
            "define" => Statement::Define(rest.trim().trim_matches('"').to_owned(), vec![".".to_owned()]),
            "block" => Statement::Open("block"),
            "template" => Statement::Output(self.expression(self.body.text)),
            _ if kind == TemplateKind::Silent => {
                let assigned = self.body.text.split_once(":=").or_else(|| self.body.text.split_once('='));
                match assigned {
                    Some((name, value)) if name.trim().starts_with('$') => {
                        Statement::Set(name.trim().to_owned(), self.expression(value))
                    }
                    _ => Statement::Silent,
                }
            }
            _ => match self.body.text.trim_start().strip_prefix('$').and_then(|rest| rest.split_once('=')) {
                Some((name, value)) if is_name(name.trim()) => {
                    Statement::Set(format!("${}", name.trim()), self.expression(value))
                }
                _ => Statement::Output(self.expression(self.body.text)),
            },
        }
    }

    fn handlebars(&self) -> Statement {
        let body = self.body.text.trim();
        if let Some(inner) = body.strip_prefix('#') {
            let (word, rest) = split(inner);
            let rest = rest.split(" as |").next().unwrap_or(rest);
            return match word {
                "if" => Statement::If(self.expression(rest)),
                "unless" => Statement::If(Expression::not(self.expression(rest))),
                "each" => Statement::Loop(vec!["this".to_owned()], self.expression(rest)),
                "with" => Statement::With(self.expression(rest)),
                name if rest.is_empty() => Statement::With(Expression::Name(name.to_owned())),
                _ => Statement::If(self.expression(inner)),
            };
        }
        if let Some(inner) = body.strip_prefix('^') {
            return match inner.trim() {
                "" => Statement::Else,
                name => Statement::If(Expression::not(Expression::Name(name.to_owned()))),
            };
        }
        if body.starts_with('/') {
            return Statement::End("");
        }
        if body.starts_with('!') {
            return Statement::Silent;
        }
        match split(body) {
            ("else", rest) => match split(rest) {
                ("if", condition) => Statement::ElseIf(self.expression(condition)),
                _ => Statement::Else,
            },
            _ => Statement::Output(self.expression(body.trim_start_matches('&'))),
        }
    }

    fn ruby(&self, kind: TemplateKind) -> Statement {
        let body = self.body.text.trim();
        if let Some(output) = body.strip_prefix('=') {
            return Statement::Output(self.expression(output));
        }
        if body.starts_with('#') {
            return Statement::Silent;
        }
        // Of several lines of code the last one says what happens to the text; the others do something of their own.
        let last = body.rsplit(['\n', ';']).map(str::trim).find(|line| !line.is_empty()).unwrap_or(body);
        let last = last.trim_start_matches('}').trim();
        let (word, rest) = split(last);
        let rest = rest.strip_suffix(" then").unwrap_or(rest);
        let braced = || self.expression(rest.trim_end_matches('{').trim_end());
        match (word, kind) {
            ("if", _) => Statement::If(braced()),
            ("unless", _) => Statement::If(Expression::not(self.expression(rest))),
            ("elsif", _) if rest.is_empty() => Statement::Else,
            ("elsif", _) => Statement::ElseIf(self.expression(rest)),
            ("else", _) if split(rest).0 == "if" => {
                Statement::ElseIf(self.expression(split(rest).1.trim_end_matches('{').trim_end()))
            }
            ("else" | "rescue" | "ensure", _) => Statement::Else,
            ("case", _) => Statement::Case(self.expression(rest)),
            ("when", _) => Statement::When(self.list(rest)),
            (_, TemplateKind::Closes) => Statement::End(""),
            (_, TemplateKind::Opens) => self.ruby_loop(last),
            _ => self.ruby_assignment(body),
        }
    }

    /// `x.each do |y|`, `for y in x`, `x.forEach(function (y) {`; a loop over it all the same where it is none of them.
    fn ruby_loop(&self, line: &str) -> Statement {
        let names = line.split('|').nth(1).unwrap_or("").split(',');
        let names = names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        if let Some((name, over)) = line.strip_prefix("for ").and_then(|rest| rest.split_once(" in ")) {
            let over = over.trim_end_matches(" do").trim();
            return Statement::Loop(vec![name.trim().to_owned()], self.expression(over));
        }
        for method in [".each", ".sort", ".forEach(", ".map", ".keys", ".to_a"] {
            if let Some((over, _)) = line.split_once(method) {
                return Statement::Loop(names, self.expression(over));
            }
        }
        Statement::Loop(names, Expression::Opaque(line.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    fn ruby_assignment(&self, body: &str) -> Statement {
        match body.split_once('=') {
            Some((name, value))
                if is_name(name.trim().trim_start_matches('@')) && !value.starts_with(['=', '~']) =>
            {
                Statement::Set(name.trim().to_owned(), self.expression(value))
            }
            _ => Statement::Silent,
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The text between quotes that `text` starts with, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    text.get(1..)?.split_once(quote)
}

/// `import a, b as c`: the macros' names, each with what it is called here.
fn imported(text: &str) -> Vec<(String, String)> {
    let names = text.trim().strip_prefix("import ").unwrap_or("").replace("with context", "");
    let pairs = names.split(',').map(|one| {
        let (name, alias) = one.split_once(" as ").unwrap_or((one, one));
        (name.trim().to_owned(), alias.trim().to_owned())
    });
    pairs.filter(|(name, _)| !name.is_empty()).collect()
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (word, rest.trim())
}

fn after_assignment(text: &str) -> &str {
    text.split_once(":=").map_or(text, |(_, value)| value)
}
