use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "server-refuses-to-start",
    summary: "the server refuses the configuration",
    page: include_str!("server_refuses_to_start.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::ServerRefusesToStart),
};
