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
        let Some(when) = subject.trust.revoked(certificate) else { continue };
        let message = format!("the certificate {} was revoked on {when}", used.name);
        let help = "replace it at once, with a new key".to_owned();
        let bound = served::bound(subject, &CHECK, rule);
        let words = [message, "revoked".to_owned(), help];
        served::report(subject, &CHECK, used, bound, words, findings);
    }
}
