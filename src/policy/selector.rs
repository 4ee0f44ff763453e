//! Sets of suites as policies write them: by name, or by what suites are made of.

use super::error::nearest;
use super::node::{Node, Read};
use crate::suite::{Authentication, Facts, KeyExchange, Suite};
use std::collections::BTreeSet;

/// Which suites a list may name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Era {
    /// Any version.
    Any,
    /// TLS 1.3, whose suites the cipher string never selects.
    Tls13,
    /// TLS 1.2 and older.
    UpToTls12,
}

const KEYS: [&str; 8] = [
    "aead",
    "authentication",
    "bits-below",
    "encryption",
    "except",
    "forward-secrecy",
    "key-exchange",
    "mac",
];

/// A list of suites: names and mappings of properties, or `{add, remove}` over `base`.
pub(super) fn suites(node: &Node<'_>, era: Era, base: Option<&BTreeSet<Suite>>) -> Read<BTreeSet<Suite>> {
    if node.child("add").is_some() || node.child("remove").is_some() {
        return edited(node, era, base);
    }
    let mut found = BTreeSet::new();
    for element in node.elements()? {
        if element.value.is_mapping() {
            found.extend(selected(&element, era)?);
        } else if !found.insert(named(&element, era)?) {
            return element.problem(format!("{} stands twice", element.text()?), None);
        }
    }
    Ok(found)
}

fn edited(node: &Node<'_>, era: Era, base: Option<&BTreeSet<Suite>>) -> Read<BTreeSet<Suite>> {
    node.only(&["add", "remove"])?;
    let Some(base) = base else {
        return node.problem(
            "add and remove need a list to work on",
            Some("name the policy to start from: extends: NAME".to_owned()),
        );
    };
    let mut found = base.clone();
    if let Some(removed) = node.child("remove") {
        for element in removed.elements()? {
            if element.value.is_mapping() {
                let selected = selected(&element, era)?;
                found.retain(|suite| !selected.contains(suite));
            } else if !found.remove(&named(&element, era)?) {
                return element
                    .problem(format!("{} is not in the list that is extended", element.text()?), None);
            }
        }
    }
    if let Some(added) = node.child("add") {
        found.extend(suites(&added, era, None)?);
    }
    Ok(found)
}

fn named(node: &Node<'_>, era: Era) -> Read<Suite> {
    let name = node.text()?;
    let Some(suite) = Suite::from_name(name) else {
        let wants_iana = name.starts_with("TLS_");
        let known = Suite::names().filter(|known| known.starts_with("TLS_") == wants_iana);
        return node.unknown("cipher suite", name, known);
    };
    match (era, suite.is_tls13()) {
        (Era::UpToTls12, true) => node.problem(
            format!("{name} is a suite of TLS 1.3"),
            Some("TLS 1.3 suites stand under tls13".to_owned()),
        ),
        (Era::Tls13, false) => node.problem(
            format!("{name} is no suite of TLS 1.3"),
            Some("suites of TLS 1.2 and older stand under suites".to_owned()),
        ),
        _ => Ok(suite),
    }
}

/// The suites that have every property of a mapping.
fn selected(node: &Node<'_>, era: Era) -> Read<BTreeSet<Suite>> {
    node.only(&KEYS)?;
    let of_era = |suite: &Suite| era == Era::Any || suite.is_tls13() == (era == Era::Tls13);
    let mut found: BTreeSet<Suite> = Suite::all().filter(of_era).collect();
    if let Some(wanted) = node.child("key-exchange") {
        narrow(
            &mut found,
            &wanted,
            |facts| KeyExchange::name(facts.key_exchange),
            |have, want| have == want,
        )?;
    }
    if let Some(wanted) = node.child("authentication") {
        narrow(
            &mut found,
            &wanted,
            |facts| Authentication::name(facts.authentication),
            |have, want| have == want,
        )?;
    }
    if let Some(wanted) = node.child("encryption") {
        // `3DES` and `AES-128` mean every cipher that begins so, up to a dash.
        narrow(
            &mut found,
            &wanted,
            |facts| facts.encryption,
            |have, want| have.strip_prefix(want).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
        )?;
    }
    if let Some(wanted) = node.child("mac") {
        narrow(&mut found, &wanted, |facts| facts.mac, |have, want| have == want)?;
    }
    if let Some(wanted) = node.child("aead") {
        let wanted = wanted.boolean()?;
        found.retain(|suite| suite.is_aead() == wanted);
    }
    if let Some(wanted) = node.child("forward-secrecy") {
        let wanted = wanted.boolean()?;
        found.retain(|suite| suite.has_forward_secrecy() == wanted);
    }
    if let Some(below) = node.child("bits-below") {
        let below = below.number(1..=256, "bits")?;
        found.retain(|suite| u32::from(suite.facts().bits) < below);
    }
    if let Some(excepted) = node.child("except") {
        let excepted = suites(&excepted, era, None)?;
        found.retain(|suite| !excepted.contains(suite));
    }
    if found.is_empty() { node.problem("no suite has all of these properties", None) } else { Ok(found) }
}

fn narrow(
    found: &mut BTreeSet<Suite>,
    wanted: &Node<'_>,
    property: fn(&'static Facts) -> &'static str,
    matches: fn(&str, &str) -> bool,
) -> Read<()> {
    let mut words = Vec::new();
    for element in wanted.elements()? {
        let word = element.text()?;
        if !Suite::all().any(|suite| matches(property(suite.facts()), word)) {
            let known: BTreeSet<&str> = Suite::all().map(|suite| property(suite.facts())).collect();
            let help = nearest(word, known.iter().copied()).map_or_else(
                || format!("known: {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean {near}?"),
            );
            return element.problem(format!("no suite has {} {word}", wanted.name()), Some(help));
        }
        words.push(word);
    }
    found.retain(|suite| words.iter().any(|word| matches(property(suite.facts()), word)));
    Ok(())
}
