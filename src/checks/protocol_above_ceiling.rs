use super::{Check, Findings, Subject, bounds};
use crate::finding::Severity;
use crate::protocol::{Protocol, ProtocolSet};

pub(super) const CHECK: Check = Check {
    id: "protocol-above-ceiling",
    summary: "an endpoint enables a protocol version above the policy's ceiling",
    page: include_str!("protocol_above_ceiling.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { offer, policy, .. } = *subject;
    let Some(ceiling) = policy.protocols.maximum.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let too_new = offer.protocols.iter().filter(|protocol| *protocol > ceiling.value).collect();
    let floor = policy.protocols.minimum.as_ref().map_or(Protocol::Tls12, |rule| rule.value);
    let wanted = ProtocolSet::between(floor.min(ceiling.value), ceiling.value);
    bounds::report(subject, &CHECK, (ceiling, "above the ceiling"), too_new, wanted, findings);
}
