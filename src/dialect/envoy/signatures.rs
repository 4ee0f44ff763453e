//! Signature algorithms as BoringSSL spells them, and which keys can make such signatures.
//!
//! Source: `ssl_privkey.cc` of BoringSSL, SSL_CTX_set1_sigalgs_list; the names were run on Envoy 1.36.4 and 1.40.0.

use crate::endpoint::{CertificateUse, KeyType};
use crate::setting::Setting;
use crate::text::Text;

/// Names of RFC 8446, section 4.2.3, that BoringSSL takes.
const NAMES: &[&str] = &[
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ecdsa_sha1",
    "ed25519",
    "rsa_pkcs1_md5_sha1",
    "rsa_pkcs1_sha1",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha256_legacy",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
];

/// Whether `signature_algorithms` takes a name.
pub(super) fn is_known(name: &str) -> bool {
    if NAMES.contains(&name) {
        return true;
    }
    let Some((key, hash)) = name.split_once('+') else { return false };
    let hashes = ["SHA1", "SHA256", "SHA384", "SHA512"];
    matches!(key, "RSA" | "RSA-PSS" | "PSS" | "ECDSA") && hashes.contains(&hash)
}

/// Whether a key of this type can make signatures of this name, with some protocol version.
fn fits(name: &str, key: KeyType, curve: Option<&str>) -> bool {
    let lower = name.to_ascii_lowercase();
    match key {
        KeyType::Rsa => lower.starts_with("rsa") || lower.starts_with("pss"),
        KeyType::Ecdsa => {
            let bound_to =
                ["secp256r1", "secp384r1", "secp521r1"].into_iter().find(|curve| lower.contains(curve));
            lower.starts_with("ecdsa")
                && bound_to.is_none_or(|bound| {
                    curve
                        .is_none_or(|curve| curve == bound || (curve == "prime256v1" && bound == "secp256r1"))
                })
        }
        KeyType::Ed25519 => lower == "ed25519",
        _ => true,
    }
}

/// Whether a certificate's key can make one of the signatures; yes where either is not known.
pub(super) fn fit(algorithms: &Setting<Text>, used: &CertificateUse) -> bool {
    let (Setting::Written(list), Some(certificate)) = (algorithms, &used.certificate) else { return true };
    let curve = certificate.curve.as_deref();
    list.value.as_str().split(':').any(|name| fits(name, certificate.key_type, curve))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_two_forms() {
        assert!(is_known("rsa_pss_rsae_sha256") && is_known("RSA-PSS+SHA256") && is_known("ed25519"));
        assert!(!is_known("Ed25519") && !is_known("rsa_pss_pss_sha256") && !is_known("bogus"));
    }

    #[test]
    fn keys_make_their_own_signatures_only() {
        assert!(fits("RSA+SHA256", KeyType::Rsa, None) && !fits("rsa_pkcs1_sha256", KeyType::Ecdsa, None));
        assert!(fits("ecdsa_secp256r1_sha256", KeyType::Ecdsa, Some("prime256v1")));
        assert!(!fits("ecdsa_secp256r1_sha256", KeyType::Ecdsa, Some("secp384r1")));
    }
}
