use super::{Check, Findings, Subject};
use crate::endpoint::{Endpoint, Purpose, Role, Transport};
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
    let (addresses, are_several) = listed(endpoint);
    let verb = |one: &'static str, several: &'static str| if are_several { several } else { one };
    let serves = verb("serves", "serve");
    let message = match purpose {
        Purpose::RedirectMostly => format!(
            "{addresses} {} clients to HTTPS, and {} a few minor requests in clear",
            verb("sends", "send"),
            verb("answers", "answer")
        ),
        Purpose::MaybeLocal => format!(
            "{addresses} {serves} in clear, at {} that the files do not show, which {} does not allow",
            verb("an address", "addresses"),
            policy.id
        ),
        _ => format!("{addresses} {serves} in clear, which {} does not allow", policy.id),
    };
    let mut finding = Finding::new(CHECK.id, severity, endpoint.location, message)
        .label("no TLS on this listener")
        .help(endpoint.spelling.redirect)
        .cites(rule.cite(policy));
    finding.context = format!("plaintext {}", endpoint.place());
    findings.report(endpoint, &[], finding);
}

/// The sockets of a listener as a sentence names them, and whether they are several.
fn listed(endpoint: &Endpoint) -> (String, bool) {
    match endpoint.addresses.as_slice() {
        [] | [_] => (endpoint.place(), false),
        [first @ .., last] => (format!("{} and {last}", first.join(", ")), true),
    }
}
