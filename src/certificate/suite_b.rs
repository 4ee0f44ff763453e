//! Whether the certificates of a file keep to Suite B (RFC 6460, section 4; X509_chain_check_suiteb() in crypto/x509/x509_cmp.c).

use crate::endpoint::SuiteB;
use openssl::nid::Nid;
use openssl::x509::{X509, X509Ref};

/// The profiles that a file of certificates, leaf first, meets.
pub(super) fn profiles(certificates: &[X509]) -> SuiteB {
    SuiteB {
        only_128: meets(certificates, true, false),
        only_192: meets(certificates, false, true),
        up_128: meets(certificates, true, true),
    }
}

/// Whether every key is on a curve of the profile, and signed as that of its issuer asks; after P-384 nothing may be on P-256.
fn meets(certificates: &[X509], mut takes_p256: bool, takes_p384: bool) -> bool {
    let mut check = |certificate: &X509Ref, signature: Option<Nid>| match curve(certificate) {
        Some(Nid::SECP384R1) => {
            takes_p256 = false;
            takes_p384 && signature.is_none_or(|signature| signature == Nid::ECDSA_WITH_SHA384)
        }
        Some(Nid::X9_62_PRIME256V1) => {
            takes_p256 && signature.is_none_or(|signature| signature == Nid::ECDSA_WITH_SHA256)
        }
        _ => false,
    };
    let (Some(leaf), Some(last)) = (certificates.first(), certificates.last()) else { return false };
    check(leaf, None)
        && certificates.windows(2).all(|pair| check(&pair[1], Some(signature(&pair[0]))))
        && check(last, Some(signature(last)))
        && certificates.iter().all(|certificate| certificate.version() == VERSION_3)
}

/// X.509 version 3 as it is encoded (RFC 5280, section 4.1.2.1).
const VERSION_3: i32 = 2;

fn curve(certificate: &X509Ref) -> Option<Nid> {
    certificate.public_key().ok()?.ec_key().ok()?.group().curve_name()
}

fn signature(certificate: &X509Ref) -> Nid {
    certificate.signature_algorithm().object().nid()
}
