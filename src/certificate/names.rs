//! Whether a certificate is good for a host name (RFC 9525; RFC 6125 for common names).

use crate::endpoint::{Certificate, NameRule};

/// Whether `certificate` is good for `host`, a DNS name or an address.
///
/// A wildcard stands for exactly one whole label, the leftmost, with at least two labels behind it: what X509_check_host(3)
/// takes with `X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS`. A common name counts where the rule says so and the certificate has
/// no DNS name of its own. A wildcard as `host` is covered by the same wildcard alone.
pub fn covers(certificate: &Certificate, host: &str, rule: NameRule) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return certificate.alternative_names.iter().any(|name| name.parse() == Ok(address));
    }
    let is_address = |name: &&String| name.parse::<std::net::IpAddr>().is_ok();
    let mut names = certificate.alternative_names.iter().filter(|name| !is_address(name)).peekable();
    if names.peek().is_none() && rule == NameRule::CommonNameToo {
        return certificate.common_names.iter().any(|name| matches(name, host));
    }
    names.any(|name| matches(name, host))
}

/// Whether `host` can stand in a certificate at all: no catch-all, pattern or variable of a server's own.
pub fn is_checkable(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
        || (name.contains('.') && name.strip_suffix('.').unwrap_or(name).split('.').all(is_label))
}

fn matches(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(suffix) = pattern.strip_prefix("*.") else { return false };
    let Some((label, rest)) = host.split_once('.') else { return false };
    // A label that itself is a wildcard is only covered by the same wildcard, above.
    suffix.contains('.')
        && !suffix.contains('*')
        && !label.is_empty()
        && label != "*"
        && rest.eq_ignore_ascii_case(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{KeyType, SuiteB};

    fn certificate(alternative: &[&str], common: &[&str]) -> Certificate {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Certificate {
            key_type: KeyType::Rsa,
            key_bits: 2048,
            curve: None,
            signature_hash: String::new(),
            signature_scheme: None,
            alternative_names: owned(alternative),
            common_names: owned(common),
            not_before: 0,
            not_after: 0,
            self_signed: false,
            passes_for_self_signed: false,
            issues_next: false,
            suite_b: SuiteB::default(),
            chain: Vec::new(),
            issuers: Vec::new(),
        }
    }

    #[test]
    fn a_wildcard_is_one_label() {
        let wildcard = certificate(&["*.a.example"], &[]);
        for (host, good) in [
            ("b.a.example", true),
            ("B.A.EXAMPLE.", true),
            ("*.a.example", true),
            ("a.example", false),
            ("c.b.a.example", false),
            (".a.example", false),
        ] {
            assert_eq!(covers(&wildcard, host, NameRule::AlternativeNames), good, "{host}");
        }
        assert!(!covers(&certificate(&["*.example"], &[]), "a.example", NameRule::AlternativeNames));
        assert!(!covers(&certificate(&["b*.a.example"], &[]), "bc.a.example", NameRule::AlternativeNames));
    }

    #[test]
    fn a_common_name_counts_only_alone_and_only_where_the_policy_says_so() {
        let old = certificate(&[], &["a.example"]);
        assert!(covers(&old, "a.example", NameRule::CommonNameToo));
        assert!(!covers(&old, "a.example", NameRule::AlternativeNames));
        let both = certificate(&["b.example"], &["a.example"]);
        assert!(!covers(&both, "a.example", NameRule::CommonNameToo));
        assert!(covers(&certificate(&["192.0.2.1"], &["a.example"]), "a.example", NameRule::CommonNameToo));
    }

    #[test]
    fn addresses_match_as_addresses() {
        let v6 = certificate(&["2001:db8::1", "192.0.2.1"], &[]);
        assert!(covers(&v6, "[2001:0db8::1]", NameRule::AlternativeNames));
        assert!(!covers(&v6, "192.0.2.2", NameRule::AlternativeNames));
    }

    #[test]
    fn patterns_of_servers_are_no_host_names() {
        for (name, good) in [
            ("a.example", true),
            ("*.a.example", true),
            ("192.0.2.1", true),
            ("_", false),
            ("", false),
            ("localhost", false),
            ("~^www", false),
            ("www.example.*", false),
            ("$name.example", false),
        ] {
            assert_eq!(is_checkable(name), good, "{name}");
        }
    }
}
