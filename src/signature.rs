//! Signature schemes: what a handshake is signed with, and which keys can make such signatures.
//!
//! The table is `rules/signatures.yaml`, compiled in by the build script.

use crate::protocol::{Protocol, ProtocolSet};
use std::fmt;

/// A signature scheme, by its code point in the IANA TLS SignatureScheme registry.
///
/// Only schemes of `rules/signatures.yaml` are representable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scheme(u16);

/// What a scheme is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Code point (IANA TLS SignatureScheme registry).
    pub code: u16,
    /// The name in the registry; `dsa_sha1` and its relatives are named after its pattern.
    pub name: &'static str,
    /// Other names that libraries read.
    pub also: &'static [&'static str],
    /// The type of key that makes such signatures.
    pub key: KeyType,
    /// The hash, lower case; empty where the scheme has one of its own (Ed25519).
    pub hash: &'static str,
    /// Security strength in bits; for SHA-1 the number that libraries count until they know better.
    pub bits: u16,
    /// What lists of pairs call it: `RSA+SHA256`.
    pub pair: Option<&'static str>,
    /// The curve that TLS 1.3 binds it to, by its OpenSSL short name.
    pub curve: Option<&'static str>,
    /// The length of an RSA-PSS salt and hash, in bytes; 0 for other schemes.
    pub salt: u16,
    /// Versions whose handshakes are signed with it.
    pub protocols: ProtocolSet,
}

/// The type of a certificate's key, as far as suites and policies tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum KeyType {
    /// DSA (FIPS 186-4).
    Dsa,
    /// ECDSA on any curve.
    Ecdsa,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Ed448 (RFC 8410).
    Ed448,
    /// Anything else.
    Other,
    /// RSA with the rsaEncryption identifier.
    Rsa,
    /// RSA restricted to PSS signatures (RFC 4055).
    RsaPss,
}

include!(concat!(env!("OUT_DIR"), "/signatures.rs"));

impl KeyType {
    /// The name in policies and reports: `rsa-pss`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dsa => "dsa",
            Self::Ecdsa => "ecdsa",
            Self::Ed25519 => "ed25519",
            Self::Ed448 => "ed448",
            Self::Other => "other",
            Self::Rsa => "rsa",
            Self::RsaPss => "rsa-pss",
        }
    }
}

impl Scheme {
    /// The scheme with this name, letter case aside.
    pub fn from_name(name: &str) -> Option<Self> {
        let is_it = |facts: &&Facts| facts.names().any(|known| known.eq_ignore_ascii_case(name));
        SCHEMES.iter().find(is_it).map(|facts| Self(facts.code))
    }

    /// The scheme that a pair of algorithm and hash means, in either order and any letter case: `RSA+SHA256`, `sha256+pss`.
    ///
    /// `RSA-PSS` and `PSS` mean the schemes of ordinary RSA keys, rsa_pss_rsae_*, which come first in the tables of OpenSSL and BoringSSL.
    pub fn from_pair(pair: &str) -> Option<Self> {
        let (first, second) = pair.split_once('+')?;
        let algorithm =
            |word: &str| if word.eq_ignore_ascii_case("PSS") { "RSA-PSS" } else { word }.to_owned();
        let (first, second) = (algorithm(first), algorithm(second));
        let is_it = |facts: &&Facts| {
            let parts = facts.pair.and_then(|pair| pair.split_once('+'));
            parts.is_some_and(|(key, hash)| {
                let is = |a: &str, b: &str| a.eq_ignore_ascii_case(key) && b.eq_ignore_ascii_case(hash);
                is(&first, &second) || is(&second, &first)
            })
        };
        SCHEMES.iter().find(is_it).map(|facts| Self(facts.code))
    }

    /// The scheme with this code point, for compiled-in tables, whose build script has looked it up.
    pub(crate) const fn of(code: u16) -> Self {
        Self(code)
    }

    /// Every scheme, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        SCHEMES.iter().map(|facts| Self(facts.code))
    }

    /// What the scheme is.
    pub fn facts(self) -> &'static Facts {
        let at = SCHEMES
            .binary_search_by_key(&self.0, |facts| facts.code)
            .expect("only known code points are built");
        &SCHEMES[at]
    }

    /// The name in the registry.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether a key of this type, on this curve (by its OpenSSL short name) and this long in bits, signs a handshake of `protocol` with it.
    ///
    /// TLS 1.2 binds ECDSA schemes to no curve (RFC 5246, section 7.4.1.4.1); an RSA-PSS signature has to fit into the key (RFC 8017, section 9.1.1).
    pub fn signs(self, protocol: Protocol, key: KeyType, curve: Option<&str>, bits: u32) -> bool {
        let facts = self.facts();
        let on_curve = protocol < Protocol::Tls13
            || facts.curve.is_none_or(|bound| curve.is_none_or(|curve| curve == bound));
        let fits = facts.salt == 0 || bits.div_ceil(8) >= 2 * u32::from(facts.salt) + 2;
        facts.key == key && facts.protocols.contains(protocol) && on_curve && fits
    }
}

impl Facts {
    /// Every name that stands for the scheme alone.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.name].into_iter().chain(self.also.iter().copied())
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn scheme(name: &str) -> Scheme {
        Scheme::from_name(name).or_else(|| Scheme::from_pair(name)).expect("the table has it")
    }

    #[test]
    fn pairs_and_names_lead_to_one_scheme() {
        for (word, name) in [
            ("RSA+SHA256", "rsa_pkcs1_sha256"),
            ("sha384+pss", "rsa_pss_rsae_sha384"),
            ("RSA-PSS+SHA512", "rsa_pss_rsae_sha512"),
            ("ECDSA+SHA1", "ecdsa_sha1"),
            ("ED25519", "ed25519"),
            ("ecdsa_brainpoolP256r1_sha256", "ecdsa_brainpoolP256r1tls13_sha256"),
        ] {
            assert_eq!(scheme(word).name(), name, "{word}");
        }
        assert_eq!(Scheme::from_pair("RSA+WHIRLPOOL"), None);
    }

    #[test]
    fn keys_make_their_own_signatures_only() {
        let (ecdsa, rsa) = (KeyType::Ecdsa, KeyType::Rsa);
        for (name, protocol, key, curve, bits, expected) in [
            ("RSA+SHA256", Protocol::Tls12, rsa, None, 2048, true),
            ("RSA+SHA256", Protocol::Tls13, rsa, None, 2048, false),
            ("rsa_pss_rsae_sha256", Protocol::Tls13, rsa, None, 2048, true),
            ("rsa_pss_rsae_sha512", Protocol::Tls12, rsa, None, 1024, false),
            ("rsa_pss_pss_sha256", Protocol::Tls12, rsa, None, 2048, false),
            ("ECDSA+SHA384", Protocol::Tls12, ecdsa, Some("prime256v1"), 256, true),
            ("ECDSA+SHA384", Protocol::Tls13, ecdsa, Some("prime256v1"), 256, false),
            ("ECDSA+SHA1", Protocol::Tls13, ecdsa, Some("prime256v1"), 256, false),
            ("ed25519", Protocol::Tls12, ecdsa, Some("prime256v1"), 256, false),
        ] {
            assert_eq!(scheme(name).signs(protocol, key, curve, bits), expected, "{name} {protocol} {key:?}");
        }
    }
}
