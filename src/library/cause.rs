//! Why nothing can be negotiated: which setting keeps handshakes from ending well, found by trying what another value would do.

use super::handshake::lowest_run;
use super::offer::Offer;
use super::{Choice, Family};
use crate::endpoint::{Certificate, DhParameters, Endpoint, Groups, KeyType, Protocols, Tls13Suites};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::Setting;
use crate::text::Text;
use std::borrow::Cow;

/// The setting that keeps every handshake of an endpoint from succeeding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// No suite fits the key of a certificate.
    Certificates,
    /// No suite of the cipher string is left for the versions that are.
    CipherString,
    /// No TLS 1.3 suite is left, and TLS 1.3 is the highest version.
    Ciphersuites,
    /// The suites that are left need Diffie-Hellman parameters.
    DhParameters,
    /// No group is left that the versions or the certificate can use.
    Groups,
    /// OpenSSL goes by the versions below a gap in the list alone, and no suite is left for the highest of them.
    Gap(Protocol),
    /// No version is left.
    Protocols,
    /// More than one setting would have to change.
    Several,
    /// None of the signature algorithms is one that the certificate's key makes.
    SignatureAlgorithms,
    /// Every suite that is listed came with TLS 1.2, and this older version is the highest that is left.
    TooOld(Protocol),
    /// The library takes none of the certificates at the security level.
    WeakKey,
}

impl Cause {
    /// The cause for an endpoint on which nothing can be negotiated.
    pub fn of(endpoint: &Endpoint, offer: &Offer) -> Self {
        let permitted = offer.permitted_protocols;
        let Some(highest) = permitted.iter().next_back() else { return Self::Protocols };
        let listed = || offer.expansion.iter().flat_map(|found| &found.suites);
        let are_new = listed().all(|selected| selected.suite.facts().minimum >= Protocol::Tls12);
        if highest < Protocol::Tls12 && are_new && listed().next().is_some() {
            return Self::TooOld(highest);
        }
        let run =
            if endpoint.library.family() == Family::OpenSsl { lowest_run(permitted) } else { permitted };
        let below_gap = run.iter().next_back().filter(|below| *below < highest);
        let without_gap =
            with_protocols(endpoint, permitted.iter().filter(|one| !run.contains(*one)).collect());
        if let Some(below) = below_gap.filter(|_| lives(&without_gap)) {
            return Self::Gap(below);
        }
        if weak_key(endpoint, offer).is_some() {
            return Self::WeakKey;
        }
        let lives = |cause: &Self| lives(&cause.mended(endpoint));
        let has_suites = match highest {
            Protocol::Tls13 => offer.tls13.as_ref().is_none_or(|suites| !suites.is_empty()),
            _ => !offer.permitted.is_empty(),
        };
        if !has_suites {
            let own = if highest == Protocol::Tls13 { Self::Ciphersuites } else { Self::CipherString };
            return Some(own).filter(lives).unwrap_or(Self::Several);
        }
        let order = [
            Self::DhParameters,
            Self::SignatureAlgorithms,
            Self::Groups,
            Self::Certificates,
            Self::CipherString,
            Self::Ciphersuites,
            Self::Protocols,
        ];
        order.into_iter().find(lives).unwrap_or(Self::Several)
    }

    /// The endpoint with the setting at fault left to what works everywhere.
    fn mended(self, endpoint: &Endpoint) -> Endpoint {
        fn free<T>(value: T) -> Setting<T> {
            Setting::default(value, Cow::Borrowed("tried"))
        }
        let mut tried = endpoint.clone();
        match self {
            Self::Certificates => tried.certificates = Setting::unknown(None, "tried"),
            Self::CipherString => tried.cipher_string = free(Text::unplaced(common_suites(endpoint))),
            Self::Ciphersuites => tried.ciphersuites = free(Tls13Suites::Library),
            Self::DhParameters => tried.dh_parameters = free(DhParameters::Automatic),
            Self::Groups => {
                let list = endpoint.library.default_groups(endpoint.role, true);
                tried.groups = free(Groups { list, ..Groups::default() });
            }
            Self::Protocols => {
                tried.protocols = free(Protocols { set: modern(endpoint), brought_by: Vec::new() });
            }
            Self::SignatureAlgorithms => tried.signature_algorithms = free(Text::unplaced("")),
            Self::Gap(_) | Self::Several | Self::TooOld(_) | Self::WeakKey => {}
        }
        tried
    }
}

/// TLS 1.2 and 1.3, as far as the library has them and the level permits them.
pub fn modern(endpoint: &Endpoint) -> ProtocolSet {
    let builds = |protocol: &Protocol| endpoint.library.builds_protocol(*protocol);
    ProtocolSet::between(Protocol::Tls12, Protocol::Tls13).iter().filter(builds).collect()
}

/// Suites that every library has and that keys of both common types serve; on a server with a known certificate those that fit it.
pub fn common_suites(endpoint: &Endpoint) -> &'static str {
    const RSA: &str = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384";
    const ECDSA: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
    const BOTH: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
    let uses = endpoint.certificates.value().filter(|_| endpoint.role == Role::Server);
    let keys = uses.map(|uses| uses.iter().map(|used| used.certificate.as_ref().map(|known| known.key_type)));
    let Some(keys) = keys.map(Iterator::collect::<Vec<_>>) else { return BOTH };
    let all = |wanted: &[KeyType]| {
        !keys.is_empty() && keys.iter().all(|key| key.is_some_and(|key| wanted.contains(&key)))
    };
    if all(&[KeyType::Rsa, KeyType::RsaPss]) {
        RSA
    } else if all(&[KeyType::Ecdsa, KeyType::Ed25519, KeyType::Ed448]) {
        ECDSA
    } else {
        BOTH
    }
}

/// The index of the first certificate of a server, where the level refuses every one that it has.
pub fn weak_key(endpoint: &Endpoint, offer: &Offer) -> Option<usize> {
    let uses =
        endpoint.certificates.value().filter(|uses| !uses.is_empty() && endpoint.role == Role::Server)?;
    let is_weak = |certificate: &Certificate| {
        endpoint.library.weakness(certificate, offer.security_level) == Some("ee key too small")
    };
    uses.iter().all(|used| used.certificate.as_deref().is_some_and(is_weak)).then_some(0)
}

/// The endpoint with other versions, to try what they would do.
fn with_protocols(endpoint: &Endpoint, set: ProtocolSet) -> Endpoint {
    let protocols = Setting::default(Protocols { set, brought_by: Vec::new() }, Cow::Borrowed("tried"));
    Endpoint { protocols, ..endpoint.clone() }
}

/// Whether something can be negotiated with the settings as they stand in `endpoint`.
pub fn lives(endpoint: &Endpoint) -> bool {
    !Offer::of(endpoint).protocols.is_empty()
}

/// Why the library does not permit versions, as a clause: `OpenSSL 3.5 forbids them at security level 2`.
///
/// `None` where it permits some of them.
pub fn forbids(endpoint: &Endpoint, versions: ProtocolSet, level: u8) -> Option<String> {
    let library = endpoint.library;
    let name = match library {
        Choice::Any(family) => format!("every {}", family.name()),
        Choice::Linked | Choice::Named(_) => library.name(),
    };
    let it = if versions.iter().count() == 1 { "it" } else { "them" };
    if versions.iter().all(|protocol| !library.builds_protocol(protocol)) {
        return Some(format!("{name} is built without {it}"));
    }
    let permitted = |protocol| library.permits_protocol(protocol, level, endpoint.role);
    let has_levels = library.family() == Family::OpenSsl;
    let unbuilt: ProtocolSet =
        versions.iter().filter(|protocol| !library.builds_protocol(*protocol)).collect();
    if !has_levels || versions.iter().any(permitted) {
        return None;
    }
    let left = versions.without(unbuilt);
    let forbidden = format!(
        "{name} forbids {} at security level {level}",
        if unbuilt.is_empty() { it.to_owned() } else { left.in_words() }
    );
    Some(if unbuilt.is_empty() {
        forbidden
    } else {
        format!("{forbidden}, and is built without {}", unbuilt.in_words())
    })
}
