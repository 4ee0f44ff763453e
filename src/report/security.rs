//! How much a finding matters to security, on the scale of CVSS (0 to 10), as code hosts sort alerts by.
//!
//! Each number is the base score of what an attacker gains at worst (CVSS 3.1): reading or changing traffic from the path is 7.4, the same
//! with an old version or a weak suite needs more luck; what only keeps a server from working is no matter of security and has none.

use crate::finding::Finding;
use crate::suite::Suite;

/// The score of a check's findings where nothing more is known of them; `None` where they are not about security.
pub(super) fn of(check: &str) -> Option<f32> {
    Some(match check {
        "peer-not-verified" | "plaintext-endpoint" | "certificate-revoked" => 7.4,
        "hostname-not-verified" | "verification-without-effect" | "plaintext-upstream" => 6.8,
        "certificate-weak-key" | "certificate-weak-signature" | "dh-parameters-weak" => 5.9,
        "protocol-below-floor" | "certificate-name-mismatch" | "certificate-untrusted" => 5.3,
        "certificate-expired" | "certificate-self-signed" | "certificate-without-tls" => 4.8,
        "suite-not-approved"
        | "no-approved-suite"
        | "suite-phase-out"
        | "tls13-suite-not-approved"
        | "group-not-approved"
        | "signature-algorithm-not-approved"
        | "session-tickets" => 3.7,
        "server-preference" | "protocol-above-ceiling" | "protocol-missing" | "requirement-expires" => 2.0,
        "expired-ignore" => 4.0,
        _ => return None,
    })
}

/// The score of a check in a run: that of its worst finding, else that of the check.
pub(super) fn score(check: &str, findings: &[Finding]) -> Option<String> {
    let base = of(check)?;
    let own = findings.iter().filter(|finding| finding.check == check).filter_map(worst);
    let score = own.fold(base, f32::max);
    Some(format!("{score:.1}"))
}

/// What the suites and versions of a finding come to.
fn worst(finding: &Finding) -> Option<f32> {
    let values = finding
        .data
        .iter()
        .filter(|(key, _)| ["protocols", "suites"].contains(key))
        .flat_map(|(_, values)| values);
    values
        .filter_map(|name| match name.as_str() {
            "SSLv2" => Some(7.4),
            // POODLE, CVE-2014-3566, and its kin.
            "SSLv3" => Some(6.8),
            "TLSv1" | "TLSv1.1" => Some(5.3),
            name => of_suite(Suite::from_name(name)?),
        })
        .reduce(f32::max)
}

fn of_suite(suite: Suite) -> Option<f32> {
    Some(match suite.weakness() {
        // Anybody reads, or is taken for the server.
        weakness if weakness >= 32 => 9.1,
        // SWEET32, CVE-2016-2183; RC4, CVE-2015-2808.
        weakness if weakness >= 8 => 7.5,
        weakness if weakness >= 4 => 5.9,
        weakness if weakness >= 2 => 4.3,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::span::{FileId, Location, Span};

    fn check(name: &str, key: &'static str, expected: &str) {
        let at = Location::new(FileId(0), Span::new(0, 1));
        let id = if key == "suites" { "suite-not-approved" } else { "protocol-below-floor" };
        let finding = Finding::new(id, Severity::Warning, at, "m").data(key, [name.to_owned()]);
        assert_eq!(score(id, &[finding]).as_deref(), Some(expected), "{name}");
    }

    #[test]
    fn weaker_suites_and_older_versions_weigh_more() {
        check("DHE-RSA-AES256-GCM-SHA384", "suites", "3.7");
        check("ECDHE-RSA-AES128-SHA", "suites", "4.3");
        check("AES128-SHA", "suites", "5.9");
        check("DES-CBC3-SHA", "suites", "7.5");
        check("ADH-AES128-SHA", "suites", "9.1");
        check("TLSv1.1", "protocols", "5.3");
        check("SSLv2", "protocols", "7.4");
    }

    #[test]
    fn what_breaks_the_server_alone_has_no_score() {
        for check in ["syntax-error", "setting-repeated", "include-unresolved", "unused-ignore"] {
            assert_eq!(score(check, &[]), None);
        }
        let known = crate::checks::ALL.iter().filter(|check| of(check.id).is_some()).count();
        assert!(known > 20, "{known} checks are about security");
    }
}
