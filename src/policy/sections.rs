//! The sections of a policy besides its suites.

use super::node::{Node, Read};
use super::requirement::{BASIS, Basis, THEN, flag, valued, valued_among};
use super::{
    CertificateRules, GroupRules, Listing, NameRule, PeerRules, PlaintextRule, Policy, ProtocolRules,
    Requirement, Strength, lists, words,
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
    if let Some(node) = root.child("groups") {
        groups(&node, &mut policy.groups)?;
    }
    if let Some(node) = root.child("signature-algorithms") {
        listing(&node, &[], &mut policy.signature_algorithms, lists::signature_algorithms)?;
    }
    take(root, "must-be-written", &none, &mut policy.must_be_written, |node, old| {
        lists::words(node, old, "setting", &words::SETTINGS)
    })?;
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

/// The keys of a listing beside those of its own requirement.
const LISTING: [&str; 3] = ["forbidden", "phase-out", "unspecified"];

/// The keys of groups beside those.
const OF_GROUPS: [&str; 3] = ["required", "at-least-one", "first"];

fn groups(node: &Node<'_>, rules: &mut GroupRules) -> Read<()> {
    listing(node, &OF_GROUPS, &mut rules.listing, lists::groups)?;
    if !node.value.is_mapping() {
        return Ok(());
    }
    let basis = Basis::default().within(node)?;
    take(node, "required", &basis, &mut rules.required, lists::groups)?;
    take(node, "at-least-one", &basis, &mut rules.at_least_one, lists::groups)?;
    take(node, "first", &basis, &mut rules.first, lists::groups)
}

/// A list of what is approved, as a requirement of its own, and what stands beside it: `forbidden`, `phase-out`, `unspecified`.
fn listing<T: Clone>(
    node: &Node<'_>,
    beside: &[&str],
    slot: &mut Listing<T>,
    read: impl Fn(&Node<'_>, Option<&Vec<T>>) -> Read<Vec<T>>,
) -> Read<()> {
    let beside = [&LISTING[..], beside].concat();
    let has = |keys: &[&str]| {
        node.value.as_mapping().is_some_and(|mapping| keys.iter().any(|key| mapping.contains_key(*key)))
    };
    let is_plain = !has(&beside);
    let changes = has(&["value", THEN]) || (slot.approved.is_some() && has(&BASIS));
    if is_plain || changes {
        let basis = Basis::default();
        slot.approved = Some(valued_among(node, &basis, slot.approved.as_ref(), &beside, &read)?);
    }
    if is_plain {
        return Ok(());
    }
    node.only(&[&["value", THEN][..], &BASIS[..], &beside].concat())?;
    let basis = Basis::default().within(node)?;
    for (key, rules) in [("forbidden", &mut slot.forbidden), ("phase-out", &mut slot.phase_out)] {
        if let Some(child) = node.child(key) {
            named(&child, &basis, rules, &read)?;
        }
    }
    if let Some(child) = node.child("unspecified") {
        slot.unspecified = Some(unspecified(&child, &basis, slot.unspecified.as_ref(), &read)?);
    }
    Ok(())
}

/// Rules with names of their own, so that a policy that extends can replace or drop one.
pub(super) fn named<T: Clone>(
    node: &Node<'_>,
    basis: &Basis,
    rules: &mut Vec<Requirement<T>>,
    read: &impl Fn(&Node<'_>, Option<&T>) -> Read<T>,
) -> Read<()> {
    for (_, entry) in node.entries()? {
        let id = entry.id();
        let at = rules.iter().position(|rule| rule.id == id);
        let old = at.and_then(|at| rules.get(at));
        let rule = valued(&entry, basis, old, read)?;
        match at {
            Some(at) => rules[at] = rule,
            None => rules.push(rule),
        }
    }
    Ok(())
}

/// What a document does not know, it neither demands nor refuses.
pub(super) fn unspecified<T: Clone>(
    node: &Node<'_>,
    section: &Basis,
    base: Option<&Requirement<T>>,
    read: &impl Fn(&Node<'_>, Option<&T>) -> Read<T>,
) -> Read<Requirement<T>> {
    let basis = Basis { strength: Some(Strength::May), ..section.clone() };
    let rule = valued(node, &basis, base, read)?;
    if rule.strength == Strength::May {
        return Ok(rule);
    }
    node.problem(
        "what a document does not know it cannot refuse: the strength of unspecified is may",
        Some("list it under forbidden, or leave it out of unspecified".to_owned()),
    )
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
        "rsa-bits-good",
        "rsa-sizes",
        "curves",
        "key-types",
        "signature-hashes",
        "signature-algorithms",
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
    take(node, "rsa-bits-good", &basis, &mut rules.rsa_bits_good, |node, _| node.number(BITS, "bits"))?;
    take(node, "rsa-sizes", &basis, &mut rules.rsa_sizes, |node, old| {
        lists::numbers(node, old, BITS, "bits")
    })?;
    take(node, "curves", &basis, &mut rules.curves, |node, old| {
        lists::words(node, old, "curve", &words::CURVES)
    })?;
    take(node, "key-types", &basis, &mut rules.key_types, |node, old| {
        lists::words(node, old, "key type", &words::KEY_TYPES)
    })?;
    take(node, "signature-hashes", &basis, &mut rules.signature_hashes, |node, old| {
        lists::words(node, old, "hash", &words::HASHES)
    })?;
    take(node, "signature-algorithms", &basis, &mut rules.signature_algorithms, lists::signature_algorithms)
}
