use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "setting-repeated",
    summary: "a setting stands twice where once was meant",
    page: include_str!("setting_repeated.md"),
    level: Severity::Warning,
    endpoint: None,
    observation: Some(ObservationKind::SettingRepeated),
};
