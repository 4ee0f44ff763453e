use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "budget-passed",
    summary: "a configuration stands for more than is read of one root",
    page: include_str!("budget_passed.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::BudgetPassed),
};
