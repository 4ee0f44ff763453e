use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "endpoint-dead",
    summary: "no handshake can succeed on an endpoint",
    page: include_str!("endpoint_dead.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::EndpointDead),
};
