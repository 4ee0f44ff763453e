//! Cipher suites: what they are, whoever implements them.
//!
//! The table is `rules/suites.yaml`, compiled in by the build script.

use crate::protocol::Protocol;
use std::fmt;

/// A cipher suite, by its code point in the IANA TLS Cipher Suites registry.
///
/// Only suites that some library under `rules/libraries` has are representable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Suite(u16);

/// What a suite is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Code point (IANA TLS Cipher Suites registry).
    pub code: u16,
    /// Name in current OpenSSL, which every output uses.
    pub openssl: &'static str,
    /// Name in the registry and in the RFCs.
    pub iana: &'static str,
    /// Names that older OpenSSL releases give it.
    pub also: &'static [&'static str],
    /// Key exchange.
    pub key_exchange: KeyExchange,
    /// How the server proves who it is.
    pub authentication: Authentication,
    /// Bulk cipher with its mode, as in `AES-128-GCM`; `NULL` encrypts nothing.
    pub encryption: &'static str,
    /// Integrity: `AEAD` where the bulk cipher brings it, else the HMAC's hash.
    pub mac: &'static str,
    /// Length of the bulk cipher's key, in bits (168 for triple DES).
    pub bits: u16,
    /// The lowest protocol that can carry the suite.
    pub minimum: Protocol,
    /// Number of the RFC that defines it.
    pub rfc: u16,
}

/// Key exchange of a suite below TLS 1.3; `Any` for TLS 1.3, which negotiates it apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the registry's own terms")]
pub enum KeyExchange {
    Any,
    DhDss,
    DhRsa,
    Dhe,
    DhePsk,
    EcdhEcdsa,
    EcdhRsa,
    Ecdhe,
    EcdhePsk,
    Krb5,
    Psk,
    Rsa,
    RsaPsk,
    Srp,
}

/// Authentication of a suite below TLS 1.3; `Any` for TLS 1.3, `None` for the anonymous suites.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the registry's own terms")]
pub enum Authentication {
    Any,
    Dh,
    Dss,
    Ecdh,
    Ecdsa,
    Krb5,
    None,
    Psk,
    Rsa,
    Srp,
}

include!(concat!(env!("OUT_DIR"), "/suites.rs"));

/// Where each code point's facts stand in [`SUITES`]: a page for each first byte that some suite has.
struct Index {
    page: [u8; 256],
    places: [[u16; 256]; PAGES],
}

/// How many first bytes there may be, and the page of those that no suite has.
const PAGES: usize = 9;

static INDEX: Index = Index::of(SUITES);

impl Index {
    const fn of(suites: &[Facts]) -> Self {
        let mut index = Self { page: [PAGES as u8 - 1; 256], places: [[0; 256]; PAGES] };
        let (mut at, mut pages) = (0, 0);
        while at < suites.len() {
            let [first, second] = suites[at].code.to_be_bytes();
            if index.page[first as usize] as usize == PAGES - 1 {
                // One more than there are pages for ends the build.
                index.page[first as usize] = pages;
                pages += 1;
                assert!((pages as usize) < PAGES, "raise PAGES");
            }
            index.places[index.page[first as usize] as usize][second as usize] = at as u16;
            at += 1;
        }
        index
    }

    fn facts(&self, code: u16) -> &'static Facts {
        let [first, second] = code.to_be_bytes();
        let page = usize::from(self.page[usize::from(first)]);
        &SUITES[usize::from(self.places[page][usize::from(second)])]
    }
}

impl Suite {
    /// The suite with this code point.
    pub fn from_code(code: u16) -> Option<Self> {
        SUITES.binary_search_by_key(&code, |facts| facts.code).ok().map(|_| Self(code))
    }

    /// The suite with this OpenSSL or IANA name, spelt exactly.
    pub fn from_name(name: &str) -> Option<Self> {
        let at = NAMES.binary_search_by_key(&name, |(known, _)| known).ok()?;
        NAMES.get(at).map(|(_, code)| Self(*code))
    }

    /// The suite with this code point, for compiled-in tables, whose build script has looked it up.
    pub(crate) const fn of(code: u16) -> Self {
        Self(code)
    }

    /// Every suite, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        SUITES.iter().map(|facts| Self(facts.code))
    }

    /// Every name that [`Suite::from_name`] takes, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The code point.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// What the suite is made of.
    pub fn facts(self) -> &'static Facts {
        INDEX.facts(self.0)
    }

    /// The OpenSSL name.
    pub fn name(self) -> &'static str {
        self.facts().openssl
    }

    /// The IANA name.
    pub fn iana(self) -> &'static str {
        self.facts().iana
    }

    /// Whether it is one of TLS 1.3's, which the cipher string never selects.
    pub fn is_tls13(self) -> bool {
        self.facts().minimum == Protocol::Tls13
    }

    /// Whether encryption brings its own integrity.
    pub fn is_aead(self) -> bool {
        self.facts().mac == "AEAD"
    }

    /// Whether a recorded session stays secret when the long-term key is lost later.
    pub fn has_forward_secrecy(self) -> bool {
        use KeyExchange::{Any, Dhe, DhePsk, Ecdhe, EcdhePsk};
        matches!(self.facts().key_exchange, Any | Dhe | DhePsk | Ecdhe | EcdhePsk)
    }

    /// How bad it is to offer the suite, for naming the worst of many: higher is worse.
    ///
    /// No encryption, then no authentication, then broken ciphers, then no forward secrecy, then CBC.
    pub fn weakness(self) -> u8 {
        let facts = self.facts();
        let broken = ["RC4", "3DES", "DES", "RC2", "IDEA", "SEED"];
        u8::from(facts.encryption == "NULL") * 64
            + u8::from(facts.authentication == Authentication::None) * 32
            + u8::from(broken.iter().any(|cipher| facts.encryption.starts_with(cipher))) * 16
            + u8::from(facts.mac == "MD5") * 8
            + u8::from(!self.has_forward_secrecy()) * 4
            + u8::from(!self.is_aead()) * 2
            + u8::from(facts.mac == "SHA1")
    }
}

/// Suites by what is wrong with them, as `93: 34 CBC with SHA-1, 20 without forward secrecy` has it behind the colon; the most frequent
/// kind first.
pub fn in_kinds(suites: &[Suite]) -> String {
    let kind = |suite: &Suite| match suite.weakness() {
        weakness if weakness >= 64 => "without encryption",
        weakness if weakness >= 32 => "without authentication",
        weakness if weakness >= 8 => "with a broken cipher or hash",
        weakness if weakness >= 4 => "without forward secrecy",
        weakness if weakness >= 3 => "CBC with SHA-1",
        weakness if weakness >= 2 => "CBC with SHA-2",
        _ => "with authenticated encryption",
    };
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for suite in suites {
        let kind = kind(suite);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, number)) => *number += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect::<Vec<_>>().join(", ")
}

impl KeyExchange {
    /// The name as outputs spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::DhDss => "DH-DSS",
            Self::DhRsa => "DH-RSA",
            Self::Dhe => "DHE",
            Self::DhePsk => "DHE-PSK",
            Self::EcdhEcdsa => "ECDH-ECDSA",
            Self::EcdhRsa => "ECDH-RSA",
            Self::Ecdhe => "ECDHE",
            Self::EcdhePsk => "ECDHE-PSK",
            Self::Krb5 => "KRB5",
            Self::Psk => "PSK",
            Self::Rsa => "RSA",
            Self::RsaPsk => "RSA-PSK",
            Self::Srp => "SRP",
        }
    }
}

impl Authentication {
    /// The name as outputs spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Dh => "DH",
            Self::Dss => "DSS",
            Self::Ecdh => "ECDH",
            Self::Ecdsa => "ECDSA",
            Self::Krb5 => "KRB5",
            Self::None => "none",
            Self::Psk => "PSK",
            Self::Rsa => "RSA",
            Self::Srp => "SRP",
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_lead_to_the_same_suite() {
        let suite = Suite::from_name("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
        assert_eq!(Suite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), Some(suite));
        assert_eq!(suite.code(), 0xC02F);
        assert!(suite.is_aead() && suite.has_forward_secrecy() && !suite.is_tls13());
    }

    #[test]
    fn an_older_name_is_known_too() {
        assert_eq!(Suite::from_name("EDH-RSA-DES-CBC3-SHA"), Suite::from_name("DHE-RSA-DES-CBC3-SHA"));
    }

    #[test]
    fn no_encryption_is_worse_than_no_authentication() {
        let [null, anonymous, good] = ["NULL-SHA", "ADH-AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256"]
            .map(|name| Suite::from_name(name).unwrap().weakness());
        assert!(null > anonymous && anonymous > good);
    }
}
