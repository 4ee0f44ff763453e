//! The closed vocabularies of the schema.

use super::Strength;
use super::node::{Node, Read};
use crate::date::Date;
use crate::group::Kind;
use crate::protocol::{Protocol, Role};

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

/// The ends of connections that a requirement may bind alone.
pub(super) const SIDES: [&str; 2] = ["client", "server"];

/// Settings that a policy may ask to be written.
pub(super) const SETTINGS: [&str; 8] = [
    "cipher-string",
    "dh-parameters",
    "groups",
    "protocols",
    "server-preference",
    "session-tickets",
    "signature-algorithms",
    "tls13-suites",
];

/// What groups are built on.
pub(super) const KINDS: [(&str, Kind); 5] = [
    ("curve", Kind::Curve),
    ("finite-field", Kind::FiniteField),
    ("hybrid", Kind::Hybrid),
    ("kem", Kind::Kem),
    ("montgomery", Kind::Montgomery),
];

pub(super) fn side(node: &Node<'_>) -> Read<Role> {
    Ok(if node.word("side", &SIDES)? == "client" { Role::Client } else { Role::Server })
}

pub(super) fn kind(node: &Node<'_>) -> Read<Kind> {
    let word = node.text()?;
    match KINDS.iter().find(|(known, _)| *known == word) {
        Some((_, kind)) => Ok(*kind),
        None => node.unknown("kind of group", word, KINDS.iter().map(|(known, _)| *known)),
    }
}

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

/// When a document was published: a year, a month or a day.
pub(super) fn published(node: &Node<'_>) -> Read<String> {
    // A year alone is a number in YAML.
    let text =
        node.value.as_u64().map_or_else(|| node.text().map(str::to_owned), |year| Ok(year.to_string()))?;
    let whole = format!("{text}{}", "-01-01".get(text.len().saturating_sub(4)..).unwrap_or_default());
    if Date::parse(&whole).is_some() {
        return Ok(text);
    }
    node.problem(format!("{text} is no date"), Some("write it as YYYY, YYYY-MM or YYYY-MM-DD".to_owned()))
}

/// A day as `YYYY-MM-DD` (RFC 3339, full-date).
pub(super) fn date(node: &Node<'_>) -> Read<String> {
    let text = node.text()?;
    if Date::parse(text).is_some() {
        return Ok(text.to_owned());
    }
    node.problem(format!("{text} is no day"), Some("write it as YYYY-MM-DD".to_owned()))
}
