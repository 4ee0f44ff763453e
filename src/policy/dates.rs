//! A policy on a day: what does not hold yet is set aside.

use super::{Policy, Requirement, Tls13Rule};
use crate::date::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far ahead requirements that are to come are looked for, in days.
const AHEAD: u32 = 366;

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
            policy.settle(on);
            policy
        };
        let now = starts(&self, today);
        let soon = starts(&self, today.plus(AHEAD));
        let upcoming = (now != soon).then(|| Arc::new(soon));
        Self { upcoming, ..now }
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

    fn settle(&mut self, day: Date) {
        settle(&mut self.protocols.minimum, day);
        settle(&mut self.protocols.maximum, day);
        settle(&mut self.protocols.required, day);
        settle(&mut self.suites.at_least_one, day);
        settle(&mut self.suites.others, day);
        for named in [&mut self.suites.forbidden, &mut self.suites.phase_out] {
            *named = std::mem::take(named).into_iter().filter_map(|rule| holding(rule, day)).collect();
        }
        if let Tls13Rule::Listed(rule) = &self.tls13 {
            self.tls13 = holding(rule.clone(), day).map_or(Tls13Rule::Unspecified, Tls13Rule::Listed);
        }
        settle(&mut self.groups, day);
        settle(&mut self.signature_algorithms, day);
        settle(&mut self.server_preference, day);
        settle(&mut self.session_tickets, day);
        settle(&mut self.dh_bits, day);
        settle(&mut self.plaintext, day);
        settle(&mut self.peer.chain, day);
        settle(&mut self.peer.hostname, day);
        settle(&mut self.peer.plaintext_upstream, day);
        let certificate = &mut self.certificate;
        settle(&mut certificate.names, day);
        settle(&mut certificate.mozilla_root, day);
        settle(&mut certificate.not_self_signed, day);
        settle(&mut certificate.not_revoked, day);
        settle(&mut certificate.days_left, day);
        settle(&mut certificate.lifetime_days, day);
        settle(&mut certificate.rsa_bits, day);
        settle(&mut certificate.curves, day);
        settle(&mut certificate.key_types, day);
        settle(&mut certificate.signature_hashes, day);
    }
}

/// What holds on `day` of a requirement and its successors.
fn holding<T>(mut rule: Requirement<T>, day: Date) -> Option<Requirement<T>> {
    let starts_later =
        |rule: &Requirement<T>| rule.from.as_deref().and_then(Date::parse).is_some_and(|from| from > day);
    if starts_later(&rule) {
        return None;
    }
    while let Some(next) = rule.then.take_if(|next| !starts_later(next)) {
        rule = *next;
    }
    Some(rule)
}

fn settle<T>(slot: &mut Option<Requirement<T>>, day: Date) {
    *slot = slot.take().and_then(|rule| holding(rule, day));
}
