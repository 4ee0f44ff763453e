use super::Check;
use crate::finding::Severity;

/// Reported by [`crate::suppress`], which reads the comments.
pub(super) const CHECK: Check = Check {
    id: "invalid-ignore",
    summary: "a comment to tlslint that cannot be obeyed",
    page: include_str!("invalid_ignore.md"),
    level: Severity::Warning,
    endpoint: None,
    observation: None,
};
