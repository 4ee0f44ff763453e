use super::{Check, Findings, Subject};
use crate::endpoint::{Purpose, Role, Transport};
use crate::finding::{Finding, Severity};

pub(super) const CHECK: Check = Check {
    id: "plaintext-upstream",
    summary: "a server passes requests on in clear",
    page: include_str!("plaintext_upstream.md"),
    level: Severity::Note,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let (Role::Client, Transport::Plaintext(purpose)) = (endpoint.role, endpoint.transport) else { return };
    if purpose == Purpose::Local {
        return;
    }
    let rule = policy.peer.plaintext_upstream.as_ref();
    let upstream = endpoint.place();
    let (message, severity) = match purpose {
        // What is relayed may be TLS between others.
        Purpose::PassThrough => {
            (format!("bytes go on to {upstream} as they come: no TLS is added"), Severity::Note)
        }
        Purpose::Unknown => (format!("no TLS is added to what goes on to {upstream}"), Severity::Note),
        _ => {
            let severity = rule.map_or(CHECK.level, |rule| rule.strength.severity());
            (format!("requests go on to {upstream} in clear"), severity)
        }
    };
    let mut finding = Finding::new(CHECK.id, severity, endpoint.location, message)
        .label("no TLS to this upstream")
        .help("connect with TLS and verify the certificate, unless the network between is trusted");
    finding.policy = rule.map(|rule| rule.cite(policy));
    finding.context = format!("plaintext upstream {upstream}");
    findings.report(endpoint, &[], finding);
}
