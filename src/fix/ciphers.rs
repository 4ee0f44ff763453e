//! Cipher strings that bring what the policy approves, and nothing else.

use super::narrow::{self, Alike, Outcome, Solution};
use super::place::Places;
use super::yaml::New;
use super::{Proposal, Subject, value};
use crate::endpoint::Dialect;
use crate::finding::{Applicability, Edit, Fix};
use crate::library::{Effect, Expansion};
use crate::protocol::Role;
use crate::setting::{Setting, Written};
use crate::span::{Location, Span};
use crate::text::Text;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The checks whose findings a string mends.
pub(super) const CHECKS: &[&str] = &["cipher-token-unmatched", "no-approved-suite", "suite-not-approved"];
const UNMATCHED: &[&str] = &["cipher-token-unmatched"];
const NOT_APPROVED: &[&str] = &["suite-not-approved"];
const NONE_APPROVED: &[&str] = &["no-approved-suite"];

/// One cipher string and every endpoint that it reaches.
struct Group<'a> {
    /// `None` for strings that nobody wrote, one endpoint each.
    written: Option<&'a Arc<Written<Text>>>,
    subjects: Vec<Subject<'a>>,
}

/// A fix for every string that is too wide, has words that mean nothing, or brings nothing that is approved.
pub(super) fn fixes(subjects: &[Subject<'_>], places: &Places<'_>) -> Vec<Proposal> {
    // Sites by the thousand ask the same question.
    let mut solved: HashMap<(String, Vec<String>), Option<Solution>> = HashMap::new();
    let mut proposals = Vec::new();
    for group in groups(subjects) {
        let alike = Alike::of(&group.subjects);
        let solution = solved.entry(alike.question()).or_insert_with(|| alike.solve()).clone();
        if let (Some(solution), Some(expansion)) = (solution, alike.expansion()) {
            proposals.extend(group.proposals(&solution, &expansion, places));
        }
    }
    proposals
}

fn groups<'a>(subjects: &[Subject<'a>]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(Location, &str), Group<'a>> = BTreeMap::new();
    for subject in subjects {
        let endpoint = subject.endpoint;
        let (key, written) = match &endpoint.cipher_string {
            Setting::Written(written) => (
                (written.value.location().unwrap_or(written.location), written.value.as_str()),
                Some(written),
            ),
            // What clients offer unasked is not reported.
            Setting::Default { value, .. }
                if endpoint.role == Role::Server && !endpoint.spelling.keys.cipher_string.is_empty() =>
            {
                ((endpoint.location, value.as_str()), None)
            }
            Setting::Default { .. } | Setting::Unknown(_) => continue,
        };
        let group = groups.entry(key).or_insert_with(|| Group { written, subjects: Vec::new() });
        group.subjects.push(*subject);
    }
    groups.into_values().collect()
}

impl Group<'_> {
    fn proposals(&self, solution: &Solution, expansion: &Expansion, places: &Places<'_>) -> Vec<Proposal> {
        let Solution { text, outcome, is_other } = solution;
        let Some(edits) = self.edits(text, places) else { return Vec::new() };
        let applicability =
            if *outcome == Outcome::Keeps { Applicability::Safe } else { Applicability::Unsafe };
        let verb = match (self.written, is_other) {
            (None, _) => "write a cipher string with",
            (Some(_), false) => "narrow the cipher string to",
            (Some(_), true) => "replace the cipher string by",
        };
        let fix = Fix { applicability, message: format!("{verb} what the policy approves"), edits };
        let dead: Vec<usize> = narrow::dead(expansion).collect();
        self.mended(expansion, &dead)
            .map(|(checks, places)| Proposal { checks, places, fix: fix.clone() })
            .collect()
    }

    fn edits(&self, text: &str, places: &Places<'_>) -> Option<Vec<Edit>> {
        let endpoint = self.subjects.first()?.endpoint;
        match self.written {
            Some(written) => value::edits(&written.value, text, endpoint.dialect, places.files),
            None if endpoint.dialect == Dialect::Envoy => {
                let items = text.split(':').map(New::Scalar).collect();
                Some(vec![places.parameters(endpoint, vec![("cipher_suites", New::List(items))])?])
            }
            None => {
                let setting = (endpoint.spelling.cipher_string)(text);
                let key = endpoint.spelling.keys.cipher_string;
                Some(vec![places.insert(endpoint, key, &setting)?])
            }
        }
    }

    /// The checks whose findings a new string mends, with their places.
    fn mended<'s>(
        &'s self,
        expansion: &'s Expansion,
        dead: &'s [usize],
    ) -> impl Iterator<Item = (&'static [&'static str], Vec<Location>)> + 's {
        let whole = || {
            self.subjects.iter().map(|subject| match self.written {
                Some(written) => written.location,
                None => subject.endpoint.location,
            })
        };
        let value = self.written.map(|written| &written.value);
        let locate = |span: Span| value.and_then(|value| value.locate(span));
        let tokens = expansion.tokens.iter().filter_map(move |token| locate(token.span));
        let words = dead.iter().filter_map(|index| expansion.tokens.get(*index)).flat_map(move |token| {
            let word = match token.effect {
                Effect::Unmatched(reason) => reason.word(),
                _ => None,
            };
            [Some(token.span), word].into_iter().flatten().filter_map(locate)
        });
        [
            (NOT_APPROVED, tokens.chain(whole()).collect()),
            (UNMATCHED, words.collect()),
            (NONE_APPROVED, whole().collect::<Vec<_>>()),
        ]
        .into_iter()
    }
}
