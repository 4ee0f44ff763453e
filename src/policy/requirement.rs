//! Reading one requirement: a bare value in a section that says the rest, or a mapping of its own.

use super::node::{Node, Read};
use super::{Requirement, Strength, words};
use crate::protocol::Role;

/// The keys that say how a requirement binds; a section may give them for all that stands in it.
pub(super) const BASIS: [&str; 6] = ["strength", "why", "source", "from", "until", "side"];

/// The key of what takes a requirement's place on a later day.
pub(super) const THEN: &str = "then";

/// How requirements bind.
#[derive(Clone, Default, Debug)]
pub(super) struct Basis {
    pub(super) strength: Option<Strength>,
    pub(super) why: Option<String>,
    pub(super) source: Option<String>,
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
    pub(super) side: Option<Role>,
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
        if let Some(side) = node.child("side") {
            basis.side = Some(words::side(&side)?);
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
        self.side = self.side.or(base.side);
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
        let (id, from, until, side) = (node.id(), self.from, self.until, self.side);
        Ok(Requirement { value, strength, why, source, id, from, until, side, then: None })
    }
}

/// A requirement with a value: `2048`, or `{ value: 2048, strength: must, … }`.
pub(super) fn valued<T: Clone>(
    node: &Node<'_>,
    section: &Basis,
    base: Option<&Requirement<T>>,
    read: impl Fn(&Node<'_>, Option<&T>) -> Read<T>,
) -> Read<Requirement<T>> {
    valued_among(node, section, base, &[], read)
}

/// The same, in a mapping that has keys of its own beside.
pub(super) fn valued_among<T: Clone>(
    node: &Node<'_>,
    section: &Basis,
    base: Option<&Requirement<T>>,
    beside: &[&str],
    read: impl Fn(&Node<'_>, Option<&T>) -> Read<T>,
) -> Read<Requirement<T>> {
    let old = base.map(|base| &base.value);
    let is_own = node
        .value
        .as_mapping()
        .is_some_and(|mapping| ["value", THEN].iter().chain(&BASIS).any(|key| mapping.contains_key(key)));
    if !is_own {
        return section.clone().or_of(base).requirement(node, read(node, old)?);
    }
    node.only(&[&["value", THEN][..], &BASIS[..], beside].concat())?;
    let value = match (node.child("value"), old) {
        (Some(value), _) => read(&value, old)?,
        (None, Some(old)) => old.clone(),
        (None, None) => return node.problem_at_key(format!("{} has no value", node.name()), None),
    };
    let requirement = section.within(node)?.or_of(base).requirement(node, value)?;
    succeeded(node, base, requirement, |node, earlier| valued(node, &Basis::default(), Some(earlier), read))
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
    node.only(&[&[THEN][..], &BASIS[..]].concat())?;
    let requirement = section.within(node)?.or_of(base).requirement(node, ())?;
    succeeded(node, base, requirement, |node, earlier| flag(node, &Basis::default(), Some(earlier)))
}

/// The requirement with what takes its place on a later day: that of the node, or, where the node says nothing of its own value,
/// that of the requirement that it extends.
fn succeeded<T: Clone>(
    node: &Node<'_>,
    base: Option<&Requirement<T>>,
    requirement: Requirement<T>,
    read: impl FnOnce(&Node<'_>, &Requirement<T>) -> Read<Requirement<T>>,
) -> Read<Requirement<T>> {
    let Some(next) = node.child(THEN) else {
        let kept = base.filter(|_| node.child("value").is_none()).and_then(|base| base.then.clone());
        return Ok(Requirement { then: kept, ..requirement });
    };
    next.mapping()?;
    let Some(from) = next.child("from") else {
        return next.problem_at_key(
            format!("{} has a successor without its first day", node.name()),
            Some("write then: { value: .., from: YYYY-MM-DD }".to_owned()),
        );
    };
    // The successor inherits words, but neither dates nor a successor of its own.
    let undated = Requirement { from: None, until: None, then: None, ..requirement.clone() };
    let later = renamed(read(&next, &undated)?, &requirement.id);
    if requirement.from.as_ref().zip(later.from.as_ref()).is_some_and(|(first, then)| then <= first) {
        return from.problem(format!("{} is succeeded before it begins", node.name()), None);
    }
    Ok(Requirement { then: Some(Box::new(later)), ..requirement })
}

/// A successor goes by the name of what it succeeds.
fn renamed<T>(mut rule: Requirement<T>, id: &str) -> Requirement<T> {
    id.clone_into(&mut rule.id);
    rule.then = rule.then.map(|next| Box::new(renamed(*next, id)));
    rule
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
