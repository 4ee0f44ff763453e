//! Offers of endpoints that are set alike, worked out once.

use super::offer::Offer;
use crate::endpoint::{CertificateUse, Endpoint, Tls13Suites};
use crate::text::Text;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex};

/// The offers of a run, each worked out once for all endpoints that are set alike, by a hash of the settings that tell most of them apart.
#[derive(Debug, Default)]
pub struct Offers<'e>(Mutex<HashMap<u64, Vec<Known<'e>>>>);

/// The first endpoint with certain settings, and what it offers.
type Known<'e> = (&'e Endpoint, Arc<Offer>);

impl<'e> Offers<'e> {
    /// What `endpoint` offers.
    pub fn of(&self, endpoint: &'e Endpoint) -> Arc<Offer> {
        let hash = hash_of(endpoint);
        if let Some(offer) = self.known(hash, endpoint) {
            return offer;
        }
        // Outside of the lock: another thread may work out the same meanwhile, which changes nothing.
        let offer = Arc::new(Offer::of(endpoint));
        let mut known = self.0.lock().expect("no holder panics");
        known.entry(hash).or_default().push((endpoint, Arc::clone(&offer)));
        offer
    }

    fn known(&self, hash: u64, endpoint: &Endpoint) -> Option<Arc<Offer>> {
        let known = self.0.lock().expect("no holder panics");
        let alike = known.get(&hash)?.iter().find(|(known, _)| offers_alike(known, endpoint));
        alike.map(|(_, offer)| Arc::clone(offer))
    }
}

/// The settings that tell most endpoints apart; equal for all that offer alike.
fn hash_of(endpoint: &Endpoint) -> u64 {
    let mut hasher = DefaultHasher::new();
    endpoint.role.hash(&mut hasher);
    endpoint.transport.hash(&mut hasher);
    endpoint.security_level.hash(&mut hasher);
    endpoint.is_default.hash(&mut hasher);
    endpoint.protocols.value().map(|protocols| protocols.set).hash(&mut hasher);
    endpoint.cipher_string.value().map(Text::as_str).hash(&mut hasher);
    endpoint.signature_algorithms.value().map(Text::as_str).hash(&mut hasher);
    endpoint.groups.value().map(|groups| &groups.list).hash(&mut hasher);
    let certificates = endpoint.certificates.value().into_iter().flatten();
    for used in certificates {
        used.certificate
            .as_ref()
            .map(|certificate| (certificate.key_type, certificate.key_bits))
            .hash(&mut hasher);
    }
    hasher.finish()
}

/// Whether two endpoints have all settings in common that an offer depends on, wherever they are written.
fn offers_alike(one: &Endpoint, other: &Endpoint) -> bool {
    fn text(text: Option<&Text>) -> Option<&str> {
        text.map(Text::as_str)
    }
    fn protocols(endpoint: &Endpoint) -> Option<crate::protocol::ProtocolSet> {
        endpoint.protocols.value().map(|protocols| protocols.set)
    }
    let same_groups = match (one.groups.value(), other.groups.value()) {
        (Some(one), Some(other)) => {
            (&one.list, &one.key_shares, one.text.as_str())
                == (&other.list, &other.key_shares, other.text.as_str())
        }
        (None, None) => true,
        _ => false,
    };
    let same_tls13 = match (one.ciphersuites.value(), other.ciphersuites.value()) {
        (Some(Tls13Suites::Fixed(one)), Some(Tls13Suites::Fixed(other))) => one == other,
        (Some(Tls13Suites::Listed(one)), Some(Tls13Suites::Listed(other))) => one.as_str() == other.as_str(),
        (Some(Tls13Suites::Library), Some(Tls13Suites::Library)) | (None, None) => true,
        _ => false,
    };
    one.library == other.library
        && one.role == other.role
        && one.transport == other.transport
        && one.parser == other.parser
        && one.security_level == other.security_level
        && one.is_default == other.is_default
        && one.refuses.is_some() == other.refuses.is_some()
        && one.fails == other.fails
        && one.server_preference.value() == other.server_preference.value()
        && one.dh_parameters.value() == other.dh_parameters.value()
        && protocols(one) == protocols(other)
        && text(one.cipher_string.value()) == text(other.cipher_string.value())
        && text(one.signature_algorithms.value()) == text(other.signature_algorithms.value())
        && same_groups
        && same_tls13
        && same_certificates(one, other)
}

fn same_certificates(one: &Endpoint, other: &Endpoint) -> bool {
    let same = |(one, other): (&CertificateUse, &CertificateUse)| {
        let same_file = match (&one.certificate, &other.certificate) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            (None, None) => true,
            _ => false,
        };
        same_file && one.protocols == other.protocols && one.led_by == other.led_by
    };
    match (one.certificates.value(), other.certificates.value()) {
        (Some(one), Some(other)) => one.len() == other.len() && one.iter().zip(other).all(same),
        (None, None) => true,
        _ => false,
    }
}
