//! Expressions of Go's templates and of Handlebars: the function first, its arguments behind it, pipelines.

use super::expression::{Expression, Order, Value};
use super::words::{Word, words};
use crate::span::{FileId, Location, Span};

/// How deep brackets may nest.
const DEEPEST: u32 = 32;

/// Reads an expression that stands at byte `base` of `file`; one that is not understood is opaque.
pub(super) fn parse(text: &str, file: FileId, base: u32) -> Expression {
    let opaque = || Expression::Opaque(text.split_whitespace().collect::<Vec<_>>().join(" "));
    let Some(words) = words(text, base, true) else { return opaque() };
    let mut reader = Reader { words: &words, at: 0, file, base, depth: 0 };
    match reader.pipeline() {
        Some(expression) if reader.at == words.len() => expression,
        _ => opaque(),
    }
}

struct Reader<'a> {
    words: &'a [(Word, usize, usize)],
    at: usize,
    file: FileId,
    base: u32,
    depth: u32,
}

impl Reader<'_> {
    fn pipeline(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut value = self.command(None)?;
        while self.takes("|") {
            value = self.command(Some(value))?;
        }
        self.depth -= 1;
        Some(value)
    }

    /// A function with its arguments, the pipeline's value last; or an operand alone.
    fn command(&mut self, piped: Option<Expression>) -> Option<Expression> {
        let function = match self.words.get(self.at)? {
            (Word::Name(name), ..) if !name.starts_with(['.', '$', '@']) => Some(name.clone()),
            _ => None,
        };
        let Some(function) = function.filter(|name| !matches!(name.as_str(), "true" | "false" | "nil"))
        else {
            let value = self.operand()?;
            return piped.is_none().then_some(value);
        };
        self.at += 1;
        let mut arguments = Vec::new();
        while self.at < self.words.len() && !matches!(self.peek(), Some(Word::Sign("|" | ")"))) {
            arguments.push(self.operand()?);
        }
        arguments.extend(piped);
        Some(call(function, arguments))
    }

    fn operand(&mut self) -> Option<Expression> {
        let (word, start, end) = self.words.get(self.at)?.clone();
        self.at += 1;
        let place = Location::new(self.file, Span::new(self.base + start as u32, self.base + end as u32));
        Some(match word {
            Word::Number(number) => Expression::Literal(Value::Number(number), place),
            Word::Text(text, span) => Expression::Literal(Value::Text(text), Location::new(self.file, span)),
            Word::Sign("(") => {
                let inner = self.pipeline()?;
                if !self.takes(")") {
                    return None;
                }
                match (&inner, self.peek()) {
                    // `(index .x 0).field`
                    (_, Some(Word::Name(field))) if field.starts_with('.') && self.adjoins() => {
                        let words = format!("({}){field}", inner.words());
                        self.at += 1;
                        Expression::Name(words)
                    }
                    _ => inner,
                }
            }
            Word::Sign(_) => return None,
            Word::Name(name) => match name.as_str() {
                "true" => Expression::Literal(Value::Flag(true), place),
                "false" => Expression::Literal(Value::Flag(false), place),
                "nil" => Expression::Literal(Value::Nothing, place),
                _ => Expression::Name(name),
            },
        })
    }

    /// Whether nothing stands between the last word and the next.
    fn adjoins(&self) -> bool {
        let last = self.at.checked_sub(1).and_then(|last| self.words.get(last)).map(|(.., end)| *end);
        last.is_some() && last == self.words.get(self.at).map(|(_, start, _)| *start)
    }

    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at).map(|(word, ..)| word)
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let found = self.peek() == Some(&Word::Sign(sign));
        self.at += usize::from(found);
        found
    }
}

/// What a function of Go's templates, of Helm's (Sprig's), or a helper of Handlebars' makes of its arguments.
fn call(function: String, mut arguments: Vec<Expression>) -> Expression {
    let count = arguments.len();
    match function.as_str() {
        "and" if count > 0 => arguments.into_iter().reduce(Expression::and).expect("there is one"),
        "or" if count > 0 => arguments.into_iter().reduce(Expression::or).expect("there is one"),
        "not" | "empty" if count == 1 => Expression::not(arguments.remove(0)),
        "eq" | "equals" if count > 1 => {
            let first = arguments.remove(0);
            Expression::equals_any(&first, arguments)
        }
        "ne" if count == 2 => {
            let second = arguments.remove(1);
            Expression::not(Expression::equal(arguments.remove(0), second))
        }
        "lt" | "le" | "gt" | "ge" if count == 2 => {
            let (second, first) = (arguments.remove(1), arguments.remove(0));
            let order = if function.ends_with('t') { Order::Below } else { Order::AtMost };
            let pair = if function.starts_with('g') { [second, first] } else { [first, second] };
            Expression::Compare(order, Box::new(pair))
        }
        "semverCompare" if count == 2 => {
            let constraint = match &arguments[0] {
                Expression::Literal(Value::Text(constraint), _) => constraint.trim().to_owned(),
                _ => return Expression::Call(function, arguments),
            };
            let limit = constraint.trim_start_matches(['<', '>', '=']);
            let sign = constraint.get(..constraint.len() - limit.len()).unwrap_or("");
            let is_one = !limit.contains([' ', ',', '|', '^', '~', '*', 'x']);
            let value = arguments[1].clone();
            let known = if is_one { Expression::release(sign, value, limit.trim()) } else { None };
            known.unwrap_or(Expression::Call(function, arguments))
        }
        "minver" if count == 2 => match arguments.as_slice() {
            [Expression::Literal(Value::Text(limit), _), value] => {
                Expression::release(">=", value.clone(), limit).expect("it is a sign")
            }
            _ => Expression::Call(function, arguments),
        },
        "default" if count == 2 => {
            let value = arguments.remove(1);
            Expression::Filter(Box::new(value), "defaults".to_owned(), arguments)
        }
        "ternary" if count == 3 => {
            let (condition, other, value) = (arguments.remove(2), arguments.remove(1), arguments.remove(0));
            Expression::If(Box::new([condition, value, other]))
        }
        "join" | "splitList" | "trimAll" | "trimPrefix" | "trimSuffix" if count == 2 => {
            // Helpers of Handlebars take the list first.
            let is_first = function == "join" && matches!(arguments[1], Expression::Literal(..));
            let value = arguments.remove(usize::from(!is_first));
            let filter = if function == "splitList" { "split" } else { &function };
            Expression::Filter(Box::new(value), filter.to_owned(), arguments)
        }
        "replace" if count == 3 => {
            let value = arguments.remove(2);
            Expression::Filter(Box::new(value), function, arguments)
        }
        "required" if count == 2 => arguments.remove(1),
        "tpl" if count == 2 => Expression::Filter(Box::new(arguments.remove(0)), function, Vec::new()),
        "quote" | "squote" | "toString" | "toYaml" | "lower" | "upper" | "trim" | "int" | "bool"
        | "nindent" | "indent" | "len" | "toBool"
            if count > 0 =>
        {
            let value = arguments.remove(count - 1);
            Expression::Filter(Box::new(value), function, arguments)
        }
        "hasKey" | "index"
            if matches!(
                arguments.as_slice(),
                [Expression::Name(_), Expression::Literal(Value::Text(_), _)]
            ) =>
        {
            let key = match arguments.as_slice() {
                [Expression::Name(path), Expression::Literal(key, _)] => format!("{path}.{}", key.printed()),
                _ => return Expression::Call(function, arguments),
            };
            let name = Expression::Name(key);
            if function == "index" {
                name
            } else {
                Expression::Is(Box::new(name), super::expression::State::Defined)
            }
        }
        _ if arguments.is_empty() => Expression::Name(function),
        _ => Expression::Call(function, arguments),
    }
}
