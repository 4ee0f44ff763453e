//! Verification of peers where what it needs is known: the trusted roots, and the name to expect.

use super::place::Places;
use super::yaml::New;
use super::{Proposal, Subject};
use crate::endpoint::{Dialect, Endpoint, PeerVerification};
use crate::files::Evidence;
use crate::finding::{Applicability, Edit, Fix};
use crate::protocol::Role;
use crate::setting::Setting;
use crate::span::Location;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

/// The checks whose findings verification mends.
pub(super) const CHECKS: &[&str] = &["hostname-not-verified", "peer-not-verified"];
const CHAIN: &[&str] = &["peer-not-verified"];
const HOSTNAME: &[&str] = &["hostname-not-verified"];

/// A fix for every upstream that could be verified with what is written already.
///
/// They are safe where the server still starts: nginx reads the roots only when it verifies, so that their file must be at hand.
pub(super) fn fixes(subjects: &[Subject<'_>], places: &Places<'_>) -> Vec<Proposal> {
    // By the place that switches verification off, which may reach several upstreams: all of them must be ready for it.
    let mut groups: BTreeMap<(Location, bool), Vec<(&Endpoint, &PeerVerification)>> = BTreeMap::new();
    for endpoint in
        subjects.iter().map(|subject| subject.endpoint).filter(|endpoint| endpoint.role == Role::Client)
    {
        let Some(peer) = &endpoint.peer else { continue };
        match (peer.chain.value(), peer.hostname.value()) {
            (Some(false), _) => {
                let place = peer.chain.location().unwrap_or(endpoint.location);
                groups.entry((place, true)).or_default().push((endpoint, peer));
            }
            (Some(true), Some(false)) => {
                let place = peer.hostname.location().unwrap_or(endpoint.location);
                groups.entry((place, false)).or_default().push((endpoint, peer));
            }
            _ => {}
        }
    }
    let fixes = groups.into_iter().filter_map(|((place, chain), peers)| {
        let edits = if chain { of_chain(place, &peers, places)? } else { of_hostname(&peers, places)? };
        let message = if chain { "verify the peer's certificate" } else { "verify the peer's host name" };
        let starts = peers
            .iter()
            .all(|(endpoint, peer)| endpoint.dialect != Dialect::Nginx || has_roots(peer, places));
        let applicability = if starts { Applicability::Safe } else { Applicability::Unsafe };
        let fix = Fix { applicability, message: message.to_owned(), edits };
        Some(Proposal { checks: if chain { CHAIN } else { HOSTNAME }, places: vec![place], fix })
    });
    fixes.collect()
}

/// Whether the file of trusted roots that a directive of nginx names is at hand.
fn has_roots(peer: &PeerVerification, places: &Places<'_>) -> bool {
    let path = || {
        let place = peer.roots?;
        let source = places.source(place.file);
        let word = *places.directive_at(place)?.arguments.first()?;
        let name = Path::new(word.of(source.text()).trim_matches(['"', '\'']));
        places.files.deployed(name, place.file, Evidence::Directory)
    };
    path().is_some()
}

/// Switches the verification of chains on; the roots are named already.
fn of_chain(
    place: Location,
    peers: &[(&Endpoint, &PeerVerification)],
    places: &Places<'_>,
) -> Option<Vec<Edit>> {
    if peers.iter().any(|(_, peer)| peer.roots.is_none()) {
        return None;
    }
    let (endpoint, peer) = peers.first()?;
    let key = endpoint.spelling.keys.verify;
    let is_written = matches!(peer.chain, Setting::Written(_));
    let source = places.source(place.file);
    match endpoint.dialect {
        Dialect::Nginx => {
            let mut named = Vec::new();
            for (endpoint, peer) in peers {
                // Nothing has to be written where the right name is expected already.
                let name = if peer.expected_name.is_some() { None } else { Some(host(endpoint)?) };
                named.push((*endpoint, name));
            }
            let verify = if is_written {
                let directive = places.directive_at(place)?;
                let [word] = directive.arguments.as_slice() else { return None };
                let is_off = directive.name == key && word.of(source.text()).eq_ignore_ascii_case("off");
                is_off.then(|| Edit::replace(Location::new(place.file, *word), "on"))?
            } else {
                places.insert(endpoint, key, &format!("{key} on;"))?
            };
            let name_key = key.replace("_verify", "_name");
            let mut at = BTreeMap::from([(verify.location, 0)]);
            let mut edits = vec![verify];
            for (endpoint, name) in named {
                let Some(name) = name else { continue };
                let edit = places.insert(endpoint, &name_key, &format!("{name_key} {name};"))?;
                match at.get(&edit.location).and_then(|at| edits.get_mut(*at)) {
                    Some(known) if known.text.contains(&edit.text) => {}
                    Some(known) => known.text.push_str(&edit.text),
                    None => {
                        at.insert(edit.location, edits.len());
                        edits.push(edit);
                    }
                }
            }
            Some(edits)
        }
        Dialect::HaProxy if is_written && place.span.of(source.text()) == "none" => {
            Some(vec![Edit::replace(place, "required")])
        }
        Dialect::HaProxy => {
            let edit = |(endpoint, _): &(&Endpoint, &PeerVerification)| {
                places.words(endpoint.location, "verify", "verify required")
            };
            peers.iter().map(edit).collect()
        }
        Dialect::Ciphers | Dialect::Envoy | Dialect::OpensslConf => None,
    }
}

/// Names the host to expect.
fn of_hostname(peers: &[(&Endpoint, &PeerVerification)], places: &Places<'_>) -> Option<Vec<Edit>> {
    let (endpoint, peer) = peers.first()?;
    let name = host(endpoint)?;
    match endpoint.dialect {
        Dialect::HaProxy => {
            let edit = |(endpoint, _): &(&Endpoint, &PeerVerification)| {
                places.words(endpoint.location, "verifyhost", &format!("verifyhost {}", host(endpoint)?))
            };
            peers.iter().map(edit).collect()
        }
        Dialect::Envoy => {
            // One context may serve several clusters.
            let same = peers
                .iter()
                .all(|(other, others)| others.roots == peer.roots && host(other).as_deref() == Some(&*name));
            let key = peer.roots.filter(|_| same)?;
            let matcher = New::Map(vec![("exact", New::Scalar(&name))]);
            let names =
                New::List(vec![New::Map(vec![("san_type", New::Scalar("DNS")), ("matcher", matcher)])]);
            let source = places.source(key.file);
            let contexts = places.contexts(&source);
            if contexts.names_hosts(key) {
                return None;
            }
            Some(vec![contexts.before(key, &source, &[("match_typed_subject_alt_names", names)])?])
        }
        Dialect::Ciphers | Dialect::Nginx | Dialect::OpensslConf => None,
    }
}

/// The host name that an endpoint connects to: the one it sends, else the only one among its addresses.
fn host(endpoint: &Endpoint) -> Option<String> {
    if let Setting::Written(written) = &endpoint.sni
        && let Some(name) = &written.value
    {
        return Some(name.clone());
    }
    let mut hosts = endpoint.addresses.iter().map(|address| match address.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => address,
    });
    let first = hosts.next()?;
    let is_name = first.contains('.')
        && first.parse::<IpAddr>().is_err()
        && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    (is_name && hosts.all(|other| other == first)).then(|| first.to_owned())
}
