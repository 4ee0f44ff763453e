//! Expressions of Jinja, Twig, Ruby and JavaScript: operators between operands.

use super::expression::{Expression, Order, State, Value};
use super::words::{Word, words};
use crate::span::{FileId, Location, Span};

/// How deep brackets and negations may nest.
const DEEPEST: u32 = 32;

/// Reads an expression that stands at byte `base` of `file`; one that is not understood is opaque.
pub(super) fn parse(text: &str, file: FileId, base: u32) -> Expression {
    let opaque = || Expression::Opaque(text.split_whitespace().collect::<Vec<_>>().join(" "));
    let Some(words) = words(text, base, false) else { return opaque() };
    let mut reader = Reader { text, words: &words, at: 0, file, base, depth: 0 };
    match reader.choice() {
        Some(expression) if reader.at == words.len() => expression,
        _ => opaque(),
    }
}

/// Reads the values between the commas of `text`.
pub(super) fn parse_list(text: &str, file: FileId, base: u32) -> Vec<Expression> {
    let bracketed = format!("[{text}]");
    match parse(&bracketed, file, base.saturating_sub(1)) {
        Expression::List(items) => items,
        other => vec![other],
    }
}

/// Methods of texts and lists that are filters by another name.
const METHODS: [&str; 12] = [
    "compact", "downcase", "first", "join", "lower", "replace", "split", "strip", "tr", "uniq", "upcase",
    "upper",
];

/// A method of a value: a filter; of a separator that joins a list, one of the list.
fn applied(value: &Expression, method: &str, mut arguments: Vec<Expression>) -> Expression {
    match value {
        Expression::Literal(..) if method == "join" && arguments.len() == 1 => {
            Expression::Filter(Box::new(arguments.remove(0)), method.to_owned(), vec![value.clone()])
        }
        // Ruby's `Array(x)` is `x` as a list.
        Expression::Call(name, list) if name == "Array" && list.len() == 1 => {
            Expression::Filter(Box::new(list[0].clone()), method.to_owned(), arguments)
        }
        _ => Expression::Filter(Box::new(value.clone()), method.to_owned(), arguments),
    }
}

/// Functions that look a value up by its path: Salt's and Puppet's.
const LOOKUPS: [&str; 4] = ["pillar.get", "salt.pillar.get", "scope.lookupvar", "scope.call_function"];

/// The value at a path, or what else is given.
fn looked_up(function: &str, path: &str, rest: &[Expression]) -> Expression {
    let path = path.trim_start_matches("::");
    let name = if function.starts_with("scope") {
        format!("scope.{path}")
    } else {
        format!("pillar.{}", path.replace(':', "."))
    };
    match rest {
        [other, ..] => {
            Expression::Filter(Box::new(Expression::Name(name)), "default".to_owned(), vec![other.clone()])
        }
        [] => Expression::Name(name),
    }
}

struct Reader<'a> {
    text: &'a str,
    words: &'a [(Word, usize, usize)],
    at: usize,
    file: FileId,
    base: u32,
    depth: u32,
}

impl Reader<'_> {
    /// `a if b else c`, `b ? a : c`.
    fn choice(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = self.either()?;
        let value = if self.takes_name("if") {
            let condition = self.either()?;
            let other = if self.takes_name("else") { self.choice()? } else { self.nothing() };
            Expression::If(Box::new([condition, value, other]))
        } else if self.takes("?") {
            let first = self.choice()?;
            if !self.takes(":") {
                return None;
            }
            let second = self.choice()?;
            Expression::If(Box::new([value, first, second]))
        } else {
            value
        };
        self.depth -= 1;
        Some(value)
    }

    fn either(&mut self) -> Option<Expression> {
        let mut value = self.both()?;
        while self.takes_name("or") || self.takes("||") {
            value = Expression::or(value, self.both()?);
        }
        Some(value)
    }

    fn both(&mut self) -> Option<Expression> {
        let mut value = self.negation()?;
        while self.takes_name("and") || self.takes("&&") {
            value = Expression::and(value, self.negation()?);
        }
        Some(value)
    }

    fn negation(&mut self) -> Option<Expression> {
        let mut times = 0;
        while self.takes_name("not") || self.takes("!") {
            times += 1;
        }
        let value = self.comparison()?;
        Some(if times % 2 == 1 { Expression::not(value) } else { value })
    }

    fn comparison(&mut self) -> Option<Expression> {
        let one = self.filtered()?;
        if self.takes("==") || self.takes("===") {
            return Some(Expression::equal(one, self.filtered()?));
        }
        if self.takes("!=") || self.takes("!==") || self.takes("<>") {
            return Some(Expression::not(Expression::equal(one, self.filtered()?)));
        }
        for (sign, order, swapped) in [
            ("<", Order::Below, false),
            ("<=", Order::AtMost, false),
            (">", Order::Below, true),
            (">=", Order::AtMost, true),
        ] {
            if self.takes(sign) {
                let two = self.filtered()?;
                return Some(Expression::Compare(
                    order,
                    Box::new(if swapped { [two, one] } else { [one, two] }),
                ));
            }
        }
        let is_negated = matches!(self.peek(0), Some(Word::Name(name)) if name == "not")
            && matches!(self.peek(1), Some(Word::Name(name)) if name == "in");
        self.at += usize::from(is_negated);
        if self.takes_name("in") {
            let found = Expression::In(Box::new([one, self.filtered()?]));
            return Some(if is_negated { Expression::not(found) } else { found });
        }
        if self.takes_name("is") {
            let is_negated = self.takes_name("not");
            let found = self.state(one)?;
            return Some(if is_negated { Expression::not(found) } else { found });
        }
        Some(one)
    }

    /// What follows `is`.
    fn state(&mut self, value: Expression) -> Option<Expression> {
        let name = self.name()?;
        let arguments = if self.takes("(") { self.list(")")? } else { Vec::new() };
        let literal = |value| Expression::Literal(value, Location::new(self.file, Span::empty(self.base)));
        Some(match (name.as_str(), arguments.as_slice()) {
            ("defined", []) => Expression::Is(Box::new(value), State::Defined),
            ("undefined", []) => Expression::not(Expression::Is(Box::new(value), State::Defined)),
            ("none" | "null", []) => Expression::Is(Box::new(value), State::Nothing),
            ("true", []) => Expression::equal(value, literal(Value::Flag(true))),
            ("false", []) => Expression::equal(value, literal(Value::Flag(false))),
            (
                "version" | "version_compare",
                [Expression::Literal(Value::Text(limit), _), Expression::Literal(Value::Text(sign), _), ..],
            ) if !matches!(sign.as_str(), "==" | "eq" | "!=" | "ne") => {
                Expression::release(sign, value, limit)?
            }
            ("sameas" | "eq" | "equalto", [other]) => Expression::equal(value, other.clone()),
            _ => {
                let list: Vec<_> = arguments.iter().map(Expression::words).collect();
                let tail = if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) };
                Expression::Opaque(format!("{} is {name}{tail}", value.words()))
            }
        })
    }

    fn filtered(&mut self) -> Option<Expression> {
        let mut value = self.joined()?;
        while self.takes("|") {
            let name = self.name()?;
            let arguments = if self.takes("(") { self.list(")")? } else { Vec::new() };
            value = Expression::Filter(Box::new(value), name, arguments);
        }
        Some(value)
    }

    /// Operands with operators of arithmetic between them are opaque as a whole; texts that are joined are not.
    fn joined(&mut self) -> Option<Expression> {
        let start = self.at;
        let mut value = self.operand()?;
        let mut is_arithmetic = false;
        loop {
            if self.takes("~") || self.takes("+") {
                value = Expression::Call("~".to_owned(), vec![value, self.operand()?]);
            } else if ["-", "*", "/", "%"].into_iter().any(|sign| self.takes(sign)) {
                is_arithmetic = true;
                self.operand()?;
            } else {
                break;
            }
        }
        Some(if is_arithmetic { Expression::Opaque(self.written(start)) } else { value })
    }

    fn operand(&mut self) -> Option<Expression> {
        let start = self.at;
        let (word, ..) = self.words.get(self.at)?.clone();
        self.at += 1;
        let mut value = match word {
            Word::Number(number) => self.literal(Value::Number(number), start),
            Word::Text(text, span) => Expression::Literal(Value::Text(text), Location::new(self.file, span)),
            Word::Sign("(") => {
                let inner = self.choice()?;
                if !self.takes(")") {
                    return None;
                }
                inner
            }
            Word::Sign("[") => Expression::List(self.list("]")?),
            Word::Sign(_) => return None,
            Word::Name(name) => match name.as_str() {
                "true" | "True" => self.literal(Value::Flag(true), start),
                "false" | "False" => self.literal(Value::Flag(false), start),
                "none" | "None" | "nil" | "null" | "undefined" => self.literal(Value::Nothing, start),
                _ => Expression::Name(name),
            },
        };
        while let Some(next) = self.postfix(&value, start)? {
            value = next;
        }
        Some(value)
    }

    /// `.field`, `['field']`, `(arguments)`; the inner `None` where none of them follows.
    #[allow(clippy::option_option, reason = "outside: no expression at all")]
    fn postfix(&mut self, value: &Expression, start: usize) -> Option<Option<Expression>> {
        if self.takes(".") {
            let name = match self.words.get(self.at)? {
                (Word::Name(name) | Word::Number(name), ..) => name.clone(),
                _ => return None,
            };
            self.at += 1;
            return Some(Some(match name.as_str() {
                "nil?" => Expression::not(Expression::Is(Box::new(value.clone()), State::Defined)),
                "empty?" => Expression::not(Expression::Filter(
                    Box::new(value.clone()),
                    "filled".to_owned(),
                    Vec::new(),
                )),
                "any?" | "present?" | "length" | "size" => {
                    Expression::Filter(Box::new(value.clone()), "filled".to_owned(), Vec::new())
                }
                method if METHODS.contains(&method) && self.calls_value(value) => {
                    let arguments = if self.takes("(") { self.list(")")? } else { Vec::new() };
                    applied(value, method, arguments)
                }
                _ => match value {
                    Expression::Name(path) => Expression::Name(format!("{path}.{name}")),
                    _ => Expression::Opaque(self.written(start)),
                },
            }));
        }
        if self.takes("[") {
            let key = self.list("]")?;
            return Some(Some(match (value, key.as_slice()) {
                (Expression::Name(path), [Expression::Literal(key, _)]) => {
                    Expression::Name(format!("{path}.{}", key.printed()))
                }
                (Expression::Name(path), [key]) => Expression::Name(format!("{path}[{}]", key.words())),
                _ => Expression::Opaque(self.written(start)),
            }));
        }
        if self.takes("(") {
            let arguments = self.list(")")?;
            return Some(Some(match (value, arguments.as_slice()) {
                (Expression::Name(name), [Expression::Literal(Value::Text(path), _), rest @ ..])
                    if LOOKUPS.contains(&name.as_str()) =>
                {
                    looked_up(name, path, rest)
                }
                (Expression::Name(name), _) => Expression::Call(name.clone(), arguments),
                _ => Expression::Opaque(self.written(start)),
            }));
        }
        Some(None)
    }

    /// Whether what follows a value's method is a call of it, or none is needed: of names, fields may be called like methods.
    fn calls_value(&self, value: &Expression) -> bool {
        !matches!(value, Expression::Name(_)) || self.peek(0) == Some(&Word::Sign("("))
    }

    /// Values between commas, up to `close`; `name = value` is the value.
    fn list(&mut self, close: &'static str) -> Option<Vec<Expression>> {
        let mut items = Vec::new();
        loop {
            if self.takes(close) {
                return Some(items);
            }
            if matches!((self.peek(0), self.peek(1)), (Some(Word::Name(_)), Some(Word::Sign("=")))) {
                self.at += 2;
            }
            items.push(self.choice()?);
            if !self.takes(",") && self.peek(0) != Some(&Word::Sign(close)) {
                return None;
            }
        }
    }

    fn literal(&self, value: Value, word: usize) -> Expression {
        let span = self.words.get(word).map_or(Span::empty(self.base), |(_, start, end)| {
            Span::new(self.base + *start as u32, self.base + *end as u32)
        });
        Expression::Literal(value, Location::new(self.file, span))
    }

    fn nothing(&self) -> Expression {
        Expression::Literal(Value::Nothing, Location::new(self.file, Span::empty(self.base)))
    }

    /// The text of the words from `start` up to here.
    fn written(&self, start: usize) -> String {
        let from = self.words.get(start).map_or(0, |(_, from, _)| *from);
        let to = self.at.checked_sub(1).and_then(|last| self.words.get(last)).map_or(from, |(.., to)| *to);
        self.text.get(from..to).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn peek(&self, ahead: usize) -> Option<&Word> {
        self.words.get(self.at + ahead).map(|(word, ..)| word)
    }

    fn name(&mut self) -> Option<String> {
        let Some(Word::Name(name)) = self.peek(0) else { return None };
        let mut name = name.clone();
        self.at += 1;
        // Names of Ansible's filters and tests have dots: `ansible.builtin.version`.
        while self.peek(0) == Some(&Word::Sign("."))
            && let Some(Word::Name(next)) = self.peek(1)
        {
            name.clone_from(next);
            self.at += 2;
        }
        Some(name)
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let found = self.peek(0) == Some(&Word::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn takes_name(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(0), Some(Word::Name(name)) if name == wanted);
        self.at += usize::from(found);
        found
    }
}
