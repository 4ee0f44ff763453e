//! Narrower cipher strings.

use super::{Subject, verbatim};
use crate::endpoint::Endpoint;
use crate::files::FileTree;
use crate::finding::{Applicability, Edit, Fix};
use crate::library::offer::Offer;
use crate::library::{Effect, Expansion, Operator, Reason};
use crate::policy::{Policy, Verdict};
use crate::setting::{Setting, Written};
use crate::span::{Location, Span};
use crate::suite::Suite;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The checks whose findings a narrower string mends.
const NARROWED: &[&str] = &["suite-not-approved", "cipher-token-unmatched"];
/// The checks whose findings another string mends.
const REPLACED: &[&str] = &["suite-not-approved", "cipher-token-unmatched", "no-approved-suite"];

/// The checks whose findings a fix mends, their places, and the fix.
type Proposal = (&'static [&'static str], Vec<Location>, Fix);

/// One cipher string and every endpoint that it reaches.
struct Group<'a> {
    written: &'a Arc<Written<Text>>,
    subjects: Vec<Subject<'a>>,
}

/// A fix for every string that is too wide, with the places of the findings that it mends.
pub(super) fn fixes(subjects: &[Subject<'_>], files: &dyn FileTree) -> Vec<Proposal> {
    groups(subjects).iter().filter_map(|group| group.fix(files)).collect()
}

fn groups<'a>(subjects: &[Subject<'a>]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(Location, &str), Group<'a>> = BTreeMap::new();
    for subject in subjects {
        let Setting::Written(written) = &subject.endpoint.cipher_string else { continue };
        let key = (written.value.location().unwrap_or(written.location), written.value.as_str());
        let group = groups.entry(key).or_insert_with(|| Group { written, subjects: Vec::new() });
        group.subjects.push(*subject);
    }
    groups.into_values().collect()
}

impl Group<'_> {
    fn fix(&self, files: &dyn FileTree) -> Option<Proposal> {
        let value = &self.written.value;
        let offers: Vec<Offer> = self.subjects.iter().map(|subject| Offer::of(subject.endpoint)).collect();
        let expansion = offers.first()?.expansion.clone()?;
        if expansion.error.is_some() || value.as_str().is_empty() {
            return None;
        }
        let places = self.places(&expansion);
        let narrowed = self.narrowed(&expansion, &offers);
        let (checks, text, applicability) = match narrowed {
            Some(text) => {
                let safe = self.holds(&text, &offers);
                (NARROWED, text, if safe { Applicability::Safe } else { Applicability::Unsafe })
            }
            None => (REPLACED, self.replacement()?, Applicability::Unsafe),
        };
        if text == value.as_str() {
            return None;
        }
        let edits = edits(value, &text, files)?;
        let verb =
            if checks == NARROWED { "narrow the cipher string to" } else { "replace the cipher string by" };
        let message = format!("{verb} what the policy approves");
        Some((checks, places, Fix { applicability, message, edits }))
    }

    /// The places where findings about the string stand.
    fn places(&self, expansion: &Expansion) -> Vec<Location> {
        let value = &self.written.value;
        let tokens = expansion.tokens.iter().filter_map(|token| value.locate(token.span));
        let words = expansion.unmatched().filter_map(|(_, reason)| value.locate(reason.word()?));
        tokens.chain(words).chain([self.written.location]).chain(value.location()).collect()
    }

    /// The string without what it should not bring: tokens that bring nothing approved are left out, others are replaced by the
    /// approved suites that they bring. `None` where nothing would be left.
    fn narrowed(&self, expansion: &Expansion, offers: &[Offer]) -> Option<String> {
        let value = self.written.value.as_str();
        let mut text = String::new();
        let mut brings_any = false;
        let mut end_of_last = 0;
        for (index, token) in expansion.tokens.iter().enumerate() {
            let separator = Span::new(end_of_last, token.span.start.max(end_of_last)).of(value);
            end_of_last = token.span.end;
            let enabled = enabled_by(index, offers);
            let (approved, others): (Vec<Suite>, Vec<Suite>) =
                enabled.into_iter().partition(|suite| self.allows(*suite));
            let kept = match (token.operator, token.effect) {
                (_, Effect::Unmatched(reason)) if is_mistake(reason) => None,
                (Operator::Add, _) if others.is_empty() => Some(token.text.to_string()),
                (Operator::Add, _) if approved.is_empty() => None,
                (Operator::Add, _) => {
                    Some(approved.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(":"))
                }
                _ => Some(token.text.to_string()),
            };
            let Some(kept) = kept else { continue };
            brings_any |= !approved.is_empty();
            if !text.is_empty() {
                text.push_str(if separator.is_empty() { ":" } else { separator });
            }
            text.push_str(&kept);
        }
        brings_any.then_some(text)
    }

    /// Whether no policy of an endpoint here has anything against a suite.
    fn allows(&self, suite: Suite) -> bool {
        self.policies().all(|policy| {
            !matches!(policy.suites.verdict(suite), Verdict::Forbidden(_) | Verdict::NotListed(_))
        })
    }

    fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.subjects.iter().flat_map(|subject| subject.policies)
    }

    /// Whether every endpoint keeps the approved suites that it has, gains none, and has at least one.
    fn holds(&self, text: &str, offers: &[Offer]) -> bool {
        self.subjects.iter().zip(offers).all(|(subject, before)| {
            let after = Offer::of(&with_string(subject.endpoint, text));
            let set = |offer: &Offer| -> BTreeSet<Suite> {
                offer
                    .enabled
                    .iter()
                    .map(|offered| offered.suite)
                    .filter(|suite| self.allows(*suite))
                    .collect()
            };
            let starts = after.expansion.as_ref().is_some_and(|expansion| expansion.error.is_none());
            starts && set(&after) == set(before) && !set(&after).is_empty()
        })
    }

    /// What the first policy approves, best first; `None` where it names nothing.
    fn replacement(&self) -> Option<String> {
        let policy = self.policies().find(|policy| !policy.suites.approved.is_empty())?;
        let mut suites: Vec<Suite> =
            policy.suites.approved.iter().copied().filter(|suite| !suite.is_tls13()).collect();
        suites.retain(|suite| self.allows(*suite));
        suites.sort_by_key(|suite| (suite.weakness(), suite.code()));
        let text = suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(":");
        (!text.is_empty()).then_some(text)
    }
}

/// The suites that a token brings to some endpoint, in the order of preference.
fn enabled_by(token: usize, offers: &[Offer]) -> Vec<Suite> {
    let mut suites = Vec::new();
    for offered in
        offers.iter().flat_map(|offer| &offer.enabled).filter(|offered| offered.token == Some(token))
    {
        if !suites.contains(&offered.suite) {
            suites.push(offered.suite);
        }
    }
    suites
}

fn with_string(endpoint: &Endpoint, text: &str) -> Endpoint {
    let mut changed = endpoint.clone();
    if let Setting::Written(written) = &endpoint.cipher_string {
        let value = Text::replaced(text, written.location);
        changed.cipher_string = Setting::written(value, written.location, Arc::clone(&written.provenance));
    }
    changed
}

/// Reasons for which a word is taken out: it can never have meant anything here.
const fn is_mistake(reason: Reason) -> bool {
    matches!(reason, Reason::UnknownWord { .. } | Reason::Tls13Name { .. } | Reason::Contradiction)
}

/// The edits that make `value` read `text`: one where the file holds the value as it is, else whole lines of a list.
fn edits(value: &Text, text: &str, files: &dyn FileTree) -> Option<Vec<Edit>> {
    let whole = Span::new(0, value.as_str().len() as u32);
    if let Some(location) = verbatim(value, whole, files) {
        return Some(vec![Edit::replace(location, text)]);
    }
    list_edits(value, text, files)
}

/// A list with one item a line, as Envoy's YAML has it: the first item's line becomes all new items, the others go.
fn list_edits(value: &Text, text: &str, files: &dyn FileTree) -> Option<Vec<Edit>> {
    let mut lines = Vec::new();
    let mut at = 0;
    for item in value.as_str().split(':') {
        let span = Span::new(at, at + item.len() as u32);
        at = span.end + 1;
        let location = verbatim(value, span, files)?;
        let source = files.source(location.file);
        let line = source.line_span(source.position(location.span.start).line);
        let bare = line.of(source.text()).trim_start();
        let bare = bare.strip_prefix('-')?.trim().trim_matches(['"', '\'']);
        if bare != item {
            return None;
        }
        let next = source.text()[line.end as usize..]
            .find('\n')
            .map_or(line.end, |newline| line.end + newline as u32 + 1);
        lines.push((Location::new(location.file, Span::new(line.start, next)), item));
    }
    let (first, item) = *lines.first()?;
    let source = files.source(first.file);
    let line = first.span.of(source.text());
    let rows: String = text.split(':').map(|new| line.replacen(item, new, 1)).collect();
    let rest = lines.iter().skip(1).map(|(location, _)| Edit::replace(*location, ""));
    Some(std::iter::once(Edit::replace(first, rows)).chain(rest).collect())
}
