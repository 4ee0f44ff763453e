//! What is settled about the names of a template in one rendering, and what follows from it.

use super::expression::{Language, Value};
use std::collections::BTreeMap;

/// What can be asked of a name.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Test {
    AtMost(Limit),
    Below(Limit),
    Defined,
    Is(Value),
    True,
    /// Of a set of values, whether it is the one that is filled in.
    Used,
}

/// A number or release that another is compared with.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Limit {
    pub(super) value: f64,
    pub(super) text: String,
}

/// One question about one name: whatever the engine answers, the same question gets the same answer.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Atom {
    pub(super) name: String,
    pub(super) test: Test,
}

impl Atom {
    /// What it is that holds, or does not, in words.
    pub(super) fn words(&self, holds: bool, is_list: bool) -> String {
        let name = &self.name;
        let value = |value: &Value| match value {
            Value::Text(text) => format!("'{text}'"),
            Value::Nothing => "none".to_owned(),
            other => other.printed(),
        };
        match (&self.test, holds) {
            (Test::True, true) if is_list => format!("`{name}` has entries"),
            (Test::True, false) if is_list => format!("`{name}` is empty"),
            (Test::True, holds) => format!("`{name}` is {holds}"),
            (Test::Used, true) => format!("the values of `{name}` are used"),
            (Test::Used, false) => format!("the values of `{name}` are not used"),
            (Test::Defined, true) => format!("`{name}` is defined"),
            (Test::Defined, false) => format!("`{name}` is not defined"),
            (Test::Is(other), true) => format!("`{name}` is {}", value(other)),
            (Test::Is(other), false) => format!("`{name}` is not {}", value(other)),
            (Test::Below(number), true) => format!("`{name}` is below {}", number.text),
            (Test::Below(number), false) => format!("`{name}` is at least {}", number.text),
            (Test::AtMost(number), true) => format!("`{name}` is at most {}", number.text),
            (Test::AtMost(number), false) => format!("`{name}` is above {}", number.text),
        }
    }
}

/// What is settled.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    language: Language,
    known: BTreeMap<String, Vec<(Test, bool)>>,
}

/// Of one name so many facts are kept at most; questions beyond that stand alone.
const MOST_FACTS: usize = 64;

impl Facts {
    pub(super) fn new(language: Language) -> Self {
        Self { language, known: BTreeMap::new() }
    }

    /// Settles that a name has a value.
    pub(super) fn give(&mut self, name: &str, value: Value) {
        self.known.entry(name.to_owned()).or_default().push((Test::Is(value), true));
    }

    /// The value that a name is known to have.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.known.get(name)?.iter().find_map(|(test, holds)| match test {
            Test::Is(value) if *holds => Some(value),
            _ => None,
        })
    }

    /// Whether all that is settled of a name holds if it has a value.
    pub(super) fn admits(&self, name: &str, value: &Value) -> bool {
        let holds = |test: &Test| self.meets(value, test);
        let own = self
            .known
            .get(name)
            .is_none_or(|known| known.iter().all(|(test, wanted)| holds(test) == *wanted));
        own && self.implied(&Atom { name: name.to_owned(), test: Test::Defined }) != Some(false)
    }

    /// Whether a list, or one without entries, may be what a name stands for.
    pub(super) fn admits_list(&self, name: &str, is_empty: bool) -> bool {
        let fits = |(test, wanted): &(Test, bool)| match test {
            Test::True => *wanted != is_empty,
            Test::Defined => *wanted,
            Test::Is(_) | Test::Below(_) | Test::AtMost(_) | Test::Used => !*wanted,
        };
        self.known.get(name).is_none_or(|known| known.iter().all(fits))
    }

    /// What follows for a question from what is settled; `None` where it is open.
    pub(super) fn implied(&self, atom: &Atom) -> Option<bool> {
        self.implied_by_itself(atom).or_else(|| self.implied_by_others(atom))
    }

    /// What follows from what holds its value, and from what its value holds: nothing has no fields.
    fn implied_by_others(&self, atom: &Atom) -> Option<bool> {
        let is = |name: &str, wanted: bool| {
            self.known.get(name).is_some_and(|known| known.contains(&(Test::True, wanted)))
        };
        let name = atom.name.as_str();
        let holders = name
            .match_indices(['.', '['])
            .map(|(at, _)| name.get(..at).unwrap_or(""))
            .filter(|holder| !holder.is_empty());
        let is_field_of_nothing = holders.take(MOST_FACTS).any(|holder| is(holder, false));
        if is_field_of_nothing {
            return match &atom.test {
                Test::Is(Value::Nothing) | Test::AtMost(_) | Test::Below(_) | Test::Used => None,
                Test::Defined | Test::Is(_) | Test::True => Some(false),
            };
        }
        let fields = self
            .known
            .range(format!("{name}.")..)
            .take_while(|(field, _)| field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        let has_fields = fields.take(MOST_FACTS).any(|(_, known)| known.contains(&(Test::True, true)));
        (has_fields && matches!(atom.test, Test::True | Test::Defined)).then_some(true)
    }

    /// What follows from what is settled about the same name.
    fn implied_by_itself(&self, atom: &Atom) -> Option<bool> {
        let known = self.known.get(&atom.name)?;
        if let Some((_, holds)) = known.iter().find(|(test, _)| *test == atom.test) {
            return Some(*holds);
        }
        if let Some(value) = self.value(&atom.name) {
            return Some(self.meets(value, &atom.test));
        }
        let has = |test: &Test, holds: bool| known.iter().any(|fact| fact.0 == *test && fact.1 == holds);
        match &atom.test {
            Test::Used => None,
            Test::True => has(&Test::Defined, false).then_some(false),
            Test::Defined => has(&Test::True, true).then_some(true),
            Test::Is(value) => {
                let clashes = has(&Test::Defined, false)
                    || known.iter().any(|(test, holds)| {
                        matches!(test, Test::True | Test::Below(_) | Test::AtMost(_))
                            && self.meets(value, test) != *holds
                    });
                clashes.then_some(false)
            }
            Test::Below(Limit { value: limit, .. }) => bounded(
                known,
                |low, _| low >= *limit,
                |high, strict| high < *limit || (strict && high <= *limit),
            ),
            Test::AtMost(Limit { value: limit, .. }) => bounded(
                known,
                |low, strict| low > *limit || (strict && low >= *limit),
                |high, _| high <= *limit,
            ),
        }
    }

    /// Settles a question.
    pub(super) fn settle(&mut self, atom: &Atom, holds: bool) {
        let known = self.known.entry(atom.name.clone()).or_default();
        if known.len() < MOST_FACTS {
            known.push((atom.test.clone(), holds));
        }
    }

    fn meets(&self, value: &Value, test: &Test) -> bool {
        let number = || match value {
            Value::Number(written) | Value::Text(written) => written.parse::<f64>().ok(),
            Value::Flag(_) | Value::Nothing => None,
        };
        match test {
            Test::True => value.is_true(self.language),
            Test::Defined => *value != Value::Nothing,
            Test::Used => false,
            Test::Is(other) => value.equals(other),
            Test::Below(limit) => number().is_some_and(|number| number < limit.value),
            Test::AtMost(limit) => number().is_some_and(|number| number <= limit.value),
        }
    }
}

/// Whether what is known of a number puts it above (`false`) or below (`true`) a limit.
fn bounded(
    known: &[(Test, bool)],
    above: impl Fn(f64, bool) -> bool,
    below: impl Fn(f64, bool) -> bool,
) -> Option<bool> {
    known.iter().find_map(|(test, holds)| match (test, holds) {
        (Test::Below(high), true) => below(high.value, true).then_some(true),
        (Test::AtMost(high), true) => below(high.value, false).then_some(true),
        (Test::Below(low), false) => above(low.value, false).then_some(false),
        (Test::AtMost(low), false) => above(low.value, true).then_some(false),
        _ => None,
    })
}
