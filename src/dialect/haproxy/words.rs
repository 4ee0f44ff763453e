//! From words as written to arguments as HAProxy sees them: variables and placeholders replaced.

use crate::setting::Unknown;
use crate::span::{FileId, Location, Span};
use crate::syntax::haproxy::{Line, Part, Variable, Word};
use crate::target::Release;
use crate::text::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One argument of a line.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// Where the word stands.
    pub(super) location: Location,
    /// What HAProxy makes of it.
    pub(super) value: Result<Text, Arc<Unknown>>,
}

impl Argument {
    /// The value, where it is known.
    pub(super) fn text(&self) -> Option<&str> {
        self.value.as_ref().ok().map(Text::as_str)
    }

    /// Whether it is known to be `word`.
    pub(super) fn is(&self, word: &str) -> bool {
        self.text() == Some(word)
    }
}

/// The environment, as far as the configuration sets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    values: BTreeMap<String, String>,
}

/// What replaces variables and placeholders.
#[derive(Clone, Copy)]
pub(super) struct Replacer<'a> {
    pub(super) environment: &'a Environment,
    pub(super) variables: &'a BTreeMap<String, String>,
    /// The release, where the target names one: then `${X}` outside double quotes is the text that it sees.
    pub(super) release: Option<Release>,
    /// Whether the file holds other placeholders, so that `${X}` is one too.
    pub(super) is_templated: bool,
}

impl Environment {
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn set_default(&mut self, name: &str, value: &str) {
        self.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// The value of a variable that the configuration sets.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

impl Replacer<'_> {
    /// The arguments of a line; an empty one ends them, as it ends HAProxy's loops.
    pub(super) fn arguments(&self, file: FileId, line: &Line) -> Vec<Argument> {
        line.words.iter().flat_map(|word| self.argument(file, word)).collect()
    }

    /// An address, in which HAProxy replaces variables outside quotes as well (`env_expand` in str2sa_range).
    pub(super) fn address(&self, file: FileId, word: &Word) -> Argument {
        let mut replaced =
            self.argument(file, word).into_iter().next().unwrap_or_else(|| empty(file, word.span));
        let Some(text) = replaced.text() else { return replaced };
        if text.contains('$') {
            replaced.value = self.expand(text, replaced.location);
        }
        replaced
    }

    fn expand(&self, text: &str, location: Location) -> Result<Text, Arc<Unknown>> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, after) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
                Some(split) => split,
                None => after.split_at(
                    after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()),
                ),
            };
            out.push_str(self.look_up(name).ok_or_else(|| from_environment(name, location))?);
            rest = after;
        }
        out.push_str(rest);
        Ok(Text::replaced(out, location))
    }

    fn look_up(&self, name: &str) -> Option<&str> {
        self.environment.value(name).or_else(|| self.variables.get(name).map(String::as_str))
    }

    /// One argument, or several or none where a variable splits the word.
    fn argument(&self, file: FileId, word: &Word) -> Vec<Argument> {
        if let [Part::Variable(variable)] = word.parts.as_slice()
            && variable.splits
            && let Some(value) = self.variable(variable)
        {
            let location = Location::new(file, word.span);
            let pieces = value.split_ascii_whitespace().map(|piece| Ok(Text::replaced(piece, location)));
            return pieces.map(|value| Argument { location, value }).collect();
        }
        let location = Location::new(file, word.span);
        let mut text = Text::default();
        for part in &word.parts {
            let value = match part {
                Part::Text(part) => {
                    text.push_text(part);
                    continue;
                }
                Part::Placeholder(placeholder) => self.placeholder(file, placeholder, word),
                Part::Variable(variable) => self
                    .variable(variable)
                    .map(|value| (value.to_owned(), Location::new(file, variable.span)))
                    .ok_or_else(|| from_environment(&variable.name, Location::new(file, variable.span))),
                Part::Template(span) => {
                    let at = Some(Location::new(file, *span));
                    Err(Arc::new(Unknown { at, why: "a template fills it in".to_owned() }))
                }
            };
            match value {
                Ok((value, at)) => text.push_replaced(&value, at),
                Err(unknown) => {
                    return vec![Argument { location, value: Err(unknown) }];
                }
            }
        }
        vec![Argument { location, value: Ok(text) }]
    }

    fn variable<'v>(&'v self, variable: &'v Variable) -> Option<&'v str> {
        self.look_up(&variable.name).or_else(|| variable.default.as_ref().map(Text::as_str))
    }

    /// `${X}` outside double quotes, `@X@`.
    fn placeholder(
        &self,
        file: FileId,
        text: &Text,
        word: &Word,
    ) -> Result<(String, Location), Arc<Unknown>> {
        let location = text.location().unwrap_or(Location::new(file, word.span));
        let written = text.as_str();
        let name = written.trim_matches(['$', '{', '}', '@']);
        if let Some(value) = self.variables.get(name) {
            return Ok((value.clone(), location));
        }
        let is_text = written.starts_with('$') && self.release.is_some() && !self.is_templated;
        if is_text {
            return Ok((written.to_owned(), location));
        }
        let why = if written.starts_with('$') {
            format!("HAProxy itself replaces {written} only inside double quotes; something before it may")
        } else {
            format!("{written} is filled in before HAProxy reads it")
        };
        Err(Arc::new(Unknown { at: Some(location), why }))
    }
}

fn from_environment(name: &str, location: Location) -> Arc<Unknown> {
    Arc::new(Unknown { at: Some(location), why: format!("the environment variable {name} holds it") })
}

fn empty(file: FileId, span: Span) -> Argument {
    Argument { location: Location::new(file, span), value: Ok(Text::default()) }
}
