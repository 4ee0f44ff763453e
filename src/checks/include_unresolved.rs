use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "include-unresolved",
    summary: "a file that should be included cannot be read",
    page: include_str!("include_unresolved.md"),
    level: Severity::Note,
    endpoint: None,
    observation: Some(ObservationKind::IncludeUnresolved),
};
