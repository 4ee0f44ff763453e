//! What the check of signature algorithms looks up.

use super::Subject;
use crate::finding::Severity;
use crate::policy::{Requirement, Standing};
use crate::signature::Scheme;
use crate::span::Span;

/// What is wrong with a scheme.
pub(super) struct Fault<'p> {
    pub(super) rule: &'p Requirement<Vec<String>>,
    pub(super) severity: Severity,
    /// How it stands to the policy: `not listed by P`.
    pub(super) words: String,
}

/// How a scheme stands to the policy; `None` where it may be offered.
pub(super) fn fault<'p>(subject: &Subject<'p>, scheme: Scheme) -> Option<Fault<'p>> {
    let policy = subject.policy;
    let bound = |rule: &'p Requirement<Vec<String>>, words: &str| {
        let words = format!("{words} {}", policy.id);
        Some(Fault { rule, severity: rule.strength.severity(), words })
    };
    match policy.signature_algorithms.standing(&scheme.name().to_owned()) {
        Standing::Approved | Standing::Silent => None,
        Standing::Forbidden(rule) => bound(rule, "forbidden by"),
        Standing::NotListed(rule) => bound(rule, "not listed by"),
        Standing::PhaseOut(rule) => {
            let (severity, when) = rule.grant(subject.trust.today);
            Some(Fault { rule, severity, words: format!("to be phased out by {}{when}", policy.id) })
        }
        Standing::Unknown(rule) => {
            Some(Fault { rule, severity: Severity::Note, words: format!("unknown to {}", policy.dated()) })
        }
    }
}

/// The elements of a list, each with its place in it.
pub(super) fn words(list: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut start = 0;
    list.split_inclusive([':', ',']).map(move |word| {
        let name = word.trim_end_matches([':', ',']);
        let span = Span::new(start as u32, (start + name.len()) as u32);
        start += word.len();
        (span, name)
    })
}
