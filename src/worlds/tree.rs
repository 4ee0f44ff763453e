//! A template as a tree of texts, outputs and choices.

use super::expression::{Expression, Language};
use super::statement::{Statement, Tag, Trim, tags};
use super::values::Values;
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use std::collections::BTreeSet;

/// How deep blocks may nest; tags deeper than that are passed over.
const DEEPEST: usize = 64;

/// A template.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) file: FileId,
    pub(super) language: Language,
    pub(super) nodes: Vec<Node>,
    /// Tags that nothing closes or opens, and what is wrong with them.
    pub(super) faults: Vec<(Span, String)>,
    /// The names of texts that it asks for.
    pub(super) called: BTreeSet<String>,
    /// The names that its conditions ask for.
    pub(super) asked: BTreeSet<String>,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Printed unless another template has a block of that name.
    Block(String, Vec<Node>),
    Choice(Choice),
    /// A text of that name, with its parameters, printed where it is asked for.
    Define(String, Vec<String>, Vec<Node>),
    /// The whole text is that of the template at this path, with the blocks of this one.
    Extends(String),
    /// Macros of the template at this path.
    Import {
        path: String,
        /// The name that all of them are known below.
        alias: Option<String>,
        /// Those that are taken over, each with what it is called here.
        names: Vec<(String, String)>,
    },
    /// The text of the template at this path.
    Include(Span, String),
    Output(Span, Expression),
    Set(String, Expression),
    Text(Span),
    /// A text whose name is set to what only the engine knows.
    Unset(String),
}

/// Branches of which at most one is taken.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) number: u32,
    pub(super) branches: Vec<Branch>,
    /// Whether something of what matters to TLS depends on it.
    pub(super) matters: bool,
}

/// One branch.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) guard: Guard,
    /// The tag that starts it.
    pub(super) head: Span,
    pub(super) body: Vec<Node>,
}

/// When a branch is taken, those before it not having been.
#[derive(Clone, Debug)]
pub(super) enum Guard {
    Always,
    /// The list has elements, which the names stand for.
    Filled(Vec<String>, Expression),
    True(Expression),
    /// The value is there, and its fields are looked at.
    With(Expression),
}

impl Template {
    /// Reads `text`; `None` where it has no tags.
    ///
    /// Of variables in the shell's words, those in `environment` are outputs: `${NAME}`.
    pub(super) fn read(text: &str, file: FileId, environment: &[&str]) -> Option<Self> {
        let (language, tags) = tags(text, file, environment);
        if tags.is_empty() {
            return None;
        }
        let mut builder = Builder {
            text,
            open: Vec::new(),
            nodes: Vec::new(),
            too_deep: 0,
            choices: 0,
            faults: Vec::new(),
        };
        let mut from = 0;
        let mut trim = Trim::None;
        for tag in tags {
            builder.text(trimmed(text, Span::new(from, tag.span.start), trim, tag.before));
            (from, trim) = (tag.span.end, tag.after);
            builder.tag(tag);
        }
        builder.text(trimmed(text, Span::new(from, text.len() as u32), trim, Trim::None));
        while let Some(frame) = builder.open.pop() {
            builder.faults.push((frame.head, "nothing closes it".to_owned()));
            builder.give_up(frame);
        }
        builder.faults.sort_by_key(|(span, _)| *span);
        let mut names = BTreeSet::new();
        called(&builder.nodes, &mut names);
        let mut asked_names = BTreeSet::new();
        asked(&builder.nodes, &mut asked_names);
        let Builder { nodes, faults, .. } = builder;
        Some(Self { file, language, nodes, faults, called: names, asked: asked_names })
    }

    /// A text without tags.
    pub(super) fn plain(source: &Source) -> Self {
        let nodes = vec![Node::Text(Span::new(0, source.text().len() as u32))];
        let (called, asked) = (BTreeSet::new(), BTreeSet::new());
        Self { file: source.id(), language: Language::Jinja, nodes, faults: Vec::new(), called, asked }
    }

    /// Whether it asks for named templates that a chart may define elsewhere.
    pub(super) fn calls_named_templates(&self) -> bool {
        self.language == Language::Go && !self.called.is_empty()
    }

    /// Whether its renderings differ from each other or from what stands there, placeholders aside.
    pub(super) fn is_worth_rendering(&self, values: &Values) -> bool {
        let is_plain = |node: &Node| {
            matches!(
                node,
                Node::Text(_)
                    | Node::Output(_, Expression::Name(_) | Expression::Opaque(_) | Expression::Call(..))
            )
        };
        let is_known = |node: &Node| match node {
            Node::Output(_, expression) => {
                let mut names = BTreeSet::new();
                named(expression, &mut names);
                names.iter().any(|name| values.get(name).is_some())
            }
            _ => false,
        };
        self.nodes.iter().any(is_known)
            || !self.faults.is_empty()
            || !self.called.is_empty()
            || !self.nodes.iter().all(is_plain)
    }

    pub(super) fn location(&self, span: Span) -> Location {
        Location::new(self.file, span)
    }
}

/// A text between two tags without the white space that they take away.
fn trimmed(text: &str, span: Span, start: Trim, end: Trim) -> Span {
    let inner = span.of(text);
    let cut = match start {
        Trim::All => inner.len() - inner.trim_start().len(),
        Trim::Line if inner.starts_with('\n') => 1,
        Trim::Line if inner.starts_with("\r\n") => 2,
        Trim::Line | Trim::None => 0,
    };
    let rest = inner.get(cut..).unwrap_or("");
    let left = match end {
        Trim::All => rest.trim_end(),
        Trim::Line => {
            let blank = rest.trim_end_matches([' ', '\t']);
            if blank.is_empty() || blank.ends_with('\n') { blank } else { rest }
        }
        Trim::None => rest,
    };
    let first = span.start + cut as u32;
    Span::new(first, first + left.len() as u32)
}

/// Words one of which stands in a branch that may matter to TLS, in small letters.
const MATTERS: [&str; 30] = [
    "ssl", "tls", "cipher", "protocol", "listen", "bind", "server", "proxy", "_pass", "upstream", "443",
    "crt", "cert", "verify", "include", "http", "return", "rewrite", "redirect", "location", "mode ",
    "frontend", "backend", "global", "defaults", "quic", "curve", "dh", "cluster", "port",
];

struct Frame {
    kind: &'static str,
    head: Span,
    branches: Vec<Branch>,
    guard: Guard,
    branch: Span,
    case: Option<Expression>,
    define: Option<(String, Vec<String>)>,
    nodes: Vec<Node>,
}

struct Builder<'a> {
    text: &'a str,
    open: Vec<Frame>,
    nodes: Vec<Node>,
    /// How many blocks deeper than the deepest are open.
    too_deep: usize,
    choices: u32,
    faults: Vec<(Span, String)>,
}

impl Builder<'_> {
    fn text(&mut self, span: Span) {
        if !span.is_empty() {
            self.push(Node::Text(span));
        }
    }

    fn push(&mut self, node: Node) {
        self.open.last_mut().map_or(&mut self.nodes, |frame| &mut frame.nodes).push(node);
    }

    fn tag(&mut self, Tag { span, statement, .. }: Tag) {
        match statement {
            Statement::If(condition) => self.start("if", span, Guard::True(condition)),
            Statement::Loop(names, over) => self.start("for", span, Guard::Filled(names, over)),
            Statement::With(value) => self.start("with", span, Guard::With(value)),
            Statement::Open(kind) => self.start(kind, span, Guard::Always),
            Statement::Block(name) => {
                self.start("block", span, Guard::Always);
                self.define((name, Vec::new()));
            }
            Statement::Extends(path) => self.push(Node::Extends(path)),
            Statement::Import(path, alias, names) => self.push(Node::Import { path, alias, names }),
            Statement::Include(path) => self.push(Node::Include(span, path)),
            Statement::Case(value) => {
                self.start("case", span, Guard::Always);
                if let Some(frame) = self.open.last_mut().filter(|_| self.too_deep == 0) {
                    frame.case = Some(value);
                }
            }
            Statement::Capture(name) => {
                self.start("set", span, Guard::Always);
                self.define((name, Vec::new()));
            }
            Statement::Define(name, parameters) => {
                self.start("macro", span, Guard::Always);
                self.define((name, parameters));
            }
            Statement::Else => self.divide(span, |_| Guard::Always),
            Statement::ElseIf(condition) => self.divide(span, |_| Guard::True(condition)),
            Statement::When(values) => self.divide(span, |case| {
                let case = case.cloned().unwrap_or_else(|| Expression::Opaque("case".to_owned()));
                Guard::True(Expression::equals_any(&case, values))
            }),
            Statement::End(kind) => self.end(span, kind),
            Statement::Output(expression) => self.push(Node::Output(span, expression)),
            Statement::Set(name, value) => self.push(Node::Set(name, value)),
            Statement::Silent => {}
        }
    }

    fn start(&mut self, kind: &'static str, head: Span, guard: Guard) {
        if self.open.len() >= DEEPEST {
            self.too_deep += 1;
            self.faults.push((head, format!("blocks nest deeper than {DEEPEST}")));
            return;
        }
        let frame = Frame {
            kind,
            head,
            branches: Vec::new(),
            guard,
            branch: head,
            case: None,
            define: None,
            nodes: Vec::new(),
        };
        self.open.push(frame);
    }

    fn define(&mut self, named: (String, Vec<String>)) {
        if let Some(frame) = self.open.last_mut().filter(|_| self.too_deep == 0) {
            frame.define = Some(named);
        }
    }

    fn divide(&mut self, span: Span, guard: impl FnOnce(Option<&Expression>) -> Guard) {
        if self.too_deep > 0 {
            return;
        }
        let Some(frame) =
            self.open.last_mut().filter(|frame| matches!(frame.kind, "if" | "for" | "with" | "case"))
        else {
            self.faults.push((span, "it divides nothing that is open".to_owned()));
            return;
        };
        let body = std::mem::take(&mut frame.nodes);
        let next = guard(frame.case.as_ref());
        let earlier = std::mem::replace(&mut frame.guard, next);
        let head = std::mem::replace(&mut frame.branch, span);
        // What stands before the first `when` is blank.
        if frame.kind != "case" || matches!(earlier, Guard::True(_)) {
            frame.branches.push(Branch { guard: earlier, head, body });
        }
    }

    fn end(&mut self, span: Span, kind: &str) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let wanted = if kind == "unless" { "if" } else { kind };
        let Some(at) = self.open.iter().rposition(|frame| wanted.is_empty() || frame.kind == wanted) else {
            if kind != "unknown" {
                self.faults.push((span, "it closes nothing that is open".to_owned()));
            }
            return;
        };
        while self.open.len() > at + 1 {
            let Some(frame) = self.open.pop() else { break };
            self.faults.push((frame.head, "nothing closes it".to_owned()));
            self.give_up(frame);
        }
        let Some(mut frame) = self.open.pop() else { return };
        if let Some((name, parameters)) = frame.define.take() {
            let node = match frame.kind {
                "set" => Node::Unset(name),
                "block" => Node::Block(name, frame.nodes),
                _ => Node::Define(name, parameters, frame.nodes),
            };
            self.push(node);
        } else if frame.branches.is_empty() && matches!(frame.guard, Guard::Always) {
            frame.nodes.into_iter().for_each(|node| self.push(node));
        } else {
            frame.branches.push(Branch { guard: frame.guard, head: frame.branch, body: frame.nodes });
            let matters = self.matters(&frame.branches);
            self.choices += 1;
            self.push(Node::Choice(Choice { number: self.choices - 1, branches: frame.branches, matters }));
        }
    }

    /// Puts what stood in a block that nothing closes where it stands.
    fn give_up(&mut self, frame: Frame) {
        let bodies = frame.branches.into_iter().flat_map(|branch| branch.body);
        bodies.chain(frame.nodes).for_each(|node| self.push(node));
    }

    /// Whether what TLS is about may depend on which of `branches` is taken.
    fn matters(&self, branches: &[Branch]) -> bool {
        branches.iter().any(|branch| {
            let (mut opened, mut closed) = (0, 0);
            let matters = branch.body.iter().any(|node| match node {
                Node::Text(span) | Node::Output(span, _) => {
                    let part = span.of(self.text);
                    if matches!(node, Node::Text(_)) {
                        opened += part.matches('{').count();
                        closed += part.matches('}').count();
                    }
                    let small = part.to_ascii_lowercase();
                    MATTERS.iter().any(|word| small.contains(word))
                }
                Node::Choice(inner) => inner.matters,
                Node::Define(..) | Node::Import { .. } => false,
                Node::Block(..) | Node::Extends(_) | Node::Include(..) | Node::Set(..) | Node::Unset(_) => {
                    true
                }
            });
            matters || opened != closed
        })
    }
}

/// The names of texts that `nodes` ask for.
fn called(nodes: &[Node], names: &mut BTreeSet<String>) {
    for node in nodes {
        match node {
            Node::Choice(choice) => choice.branches.iter().for_each(|branch| called(&branch.body, names)),
            Node::Block(_, body) | Node::Define(_, _, body) => called(body, names),
            Node::Output(_, expression) | Node::Set(_, expression) => calls(expression, names),
            Node::Extends(_) | Node::Import { .. } | Node::Include(..) | Node::Text(_) | Node::Unset(_) => {}
        }
    }
}

/// The names that conditions of `nodes` ask for.
fn asked(nodes: &[Node], names: &mut BTreeSet<String>) {
    for node in nodes {
        match node {
            Node::Choice(choice) => {
                for branch in &choice.branches {
                    match &branch.guard {
                        Guard::True(condition) | Guard::With(condition) => named(condition, names),
                        Guard::Always | Guard::Filled(..) => {}
                    }
                    asked(&branch.body, names);
                }
            }
            Node::Block(_, body) | Node::Define(_, _, body) => asked(body, names),
            Node::Extends(_)
            | Node::Import { .. }
            | Node::Include(..)
            | Node::Output(..)
            | Node::Set(..)
            | Node::Text(_)
            | Node::Unset(_) => {}
        }
    }
}

fn named(expression: &Expression, names: &mut BTreeSet<String>) {
    if let Expression::Name(name) = expression {
        names.insert(name.clone());
    }
    expression.parts().into_iter().for_each(|part| named(part, names));
}

fn calls(expression: &Expression, names: &mut BTreeSet<String>) {
    if let Some((name, _)) = expression.named_text() {
        names.insert(name.to_owned());
    }
    expression.parts().into_iter().for_each(|part| calls(part, names));
}
