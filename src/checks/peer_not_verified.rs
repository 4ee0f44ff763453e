use super::{Check, Findings, Subject, cause};
use crate::endpoint::Role;
use crate::finding::{Cause, Finding, Severity};

pub(super) const CHECK: Check = Check {
    id: "peer-not-verified",
    summary: "a TLS client accepts any certificate",
    page: include_str!("peer_not_verified.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let Some(rule) = policy.peer.chain.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let Some(peer) = endpoint.peer.as_ref().filter(|_| endpoint.role == Role::Client) else { return };
    if peer.chain.value() != Some(&false) {
        return;
    }
    let upstream = endpoint.place();
    let so = "not verified, so anyone on the path can read and change the traffic";
    let message = format!("the certificate of {upstream} is {so}");
    let setting = cause::of(&peer.chain, endpoint.location);
    let because = Cause::new(setting, vec![upstream.clone()], "upstreams", [format!(" is {so}"), format!(" are {so}")])
        .behind("the certificate of ", "the certificates of ");
    let location = peer.chain.location().unwrap_or(endpoint.location);
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label(if peer.chain.location().is_some() { "switches verification off" } else { "connects without verification" })
        .help(format!("add {}", endpoint.spelling.verify_chain))
        .because(because)
        .data("upstreams", [upstream.clone()])
        .cites(rule.cite(policy));
    if location != endpoint.location {
        finding = finding.related(endpoint.location, "connects here");
    }
    finding.context = format!("{} {upstream}", endpoint.spelling.keys.verify);
    findings.report(endpoint, peer.chain.provenance(), finding);
}
