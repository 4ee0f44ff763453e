//! What conditions and outputs of a template come to in one rendering.

use super::expression::{Expression, Order, State, Value, version};
use super::facts::{Atom, Limit, Test};
use super::print::{Decision, Printer};
use crate::span::{Location, Span};
use crate::text::Text;

/// What is known of an expression's value.
pub(super) enum Known {
    Name(String),
    /// The value, with the place of every byte that is printed for it, where it is written somewhere.
    Value(Value, Option<Text>),
}

impl Printer<'_, '_, '_> {
    pub(super) fn truth(&mut self, expression: &Expression) -> bool {
        match expression {
            Expression::And(pair) => self.truth(&pair[0]) && self.truth(&pair[1]),
            Expression::Or(pair) => self.truth(&pair[0]) || self.truth(&pair[1]),
            Expression::Not(inner) => !self.truth(inner),
            Expression::List(items) => !items.is_empty(),
            Expression::If(parts) => {
                let holds = self.truth(&parts[0]);
                self.truth(if holds { &parts[1] } else { &parts[2] })
            }
            Expression::Equal(pair) => self.equal(&pair[0], &pair[1]),
            Expression::In(pair) => match &pair[1] {
                Expression::List(items) => items.iter().any(|item| self.equal(&pair[0], item)),
                _ => self.ask(expression.words(), Test::True),
            },
            Expression::Is(inner, state) => match (self.value(inner), state) {
                (Known::Value(value, _), State::Defined) => value != Value::Nothing,
                (Known::Value(value, _), State::Nothing) => value == Value::Nothing,
                (Known::Name(name), State::Defined) => self.ask(name, Test::Defined),
                (Known::Name(name), State::Nothing) => self.ask(name, Test::Is(Value::Nothing)),
            },
            Expression::Compare(order, pair) => self.compare(*order, pair, expression),
            Expression::Filter(inner, name, arguments) => match (name.as_str(), arguments.as_slice()) {
                (
                    "bool" | "int" | "trim" | "length" | "count" | "list" | "filled" | "len" | "quote"
                    | "toString" | "toBool" | "string" | "lower" | "upper",
                    _,
                ) => self.truth(inner),
                ("default" | "d", [other, ..]) => match self.value(inner) {
                    Known::Name(name) if self.ask(name.clone(), Test::Defined) => self.ask(name, Test::True),
                    Known::Value(value, _) if value != Value::Nothing => {
                        value.is_true(self.template.language)
                    }
                    _ => self.truth(other),
                },
                ("defaults", [other]) => self.truth(inner) || self.truth(other),
                _ => self.ask(expression.words(), Test::True),
            },
            Expression::Version(order, name, limit) => self.release(*order, name, limit),
            _ => match self.value(expression) {
                Known::Value(value, _) => value.is_true(self.template.language),
                Known::Name(name) => self.ask(name, Test::True),
            },
        }
    }

    fn equal(&mut self, one: &Expression, two: &Expression) -> bool {
        match (self.value(one), self.value(two)) {
            (Known::Value(one, _), Known::Value(two, _)) => one.equals(&two),
            (Known::Name(name), Known::Value(value, _)) | (Known::Value(value, _), Known::Name(name)) => {
                match value {
                    // Templates write `x == true` for `x`.
                    Value::Flag(flag) => self.ask(name, Test::True) == flag,
                    value => self.ask(name, Test::Is(value)),
                }
            }
            (Known::Name(one), Known::Name(two)) => {
                one == two || self.ask(format!("{one} == {two}"), Test::True)
            }
        }
    }

    fn compare(&mut self, order: Order, pair: &[Expression; 2], whole: &Expression) -> bool {
        let number = |value: &Value| match value {
            Value::Number(text) => Some(Limit { value: text.parse().ok()?, text: text.clone() }),
            _ => None,
        };
        match (self.value(&pair[0]), self.value(&pair[1])) {
            (Known::Name(name), Known::Value(value, _)) if let Some(limit) = number(&value) => {
                self.ask(name, if order == Order::Below { Test::Below(limit) } else { Test::AtMost(limit) })
            }
            (Known::Value(value, _), Known::Name(name)) if let Some(limit) = number(&value) => {
                !self.ask(name, if order == Order::Below { Test::AtMost(limit) } else { Test::Below(limit) })
            }
            (Known::Value(one, _), Known::Value(two, _)) => match (number(&one), number(&two)) {
                (Some(one), Some(two)) if order == Order::Below => one.value < two.value,
                (Some(one), Some(two)) => one.value <= two.value,
                _ => false,
            },
            _ => self.ask(whole.words(), Test::True),
        }
    }

    /// Whether a release that stands in a name is below a limit, or at most that.
    fn release(&mut self, order: Order, name: &Expression, limit: &str) -> bool {
        let Some(value) = version(limit) else {
            return self.ask(format!("{} {limit}", name.words()), Test::True);
        };
        let limit = Limit { value, text: limit.to_owned() };
        match self.value(name) {
            Known::Value(known, _) => version(&known.printed()).is_some_and(|known| match order {
                Order::Below => known < limit.value,
                Order::AtMost => known <= limit.value,
            }),
            Known::Name(name) => {
                self.ask(name, if order == Order::Below { Test::Below(limit) } else { Test::AtMost(limit) })
            }
        }
    }

    pub(super) fn value(&mut self, expression: &Expression) -> Known {
        match expression {
            Expression::Literal(value, place) => Known::Value(value.clone(), Some(literal(value, *place))),
            Expression::Placed(value, text) => Known::Value(value.clone(), Some(text.clone())),
            Expression::Name(name) => match self.rendering.facts.value(name) {
                Some(value) => Known::Value(value.clone(), None),
                None => Known::Name(name.clone()),
            },
            Expression::If(parts) => {
                let holds = self.truth(&parts[0]);
                self.value(if holds { &parts[1] } else { &parts[2] })
            }
            Expression::Filter(inner, name, arguments) => self.filtered(inner, name, arguments, expression),
            Expression::Call(name, arguments) if name == "~" => match self.values(arguments) {
                Some(values) => self.joined(values, ""),
                None => Known::Name(expression.words()),
            },
            _ => Known::Name(expression.words()),
        }
    }

    fn values(&mut self, expressions: &[Expression]) -> Option<Vec<(Value, Option<Text>)>> {
        let values = expressions.iter().map(|one| match self.value(one) {
            Known::Value(value, text) => Some((value, text)),
            Known::Name(_) => None,
        });
        values.collect()
    }

    /// The elements of a list that is known.
    fn elements(&mut self, list: &Expression) -> Option<Vec<(Value, Option<Text>)>> {
        match list {
            Expression::List(items) => self.values(items),
            Expression::Filter(inner, name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("list" | "unique" | "uniq" | "flatten" | "compact", []) => self.elements(inner),
                ("default" | "d" | "defaults", [other, ..]) => match self.elements(inner) {
                    Some(items) => Some(items),
                    None if self.is_open(inner) => self.elements(other),
                    None => None,
                },
                ("split", separator) => {
                    let separator = match separator {
                        [Expression::Literal(value, _), ..] => value.printed(),
                        _ => " ".to_owned(),
                    };
                    let Known::Value(value, text) = self.value(inner) else { return None };
                    Some(split(&value.printed(), text.as_ref(), &separator))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nothing says that an expression has a value.
    fn is_open(&self, expression: &Expression) -> bool {
        let Expression::Name(name) = expression else { return false };
        let defined = Atom { name: name.clone(), test: Test::Defined };
        self.rendering.facts.implied(&defined) != Some(true)
    }

    /// Values one behind the other; what stands between them is of the tag's making.
    fn joined(&self, values: Vec<(Value, Option<Text>)>, separator: &str) -> Known {
        let tag = self.template.location(self.place);
        let mut text = Text::default();
        for (rank, (value, origin)) in values.into_iter().enumerate() {
            if rank > 0 && !separator.is_empty() {
                text.push_replaced(separator, tag);
            }
            match origin {
                Some(origin) => text.push_text(&origin),
                None => text.push_replaced(&value.printed(), tag),
            }
        }
        Known::Value(Value::Text(text.as_str().to_owned()), Some(text))
    }

    fn filtered(
        &mut self,
        inner: &Expression,
        name: &str,
        arguments: &[Expression],
        whole: &Expression,
    ) -> Known {
        let unknown = || Known::Name(whole.words());
        match (name, arguments) {
            ("default" | "d", [other, ..]) => match self.value(inner) {
                Known::Name(name) => self.fallback(Atom { name, test: Test::Defined }, other),
                Known::Value(Value::Nothing, _) => self.value(other),
                known @ Known::Value(..) => known,
            },
            ("defaults", [other]) => match self.value(inner) {
                Known::Name(name) => self.fallback(Atom { name, test: Test::True }, other),
                Known::Value(value, _) if !value.is_true(self.template.language) => self.value(other),
                known @ Known::Value(..) => known,
            },
            ("join", separator) => {
                let separator = match separator {
                    [Expression::Literal(value, _)] => value.printed(),
                    _ => String::new(),
                };
                match self.elements(inner) {
                    Some(values) => self.joined(values, &separator),
                    // What is no list is joined as it is.
                    None => match self.value(inner) {
                        known @ Known::Value(..) => known,
                        Known::Name(_) => unknown(),
                    },
                }
            }
            ("first", []) => match self.elements(inner).and_then(|values| values.into_iter().next()) {
                Some((value, text)) => Known::Value(value, text),
                None => unknown(),
            },
            ("ternary", [yes, no, ..]) => {
                let holds = self.truth(inner);
                self.value(if holds { yes } else { no })
            }
            ("string" | "toString" | "safe" | "raw" | "tpl" | "nindent" | "indent" | "required", _) => {
                self.value(inner)
            }
            _ => match self.value(inner) {
                Known::Value(value, origin) => match changed(&value.printed(), name, arguments) {
                    Some(text) if text == value.printed() => Known::Value(value, origin),
                    Some(text) => self.remade(text, &value, origin),
                    None => unknown(),
                },
                Known::Name(_) => unknown(),
            },
        }
    }

    /// What an output falls back on is its value, unless a condition says that there is another.
    fn fallback(&mut self, atom: Atom, other: &Expression) -> Known {
        match self.rendering.facts.implied(&atom) {
            Some(true) => Known::Name(atom.name),
            _ => self.value(other),
        }
    }

    /// A text that a filter made of a value: what stands in it as it was keeps its place.
    fn remade(&self, text: String, value: &Value, origin: Option<Text>) -> Known {
        let Some(origin) = origin else { return Known::Value(Value::Text(text), None) };
        let whole = origin.location().unwrap_or(self.template.location(self.place));
        let mut out = Text::default();
        match text.find(&value.printed()).filter(|_| !value.printed().is_empty()) {
            Some(at) => {
                out.push_replaced(text.get(..at).unwrap_or(""), whole);
                out.push_text(&origin);
                out.push_replaced(text.get(at + value.printed().len()..).unwrap_or(""), whole);
            }
            None if text.len() == value.printed().len() && text.eq_ignore_ascii_case(&value.printed()) => {
                // Every byte stands at the place of the one that it was.
                for (at, character) in text.char_indices() {
                    let range = Span::new(at as u32, (at + character.len_utf8()) as u32);
                    out.push_replaced(
                        character.encode_utf8(&mut [0; 4]),
                        origin.locate(range).unwrap_or(whole),
                    );
                }
            }
            None => out.push_replaced(&text, whole),
        }
        Known::Value(Value::Text(text), Some(out))
    }

    /// The answer to a question: what follows from what is settled, or what is decided now.
    pub(super) fn ask(&mut self, name: String, test: Test) -> bool {
        let atom = Atom { name, test };
        if let Some(holds) = self.rendering.facts.implied(&atom) {
            return holds;
        }
        let holds = self.rendering.decide.decide(&atom, self.matters, &self.rendering.decisions);
        self.rendering.facts.settle(&atom, holds);
        let place = self.template.location(self.place);
        let (matters, is_list) = (self.matters, self.is_list);
        self.rendering.decisions.push(Decision { atom, holds, place, matters, is_list });
        holds
    }
}

fn literal(value: &Value, place: Location) -> Text {
    let printed = value.printed();
    if place.span.len() as usize == printed.len() {
        Text::verbatim(printed, place.file, place.span.start)
    } else {
        Text::replaced(printed, place)
    }
}

/// The parts of a value between separators; white space of any length where the separator is a blank.
fn split(value: &str, text: Option<&Text>, separator: &str) -> Vec<(Value, Option<Text>)> {
    let parts: Vec<&str> = match separator {
        "" | " " => value.split_whitespace().collect(),
        _ => value.split(separator).collect(),
    };
    let base = value.as_ptr() as usize;
    let known = |part: &str| {
        let start = (part.as_ptr() as usize - base) as u32;
        let origin = text.map(|text| text.part(Span::new(start, start + part.len() as u32)));
        (Value::Text(part.to_owned()), origin)
    };
    parts.into_iter().map(known).collect()
}

/// What a filter makes of a text; `None` for one that is not known.
fn changed(text: &str, filter: &str, arguments: &[Expression]) -> Option<String> {
    let argument = |rank: usize| match arguments.get(rank) {
        Some(Expression::Literal(value, _) | Expression::Placed(value, _)) => Some(value.printed()),
        _ => None,
    };
    Some(match filter {
        "lower" | "downcase" | "lowercase" => text.to_lowercase(),
        "upper" | "upcase" | "uppercase" => text.to_uppercase(),
        "quote" => format!("\"{text}\""),
        "squote" => format!("'{text}'"),
        "trim" | "strip" => text.trim().to_owned(),
        "trimAll" => text.trim_matches(argument(0)?.chars().next()?).to_owned(),
        "trimSuffix" => text.strip_suffix(&argument(0)?).unwrap_or(text).to_owned(),
        "trimPrefix" => text.strip_prefix(&argument(0)?).unwrap_or(text).to_owned(),
        "replace" | "tr" => text.replace(&argument(0)?, &argument(1)?),
        _ => return None,
    })
}
