//! What to write instead, such that every release that may read it takes it.

use crate::endpoint::Endpoint;
use crate::library::{Choice, Library, Parser};
use crate::policy::Policy;
use crate::suite::Suite;

/// What to call the setting with this key in a sentence.
pub(super) fn named(key: &str) -> &str {
    if ["", "ciphers", "cipher string"].contains(&key) { "the cipher string" } else { key }
}

/// What to write for the cipher string of an endpoint; a context that HAProxy makes for generated certificates has none that is written.
pub(super) fn cipher_string(policy: &Policy, endpoint: &Endpoint) -> Option<String> {
    if endpoint.spelling.keys.cipher_string.is_empty() {
        return Some("no setting reaches it: name certificates for all hosts, and generate none".to_owned());
    }
    Some(format!("write {}", (endpoint.spelling.cipher_string)(&approved(policy, endpoint)?)))
}

/// The approved set as a cipher string, forward-secret AEAD suites first, as far as every release that may run the endpoint takes it.
pub(super) fn approved(policy: &Policy, endpoint: &Endpoint) -> Option<String> {
    let takes = |library: &'static Library, string: &str| {
        Choice::Named(library).expand(string, endpoint.parser).error.is_none()
    };
    let is_strict = endpoint.parser == Parser::Strict;
    let is_known =
        |suite: &Suite| !is_strict || endpoint.library.members().all(|library| takes(library, suite.name()));
    let mut suites: Vec<Suite> = policy.suites.approved.iter().copied().collect();
    suites.retain(|suite| !suite.is_tls13() && is_known(suite));
    suites.sort_by_key(|suite| (suite.weakness(), suite.code()));
    let list = suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(":");
    (!list.is_empty() && endpoint.library.members().all(|library| takes(library, &list))).then_some(list)
}

/// A suite, with the release that has it where no other that may run the endpoint does.
pub(super) fn with_release(suite: Suite, endpoint: &Endpoint) -> String {
    let library = endpoint.library;
    let mut having: Vec<&str> =
        library.members().filter(|one| one.has(suite)).map(Library::release).collect();
    let mut all: Vec<&str> = library.members().map(Library::release).collect();
    having.dedup();
    all.dedup();
    match having.as_slice() {
        [only] if all.len() > 1 => format!("{suite} (only on {only})"),
        _ => suite.to_string(),
    }
}
