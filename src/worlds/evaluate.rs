//! What conditions and outputs of a template come to in one rendering.

use super::expression::{Expression, Order, State, Value, version};
use super::facts::{Atom, Limit, Test};
use super::print::{Decision, Printer};
use crate::span::Location;

/// What is known of an expression's value.
pub(super) enum Known {
    Name(String),
    Value(Value, Option<Location>),
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
            Expression::Literal(value, place) => Known::Value(value.clone(), Some(*place)),
            Expression::Name(name) => match self.rendering.facts.value(name) {
                Some(value) => Known::Value(value.clone(), None),
                None => Known::Name(name.clone()),
            },
            Expression::If(parts) => {
                let holds = self.truth(&parts[0]);
                self.value(if holds { &parts[1] } else { &parts[2] })
            }
            Expression::Filter(inner, name, arguments) => self.filtered(inner, name, arguments, expression),
            Expression::Call(name, arguments) if name == "~" => {
                let mut joined = String::new();
                for argument in arguments {
                    let Known::Value(value, _) = self.value(argument) else {
                        return Known::Name(expression.words());
                    };
                    joined.push_str(&value.printed());
                }
                Known::Value(Value::Text(joined), None)
            }
            _ => Known::Name(expression.words()),
        }
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
                Known::Name(name) => {
                    let atom = Atom { name, test: Test::Defined };
                    // What an output falls back on is its value, unless a condition says that there is another.
                    match self.rendering.facts.implied(&atom) {
                        Some(true) => Known::Name(atom.name),
                        _ => self.value(other),
                    }
                }
                Known::Value(Value::Nothing, _) => self.value(other),
                known @ Known::Value(..) => known,
            },
            ("defaults", [other]) => match self.value(inner) {
                Known::Name(name) => {
                    let atom = Atom { name, test: Test::True };
                    match self.rendering.facts.implied(&atom) {
                        Some(true) => Known::Name(atom.name),
                        _ => self.value(other),
                    }
                }
                Known::Value(value, _) if !value.is_true(self.template.language) => self.value(other),
                known @ Known::Value(..) => known,
            },
            ("join", separator) => match inner {
                Expression::List(items) => {
                    let separator = match separator {
                        [Expression::Literal(value, _)] => value.printed(),
                        _ => String::new(),
                    };
                    let mut values = Vec::new();
                    for item in items {
                        let Known::Value(value, _) = self.value(item) else { return unknown() };
                        values.push(value.printed());
                    }
                    Known::Value(Value::Text(values.join(&separator)), None)
                }
                _ => unknown(),
            },
            ("trim" | "string" | "toString" | "safe" | "raw", []) => match self.value(inner) {
                Known::Value(value, place) => Known::Value(value, place),
                Known::Name(_) => unknown(),
            },
            ("lower" | "upper" | "quote" | "squote", []) => match self.value(inner) {
                Known::Value(value, _) => {
                    let text = value.printed();
                    Known::Value(
                        Value::Text(match name {
                            "lower" => text.to_lowercase(),
                            "upper" => text.to_uppercase(),
                            "quote" => format!("\"{text}\""),
                            _ => format!("'{text}'"),
                        }),
                        None,
                    )
                }
                Known::Name(_) => unknown(),
            },
            _ => unknown(),
        }
    }

    /// The answer to a question: what follows from what is settled, or what is decided now.
    fn ask(&mut self, name: String, test: Test) -> bool {
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
