//! What to write instead, such that every release that may read it takes it.

use super::Subject;
use crate::endpoint::{Dialect, Endpoint, Role};
use crate::library::{Choice, Library, Parser};
use crate::policy::Policy;
use crate::protocol::ProtocolSet;
use crate::suite::{Suite, in_kinds};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Without Suite B in openssl.cnf servers read cipher strings of their own that they have not read before.
const SUITE_B: &str = "take Suite B out of openssl.cnf and name the suites in each server: while it stands here, their own strings are not read";

/// What to call the setting with this key in a sentence.
pub(super) fn named(key: &str) -> &str {
    if ["", "ciphers", "cipher string"].contains(&key) { "the cipher string" } else { key }
}

/// What to write for the cipher string of an endpoint; a context that HAProxy makes for generated certificates has none that is written.
pub(super) fn cipher_string(subject: &Subject<'_>) -> Option<String> {
    let endpoint = subject.endpoint;
    if endpoint.spelling.keys.cipher_string.is_empty() {
        return Some("no setting reaches it: name certificates for all hosts, and generate none".to_owned());
    }
    Some(format!(
        "write {}",
        (endpoint.spelling.cipher_string)(&subject.advised.approved(subject.policy, endpoint)?)
    ))
}

/// The cipher strings of policies, worked out once for every library and way to read them.
#[derive(Debug, Default)]
pub struct Advised(Mutex<HashMap<Question, Option<Arc<str>>>>);

/// A policy by its address, a library, and how it reads strings.
type Question = (usize, Choice, Parser);

impl Advised {
    /// The approved set of a policy, as every release that may run the endpoint takes it.
    pub(super) fn approved(&self, policy: &Policy, endpoint: &Endpoint) -> Option<Arc<str>> {
        let question = (std::ptr::from_ref(policy).addr(), endpoint.library, endpoint.parser);
        let mut known = self.0.lock().expect("no holder panics");
        known.entry(question).or_insert_with(|| approved(policy, endpoint).map(Arc::from)).clone()
    }
}

/// What to do where a cipher string is too wide: another in its place, unless it is Suite B for a whole system.
pub(super) fn narrower(subject: &Subject<'_>) -> Option<String> {
    let Subject { endpoint, offer, .. } = *subject;
    let is_suite_b = offer.expansion.as_ref().is_some_and(|expansion| expansion.suite_b);
    if is_suite_b && endpoint.dialect == Dialect::OpensslConf {
        return Some(SUITE_B.to_owned());
    }
    cipher_string(subject)
}

/// What to say under a word that brings suites.
pub(super) fn label(token: &str, suites: &[Suite]) -> String {
    match suites {
        [only] if only.name() == token => "not approved".to_owned(),
        [only] => format!("not approved: {only}"),
        many => format!("{} suites not approved: {}", many.len(), in_kinds(many)),
    }
}

/// How to write that `wanted` versions are served, with a maximum where the one that stands there, on the line or on those around it,
/// would leave nothing: HAProxy's minimum keeps the maximum, and the server refuses to start. What the line says beats `global`.
pub(super) fn versions(wanted: ProtocolSet, endpoint: &Endpoint) -> String {
    let written = (endpoint.spelling.protocols)(wanted);
    let highest = endpoint.protocols.value().and_then(|protocols| protocols.set.iter().next_back());
    let is_below = highest < wanted.iter().next();
    let is_shared = endpoint.protocols.provenance().iter().any(|step| step.what == "from the bind line");
    let Some(last) = wanted.iter().next_back() else { return written };
    if endpoint.dialect != Dialect::HaProxy || !(is_below || is_shared) || written.contains("ssl-max-ver") {
        return written;
    }
    let both = format!("{written} ssl-max-ver {}", last.name());
    let line = if endpoint.role == Role::Server { "bind" } else { "server" };
    match both.strip_prefix("ssl-default-").and_then(|rest| rest.split_once(' ')) {
        Some((_, options)) => format!("{options} on the {line} line"),
        None => both,
    }
}

/// The approved set as a cipher string, forward-secret AEAD suites first, as far as every release that may run the endpoint takes it.
fn approved(policy: &Policy, endpoint: &Endpoint) -> Option<String> {
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
