//! Placeholders of template languages that stand in configuration text: Jinja, Go and Helm, ERB, EJS, Handlebars, Mustache.
//!
//! Nothing is evaluated. What a placeholder becomes is unknown; which of them open and close a branch is not, and that is what
//! tells a setting that always holds from one that holds in some renderings.

use crate::span::Span;

/// One placeholder with its delimiters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Template {
    /// The bytes, delimiters included; may run over several lines.
    pub span: Span,
    /// What it does to the text around it.
    pub kind: TemplateKind,
}

/// What a placeholder does to the text around it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TemplateKind {
    /// Ends the innermost branch or loop: `{% endif %}`, `{{ end }}`, `{{/if}}`, `<% end %>`.
    Closes,
    /// Starts another branch of the innermost choice: `{% else %}`, `<% elsif x %>`.
    Divides,
    /// Starts a branch or loop: `{% if x %}`, `{{ range .Hosts }}`, `{{#each x}}`, `<% x.each do |y| %>`.
    Opens,
    /// Puts text in its place, of which nothing is known: `{{ x }}`, `<%= x %>`, `{% include "x" %}`.
    Output,
    /// Leaves nothing behind: a comment, an assignment, an import.
    Silent,
}

/// The delimiters of one family of languages.
struct Delimiters {
    open: &'static str,
    close: &'static str,
    classify: fn(&str) -> TemplateKind,
}

const DELIMITERS: [Delimiters; 4] = [
    Delimiters { open: "{{", close: "}}", classify: braces },
    Delimiters { open: "{%", close: "%}", classify: jinja },
    Delimiters { open: "{#", close: "#}", classify: |_| TemplateKind::Silent },
    Delimiters { open: "<%", close: "%>", classify: ruby },
];

/// Finds every placeholder of `text`, in order; none overlap.
///
/// An opening delimiter without its closing one is no placeholder. Placeholders run over line ends only where the text behind the
/// opening delimiter looks like code, so that `{%hrl}` in a log format stays text, and never out of a comment: `# {{{` to `# }}}`
/// are the marks by which editors fold what stands between. Time is linear in the length of `text`.
pub fn templates(text: &str) -> Vec<Template> {
    let mut scanner = Scanner::new(text);
    let mut found = Vec::new();
    let mut at = 0;
    let mut comments = Comments { text, seen: 0, inside: false };
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find(['{', '<'])) {
        at += offset;
        if let Some(template) = scanner.template_at(at, comments.hold(at)) {
            at = template.span.end as usize;
            comments.skip(template.span);
            found.push(template);
        } else {
            at += 1;
        }
    }
    found
}

/// Whether a place lies behind a `#` on its line, which starts a comment in every language around but JSON.
///
/// A `#` inside a placeholder starts none. One in quotes is taken for one all the same: what is lost is a placeholder over several
/// lines, and that the grammar around it then tells.
struct Comments<'a> {
    text: &'a str,
    /// How far has been looked.
    seen: usize,
    inside: bool,
}

impl Comments<'_> {
    fn hold(&mut self, at: usize) -> bool {
        let between = self.text.get(self.seen..at).unwrap_or("");
        let line = match between.rsplit_once('\n') {
            Some((_, line)) => {
                self.inside = false;
                line
            }
            None => between,
        };
        self.inside |= line.contains('#');
        self.seen = self.seen.max(at);
        self.inside
    }

    fn skip(&mut self, span: Span) {
        self.inside &= !span.of(self.text).contains('\n');
        self.seen = span.end as usize;
    }
}

/// Ends of comments that may hold the ordinary closing delimiter.
const COMMENTS: [(&str, &str); 2] = [("!--", "--}}"), ("/*", "*/")];

/// Looks for closing delimiters, and remembers where there are none, so that no stretch is searched in vain twice.
struct Scanner<'a> {
    text: &'a str,
    /// The last closing delimiter of each family in the whole text.
    last: [Option<usize>; DELIMITERS.len()],
    /// The last end of each kind of comment.
    last_comment: [Option<usize>; COMMENTS.len()],
    /// The end of the line that was looked at last, and the last closing delimiters in it.
    line: (usize, [Option<usize>; DELIMITERS.len()]),
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        // Most files are no templates, and are looked through once for that.
        let opens = DELIMITERS.iter().any(|delimiters| text.contains(delimiters.open));
        let last = |words: &str| if opens { text.rfind(words) } else { None };
        Self {
            text,
            last: DELIMITERS.map(|delimiters| last(delimiters.close)),
            last_comment: COMMENTS.map(|(_, close)| last(close)),
            line: (0, [None; DELIMITERS.len()]),
        }
    }

    /// The placeholder that starts at `start`; `in_comment` where that lies in a comment.
    fn template_at(&mut self, start: usize, in_comment: bool) -> Option<Template> {
        let rest = self.text.get(start..)?;
        let family = DELIMITERS.iter().position(|delimiters| rest.starts_with(delimiters.open))?;
        let delimiters = DELIMITERS.get(family)?;
        let inside = start + delimiters.open.len();
        let body = self.text.get(inside..)?;
        let is_code =
            body.starts_with(|first: char| first.is_ascii_whitespace() || "-+=~!#/_".contains(first));
        // Three braces begin a fold, or a value of Handlebars, which ends on its line.
        let is_braces =
            rest.starts_with("{{") && self.text.get(..start).is_some_and(|before| before.ends_with('{'));
        let may_run_on = is_code && !in_comment && !is_braces && !self.opens_block(start);
        let last = if may_run_on { *self.last.get(family)? } else { self.last_in_line(start, family) };
        if last? < inside {
            return None;
        }
        let limit = if may_run_on { self.text.len() } else { self.line.0 };
        let (close, extra) = self.closing(inside, limit, delimiters)?;
        let body = self.text.get(inside..close)?;
        let end = close + delimiters.close.len() + extra;
        Some(Template { span: Span::new(start as u32, end as u32), kind: (delimiters.classify)(body) })
    }

    /// Whether `{#` stands where a block's brace does, with a comment of the language around behind it: `location / {# static`.
    fn opens_block(&self, start: usize) -> bool {
        let before = self.text.get(..start).unwrap_or("").trim_end_matches([' ', '\t']);
        let is_head = before.ends_with(|last: char| !matches!(last, '\n' | ';' | '{' | '}' | '>'));
        is_head && self.text.get(start..).is_some_and(|rest| rest.starts_with("{#"))
    }

    fn last_in_line(&mut self, at: usize, family: usize) -> Option<usize> {
        if at >= self.line.0 {
            let rest = self.text.get(at..)?;
            let line = rest.split('\n').next().unwrap_or(rest);
            let last = DELIMITERS.map(|delimiters| line.rfind(delimiters.close).map(|offset| at + offset));
            self.line = (at + line.len(), last);
        }
        *self.line.1.get(family)?
    }

    /// Where the closing delimiter starts, before `limit`, and how many more bytes belong to it.
    fn closing(&self, inside: usize, limit: usize, delimiters: &Delimiters) -> Option<(usize, usize)> {
        let body = self.text.get(inside..limit)?;
        let in_braces = delimiters.open == "{{";
        let opening = body.trim_start_matches(['-', ' ']);
        let comment = COMMENTS
            .iter()
            .zip(self.last_comment)
            .find(|((open, _), _)| in_braces && opening.starts_with(open));
        let skip = comment.and_then(|((_, close), last)| {
            last.filter(|last| *last >= inside)?;
            Some(body.find(close)? + close.trim_end_matches('}').len())
        });
        let skip = skip.or_else(|| quoted_delimiter(body)).unwrap_or(0);
        let close = inside + skip + body.get(skip..)?.find(delimiters.close)?;
        // `{{{ x }}}` is Handlebars for "without HTML escaping".
        let is_triple = in_braces && body.starts_with('{');
        let extra =
            usize::from(is_triple && self.text.get(close + 2..).is_some_and(|rest| rest.starts_with('}')));
        Some((close, extra))
    }
}

/// The length of a delimiter in quotes at the start of a tag, as templates of templates print them: `{{ '}}' }}`.
fn quoted_delimiter(body: &str) -> Option<usize> {
    let quoted = body.trim_start_matches(['-', ' ']);
    let quote = quoted.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    let inside = quoted.get(1..)?;
    let length = inside.bytes().take(4).position(|byte| byte == quote as u8)?;
    Some(body.len() - inside.len() + length + 1)
}

/// The first word of a statement, whitespace controls taken off.
fn keyword(body: &str) -> &str {
    let body = body.trim_start_matches(['-', '+', '~', '_', ' ', '\t', '\r', '\n']);
    let end = body.find(|next: char| !next.is_ascii_alphanumeric() && next != '_').unwrap_or(body.len());
    body.get(..end).unwrap_or(body)
}

fn braces(body: &str) -> TemplateKind {
    let trimmed = body.trim_start_matches(['{', '-', '~', ' ', '\t', '\r', '\n']);
    match trimmed.bytes().next() {
        Some(b'#' | b'^') => return TemplateKind::Opens,
        Some(b'/') if !trimmed.starts_with("/*") => return TemplateKind::Closes,
        Some(b'/' | b'!') => return TemplateKind::Silent,
        Some(b'$') if trimmed.contains(":=") => return TemplateKind::Silent,
        _ => {}
    }
    match keyword(trimmed) {
        "block" | "define" | "each" | "if" | "range" | "unless" | "with" => TemplateKind::Opens,
        "else" => TemplateKind::Divides,
        "end" => TemplateKind::Closes,
        // Ansible's variable with the text of a comment, for which filters find the signs.
        "ansible_managed" => TemplateKind::Silent,
        _ => TemplateKind::Output,
    }
}

fn jinja(body: &str) -> TemplateKind {
    match keyword(body) {
        "autoescape" | "block" | "call" | "filter" | "for" | "if" | "macro" | "raw" | "with" => {
            TemplateKind::Opens
        }
        "elif" | "else" | "elseif" | "elsif" => TemplateKind::Divides,
        "do" | "extends" | "from" | "import" | "set" => TemplateKind::Silent,
        word if word.starts_with("end") => TemplateKind::Closes,
        _ => TemplateKind::Output,
    }
}

fn ruby(body: &str) -> TemplateKind {
    match body.bytes().next() {
        Some(b'=') => return TemplateKind::Output,
        Some(b'#') => return TemplateKind::Silent,
        _ => {}
    }
    let statement = body.trim_end_matches(['-', '_', ' ', '\t', '\r', '\n']);
    let last = statement.rsplit(['\n', ';']).next().unwrap_or(statement);
    match keyword(last) {
        "begin" | "case" | "for" | "if" | "unless" | "until" | "while" => TemplateKind::Opens,
        "else" | "elsif" | "ensure" | "rescue" | "when" => TemplateKind::Divides,
        "end" => TemplateKind::Closes,
        _ if last.trim_start().starts_with('}') => {
            if last.ends_with('{') {
                TemplateKind::Divides
            } else {
                TemplateKind::Closes
            }
        }
        _ if opens_block(last) => TemplateKind::Opens,
        _ => TemplateKind::Silent,
    }
}

/// `x.each do |y|`, `x.each { |y|`, `if (x) {`.
fn opens_block(statement: &str) -> bool {
    let without_arguments = match statement.strip_suffix('|').and_then(|rest| rest.rfind('|')) {
        Some(bar) => statement.get(..bar).unwrap_or(statement).trim_end(),
        None => statement,
    };
    without_arguments.ends_with('{') || without_arguments.ends_with(" do")
}

#[cfg(test)]
mod tests {
    use super::*;
    use TemplateKind::{Closes, Divides, Opens, Output, Silent};

    #[track_caller]
    fn check(text: &str, expected: &[(&str, TemplateKind)]) {
        let found: Vec<_> =
            templates(text).iter().map(|template| (template.span.of(text), template.kind)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_language_is_found() {
        check("a {{ x }} b", &[("{{ x }}", Output)]);
        check(
            "{{- if .X }}y{{ else }}z{{ end -}}",
            &[("{{- if .X }}", Opens), ("{{ else }}", Divides), ("{{ end -}}", Closes)],
        );
        check(
            "{{#each x}}{{{y}}}{{/each}}",
            &[("{{#each x}}", Opens), ("{{{y}}}", Output), ("{{/each}}", Closes)],
        );
        check("{{ '}}' }} {{ \"{%\" }}", &[("{{ '}}' }}", Output), ("{{ \"{%\" }}", Output)]);
        check("{{ $x := .Y }}{{/* a }} b */}}", &[("{{ $x := .Y }}", Silent), ("{{/* a }} b */}}", Silent)]);
        check(
            "{% if x -%}{%- elif y %}{% endif %}",
            &[("{% if x -%}", Opens), ("{%- elif y %}", Divides), ("{% endif %}", Closes)],
        );
        check(
            "{% include 'x' %}{% set a = 1 %}{# b #}",
            &[("{% include 'x' %}", Output), ("{% set a = 1 %}", Silent), ("{# b #}", Silent)],
        );
        check(
            "<% if @x -%><%= @y %><% end %>",
            &[("<% if @x -%>", Opens), ("<%= @y %>", Output), ("<% end %>", Closes)],
        );
        check(
            "<%- @x.each do |y| -%><%- end -%>",
            &[("<%- @x.each do |y| -%>", Opens), ("<%- end -%>", Closes)],
        );
        check(
            "<% if (x) { %><% } else { %><% } %>",
            &[("<% if (x) { %>", Opens), ("<% } else { %>", Divides), ("<% } %>", Closes)],
        );
    }

    #[test]
    fn code_runs_over_lines_and_log_formats_do_not() {
        check("<%\n a = 1\n-%>x", &[("<%\n a = 1\n-%>", Silent)]);
        check("{%hrl} {%hsl}\nx %}", &[]);
        check("{{ a", &[]);
        check("{{a\nb}}", &[]);
    }

    #[test]
    fn nothing_runs_out_of_a_comment() {
        for (open, close) in [
            ("# {{{", "# }}}"),
            ("# {{{ a", "# }}} a"),
            ("# {{{1", "# }}}1"),
            ("a; # {{", "# }}"),
            ("#{{ a", "#}}"),
            ("# {% a", "# %}"),
            ("# {# a", "# #}"),
            ("#{#", "#}"),
            ("# <% a", "# %>"),
            ("{{{ a", "}}}"),
            ("a {{{", "}}}"),
            ("{{{{ a", "}}}}"),
        ] {
            check(&format!("{open}\nb\n{close}\n"), &[]);
            check(&format!("{open}\n{{{{ b }}}}\n{close}\n"), &[("{{ b }}", Output)]);
        }
        check("# {{ a }} {{ b\n}}", &[("{{ a }}", Output)]);
        check("{{ '#' }}{{ a\n}}", &[("{{ '#' }}", Output), ("{{ a\n}}", Output)]);
        check("{#\n# a #}{{ b\n}}", &[("{#\n# a #}", Silent), ("{{ b\n}}", Output)]);
        check("# a\n{{ b\n}}", &[("{{ b\n}}", Output)]);
        check("location / {# a\nb;\n#}", &[]);
        check("b; {# a\nb;\n#}", &[("{# a\nb;\n#}", Silent)]);
    }

    #[test]
    fn unclosed_openings_take_linear_time() {
        assert!(templates(&"{{".repeat(500_000)).is_empty());
        assert_eq!(templates(&format!("{}%}}", "{% ".repeat(300_000))).len(), 1);
        assert!(templates(&format!("{}\n}}}}", "{{a".repeat(300_000))).is_empty());
        assert_eq!(templates(&"{{!--x}}".repeat(100_000)).len(), 100_000);
    }
}
