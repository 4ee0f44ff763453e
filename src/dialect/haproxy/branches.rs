//! `.if` and its relatives, and the branches of template languages.

use super::condition;
use super::predicate::Facts;
use super::reader::Reader;
use super::settings::Certainty;
use super::words::Argument;
use crate::setting::Unknown;
use crate::span::Location;
use crate::syntax::haproxy::{Condition, Line};
use crate::target::Release;
use std::sync::Arc;

/// One `.if` and which of its branches is being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Branch {
    pub(super) state: BranchState,
    /// Whether an earlier branch was or may have been taken.
    earlier: Option<bool>,
    has_else: bool,
    pub(super) location: Location,
}

/// How many `.if` are too many inside each other (`MAXNESTEDCONDS`).
const DEEPEST: usize = 100;

/// The first release that knows lines which start with a dot.
const DOTS_SINCE: Release = Release::new(2, 4, 0);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BranchState {
    Maybe,
    Skipped,
    Taken,
}

impl Reader<'_> {
    pub(super) fn condition(&mut self, condition: Condition, line: &Line) {
        let location = self.at(line.span);
        let outer_skips =
            |conditions: &[Branch]| conditions.iter().any(|branch| branch.state == BranchState::Skipped);
        if let (Condition::Else | Condition::EndIf, Some(extra)) = (condition, line.words.get(1)) {
            let keyword = line.keyword().unwrap_or_default();
            self.refuse(self.at(extra.span), format!("unexpected argument for '{keyword}'"));
        }
        match condition {
            Condition::EndIf if self.too_deep > 0 => self.too_deep -= 1,
            _ if self.too_deep > 0 && condition != Condition::If => {}
            Condition::If if self.conditions.len() >= DEEPEST => self.too_deep += 1,
            Condition::If => {
                if self.conditions.len() + 1 >= DEEPEST {
                    self.refuse(location, format!("too many nested '.if', max is {DEEPEST}"));
                }
                let value =
                    if outer_skips(&self.conditions) { Some(false) } else { self.evaluate(line, true) };
                self.conditions.push(Branch {
                    state: state(value),
                    earlier: value,
                    has_else: false,
                    location,
                });
            }
            Condition::ElseIf | Condition::Else => {
                let Some(mut branch) = self.conditions.pop() else {
                    return self
                        .refuse(location, "lone '.elif' or '.else' with no matching '.if'".to_owned());
                };
                if branch.has_else {
                    self.refuse(location, "'.elif' or '.else' after '.else' is not permitted".to_owned());
                }
                let is_else = condition == Condition::Else;
                let value = match branch.earlier {
                    Some(true) => Some(false),
                    _ if outer_skips(&self.conditions) => Some(false),
                    _ if is_else => Some(true),
                    earlier => self.evaluate(line, earlier.is_some()),
                };
                let value = if branch.earlier.is_none() && value == Some(true) { None } else { value };
                branch.earlier = match (branch.earlier, value) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                branch.has_else = is_else;
                branch.state = state(value);
                self.conditions.push(branch);
            }
            Condition::EndIf => {
                if self.conditions.pop().is_none() {
                    self.refuse(location, "lone '.endif' with no matching '.if'".to_owned());
                }
            }
        }
    }

    /// `.alert`, `.warning`, `.notice`, `.diag`.
    pub(super) fn message(&mut self, line: &Line) {
        let location = self.at(line.span);
        let keyword = line.keyword().unwrap_or_default();
        if self.release.is_some_and(|release| release < DOTS_SINCE) {
            return self.refuse(location, format!("unknown keyword '{keyword}' (known since 2.4)"));
        }
        if !matches!(keyword, ".alert" | ".diag" | ".notice" | ".warning") {
            return self.refuse(location, format!("unknown directive '{keyword}'"));
        }
        let arguments = self.arguments(line);
        if let Some(extra) = arguments.get(2) {
            let reason =
                format!("unexpected argument for '{keyword}': a message with spaces stands in quotes");
            return self.refuse(extra.location, reason);
        }
        if keyword == ".alert" {
            let text = arguments.get(1).and_then(Argument::text).unwrap_or_default();
            self.refuse(location, format!("'{text}'"));
        }
    }

    /// What a condition comes to; `is_met` is false where the branches before it may be taken.
    fn evaluate(&mut self, line: &Line, is_met: bool) -> Option<bool> {
        let location = self.at(line.span);
        if !is_met || self.conditions.iter().any(|branch| branch.state == BranchState::Maybe) {
            self.notes.doubt(location);
        }
        if self.release.is_some_and(|release| release < DOTS_SINCE) {
            self.refuse(location, "unknown keyword '.if' (known since 2.4)".to_owned());
            return None;
        }
        let words: Option<Vec<_>> = self
            .replacer()
            .words(self.file(), line)
            .iter()
            .skip(1)
            .map(|argument| argument.text().map(str::to_owned))
            .collect();
        let expression = words?.join(" ");
        let facts = Facts {
            release: self.release,
            library: super::library_release(self.context.target),
            features: self.context.target.haproxy_features.as_deref(),
            environment: &self.environment,
            variables: self.context.variables,
        };
        condition::evaluate(&expression, facts).unwrap_or_else(|_| {
            self.refuse(location, format!("unparsable conditional expression '{expression}'"));
            None
        })
    }

    pub(super) fn certainty(&self, inner: Option<Location>) -> Certainty {
        let condition = self
            .conditions
            .iter()
            .find(|branch| branch.state == BranchState::Maybe)
            .map(|branch| branch.location);
        let template = self.templates.first().copied().or(inner);
        let (at, why) = match (condition, template) {
            (Some(at), _) => (at, "a condition decides that the target does not answer"),
            (None, Some(at)) => (at, "it stands in a branch of a template"),
            (None, None) => return Certainty::Certain,
        };
        Certainty::Maybe(Arc::new(Unknown { at: Some(at), why: why.to_owned() }))
    }
}

fn state(value: Option<bool>) -> BranchState {
    match value {
        Some(true) => BranchState::Taken,
        Some(false) => BranchState::Skipped,
        None => BranchState::Maybe,
    }
}
