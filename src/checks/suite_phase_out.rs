use super::cause;
use super::origin::Origin;
use super::{Check, Findings, Subject};
use crate::finding::{Cause, Finding, Severity};
use crate::policy::{Requirement, Verdict};
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const CHECK: Check = Check {
    id: "suite-phase-out",
    summary: "an endpoint enables a suite that the policy grants for a time or grade only",
    page: include_str!("suite_phase_out.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// A rule of phase-out.
type Rule<'p> = &'p Requirement<BTreeSet<Suite>>;

/// Suites that one token brings under one rule.
struct Phased<'p> {
    rule: Rule<'p>,
    suites: Vec<Suite>,
}

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    if !subject.speaks_tls() {
        return;
    }
    let mut by_origin: BTreeMap<(Origin, &str), Phased<'_>> = BTreeMap::new();
    for offered in &offer.enabled {
        if let Verdict::PhaseOut(rule) = policy.suites.verdict(offered.suite) {
            let key = (Origin::of(subject, offered), rule.id.as_str());
            by_origin.entry(key).or_insert(Phased { rule, suites: Vec::new() }).suites.push(offered.suite);
        }
    }
    for ((origin, _), Phased { rule, suites }) in by_origin {
        let (location, text) = origin.place(subject);
        let names = match suites.as_slice() {
            [only] => only.name().to_owned(),
            [first, .., last] => format!("{} suites, from {first} to {last},", suites.len()),
            [] => continue,
        };
        let verb = if suites.len() == 1 { "is" } else { "are" };
        let (severity, when) = rule.grant(subject.trust.today);
        let rest = format!("to be phased out by {}{when}: {}", policy.id, rule.why);
        let message = format!("{names} {verb} {rest}");
        let setting = match origin {
            Origin::Ciphersuites => cause::of(&endpoint.ciphersuites, endpoint.location),
            Origin::Default | Origin::Token(_) => cause::of(&endpoint.cipher_string, endpoint.location),
        };
        let subjects = suites.iter().map(|suite| suite.name().to_owned()).collect();
        let behind = [format!(" is {rest}"), format!(" are {rest}")];
        let because = Cause::new(setting, subjects, "suites", behind);
        let mut finding = Finding::new(CHECK.id, severity, location, message)
            .label("to be phased out")
            .because(because)
            .help(format!("replace what {text} brings by suites that {} approves", policy.id))
            .data("suites", suites.iter().map(|suite| suite.name().to_owned()))
            .cites(rule.cite(policy));
        finding.context = format!("{} {text}", endpoint.spelling.keys.cipher_string);
        findings.report(endpoint, endpoint.cipher_string.provenance(), finding);
    }
}
