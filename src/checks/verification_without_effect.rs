use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "verification-without-effect",
    summary: "verification is asked for and verifies nothing",
    page: include_str!("verification_without_effect.md"),
    level: Severity::Warning,
    endpoint: None,
    observation: Some(ObservationKind::VerificationWithoutEffect),
};
