//! Reading one requirement: a bare value in a section that says the rest, or a mapping of its own.

use super::node::{Node, Read};
use super::{Requirement, Strength, words};

/// The keys that say how a requirement binds; a section may give them for all that stands in it.
pub(super) const BASIS: [&str; 5] = ["strength", "why", "source", "from", "until"];

/// How requirements bind.
#[derive(Clone, Default, Debug)]
pub(super) struct Basis {
    pub(super) strength: Option<Strength>,
    pub(super) why: Option<String>,
    pub(super) source: Option<String>,
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
}

impl Basis {
    /// What a mapping says of itself, and `self` where it is silent.
    pub(super) fn within(&self, node: &Node<'_>) -> Read<Self> {
        let mut basis = self.clone();
        if let Some(strength) = node.child("strength") {
            basis.strength = Some(words::strength(&strength)?);
        }
        if let Some(why) = node.child("why") {
            basis.why = Some(one_line(why.text()?));
        }
        if let Some(source) = node.child("source") {
            basis.source = Some(one_line(source.text()?));
        }
        if let Some(from) = node.child("from") {
            basis.from = Some(words::date(&from)?);
        }
        if let Some(until) = node.child("until") {
            basis.until = Some(words::date(&until)?);
            if basis.from.as_ref().zip(basis.until.as_ref()).is_some_and(|(from, until)| from > until) {
                return until.problem(format!("{} ends before it begins", node.name()), None);
            }
        }
        Ok(basis)
    }

    /// What the requirement that is extended says, where `self` is silent.
    fn or_of<T>(mut self, base: Option<&Requirement<T>>) -> Self {
        let Some(base) = base else { return self };
        self.strength = self.strength.or(Some(base.strength));
        self.why = self.why.or_else(|| Some(base.why.clone()));
        self.source = self.source.or_else(|| Some(base.source.clone()));
        self.from = self.from.or_else(|| base.from.clone());
        self.until = self.until.or_else(|| base.until.clone());
        self
    }

    fn requirement<T>(self, node: &Node<'_>, value: T) -> Read<Requirement<T>> {
        let missing = |key: &str, example: &str| {
            let message = format!("{} has no {key}", node.name());
            node.problem_at_key(
                message,
                Some(format!("every requirement says so, here or in its section: {key}: {example}")),
            )
        };
        let Some(strength) = self.strength else { return missing("strength", "must, should or may") };
        let Some(why) = self.why else { return missing("why", "the reason, in one sentence") };
        let Some(source) = self.source else { return missing("source", "the document and its section") };
        Ok(Requirement { value, strength, why, source, id: node.id(), from: self.from, until: self.until })
    }
}

/// A requirement with a value: `2048`, or `{ value: 2048, strength: must, … }`.
pub(super) fn valued<T: Clone>(
    node: &Node<'_>,
    section: &Basis,
    base: Option<&Requirement<T>>,
    read: impl Fn(&Node<'_>, Option<&T>) -> Read<T>,
) -> Read<Requirement<T>> {
    let old = base.map(|base| &base.value);
    let is_own = node.value.as_mapping().is_some_and(|mapping| {
        mapping.contains_key("value") || BASIS.iter().any(|key| mapping.contains_key(key))
    });
    if !is_own {
        return section.clone().or_of(base).requirement(node, read(node, old)?);
    }
    node.only(&["value", "strength", "why", "source", "from", "until"])?;
    let value = match (node.child("value"), old) {
        (Some(value), _) => read(&value, old)?,
        (None, Some(old)) => old.clone(),
        (None, None) => return node.problem_at_key(format!("{} has no value", node.name()), None),
    };
    section.within(node)?.or_of(base).requirement(node, value)
}

/// A requirement that only is or is not: `true`, or `{ strength: must, … }`.
pub(super) fn flag(
    node: &Node<'_>,
    section: &Basis,
    base: Option<&Requirement<()>>,
) -> Read<Requirement<()>> {
    if node.value.as_bool() == Some(true) {
        return section.clone().or_of(base).requirement(node, ());
    }
    if node.value.is_bool() {
        return node.problem(
            format!("{} cannot be false", node.name()),
            Some(
                "leave it out; to drop it from the policy that is extended, list it under without".to_owned(),
            ),
        );
    }
    node.only(&BASIS)?;
    section.within(node)?.or_of(base).requirement(node, ())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
