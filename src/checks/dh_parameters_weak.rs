use super::{Check, Findings, Subject};
use crate::endpoint::{DhParameters, Role};
use crate::finding::{Finding, Severity};
use crate::suite::KeyExchange;

pub(super) const CHECK: Check = Check {
    id: "dh-parameters-weak",
    summary: "a server's Diffie-Hellman prime is shorter than the policy asks for",
    page: include_str!("dh_parameters_weak.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// The shortest prime that counts where the policy is silent, in bits (RFC 9325, section 4.4).
const SHORTEST: u32 = 2048;

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(DhParameters::Bits(bits)) = endpoint.dh_parameters.value() else { return };
    let is_used = offer.enabled.iter().any(|offered| offered.suite.facts().key_exchange == KeyExchange::Dhe);
    let shortest = policy.dh_bits.as_ref().map_or(SHORTEST, |rule| rule.value);
    if endpoint.role == Role::Client || !subject.speaks_tls() || !is_used || *bits >= shortest {
        return;
    }
    let whose = if policy.dh_bits.is_some() { format!("{} asks for", policy.id) } else { "RFC 9325 asks for".to_owned() };
    let message = format!("the Diffie-Hellman prime has {bits} bits, and {whose} {shortest} or more");
    let location = endpoint.dh_parameters.location().unwrap_or(endpoint.location);
    let severity = policy.dh_bits.as_ref().map_or(CHECK.level, |rule| rule.strength.severity());
    let mut finding = Finding::new(CHECK.id, severity, location, message)
        .label(format!("{bits} bits"))
        .help("drop the suites with DHE, or use the group ffdhe2048 or a longer one of RFC 7919")
        .data("bits", [bits.to_string()]);
    finding.policy = policy.dh_bits.as_ref().map(|rule| rule.cite(policy));
    "dh-parameters".clone_into(&mut finding.context);
    findings.report(endpoint, endpoint.dh_parameters.provenance(), finding);
}
