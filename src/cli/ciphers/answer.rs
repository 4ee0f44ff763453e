//! Answers for programs.

use super::Answer;
use crate::cli::Stop;
use crate::library::{Choice, Effect, Expansion, Family, Reason, Token, nearest_word};
use crate::policy::{Policy, Verdict};
use crate::protocol::Role;
use crate::span::Span;
use crate::suite::Suite;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::io::Write;

/// One answer, as a line of JSON has it.
#[derive(Serialize)]
struct Line<'a> {
    string: &'a str,
    library: &'a str,
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<&'a [&'static str]>>,
    suites: &'a [&'static str],
    security_level: Option<u8>,
    unmatched: Vec<&'a str>,
    added_by: AddedBy<'a>,
}

/// Each suite with its token, in the order of the suites.
struct AddedBy<'a>(&'a [&'static str], &'a Expansion);

impl Serialize for AddedBy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(names, expansion) = self;
        let token = |index: usize| expansion.tokens.get(index).map_or("", |token| &*token.text);
        let tokens = expansion.suites.iter().map(|selected| token(selected.token));
        serializer.collect_map(names.iter().zip(tokens))
    }
}

/// One answer as one line of JSON.
pub(super) fn line(answer: &Answer<'_>, out: &mut dyn Write) -> Result<(), Stop> {
    let expansion = &*answer.expansion;
    let suites: Vec<&str> =
        expansion.suites.iter().map(|selected| name_of(answer.library, selected.suite)).collect();
    let has_groups = answer.library.family() != Family::OpenSsl;
    let line = Line {
        string: answer.string,
        library: answer.library.id(),
        error: expansion.error.map(|error| error.kind.name()),
        groups: has_groups.then(|| expansion.groups.iter().map(|group| &suites[group.clone()]).collect()),
        suites: &suites,
        security_level: expansion.security_level,
        unmatched: expansion.unmatched().map(|(token, _)| &*token.text).collect(),
        added_by: AddedBy(&suites, expansion),
    };
    let mut text = serde_json::to_vec(&line).map_err(std::io::Error::from)?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(())
}

/// One answer with everything that is known of its suites and tokens.
pub(super) fn document(answer: &Answer<'_>, policy: &Policy) -> Value {
    let expansion = &answer.expansion;
    let level = expansion.security_level.unwrap_or_else(|| answer.library.default_security_level());
    let enabled: Vec<_> = answer.library.enabled(expansion, level, Role::Server).collect();
    let suites: Vec<Value> = expansion
        .suites
        .iter()
        .map(|selected| {
            let suite = selected.suite;
            let facts = suite.facts();
            json!({
                "name": name_of(answer.library, suite), "iana": facts.iana, "code": format!("0x{:04X}", facts.code),
                "protocol": facts.minimum.name(), "key_exchange": facts.key_exchange.name(),
                "authentication": facts.authentication.name(), "encryption": facts.encryption, "mac": facts.mac,
                "bits": facts.bits, "token": selected.token, "enabled": enabled.contains(selected),
                "verdict": verdict(policy, suite),
            })
        })
        .collect();
    let tokens: Vec<Value> = expansion.tokens.iter().map(|token| token_document(answer, token)).collect();
    json!({
        "string": answer.string, "library": answer.library.id(),
        "error": expansion.error.map(|error| json!({"kind": error.kind.name(), "byte_range": range(error.span)})),
        "security_level": expansion.security_level, "security_level_in_force": level,
        "suites": suites,
        "groups": expansion.groups.iter().map(|group| group.clone().collect()).collect::<Vec<Vec<usize>>>(),
        "tokens": tokens,
    })
}

fn token_document(answer: &Answer<'_>, token: &Token) -> Value {
    let names =
        |suites: &[Suite]| suites.iter().map(|suite| name_of(answer.library, *suite)).collect::<Vec<_>>();
    let (effect, why) = match token.effect {
        Effect::Invalid => ("invalid", None),
        Effect::Matched => ("matched", None),
        Effect::Setting => ("setting", None),
        Effect::Unmatched(reason) => ("unmatched", Some(why(answer, reason))),
    };
    json!({
        "text": token.text, "byte_range": range(token.span), "effect": effect, "why": why,
        "added": names(&token.added), "removed": names(&token.removed), "moved": names(&token.moved),
        "barred": names(&token.barred),
    })
}

fn range(span: Span) -> [u32; 2] {
    [span.start, span.end]
}

/// The library's own name for a suite.
pub(super) fn name_of(library: Choice, suite: Suite) -> &'static str {
    if let Choice::Named(library) = library { library.name_of(suite) } else { suite.name() }
}

/// The policy's word on a suite.
pub(super) fn verdict(policy: &Policy, suite: Suite) -> &'static str {
    match policy.suites.verdict(suite) {
        Verdict::Approved => "approved",
        Verdict::Forbidden(_) => "forbidden",
        Verdict::NotListed(_) => "not approved",
        Verdict::PhaseOut(_) => "phase out",
        Verdict::Unknown(_) | Verdict::Unspecified => "unspecified",
    }
}

/// Why a token did nothing, as a clause.
pub(super) fn why(answer: &Answer<'_>, reason: Reason) -> String {
    let word = |span: Span| span.of(answer.string);
    match reason {
        Reason::AlreadySelected => "everything that it means is selected already".to_owned(),
        Reason::AlreadySorted => "the list is sorted already".to_owned(),
        Reason::Contradiction => "its terms exclude each other".to_owned(),
        Reason::DefaultNotFirst { .. } => "DEFAULT is understood only at the very start".to_owned(),
        Reason::Killed { by } => {
            let by = answer.expansion.tokens.get(by).map_or("an earlier token", |token| &token.text);
            format!("{by} removed all of it for good")
        }
        Reason::NameAmongTerms { word: span } => format!("{} is no word beside others", word(span)),
        Reason::NeedsBuild { builds } => {
            let builds: Vec<&str> = builds.iter().map(crate::library::Library::id).collect();
            format!("only other builds have it: {}", builds.join(", "))
        }
        Reason::NoSuchSuite => "no suite is made like that".to_owned(),
        Reason::NotSelected => "nothing that it means is selected".to_owned(),
        Reason::ReplacedBySuiteB => "Suite B replaces the whole string".to_owned(),
        Reason::SystemProfile { .. } => {
            "it stands for the crypto policy only at the very start, and only in Red Hat's OpenSSL".to_owned()
        }
        Reason::Tls13Name { .. } => "cipher strings do not govern TLS 1.3 suites".to_owned(),
        Reason::UnknownHere { word: span, known_in } => {
            let mut releases: Vec<&str> = known_in.iter().map(crate::library::Library::release).collect();
            releases.dedup();
            format!("{} is unknown here; known in {}", word(span), releases.join(", "))
        }
        Reason::UnknownWord { word: span } => {
            let nearest =
                answer.library.members().next().and_then(|library| nearest_word(library, word(span)));
            let tip = nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            format!("{} is unknown to every library{tip}", word(span))
        }
    }
}
