//! Inlay hints, code lenses, and colours inside cipher strings.

use super::analysis::Read;
use super::documents::Document;
use super::effective;
use crate::endpoint::{Endpoint, Transport};
use crate::files::FileTree as _;
use crate::library::{Effect, Operator};
use crate::policy::Policy;
use crate::setting::Setting;
use crate::span::{Location, Span};
use std::collections::BTreeMap;

/// The kinds of words in cipher strings, in the order of the legend.
pub(super) const KINDS: [&str; 3] = ["keyword", "operator", "comment"];

/// A few words at a place.
pub(super) struct Hint {
    pub(super) span: Span,
    pub(super) text: String,
}

/// Behind each cipher string what it comes to, and behind each listener the protocols that are there by default.
pub(super) fn inlay(read: &Read, document: &Document) -> Vec<Hint> {
    let mut hints: BTreeMap<Span, String> = BTreeMap::new();
    for (endpoint, policies) in endpoints(read, document) {
        if matches!(endpoint.transport, Transport::Plaintext(_)) {
            continue;
        }
        if let Some(text) = endpoint.cipher_string.value()
            && let Some(span) = text.location().and_then(|place| own(read, document, place))
        {
            let selected = endpoint.library.expand(text.as_str(), endpoint.parser);
            let suites = selected.suites.iter().map(|selected| selected.suite);
            let others = suites.filter(|suite| !effective::is_approved(*suite, policies)).count();
            let others = if others == 0 { String::new() } else { format!(", {others} not approved") };
            hints
                .entry(span)
                .or_insert_with(|| format!("{}{others}", effective::counted(selected.suites.len(), "suite")));
        }
        if let Setting::Default { value, .. } = &endpoint.protocols
            && let Some(span) = own(read, document, endpoint.location)
        {
            hints.entry(span).or_insert_with(|| format!("default: {}", value.set.in_words()));
        }
    }
    hints.into_iter().map(|(span, text)| Hint { span, text }).collect()
}

/// Above each listener and upstream what it serves or offers, for the first names of each.
pub(super) fn lenses(read: &Read, document: &Document) -> Vec<Hint> {
    let mut lenses: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    for (endpoint, policies) in endpoints(read, document) {
        let Some(span) = own(read, document, endpoint.location) else { continue };
        let text = format!("{}: {}", endpoint.label, effective::summary(endpoint, policies));
        let known = lenses.entry(span).or_default();
        if !known.contains(&text) {
            known.push(text);
        }
    }
    let told = |texts: Vec<String>| {
        let more = texts.len().saturating_sub(2);
        let first = texts.into_iter().take(2).collect::<Vec<_>>().join(" | ");
        if more == 0 { first } else { format!("{first} | and {more} more") }
    };
    lenses.into_iter().map(|(span, texts)| Hint { span, text: told(texts) }).collect()
}

/// The words of cipher strings: those that add, those that remove or sort, and those that do nothing; places with ranks of [`KINDS`].
pub(super) fn tokens(read: &Read, document: &Document) -> Vec<(Span, u32)> {
    let mut words: BTreeMap<Span, u32> = BTreeMap::new();
    for (endpoint, _) in endpoints(read, document) {
        let Some(text) = endpoint.cipher_string.value() else { continue };
        if text.location().and_then(|place| own(read, document, place)).is_none() {
            continue;
        }
        let expansion = endpoint.library.expand(text.as_str(), endpoint.parser);
        for token in &expansion.tokens {
            let Some(span) = text.locate(token.span).and_then(|place| own(read, document, place)) else {
                continue;
            };
            let kind = match (token.effect, token.operator) {
                (Effect::Unmatched(_) | Effect::Invalid, _) => 2,
                (_, Operator::Add) => 0,
                _ => 1,
            };
            words.entry(span).or_insert(kind);
        }
    }
    let mut end = 0;
    // Words of one string do not overlap; those of others that stand in the same bytes are left out.
    words
        .into_iter()
        .filter(|(span, _)| {
            let is_free = span.start >= end && !span.is_empty();
            if is_free {
                end = span.end;
            }
            is_free
        })
        .collect()
}

fn endpoints<'r>(
    read: &'r Read,
    document: &'r Document,
) -> impl Iterator<Item = (&'r Endpoint, &'r [Policy])> {
    read.reading.roots.iter().flat_map(|root| {
        let policies = root.scope.policies(&document.path);
        root.model.endpoints.iter().map(move |endpoint| (endpoint, policies))
    })
}

/// The bytes of a place, where it is in the document.
fn own(read: &Read, document: &Document, place: Location) -> Option<Span> {
    let place = read.disk.written(place);
    (read.disk.source(place.file).path() == document.path).then_some(place.span)
}
