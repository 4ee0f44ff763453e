//! A policy on a day: what does not hold yet is set aside.

use super::{Policy, Requirement, Tls13Rule};
use crate::date::Date;
use std::sync::Arc;

/// How far ahead requirements that are to come are looked for, in days.
const AHEAD: u32 = 366;

impl Policy {
    /// The policy as it holds on `today`.
    ///
    /// Requirements whose `from` is yet to come are left out; where one comes within a year, `upcoming` is the policy with it.
    /// What is granted `until` a day stays: checks tell before that day that it ends, and after it that it ended.
    #[must_use]
    pub fn on(self, today: Date) -> Self {
        let starts = |policy: &Self, on: Date| {
            let mut policy = policy.clone();
            policy.drop_what_starts_after(on);
            policy
        };
        let now = starts(&self, today);
        let soon = starts(&self, today.plus(AHEAD));
        let upcoming = (now != soon).then(|| Arc::new(soon));
        Self { upcoming, ..now }
    }

    fn drop_what_starts_after(&mut self, day: Date) {
        drop_late(&mut self.protocols.minimum, day);
        drop_late(&mut self.protocols.maximum, day);
        drop_late(&mut self.protocols.required, day);
        drop_late(&mut self.suites.at_least_one, day);
        drop_late(&mut self.suites.others, day);
        self.suites.forbidden.retain(|rule| !is_late(rule, day));
        self.suites.phase_out.retain(|rule| !is_late(rule, day));
        if matches!(&self.tls13, Tls13Rule::Listed(rule) if is_late(rule, day)) {
            self.tls13 = Tls13Rule::Unspecified;
        }
        drop_late(&mut self.groups, day);
        drop_late(&mut self.signature_algorithms, day);
        drop_late(&mut self.server_preference, day);
        drop_late(&mut self.session_tickets, day);
        drop_late(&mut self.dh_bits, day);
        drop_late(&mut self.plaintext, day);
        drop_late(&mut self.peer.chain, day);
        drop_late(&mut self.peer.hostname, day);
        drop_late(&mut self.peer.plaintext_upstream, day);
        let certificate = &mut self.certificate;
        drop_late(&mut certificate.names, day);
        drop_late(&mut certificate.mozilla_root, day);
        drop_late(&mut certificate.not_self_signed, day);
        drop_late(&mut certificate.not_revoked, day);
        drop_late(&mut certificate.days_left, day);
        drop_late(&mut certificate.lifetime_days, day);
        drop_late(&mut certificate.rsa_bits, day);
        drop_late(&mut certificate.curves, day);
        drop_late(&mut certificate.key_types, day);
        drop_late(&mut certificate.signature_hashes, day);
    }
}

fn is_late<T>(rule: &Requirement<T>, day: Date) -> bool {
    rule.from.as_deref().and_then(Date::parse).is_some_and(|from| from > day)
}

fn drop_late<T>(slot: &mut Option<Requirement<T>>, day: Date) {
    if slot.as_ref().is_some_and(|rule| is_late(rule, day)) {
        *slot = None;
    }
}
