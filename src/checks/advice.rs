//! What to write instead, such that every release that may read it takes it.

use super::Subject;
use crate::endpoint::Endpoint;
use crate::library::{Choice, Library, Parser};
use crate::policy::Policy;
use crate::suite::Suite;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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
