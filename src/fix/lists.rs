//! Lists of groups, signature algorithms and TLS 1.3 suites, without what the policy does not list.

use super::place::Places;
use super::{Proposal, Subject, value};
use crate::endpoint::{Endpoint, Tls13Suites};
use crate::finding::{Applicability, Fix};
use crate::group::Group;
use crate::library::offer::Offer;
use crate::policy::signature::scheme;
use crate::policy::{Policy, Tls13Rule, Verdict};
use crate::setting::Setting;
use crate::span::{Location, Span};
use crate::suite::Suite;
use crate::text::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The checks whose findings a list mends.
pub(super) const CHECKS: &[&str] =
    &["group-not-approved", "signature-algorithm-not-approved", "tls13-suite-not-approved"];

/// A kind of list.
struct Kind {
    checks: &'static [&'static str],
    /// What its words are called.
    what: &'static str,
    list: for<'e> fn(&'e Endpoint) -> Option<(Location, &'e Text)>,
    /// Whether a word means something.
    is_known: fn(&str) -> bool,
    /// Whether a policy suffers a word.
    suffers: fn(&Policy, &str) -> bool,
    /// The endpoint with another list.
    with: fn(&Endpoint, &str) -> Endpoint,
}

const KINDS: [Kind; 3] = [
    Kind {
        checks: &["group-not-approved"],
        what: "groups",
        list: |endpoint| match &endpoint.groups {
            Setting::Written(written) => Some((written.location, &written.value.text)),
            Setting::Default { .. } | Setting::Unknown(_) => None,
        },
        is_known: |word| group(word).is_some(),
        suffers: |policy, word| {
            let group = group(word);
            group.is_none_or(|group| policy.groups.listing.suffers(&group))
        },
        with: |endpoint, text| {
            let mut changed = endpoint.clone();
            if let Setting::Written(written) = &endpoint.groups {
                let mut groups = written.value.clone();
                let names: Vec<Group> = text.split(is_separator).filter_map(group).collect();
                groups.list.retain(|group| names.contains(group));
                changed.groups = Setting::written(groups, written.location, Arc::clone(&written.provenance));
            }
            changed
        },
    },
    Kind {
        checks: &["signature-algorithm-not-approved"],
        what: "signature algorithms",
        list: |endpoint| match &endpoint.signature_algorithms {
            Setting::Written(written) => Some((written.location, &written.value)),
            Setting::Default { .. } | Setting::Unknown(_) => None,
        },
        is_known: |word| scheme(word).is_some(),
        suffers: |policy, word| {
            let rules = &policy.signature_algorithms;
            scheme(word).is_none_or(|scheme| rules.suffers(&scheme.name().to_owned()))
        },
        with: |endpoint, text| {
            let mut changed = endpoint.clone();
            if let Setting::Written(written) = &endpoint.signature_algorithms {
                let value = Text::replaced(text, written.location);
                changed.signature_algorithms =
                    Setting::written(value, written.location, Arc::clone(&written.provenance));
            }
            changed
        },
    },
    Kind {
        checks: &["tls13-suite-not-approved"],
        what: "suites of TLS 1.3",
        list: |endpoint| match &endpoint.ciphersuites {
            Setting::Written(written) => match &written.value {
                Tls13Suites::Listed(text) => Some((written.location, text)),
                Tls13Suites::Fixed(_) | Tls13Suites::Library => None,
            },
            Setting::Default { .. } | Setting::Unknown(_) => None,
        },
        is_known: |word| Suite::from_name(word).is_some_and(Suite::is_tls13),
        suffers: |policy, word| match (&policy.tls13, Suite::from_name(word)) {
            (Tls13Rule::Listed(rule), Some(suite)) if suite.is_tls13() => {
                rule.value.contains(&suite) || matches!(policy.suites.verdict(suite), Verdict::Unknown(_))
            }
            _ => true,
        },
        with: |endpoint, text| {
            let mut changed = endpoint.clone();
            if let Setting::Written(written) = &endpoint.ciphersuites {
                let value = Tls13Suites::Listed(Text::replaced(text, written.location));
                changed.ciphersuites =
                    Setting::written(value, written.location, Arc::clone(&written.provenance));
            }
            changed
        },
    },
];

/// A fix for every list of which something that the policy suffers is left.
pub(super) fn fixes(subjects: &[Subject<'_>], places: &Places<'_>) -> Vec<Proposal> {
    KINDS.iter().flat_map(|kind| kind.fixes(subjects, places)).collect()
}

impl Kind {
    fn fixes(&self, subjects: &[Subject<'_>], places: &Places<'_>) -> Vec<Proposal> {
        let mut lists: BTreeMap<(Location, &str), Vec<Subject<'_>>> = BTreeMap::new();
        for subject in subjects {
            if let Some((location, text)) = (self.list)(subject.endpoint) {
                lists.entry((text.location().unwrap_or(location), text.as_str())).or_default().push(*subject);
            }
        }
        lists.into_values().filter_map(|subjects| self.fix(&subjects, places)).collect()
    }

    fn fix(&self, subjects: &[Subject<'_>], places: &Places<'_>) -> Option<Proposal> {
        let endpoint = subjects.first()?.endpoint;
        let (_, list) = (self.list)(endpoint)?;
        let words = words(list.as_str());
        let is_suffered = |word: &str| {
            subjects.iter().flat_map(Subject::binding).all(|policy| (self.suffers)(policy, word))
        };
        let (kept, gone): (Vec<Span>, Vec<Span>) =
            words.iter().partition(|span| is_suffered(span.of(list.as_str())));
        if gone.is_empty() || !kept.iter().any(|span| (self.is_known)(span.of(list.as_str()))) {
            return None;
        }
        let text = without(list.as_str(), &gone);
        let edits = value::edits(list, &text, endpoint.dialect, places.files)?;
        let keeps = subjects.iter().all(|subject| {
            let (before, after) =
                (Offer::of(subject.endpoint), Offer::of(&(self.with)(subject.endpoint, &text)));
            let left = |offer: &Offer| offer.enabled.len();
            before.protocols == after.protocols && left(&before) == left(&after)
        });
        let names: Vec<&str> = gone.iter().map(|span| span.of(list.as_str())).collect();
        let message = format!("remove {} from the {}", names.join(", "), self.what);
        let applicability = if keeps { Applicability::Safe } else { Applicability::Unsafe };
        let found = gone.iter().filter_map(|span| {
            let marks =
                span.of(list.as_str()).len() - span.of(list.as_str()).trim_start_matches(['?', '*']).len();
            list.locate(Span::new(span.start + marks as u32, span.end))
        });
        let places = found.chain(gone.iter().filter_map(|span| list.locate(*span))).collect();
        Some(Proposal { checks: self.checks, places, fix: Fix { applicability, message, edits } })
    }
}

/// The group that a word names, whatever marks stand in front of it.
pub(super) fn group(word: &str) -> Option<Group> {
    Group::from_name(word.trim_start_matches(['?', '*']))
}

fn is_separator(character: char) -> bool {
    matches!(character, ':' | ',' | '/' | ' ')
}

/// The words of a list, each with its marks.
pub(super) fn words(list: &str) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = 0;
    for word in list.split_inclusive(is_separator) {
        let bare = word.trim_end_matches(is_separator);
        if !bare.is_empty() {
            words.push(Span::new(start, start + bare.len() as u32));
        }
        start += word.len() as u32;
    }
    words
}

/// The list without some of its words, nor the separator in front of each; at the start the one behind.
fn without(list: &str, gone: &[Span]) -> String {
    let mut text = String::new();
    let mut end_of_last = 0;
    for word in words(list) {
        let separator = Span::new(end_of_last, word.start).of(list);
        end_of_last = word.end;
        if !gone.contains(&word) {
            text.push_str(if text.is_empty() { "" } else { separator });
            text.push_str(word.of(list));
        }
    }
    text
}
