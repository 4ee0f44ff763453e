use super::Check;
use crate::finding::Severity;

/// Reported by [`crate::suppress`], which reads the comments.
pub(super) const CHECK: Check = Check {
    id: "expired-ignore",
    summary: "an ignore, or an override of the settings, is past its last day",
    page: include_str!("expired_ignore.md"),
    level: Severity::Error,
    endpoint: None,
    observation: None,
};
