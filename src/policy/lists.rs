//! Lists of groups, algorithms and words, whole or as additions and removals.

use super::node::{Node, Read};
use super::{Policy, Tls13Rule};
use crate::group::Group;
use crate::signature::Scheme;

/// A list, or `{add, remove}` over `old`.
fn list<T: Clone + PartialEq>(
    node: &Node<'_>,
    old: Option<&Vec<T>>,
    one: &dyn Fn(&Node<'_>) -> Read<T>,
) -> Read<Vec<T>> {
    let mut found = Vec::new();
    if node.child("add").is_none() && node.child("remove").is_none() {
        for element in node.elements()? {
            let value = one(&element)?;
            if found.contains(&value) {
                return element.problem(format!("{} stands twice", element.text()?), None);
            }
            found.push(value);
        }
        if found.is_empty() {
            return node.problem(
                format!("{} lists nothing, so that nothing could comply", node.name()),
                Some("leave the key out where the policy is silent".to_owned()),
            );
        }
        return Ok(found);
    }
    node.only(&["add", "remove"])?;
    let Some(old) = old else {
        return node.problem(
            "add and remove need a list to work on",
            Some("name the policy to start from: extends: NAME".to_owned()),
        );
    };
    found.clone_from(old);
    if let Some(removed) = node.child("remove") {
        for element in removed.elements()? {
            let value = one(&element)?;
            let Some(at) = found.iter().position(|have| *have == value) else {
                return element
                    .problem(format!("{} is not in the list that is extended", element.text()?), None);
            };
            found.remove(at);
        }
    }
    if let Some(added) = node.child("add") {
        for element in added.elements()? {
            let value = one(&element)?;
            if !found.contains(&value) {
                found.push(value);
            }
        }
    }
    Ok(found)
}

pub(super) fn groups(node: &Node<'_>, old: Option<&Vec<Group>>) -> Read<Vec<Group>> {
    list(node, old, &|node| {
        let name = node.text()?;
        match Group::from_name(name) {
            Some(group) => Ok(group),
            None => node.unknown("group", name, Group::all().flat_map(|group| [group.name(), group.iana()])),
        }
    })
}

pub(super) fn signature_algorithms(node: &Node<'_>, old: Option<&Vec<String>>) -> Read<Vec<String>> {
    list(node, old, &|node| {
        let name = node.text()?;
        match Scheme::from_name(name) {
            Some(known) => Ok(known.name().to_owned()),
            None => node.unknown("signature algorithm", name, Scheme::all().map(Scheme::name)),
        }
    })
}

/// Words out of a closed list.
pub(super) fn words(
    node: &Node<'_>,
    old: Option<&Vec<String>>,
    what: &str,
    known: &[&'static str],
) -> Read<Vec<String>> {
    list(node, old, &|node| Ok(node.word(what, known)?.to_owned()))
}

/// Takes one requirement out of a policy that is extended.
pub(super) fn drop(node: &Node<'_>, policy: &mut Policy) -> Read<()> {
    let id = node.text()?;
    let held = policy.requirements().iter().any(|requirement| requirement.id == id);
    if !held {
        let ids: Vec<String> = policy.requirements().into_iter().map(|requirement| requirement.id).collect();
        let ids = ids.iter().map(String::as_str);
        return node.unknown("requirement of the policy that is extended:", id, ids);
    }
    match id {
        "protocols.minimum" => policy.protocols.minimum = None,
        "protocols.maximum" => policy.protocols.maximum = None,
        "protocols.required" => policy.protocols.required = None,
        "suites.at-least-one" => policy.suites.at_least_one = None,
        "suites.others" => policy.suites.others = None,
        "tls13" => policy.tls13 = Tls13Rule::Unspecified,
        "groups" => policy.groups = None,
        "signature-algorithms" => policy.signature_algorithms = None,
        "server-preference" => policy.server_preference = None,
        "session-tickets" => policy.session_tickets = None,
        "dh-bits" => policy.dh_bits = None,
        "plaintext" => policy.plaintext = None,
        "peer.chain" => policy.peer.chain = None,
        "peer.hostname" => policy.peer.hostname = None,
        "peer.plaintext-upstream" => policy.peer.plaintext_upstream = None,
        "certificate.names" => policy.certificate.names = None,
        "certificate.mozilla-root" => policy.certificate.mozilla_root = None,
        "certificate.not-self-signed" => policy.certificate.not_self_signed = None,
        "certificate.not-revoked" => policy.certificate.not_revoked = None,
        "certificate.days-left" => policy.certificate.days_left = None,
        "certificate.lifetime-days" => policy.certificate.lifetime_days = None,
        "certificate.rsa-bits" => policy.certificate.rsa_bits = None,
        "certificate.curves" => policy.certificate.curves = None,
        "certificate.key-types" => policy.certificate.key_types = None,
        "certificate.signature-hashes" => policy.certificate.signature_hashes = None,
        _ => {
            policy.suites.forbidden.retain(|rule| rule.id != id);
            policy.suites.phase_out.retain(|rule| rule.id != id);
        }
    }
    Ok(())
}

/// Every name that a list of groups takes, each once.
pub(super) fn sorted_groups() -> std::collections::BTreeSet<&'static str> {
    Group::all().flat_map(|group| group.facts().names()).collect()
}
