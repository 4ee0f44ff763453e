//! Words to directives and blocks, with recovery.

use super::lex::{self, blanks, byte_order_mark, comment, is_blank};
use super::lua;
use super::template::Templates;
use super::tree::{Block, Directive, DirectiveId, Tree, Word};
use crate::span::Span;
use crate::syntax::template::{Template, TemplateKind};
use crate::syntax::{Parsed, SyntaxError};

/// The longest word, in bytes, that nginx's buffer takes (`NGX_CONF_BUFFER`, with the byte that ends the word).
const LONGEST_WORD: u32 = 4095;

/// Parses a file.
///
/// Never fails: what breaks the grammar is an error in the list, and reading goes on behind it. In a template whose
/// statements may bring or take away braces and semicolons, missing ones are no errors.
pub fn parse(text: &str) -> Parsed<Tree> {
    let mut parser = Parser { text, rest: text, templates: Templates::of(text), ..Parser::default() };
    parser.run();
    parser.finish()
}

#[derive(Default)]
struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    tree: Tree,
    /// The directives whose blocks are open, outermost first.
    open: Vec<u32>,
    /// The directive that is being read.
    pending: Pending,
    templates: Templates,
    /// The branches of template statements that are open, innermost last.
    branches: Vec<u32>,
    /// How many branches there were so far.
    branch_count: u32,
    /// Whether templates decide about the file's structure.
    lenient: bool,
    /// Whether a quote was met that nothing closes; no other then looks further than its line.
    unclosed_quote: bool,
    errors: Vec<SyntaxError>,
    /// Errors that count unless template statements decide about the file's structure.
    unterminated: Vec<SyntaxError>,
    /// Errors that count unless, besides, a placeholder may stand for braces.
    structural: Vec<SyntaxError>,
}

/// A directive of which words were read, but not its end.
#[derive(Default)]
struct Pending {
    /// The first word, as an index into the tree's words.
    first_word: u32,
    /// The template's branch that the first word stands in; 0 outside all.
    branch: u32,
    /// Whether a template statement stands among the words.
    conditional_words: bool,
}

impl Parser<'_> {
    fn run(&mut self) {
        if let Ok((rest, mark)) = byte_order_mark(self.rest) {
            let span = Span::new(0, mark.len() as u32);
            self.errors.push(
                SyntaxError::fatal(
                    span,
                    "byte order mark: nginx takes it for a part of the first directive's name",
                )
                .with_help("save the file as UTF-8 without a byte order mark"),
            );
            self.rest = rest;
        }
        loop {
            let (rest, gap) = blanks(self.rest).unwrap_or((self.rest, ""));
            if gap.contains('\n') && self.opaque_statement(rest) {
                self.end_directive(false);
            }
            self.rest = rest;
            let Some(next) = rest.chars().next() else { break };
            match next {
                '#' => self.comment(),
                '{' | '<' if let Some(template) = self.template_here() => match template.kind {
                    TemplateKind::Output => self.word(),
                    _ => self.statement(template),
                },
                ';' => self.semicolon(),
                '{' => self.open_block(),
                '}' => self.close_block(),
                _ => self.word(),
            }
        }
    }

    /// Whether the words so far are placeholders on a line of their own, which nothing in `rest` belongs to.
    fn opaque_statement(&self, rest: &str) -> bool {
        let words = self.words();
        !words.is_empty() && words.iter().all(super::tree::Word::is_opaque) && !rest.starts_with([';', '{'])
    }

    fn comment(&mut self) {
        let Ok((rest, text)) = comment(self.rest) else { return };
        let start = self.offset();
        if text.len() as u32 > LONGEST_WORD && rest.len() > 1 {
            self.too_long(Span::new(start, start + text.len() as u32), "comment");
        }
        self.tree.comments.push(Span::new(start, start + text.trim_end_matches('\r').len() as u32));
        self.rest = rest;
    }

    /// The template that stands where a word could begin.
    fn template_here(&self) -> Option<Template> {
        let template = self.templates.at(self.offset())?;
        // `location / {# a comment` opens a block and begins a comment, unless a template's comment ends on the line.
        let several_lines = || template.span.of(self.text).contains('\n');
        let comment = self.rest.starts_with("{#") && !self.words().is_empty() && several_lines();
        (!comment).then_some(template)
    }

    /// Takes a template's statement or comment.
    fn statement(&mut self, template: Template) {
        self.template(template.kind);
        self.pending.conditional_words |= !self.words().is_empty() && template.kind != TemplateKind::Silent;
        self.advance(template.span.len() as usize);
    }

    fn template(&mut self, kind: TemplateKind) {
        self.tree.templated = true;
        match kind {
            TemplateKind::Opens => self.open_branch(),
            TemplateKind::Divides => {
                self.branches.pop();
                self.open_branch();
            }
            TemplateKind::Closes => {
                self.branches.pop();
            }
            TemplateKind::Output | TemplateKind::Silent => {}
        }
        self.lenient |= !matches!(kind, TemplateKind::Silent | TemplateKind::Output);
    }

    fn open_branch(&mut self) {
        self.branch_count += 1;
        self.branches.push(self.branch_count);
    }

    fn word(&mut self) {
        let start = self.offset();
        let read = lex::word(self.rest, start, &self.templates, self.unclosed_quote);
        let mut word = read.word;
        self.rest = read.rest;
        if self.words().is_empty() {
            self.pending.branch = self.branches.last().copied().unwrap_or(0);
        }
        for kind in read.kinds {
            self.template(kind);
        }
        self.tree.templated |= word.is_templated();
        if read.unclosed {
            self.unclosed_quote = true;
            let quote = word.span.of(self.text).chars().next().unwrap_or('"');
            self.structural.push(
                SyntaxError::fatal(
                    Span::new(start, start + 1),
                    format!("the quote `{quote}` is never closed"),
                )
                .with_help(format!("write the closing `{quote}`")),
            );
            word.span.end = word.span.start + word.span.of(self.text).trim_end_matches('\r').len() as u32;
        } else if word.inner().len() > LONGEST_WORD {
            self.too_long(word.span, "parameter");
        }
        self.tree.words.push(word);
        if word.quote.is_some() && !read.unclosed {
            self.after_quote();
        }
    }

    /// Behind a closing quote only a blank, `;`, `{` or `)` may stand.
    fn after_quote(&mut self) {
        let Some(next) = self.rest.chars().next() else { return };
        if is_blank(next) || matches!(next, ';' | '{' | ')') || self.templates.at(self.offset()).is_some() {
            return;
        }
        let at = self.offset();
        let error = SyntaxError::fatal(
            Span::new(at, at + next.len_utf8() as u32),
            format!("unexpected `{next}` behind a closing quote"),
        );
        let error = if next == '}' {
            error.with_help("end the directive with `;`")
        } else {
            error.with_help("nginx does not join quoted parts: write the whole value in one pair of quotes")
        };
        self.errors.push(error);
    }

    fn too_long(&mut self, span: Span, what: &str) {
        self.errors.push(
            SyntaxError::fatal(
                Span::new(span.start, span.start + 1),
                format!("too long {what}: {} bytes, nginx reads at most {LONGEST_WORD}", span.len()),
            )
            .with_help("a closing quote may be missing"),
        );
    }

    fn semicolon(&mut self) {
        let at = self.offset();
        self.advance(1);
        if !self.words().is_empty() {
            self.end_directive(true);
        } else if !self.templates_stand_before(at) {
            self.errors.push(
                SyntaxError::fatal(Span::new(at, at + 1), "unexpected `;`: no directive stands before it")
                    .with_help("remove it"),
            );
        }
    }

    /// Whether what stands before byte `at` is a template's end, which may have left words there.
    fn templates_stand_before(&self, at: u32) -> bool {
        let before = Span::new(0, at).of(self.text).trim_end();
        self.tree.templated && ["}}", "%}", "#}", "%>"].iter().any(|close| before.ends_with(close))
    }

    fn open_block(&mut self) {
        let at = self.offset();
        if self.words().is_empty() && !self.templates_stand_before(at) {
            self.errors.push(
                SyntaxError::fatal(Span::new(at, at + 1), "unexpected `{`: no directive stands before it")
                    .with_help("write the block's directive, or remove the brace"),
            );
        }
        let raw = self.words().first().is_some_and(|name| name.value(self.text).ends_with("_by_lua_block"));
        let id = self.push_directive(at + 1);
        self.advance(1);
        if raw {
            self.lua_block(id, at);
        } else {
            self.set_block(id, Block { span: Span::new(at, at + 1), raw: false, closed: false });
            self.open.push(id);
        }
    }

    fn lua_block(&mut self, id: u32, open: u32) {
        let body = lua::body(self.rest).or_else(|_| lua::balanced(self.rest));
        let closed = body.is_ok();
        if let Ok((rest, _)) = body {
            self.rest = rest;
            self.advance(1);
        } else {
            self.rest = "";
            self.structural.push(unclosed_block(Span::new(open, open + 1)));
        }
        let end = self.offset();
        self.set_block(id, Block { span: Span::new(open, end), raw: true, closed });
        self.set_end(id, end);
    }

    fn close_block(&mut self) {
        let at = self.offset();
        if !self.words().is_empty() {
            if self.words().iter().all(|word| !word.is_templated()) && !self.pending.conditional_words {
                let last = self.words().last().map_or(Span::empty(at), |word| word.span);
                self.unterminated.push(
                    SyntaxError::fatal(
                        last,
                        "the directive is not terminated: `}` stands where `;` is expected",
                    )
                    .with_help("end the directive with `;`"),
                );
            }
            self.end_directive(false);
        }
        self.advance(1);
        let end = self.offset();
        if let Some(id) = self.open.pop() {
            if let Some(directive) = self.tree.directives.get_mut(id as usize)
                && let Some(block) = &mut directive.block
            {
                block.span.end = end;
                block.closed = true;
            }
            self.set_end(id, end);
        } else {
            self.structural.push(
                SyntaxError::fatal(Span::new(at, end), "unexpected `}`: no block is open")
                    .with_help("remove it, or look for a missing `{` above"),
            );
        }
    }

    fn finish(mut self) -> Parsed<Tree> {
        if !self.words().is_empty() {
            let opaque =
                self.words().iter().any(super::tree::Word::is_templated) || self.pending.conditional_words;
            let last = self.words().last().map_or(Span::default(), |word| word.span);
            if !opaque {
                self.unterminated.push(
                    SyntaxError::fatal(last, "the file ends inside a directive: `;` or `{` is expected")
                        .with_help("end the directive with `;`"),
                );
            }
            self.end_directive(false);
        }
        let end = self.text.len() as u32;
        if let Some(&innermost) = self.open.last() {
            let span = self.tree.name(DirectiveId(innermost)).map_or(Span::empty(end), |name| name.span);
            self.structural.push(unclosed_block(span));
        }
        for id in std::mem::take(&mut self.open) {
            if let Some(block) = self.tree.directives.get_mut(id as usize).and_then(|d| d.block.as_mut()) {
                block.span.end = end;
            }
            self.set_end(id, end);
        }
        if !self.lenient {
            self.errors.append(&mut self.unterminated);
            if !self.tree.directives.iter().any(|directive| self.stands_alone(directive)) {
                self.errors.append(&mut self.structural);
            }
        }
        self.errors.sort_by_key(|error| error.span);
        self.tree.words.shrink_to_fit();
        self.tree.directives.shrink_to_fit();
        Parsed { tree: self.tree, errors: self.errors }
    }

    /// Whether a directive is placeholders alone, which may stand for braces.
    fn stands_alone(&self, directive: &Directive) -> bool {
        let words = self.tree.words.get(directive.words.start as usize..directive.words.end as usize);
        !directive.terminated
            && words.is_some_and(|words| !words.is_empty() && words.iter().all(super::tree::Word::is_opaque))
    }

    fn words(&self) -> &[Word] {
        self.tree.words.get(self.pending.first_word as usize..).unwrap_or(&[])
    }

    fn end_directive(&mut self, terminated: bool) {
        let end =
            if terminated { self.offset() } else { self.words().last().map_or(0, |word| word.span.end) };
        let id = self.push_directive(end);
        if let Some(directive) = self.tree.directives.get_mut(id as usize) {
            directive.terminated = terminated;
        }
    }

    fn push_directive(&mut self, end: u32) -> u32 {
        let id = self.tree.directives.len() as u32;
        let start = self.words().first().map_or(end.saturating_sub(1), |word| word.span.start);
        self.tree.directives.push(Directive {
            words: self.pending.first_word..self.tree.words.len() as u32,
            block: None,
            span: Span::new(start, end),
            parent: self.open.last().copied().map(DirectiveId),
            end: id + 1,
            branch: self.pending.branch,
            conditional_words: self.pending.conditional_words,
            terminated: true,
        });
        self.pending = Pending { first_word: self.tree.words.len() as u32, ..Pending::default() };
        id
    }

    fn set_block(&mut self, id: u32, block: Block) {
        if let Some(directive) = self.tree.directives.get_mut(id as usize) {
            directive.block = Some(block);
        }
    }

    /// Ends the directive `id`, and with it the list of those inside it, at byte `end`.
    fn set_end(&mut self, id: u32, end: u32) {
        let last = self.tree.directives.len() as u32;
        if let Some(directive) = self.tree.directives.get_mut(id as usize) {
            directive.span.end = end;
            directive.end = last;
        }
    }

    fn offset(&self) -> u32 {
        (self.text.len() - self.rest.len()) as u32
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }
}

fn unclosed_block(span: Span) -> SyntaxError {
    SyntaxError::fatal(span, "the block is never closed: the file ends where `}` is expected")
        .with_help("write the closing `}`")
}
