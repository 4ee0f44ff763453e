use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "unknown-field",
    summary: "a field is not in the server's schema",
    page: include_str!("unknown_field.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::UnknownField),
};
