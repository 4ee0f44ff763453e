//! X.509 facts out of files that servers name, through the openssl crate.
//!
//! Of a file only its CERTIFICATE and DH PARAMETERS blocks are ever decoded. A private key that stands beside them in a bundle
//! is skipped as text and reaches neither openssl nor anything that is kept.

mod names;
mod pem;
mod signature;
mod suite_b;
mod trust;

use crate::endpoint::SuiteB;
pub use crate::endpoint::{Certificate, KeyType};
pub use names::{covers, is_checkable};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::dh::Dh;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::x509::{X509, X509Crl, X509Ref, X509VerifyResult};
use std::fmt;
pub use trust::{Chain, ROOTS, Trust, is_in_order};

/// Why a file tells nothing about a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertificateError {
    /// It holds no certificate, neither PEM nor DER.
    Absent,
    /// A block says that it is a certificate and is none: its number in the file, from 1.
    Broken(usize),
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("holds no certificate"),
            Self::Broken(number) => write!(f, "certificate {number} in it cannot be decoded"),
        }
    }
}

impl std::error::Error for CertificateError {}

/// Reads the first certificate of a PEM bundle, or a DER file, as a server's own; the others become its chain.
///
/// # Errors
/// When there is none, or one of them cannot be decoded.
pub fn read(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    let certificates = all(bytes)?;
    let Some((leaf, others)) = certificates.split_first() else { return Err(CertificateError::Absent) };
    let chain = certificates.iter().filter_map(|certificate| certificate.to_der().ok()).collect();
    let issuers = others.iter().map(|certificate| facts(certificate)).collect();
    let issues_next = others.first().is_some_and(|next| issues(leaf, next));
    Ok(Certificate { suite_b: suite_b::profiles(&certificates), chain, issuers, issues_next, ..facts(leaf) })
}

/// The same for servers, none of which takes DER.
///
/// # Errors
/// As [`read`], and for DER.
pub fn read_pem(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    if is_der(bytes) { Err(CertificateError::Absent) } else { read(bytes) }
}

/// Whether a file is a certificate in DER, which the PEM readers of servers refuse.
pub fn is_der(bytes: &[u8]) -> bool {
    !pem::is_pem(bytes) && X509::from_der(bytes).is_ok()
}

/// Whether `issuer` signed `other`, which is another certificate.
fn issues(issuer: &X509Ref, other: &X509Ref) -> bool {
    let key = issuer.public_key();
    let signed = || key.is_ok_and(|key| other.verify(&key).unwrap_or(false));
    issuer.subject_name().to_der().ok() == other.issuer_name().to_der().ok()
        && issuer.to_der().ok() != other.to_der().ok()
        && signed()
}

/// Whether one of the further certificates of a file issued its first, by names and key identifiers (X509_check_issued(3)).
pub fn holds_issuer(certificate: &Certificate) -> bool {
    let mut chain = certificate.chain.iter().filter_map(|der| X509::from_der(der).ok());
    let Some(leaf) = chain.next() else { return false };
    chain.any(|issuer| issuer.issued(&leaf) == X509VerifyResult::OK)
}

/// Whether a PEM file holds a private key, told from the line that begins it alone.
pub fn has_key(bytes: &[u8]) -> bool {
    let marker = b"PRIVATE KEY-----";
    bytes.windows(marker.len()).any(|window| window == marker)
}

/// Whether OpenSSL finds certificates or revocation lists in a PEM file, and nothing that it cannot decode: `X509_STORE_load_file(3)`.
pub fn is_store(bytes: &[u8]) -> bool {
    let mut blocks = pem::blocks(bytes).filter(|block| block.kind != pem::Kind::DhParameters).peekable();
    let is_good = |block: pem::Block<'_>| match block.kind {
        pem::Kind::Certificate => decoded(block).is_ok(),
        pem::Kind::Crl => X509Crl::from_pem(block.text).is_ok(),
        pem::Kind::DhParameters => true,
    };
    blocks.peek().is_some() && blocks.all(is_good)
}

/// The length in bits of the Diffie-Hellman prime in a PEM file or bundle; `None` where there is none.
pub fn dh_bits(bytes: &[u8]) -> Option<u32> {
    let block = pem::blocks(bytes).find(|block| block.kind == pem::Kind::DhParameters)?;
    let parameters = Dh::params_from_pem(block.text).ok()?;
    u32::try_from(parameters.prime_p().num_bits()).ok()
}

/// Every certificate of a file, in its order.
fn all(bytes: &[u8]) -> Result<Vec<X509>, CertificateError> {
    let mut found = Vec::new();
    for block in pem::blocks(bytes).filter(|block| block.kind == pem::Kind::Certificate) {
        match decoded(block) {
            Ok(certificate) => found.push(certificate),
            Err(_) => return Err(CertificateError::Broken(found.len() + 1)),
        }
    }
    if found.is_empty() && !pem::is_pem(bytes) {
        found.extend(X509::from_der(bytes).ok());
    }
    if found.is_empty() { Err(CertificateError::Absent) } else { Ok(found) }
}

/// The certificate of a block; what OpenSSL's `TRUSTED CERTIFICATE` says of trust stands behind it and is left out.
fn decoded(block: pem::Block<'_>) -> Result<X509, openssl::error::ErrorStack> {
    if !block.is_trusted() {
        return X509::from_pem(block.text);
    }
    let body = block.text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-----"));
    let text: String =
        body.flatten().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| char::from(*byte)).collect();
    X509::from_der(&openssl::base64::decode_block(&text)?)
}

/// What a certificate says by itself.
fn facts(leaf: &X509Ref) -> Certificate {
    let key = leaf.public_key().ok();
    let curve = key
        .as_ref()
        .and_then(|key| key.ec_key().ok())
        .and_then(|key| key.group().curve_name())
        .and_then(|nid| nid.short_name().ok())
        .filter(|_| !has_explicit_curve(leaf));
    let key_type = key.as_ref().map_or(KeyType::Other, |key| match key.id() {
        Id::RSA => KeyType::Rsa,
        Id::RSA_PSS => KeyType::RsaPss,
        Id::EC => KeyType::Ecdsa,
        Id::ED25519 => KeyType::Ed25519,
        Id::ED448 => KeyType::Ed448,
        Id::DSA => KeyType::Dsa,
        _ => KeyType::Other,
    });
    let signs_itself = key.as_ref().is_some_and(|key| leaf.verify(key).unwrap_or(false));
    Certificate {
        key_type,
        key_bits: key.as_ref().map_or(0, |key| key.bits()),
        curve: curve.map(str::to_owned),
        signature_hash: leaf.to_der().map_or_else(|_| String::new(), |der| signature::hash(leaf, &der)),
        signature_scheme: leaf.to_der().ok().and_then(|der| signature::scheme(leaf, &der)),
        alternative_names: alternative_names(leaf),
        common_names: leaf
            .subject_name()
            .entries_by_nid(Nid::COMMONNAME)
            .filter_map(|entry| entry.data().to_string().ok())
            .collect(),
        not_before: seconds(leaf.not_before()),
        not_after: seconds(leaf.not_after()),
        self_signed: signs_itself && is_same_name(leaf),
        passes_for_self_signed: is_same_name(leaf)
            && names_own_key(leaf)
            && key.as_ref().is_some_and(|key| could_have_signed(leaf, key.id())),
        issues_next: false,
        suite_b: SuiteB::default(),
        chain: Vec::new(),
        issuers: Vec::new(),
    }
}

/// Whether the key that a certificate names as its issuer's may be its own: the extensions name no other.
fn names_own_key(certificate: &X509Ref) -> bool {
    match (certificate.authority_key_id(), certificate.subject_key_id()) {
        (Some(issuer), Some(own)) => issuer.as_slice() == own.as_slice(),
        _ => true,
    }
}

/// Whether a key of this type makes signatures such as the certificate's.
fn could_have_signed(certificate: &X509Ref, key: Id) -> bool {
    let signature = certificate.signature_algorithm().object().nid().signature_algorithms();
    signature.is_none_or(|signature| signature.pkey.as_raw() == key.as_raw())
}

/// Whether an elliptic-curve key spells its curve out instead of naming it (RFC 5480 allows names alone).
fn has_explicit_curve(certificate: &X509Ref) -> bool {
    // The algorithm id-ecPublicKey, then a SEQUENCE where an OBJECT IDENTIFIER should be.
    const SPELT_OUT: [u8; 10] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x30];
    let der = certificate.to_der().unwrap_or_default();
    der.windows(SPELT_OUT.len()).any(|window| window == SPELT_OUT)
}

fn is_same_name(certificate: &X509Ref) -> bool {
    certificate.issuer_name().to_der().ok() == certificate.subject_name().to_der().ok()
}

fn alternative_names(certificate: &X509Ref) -> Vec<String> {
    let Some(names) = certificate.subject_alt_names() else { return Vec::new() };
    names
        .iter()
        .filter_map(|name| name.dnsname().map(str::to_owned).or_else(|| address(name.ipaddress()?)))
        .collect()
}

/// An address of 4 or 16 bytes (RFC 5280, section 4.2.1.6).
fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(v4).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|v6| std::net::Ipv6Addr::from(v6).to_string())
}

/// Seconds since 1970-01-01 UTC; 0 for a time that cannot be read.
fn seconds(time: &Asn1TimeRef) -> i64 {
    let difference = Asn1Time::from_unix(0).and_then(|epoch| epoch.diff(time));
    difference.map_or(0, |difference| i64::from(difference.days) * 86_400 + i64::from(difference.secs))
}

#[cfg(test)]
mod tests;
