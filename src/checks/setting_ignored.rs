use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "setting-ignored",
    summary: "the server reads a setting and does nothing with it",
    page: include_str!("setting_ignored.md"),
    level: Severity::Warning,
    endpoint: None,
    observation: Some(ObservationKind::SettingIgnored),
};
