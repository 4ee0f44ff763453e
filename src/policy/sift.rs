//! Passing every requirement of a policy through one question: what holds on a day, on a side, or without one requirement.

use super::{Listing, Policy, Requirement, Tls13Rule};

/// A question that each requirement is asked.
pub(super) trait Sieve {
    /// What is left of a requirement; `None` for nothing.
    fn pass<T>(&self, rule: Requirement<T>) -> Option<Requirement<T>>;
}

impl Policy {
    /// Passes every requirement through `sieve`.
    pub(super) fn sift(&mut self, sieve: &impl Sieve) {
        let Self { protocols, suites, groups, peer, certificate, .. } = self;
        one(sieve, &mut protocols.minimum);
        one(sieve, &mut protocols.maximum);
        one(sieve, &mut protocols.required);
        one(sieve, &mut suites.at_least_one);
        one(sieve, &mut suites.others);
        one(sieve, &mut suites.unspecified);
        many(sieve, &mut suites.forbidden);
        many(sieve, &mut suites.phase_out);
        if let Tls13Rule::Listed(rule) = &self.tls13 {
            self.tls13 = sieve.pass(rule.clone()).map_or(Tls13Rule::Unspecified, Tls13Rule::Listed);
        }
        listing(sieve, &mut groups.listing);
        one(sieve, &mut groups.required);
        one(sieve, &mut groups.at_least_one);
        one(sieve, &mut groups.first);
        listing(sieve, &mut self.signature_algorithms);
        one(sieve, &mut self.server_preference);
        one(sieve, &mut self.session_tickets);
        one(sieve, &mut self.dh_bits);
        one(sieve, &mut self.plaintext);
        one(sieve, &mut self.must_be_written);
        one(sieve, &mut peer.chain);
        one(sieve, &mut peer.hostname);
        one(sieve, &mut peer.plaintext_upstream);
        one(sieve, &mut certificate.names);
        one(sieve, &mut certificate.mozilla_root);
        one(sieve, &mut certificate.not_self_signed);
        one(sieve, &mut certificate.not_revoked);
        one(sieve, &mut certificate.days_left);
        one(sieve, &mut certificate.lifetime_days);
        one(sieve, &mut certificate.rsa_bits);
        one(sieve, &mut certificate.rsa_bits_good);
        one(sieve, &mut certificate.rsa_sizes);
        one(sieve, &mut certificate.curves);
        one(sieve, &mut certificate.key_types);
        one(sieve, &mut certificate.signature_hashes);
        one(sieve, &mut certificate.signature_algorithms);
    }
}

fn one<T>(sieve: &impl Sieve, slot: &mut Option<Requirement<T>>) {
    *slot = slot.take().and_then(|rule| sieve.pass(rule));
}

fn many<T>(sieve: &impl Sieve, rules: &mut Vec<Requirement<T>>) {
    *rules = std::mem::take(rules).into_iter().filter_map(|rule| sieve.pass(rule)).collect();
}

fn listing<T>(sieve: &impl Sieve, listing: &mut Listing<T>) {
    one(sieve, &mut listing.approved);
    many(sieve, &mut listing.forbidden);
    many(sieve, &mut listing.phase_out);
    one(sieve, &mut listing.unspecified);
}
