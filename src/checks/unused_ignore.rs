use super::Check;
use crate::finding::Severity;

/// Reported by [`crate::suppress`], which reads the comments.
pub(super) const CHECK: Check = Check {
    id: "unused-ignore",
    summary: "an ignore that silences nothing",
    page: include_str!("unused_ignore.md"),
    level: Severity::Warning,
    endpoint: None,
    observation: None,
};
