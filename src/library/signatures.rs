//! Lists of signature schemes: SSL_CTX_set1_sigalgs_list(3).

use super::security::bits_of;
use super::{Choice, Family, Library};
use crate::signature::Scheme;

/// What a library makes of a list of signature schemes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SignatureList {
    /// The schemes, in order.
    pub schemes: Vec<Scheme>,
    /// Whether the library refuses the list, and so keeps what it had.
    pub refused: bool,
}

impl Choice {
    /// What the library makes of a list of signature schemes; for any library, what some build does.
    pub fn signature_list(self, list: &str) -> SignatureList {
        let mut read = self.members().map(|library| library.signature_list(list));
        let first = read.next().unwrap_or_default();
        read.fold(first, |union, one| match (union.refused, one.refused) {
            (_, true) => union,
            (true, false) => one,
            (false, false) => {
                let mut schemes = union.schemes;
                let fresh: Vec<_> =
                    one.schemes.into_iter().filter(|scheme| !schemes.contains(scheme)).collect();
                schemes.extend(fresh);
                SignatureList { schemes, refused: false }
            }
        })
    }

    /// The schemes that sign handshakes where no list says otherwise, in order of preference; for any library, the newest release's.
    pub fn default_signature_schemes(self) -> &'static [Scheme] {
        self.members().next().map_or(&[], |library| library.signatures.default)
    }

    /// Whether the library signs with a scheme at `level`; for any library, whether some build does.
    pub fn permits_scheme(self, scheme: Scheme, level: u8) -> bool {
        self.at(level).any(|library| library.permits_scheme(scheme, level))
    }

    /// Whether the library signs handshakes below TLS 1.2 with SHA-1 at `level`, as ECDSA and DSA keys have to.
    pub fn signs_with_sha1(self, level: u8) -> bool {
        let sha1 = Scheme::from_name("ecdsa_sha1").expect("rules/signatures.yaml has it");
        let signs = |library: &Library| {
            !library.signatures.judges_old_handshakes || library.permits_scheme(sha1, level)
        };
        self.at(level).any(signs)
    }
}

impl Library {
    /// What the build makes of a list of signature schemes (sig_cb() in ssl/t1_lib.c; SSL_CTX_set1_sigalgs_list in BoringSSL).
    pub fn signature_list(&self, list: &str) -> SignatureList {
        let mut out = SignatureList::default();
        for element in list.split(':') {
            // CONF_parse_list() of OpenSSL; BoringSSL takes elements as they stand.
            let is_blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
            let element =
                if self.family == Family::OpenSsl { element.trim_matches(is_blank) } else { element };
            let (name, may_be_unknown) = match element.strip_prefix('?') {
                Some(name) if self.signatures.forgiving => (name, true),
                _ => (element, false),
            };
            match self.scheme(name) {
                Some(scheme) if !out.schemes.contains(&scheme) => out.schemes.push(scheme),
                Some(_) => out.refused |= !self.signatures.forgiving,
                None => out.refused |= !may_be_unknown,
            }
        }
        out.refused |= out.schemes.is_empty();
        out
    }

    /// The scheme that an element of a list means.
    fn scheme(&self, name: &str) -> Option<Scheme> {
        let signatures = &self.signatures;
        let scheme = if name.contains('+') {
            Scheme::from_pair(name).filter(|_| signatures.forgiving || self.reads_pair(name))
        } else {
            Scheme::from_name(name).filter(|scheme| {
                signatures.forgiving
                    || (scheme.facts().names().any(|known| known == name)
                        && !signatures.paired_only.contains(scheme))
            })
        };
        scheme.filter(|scheme| signatures.known.contains(scheme))
    }

    /// Whether a build that compares exactly reads the words of a pair: OpenSSL knows hashes by their short and their long names and
    /// takes either order, BoringSSL neither.
    fn reads_pair(&self, pair: &str) -> bool {
        let is_openssl = self.family == Family::OpenSsl;
        let is_hash = |word: &str| word.starts_with("SHA") || (is_openssl && word.starts_with("sha"));
        let is_key = |word: &str| ["RSA", "RSA-PSS", "PSS", "DSA", "ECDSA"].contains(&word);
        pair.split_once('+').is_some_and(|(first, second)| {
            (is_key(first) && is_hash(second)) || (is_openssl && is_hash(first) && is_key(second))
        })
    }

    /// tls12_sigalg_allowed() in ssl/t1_lib.c.
    fn permits_scheme(&self, scheme: Scheme, level: u8) -> bool {
        let facts = scheme.facts();
        let bits = self.signatures.sha1_bits.filter(|_| facts.hash == "sha1").unwrap_or(facts.bits);
        !self.has_security_levels() || bits >= bits_of(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(library: &str, list: &str, expected: &str) {
        let read = Choice::by_id(library).unwrap().signature_list(list);
        let names: Vec<_> = read.schemes.iter().map(|scheme| scheme.name()).collect();
        let shown = if read.refused { "refused".to_owned() } else { names.join(" ") };
        assert_eq!(shown, expected, "{library}: {list}");
    }

    #[test]
    fn lists_are_read_as_each_release_reads_them() {
        for exact in ["openssl-1.1.1", "openssl-3.0"] {
            check(exact, "RSA+SHA256:rsa_pss_rsae_sha256", "rsa_pkcs1_sha256 rsa_pss_rsae_sha256");
            check(exact, " SHA256+RSA : PSS+sha512 ", "rsa_pkcs1_sha256 rsa_pss_rsae_sha512");
            for refused in
                ["rsa+SHA256", "ED25519", "ecdsa_sha1", "?NOPE:RSA+SHA256", "RSA+SHA256:", "", "RSA+MD5"]
            {
                check(exact, refused, "refused");
            }
            check(exact, "PSS+SHA256:rsa_pss_rsae_sha256", "refused");
        }
        for forgiving in ["openssl-3.5", "openssl-3.6"] {
            check(forgiving, "rsa+sha256:ED25519:?NOPE:ecdsa_sha1", "rsa_pkcs1_sha256 ed25519 ecdsa_sha1");
            check(forgiving, "PSS+SHA256:rsa_pss_rsae_sha256", "rsa_pss_rsae_sha256");
            check(forgiving, "?NOPE", "refused");
        }
        check("openssl-1.1.0", "rsa_pkcs1_sha256", "refused");
        check("openssl-1.1.0", "ECDSA+SHA256", "ecdsa_secp256r1_sha256");
        check("boringssl-44", "RSA-PSS+SHA256:ed25519", "rsa_pss_rsae_sha256 ed25519");
        check("boringssl-44", "SHA256+RSA", "refused");
        check("boringssl-35", "rsa_pkcs1_sha256_legacy:mldsa65", "rsa_pkcs1_sha256_legacy mldsa65");
        for refused in [" ed25519", "rsa_pkcs1_sha256:RSA+SHA256", "rsa_pkcs1_md5_sha1", "ed25519:"] {
            check("boringssl-35", refused, "refused");
        }
        check("any", "ED25519", "ed25519");
    }

    #[test]
    fn levels_leave_out_short_hashes() {
        for (library, name, level, expected) in [
            ("openssl-1.1.1", "ecdsa_sha1", 1, true),
            ("openssl-1.1.1", "ecdsa_sha1", 2, false),
            ("openssl-3.0", "ecdsa_sha1", 1, false),
            ("openssl-3.0", "rsa_pkcs1_sha224", 2, true),
            ("openssl-3.0", "rsa_pkcs1_sha256", 4, false),
            ("boringssl-44", "ecdsa_sha1", 5, true),
        ] {
            let scheme = Scheme::from_name(name).unwrap();
            assert_eq!(
                Choice::by_id(library).unwrap().permits_scheme(scheme, level),
                expected,
                "{library} {name}"
            );
        }
    }
}
