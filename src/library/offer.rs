//! What an endpoint really offers: its settings, cut down by what the library builds, its security level, and the certificate.

use super::group_list::refused_before;
pub use super::handshake::Offered;
use super::handshake::{Works, carried, carries, hello, is_refused, lowest_run, of_suite_b};
use super::security::{bits_of, minimum_dh_bits};
use super::signing::{self, Signing};
use super::suite_b::Profile;
use super::{Choice, Expansion, Family};
use crate::endpoint::{DhParameters, Endpoint, Tls13Suites};
use crate::group::{Group, Kind};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::Setting;
use crate::signature::Scheme;
use crate::suite::{KeyExchange, Suite};
use crate::text::Text;
use std::sync::Arc;

/// What a peer can really get from an endpoint, or a client really offers: the one source of every verdict and report.
///
/// *Declared* is what the settings name, *permitted* what library and security level leave of it, and *enabled* what a handshake can end
/// with, as far as the files show: versions with a suite left, suites with a version, a key and parameters to serve them.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The cipher string's expansion; `None` where the string is not known.
    pub expansion: Option<Arc<Expansion>>,
    /// The security level in force when suites are used.
    pub security_level: u8,
    /// The protocols that the settings name; `None` where that is not known.
    pub declared_protocols: Option<ProtocolSet>,
    /// Those of them that the library builds and the level permits.
    pub permitted_protocols: ProtocolSet,
    /// The enabled protocols: those that a handshake can end with. Empty where the settings' are not known.
    pub protocols: ProtocolSet,
    /// TLS ≤ 1.2 suites that the library builds and the level permits, with a permitted protocol that carries them.
    pub permitted: Vec<Offered>,
    /// The enabled TLS ≤ 1.2 suites, in order of preference; where the protocols are not known, as if TLS 1.2 were on.
    pub enabled: Vec<Offered>,
    /// TLS 1.3 suites that the library builds and the level permits; `None` where that is not known.
    pub tls13: Option<Vec<Suite>>,
    /// Whether the certificates' key types are known, so that what is enabled is certain.
    pub certificates_known: bool,
    /// Whether there are Diffie-Hellman parameters that suites with DHE can be run with, or may be.
    pub runs_dhe: bool,
    /// Groups, in order of preference.
    pub groups: Vec<Group>,
    /// The release before which a library whose release is not known refuses the list of groups: `3.5`.
    pub groups_refused_before: Option<&'static str>,
    /// Protocols in which the peer's preference among groups decides.
    pub peer_orders_groups: ProtocolSet,
    /// The protocols that a client's hello lists, those without a suite among them; a server's enabled ones.
    pub hello: ProtocolSet,
    /// The suites of that hello, those among them that only fail later; a server's that certificate and parameters can serve.
    offered: Vec<Offered>,
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
        let permitted_protocols = of_suite_b(declared_protocols.unwrap_or_default(), is_suite_b);
        let permitted_protocols = enabled_protocols(endpoint, permitted_protocols, level);
        let (listed, older) = tls13_suites(endpoint);
        let tls13 = listed.clone().map(|mut suites| {
            suites.retain(|suite| library.permits_suite(*suite, level, endpoint.role));
            suites
        });
        let is_known = declared_protocols.is_some();
        let carriers = if is_known { permitted_protocols } else { assumed_protocols(endpoint, level) };
        let permitted = permitted_suites(endpoint, expansion.as_deref(), older, carriers, level);
        let suite_b = Profile::of(endpoint, expansion.as_deref());
        let groups = groups(endpoint, level, suite_b);
        let signing = Signing::of(endpoint, expansion.as_deref(), level, suite_b);
        let certificates_known = signing.is_known() || endpoint.role == Role::Client;
        let reachable = reachable(endpoint, &permitted, carriers, &signing, &groups, level);
        let tls13_works = tls13_works(endpoint, tls13.as_deref(), &signing, &groups);
        let has_schemes = !signing::schemes(endpoint, level, suite_b).is_empty();
        let has_share = suite_b.is_some() || has_key_share(endpoint, &groups);
        // The server refuses a string of its own that its library does; one of openssl.cnf leaves it without suites.
        let is_own = endpoint.cipher_string.value().and_then(Text::location).is_some();
        let has_string = expansion.as_ref().is_some_and(|found| found.error.is_none() || !is_own);
        let lists_schemes = permitted_protocols.iter().next_back() >= Some(Protocol::Tls12);
        let shares = permitted_protocols.contains(Protocol::Tls13);
        let is_complete = (has_schemes || !lists_schemes) && (has_share || !shares);
        let works =
            Works { has_string, tls13: tls13_works, reachable: &reachable, signing: &signing, is_complete };
        let hello = hello(endpoint, permitted_protocols, listed.as_deref(), &works);
        let protocols: ProtocolSet = hello.iter().filter(|protocol| works.ends(*protocol)).collect();
        let is_left = |offered: &&Offered| {
            let ends =
                |protocol| carries(protocol, offered.suite) && signing.peer_signs(protocol, offered.suite);
            if is_known { protocols.iter().any(ends) } else { !is_refused(endpoint) }
        };
        let enabled = reachable.iter().filter(is_left).copied().collect();
        Self {
            expansion,
            security_level: level,
            declared_protocols,
            permitted_protocols,
            protocols,
            permitted,
            enabled,
            tls13,
            certificates_known,
            runs_dhe: runs_dhe(endpoint, level),
            groups,
            groups_refused_before: match &endpoint.groups {
                Setting::Written(written) => refused_before(library, written.value.text.as_str()),
                _ => None,
            },
            peer_orders_groups: peer_orders_groups(endpoint),
            hello,
            offered: reachable,
            signing,
            any_group_in_tls13: library.takes_any_group_in_tls13(),
            listing: GroupListing::of(endpoint, hello),
        }
    }

    /// Whether it is certain that no handshake can end well: the settings are known, and nothing is left of them.
    pub fn is_dead(&self) -> bool {
        self.declared_protocols.is_some() && self.protocols.is_empty()
    }

    /// Suites that a handshake of `protocol` can end with, best first.
    pub fn suites(&self, protocol: Protocol) -> Vec<Suite> {
        if !self.hello.contains(protocol) {
            return Vec::new();
        }
        if protocol == Protocol::Tls13 {
            return self.tls13.clone().unwrap_or_default();
        }
        carried(&self.offered, protocol).filter(|suite| self.signing.proves(protocol, *suite)).collect()
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
            let served = self.hello.contains(protocol);
            let negotiates = |group: &Group| self.any_group_in_tls13 || is_for_tls13(*group);
            return self.groups.iter().copied().filter(|group| served && negotiates(group)).collect();
        }
        let suites = self.suites(protocol);
        let are_listed = match self.listing {
            GroupListing::AllVersions => self.hello.contains(protocol),
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

/// What carries suites where the files do not show the protocols: TLS 1.2, which every server enables unless it is told not to.
fn assumed_protocols(endpoint: &Endpoint, level: u8) -> ProtocolSet {
    enabled_protocols(endpoint, std::iter::once(Protocol::Tls12).collect(), level)
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

fn permitted_suites(
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
    permitted: &[Offered],
    protocols: ProtocolSet,
    signing: &Signing,
    groups: &[Group],
    level: u8,
) -> Vec<Offered> {
    if endpoint.role == Role::Client {
        return permitted.iter().filter(|offered| signing.lets_offer(offered.suite)).copied().collect();
    }
    let has_curve = endpoint.groups.value().is_none() || groups.iter().any(|group| !group.facts().tls13_only);
    let has_dh = runs_dhe(endpoint, level);
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
    permitted.iter().filter(can_serve).copied().collect()
}

/// Whether a server has Diffie-Hellman parameters that the level takes; where the files do not show them it counts as if.
fn runs_dhe(endpoint: &Endpoint, level: u8) -> bool {
    match endpoint.dh_parameters.value() {
        None | Some(DhParameters::Automatic | DhParameters::Unreadable) => true,
        Some(DhParameters::Bits(bits)) => *bits >= minimum_dh_bits(level),
        Some(DhParameters::None) => false,
    }
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
