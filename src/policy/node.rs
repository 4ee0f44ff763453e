//! A YAML value that knows the way to it, with the questions that the schema asks of it.

use super::error::nearest;
use super::locate::{Part, Step};
use serde_yaml::{Mapping, Value};

/// What is wrong with a value, before its line is looked up.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) path: Vec<Step>,
    pub(super) part: Part,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

pub(super) type Read<T> = Result<T, Box<Problem>>;

/// A value and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Node<'v> {
    pub(super) value: &'v Value,
    pub(super) path: Vec<Step>,
}

impl<'v> Node<'v> {
    pub(super) const fn root(value: &'v Value) -> Self {
        Self { value, path: Vec::new() }
    }

    /// The last key on the way, for messages; `value` says nothing.
    pub(super) fn name(&self) -> &str {
        let mut keys = self.path.iter().rev().filter_map(|step| match step {
            Step::Key(key) if key != "value" => Some(key.as_str()),
            Step::Key(_) | Step::Index(_) => None,
        });
        keys.next().unwrap_or("the policy")
    }

    /// The keys on the way, as findings cite them: `protocols.minimum`.
    pub(super) fn id(&self) -> String {
        let keys = self.path.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }

    pub(super) fn problem<T>(&self, message: impl Into<String>, help: Option<String>) -> Read<T> {
        Err(Box::new(Problem { path: self.path.clone(), part: Part::Value, message: message.into(), help }))
    }

    pub(super) fn problem_at_key<T>(&self, message: impl Into<String>, help: Option<String>) -> Read<T> {
        Err(Box::new(Problem { path: self.path.clone(), part: Part::Key, message: message.into(), help }))
    }

    pub(super) fn child(&self, key: &str) -> Option<Node<'v>> {
        let value = self.value.as_mapping()?.get(key)?;
        let mut path = self.path.clone();
        path.push(Step::Key(key.to_owned()));
        Some(Node { value, path })
    }

    pub(super) fn mapping(&self) -> Read<&'v Mapping> {
        match self.value.as_mapping() {
            Some(mapping) => Ok(mapping),
            None => self.problem(format!("{} must be a mapping of keys to values", self.name()), None),
        }
    }

    /// The keys of a mapping with their values.
    pub(super) fn entries(&self) -> Read<Vec<(&'v str, Node<'v>)>> {
        let mapping = self.mapping()?;
        let mut entries = Vec::with_capacity(mapping.len());
        for (key, value) in mapping {
            let Some(key) = key.as_str() else {
                return self.problem("every key must be a word", None);
            };
            let mut path = self.path.clone();
            path.push(Step::Key(key.to_owned()));
            entries.push((key, Node { value, path }));
        }
        Ok(entries)
    }

    /// Holds that the value is a mapping with no key but these.
    pub(super) fn only(&self, known: &[&str]) -> Read<()> {
        for (key, node) in self.entries()? {
            if known.contains(&key) {
                continue;
            }
            let help = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known here: {}", known.join(", ")),
            };
            return node.problem_at_key(format!("unknown key {key}"), Some(help));
        }
        Ok(())
    }

    /// The elements of a sequence; a single value counts as a sequence of one.
    pub(super) fn elements(&self) -> Read<Vec<Node<'v>>> {
        match self.value {
            Value::Sequence(values) => Ok(values
                .iter()
                .enumerate()
                .map(|(index, value)| {
                    let mut path = self.path.clone();
                    path.push(Step::Index(index));
                    Node { value, path }
                })
                .collect()),
            Value::Null => self.problem(format!("{} must be a list", self.name()), None),
            _ => Ok(vec![self.clone()]),
        }
    }

    pub(super) fn text(&self) -> Read<&'v str> {
        match self.value.as_str() {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => self.problem(format!("{} is empty", self.name()), None),
            None => self.problem(format!("{} must be text", self.name()), quote_hint(self.value)),
        }
    }

    pub(super) fn boolean(&self) -> Read<bool> {
        match self.value.as_bool() {
            Some(value) => Ok(value),
            None => self.problem(format!("{} must be true or false", self.name()), None),
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, bounds: std::ops::RangeInclusive<u32>, unit: &str) -> Read<u32> {
        match self.value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if bounds.contains(&number) => Ok(number),
            _ => self.problem(
                format!(
                    "{} must be a whole number of {unit} from {} to {}",
                    self.name(),
                    bounds.start(),
                    bounds.end()
                ),
                None,
            ),
        }
    }

    /// A word out of a closed list, letter case aside.
    pub(super) fn word(&self, what: &str, known: &[&'static str]) -> Read<&'static str> {
        let text = self.text()?;
        match known.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => Ok(word),
            None => self.unknown(what, text, known.iter().copied()),
        }
    }

    /// The problem that `text` names no `what`, with the nearest that exists.
    pub(super) fn unknown<'k, T>(
        &self,
        what: &str,
        text: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Read<T> {
        let known: Vec<&str> = known.into_iter().collect();
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => Some(format!("did you mean {near}?")),
            None if known.len() <= 12 => Some(format!("known: {}", known.join(", "))),
            None => None,
        };
        self.problem(format!("unknown {what} {text}"), help)
    }
}

/// A value such as `1.2` or `on` that YAML does not read as text.
fn quote_hint(value: &Value) -> Option<String> {
    match value {
        Value::Bool(_) | Value::Null | Value::Number(_) => Some("put it in quotes".to_owned()),
        _ => None,
    }
}
