//! Suites that are listed and that nobody gets.

use super::{Check, Findings, Subject};
use crate::endpoint::Role;
use crate::finding::{Finding, Mark};
use crate::protocol::Protocol;
use crate::setting::{Setting, Step};
use crate::span::Location;
use crate::suite::{KeyExchange, Suite};
use std::collections::BTreeMap;

/// Why nobody gets a suite that is listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lack {
    Callbacks,
    Level,
    Version,
    Key,
    Groups,
}

/// Reports the words of a cipher string that bring in nothing that anybody gets, one finding for each reason.
pub(super) fn suites(subject: &Subject<'_>, check: &'static Check, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let (Setting::Written(written), Some(expansion)) = (&endpoint.cipher_string, &offer.expansion) else {
        return;
    };
    if expansion.error.is_some() || expansion.suites.is_empty() {
        return;
    }
    let is_enabled = |suite: Suite| offer.enabled.iter().any(|offered| offered.suite == suite);
    if !offer.protocols.iter().any(|protocol| protocol < Protocol::Tls13) {
        let message = format!(
            "{} names suites of TLSv1.2 and older, and TLSv1.3 alone is left",
            endpoint.spelling.keys.cipher_string
        );
        let mut finding =
            Finding::new(check.id, check.level, written.location, message).label("without effect");
        finding.context = format!("{} unused", endpoint.spelling.keys.cipher_string);
        findings.report(endpoint, &written.provenance, finding);
        return;
    }
    findings.note_working(check.id, written.location);
    let mut by_lack: BTreeMap<Lack, Vec<(Location, Vec<Suite>)>> = BTreeMap::new();
    for (index, token) in expansion.tokens.iter().enumerate() {
        let listed = expansion.suites.iter().filter(|selected| selected.token == index);
        let listed: Vec<Suite> = listed.map(|selected| selected.suite).collect();
        let Some(location) = written.value.locate(token.span) else { continue };
        if listed.iter().any(|suite| is_enabled(*suite)) {
            findings.note_working(check.id, location);
        } else if let Some(lack) = listed.first().and_then(|first| lack(subject, *first)) {
            by_lack.entry(lack).or_default().push((location, listed));
        }
    }
    for (lack, words) in by_lack {
        report(subject, check, (lack, &words), &written.provenance, findings);
    }
}

/// What keeps a suite from being negotiated; `None` where `dhe-without-parameters` says it.
fn lack(subject: &Subject<'_>, suite: Suite) -> Option<Lack> {
    let Subject { endpoint, offer, .. } = *subject;
    let is_permitted = offer.permitted.iter().any(|offered| offered.suite == suite);
    let exchange = suite.facts().key_exchange;
    if !crate::library::security::is_usable_without_callbacks(suite) {
        Some(Lack::Callbacks)
    } else if !endpoint.library.permits_suite(suite, offer.security_level, endpoint.role) {
        Some(Lack::Level)
    } else if exchange == KeyExchange::Dhe && endpoint.role == Role::Server && !offer.runs_dhe {
        None
    } else if !is_permitted || !offer.protocols.iter().any(|protocol| suite.facts().minimum <= protocol) {
        Some(Lack::Version)
    } else if exchange == KeyExchange::Ecdhe && offer.groups.iter().all(|group| group.facts().tls13_only) {
        Some(Lack::Groups)
    } else {
        Some(Lack::Key)
    }
}

fn report(
    subject: &Subject<'_>,
    check: &'static Check,
    (lack, words): (Lack, &[(Location, Vec<Suite>)]),
    provenance: &[Step],
    findings: &mut Findings,
) {
    let Subject { endpoint, offer, .. } = *subject;
    let suites: Vec<Suite> = words.iter().flat_map(|(_, suites)| suites.iter().copied()).collect();
    let Some(((location, _), others)) = words.split_first() else { return };
    let how = if endpoint.role == Role::Server { "served" } else { "offered" };
    let it = if suites.len() == 1 { "it" } else { "them" };
    let why = match lack {
        Lack::Callbacks => {
            "it takes keys or passwords that are agreed beforehand, and this server has none".to_owned()
        }
        Lack::Level => {
            format!("{} forbids {it} at security level {}", endpoint.library.name(), offer.security_level)
        }
        Lack::Version => format!("no version is left that has {it}"),
        Lack::Groups => format!("no group is left for {it}"),
        Lack::Key if endpoint.role == Role::Server => format!("no certificate here has a key for {it}"),
        Lack::Key => format!("no signature algorithm is left for {it}"),
    };
    let (names, verb) = match suites.as_slice() {
        [only] => (only.name().to_owned(), "is"),
        [first, second] => (format!("{first} and {second}"), "are"),
        [first, ..] => (format!("{} suites, such as {first},", suites.len()), "are"),
        [] => return,
    };
    let mut finding =
        Finding::new(check.id, check.level, *location, format!("{names} {verb} listed and not {how}: {why}"))
            .label(format!("listed, not {how}"))
            .data("suites", suites.iter().map(|suite| suite.name().to_owned()));
    for (location, _) in others {
        let context = format!("{} {names}", endpoint.spelling.keys.cipher_string);
        finding.marks.push(Mark { location: *location, label: format!("not {how} either"), context });
    }
    finding.context = format!("{} {names}", endpoint.spelling.keys.cipher_string);
    findings.report(endpoint, provenance, finding);
}
