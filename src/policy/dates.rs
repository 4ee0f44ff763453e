//! A policy on a day and for one end: what does not hold yet, or not there, is set aside.

use super::sift::Sieve;
use super::{Policy, Requirement};
use crate::date::Date;
use crate::finding::Severity;
use crate::protocol::Role;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far ahead requirements that are to come are looked for, in days.
const AHEAD: u32 = 366;

/// The requirement whose steps go by the day on which a certificate was issued, and not by today.
const BY_ISSUE: &str = "certificate.lifetime-days";

impl Policy {
    /// The policy as it holds on `today`.
    ///
    /// Requirements whose `from` is yet to come are left out, and one whose successor's has come gives way to it; where one comes
    /// within a year, `upcoming` is the policy with it.
    /// What is granted `until` a day stays: checks tell before that day that it ends, and after it that it ended.
    #[must_use]
    pub fn on(self, today: Date) -> Self {
        let starts = |policy: &Self, on: Date| {
            let mut policy = policy.clone();
            policy.sift(&OnDay(on));
            policy
        };
        let now = starts(&self, today);
        let soon = starts(&self, today.plus(AHEAD));
        let upcoming = (now != soon).then(|| Arc::new(soon));
        let policy = Self { upcoming, ..now };
        let is_one_sided = policy.requirements().iter().any(|entry| entry.side.is_some())
            || policy
                .upcoming
                .iter()
                .any(|soon| soon.requirements().iter().any(|entry| entry.side.is_some()));
        let sides =
            is_one_sided.then(|| Arc::new([policy.for_side(Role::Server), policy.for_side(Role::Client)]));
        Self { sides, ..policy }
    }

    /// The policy as it binds this end of connections; [`Policy::on`] has told the ends apart.
    pub fn of(&self, role: Role) -> &Self {
        let index = usize::from(role == Role::Client);
        self.sides.as_deref().and_then(|sides| sides.get(index)).unwrap_or(self)
    }

    fn for_side(&self, role: Role) -> Self {
        let mut policy = Self { sides: None, ..self.clone() };
        policy.sift(&OnSide(role));
        policy.upcoming = policy.upcoming.map(|soon| Arc::new(soon.for_side(role)));
        policy
    }

    /// The days on which requirements begin to hold.
    pub(super) fn first_days(&self) -> BTreeSet<Date> {
        let mut days = BTreeSet::new();
        for entry in self.requirements() {
            let mut next = Some(&entry);
            while let Some(entry) = next {
                days.extend(entry.from.as_deref().and_then(Date::parse));
                next = entry.then.as_deref();
            }
        }
        days
    }
}

impl<T> Requirement<T> {
    /// The step of the requirement that holds on `day`; `None` before its first.
    pub fn step(&self, day: Date) -> Option<&Self> {
        let mut found = (!self.starts_after(day)).then_some(self);
        let mut next = self.then.as_deref();
        while let Some(rule) = next.filter(|rule| !rule.starts_after(day)) {
            found = Some(rule);
            next = rule.then.as_deref();
        }
        found
    }

    /// How strictly a rule of phase-out binds on `today`, and when, for messages.
    ///
    /// While a dated grant holds it is only worth knowing of; after it, and without a date, the requirement binds as it says.
    pub fn grant(&self, today: Date) -> (Severity, String) {
        let dated = self.until.as_ref().and_then(|words| Some((words, Date::parse(words)?)));
        match dated {
            None => (self.strength.severity(), String::new()),
            Some((words, until)) if until < today => {
                (self.strength.severity(), format!(", granted until {words} only"))
            }
            Some((words, _)) => (Severity::Note, format!(" after {words}")),
        }
    }

    fn starts_after(&self, day: Date) -> bool {
        self.from.as_deref().and_then(Date::parse).is_some_and(|from| from > day)
    }
}

/// What holds on a day of requirements and their successors.
struct OnDay(Date);

impl Sieve for OnDay {
    fn pass<T>(&self, mut rule: Requirement<T>) -> Option<Requirement<T>> {
        if rule.id == BY_ISSUE {
            return Some(rule);
        }
        if rule.starts_after(self.0) {
            return None;
        }
        while let Some(next) = rule.then.take_if(|next| !next.starts_after(self.0)) {
            rule = *next;
        }
        Some(rule)
    }
}

/// What binds one end of connections.
struct OnSide(Role);

impl Sieve for OnSide {
    fn pass<T>(&self, rule: Requirement<T>) -> Option<Requirement<T>> {
        rule.side.is_none_or(|side| side == self.0).then_some(rule)
    }
}
