use super::{Check, Findings, Subject, cause};
use crate::endpoint::Tls13Suites;
use crate::finding::{Cause, Finding, Severity};
use crate::policy::{Requirement, Tls13Rule, Verdict};
use crate::protocol::Protocol;
use crate::setting::Setting;
use crate::span::{Location, Span};
use crate::suite::Suite;
use std::collections::BTreeSet;

pub(super) const CHECK: Check = Check {
    id: "tls13-suite-not-approved",
    summary: "an endpoint enables a TLS 1.3 suite that the policy does not list",
    page: include_str!("tls13_suite_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { offer, policy, .. } = *subject;
    let Tls13Rule::Listed(rule) = &policy.tls13 else { return };
    if !subject.speaks_tls() || !offer.protocols.contains(Protocol::Tls13) {
        return;
    }
    let Some(suites) = &offer.tls13 else { return };
    let (unknown, outside): (Vec<_>, Vec<_>) = suites
        .iter()
        .copied()
        .filter(|suite| !rule.value.contains(suite))
        .partition(|suite| matches!(policy.suites.verdict(*suite), Verdict::Unknown(_)));
    let words = format!("not listed by {}", policy.id);
    place(subject, outside, &Fault { rule, words, label: "not listed" }, findings);
    if let Some(rule) = &policy.suites.unspecified {
        let words = format!("unknown to {}", policy.dated());
        place(subject, unknown, &Fault { rule, words, label: "younger than the document" }, findings);
    }
}

/// A requirement, and how suites stand to it.
struct Fault<'p> {
    rule: &'p Requirement<BTreeSet<Suite>>,
    words: String,
    label: &'static str,
}

/// Reports suites where the list names them, the others together.
fn place(subject: &Subject<'_>, suites: Vec<Suite>, fault: &Fault<'_>, findings: &mut Findings) {
    let endpoint = subject.endpoint;
    let listed = match &endpoint.ciphersuites {
        Setting::Written(written) => match &written.value {
            Tls13Suites::Listed(text) => Some(text),
            Tls13Suites::Fixed(_) | Tls13Suites::Library => None,
        },
        Setting::Default { .. } | Setting::Unknown(_) => None,
    };
    let mut left = Vec::new();
    for suite in suites {
        let at = listed.and_then(|text| text.locate(position(text.as_str(), suite)?));
        match at {
            Some(location) => report(subject, location, &[suite], "", fault, findings),
            None => left.push(suite),
        }
    }
    if !left.is_empty() {
        let location = endpoint.ciphersuites.location().unwrap_or(endpoint.location);
        let origin = if endpoint.ciphersuites.location().is_some() { "" } else { " by default" };
        report(subject, location, &left, origin, fault, findings);
    }
}

fn report(
    subject: &Subject<'_>,
    location: Location,
    suites: &[Suite],
    origin: &str,
    Fault { rule, words, label }: &Fault<'_>,
    findings: &mut Findings,
) {
    let Tls13Rule::Listed(listed) = &subject.policy.tls13 else { return };
    let names = |suites: &mut dyn Iterator<Item = &Suite>| suites.map(|suite| suite.name()).collect::<Vec<_>>().join(", ");
    let verb = if suites.len() == 1 { "is" } else { "are" };
    let policy = &subject.policy.id;
    let rest = format!("enabled{origin} and {words}");
    let message = format!("{} {verb} {rest}", names(&mut suites.iter()));
    let subjects: Vec<_> = suites.iter().map(|suite| suite.name().to_owned()).collect();
    let setting = cause::of(&subject.endpoint.ciphersuites, subject.endpoint.location);
    let behind = [format!(" is {rest}"), format!(" are {rest}")];
    let because = Cause::new(setting, subjects.clone(), "suites", behind);
    let help = if listed.value.is_empty() {
        format!("{policy} lists no suite of TLS 1.3; a policy with tls13: unspecified leaves them alone")
    } else {
        format!("offer {} only", names(&mut listed.value.iter()))
    };
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label(*label)
        .help(help)
        .because(because)
        .data("suites", subjects)
        .cites(rule.cite(subject.policy));
    finding.context = format!("ciphersuites {}", names(&mut suites.iter()));
    findings.report(subject.endpoint, subject.endpoint.ciphersuites.provenance(), finding);
}

/// Where a list names a suite.
fn position(list: &str, suite: Suite) -> Option<Span> {
    let mut start = 0;
    for word in list.split_inclusive(':') {
        let name = word.trim_end_matches(':');
        if Suite::from_name(name) == Some(suite) {
            return Some(Span::new(start as u32, (start + name.len()) as u32));
        }
        start += word.len();
    }
    None
}
