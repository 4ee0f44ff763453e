use super::{Check, Findings, Subject, served};
use crate::endpoint::Certificate;
use crate::finding::Severity;
use crate::policy::Requirement;

pub(super) const CHECK: Check = Check {
    id: "certificate-weak-signature",
    summary: "a certificate or an intermediate was signed with a hash that is broken, or in a way that the policy does not allow",
    page: include_str!("certificate_weak_signature.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// Hashes for which signatures can be forged (RFC 9155; RFC 6151).
const BROKEN: [&str; 3] = ["md5", "md5-sha1", "sha1"];

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let rule = subject.policy.certificate.signature_hashes.as_ref();
    for (used, certificate, name) in served::relied_on(subject) {
        let hash = certificate.signature_hash.as_str();
        // Nobody relies on the signature by which a certificate vouches for itself.
        if certificate.self_signed {
            continue;
        }
        if let Some((rule, scheme)) = outside(subject, certificate) {
            let allowed = rule.value.join(", ");
            let message = format!("{name} was signed with {scheme}, and {} allows {allowed}", subject.policy.id);
            let help = "have it issued anew, signed with one of these".to_owned();
            let bound = served::bound(subject, &CHECK, Some(rule));
            served::report(subject, &CHECK, used, bound, [message, format!("signed with {scheme}"), help], findings);
            continue;
        }
        // EdDSA has a hash of its own.
        if hash.is_empty() {
            continue;
        }
        let broken = BROKEN.contains(&hash);
        let words = match rule {
            Some(rule) if !rule.value.iter().any(|known| known == hash) => {
                format!("and {} allows {}", subject.policy.id, rule.value.join(", "))
            }
            None if broken => "with which signatures can be forged".to_owned(),
            _ => continue,
        };
        let message = format!("{name} was signed with {hash}, {words}");
        let help = "have the certificate issued again, signed with sha256, sha384 or sha512".to_owned();
        let bound = served::bound(subject, &CHECK, rule);
        served::report(subject, &CHECK, used, bound, [message, format!("signed with {hash}"), help], findings);
    }
}

/// How a certificate was signed, where the policy lists signatures and this is none of them.
fn outside<'s>(
    subject: &Subject<'s>,
    certificate: &Certificate,
) -> Option<(&'s Requirement<Vec<String>>, &'static str)> {
    let rule = subject.policy.certificate.signature_algorithms.as_ref()?;
    let scheme = certificate.signature_scheme?.name();
    // The signature does not say whether the issuer's key may sign otherwise too, which is what tells the two names of PSS apart.
    let twin = scheme.replace("rsa_pss_rsae_", "rsa_pss_pss_");
    (!rule.value.iter().any(|listed| listed == scheme || *listed == twin)).then_some((rule, scheme))
}
