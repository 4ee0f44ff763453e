//! Which certificates of a context answer a client: by its name, and by whether it takes ECDSA.
//!
//! Source: `source/common/tls/default_tls_certificate_selector.cc`, and runs of 1.40.0: without a name every certificate is looked
//! through, with a name that no certificate has the first one serves.

use super::endpoints::Party;
use super::parameters::{Parameters, library};
use super::reader::Reader;
use crate::endpoint::{Certificate, CertificateUse, KeyType, ServedName};
use crate::library::Parser;
use crate::protocol::{Protocol, ProtocolSet};
use crate::suite::{Authentication, Suite};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Clients that meet the same certificates.
pub(super) struct Class {
    /// Indices of the certificates; where two answer, first that for clients which take ECDSA.
    certificates: Vec<usize>,
    pub(super) names: Vec<ServedName>,
    pub(super) is_default: bool,
    /// Whether it is known which certificate answers whom.
    is_sorted: bool,
}

/// What leads clients to an ECDSA certificate where another serves the rest.
///
/// Source: `ServerContextImpl::getClientEcdsaCapabilities()`, which looks at the context's own list and maximum, whatever parameters the
/// certificates have: signature algorithms count where the maximum is TLS 1.3, suites everywhere else. Run on 1.40.0, a version at a time.
pub(super) struct Leading {
    /// Suites of which one is to be offered; `None` where the list is not known.
    suites: Option<Arc<[Suite]>>,
    /// Whether clients that speak TLS 1.3 alone are led there.
    tls13: bool,
}

impl Leading {
    /// Leaves a certificate to the clients that are led to it, or to the others; `own` are the suites of its parameters.
    pub(super) fn restrict(&self, used: &mut CertificateUse, is_led_to: bool, own: &[Suite]) {
        let key = used.certificate.as_deref().map(|certificate| certificate.key_type);
        if !is_led_to && !matches!(key, Some(KeyType::Ecdsa | KeyType::Ed25519)) {
            return;
        }
        if self.tls13 != is_led_to && key == Some(KeyType::Ecdsa) {
            let older = ProtocolSet::between(Protocol::Ssl3, Protocol::Tls12);
            used.protocols = used.protocols.intersection(older);
        }
        used.led_by = self.suites.as_ref().map(|leading| {
            if is_led_to {
                Arc::clone(leading)
            } else {
                own.iter().copied().filter(|suite| !leading.contains(suite)).collect()
            }
        });
    }
}

impl Class {
    /// Whether clients have to be led to a certificate, because another one serves the rest; `None` where all meet the same.
    pub(super) fn is_led_to(&self, index: usize) -> Option<bool> {
        (self.is_sorted && self.certificates.len() > 1).then(|| self.certificates.first() == Some(&index))
    }

    /// The certificates of each endpoint: one for all of them, or one for each where they have parameters of their own.
    pub(super) fn answers(&self, apart: bool) -> Vec<Vec<usize>> {
        if apart {
            self.certificates.iter().map(|index| vec![*index]).collect()
        } else {
            vec![self.certificates.clone()]
        }
    }
}

impl Reader<'_, '_> {
    /// What leads clients to the ECDSA certificate of a listener's context with such parameters.
    pub(super) fn leading(&self, context: &Parameters) -> Leading {
        Leading { suites: self.ecdsa_suites(context).map(Arc::from), tls13: context.takes_tls13 }
    }

    /// The suites of a list that an ECDSA certificate serves; `None` where the list is not known.
    pub(super) fn ecdsa_suites(&self, parameters: &Parameters) -> Option<Vec<Suite>> {
        let is_ecdsa = |suite: &Suite| suite.facts().authentication == Authentication::Ecdsa;
        let string = parameters.cipher_string.value()?;
        let expansion = library(self.release).expand(string.as_str(), Parser::Strict);
        Some(expansion.suites.iter().map(|selected| selected.suite).filter(is_ecdsa).collect())
    }
}

/// The name that stands for every name that no certificate has.
const ANY_NAME: &str = "*";

/// Sorts clients by the certificates that they meet; one class where it makes no difference.
pub(super) fn classes(
    party: &Party<'_>,
    uses: &[CertificateUse],
    has_own: bool,
    scans_all: bool,
) -> Vec<Class> {
    let all = || (0..uses.len()).collect();
    let one = |certificates, is_sorted| {
        vec![Class { certificates, names: party.names.clone(), is_default: party.is_default, is_sorted }]
    };
    let known: Vec<&Certificate> = uses.iter().filter_map(|used| used.certificate.as_deref()).collect();
    let is_ecdsa = |certificate: &Certificate| certificate.key_type == KeyType::Ecdsa;
    let mixed = known.iter().any(|one| known.first().is_some_and(|first| first.key_type != one.key_type));
    if uses.len() < 2 || known.len() < uses.len() || !(mixed || has_own) {
        return one(all(), false);
    }
    let first = |wanted: bool, fits: &dyn Fn(&Certificate) -> bool| {
        known.iter().position(|one| is_ecdsa(one) == wanted && fits(one))
    };
    // Looks through ever more certificates; the first of all serves where none was found.
    let choose = |stages: &[&dyn Fn(&Certificate) -> bool]| -> Vec<usize> {
        let takes_ecdsa = stages.iter().find_map(|fits| first(true, fits).or_else(|| first(false, fits)));
        let others = stages.iter().find_map(|fits| first(false, fits));
        let mut chosen = vec![takes_ecdsa.unwrap_or(0), others.unwrap_or(0)];
        chosen.dedup();
        chosen
    };
    let any = |_: &Certificate| true;
    let unnamed = choose(&[&any]);
    let unknown = if scans_all { unnamed.clone() } else { vec![0] };
    let by_name = |name: &str| {
        let exact = |one: &Certificate| names_of(one).any(|own| own.eq_ignore_ascii_case(name));
        let wildcard = |one: &Certificate| names_of(one).any(|own| covers(own, name));
        if scans_all { choose(&[&exact, &wildcard, &any]) } else { choose(&[&exact, &wildcard]) }
    };
    let mut found: Vec<Class> = Vec::new();
    let mut add = |certificates: Vec<usize>, name: Option<ServedName>, is_default: bool| {
        let same = found.iter_mut().find(|class| class.certificates == certificates);
        match same {
            Some(class) => {
                class.names.extend(name);
                class.is_default |= is_default;
            }
            None => found.push(Class {
                certificates,
                names: name.into_iter().collect(),
                is_default,
                is_sorted: true,
            }),
        }
    };
    if party.names.is_empty() {
        add(unnamed, None, party.is_default);
    }
    for pattern in &party.names {
        add(by_name(&pattern.name), Some(pattern.clone()), false);
    }
    let mut seen: HashSet<&str> = HashSet::new();
    for (used, certificate) in uses.iter().zip(&known) {
        for name in names_of(certificate).filter(|name| leads_here(party, name)) {
            if (party.is_default || !party.names.is_empty()) && seen.insert(name) {
                let served = ServedName { name: name.to_owned(), location: used.location };
                add(by_name(name), Some(served), false);
            }
        }
    }
    if party.names.is_empty() && party.is_default {
        let location = uses.first().map_or_else(|| party.place.location(), |used| used.location);
        add(unknown, Some(ServedName { name: ANY_NAME.to_owned(), location }), false);
    }
    if let [_] = found.as_slice() {
        return one(found.remove(0).certificates, true);
    }
    found
}

/// DNS names of a certificate, else its common names.
fn names_of(certificate: &Certificate) -> impl Iterator<Item = &str> {
    let is_dns = |name: &&str| name.parse::<IpAddr>().is_err();
    let alternative =
        certificate.alternative_names.iter().map(|name| name.trim_start_matches("DNS:")).filter(is_dns);
    let has_none = certificate.alternative_names.is_empty();
    alternative.chain(certificate.common_names.iter().map(String::as_str).filter(move |_| has_none))
}

/// Whether a client that asks for a certificate's name comes to this filter chain.
fn leads_here(party: &Party<'_>, name: &str) -> bool {
    let reach = |pattern: &str| match pattern.strip_prefix('*') {
        Some(suffix) => {
            (name.len() > suffix.len() && name.to_ascii_lowercase().ends_with(suffix)).then_some(suffix.len())
        }
        None => pattern.eq_ignore_ascii_case(name).then_some(usize::MAX),
    };
    let elsewhere = party.siblings.reach(&name.to_ascii_lowercase(), party.place.location());
    let here = party.names.iter().filter_map(|pattern| reach(&pattern.name.to_ascii_lowercase())).max();
    if party.names.is_empty() { elsewhere.is_none() } else { here.is_some() && here > elsewhere }
}

/// Whether a certificate's wildcard stands for a host: one label in the place of `*`.
fn covers(pattern: &str, name: &str) -> bool {
    let suffix = pattern.strip_prefix("*.");
    let rest = name.split_once('.').map(|(_, rest)| rest);
    suffix.is_some_and(|suffix| rest.is_some_and(|rest| rest.eq_ignore_ascii_case(suffix)))
}
