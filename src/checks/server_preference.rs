use super::{Check, Findings, Subject, cause};
use crate::endpoint::Role;
use crate::finding::{Finding, Severity};
use crate::protocol::Protocol;

pub(super) const CHECK: Check = Check {
    id: "server-preference",
    summary: "a server lets the wrong side choose the suite",
    page: include_str!("server_preference.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(rule) = policy.server_preference.as_ref().filter(|_| subject.speaks_tls()) else { return };
    // Where there is one suite at most, there is nothing to choose.
    let has_choice = offer.enabled.len() > 1 && offer.protocols.iter().any(|one| one < Protocol::Tls13);
    let Some(actual) = endpoint.server_preference.value() else { return };
    if endpoint.role == Role::Client || !has_choice || *actual == rule.value {
        return;
    }
    let (chooser, wanted) = if *actual { ("server", "client") } else { ("client", "server") };
    let message = format!("the {chooser}'s order of suites decides, and {} asks for the {wanted}'s", policy.id);
    let location = endpoint.server_preference.location().unwrap_or(endpoint.location);
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label(format!("the {chooser} chooses"))
        .help(format!("let the order of the {wanted} decide"))
        .because(cause::bare(&endpoint.server_preference, endpoint.location))
        .cites(rule.cite(policy));
    "server-preference".clone_into(&mut finding.context);
    findings.report(endpoint, endpoint.server_preference.provenance(), finding);
}
