use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "dhe-without-parameters",
    summary: "DHE suites are listed and the server has no parameters to run them",
    page: include_str!("dhe_without_parameters.md"),
    level: Severity::Note,
    endpoint: None,
    observation: Some(ObservationKind::DheWithoutParameters),
};
