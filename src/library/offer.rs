//! What an endpoint really offers: its settings, cut down by what the library builds, its security level, and the certificate.

use super::security::minimum_dh_bits;
use super::{Choice, Expansion, Family};
use crate::endpoint::{CertificateUse, DhParameters, Endpoint, KeyType, Tls13Suites, Transport};
use crate::group::{Group, Kind};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::suite::{Authentication, KeyExchange, Suite};
use std::sync::Arc;

/// A suite that an endpoint offers, with the token of its cipher string that brought it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offered {
    /// The suite.
    pub suite: Suite,
    /// The index of the token, in the expansion; `None` for suites that the TLS 1.3 string let in.
    pub token: Option<usize>,
}

/// What an endpoint offers. "Declared", "enabled" and "reachable" are the three sets of DESIGN's words.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The cipher string's expansion; `None` where the string is not known.
    pub expansion: Option<Arc<Expansion>>,
    /// The security level in force when suites are used.
    pub security_level: u8,
    /// The protocols that the settings name; `None` where that is not known.
    pub declared_protocols: Option<ProtocolSet>,
    /// Those of them that the library builds and the level permits.
    pub protocols: ProtocolSet,
    /// TLS ≤ 1.2 suites that are enabled, in order of preference.
    pub enabled: Vec<Offered>,
    /// TLS 1.3 suites that are enabled; `None` where that is not known.
    pub tls13: Option<Vec<Suite>>,
    /// Whether the certificates' key types are known, so that `served` is certain.
    pub certificates_known: bool,
    /// Protocols on which some handshake can succeed, as far as the files show.
    pub served: ProtocolSet,
    /// TLS ≤ 1.2 suites on which some handshake can succeed, as far as the files show.
    pub reachable: Vec<Offered>,
    /// Groups, in order of preference.
    pub groups: Vec<Group>,
}

impl Offer {
    /// Works out what `endpoint` offers.
    pub fn of(endpoint: &Endpoint) -> Self {
        let library = endpoint.library;
        let expansion =
            endpoint.cipher_string.value().map(|string| library.expand(string.as_str(), endpoint.parser));
        let level =
            expansion.as_ref().and_then(|found| found.security_level).unwrap_or(endpoint.security_level);
        let declared_protocols = endpoint.protocols.value().map(|protocols| protocols.set);
        let protocols = enabled_protocols(endpoint, declared_protocols.unwrap_or_default(), level);
        let (tls13, older) = tls13_suites(endpoint, level);
        let enabled = enabled_suites(endpoint, expansion.as_deref(), older, protocols, level);
        let groups = endpoint.groups.value().map(|groups| groups.list.clone()).unwrap_or_default();
        let certificates_known = key_types(endpoint).is_some();
        let reachable = reachable(endpoint, &enabled, &groups, level);
        let served = served(endpoint, protocols, tls13.as_deref(), &reachable, &groups);
        Self {
            expansion,
            security_level: level,
            declared_protocols,
            protocols,
            enabled,
            tls13,
            certificates_known,
            served,
            reachable,
            groups,
        }
    }

    /// Suites that a handshake of `protocol` can end with, best first.
    pub fn suites(&self, protocol: Protocol) -> Vec<Suite> {
        if !self.served.contains(protocol) {
            return Vec::new();
        }
        if protocol == Protocol::Tls13 {
            return self.tls13.clone().unwrap_or_default();
        }
        carried(&self.reachable, protocol).collect()
    }

    /// Groups that a handshake of `protocol` can use: none below TLS 1.3 without an ECDHE suite.
    pub fn groups(&self, protocol: Protocol) -> Vec<Group> {
        let is_ecdhe =
            |suite: Suite| matches!(suite.facts().key_exchange, KeyExchange::Ecdhe | KeyExchange::EcdhePsk);
        if protocol == Protocol::Tls13 {
            return if self.served.contains(protocol) { self.groups.clone() } else { Vec::new() };
        }
        if !self.suites(protocol).into_iter().any(is_ecdhe) {
            return Vec::new();
        }
        self.groups.iter().copied().filter(|group| !group.facts().tls13_only).collect()
    }
}

/// The configured protocols that the library builds and the level permits.
fn enabled_protocols(endpoint: &Endpoint, declared: ProtocolSet, level: u8) -> ProtocolSet {
    let library = endpoint.library;
    let permitted: ProtocolSet = declared
        .iter()
        .filter(|protocol| library.builds_protocol(*protocol))
        .filter(|protocol| {
            library.permits_protocol(*protocol, level)
                || (endpoint.role == Role::Client && library.clients_offer_refused())
        })
        .collect();
    let has_holes =
        matches!(library, Choice::Named(_) | Choice::Linked) && library.family() == Family::OpenSsl;
    if endpoint.role == Role::Client && has_holes { lowest_run(permitted) } else { permitted }
}

/// What an OpenSSL client offers of a set with a hole in it: the lowest run of neighbours (ssl_get_min_max_version()).
fn lowest_run(protocols: ProtocolSet) -> ProtocolSet {
    let Some(first) = protocols.iter().next() else { return protocols };
    let from_first = Protocol::ALL.into_iter().skip_while(|protocol| *protocol < first);
    from_first.take_while(|protocol| protocols.contains(*protocol)).collect()
}

/// The TLS 1.3 suites at `level`, and the older suites that the string lets in.
fn tls13_suites(endpoint: &Endpoint, level: u8) -> (Option<Vec<Suite>>, Vec<Suite>) {
    let library = endpoint.library;
    let (suites, older) = match endpoint.ciphersuites.value() {
        None => return (None, Vec::new()),
        Some(Tls13Suites::Fixed(suites)) => (suites.clone(), Vec::new()),
        Some(Tls13Suites::Library) => (library.default_tls13().to_vec(), Vec::new()),
        Some(Tls13Suites::Listed(text)) => {
            let read = library.ciphersuites(text.as_str());
            if read.refused {
                (library.default_tls13().to_vec(), Vec::new())
            } else {
                (read.tls13().collect(), read.older.iter().map(|(suite, _)| *suite).collect())
            }
        }
    };
    let permitted = |suite: &Suite| library.permits_suite(*suite, level, endpoint.role);
    (Some(suites.into_iter().filter(permitted).collect()), older)
}

fn enabled_suites(
    endpoint: &Endpoint,
    expansion: Option<&Expansion>,
    older: Vec<Suite>,
    protocols: ProtocolSet,
    level: u8,
) -> Vec<Offered> {
    let listed = expansion.into_iter().flat_map(|found| &found.suites);
    let listed = listed.map(|selected| Offered { suite: selected.suite, token: Some(selected.token) });
    let mut out: Vec<Offered> = Vec::new();
    for offered in older.into_iter().map(|suite| Offered { suite, token: None }).chain(listed) {
        let usable = endpoint.library.permits_suite(offered.suite, level, endpoint.role)
            && protocols.iter().any(|protocol| carries(protocol, offered.suite))
            && !out.iter().any(|known| known.suite == offered.suite);
        out.extend(usable.then_some(offered));
    }
    out
}

/// Whether a handshake of `protocol` can end with `suite`.
fn carries(protocol: Protocol, suite: Suite) -> bool {
    let is_tls13 = protocol == Protocol::Tls13;
    is_tls13 == suite.is_tls13() && suite.facts().minimum <= protocol
}

fn carried(offered: &[Offered], protocol: Protocol) -> impl Iterator<Item = Suite> {
    offered.iter().map(|offered| offered.suite).filter(move |suite| carries(protocol, *suite))
}

/// The key types of the certificates, where every one of them is known.
fn key_types(endpoint: &Endpoint) -> Option<Vec<KeyType>> {
    let uses: &Vec<CertificateUse> = endpoint.certificates.value()?;
    uses.iter().map(|used| used.certificate.as_ref().map(|certificate| certificate.key_type)).collect()
}

/// The suites that certificate, Diffie-Hellman parameters and groups leave over. A client's list is what it offers.
fn reachable(endpoint: &Endpoint, enabled: &[Offered], groups: &[Group], level: u8) -> Vec<Offered> {
    if endpoint.role == Role::Client {
        return enabled.to_vec();
    }
    let key_types = key_types(endpoint);
    let has_curve = endpoint.groups.value().is_none()
        || groups.iter().any(|group| matches!(group.facts().kind, Kind::Curve | Kind::Montgomery));
    let has_dh = match endpoint.dh_parameters.value() {
        None | Some(DhParameters::Automatic | DhParameters::Unreadable) => true,
        Some(DhParameters::Bits(bits)) => *bits >= minimum_dh_bits(level),
        Some(DhParameters::None) => false,
    };
    let can_serve = |offered: &&Offered| {
        let facts = offered.suite.facts();
        let exchange = match facts.key_exchange {
            KeyExchange::Dhe | KeyExchange::DhePsk => has_dh,
            KeyExchange::Ecdhe | KeyExchange::EcdhePsk => has_curve,
            _ => true,
        };
        let proven =
            key_types.as_ref().is_none_or(|types| types.iter().any(|key| proves(*key, offered.suite)));
        exchange && (proven || facts.authentication == Authentication::None)
    };
    enabled.iter().filter(can_serve).copied().collect()
}

/// Whether a certificate with such a key can authenticate `suite`.
fn proves(key: KeyType, suite: Suite) -> bool {
    let facts = suite.facts();
    match facts.authentication {
        Authentication::Rsa => {
            key == KeyType::Rsa || (key == KeyType::RsaPss && facts.key_exchange != KeyExchange::Rsa)
        }
        Authentication::Ecdsa => matches!(key, KeyType::Ecdsa | KeyType::Ed25519 | KeyType::Ed448),
        Authentication::Dss => key == KeyType::Dsa,
        Authentication::Any | Authentication::None => true,
        _ => false,
    }
}

/// The protocols that are left with a suite to end a handshake with.
fn served(
    endpoint: &Endpoint,
    protocols: ProtocolSet,
    tls13: Option<&[Suite]>,
    reachable: &[Offered],
    groups: &[Group],
) -> ProtocolSet {
    if endpoint.refuses.is_some() {
        return ProtocolSet::EMPTY;
    }
    let has_tls13_groups = endpoint.groups.value().is_none() || !groups.is_empty();
    let tls13_works = tls13.is_none_or(|suites| !suites.is_empty()) && has_tls13_groups;
    // OpenSSL answers every hello with handshake_failure when TLS 1.3 is on and has no suite: ssl_cipher_list_to_bytes() and tls_setup_handshake().
    if protocols.contains(Protocol::Tls13)
        && tls13.is_some_and(<[Suite]>::is_empty)
        && endpoint.library.family() == Family::OpenSsl
    {
        return ProtocolSet::EMPTY;
    }
    if endpoint.transport == Transport::Quic {
        let only = protocols.contains(Protocol::Tls13) && tls13_works;
        return if only { ProtocolSet::EMPTY.with(Protocol::Tls13) } else { ProtocolSet::EMPTY };
    }
    let strings_known = endpoint.cipher_string.value().is_some();
    protocols
        .iter()
        .filter(|protocol| match protocol {
            Protocol::Tls13 => tls13_works,
            older => !strings_known || carried(reachable, *older).next().is_some(),
        })
        .collect()
}
