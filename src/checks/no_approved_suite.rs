use super::{Check, Findings, Subject, cause};
use crate::endpoint::Role;
use crate::finding::{Finding, Severity};
use crate::protocol::Protocol;

pub(super) const CHECK: Check = Check {
    id: "no-approved-suite",
    summary: "a server supports none of the policy's approved cipher suites",
    page: include_str!("no_approved_suite.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(rule) = policy.suites.at_least_one.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let carries = |protocol| {
        protocol <= Protocol::Tls12 && policy.suites.approved.iter().any(|suite| suite.facts().minimum <= protocol)
    };
    let has_protocol = offer.protocols.iter().any(carries);
    let has_suites = offer.expansion.as_ref().is_some_and(|found| found.error.is_none());
    // Without a version that carries them, the cipher string does not matter.
    let known = offer.declared_protocols.is_some() && (has_suites || !has_protocol);
    if endpoint.role == Role::Client || !known || endpoint.refuses.is_some() || offer.is_dead() {
        return;
    }
    // Without any certificate the server does not start, which is said where it is so.
    if endpoint.certificates.value().is_some_and(Vec::is_empty) {
        return;
    }
    let is_approved = |suite| policy.suites.approved.contains(&suite);
    if offer.enabled.iter().any(|offered| is_approved(offered.suite)) {
        return;
    }
    let is_enabled = offer.permitted.iter().any(|offered| is_approved(offered.suite));
    let (setting, why) = if has_protocol {
        let setting = (endpoint.cipher_string.location(), endpoint.cipher_string.provenance());
        (setting, if is_enabled { "its certificates cannot serve those that are listed" } else { "none of them is enabled" })
    } else {
        let setting = (endpoint.protocols.location(), endpoint.protocols.provenance());
        let why = if offer.protocols.contains(Protocol::Tls13) {
            "no protocol below TLSv1.3 is enabled, and the approved suites are TLSv1.2's"
        } else {
            "the approved suites need TLSv1.2, which is not enabled"
        };
        (setting, why)
    };
    let (location, provenance) = setting;
    let message = format!("no suite that {} approves can be negotiated: {why}", policy.id);
    let names = policy.suites.approved.iter().map(|suite| suite.name());
    let best = policy.suites.approved.iter().min_by_key(|suite| (suite.weakness(), suite.code()));
    let one = best.map_or("", |suite| suite.name());
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location.unwrap_or(endpoint.location), message)
        .label("supports no approved suite")
        .help(if has_protocol {
            format!("add at least one of the approved suites, such as {one}")
        } else {
            format!("enable TLSv1.2 with an approved suite, such as {one}")
        })
        .data("approved", names.map(str::to_owned))
        .because(if has_protocol {
            cause::bare(&endpoint.cipher_string, endpoint.location)
        } else {
            cause::bare(&endpoint.protocols, endpoint.location)
        })
        .cites(rule.cite(policy));
    finding.context.clone_from(&endpoint.label);
    findings.report(endpoint, provenance, finding);
}
