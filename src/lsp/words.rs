//! Facts of single words: suites, protocols, groups, checks, policies and keys of settings.

use super::effective;
use crate::checks;
use crate::group::Group;
use crate::policy::Policy;
use crate::protocol::Protocol;
use crate::suite::Suite;
use std::fmt::Write as _;

/// What is known of a word by itself.
pub(super) fn facts(word: &str, policies: &[Policy]) -> Option<String> {
    if let Some(suite) = Suite::from_name(word) {
        return Some(suite_facts(suite, policies));
    }
    if let Some(protocol) = protocol(word) {
        return Some(protocol_facts(protocol));
    }
    if let Some(check) = checks::find(word) {
        return Some(page(check));
    }
    if let Some(group) = Group::from_name(word) {
        return Some(format!(
            "**{}**, group for key exchange; {} in IANA's registry",
            group.name(),
            group.iana()
        ));
    }
    policy(word)
}

/// A protocol by the names of any server: `TLSv1.2`, `TLSv1_2`, `TLSv1.0`.
pub(super) fn protocol(word: &str) -> Option<Protocol> {
    let dotted = word.replace('_', ".");
    let named = |name: &str| Protocol::from_name(name);
    named(word).or_else(|| named(&dotted)).or_else(|| dotted.strip_suffix(".0").and_then(named))
}

fn protocol_facts(protocol: Protocol) -> String {
    let (rfc, state) = match protocol {
        Protocol::Ssl2 => ("the SSL 2.0 draft", "prohibited by RFC 6176"),
        Protocol::Ssl3 => ("RFC 6101", "prohibited by RFC 7568"),
        Protocol::Tls10 => ("RFC 2246", "prohibited by RFC 8996"),
        Protocol::Tls11 => ("RFC 4346", "prohibited by RFC 8996"),
        Protocol::Tls12 => ("RFC 5246", "in use; RFC 9325 says how"),
        Protocol::Tls13 => ("RFC 8446", "in use"),
    };
    format!("**{}**: {rfc}, {state}", protocol.name())
}

fn suite_facts(suite: Suite, policies: &[Policy]) -> String {
    let facts = suite.facts();
    let mut out = format!("**{}**{}\n\n", facts.openssl, effective::kind(suite));
    let _ = writeln!(out, "- IANA: `{}`, 0x{:04X}, RFC {}", facts.iana, facts.code, facts.rfc);
    let _ =
        writeln!(out, "- encryption: {}, {} bits; integrity: {}", facts.encryption, facts.bits, facts.mac);
    if !suite.is_tls13() {
        let _ = writeln!(
            out,
            "- key exchange: {}; authentication: {}",
            facts.key_exchange.name(),
            facts.authentication.name()
        );
        for policy in policies {
            let verdict = if effective::is_approved(suite, std::slice::from_ref(policy)) {
                "no objection"
            } else {
                "not approved"
            };
            let _ = writeln!(out, "- {}: {verdict}", policy.label());
        }
    }
    out
}

/// The page of a check, with examples that say no more than their language.
pub(super) fn page(check: &checks::Check) -> String {
    let bare = |line: &str| {
        if line.starts_with("```") {
            line.split_whitespace().next().unwrap_or(line).to_owned()
        } else {
            line.to_owned()
        }
    };
    check.page.lines().map(bare).collect::<Vec<_>>().join("\n")
}

fn policy(word: &str) -> Option<String> {
    let (id, title) = crate::policy::names()
        .into_iter()
        .map(|listed| (listed.id, listed.title))
        .find(|(id, _)| *id == word || id.split('@').next() == Some(word))?;
    Some(format!("**{id}**: {title}"))
}

/// Words of cipher strings, with what they are (ciphers(1)).
pub(super) const CIPHER_WORDS: &[(&str, &str)] = &[
    ("HIGH", "suites with keys of more than 128 bits, and some with 128"),
    ("DEFAULT", "the library's default list, at the start alone"),
    ("ALL", "all suites but those without encryption"),
    ("ECDHE", "ephemeral elliptic curve key exchange"),
    ("DHE", "ephemeral finite field key exchange"),
    ("kRSA", "RSA key exchange, without forward secrecy"),
    ("aRSA", "authentication by an RSA certificate"),
    ("aECDSA", "authentication by an ECDSA certificate"),
    ("AESGCM", "AES in GCM"),
    ("CHACHA20", "ChaCha20 with Poly1305"),
    ("AESCCM", "AES in CCM"),
    ("AES128", "AES with keys of 128 bits"),
    ("AES256", "AES with keys of 256 bits"),
    ("SHA256", "HMAC with SHA-256"),
    ("SHA384", "HMAC with SHA-384"),
    ("!aNULL", "never suites without authentication"),
    ("!eNULL", "never suites without encryption"),
    ("!MD5", "never HMAC with MD5"),
    ("!3DES", "never triple DES"),
    ("!RC4", "never RC4"),
    ("!kRSA", "never RSA key exchange"),
    ("!SHA1", "never HMAC with SHA-1"),
    ("!PSK", "never pre-shared keys"),
    ("@STRENGTH", "sorted by the length of keys"),
    ("@SECLEVEL=2", "security level 2: no key below 112 bits"),
];
