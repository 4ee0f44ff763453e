use super::{Check, Findings, Subject, cause};
use crate::endpoint::Role;
use crate::finding::{Cause, Finding, Severity};

pub(super) const CHECK: Check = Check {
    id: "hostname-not-verified",
    summary: "a TLS client accepts a valid certificate of any host",
    page: include_str!("hostname_not_verified.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let Some(rule) = policy.peer.hostname.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let Some(peer) = endpoint.peer.as_ref().filter(|_| endpoint.role == Role::Client) else { return };
    // Without a chain there is nothing whose name could count; peer-not-verified says so already.
    if peer.chain.value() != Some(&true) || peer.hostname.value() != Some(&false) {
        return;
    }
    let upstream = endpoint.place();
    let [one, many] = [("is", "its host name"), ("are", "their host names")]
        .map(|(verb, name)| format!(" {verb} verified, but not {name}: any site's certificate passes"));
    let message = format!("the certificate of {upstream}{one}");
    let because = Cause::new(
        cause::of(&peer.hostname, endpoint.location),
        vec![upstream.clone()],
        "upstreams",
        [one, many],
    )
    .behind("the certificate of ", "the certificates of ");
    let location = peer.hostname.location().unwrap_or(endpoint.location);
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label("no name is checked")
        .help(format!("add {}", endpoint.spelling.verify_hostname))
        .because(because)
        .data("upstreams", [upstream.clone()])
        .cites(rule.cite(policy));
    finding.context = format!("hostname {upstream}");
    findings.report(endpoint, peer.hostname.provenance(), finding);
}
