use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "syntax-error",
    summary: "the text breaks the grammar of its language",
    page: include_str!("syntax_error.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::SyntaxError),
};
