use super::{Check, Findings, Subject, death};
use crate::endpoint::{Endpoint, Role, Transport};
use crate::finding::{Finding, Severity};
use crate::library::offer::Offer;
use crate::observation::ObservationKind;
use crate::protocol::Protocol;

pub(super) const CHECK: Check = Check {
    id: "endpoint-dead",
    summary: "no handshake can succeed on an endpoint",
    page: include_str!("endpoint_dead.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: Some(ObservationKind::EndpointDead),
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    if !subject.speaks_tls() || !is_by_mistake(endpoint, offer) {
        return;
    }
    // QUIC without TLS 1.3 is told of where it is asked for.
    if endpoint.transport == Transport::Quic && !offer.declared_protocols.unwrap_or_default().contains(Protocol::Tls13) {
        return;
    }
    let (location, why, help) = match &endpoint.fails {
        Some(failing) => (failing.location, failing.why.clone(), Some(failing.help.clone())),
        None => death::explain(endpoint, offer),
    };
    let what = if endpoint.role == Role::Server { "no handshake can succeed" } else { "no connection can succeed" };
    let mut finding = Finding::new(CHECK.id, CHECK.level, location, format!("{what}: {why}")).label("nothing is left");
    finding.help = help;
    finding.context = format!("{} dead", endpoint.label);
    findings.report(endpoint, &[], finding);
}

/// Whether nothing can be negotiated, and neither is that meant nor does the server stand still for want of a certificate.
fn is_by_mistake(endpoint: &Endpoint, offer: &Offer) -> bool {
    let has_certificate = endpoint.certificates.value().is_none_or(|uses| !uses.is_empty());
    endpoint.refuses.is_none() && offer.is_dead() && (has_certificate || endpoint.role == Role::Client)
}
