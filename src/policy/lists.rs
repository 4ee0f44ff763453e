//! Lists of groups, algorithms and words, whole or as additions and removals.

use super::node::{Node, Read};
use super::sift::Sieve;
use super::{Policy, Requirement, words};
use crate::group::Group;
use crate::signature::Scheme;

/// A list, or `{add, remove}` over `old`.
fn list<T: Clone + PartialEq>(
    node: &Node<'_>,
    old: Option<&Vec<T>>,
    meant: &dyn Fn(&Node<'_>) -> Read<Vec<T>>,
) -> Read<Vec<T>> {
    let mut found = Vec::new();
    if node.child("add").is_none() && node.child("remove").is_none() {
        for element in node.elements()? {
            let values = meant(&element)?;
            if let Some(text) =
                element.value.as_str().filter(|_| values.iter().all(|value| found.contains(value)))
            {
                return element.problem(format!("{text} stands twice"), None);
            }
            extend(&mut found, values);
        }
        if found.is_empty() {
            return node.problem(
                format!("{} lists nothing, so that nothing could comply", node.name()),
                Some("leave the key out where the policy is silent".to_owned()),
            );
        }
        return Ok(found);
    }
    node.only(&["add", "remove"])?;
    let Some(old) = old else {
        return node.problem(
            "add and remove need a list to work on",
            Some("name the policy to start from: extends: NAME".to_owned()),
        );
    };
    found.clone_from(old);
    if let Some(removed) = node.child("remove") {
        for element in removed.elements()? {
            let values = meant(&element)?;
            if let Some(text) =
                element.value.as_str().filter(|_| !values.iter().all(|value| found.contains(value)))
            {
                return element.problem(format!("{text} is not in the list that is extended"), None);
            }
            found.retain(|have| !values.contains(have));
        }
    }
    if let Some(added) = node.child("add") {
        for element in added.elements()? {
            extend(&mut found, meant(&element)?);
        }
    }
    Ok(found)
}

fn extend<T: PartialEq>(found: &mut Vec<T>, values: Vec<T>) {
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
}

/// Groups by name, or by what they are: `{ kind: hybrid }`.
pub(super) fn groups(node: &Node<'_>, old: Option<&Vec<Group>>) -> Read<Vec<Group>> {
    list(node, old, &|node| {
        if node.value.is_mapping() {
            return groups_of(node);
        }
        let name = node.text()?;
        match Group::from_name(name) {
            Some(group) => Ok(vec![group]),
            None => node.unknown("group", name, Group::all().flat_map(|group| [group.name(), group.iana()])),
        }
    })
}

/// The groups that have every property of a mapping.
fn groups_of(node: &Node<'_>) -> Read<Vec<Group>> {
    node.only(&["kind", "bits-below"])?;
    let mut found: Vec<Group> = Group::all().collect();
    if let Some(kinds) = node.child("kind") {
        let kinds = kinds.elements()?.iter().map(words::kind).collect::<Read<Vec<_>>>()?;
        found.retain(|group| kinds.contains(&group.facts().kind));
    }
    if let Some(below) = node.child("bits-below") {
        let below = below.number(1..=256, "bits")?;
        found.retain(|group| u32::from(group.facts().bits) < below);
    }
    if found.is_empty() { node.problem("no group has all of these properties", None) } else { Ok(found) }
}

pub(super) fn signature_algorithms(node: &Node<'_>, old: Option<&Vec<String>>) -> Read<Vec<String>> {
    list(node, old, &|node| {
        let name = node.text()?;
        match Scheme::from_name(name) {
            Some(known) => Ok(vec![known.name().to_owned()]),
            None => node.unknown("signature algorithm", name, Scheme::all().map(Scheme::name)),
        }
    })
}

/// Numbers within bounds.
pub(super) fn numbers(
    node: &Node<'_>,
    old: Option<&Vec<u32>>,
    bounds: std::ops::RangeInclusive<u32>,
    unit: &str,
) -> Read<Vec<u32>> {
    list(node, old, &|node| Ok(vec![node.number(bounds.clone(), unit)?]))
}

/// Words out of a closed list.
pub(super) fn words(
    node: &Node<'_>,
    old: Option<&Vec<String>>,
    what: &str,
    known: &[&'static str],
) -> Read<Vec<String>> {
    list(node, old, &|node| Ok(vec![node.word(what, known)?.to_owned()]))
}

/// Takes one requirement out of a policy that is extended.
pub(super) fn drop(node: &Node<'_>, policy: &mut Policy) -> Read<()> {
    let id = node.text()?;
    let held = policy.requirements().iter().any(|requirement| requirement.id == id);
    if !held {
        let ids: Vec<String> = policy.requirements().into_iter().map(|requirement| requirement.id).collect();
        let ids = ids.iter().map(String::as_str);
        return node.unknown("requirement of the policy that is extended:", id, ids);
    }
    policy.sift(&Without(id));
    Ok(())
}

/// All requirements but one.
struct Without<'i>(&'i str);

impl Sieve for Without<'_> {
    fn pass<T>(&self, rule: Requirement<T>) -> Option<Requirement<T>> {
        (rule.id != self.0).then_some(rule)
    }
}

/// Every name that a list of groups takes, each once.
pub(super) fn sorted_groups() -> std::collections::BTreeSet<&'static str> {
    Group::all().flat_map(|group| group.facts().names()).collect()
}
