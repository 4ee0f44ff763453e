//! How far handshakes come: which versions a hello lists, which have a suite to end with, and when a library gives up at once.

use super::signing::Signing;
use super::{Choice, Family, Parser};
use crate::endpoint::{Endpoint, Transport};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::suite::Suite;

/// A suite that an endpoint offers, with the token of its cipher string that brought it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offered {
    /// The suite.
    pub suite: Suite,
    /// The index of the token, in the expansion; `None` for suites that the TLS 1.3 string let in.
    pub token: Option<usize>,
}

/// What a handshake can end with, as far as it is worked out.
pub(super) struct Works<'a> {
    /// Whether the cipher string is known, and one that the library takes.
    pub(super) has_string: bool,
    /// Whether a TLS 1.3 handshake can succeed.
    pub(super) tls13: bool,
    pub(super) reachable: &'a [Offered],
    pub(super) signing: &'a Signing,
    /// Whether a client has what a hello of its highest version lists: signature schemes from TLS 1.2 on (tls12_copy_sigalgs()), and a
    /// group to send a key share for with TLS 1.3.
    pub(super) is_complete: bool,
}

impl Works<'_> {
    /// Whether a handshake of `protocol` has a suite to end with.
    fn has_suite(&self, protocol: Protocol) -> bool {
        if protocol == Protocol::Tls13 {
            return self.tls13;
        }
        // What a string that is refused leaves in force is not looked at: that it is refused matters more.
        let proves = |suite| self.signing.proves(protocol, suite);
        !self.has_string || carried(self.reachable, protocol).any(proves)
    }

    /// Whether a handshake of `protocol` can come to its end: with a suite, and with a signature of the peer that the level takes.
    pub(super) fn ends(&self, protocol: Protocol) -> bool {
        let ends = |suite| self.signing.proves(protocol, suite) && self.signing.peer_signs(protocol, suite);
        let has_suite = self.has_suite(protocol);
        has_suite
            && (!self.has_string
                || protocol == Protocol::Tls13
                || carried(self.reachable, protocol).any(ends))
    }
}

/// Whether every connection is refused, whatever its settings say.
pub(super) const fn is_refused(endpoint: &Endpoint) -> bool {
    endpoint.refuses.is_some() || endpoint.fails.is_some()
}

/// The protocols of a client's hello, or those that a server has a suite for.
pub(super) fn hello(
    endpoint: &Endpoint,
    protocols: ProtocolSet,
    listed_tls13: Option<&[Suite]>,
    works: &Works<'_>,
) -> ProtocolSet {
    // Names that are chosen later are under the default's context when this is looked at; their dialects say when it fails.
    let looks_first = endpoint.role == Role::Server && endpoint.is_default;
    if is_refused(endpoint) || (looks_first && fails_at_once(endpoint, protocols, listed_tls13)) {
        return ProtocolSet::EMPTY;
    }
    if endpoint.transport == Transport::Quic {
        let only = protocols.contains(Protocol::Tls13) && works.tls13;
        return if only { ProtocolSet::EMPTY.with(Protocol::Tls13) } else { ProtocolSet::EMPTY };
    }
    let has_suite = |protocol: &Protocol| works.has_suite(*protocol);
    if endpoint.role == Role::Client {
        return if works.is_complete && says_hello(endpoint.library, protocols, has_suite) {
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
    if expansion.error.is_some() {
        return false;
    }
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

/// Whether a handshake of `protocol` can end with `suite`.
pub(super) fn carries(protocol: Protocol, suite: Suite) -> bool {
    let is_tls13 = protocol == Protocol::Tls13;
    is_tls13 == suite.is_tls13() && suite.facts().minimum <= protocol
}

pub(super) fn carried(offered: &[Offered], protocol: Protocol) -> impl Iterator<Item = Suite> {
    offered.iter().map(|offered| offered.suite).filter(move |suite| carries(protocol, *suite))
}

/// The versions that Suite B leaves: those with signature algorithms to choose from (`SSL_METHOD_NO_SUITEB`).
pub(super) fn of_suite_b(protocols: ProtocolSet, suite_b: bool) -> ProtocolSet {
    protocols.iter().filter(|protocol| !suite_b || *protocol >= Protocol::Tls12).collect()
}

/// What OpenSSL takes for the range of a set with a hole in it: the lowest run of neighbours (ssl_get_min_max_version()).
pub(super) fn lowest_run(protocols: ProtocolSet) -> ProtocolSet {
    let Some(first) = protocols.iter().next() else { return protocols };
    let from_first = Protocol::ALL.into_iter().skip_while(|protocol| *protocol < first);
    from_first.take_while(|protocol| protocols.contains(*protocol)).collect()
}
