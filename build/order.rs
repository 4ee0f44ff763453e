//! The order that OpenSSL gives its suites before any rule of a cipher string runs.

use super::suites::Row as Suite;
use std::cmp::Reverse;

/// Where a suite with these bits of security stands; the smallest is the most wanted.
///
/// ssl_create_cipher_list() in ssl/ssl_ciph.c, OpenSSL 1.1.0 and later, moves suites about in one list; the last move counts most.
pub(crate) fn place(suite: &Suite, strength: u16) -> impl Ord + use<> {
    let is_ephemeral = matches!(suite.kx.as_str(), "DHE" | "ECDHE");
    let is_aead = suite.mac == "AEAD";
    let to_the_head = [is_ephemeral && is_aead, is_ephemeral, is_aead, suite.minimum == "TLSv1.2"];
    let to_the_tail = [
        suite.enc == "RC4-128",
        suite.kx == "PSK",
        suite.kx == "RSA",
        suite.au == "none",
        suite.mac == "MD5",
    ];
    let cipher = match suite.enc.as_str() {
        "AES-128-GCM" | "AES-256-GCM" => 0,
        "CHACHA20-POLY1305" => 1,
        other if other.starts_with("AES-") => 2,
        _ => 3,
    };
    let key_exchange = match (suite.kx.as_str(), suite.au.as_str()) {
        ("ECDHE", "ECDSA") => 0,
        ("ECDHE", _) => 1,
        _ => 2,
    };
    (to_the_head.map(Reverse), Reverse(strength), to_the_tail, cipher, key_exchange, Reverse(suite.code))
}
