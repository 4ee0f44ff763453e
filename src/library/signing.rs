//! Which handshakes an endpoint's keys can sign: schemes, security level and Suite B (tls_choose_sigalg(), tls1_check_chain() and
//! ssl_security_cert_chain() of OpenSSL; ssl_private_key_supports_signature_algorithm() of BoringSSL).

use super::security::{bits_of, minimum_ec_bits, minimum_rsa_bits};
use super::suite_b::Profile;
use super::{Choice, Expansion, Family, Library, SignatureList};
use crate::endpoint::{Certificate, CertificateUse, Endpoint, KeyType};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::signature::Scheme;
use crate::suite::{Authentication, KeyExchange, Suite};
use crate::text::Text;
use std::sync::Arc;

/// What a server can sign.
#[derive(Clone, Debug)]
pub(super) struct Signing {
    /// The keys; `None` for clients, and where not every certificate is known.
    signers: Option<Vec<Signer>>,
    /// Versions in which a peer that offers every scheme finds one to share.
    agreed: ProtocolSet,
    /// The schemes that the list and the level leave, in order, each with the versions in which some key can use it.
    schemes: Vec<(Scheme, ProtocolSet)>,
    /// The place of each suite in the server's preference; none where the client's counts.
    ranks: Vec<(Suite, usize)>,
    /// Whether RSA key exchange asks for a signature scheme as well, although nothing is signed: tls_choose_sigalg() of OpenSSL goes by
    /// the certificate alone.
    schemes_for_rsa_key_exchange: bool,
    /// Whether a list decides which suites a client offers.
    limits_hello: bool,
    /// Whether a client takes the signatures of servers below TLS 1.2, which are over MD5 and SHA-1 for RSA keys and over SHA-1 for others.
    takes_old: OldSignatures,
}

/// What of the signatures below TLS 1.2 the level takes (tls1_set_peer_legacy_sigalg() of OpenSSL).
#[derive(Clone, Copy, Debug)]
struct OldSignatures {
    of_rsa: bool,
    of_others: bool,
}

impl OldSignatures {
    fn of(endpoint: &Endpoint, level: u8) -> Self {
        if endpoint.role == Role::Server {
            return Self { of_rsa: true, of_others: true };
        }
        // MD5 with SHA-1 counts 67 bits where SHA-1 counts 64, and twice as many as their length elsewhere.
        let takes = |library: &super::Library| {
            let judges = library.signatures.judges_old_handshakes && library.signatures.sha1_bits.is_some();
            !judges || bits_of(level) <= MD5_SHA1_BITS
        };
        Self {
            of_rsa: endpoint.library.at(level).any(takes),
            of_others: endpoint.library.signs_with_sha1(level),
        }
    }
}

/// What OpenSSL 3 counts for a signature over MD5 and SHA-1 together (sigalg_security_bits() in ssl/t1_lib.c).
const MD5_SHA1_BITS: u16 = 67;

/// A key with the versions whose handshakes it signs.
#[derive(Clone, Debug)]
struct Signer {
    key: KeyType,
    protocols: ProtocolSet,
    /// Versions whose clients the server gives it to.
    given: ProtocolSet,
    /// Suites that lead a client to it.
    led_by: Option<Arc<[Suite]>>,
}

impl Signing {
    /// Works out what `endpoint` can sign at `level`.
    pub(super) fn of(
        endpoint: &Endpoint,
        expansion: Option<&Expansion>,
        level: u8,
        suite_b: Option<Profile>,
    ) -> Self {
        let schemes = schemes(endpoint, level, suite_b);
        let has_old = ProtocolSet::between(Protocol::Ssl2, Protocol::Tls11);
        let has_new = ProtocolSet::between(Protocol::Tls12, Protocol::Tls13);
        let agreed = if schemes.is_empty() { has_old } else { has_old.union(has_new) };
        let uses = endpoint.certificates.value().filter(|_| endpoint.role == Role::Server);
        let signer = |used: &CertificateUse| {
            let certificate = used.certificate.as_deref()?;
            let protocols = protocols(endpoint.library, certificate, &schemes, level, suite_b);
            Some(Signer {
                key: certificate.key_type,
                protocols: protocols.intersection(used.protocols),
                given: used.protocols,
                led_by: used.led_by.clone(),
            })
        };
        let certificates: Option<Vec<&Certificate>> =
            uses.and_then(|uses| uses.iter().map(|used| used.certificate.as_deref()).collect());
        let versions = |scheme: Scheme| match &certificates {
            None => scheme.facts().protocols,
            Some(known) => known.iter().fold(ProtocolSet::EMPTY, |set, one| set.union(versions(scheme, one))),
        };
        Self {
            signers: uses.and_then(|uses| uses.iter().map(signer).collect()),
            agreed,
            schemes: schemes.iter().map(|scheme| (*scheme, versions(*scheme))).collect(),
            ranks: ranks(endpoint, expansion),
            schemes_for_rsa_key_exchange: endpoint.library.family() == Family::OpenSsl,
            takes_old: OldSignatures::of(endpoint, level),
            limits_hello: endpoint.library.family() == Family::OpenSsl && listed(endpoint).is_some(),
        }
    }

    /// The schemes that handshakes of `protocol` can be signed with, below TLS 1.3 for one of `suites`.
    pub(super) fn schemes_of(&self, protocol: Protocol, suites: &[Suite]) -> impl Iterator<Item = Scheme> {
        let is_signed = |suite: &Suite| !matches!(suite.facts().key_exchange, KeyExchange::Rsa);
        let serves = move |scheme: Scheme| {
            let mut signed = suites.iter().filter(|suite| is_signed(suite));
            protocol == Protocol::Tls13 || signed.any(|suite| fits(scheme.facts().key, *suite))
        };
        let made = self.schemes.iter().filter(move |(_, versions)| versions.contains(protocol));
        made.map(|(scheme, _)| *scheme).filter(move |scheme| serves(*scheme))
    }

    /// Every scheme that is left, as a client lists them.
    pub(super) fn all_schemes(&self) -> impl Iterator<Item = Scheme> {
        self.schemes.iter().map(|(scheme, _)| *scheme)
    }

    /// Whether a client offers `suite`: with a list that has no scheme for the key that the suite asks for it does not, in any version
    /// (ssl_set_sig_mask() of OpenSSL).
    pub(super) fn lets_offer(&self, suite: Suite) -> bool {
        let has = |keys: &[KeyType]| self.all_schemes().any(|scheme| keys.contains(&scheme.facts().key));
        !self.limits_hello
            || match suite.facts().authentication {
                Authentication::Rsa => has(&[KeyType::Rsa, KeyType::RsaPss]),
                Authentication::Ecdsa => has(&[KeyType::Ecdsa, KeyType::Ed25519, KeyType::Ed448]),
                Authentication::Dss => has(&[KeyType::Dsa]),
                _ => true,
            }
    }

    /// Whether a client takes the signature with which a server proves `suite` in a handshake of `protocol`.
    pub(super) fn peer_signs(&self, protocol: Protocol, suite: Suite) -> bool {
        let facts = suite.facts();
        if protocol >= Protocol::Tls12 || facts.key_exchange == KeyExchange::Rsa {
            return true;
        }
        match facts.authentication {
            Authentication::Rsa => self.takes_old.of_rsa,
            Authentication::Dss | Authentication::Ecdsa => self.takes_old.of_others,
            _ => true,
        }
    }

    /// Whether every key is known, so that what cannot be signed is certain.
    pub(super) fn is_known(&self) -> bool {
        self.signers.is_some()
    }

    /// Whether a handshake of `protocol` can be signed for `suite`, which is one of that version.
    pub(super) fn proves(&self, protocol: Protocol, suite: Suite) -> bool {
        let is_signed = self.schemes_for_rsa_key_exchange || suite.facts().key_exchange != KeyExchange::Rsa;
        if is_signed && !self.agreed.contains(protocol) {
            return false;
        }
        let is_free = suite.facts().authentication == Authentication::None;
        let Some(signers) = self.signers.as_ref().filter(|_| !is_free) else { return true };
        signers.iter().any(|signer| {
            let protocols = if is_signed { signer.protocols } else { signer.given };
            protocols.contains(protocol) && fits(signer.key, suite) && self.leads(signer, protocol, suite)
        })
    }

    /// Whether some client that is led to a key ends with `suite`: one that offers both it and a suite that leads there and that the
    /// server does not prefer.
    fn leads(&self, signer: &Signer, protocol: Protocol, suite: Suite) -> bool {
        let Some(led_by) = &signer.led_by else { return true };
        let rank = |suite| self.ranks.iter().find(|(known, _)| *known == suite).map(|(_, rank)| *rank);
        let mut leading = led_by.iter().filter(|lead| lead.facts().minimum <= protocol);
        leading.any(|lead| rank(*lead).is_none_or(|leads| rank(suite).is_some_and(|own| own <= leads)))
    }

    /// Whether a TLS 1.3 handshake can be signed.
    pub(super) fn proves_tls13(&self) -> bool {
        let signs = |signer: &Signer| signer.protocols.contains(Protocol::Tls13);
        self.agreed.contains(Protocol::Tls13)
            && self.signers.as_ref().is_none_or(|signers| signers.iter().any(signs))
    }
}

/// The place of each suite in the order that the server prefers; suites of a group share one.
fn ranks(endpoint: &Endpoint, expansion: Option<&Expansion>) -> Vec<(Suite, usize)> {
    let expansion = expansion.filter(|_| endpoint.server_preference.value() == Some(&true));
    let suites =
        expansion.into_iter().flat_map(|found| found.suites.iter().enumerate().map(move |at| (found, at)));
    let rank = |(found, (index, selected)): (&Expansion, (usize, &super::Selected))| {
        let group = found.groups.iter().find(|group| group.contains(&index));
        (selected.suite, group.map_or(index, |group| group.start))
    };
    suites.map(rank).collect()
}

/// The list that is written, where the library takes it.
fn listed(endpoint: &Endpoint) -> Option<SignatureList> {
    let list = endpoint.signature_algorithms.value().map(Text::as_str).filter(|list| !list.is_empty())?;
    Some(endpoint.library.signature_list(list)).filter(|read| !read.refused)
}

/// The schemes that a list and the level leave; a client offers them.
pub(super) fn schemes(endpoint: &Endpoint, level: u8, suite_b: Option<Profile>) -> Vec<Scheme> {
    let library = endpoint.library;
    let schemes = match (suite_b, listed(endpoint)) {
        (Some(profile), _) => profile.schemes(),
        (None, Some(read)) => read.schemes,
        (None, None) => library.default_signature_schemes().to_vec(),
    };
    schemes.into_iter().filter(|scheme| library.permits_scheme(*scheme, level)).collect()
}

/// The versions whose handshakes a certificate's key signs.
fn protocols(
    library: Choice,
    certificate: &Certificate,
    schemes: &[Scheme],
    level: u8,
    suite_b: Option<Profile>,
) -> ProtocolSet {
    if library.family() == Family::OpenSsl && !library.takes_key(certificate, level) {
        return ProtocolSet::EMPTY;
    }
    let (key, curve, bits) = (certificate.key_type, certificate.curve.as_deref(), certificate.key_bits);
    let signs = |protocol: &Protocol| match protocol {
        Protocol::Tls12 if suite_b.is_some_and(|profile| !profile.takes(certificate)) => false,
        Protocol::Tls12 | Protocol::Tls13 => {
            key == KeyType::Other || schemes.iter().any(|scheme| scheme.signs(*protocol, key, curve, bits))
        }
        _ => match key {
            KeyType::Rsa => true,
            KeyType::Dsa | KeyType::Ecdsa => library.signs_with_sha1(level),
            // They came with TLS 1.2 (RFC 8422, section 5.10; RFC 8446, section 4.2.3).
            KeyType::Ed25519 | KeyType::Ed448 | KeyType::Other | KeyType::RsaPss => false,
        },
    };
    Protocol::ALL.into_iter().filter(signs).collect()
}

/// The versions whose handshakes a certificate's key signs with a scheme.
fn versions(scheme: Scheme, certificate: &Certificate) -> ProtocolSet {
    let (key, curve, bits) = (certificate.key_type, certificate.curve.as_deref(), certificate.key_bits);
    scheme.facts().protocols.iter().filter(|protocol| scheme.signs(*protocol, key, curve, bits)).collect()
}

impl Choice {
    /// Why the library refuses to load a certificate and what stands behind it at `level` (ssl_security_cert()).
    ///
    /// A certificate that signs itself is not asked for the strength of its signature.
    pub fn weakness(self, certificate: &Certificate, level: u8) -> Option<&'static str> {
        if self.family() != Family::OpenSsl {
            return None;
        }
        if !self.takes_key(certificate, level) {
            return Some("ee key too small");
        }
        let is_judged = self.members().all(Library::judges_certificates);
        let signed_weakly = |one: &Certificate| {
            let signs_itself = one.self_signed || one.passes_for_self_signed;
            is_judged && !signs_itself && !self.permits_hash(&one.signature_hash, level)
        };
        if signed_weakly(certificate) {
            return Some("ca md too weak");
        }
        certificate.issuers.iter().find_map(|issuer| {
            let too_small = (!self.takes_key(issuer, level)).then_some("ca key too small");
            too_small.or_else(|| signed_weakly(issuer).then_some("ca md too weak"))
        })
    }

    /// Whether the level lets a key serve: ssl_security_cert_chain() looks in every handshake, and a key that is too weak ends it after
    /// the ServerHello.
    fn takes_key(self, certificate: &Certificate, level: u8) -> bool {
        match certificate.key_type {
            KeyType::Rsa | KeyType::RsaPss => {
                let least = self.members().map(|library| library.minimum_rsa_bits(level)).min();
                certificate.key_bits >= least.unwrap_or(0)
            }
            KeyType::Dsa => certificate.key_bits >= minimum_rsa_bits(level),
            KeyType::Ecdsa => certificate.key_bits >= minimum_ec_bits(level),
            KeyType::Ed25519 => bits_of(level) <= 128,
            KeyType::Ed448 => bits_of(level) <= 224,
            KeyType::Other => true,
        }
    }

    /// Whether signatures over a hash are strong enough; yes for what is not known.
    fn permits_hash(self, hash: &str, level: u8) -> bool {
        let scheme = Scheme::all().find(|scheme| !hash.is_empty() && scheme.facts().hash == hash);
        scheme.is_none_or(|scheme| self.permits_scheme(scheme, level))
    }
}

/// Whether a certificate with such a key can authenticate `suite`.
fn fits(key: KeyType, suite: Suite) -> bool {
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
