//! What an issuer signed with.

use crate::signature::Scheme;
use openssl::nid::Nid;
use openssl::x509::X509Ref;

/// Content octets of the object identifiers of hashes, as they stand in RSASSA-PSS parameters (RFC 4055, section 2.1;
/// RFC 8017, appendix B.1).
const HASHES: [(&[u8], &str); 5] = [
    (&[0x2B, 0x0E, 0x03, 0x02, 0x1A], "sha1"),
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], "sha256"),
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02], "sha384"),
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03], "sha512"),
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04], "sha224"),
];

/// The hash's name in lower case; empty where the scheme has none of its own.
pub(super) fn hash(certificate: &X509Ref, der: &[u8]) -> String {
    let scheme = certificate.signature_algorithm().object().nid();
    if scheme == Nid::RSASSAPSS {
        return pss_hash(der).unwrap_or_default().to_owned();
    }
    let Some(digest) = scheme.signature_algorithms().map(|algorithms| algorithms.digest) else {
        return String::new();
    };
    if digest == Nid::UNDEF {
        return String::new();
    }
    digest.short_name().unwrap_or_default().to_ascii_lowercase().replace("rsa-", "")
}

/// The scheme by its name in the registry of TLS; `None` for what has none there.
pub(super) fn scheme(certificate: &X509Ref, der: &[u8]) -> Option<Scheme> {
    let algorithm = certificate.signature_algorithm().object().nid();
    let hash = hash(certificate, der);
    if algorithm == Nid::RSASSAPSS {
        return Scheme::from_name(&format!("rsa_pss_rsae_{hash}"));
    }
    let key = algorithm.signature_algorithms().map(|algorithms| algorithms.pkey);
    let by_key = |word: &str| Scheme::from_pair(&format!("{word}+{hash}"));
    match key {
        Some(Nid::RSAENCRYPTION) => by_key("RSA"),
        Some(Nid::X9_62_ID_ECPUBLICKEY) => by_key("ECDSA"),
        Some(Nid::DSA) => by_key("DSA"),
        // ED25519, ED448 and ML-DSA-65 are signatures and keys in one.
        _ => Scheme::from_name(&algorithm.long_name().ok()?.replace('-', "")),
    }
}

/// The hash in a PSS signature's parameters; absent means SHA-1 (RFC 4055, section 3.1).
fn pss_hash(der: &[u8]) -> Option<&'static str> {
    let (certificate, _) = element(der, 0x30)?;
    let (_, after_body) = element(certificate, 0x30)?;
    let (algorithm, _) = element(after_body, 0x30)?;
    let (_, after_identifier) = element(algorithm, 0x06)?;
    let (parameters, _) = element(after_identifier, 0x30)?;
    let Some((tagged, _)) = element(parameters, 0xA0) else { return Some("sha1") };
    let (hash, _) = element(tagged, 0x30)?;
    let (identifier, _) = element(hash, 0x06)?;
    HASHES.iter().find(|(known, _)| *known == identifier).map(|(_, name)| *name)
}

/// The content of the DER element with this tag at the start of `bytes`, and what follows it (X.690, section 8.1).
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    if *length < 0x80 {
        return rest.split_at_checked(usize::from(*length));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(*length & 0x7F))?;
    if digits.len() > 4 {
        return None;
    }
    let length = digits.iter().fold(0_usize, |value, digit| value << 8 | usize::from(*digit));
    rest.split_at_checked(length)
}
