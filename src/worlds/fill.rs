//! Names in outputs and what they stand for, as far as the repository says.

use super::expression::{Expression, Value};
use super::facts::Test;
use super::print::Printer;

/// How often a value may name another.
const DEEPEST: u32 = 8;

impl Printer<'_, '_, '_> {
    /// The expression with every name whose value decides what is printed replaced by that value; conditions in it stay as they are.
    pub(super) fn filled(&mut self, expression: &Expression, depth: u32) -> Expression {
        if depth > DEEPEST {
            return expression.clone();
        }
        match expression {
            Expression::Name(name) => match self.rendering.values.get(name) {
                Some(value) => self.given(name, value, depth),
                None => expression.clone(),
            },
            Expression::Filter(inner, name, arguments) => {
                let inner =
                    if name == "ternary" { inner.as_ref().clone() } else { self.filled(inner, depth) };
                Expression::Filter(Box::new(inner), name.clone(), self.all_filled(arguments, depth))
            }
            Expression::Call(name, arguments) => {
                Expression::Call(name.clone(), self.all_filled(arguments, depth))
            }
            Expression::List(items) => Expression::List(self.all_filled(items, depth)),
            Expression::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let (yes, no) = (self.filled(yes, depth), self.filled(no, depth));
                Expression::If(Box::new([condition.clone(), yes, no]))
            }
            other => other.clone(),
        }
    }

    fn all_filled(&mut self, expressions: &[Expression], depth: u32) -> Vec<Expression> {
        expressions.iter().map(|one| self.filled(one, depth)).collect()
    }

    /// What a name stands for, unless the answers of this rendering say that it is something else.
    fn given(&mut self, name: &str, value: &Expression, depth: u32) -> Expression {
        let open = || Expression::Name(name.to_owned());
        let fits = match value {
            Expression::Placed(value, _) => self.fits(name, value),
            Expression::List(items) => self.rendering.facts.admits_list(name, items.is_empty()),
            Expression::Block(_) => self.rendering.facts.admits_list(name, false),
            _ => true,
        };
        if fits { self.filled(value, depth + 1) } else { open() }
    }

    /// Whether a value is one that the name may have; where conditions ask for it too, whether it has it is a question.
    fn fits(&mut self, name: &str, value: &Value) -> bool {
        if !self.rendering.facts.admits(name, value) {
            return false;
        }
        !self.rendering.asked.contains(name)
            || *value == Value::Nothing
            || self.ask(name.to_owned(), Test::Is(value.clone()))
    }
}
