use super::{Check, Findings, Subject};
use crate::endpoint::Tls13Suites;
use crate::finding::{Finding, Severity};
use crate::policy::Tls13Rule;
use crate::protocol::Protocol;
use crate::setting::Setting;
use crate::span::{Location, Span};
use crate::suite::Suite;

pub(super) const CHECK: Check = Check {
    id: "tls13-suite-not-approved",
    summary: "an endpoint enables a TLS 1.3 suite that the policy does not list",
    page: include_str!("tls13_suite_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Tls13Rule::Listed(rule) = &policy.tls13 else { return };
    if !subject.speaks_tls() || !offer.protocols.contains(Protocol::Tls13) {
        return;
    }
    let Some(suites) = &offer.tls13 else { return };
    let outside: Vec<_> = suites.iter().copied().filter(|suite| !rule.value.contains(suite)).collect();
    let listed = match &endpoint.ciphersuites {
        Setting::Written(written) => match &written.value {
            Tls13Suites::Listed(text) => Some(text),
            Tls13Suites::Fixed(_) | Tls13Suites::Library => None,
        },
        Setting::Default { .. } | Setting::Unknown(_) => None,
    };
    let mut left = Vec::new();
    for suite in outside {
        let at = listed.and_then(|text| text.locate(position(text.as_str(), suite)?));
        match at {
            Some(location) => report(subject, location, &[suite], "", findings),
            None => left.push(suite),
        }
    }
    if !left.is_empty() {
        let location = endpoint.ciphersuites.location().unwrap_or(endpoint.location);
        let origin = if endpoint.ciphersuites.location().is_some() { "" } else { " by default" };
        report(subject, location, &left, origin, findings);
    }
}

fn report(subject: &Subject<'_>, location: Location, suites: &[Suite], origin: &str, findings: &mut Findings) {
    let Tls13Rule::Listed(rule) = &subject.policy.tls13 else { return };
    let names = |suites: &mut dyn Iterator<Item = &Suite>| suites.map(|suite| suite.name()).collect::<Vec<_>>().join(", ");
    let verb = if suites.len() == 1 { "is" } else { "are" };
    let policy = &subject.policy.id;
    let message = format!("{} {verb} enabled{origin} and not listed by {policy}", names(&mut suites.iter()));
    let help = if rule.value.is_empty() {
        format!("{policy} lists no suite of TLS 1.3; a policy with tls13: unspecified leaves them alone")
    } else {
        format!("offer {} only", names(&mut rule.value.iter()))
    };
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label("not listed")
        .help(help)
        .data("suites", suites.iter().map(|suite| suite.name().to_owned()))
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
