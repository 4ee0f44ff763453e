//! One rendering of a template: which branches are taken, and the text that comes of it, every byte with its place.

use super::evaluate::Known;
use super::expression::{Expression, Language};
use super::facts::{Atom, Facts};
use super::library::Library;
use super::tree::{Branch, Choice, Guard, Node, Template};
use super::values::Values;
use crate::span::{Location, Span};
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How deep named texts and templates may ask for each other.
pub(super) const DEEPEST: u32 = 8;

/// How much text a rendering may have beyond twice the template's.
const MOST_MORE: usize = 1 << 20;

/// How many parts of a template one rendering goes through at most; loops and named texts may repeat them.
const MOST_STEPS: usize = 1 << 20;

/// How many names a template may set; those beyond are not followed.
const MOST_NAMES: usize = 256;

/// How large the expression behind a name may be.
const LARGEST: usize = 64;

/// A question that was open, and its answer.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) atom: Atom,
    pub(super) holds: bool,
    /// The tag that asked.
    pub(super) place: Location,
    /// Whether something of what matters depends on it.
    pub(super) matters: bool,
    /// Whether it is asked of a list if it has entries.
    pub(super) is_list: bool,
}

/// Who answers open questions.
pub(super) trait Decide {
    fn decide(&mut self, atom: &Atom, matters: bool, earlier: &[Decision]) -> bool;
}

/// What is common to all templates of one rendering.
pub(super) struct Rendering<'d> {
    pub(super) facts: Facts,
    pub(super) decisions: Vec<Decision>,
    /// The branches that were taken: template, choice, branch; one past the last for none.
    pub(super) taken: Vec<(usize, u32, usize)>,
    /// Choices whose branch is prescribed.
    pub(super) wanted: BTreeMap<(usize, u32), usize>,
    pub(super) decide: &'d mut dyn Decide,
    /// What names stand for, as far as the repository says.
    pub(super) values: &'d Values,
    /// The names that conditions ask for.
    pub(super) asked: &'d BTreeSet<String>,
}

impl Rendering<'_> {
    /// The text of a template.
    pub(super) fn print(&mut self, origin: Origin<'_>, library: &Library) -> Text {
        let mut printer = Printer {
            text: origin.text,
            number: origin.number,
            template: origin.template,
            parts: origin.parts,
            library,
            names: HashMap::new(),
            named: HashMap::new(),
            blocks: HashMap::new(),
            dot: None,
            place: Span::empty(0),
            matters: true,
            is_list: false,
            depth: 0,
            steps: 0,
            out: Text::default(),
            rendering: self,
        };
        printer.know_named_templates();
        printer.nodes(&origin.template.nodes);
        printer.out
    }
}

/// A template that is printed.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// Its number among all of the rendering.
    pub(super) number: usize,
    pub(super) template: &'a Template,
    pub(super) text: &'a str,
    /// How many templates are printed by themselves; those of the library have the numbers behind theirs.
    pub(super) parts: usize,
}

/// A text that is printed where its name is asked for.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) parameters: &'a [String],
    pub(super) body: &'a [Node],
    pub(super) origin: Origin<'a>,
}

pub(super) struct Printer<'a, 'r, 'd> {
    pub(super) text: &'a str,
    pub(super) number: usize,
    pub(super) template: &'a Template,
    pub(super) parts: usize,
    pub(super) library: &'a Library,
    /// What the template sets.
    pub(super) names: HashMap<String, Expression>,
    /// The texts that it defines, with their parameters.
    pub(super) named: HashMap<String, Named<'a>>,
    /// Blocks of templates that extend the one that is printed.
    pub(super) blocks: HashMap<&'a str, Named<'a>>,
    /// What `.` stands for.
    pub(super) dot: Option<Expression>,
    /// The tag that is being evaluated.
    pub(super) place: Span,
    pub(super) matters: bool,
    /// Whether it is asked of a list if it has entries.
    pub(super) is_list: bool,
    pub(super) depth: u32,
    pub(super) steps: usize,
    pub(super) out: Text,
    pub(super) rendering: &'r mut Rendering<'d>,
}

impl<'a> Printer<'a, '_, '_> {
    pub(super) fn nodes(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            self.steps += 1;
            if self.steps > MOST_STEPS || self.out.as_str().len() > 2 * self.text.len() + MOST_MORE {
                return;
            }
            match node {
                Node::Text(span) => self.verbatim(*span),
                Node::Output(span, expression) => self.output(*span, expression),
                Node::Choice(choice) => self.choice(choice),
                Node::Set(name, value) => {
                    let value = self.resolved(value);
                    self.set(name, value);
                }
                Node::Unset(name) => self.set(name, Expression::Name(format!("{name} as it is set"))),
                Node::Define(name, parameters, body) => {
                    if self.template.called.contains(name) {
                        let origin = self.origin();
                        self.named.insert(name.clone(), Named { parameters, body, origin });
                    } else if self.depth == 0 {
                        self.nodes(body);
                    }
                }
                Node::Block(name, body) => match self.blocks.get(name.as_str()).copied() {
                    Some(other) => self.elsewhere(other.origin, |printer| printer.nodes(other.body)),
                    None => self.nodes(body),
                },
                Node::Import { path, alias, names } => self.import(path, alias.as_deref(), names),
                Node::Include(span, path) => match self.asked(path) {
                    Some(origin) => self.elsewhere(origin, |printer| printer.nodes(&origin.template.nodes)),
                    None => self.verbatim(*span),
                },
                Node::Extends(path) => {
                    if let Some(origin) = self.asked(path) {
                        self.keep_blocks(&self.template.nodes);
                        self.elsewhere(origin, |printer| printer.nodes(&origin.template.nodes));
                        return;
                    }
                }
            }
        }
    }

    fn verbatim(&mut self, span: Span) {
        self.out.push_verbatim(span.of(self.text), self.template.file, span.start);
    }

    pub(super) fn set(&mut self, name: &str, value: Expression) {
        let value =
            if value.size() > LARGEST { Expression::Name(format!("{name} as it is set")) } else { value };
        if self.names.len() < MOST_NAMES || self.names.contains_key(name) {
            self.names.insert(name.to_owned(), value);
        }
    }

    fn output(&mut self, span: Span, expression: &Expression) {
        if let Some((name, arguments)) = expression.named_text()
            && let Some(Named { parameters, body, origin }) = self.named.get(name).copied()
            && self.depth < DEEPEST
        {
            let arguments: Vec<_> = arguments.iter().map(|argument| self.resolved(argument)).collect();
            let around = std::mem::take(&mut self.out);
            self.depth += 1;
            self.within(parameters, &arguments, |printer| {
                printer.elsewhere(origin, |printer| printer.nodes(body));
            });
            self.depth -= 1;
            let inner = std::mem::replace(&mut self.out, around);
            self.indented(&inner, expression, span);
            return;
        }
        self.place = span;
        let expression = self.resolved(expression);
        let expression = self.filled(&expression, 0);
        if let Some(lines) = expression.lines() {
            self.indented(lines, &expression, span);
            return;
        }
        match self.value(&expression) {
            Known::Value(value, origin) => {
                let printed = value.printed();
                let here = self.template.location(span);
                // A word of the template that several tags and texts make up stands where it is put together.
                let stands = |text: &Text| {
                    text.location().is_some_and(|place| {
                        place.file != here.file
                            || (place.span.len() as usize == printed.len() && self.is_word(span))
                    })
                };
                match origin.filter(stands) {
                    Some(text) => self.out.push_text(&text),
                    None => self.out.push_replaced(&printed, here),
                }
            }
            Known::Name(_) => self.verbatim(span),
        }
    }

    /// Whether neither text nor tags adjoin a tag, quotes and separators aside.
    fn is_word(&self, tag: Span) -> bool {
        let ends = |next: Option<char>| {
            next.is_none_or(|next| next.is_whitespace() || "\"'`;,:=|()[]".contains(next))
        };
        ends(self.text.get(..tag.start as usize).and_then(|before| before.chars().next_back()))
            && ends(self.text.get(tag.end as usize..).and_then(|after| after.chars().next()))
    }

    /// Prints a text with the indentation that `expression` asks for.
    fn indented(&mut self, inner: &Text, expression: &Expression, tag: Span) {
        let place = self.template.location(tag);
        let (name, depth) = expression.indentation();
        if name == "nindent" {
            self.out.push_replaced("\n", place);
        }
        let margin = " ".repeat(depth);
        let mut at = 0;
        for line in inner.as_str().split_inclusive('\n') {
            // Jinja's `indent` leaves the first line where it is.
            let is_first = at == 0 && self.template.language == Language::Jinja;
            if depth > 0 && !is_first && !line.trim().is_empty() {
                self.out.push_replaced(&margin, place);
            }
            let end = at + line.len() as u32;
            self.out.push_text(&inner.part(Span::new(at, end)));
            at = end;
        }
    }

    /// Prints with `names` standing for `values`.
    fn within(&mut self, names: &[String], values: &[Expression], print: impl FnOnce(&mut Self)) {
        let dot = self.dot.clone();
        let mut hidden = Vec::new();
        for (rank, name) in names.iter().enumerate() {
            let value = values.get(rank).cloned();
            if name == "." {
                self.dot = value.filter(|value| *value != Expression::Name(".".to_owned()));
                continue;
            }
            let value = value.unwrap_or_else(|| Expression::Name(format!("{name} of the macro")));
            hidden.push((name, self.names.insert(name.clone(), value)));
        }
        print(self);
        for (name, earlier) in hidden.into_iter().rev() {
            match earlier {
                Some(earlier) => self.names.insert(name.clone(), earlier),
                None => self.names.remove(name),
            };
        }
        self.dot = dot;
    }

    fn choice(&mut self, choice: &'a Choice) {
        let wanted = self.rendering.wanted.get(&(self.number, choice.number)).copied();
        for (rank, branch) in choice.branches.iter().enumerate() {
            self.place = branch.head;
            self.matters = choice.matters;
            if self.holds(&branch.guard, wanted.map(|wanted| wanted == rank)) {
                self.rendering.taken.push((self.number, choice.number, rank));
                self.matters = true;
                self.branch(branch);
                return;
            }
        }
        self.rendering.taken.push((self.number, choice.number, choice.branches.len()));
        self.matters = true;
    }

    fn branch(&mut self, branch: &'a Branch) {
        match &branch.guard {
            Guard::Always | Guard::True(_) => self.nodes(&branch.body),
            Guard::With(value) => {
                let value = self.resolved(value);
                let name = [".".to_owned()];
                self.within(&name, &[value], |printer| printer.nodes(&branch.body));
            }
            Guard::Filled(names, over) => self.pass(names, over, branch),
        }
    }

    /// The elements of a list that the template spells out, each in turn; one pass through any other.
    fn pass(&mut self, names: &[String], over: &Expression, branch: &'a Branch) {
        let over = self.resolved(over);
        let filled = self.filled(&over, 0);
        if let Expression::List(items) = &filled
            && !items.is_empty()
            && (names.len() == 1 || self.template.language == Language::Go)
        {
            let name = names.last().map_or(".", String::as_str).to_owned();
            let is_go = self.template.language == Language::Go && name != ".";
            for item in items.iter().take(LARGEST) {
                let all = if is_go { vec![name.clone(), ".".to_owned()] } else { vec![name.clone()] };
                let values = vec![item.clone(); all.len()];
                self.within(&all, &values, |printer| printer.nodes(&branch.body));
            }
            return;
        }
        let element = |part: &str| Expression::Name(format!("{}[]{part}", over.words()));
        let last = names.len().saturating_sub(1);
        let mut all: Vec<String> = names.to_vec();
        let mut values: Vec<_> = (0..names.len())
            .map(|rank| element(&if rank == last { String::new() } else { format!(".{rank}") }))
            .collect();
        if matches!(self.template.language, Language::Go | Language::Handlebars) {
            all.push(".".to_owned());
            values.push(element(""));
        }
        self.within(&all, &values, |printer| printer.nodes(&branch.body));
    }

    /// Whether a guard holds; where it is `wanted` to, or not to, its questions are answered so if they can be.
    fn holds(&mut self, guard: &Guard, wanted: Option<bool>) -> bool {
        let condition = match guard {
            Guard::Always => return true,
            // A list in the middle of a line has entries: without any it would leave half a line.
            Guard::Filled(..) if self.is_in_line() => return true,
            Guard::True(condition) | Guard::Filled(_, condition) | Guard::With(condition) => {
                self.resolved(condition)
            }
        };
        self.is_list = matches!(guard, Guard::Filled(..));
        if let Some(wanted) = wanted {
            /// How many questions of one guard are answered this way and that.
            const TRIED: u32 = 5;
            let facts = self.rendering.facts.clone();
            let decided = self.rendering.decisions.len();
            for answers in 0..1 << TRIED {
                let mut forced = Forced { answers, asked: 0 };
                if self.truth_by(&condition, &mut forced) == wanted {
                    return wanted;
                }
                self.rendering.facts.clone_from(&facts);
                self.rendering.decisions.truncate(decided);
            }
        }
        self.truth(&condition)
    }

    /// Whether text stands before the tag in its line.
    fn is_in_line(&self) -> bool {
        let before = self.text.get(..self.place.start as usize).unwrap_or("").trim_end_matches([' ', '\t']);
        !before.is_empty() && !before.ends_with('\n')
    }

    fn truth_by(&mut self, condition: &Expression, forced: &mut Forced) -> bool {
        let Rendering { facts, decisions, taken, wanted, values, asked, .. } = &mut *self.rendering;
        let (values, asked) = (*values, *asked);
        let mut rendering = Rendering {
            values,
            asked,
            facts: facts.clone(),
            decisions: std::mem::take(decisions),
            taken: std::mem::take(taken),
            wanted: std::mem::take(wanted),
            decide: forced,
        };
        let mut printer = Printer {
            rendering: &mut rendering,
            text: self.text,
            number: self.number,
            template: self.template,
            parts: self.parts,
            library: self.library,
            names: HashMap::new(),
            named: HashMap::new(),
            blocks: HashMap::new(),
            dot: None,
            place: self.place,
            matters: self.matters,
            is_list: self.is_list,
            depth: 0,
            steps: 0,
            out: Text::default(),
        };
        let holds = printer.truth(condition);
        let Rendering { facts, decisions, taken, wanted, .. } = rendering;
        self.rendering.facts = facts;
        self.rendering.decisions = decisions;
        self.rendering.taken = taken;
        self.rendering.wanted = wanted;
        holds
    }

    /// The expression with what the names stand for here.
    fn resolved(&self, expression: &Expression) -> Expression {
        expression.resolve(&|name| self.find(name))
    }

    fn find(&self, name: &str) -> Option<Expression> {
        if let Some(field) = name.strip_prefix("$.") {
            return Some(Expression::Name(format!(".{field}")));
        }
        if name.starts_with('.') {
            return self.dot.as_ref().map(|dot| if name == "." { dot.clone() } else { dot.field(name) });
        }
        let head = name.split(['.', '[']).next().unwrap_or(name);
        let rest = name.get(head.len()..).unwrap_or("");
        if let Some(value) = self.names.get(head) {
            return Some(match value {
                value if rest.is_empty() => value.clone(),
                other => other.field(rest),
            });
        }
        let dot = self.dot.as_ref().filter(|_| self.template.language == Language::Handlebars)?;
        (!name.starts_with('@')).then(|| dot.field(&format!(".{name}")))
    }
}

/// Answers questions by the bits of a number, the first by the lowest.
struct Forced {
    answers: u32,
    asked: u32,
}

impl Decide for Forced {
    fn decide(&mut self, _: &Atom, _: bool, _: &[Decision]) -> bool {
        let bit = self.answers >> self.asked.min(31) & 1 == 0;
        self.asked += 1;
        bit
    }
}
