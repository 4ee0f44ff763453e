//! Security levels: the filter that OpenSSL applies when suites and protocols are used (SSL_CTX_set_security_level(3)).

use super::Library;
use super::table::Security;
use crate::protocol::{Protocol, Role};
use crate::suite::{Authentication, KeyExchange, Suite};

/// Bits of security that a level asks for, levels 0 to 5.
const BITS: [u16; 6] = [0, 80, 112, 128, 192, 256];

/// HMAC-SHA1's strength in bits, as OpenSSL counts it.
const SHA1_BITS: u16 = 160;

/// The smallest RSA key, in bits, that `level` accepts (NIST SP 800-57 part 1, table 2; ssl_security_cert() in OpenSSL).
pub fn minimum_rsa_bits(level: u8) -> u32 {
    match level {
        0 => 0,
        1 => 1024,
        2 => 2048,
        3 => 3072,
        4 => 7680,
        _ => 15360,
    }
}

/// The smallest RSA key, in bits, that `level` accepts where strength is rounded to a multiple of eight bits: OpenSSL 3.0 and later
/// (ossl_ifc_ffc_compute_security_bits()). The limits of levels 2 and 3 were run.
const fn minimum_rounded_rsa_bits(level: u8) -> u32 {
    match level {
        0 => 0,
        1 => 919,
        2 => 1963,
        3 => 2672,
        4 => 6944,
        _ => 13911,
    }
}

/// The smallest finite-field Diffie-Hellman prime, in bits, that `level` accepts; below 1024 none is, since OpenSSL 1.1.0.
pub fn minimum_dh_bits(level: u8) -> u32 {
    minimum_rsa_bits(level).max(if level == 0 { 512 } else { 1024 })
}

/// The smallest elliptic-curve order, in bits, that `level` accepts.
pub fn minimum_ec_bits(level: u8) -> u32 {
    u32::from(bits_of(level)) * 2
}

/// The bits of security that `level` asks for.
pub fn bits_of(level: u8) -> u16 {
    BITS[usize::from(level).min(BITS.len() - 1)]
}

impl Library {
    /// The level that upstream builds in; 0 where the library has none. Distributions override it (Debian 12: 2).
    pub fn default_security_level(&self) -> u8 {
        self.security.as_ref().map_or(0, |security| security.default)
    }

    /// Whether the library has security levels at all: OpenSSL since 1.1.0.
    pub const fn has_security_levels(&self) -> bool {
        self.security.is_some()
    }

    /// Whether the build has a suite and uses it at `level`, on either side.
    ///
    /// PSK and SRP suites count as unusable: no server that this tool reads sets their callbacks.
    pub fn permits_suite(&self, suite: Suite, level: u8) -> bool {
        let Some(bits) = self.bits_of(suite) else { return false };
        is_usable_without_callbacks(suite)
            && self
                .security
                .as_ref()
                .is_none_or(|security| level == 0 || permits(security, suite, bits, level))
    }

    /// The smallest RSA key, in bits, that the build loads at `level`.
    pub(super) fn minimum_rsa_bits(&self, level: u8) -> u32 {
        let rounds = self.security.as_ref().is_some_and(|security| security.rsa_strength_rounded);
        if rounds { minimum_rounded_rsa_bits(level) } else { minimum_rsa_bits(level) }
    }

    /// Whether the build asks how strong the signatures of certificates are that it loads.
    pub(super) fn judges_certificates(&self) -> bool {
        self.security.as_ref().is_some_and(|security| !security.certificate_signatures_unjudged)
    }

    /// Whether the build accepts `protocol` at `level` as a server, or offers it as a client.
    pub fn permits_protocol(&self, protocol: Protocol, level: u8, role: Role) -> bool {
        let refused = self.security.iter().flat_map(|security| match role {
            Role::Client => security.protocols_not_offered_from,
            Role::Server => security.protocols_refused_from,
        });
        self.protocols.contains(protocol)
            && !refused.into_iter().any(|(older, from)| *older == protocol && level >= *from)
    }

    /// Whether the build has `protocol` compiled in.
    pub fn builds_protocol(&self, protocol: Protocol) -> bool {
        self.protocols.contains(protocol)
    }
}

/// Whether a suite needs neither a pre-shared key nor SRP verifiers.
pub fn is_usable_without_callbacks(suite: Suite) -> bool {
    use KeyExchange::{DhePsk, EcdhePsk, Psk, RsaPsk, Srp};
    let facts = suite.facts();
    !matches!(facts.key_exchange, DhePsk | EcdhePsk | Psk | RsaPsk | Srp)
        && !matches!(facts.authentication, Authentication::Psk | Authentication::Srp)
}

/// ssl_security_default_callback() in ssl/ssl_cert.c.
fn permits(security: &Security, suite: Suite, bits: u16, level: u8) -> bool {
    let facts = suite.facts();
    let wanted = bits_of(level);
    let is_rc4 = facts.encryption.starts_with("RC4");
    let is_ephemeral = facts.minimum == Protocol::Tls13
        || matches!(facts.key_exchange, KeyExchange::Dhe | KeyExchange::Ecdhe);
    bits >= wanted
        && facts.authentication != Authentication::None
        && facts.mac != "MD5"
        && !(facts.mac == "SHA1" && wanted > SHA1_BITS)
        && !(is_rc4 && security.rc4_refused_from.is_some_and(|from| level >= from))
        && (level < 3 || is_ephemeral)
}
