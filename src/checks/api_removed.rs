use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "api-removed",
    summary: "a setting belongs to an interface that the server no longer has",
    page: include_str!("api_removed.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::ApiRemoved),
};
