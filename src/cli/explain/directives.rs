//! Directives in a sentence each, with the checks that look at them.

use crate::report::prose::wrap;

/// Name, language, what it does, checks.
const DIRECTIVES: &[(&str, &str, &str, &str)] = &[
    (
        "ssl_protocols",
        "nginx",
        "lists the versions that a listener takes; those that are not listed are off",
        "protocol-below-floor, protocol-missing, ineffective-setting",
    ),
    (
        "ssl_ciphers",
        "nginx",
        "is the cipher string of a listener for TLSv1.2 and older; TLSv1.3 has ssl_conf_command Ciphersuites",
        "suite-not-approved, no-approved-suite, cipher-token-unmatched, cipher-string-invalid",
    ),
    (
        "ssl_conf_command",
        "nginx",
        "hands a command to the library (SSL_CONF_cmd(3)): Ciphersuites, Protocol, Groups, SignatureAlgorithms, Options",
        "tls13-suite-not-approved, protocol-below-floor, group-not-approved",
    ),
    ("ssl_prefer_server_ciphers", "nginx", "says whose order of suites decides", "server-preference"),
    ("ssl_ecdh_curve", "nginx", "lists the groups for key exchange", "group-not-approved"),
    (
        "ssl_dhparam",
        "nginx",
        "names the parameters without which no DHE suite is negotiated",
        "dhe-without-parameters, dh-parameters-weak",
    ),
    ("ssl_session_tickets", "nginx", "says whether sessions are resumed by tickets", "session-tickets"),
    (
        "ssl_certificate",
        "nginx",
        "names the certificate of a listener with its intermediates",
        "certificate-expired, certificate-name-mismatch, certificate-incomplete-chain",
    ),
    (
        "proxy_ssl_verify",
        "nginx",
        "has the certificate of an upstream verified; off by default",
        "peer-not-verified, verification-without-effect",
    ),
    (
        "proxy_ssl_trusted_certificate",
        "nginx",
        "names the roots that an upstream's certificate must lead to",
        "peer-not-verified",
    ),
    (
        "proxy_ssl_name",
        "nginx",
        "is the name that an upstream's certificate must have, and that is sent",
        "hostname-not-verified",
    ),
    (
        "proxy_ssl_protocols",
        "nginx",
        "lists the versions that are offered to an upstream",
        "protocol-below-floor",
    ),
    (
        "proxy_ssl_ciphers",
        "nginx",
        "is the cipher string that is offered to an upstream",
        "suite-not-approved",
    ),
    ("ssl-min-ver", "HAProxy", "is the oldest version of a bind or server line", "protocol-below-floor"),
    ("ssl-max-ver", "HAProxy", "is the newest version of a bind or server line", "protocol-missing"),
    (
        "ciphers",
        "HAProxy",
        "is the cipher string of a bind or server line for TLSv1.2 and older",
        "suite-not-approved, cipher-token-unmatched",
    ),
    (
        "ciphersuites",
        "HAProxy",
        "lists the suites of TLSv1.3 on a bind or server line",
        "tls13-suite-not-approved",
    ),
    (
        "ssl-default-bind-ciphers",
        "HAProxy",
        "is the cipher string of all bind lines without ciphers; it stands in global",
        "suite-not-approved",
    ),
    (
        "ssl-default-bind-options",
        "HAProxy",
        "sets ssl-min-ver, no-tls-tickets and more for all bind lines; it stands in global",
        "protocol-below-floor, session-tickets",
    ),
    (
        "ssl-default-server-ciphers",
        "HAProxy",
        "is the cipher string of all server lines without ciphers; it stands in global",
        "suite-not-approved",
    ),
    (
        "ssl-default-server-options",
        "HAProxy",
        "sets ssl-min-ver and more for all server lines; it stands in global",
        "protocol-below-floor",
    ),
    (
        "verify",
        "HAProxy",
        "says whether a peer's certificate is verified: none, optional or required",
        "peer-not-verified",
    ),
    ("verifyhost", "HAProxy", "is the name that a server's certificate must have", "hostname-not-verified"),
    ("ca-file", "HAProxy", "names the roots that a peer's certificate must lead to", "peer-not-verified"),
    (
        "tls_minimum_protocol_version",
        "Envoy",
        "is the oldest version of a TLS context; TLSv1_2 by default",
        "protocol-below-floor",
    ),
    (
        "tls_maximum_protocol_version",
        "Envoy",
        "is the newest version of a TLS context; clients end at TLSv1_2 by default",
        "protocol-missing",
    ),
    (
        "cipher_suites",
        "Envoy",
        "lists suites and [groups|of|equal|preference] for TLSv1.2 and older, as BoringSSL reads them; TLSv1.3 has none to choose",
        "suite-not-approved, cipher-string-invalid",
    ),
    ("ecdh_curves", "Envoy", "lists the groups for key exchange", "group-not-approved"),
    (
        "trusted_ca",
        "Envoy",
        "names the roots that a peer's certificate must lead to; without it nothing is verified",
        "peer-not-verified",
    ),
    (
        "match_typed_subject_alt_names",
        "Envoy",
        "lists the names of which a peer's certificate must have one",
        "hostname-not-verified",
    ),
    (
        "MinProtocol",
        "openssl.cnf",
        "is the oldest version of programs that leave it to the library",
        "protocol-below-floor",
    ),
    (
        "MaxProtocol",
        "openssl.cnf",
        "is the newest version of programs that leave it to the library",
        "protocol-missing",
    ),
    (
        "CipherString",
        "openssl.cnf",
        "is the cipher string of programs that leave it to the library",
        "suite-not-approved",
    ),
    (
        "Ciphersuites",
        "openssl.cnf",
        "lists the suites of TLSv1.3 of programs that leave it to the library",
        "tls13-suite-not-approved",
    ),
    ("Groups", "openssl.cnf", "lists the groups for key exchange", "group-not-approved"),
];

pub(super) fn text(subject: &str, columns: usize) -> Option<String> {
    let (name, language, does, checks) = DIRECTIVES.iter().find(|(name, ..)| *name == subject)?;
    let sentence = format!("In {language}, {name} {does}.");
    Some(format!(
        "{name}\n{}\n\nchecks          {}\n",
        wrap(&sentence, columns).join("\n"),
        wrap(checks, columns - 16).join("\n                ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks;

    #[test]
    fn directives_name_checks_that_exist() {
        for (name, .., named) in DIRECTIVES {
            for check in named.split(", ") {
                assert!(checks::find(check).is_some(), "{name}: {check}");
            }
        }
    }
}
