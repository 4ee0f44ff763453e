use super::{Check, Findings, Subject};
use crate::endpoint::{Purpose, Role, Transport};
use crate::finding::{Finding, Severity};
use crate::policy::PlaintextRule;

pub(super) const CHECK: Check = Check {
    id: "plaintext-endpoint",
    summary: "a listener serves content in clear",
    page: include_str!("plaintext_endpoint.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let (Role::Server, Transport::Plaintext(purpose)) = (endpoint.role, endpoint.transport) else { return };
    let Some(rule) = &policy.plaintext else { return };
    let severity = match (rule.value, purpose) {
        // What is relayed unread may be TLS between others; `plaintext-upstream` tells of it.
        (PlaintextRule::Allowed, _)
        | (_, Purpose::PassThrough | Purpose::Unknown)
        | (PlaintextRule::RedirectOnly, Purpose::RedirectOnly) => return,
        // Bytes that never leave the machine, or may not, are worth knowing of, no more.
        (_, Purpose::Local | Purpose::MaybeLocal) | (PlaintextRule::RedirectOnly, Purpose::RedirectMostly) => {
            Severity::Note
        }
        (PlaintextRule::Forbidden, Purpose::RedirectOnly | Purpose::RedirectMostly) | (_, Purpose::Serves) => {
            rule.strength.severity()
        }
    };
    let addresses = endpoint.place();
    let message = match purpose {
        Purpose::RedirectMostly => format!("{addresses} sends clients to HTTPS, and answers a few minor requests in clear"),
        Purpose::MaybeLocal => format!(
            "{addresses} serves in clear, at an address that the files do not show, which {} does not allow",
            policy.id
        ),
        _ => format!("{addresses} serves in clear, which {} does not allow", policy.id),
    };
    let mut finding = Finding::new(CHECK.id, severity, endpoint.location, message)
        .label("no TLS on this listener")
        .help(endpoint.spelling.redirect)
        .cites(rule.cite(policy));
    finding.context = format!("plaintext {addresses}");
    findings.report(endpoint, &[], finding);
}
