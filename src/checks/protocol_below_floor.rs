use super::{Check, Findings, Subject, bounds};
use crate::endpoint::Role;
use crate::finding::Severity;
use crate::library::Choice;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "protocol-below-floor",
    summary: "an endpoint enables a protocol version below the policy's floor",
    page: include_str!("protocol_below_floor.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(floor) = policy.protocols.minimum.as_ref().filter(|_| subject.speaks_tls()) else { return };
    // Whether a client's default matters depends on the release, and without a target that is anyone's guess.
    let is_default = matches!(endpoint.protocols, Setting::Default { .. });
    if is_default && endpoint.role == Role::Client && matches!(endpoint.library, Choice::Any(_)) {
        return;
    }
    let too_old = offer.protocols.iter().filter(|protocol| *protocol < floor.value).collect();
    let wanted = ProtocolSet::between(floor.value, Protocol::Tls13);
    bounds::report(subject, &CHECK, (floor, "below the floor"), too_old, wanted, findings);
}
