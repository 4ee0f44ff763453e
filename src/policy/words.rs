//! The closed vocabularies of the schema.

use super::Strength;
use super::node::{Node, Read};
use crate::date::Date;
use crate::protocol::Protocol;

/// RFC 2119's words, those that forbid beside those that demand: the key says what is demanded or forbidden.
const STRENGTHS: [(&str, Strength); 15] = [
    ("must", Strength::Must),
    ("must not", Strength::Must),
    ("must-not", Strength::Must),
    ("required", Strength::Must),
    ("shall", Strength::Must),
    ("shall not", Strength::Must),
    ("shall-not", Strength::Must),
    ("should", Strength::Should),
    ("should not", Strength::Should),
    ("should-not", Strength::Should),
    ("recommended", Strength::Should),
    ("not recommended", Strength::Should),
    ("not-recommended", Strength::Should),
    ("may", Strength::May),
    ("optional", Strength::May),
];

/// Types of certificate keys.
pub(super) const KEY_TYPES: [&str; 9] =
    ["dsa", "ecdsa", "ed25519", "ed448", "mldsa44", "mldsa65", "mldsa87", "rsa", "rsa-pss"];

/// Hashes of certificate signatures.
pub(super) const HASHES: [&str; 10] =
    ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-224", "sha3-256", "sha3-384", "sha3-512"];

/// Curves of ECDSA keys, by OpenSSL short name.
pub(super) const CURVES: [&str; 8] = [
    "secp224r1",
    "prime256v1",
    "secp384r1",
    "secp521r1",
    "secp256k1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
];

/// Which names of a certificate may count.
pub(super) const NAMES: [&str; 2] = ["alternative-names", "common-name-too"];

/// What may be said of plaintext.
pub(super) const PLAINTEXT: [&str; 3] = ["allowed", "forbidden", "redirect-only"];

pub(super) fn strength(node: &Node<'_>) -> Read<Strength> {
    let word = node.text()?;
    match STRENGTHS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)) {
        Some((_, strength)) => Ok(*strength),
        None => node.unknown("strength", word, STRENGTHS.iter().map(|(known, _)| *known)),
    }
}

/// The words in both letter cases that people write.
pub(super) fn strengths() -> Vec<String> {
    STRENGTHS.iter().flat_map(|(word, _)| [(*word).to_owned(), word.to_uppercase()]).collect()
}

pub(super) fn protocol(node: &Node<'_>) -> Read<Protocol> {
    let word = node.text()?;
    match Protocol::from_name(word) {
        Some(protocol) => Ok(protocol),
        None => node.unknown("protocol", word, Protocol::ALL.iter().map(|protocol| protocol.name())),
    }
}

/// A day as `YYYY-MM-DD` (RFC 3339, full-date).
pub(super) fn date(node: &Node<'_>) -> Read<String> {
    let text = node.text()?;
    if Date::parse(text).is_some() {
        return Ok(text.to_owned());
    }
    node.problem(format!("{text} is no day"), Some("write it as YYYY-MM-DD".to_owned()))
}
