//! The sections of a policy besides its suites.

use super::node::{Node, Read};
use super::requirement::{BASIS, Basis, flag, valued};
use super::{
    CertificateRules, NameRule, PeerRules, PlaintextRule, Policy, ProtocolRules, Requirement, lists, words,
};

/// The smallest and largest size of an RSA key or a Diffie-Hellman prime that makes sense, in bits.
const BITS: std::ops::RangeInclusive<u32> = 512..=16384;

/// Up to a century.
const DAYS: std::ops::RangeInclusive<u32> = 0..=36525;

/// Takes a requirement with a value from the child `key`, if there is one.
fn take<T: Clone>(
    section: &Node<'_>,
    key: &str,
    basis: &Basis,
    slot: &mut Option<Requirement<T>>,
    read: impl Fn(&Node<'_>, Option<&T>) -> Read<T>,
) -> Read<()> {
    if let Some(node) = section.child(key) {
        *slot = Some(valued(&node, basis, slot.as_ref(), read)?);
    }
    Ok(())
}

/// The same for one that only is or is not.
fn take_flag(section: &Node<'_>, key: &str, basis: &Basis, slot: &mut Option<Requirement<()>>) -> Read<()> {
    if let Some(node) = section.child(key) {
        *slot = Some(flag(&node, basis, slot.as_ref())?);
    }
    Ok(())
}

pub(super) fn protocols(node: &Node<'_>, rules: &mut ProtocolRules) -> Read<()> {
    node.only(&[&["minimum", "maximum", "required"][..], &BASIS[..]].concat())?;
    let basis = Basis::default().within(node)?;
    take(node, "minimum", &basis, &mut rules.minimum, |node, _| words::protocol(node))?;
    take(node, "maximum", &basis, &mut rules.maximum, |node, _| words::protocol(node))?;
    take(node, "required", &basis, &mut rules.required, |node, _| {
        let versions = node.elements()?;
        if versions.is_empty() {
            return node.problem(format!("{} lists nothing", node.name()), None);
        }
        versions.iter().map(words::protocol).collect()
    })
}

/// The requirements that stand at the top of the file.
pub(super) fn single(root: &Node<'_>, policy: &mut Policy) -> Read<()> {
    let none = Basis::default();
    take(root, "groups", &none, &mut policy.groups, lists::groups)?;
    take(root, "signature-algorithms", &none, &mut policy.signature_algorithms, lists::signature_algorithms)?;
    take(root, "server-preference", &none, &mut policy.server_preference, |node, _| node.boolean())?;
    take(root, "session-tickets", &none, &mut policy.session_tickets, |node, _| node.boolean())?;
    take(root, "dh-bits", &none, &mut policy.dh_bits, |node, _| node.number(BITS, "bits"))?;
    take(root, "plaintext", &none, &mut policy.plaintext, |node, _| {
        Ok(match node.word("rule for plaintext", &words::PLAINTEXT)? {
            "allowed" => PlaintextRule::Allowed,
            "forbidden" => PlaintextRule::Forbidden,
            _ => PlaintextRule::RedirectOnly,
        })
    })
}

pub(super) fn peer(node: &Node<'_>, rules: &mut PeerRules) -> Read<()> {
    node.only(&[&["chain", "hostname", "plaintext-upstream"][..], &BASIS[..]].concat())?;
    let basis = Basis::default().within(node)?;
    take_flag(node, "chain", &basis, &mut rules.chain)?;
    take_flag(node, "hostname", &basis, &mut rules.hostname)?;
    take_flag(node, "plaintext-upstream", &basis, &mut rules.plaintext_upstream)
}

pub(super) fn certificate(node: &Node<'_>, rules: &mut CertificateRules) -> Read<()> {
    let keys = [
        "names",
        "mozilla-root",
        "not-self-signed",
        "not-revoked",
        "days-left",
        "lifetime-days",
        "rsa-bits",
        "curves",
        "key-types",
        "signature-hashes",
    ];
    node.only(&[&keys[..], &BASIS[..]].concat())?;
    let basis = Basis::default().within(node)?;
    take(node, "names", &basis, &mut rules.names, |node, _| {
        Ok(match node.word("rule for names", &words::NAMES)? {
            "alternative-names" => NameRule::AlternativeNames,
            _ => NameRule::CommonNameToo,
        })
    })?;
    take_flag(node, "mozilla-root", &basis, &mut rules.mozilla_root)?;
    take_flag(node, "not-self-signed", &basis, &mut rules.not_self_signed)?;
    take_flag(node, "not-revoked", &basis, &mut rules.not_revoked)?;
    take(node, "days-left", &basis, &mut rules.days_left, |node, _| node.number(DAYS, "days"))?;
    take(node, "lifetime-days", &basis, &mut rules.lifetime_days, |node, _| node.number(DAYS, "days"))?;
    take(node, "rsa-bits", &basis, &mut rules.rsa_bits, |node, _| node.number(BITS, "bits"))?;
    take(node, "curves", &basis, &mut rules.curves, |node, old| {
        lists::words(node, old, "curve", &words::CURVES)
    })?;
    take(node, "key-types", &basis, &mut rules.key_types, |node, old| {
        lists::words(node, old, "key type", &words::KEY_TYPES)
    })?;
    take(node, "signature-hashes", &basis, &mut rules.signature_hashes, |node, old| {
        lists::words(node, old, "hash", &words::HASHES)
    })
}
