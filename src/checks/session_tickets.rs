use super::{Check, Findings, Subject, cause};
use crate::endpoint::Role;
use crate::finding::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    id: "session-tickets",
    summary: "a server issues session tickets, or does not, against the policy",
    page: include_str!("session_tickets.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let Some(rule) = policy.session_tickets.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let Some(actual) = endpoint.session_tickets.value() else { return };
    if endpoint.role == Role::Client || *actual == rule.value {
        return;
    }
    let (is, wanted) = if *actual { ("are", "does not allow them") } else { ("are not", "asks for them") };
    let message = format!("session tickets {is} issued, and {} {wanted}", policy.id);
    let location = endpoint.session_tickets.location().unwrap_or(endpoint.location);
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label(format!("tickets {is} issued"))
        .help(if *actual { "switch session tickets off" } else { "switch session tickets on" })
        .because(cause::bare(&endpoint.session_tickets, endpoint.location))
        .cites(rule.cite(policy));
    "session-tickets".clone_into(&mut finding.context);
    findings.report(endpoint, endpoint.session_tickets.provenance(), finding);
}
