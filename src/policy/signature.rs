//! Signature algorithms in policies: the registry's names, and what libraries' lists call them.

use crate::signature::Scheme;

/// The scheme that one element of a library's list (SSL_CTX_set1_sigalgs_list(3)) stands for; `None` where it is not known.
///
/// `ECDSA+SHA256` is not bound to a curve below TLS 1.3 and is counted as the scheme of that hash.
pub fn scheme(element: &str) -> Option<Scheme> {
    let element = element.trim().trim_start_matches('?');
    Scheme::from_name(element).or_else(|| Scheme::from_pair(element))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssl_pairs_become_schemes() {
        let name = |element| scheme(element).map(Scheme::name);
        assert_eq!(name("RSA+SHA256"), Some("rsa_pkcs1_sha256"));
        assert_eq!(name("?rsa_pss_rsae_sha512"), Some("rsa_pss_rsae_sha512"));
        assert_eq!(name("PSS+SHA384"), Some("rsa_pss_rsae_sha384"));
        assert_eq!(name("ECDSA+SHA1"), Some("ecdsa_sha1"));
        assert_eq!(name("RSA+WHIRLPOOL"), None);
    }
}
