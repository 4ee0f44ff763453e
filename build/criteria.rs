//! What suites are and what words ask for, as bit sets.

use super::release::Word;
use super::suites::Row as Suite;

pub(crate) const CLASSES: &[&str] =
    &["none", "LOW", "MEDIUM", "HIGH", "FIPS", "EXP40", "EXP56", "not-default", "export", "not-export"];
pub(crate) const KEY_EXCHANGES: &[&str] = &[
    "RSA",
    "DHE",
    "ECDHE",
    "PSK",
    "SRP",
    "RSA-PSK",
    "ECDHE-PSK",
    "DHE-PSK",
    "DH-RSA",
    "DH-DSS",
    "ECDH-RSA",
    "ECDH-ECDSA",
    "KRB5",
    "any",
];
pub(crate) const AUTHENTICATIONS: &[&str] =
    &["RSA", "DSS", "none", "ECDSA", "PSK", "SRP", "DH", "ECDH", "KRB5", "any"];
pub(crate) const ENCRYPTIONS: &[&str] = &[
    "NULL",
    "DES-CBC",
    "3DES-EDE-CBC",
    "RC4-128",
    "RC2-CBC",
    "IDEA-CBC",
    "SEED-CBC",
    "AES-128-CBC",
    "AES-256-CBC",
    "AES-128-GCM",
    "AES-256-GCM",
    "AES-128-CCM",
    "AES-256-CCM",
    "AES-128-CCM-8",
    "AES-256-CCM-8",
    "CAMELLIA-128-CBC",
    "CAMELLIA-256-CBC",
    "ARIA-128-GCM",
    "ARIA-256-GCM",
    "CHACHA20-POLY1305",
    "DES-40-CBC",
    "RC2-40-CBC",
    "RC4-40",
];
pub(crate) const MACS: &[&str] = &["MD5", "SHA1", "SHA256", "SHA384", "AEAD", "nothing"];
const MINIMA: &[&str] = &["SSLv2", "SSLv3", "TLSv1", "TLSv1.2", "TLSv1.3"];

/// What a suite is or a word asks for, a bit set for each category; 0 asks for nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Criteria {
    pub(crate) kx: u32,
    pub(crate) au: u32,
    pub(crate) enc: u32,
    pub(crate) mac: u32,
    minimum: u32,
    class: u32,
}

impl Criteria {
    pub(crate) fn of_suite(suite: &Suite, classes: u32) -> Self {
        let one = |value: &str, values: &[&str]| bits(&[value.to_owned()], values);
        Self {
            kx: one(&suite.kx, KEY_EXCHANGES),
            au: one(&suite.au, AUTHENTICATIONS),
            enc: one(&suite.enc, ENCRYPTIONS),
            mac: one(&suite.mac, MACS),
            minimum: one(&suite.minimum, MINIMA),
            class: classes,
        }
    }

    pub(crate) fn of_word(word: &Word) -> Self {
        Self {
            kx: bits(&word.kx, KEY_EXCHANGES),
            au: bits(&word.au, AUTHENTICATIONS),
            enc: bits(&word.enc, ENCRYPTIONS),
            mac: bits(&word.mac, MACS),
            minimum: bits(&word.minimum, MINIMA),
            class: bits(&word.class, CLASSES),
        }
    }

    /// As a literal; strength classes, the default flag and the export flag are three categories.
    pub(crate) fn literal(self) -> String {
        format!(
            "Criteria {{ key_exchange: {:#x}, authentication: {:#x}, encryption: {:#x}, mac: {:#x}, minimum: {:#x}, class: {:#x}, not_default: {}, export: {} }}",
            self.kx,
            self.au,
            self.enc,
            self.mac,
            self.minimum,
            self.class & 0x7F,
            self.class >> 7 & 1,
            self.class >> 8,
        )
    }

    pub(crate) fn fits(self, suite: Self) -> bool {
        let meets = |wanted: u32, has: u32| wanted == 0 || wanted & has != 0;
        meets(self.kx, suite.kx)
            && meets(self.au, suite.au)
            && meets(self.enc, suite.enc)
            && meets(self.mac, suite.mac)
            && meets(self.minimum, suite.minimum)
            && meets(self.class & 0x7F, suite.class & 0x7F)
            && meets(self.class & 0x80, suite.class & 0x80)
            && meets(self.class & 0x300, suite.class & 0x300)
    }
}

/// A bit for each of `values`, or for each of `known` but those behind `not`.
pub(crate) fn bits(values: &[String], known: &[&str]) -> u32 {
    let bit = |value: &String| {
        1 << known
            .iter()
            .position(|name| name == value)
            .unwrap_or_else(|| panic!("{value} is not one of {known:?}"))
    };
    match values.split_first() {
        Some((first, others)) if first == "not" => {
            !others.iter().map(bit).sum::<u32>() & ((1 << known.len()) - 1)
        }
        _ => values.iter().map(bit).sum(),
    }
}
