//! What an endpoint really offers: its settings, cut down by what the library builds, its security level, and the certificate.

use super::security::{bits_of, minimum_dh_bits};
use super::signing::{self, Signing};
use super::suite_b::Profile;
use super::{Choice, Expansion, Family, Parser};
use crate::endpoint::{DhParameters, Endpoint, Tls13Suites, Transport};
use crate::group::{Group, Kind};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::signature::Scheme;
use crate::suite::{KeyExchange, Suite};
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
    /// TLS ≤ 1.2 suites that are enabled, in order of preference; where the protocols are not known, as if TLS 1.2 were on.
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
    /// Protocols in which the peer's preference among groups decides.
    pub peer_orders_groups: ProtocolSet,
    signing: Signing,
    any_group_in_tls13: bool,
    listing: GroupListing,
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
        let is_suite_b = expansion.as_ref().is_some_and(|found| found.suite_b);
        let protocols = of_suite_b(declared_protocols.unwrap_or_default(), is_suite_b);
        let protocols = enabled_protocols(endpoint, protocols, level);
        let (listed, older) = tls13_suites(endpoint);
        let tls13 = listed.clone().map(|mut suites| {
            suites.retain(|suite| library.permits_suite(*suite, level, endpoint.role));
            suites
        });
        let carriers =
            if declared_protocols.is_some() { protocols } else { assumed_protocols(endpoint, level) };
        let enabled = enabled_suites(endpoint, expansion.as_deref(), older, carriers, level);
        let suite_b = Profile::of(endpoint, expansion.as_deref());
        let groups = groups(endpoint, level, suite_b);
        let signing = Signing::of(endpoint, expansion.as_deref(), level, suite_b);
        let certificates_known = signing.is_known() || endpoint.role == Role::Client;
        let reachable = reachable(endpoint, &enabled, carriers, &signing, &groups, level);
        let tls13_works = tls13_works(endpoint, tls13.as_deref(), &signing, &groups);
        let has_schemes = !signing::schemes(endpoint, level, suite_b).is_empty();
        let has_share = suite_b.is_some() || has_key_share(endpoint, &groups);
        let works =
            Works { tls13: tls13_works, reachable: &reachable, signing: &signing, has_schemes, has_share };
        let served = served(endpoint, protocols, listed.as_deref(), &works);
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
            peer_orders_groups: peer_orders_groups(endpoint),
            signing,
            any_group_in_tls13: library.takes_any_group_in_tls13(),
            listing: GroupListing::of(endpoint, served),
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
        carried(&self.reachable, protocol).filter(|suite| self.signing.proves(protocol, *suite)).collect()
    }

    /// Signature schemes of `protocol`: what a client lists; of a server those that it can sign with, for some suite that it offers.
    pub fn signature_schemes(&self, protocol: Protocol, role: Role) -> Vec<Scheme> {
        match role {
            Role::Client => {
                let listed = self.signing.all_schemes();
                listed.filter(|scheme| scheme.facts().protocols.contains(protocol)).collect()
            }
            Role::Server => self.signing.schemes_of(protocol, &self.suites(protocol)).collect(),
        }
    }

    /// Groups that a handshake of `protocol` can use: none below TLS 1.3 without an ECDHE suite.
    pub fn groups(&self, protocol: Protocol) -> Vec<Group> {
        let is_ecdhe =
            |suite: Suite| matches!(suite.facts().key_exchange, KeyExchange::Ecdhe | KeyExchange::EcdhePsk);
        if protocol == Protocol::Tls13 {
            let served = self.served.contains(protocol);
            let negotiates = |group: &Group| self.any_group_in_tls13 || is_for_tls13(*group);
            return self.groups.iter().copied().filter(|group| served && negotiates(group)).collect();
        }
        let suites = self.suites(protocol);
        let are_listed = match self.listing {
            GroupListing::AllVersions => self.served.contains(protocol),
            GroupListing::Always => !suites.is_empty(),
            GroupListing::Needed => suites.into_iter().any(is_ecdhe),
        };
        if !are_listed {
            return Vec::new();
        }
        self.groups.iter().copied().filter(|group| !group.facts().tls13_only).collect()
    }
}

/// When groups of versions below TLS 1.3 are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum GroupListing {
    /// With those of TLS 1.3, for every version that is offered: OpenSSL's ClientHello up to it (tls_construct_ctos_supported_groups()).
    AllVersions,
    /// Even where no suite needs one: BoringSSL's ClientHello.
    Always,
    /// Where a suite needs one.
    Needed,
}

impl GroupListing {
    fn of(endpoint: &Endpoint, served: ProtocolSet) -> Self {
        match (endpoint.role, endpoint.library.family()) {
            (Role::Client, Family::BoringSsl) => Self::Always,
            (Role::Client, Family::OpenSsl) if served.contains(Protocol::Tls13) => Self::AllVersions,
            _ => Self::Needed,
        }
    }
}

/// The protocols in which OpenSSL takes the client's first group that it shares: those below TLS 1.3 where the server does not impose its
/// order (tls1_shared_group()), and since 3.5 TLS 1.3 too, for which older ones go through their own list (final_key_share()).
fn peer_orders_groups(endpoint: &Endpoint) -> ProtocolSet {
    let library = endpoint.library;
    let imposes = endpoint.server_preference.value() != Some(&false);
    if endpoint.role == Role::Client || imposes || library.family() != Family::OpenSsl {
        return ProtocolSet::EMPTY;
    }
    let asks = library.members().next().is_some_and(|library| library.group_tuples);
    ProtocolSet::between(Protocol::Ssl2, if asks { Protocol::Tls13 } else { Protocol::Tls12 })
}

/// The configured protocols that the library builds and the level permits.
fn enabled_protocols(endpoint: &Endpoint, declared: ProtocolSet, level: u8) -> ProtocolSet {
    let library = endpoint.library;
    let permitted: ProtocolSet = declared
        .iter()
        .filter(|protocol| library.permits_protocol(*protocol, level, endpoint.role))
        .collect();
    let has_holes =
        matches!(library, Choice::Named(_) | Choice::Linked) && library.family() == Family::OpenSsl;
    if endpoint.role == Role::Client && has_holes { lowest_run(permitted) } else { permitted }
}

/// The versions that Suite B leaves: those with signature algorithms to choose from (`SSL_METHOD_NO_SUITEB`).
fn of_suite_b(protocols: ProtocolSet, suite_b: bool) -> ProtocolSet {
    protocols.iter().filter(|protocol| !suite_b || *protocol >= Protocol::Tls12).collect()
}

/// What carries suites where the files do not show the protocols: TLS 1.2, which every server enables unless it is told not to.
fn assumed_protocols(endpoint: &Endpoint, level: u8) -> ProtocolSet {
    enabled_protocols(endpoint, std::iter::once(Protocol::Tls12).collect(), level)
}

/// What OpenSSL takes for the range of a set with a hole in it: the lowest run of neighbours (ssl_get_min_max_version()).
fn lowest_run(protocols: ProtocolSet) -> ProtocolSet {
    let Some(first) = protocols.iter().next() else { return protocols };
    let from_first = Protocol::ALL.into_iter().skip_while(|protocol| *protocol < first);
    from_first.take_while(|protocol| protocols.contains(*protocol)).collect()
}

/// The TLS 1.3 suites that are listed, whatever the level, and the older suites that the string lets in.
fn tls13_suites(endpoint: &Endpoint) -> (Option<Vec<Suite>>, Vec<Suite>) {
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
    (Some(suites), older)
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

/// The groups that the security level leaves of the list.
fn groups(endpoint: &Endpoint, level: u8, suite_b: Option<Profile>) -> Vec<Group> {
    if let Some(profile) = suite_b {
        return profile.groups();
    }
    let listed = endpoint.groups.value().into_iter().flat_map(|groups| &groups.list);
    let has_levels = endpoint.library.family() == Family::OpenSsl;
    listed.copied().filter(|group| !has_levels || group.facts().bits >= bits_of(level)).collect()
}

/// Whether TLS 1.3 negotiates the group (RFC 8446, section 4.2.7): of the Weierstrass curves only NIST's three largest, and those
/// that have a code point of their own for it.
fn is_for_tls13(group: Group) -> bool {
    let facts = group.facts();
    facts.tls13_only || facts.kind != Kind::Curve || matches!(facts.code, 0x17..=0x19)
}

/// The suites that certificate, Diffie-Hellman parameters and groups leave over; of a client's, those that its signature schemes let it offer.
fn reachable(
    endpoint: &Endpoint,
    enabled: &[Offered],
    protocols: ProtocolSet,
    signing: &Signing,
    groups: &[Group],
    level: u8,
) -> Vec<Offered> {
    if endpoint.role == Role::Client {
        return enabled.iter().filter(|offered| signing.lets_offer(offered.suite)).copied().collect();
    }
    let has_curve = endpoint.groups.value().is_none() || groups.iter().any(|group| !group.facts().tls13_only);
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
            |protocol: Protocol| carries(protocol, offered.suite) && signing.proves(protocol, offered.suite);
        exchange && protocols.iter().any(proven)
    };
    enabled.iter().filter(can_serve).copied().collect()
}

/// Whether a TLS 1.3 handshake can succeed: it takes a suite, a group, and on a server a certificate.
fn tls13_works(endpoint: &Endpoint, tls13: Option<&[Suite]>, signing: &Signing, groups: &[Group]) -> bool {
    let takes_any = endpoint.library.takes_any_group_in_tls13();
    let has_group =
        endpoint.groups.value().is_none() || groups.iter().any(|group| takes_any || is_for_tls13(*group));
    tls13.is_none_or(|suites| !suites.is_empty()) && has_group && signing.proves_tls13()
}

/// Whether the level leaves a client one of the groups that are marked for key shares, without which it sends no ClientHello with TLS 1.3;
/// where none is marked, its first group will do (tls_construct_ctos_key_share() of OpenSSL 3.5).
fn has_key_share(endpoint: &Endpoint, groups: &[Group]) -> bool {
    let marked = endpoint.groups.value().map_or(&[][..], |groups| &groups.key_shares);
    marked.is_empty() || marked.iter().any(|group| groups.contains(group) && is_for_tls13(*group))
}

/// What a handshake can end with, as far as it is worked out.
struct Works<'a> {
    /// Whether a TLS 1.3 handshake can succeed.
    tls13: bool,
    reachable: &'a [Offered],
    signing: &'a Signing,
    /// Whether some signature scheme is left.
    has_schemes: bool,
    /// Whether a client has a group to send a key share for.
    has_share: bool,
}

/// The protocols that are left with a suite to end a handshake with.
fn served(
    endpoint: &Endpoint,
    protocols: ProtocolSet,
    listed_tls13: Option<&[Suite]>,
    works: &Works<'_>,
) -> ProtocolSet {
    if endpoint.refuses.is_some() {
        return ProtocolSet::EMPTY;
    }
    // Names that are chosen later are under the default's context when this is looked at; their dialects say when it fails.
    let looks_first = endpoint.role == Role::Server && endpoint.is_default;
    if looks_first && fails_at_once(endpoint, protocols, listed_tls13) {
        return ProtocolSet::EMPTY;
    }
    if endpoint.transport == Transport::Quic {
        let only = protocols.contains(Protocol::Tls13) && works.tls13;
        return if only { ProtocolSet::EMPTY.with(Protocol::Tls13) } else { ProtocolSet::EMPTY };
    }
    let strings_known = endpoint.cipher_string.value().is_some();
    let has_suite = |protocol: &Protocol| match protocol {
        Protocol::Tls13 => works.tls13,
        older => {
            let proves = |suite| works.signing.proves(*older, suite);
            !strings_known || carried(works.reachable, *older).any(proves)
        }
    };
    if endpoint.role == Role::Client {
        // A hello from TLS 1.2 on lists signature schemes, and is not sent without any (tls12_copy_sigalgs()).
        let lists_schemes = protocols.iter().next_back().is_some_and(|highest| highest >= Protocol::Tls12);
        let can_list = works.has_schemes || !lists_schemes;
        let can_share = works.has_share || !protocols.contains(Protocol::Tls13);
        return if can_list && can_share && says_hello(endpoint.library, protocols, has_suite) {
            protocols
        } else {
            ProtocolSet::EMPTY
        };
    }
    protocols.iter().filter(has_suite).collect()
}

fn fails_at_once(endpoint: &Endpoint, protocols: ProtocolSet, tls13: Option<&[Suite]>) -> bool {
    let (library, parser) = (endpoint.library, endpoint.parser);
    let (Some(declared), Some(string), Some(tls13)) =
        (endpoint.protocols.value(), endpoint.cipher_string.value(), tls13)
    else {
        return false;
    };
    if matches!(library, Choice::Any(_)) {
        return library.family() == Family::OpenSsl
            && protocols.contains(Protocol::Tls13)
            && tls13.is_empty();
    }
    let own = library.expand(string.as_str(), parser).security_level;
    let level = own.unwrap_or(endpoint.security_level);
    lacks_suites_for_highest(library, declared.set, (string.as_str(), parser), tls13, level)
}

/// Whether OpenSSL answers every hello with an alert: it wants a version, and a suite for the highest that it takes, whatever the client
/// offers and whatever the level (tls_setup_handshake()); where versions are left out in between, that is the highest below the gap
/// (ssl_get_min_max_version()).
///
/// The context that a connection starts with is looked at, before a name is.
pub fn lacks_suites_for_highest(
    library: Choice,
    protocols: ProtocolSet,
    (string, parser): (&str, Parser),
    tls13: &[Suite],
    level: u8,
) -> bool {
    if matches!(library, Choice::Any(_)) || library.family() != Family::OpenSsl {
        return false;
    }
    let expansion = library.expand(string, parser);
    let protocols = of_suite_b(protocols, expansion.suite_b);
    let taken = |protocol: &Protocol| library.permits_protocol(*protocol, level, Role::Client);
    let Some(highest) = lowest_run(protocols.iter().filter(taken).collect()).iter().last() else {
        return true;
    };
    let listed = expansion.suites.iter().map(|selected| selected.suite);
    !listed.chain(tls13.iter().copied()).any(|suite| carries(highest, suite))
}

/// Whether a client has enough for a ClientHello, which then offers the versions without suites as well.
///
/// OpenSSL wants a suite for its highest version (ssl_cipher_list_to_bytes()), BoringSSL any suite.
fn says_hello(library: Choice, protocols: ProtocolSet, has_suite: impl Fn(&Protocol) -> bool) -> bool {
    let is_openssl =
        matches!(library, Choice::Named(_) | Choice::Linked) && library.family() == Family::OpenSsl;
    if is_openssl {
        protocols.iter().last().as_ref().is_some_and(has_suite)
    } else {
        protocols.iter().any(|protocol| has_suite(&protocol))
    }
}
