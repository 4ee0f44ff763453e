use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "protocol-unavailable",
    summary: "a feature needs a protocol version that is switched off",
    page: include_str!("protocol_unavailable.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::ProtocolUnavailable),
};
