use super::{Check, Findings, Subject, served};
use crate::finding::Severity;

pub(super) const CHECK: Check = Check {
    id: "certificate-revoked",
    summary: "a certificate is listed in a given revocation list",
    page: include_str!("certificate_revoked.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let rule = subject.policy.certificate.not_revoked.as_ref();
    for (used, certificate) in served::certificates(subject) {
        for (at, when) in subject.trust.revoked(certificate) {
            let issuer = at.checked_sub(1).and_then(|at| certificate.issuers.get(at));
            let (name, help) = match issuer {
                None => (served::name(used), "replace it at once by a certificate with a new key"),
                Some(issuer) => (served::name_of_issuer(used, issuer), "have a new certificate issued under another intermediate"),
            };
            let message = format!("{name} was revoked on {when}");
            let bound = served::bound(subject, &CHECK, rule);
            let words = [message, "revoked".to_owned(), help.to_owned()];
            served::report(subject, &CHECK, used, bound, words, findings);
        }
    }
}
