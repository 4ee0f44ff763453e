//! Signature algorithms: the registry's names, and what OpenSSL's lists call them.

/// Names of the IANA TLS SignatureScheme registry that some library negotiates, and `dsa_*`, which TLS 1.2 has as a pair of
/// hash and signature (RFC 5246, section 7.4.1.4.1).
pub const SCHEMES: [&str; 32] = [
    "rsa_pkcs1_sha1",
    "rsa_pkcs1_sha224",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
    "ecdsa_sha1",
    "ecdsa_sha224",
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ecdsa_brainpoolP256r1tls13_sha256",
    "ecdsa_brainpoolP384r1tls13_sha384",
    "ecdsa_brainpoolP512r1tls13_sha512",
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512",
    "ed25519",
    "ed448",
    "dsa_sha1",
    "dsa_sha224",
    "dsa_sha256",
    "dsa_sha384",
    "dsa_sha512",
    "mldsa44",
    "mldsa65",
    "mldsa87",
    "rsa_pkcs1_md5",
    "rsa_pkcs1_md5_sha1",
    "ecdsa_md5",
];

/// The schemes that one element of an OpenSSL list (SSL_CTX_set1_sigalgs_list(3)) stands for; empty where none is known.
///
/// `RSA-PSS+SHA256` and `PSS+SHA256` stand for rsae and pss together; `ECDSA+SHA256` is not bound to a curve below TLS 1.3
/// and is counted as the scheme of that hash.
pub fn schemes(element: &str) -> Vec<&'static str> {
    let element = element.trim().trim_start_matches('?');
    let found = |name: &str| SCHEMES.iter().copied().find(|known| known.eq_ignore_ascii_case(name));
    if let Some(scheme) = found(element) {
        return vec![scheme];
    }
    let Some((kind, hash)) = element.split_once('+') else { return Vec::new() };
    let (kind, hash) = (kind.to_ascii_uppercase(), hash.to_ascii_lowercase().replace("sha-", "sha"));
    let names = match kind.as_str() {
        "RSA" => vec![format!("rsa_pkcs1_{hash}")],
        "RSA-PSS" | "PSS" => vec![format!("rsa_pss_rsae_{hash}"), format!("rsa_pss_pss_{hash}")],
        "DSA" => vec![format!("dsa_{hash}")],
        "ECDSA" => vec![match hash.as_str() {
            "sha256" => "ecdsa_secp256r1_sha256".to_owned(),
            "sha384" => "ecdsa_secp384r1_sha384".to_owned(),
            "sha512" => "ecdsa_secp521r1_sha512".to_owned(),
            other => format!("ecdsa_{other}"),
        }],
        _ => Vec::new(),
    };
    names.iter().filter_map(|name| found(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssl_pairs_become_schemes() {
        assert_eq!(schemes("RSA+SHA256"), ["rsa_pkcs1_sha256"]);
        assert_eq!(schemes("?rsa_pss_rsae_sha512"), ["rsa_pss_rsae_sha512"]);
        assert_eq!(schemes("PSS+SHA384"), ["rsa_pss_rsae_sha384", "rsa_pss_pss_sha384"]);
        assert_eq!(schemes("ECDSA+SHA1"), ["ecdsa_sha1"]);
        assert!(schemes("RSA+WHIRLPOOL").is_empty());
    }
}
