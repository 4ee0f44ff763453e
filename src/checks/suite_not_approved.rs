use super::advice;
use super::cause::{self, worst};
use super::origin::Origin;
use super::{Check, Findings, Subject};
use crate::endpoint::Role;
use crate::finding::{Cause, Citation, Finding, Severity};
use crate::policy::{Policy, Strength, Verdict};
use crate::suite::Suite;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "suite-not-approved",
    summary: "an endpoint enables a cipher suite outside the policy's approved set",
    page: include_str!("suite_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// Suites that one token brings in against one requirement.
struct Brought {
    suites: Vec<Suite>,
    strength: Strength,
    citation: Citation,
    relation: Relation,
}

/// How suites stand to a policy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Forbidden,
    Outside,
    Unknown,
}

impl Relation {
    fn to(self, policy: &Policy) -> String {
        match self {
            Self::Forbidden => format!("forbidden by {}", policy.id),
            Self::Outside => format!("outside {}", policy.id),
            Self::Unknown => format!("unknown to {}", policy.dated()),
        }
    }
}

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    // What a client offers unasked is the server's to choose from; policies of suites are about what is written.
    let is_unasked = endpoint.role == Role::Client && endpoint.cipher_string.location().is_none();
    if !subject.speaks_tls() || is_unasked {
        return;
    }
    let mut by_origin: BTreeMap<(Origin, String), Brought> = BTreeMap::new();
    for offered in &offer.enabled {
        let suite = offered.suite;
        let (strength, citation, relation) = match policy.suites.verdict(suite) {
            Verdict::Forbidden(rule) => (rule.strength, rule.cite(policy), Relation::Forbidden),
            Verdict::NotListed(rule) => (rule.strength, rule.cite(policy), Relation::Outside),
            Verdict::Unknown(rule) => (rule.strength, rule.cite(policy), Relation::Unknown),
            Verdict::Approved | Verdict::PhaseOut(_) | Verdict::Unspecified => continue,
        };
        let key = (Origin::of(subject, offered), citation.requirement.clone());
        let brought = by_origin.entry(key);
        brought.or_insert(Brought { suites: Vec::new(), strength, citation, relation }).suites.push(suite);
    }
    for ((origin, _), brought) in by_origin {
        let (location, subject_text) = origin.place(subject);
        let message = describe(&subject_text, &brought, subject);
        let mut finding = Finding::new(CHECK.id, brought.strength.severity(), location, message)
            .label(advice::label(&subject_text, &brought.suites))
            .because(because(subject, origin, &brought))
            .data("suites", brought.suites.iter().map(|suite| suite.name().to_owned()))
            .cites(brought.citation);
        finding.help = advice::narrower(subject);
        finding.context = format!("{} {subject_text}", endpoint.spelling.keys.cipher_string);
        findings.report(endpoint, endpoint.cipher_string.provenance(), finding);
    }
}

fn describe(token: &str, brought: &Brought, subject: &Subject<'_>) -> String {
    let policy = subject.policy;
    let alone = brought.relation.to(policy);
    let among = match brought.relation {
        Relation::Forbidden => format!("that {} forbids", policy.id),
        Relation::Outside | Relation::Unknown => alone.clone(),
    };
    match brought.suites.as_slice() {
        [only] if only.name() == token => format!("{only} is {alone}"),
        [only] => format!("{token} adds 1 suite {among}: {only}"),
        many => format!("{token} adds {} suites {among}, the worst {}", many.len(), advice::with_release(worst(many), subject.endpoint)),
    }
}

/// The cipher string with all that it brings, or the default of the file.
fn because(subject: &Subject<'_>, origin: Origin, brought: &Brought) -> Cause {
    let Subject { endpoint, policy, .. } = *subject;
    let relation = brought.relation.to(policy);
    let behind = [format!(" is {relation}"), format!(" are {relation}")];
    let (place, key) = match origin {
        Origin::Ciphersuites => {
            (cause::of(&endpoint.ciphersuites, endpoint.location), "the list of TLS 1.3 suites")
        }
        Origin::Default | Origin::Token(_) => {
            (cause::of(&endpoint.cipher_string, endpoint.location), endpoint.spelling.keys.cipher_string)
        }
    };
    let subjects = brought.suites.iter().map(|suite| suite.name().to_owned()).collect();
    Cause::new(place, subjects, format!("suites of {}", advice::named(key)), behind)
}
