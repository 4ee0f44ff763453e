//! What an endpoint really offers, in Markdown and in a few words.

use crate::endpoint::{Endpoint, Transport};
use crate::library::Choice;
use crate::library::offer::Offer;
use crate::policy::{Policy, Verdict};
use crate::protocol::{Protocol, Role};
use crate::suite::Suite;
use std::fmt::Write as _;

/// How many suites are named before the rest is counted.
const NAMED: usize = 24;

/// A few words: `TLSv1.2 and TLSv1.3, 12 suites, 3 not approved`.
pub(super) fn summary(endpoint: &Endpoint, policies: &[Policy]) -> String {
    if matches!(endpoint.transport, Transport::Plaintext(_)) {
        return "in clear".to_owned();
    }
    let offer = Offer::of(endpoint);
    if offer.declared_protocols.is_none() {
        return "protocols not evaluated".to_owned();
    }
    if offer.is_dead() {
        return "no handshake can succeed".to_owned();
    }
    let suites = suites(&offer);
    let refused = suites.iter().filter(|suite| !is_approved(**suite, policies)).count();
    let refused = if refused == 0 { String::new() } else { format!(", {refused} not approved") };
    format!("{}, {}{refused}", offer.protocols.in_words(), counted(suites.len(), "suite"))
}

/// `1 suite`, `2 suites`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Everything that a peer can get, as `negotiate` and `inventory` have it.
pub(super) fn view(endpoint: &Endpoint, policies: &[Policy]) -> String {
    let offer = Offer::of(endpoint);
    let mut out = format!("**{}**\n\n", escaped(&endpoint.label));
    let names: Vec<_> = endpoint.names.iter().map(|name| escaped(&name.name)).collect();
    if !names.is_empty() {
        let _ = writeln!(out, "- names: {}", names.join(", "));
    }
    if matches!(endpoint.transport, Transport::Plaintext(_)) {
        out.push_str("- in clear\n");
        return out;
    }
    let protocols = match offer.declared_protocols {
        None => "not evaluated".to_owned(),
        Some(_) if offer.is_dead() => "none: no handshake can succeed".to_owned(),
        Some(_) => offer.protocols.in_words(),
    };
    let _ = writeln!(out, "- protocols: {protocols}");
    let groups: Vec<_> = offer.groups.iter().map(|group| group.name()).collect();
    if !groups.is_empty() {
        let _ = writeln!(out, "- groups: {}", groups.join(", "));
    }
    if let Some(peer) = &endpoint.peer {
        let said = |value: Option<&bool>| {
            value.map_or("not evaluated", |value| if *value { "verified" } else { "not verified" })
        };
        let (chain, name) = (said(peer.chain.value()), said(peer.hostname.value()));
        match endpoint.role {
            Role::Client => drop(writeln!(out, "- peer: chain {chain}, host name {name}")),
            Role::Server => drop(writeln!(out, "- clients' certificates: {chain}")),
        }
    }
    for used in endpoint.certificates.value().into_iter().flatten() {
        let key = used.certificate.as_ref().map_or_else(
            || "not read".to_owned(),
            |certificate| format!("{} of {} bits", certificate.key_type.name(), certificate.key_bits),
        );
        let _ = writeln!(out, "- certificate: {} ({key})", escaped(&used.name));
    }
    let _ = writeln!(out, "- library: {}", endpoint.library.name());
    list(&mut out, &suites(&offer), policies);
    out
}

/// The suites that a handshake can end with, best first, those of TLS 1.3 before the others.
pub(super) fn suites(offer: &Offer) -> Vec<Suite> {
    let mut suites = Vec::new();
    for protocol in [Protocol::Tls13, Protocol::Tls12, Protocol::Tls11, Protocol::Tls10] {
        for suite in offer.suites(protocol) {
            if !suites.contains(&suite) {
                suites.push(suite);
            }
        }
    }
    suites
}

/// Whether no policy objects to a suite below TLS 1.3.
pub(super) fn is_approved(suite: Suite, policies: &[Policy]) -> bool {
    let objects = |policy: &Policy| {
        matches!(
            policy.suites.verdict(suite),
            Verdict::Forbidden(_) | Verdict::NotListed(_) | Verdict::PhaseOut(_)
        )
    };
    suite.is_tls13() || !policies.iter().any(objects)
}

/// What a cipher string selects on a library, by verdict.
pub(super) fn expansion(
    string: &str,
    library: Choice,
    parser: crate::library::Parser,
    policies: &[Policy],
) -> String {
    let expansion = library.expand(string, parser);
    if let Some(error) = &expansion.error {
        return format!("**{} refuses this string**: {}\n", library.name(), error.kind.name());
    }
    let suites: Vec<Suite> = expansion.suites.iter().map(|selected| selected.suite).collect();
    let mut out = format!("**{}** on {}\n", counted(suites.len(), "suite"), library.name());
    list(&mut out, &suites, policies);
    out
}

fn list(out: &mut String, suites: &[Suite], policies: &[Policy]) {
    let (approved, others): (Vec<Suite>, Vec<Suite>) =
        suites.iter().partition(|suite| is_approved(**suite, policies));
    let labels: Vec<String> = policies.iter().map(Policy::label).collect();
    for (what, suites) in [("not approved by", &others), ("approved by", &approved)] {
        if suites.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{} {what} {}:\n", counted(suites.len(), "suite"), labels.join(", "));
        for suite in suites.iter().take(NAMED) {
            let _ = writeln!(out, "- `{}`{}", suite.name(), kind(*suite));
        }
        if suites.len() > NAMED {
            let _ = writeln!(out, "- and {} more", suites.len() - NAMED);
        }
    }
}

/// What is weak about a suite, in a few words.
pub(super) fn kind(suite: Suite) -> &'static str {
    match (suite.has_forward_secrecy(), suite.is_aead()) {
        (true, true) => "",
        (true, false) => " (no AEAD)",
        (false, true) => " (no forward secrecy)",
        (false, false) => " (no forward secrecy, no AEAD)",
    }
}

/// A name from a file, which Markdown must not read as markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in crate::printable::printable(text).chars() {
        if character.is_ascii_punctuation() && !"-./:@,".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
