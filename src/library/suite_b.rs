//! Suite B: what a leading `SUITEB…` of a cipher string leaves of curves, signatures and certificates (RFC 6460).

use super::Expansion;
use crate::endpoint::{Certificate, Endpoint};
use crate::group::Group;
use crate::signature::Scheme;

/// A profile of Suite B (SSL_CERT_FLAG_SUITEB_128_LOS and its relatives).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Profile {
    /// P-256 alone: `SUITEB128ONLY`.
    Only128,
    /// P-384 alone: `SUITEB192`.
    Only192,
    /// P-256 and P-384: `SUITEB128`, `SUITEB128C2`.
    Up128,
}

impl Profile {
    /// The profile that the endpoint's cipher string starts.
    pub(super) fn of(endpoint: &Endpoint, expansion: Option<&Expansion>) -> Option<Self> {
        let string =
            endpoint.cipher_string.value().filter(|_| expansion.is_some_and(|found| found.suite_b))?;
        Some(if string.as_str().starts_with("SUITEB192") {
            Self::Only192
        } else if string.as_str().starts_with("SUITEB128ONLY") {
            Self::Only128
        } else {
            Self::Up128
        })
    }

    /// The groups, whatever a list says (tls1_get_supported_groups()).
    pub(super) fn groups(self) -> Vec<Group> {
        let names: &[&str] = match self {
            Self::Only128 => &["P-256"],
            Self::Only192 => &["P-384"],
            Self::Up128 => &["P-256", "P-384"],
        };
        names.iter().filter_map(|name| Group::from_name(name)).collect()
    }

    /// The signature schemes, whatever a list says (tls12_get_psigalgs()).
    pub(super) fn schemes(self) -> Vec<Scheme> {
        let names: &[&str] = match self {
            Self::Only128 => &["ecdsa_secp256r1_sha256"],
            Self::Only192 => &["ecdsa_secp384r1_sha384"],
            Self::Up128 => &["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384"],
        };
        names.iter().filter_map(|name| Scheme::from_name(name)).collect()
    }

    /// Whether TLS 1.2 serves a certificate: key and signatures up to the last of its file have to be of the profile. TLS 1.3 does not look.
    pub(super) fn takes(self, certificate: &Certificate) -> bool {
        match self {
            Self::Only128 => certificate.suite_b.only_128,
            Self::Only192 => certificate.suite_b.only_192,
            Self::Up128 => certificate.suite_b.up_128,
        }
    }
}
