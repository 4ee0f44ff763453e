//! Lists of groups, with the groups that policies require.

use super::lists::{group, words};
use super::place::Places;
use super::{Proposal, Subject, value};
use crate::finding::{Applicability, Fix};
use crate::group::Group;
use crate::library::Choice;
use crate::library::offer::Offer;
use crate::policy::{GroupRules, Policy};
use crate::protocol::Protocol;
use crate::setting::Setting;
use crate::span::Location;
use crate::text::Text;
use std::collections::BTreeMap;

/// The checks whose findings are mended.
pub(super) const CHECKS: &[&str] = &["group-missing"];

/// A fix for every written list that leaves out what policies require, or does not begin with it.
pub(super) fn fixes(subjects: &[Subject<'_>], places: &Places<'_>) -> Vec<Proposal> {
    let mut lists: BTreeMap<(Location, &str), Vec<Subject<'_>>> = BTreeMap::new();
    for subject in subjects {
        if let Setting::Written(written) = &subject.endpoint.groups {
            let text = &written.value.text;
            lists
                .entry((text.location().unwrap_or(written.location), text.as_str()))
                .or_default()
                .push(*subject);
        }
    }
    lists.into_values().filter_map(|subjects| fix(&subjects, places)).collect()
}

fn fix(subjects: &[Subject<'_>], places: &Places<'_>) -> Option<Proposal> {
    let endpoint = subjects.first()?.endpoint;
    let Setting::Written(written) = &endpoint.groups else { return None };
    let list = &written.value.text;
    // Tuples and marks say more of the order than a name in front does.
    if list.as_str().is_empty() || has_marks(list) {
        return None;
    }
    let policies: Vec<&Policy> = subjects.iter().flat_map(Subject::binding).collect();
    let is_fit = |group: &Group| {
        subjects.iter().all(|subject| subject.endpoint.library.has_one(&[*group]))
            && policies.iter().all(|policy| policy.groups.listing.suffers(group))
    };
    let mut front: Vec<Group> = Vec::new();
    for policy in &policies {
        for wanted in lacking(&policy.groups, &written.value.list) {
            let best = wanted.into_iter().find(&is_fit)?;
            if !front.contains(&best) {
                front.push(best);
            }
        }
    }
    let works = |subject: &Subject<'_>| {
        let offer = Offer::of(subject.endpoint);
        offer.protocols.contains(Protocol::Tls13) || front.iter().all(|group| !group.facts().tls13_only)
    };
    if front.is_empty() || !subjects.iter().all(works) {
        return None;
    }
    let names: Vec<&str> = front.iter().map(|group| endpoint.library.group_name(*group)).collect();
    let kept = words(list.as_str()).into_iter().map(|span| span.of(list.as_str()));
    let kept = kept.filter(|word| group(word).is_none_or(|group| !front.contains(&group)));
    let text = names.iter().copied().chain(kept).collect::<Vec<_>>().join(":");
    let edits = value::edits(list, &text, endpoint.dialect, places.files)?;
    // A library that does not know a name refuses the list, and with it the server.
    let is_sure = subjects.iter().all(|subject| !matches!(subject.endpoint.library, Choice::Any(_)));
    let applicability = if is_sure { Applicability::Safe } else { Applicability::Unsafe };
    let message = format!("put {} first in the groups", names.join(" and "));
    let places = vec![written.location];
    Some(Proposal { checks: CHECKS, places, fix: Fix { applicability, message, edits } })
}

/// The sets of groups of which the list lacks one, or one of which it does not begin with.
fn lacking(rules: &GroupRules, list: &[Group]) -> Vec<Vec<Group>> {
    let mut sets: Vec<Vec<Group>> = Vec::new();
    let required = rules.required.iter().flat_map(|rule| &rule.value);
    sets.extend(required.filter(|group| !list.contains(group)).map(|group| vec![*group]));
    let first = rules.first.iter().map(|rule| &rule.value);
    sets.extend(first.filter(|set| !list.first().is_some_and(|first| set.contains(first))).cloned());
    let one_of = rules.at_least_one.iter().map(|rule| &rule.value);
    sets.extend(one_of.filter(|set| !set.iter().any(|group| list.contains(group))).cloned());
    sets
}

/// Whether a word of the list is more than a name.
fn has_marks(list: &Text) -> bool {
    let text = list.as_str();
    text.contains('/') || words(text).iter().any(|span| span.of(text).starts_with(['*', '?', '-']))
}
