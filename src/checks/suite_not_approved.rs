use super::origin::Origin;
use super::{Check, Findings, Subject};
use crate::endpoint::Role;
use crate::finding::{Citation, Finding, Severity};
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
        let message = describe(&subject_text, &brought, policy);
        let mut finding = Finding::new(CHECK.id, brought.strength.severity(), location, message)
            .label(label(&brought.suites))
            .data("suites", brought.suites.iter().map(|suite| suite.name().to_owned()))
            .cites(brought.citation);
        let written = (endpoint.spelling.cipher_string)(&approved(policy));
        finding.help = (!policy.suites.approved.is_empty()).then(|| format!("write {written}"));
        finding.context = format!("{} {subject_text}", endpoint.spelling.keys.cipher_string);
        findings.report(endpoint, endpoint.cipher_string.provenance(), finding);
    }
}

fn describe(token: &str, brought: &Brought, policy: &Policy) -> String {
    let (alone, among) = match brought.relation {
        Relation::Forbidden => (format!("forbidden by {}", policy.id), format!("that {} forbids", policy.id)),
        Relation::Outside => (format!("outside {}", policy.id), format!("outside {}", policy.id)),
        Relation::Unknown => (format!("unknown to {}", policy.dated()), format!("unknown to {}", policy.dated())),
    };
    match brought.suites.as_slice() {
        [only] if only.name() == token => format!("{only} is {alone}"),
        [only] => format!("{token} adds 1 suite {among}: {only}"),
        many => format!("{token} adds {} suites {among}, the worst {}", many.len(), worst(many)),
    }
}

fn label(suites: &[Suite]) -> String {
    match suites {
        [only] => format!("not approved: {only}"),
        many => format!("{} suites not approved, such as {}", many.len(), worst(many)),
    }
}

/// The suite that it is worst to offer; of equals the first.
fn worst(suites: &[Suite]) -> Suite {
    let mut suites = suites.iter().copied();
    let first = suites.next().expect("a token is reported for at least one suite");
    suites.fold(first, |worst, suite| if suite.weakness() > worst.weakness() { suite } else { worst })
}

/// The approved set as a cipher string, forward-secret AEAD suites first.
fn approved(policy: &Policy) -> String {
    let mut suites: Vec<_> = policy.suites.approved.iter().copied().filter(|suite| !suite.is_tls13()).collect();
    suites.sort_by_key(|suite| (suite.weakness(), suite.code()));
    suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(":")
}
