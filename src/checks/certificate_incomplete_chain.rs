use super::{Check, Findings, Subject, served};
use crate::certificate::{Chain, is_in_order};
use crate::finding::Severity;

pub(super) const CHECK: Check = Check {
    id: "certificate-incomplete-chain",
    summary: "a certificate file lacks an intermediate certificate, or has them in the wrong order",
    page: include_str!("certificate_incomplete_chain.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let rule = subject.policy.certificate.mozilla_root.as_ref();
    for (used, certificate) in served::of_server(subject) {
        if certificate.self_signed {
            continue;
        }
        if !is_in_order(certificate) {
            let message = format!("the certificates in {} are not in the order of their chain", used.name);
            let help = "put the server's certificate first, then each one's issuer behind it".to_owned();
            let bound = (CHECK.level, None);
            let words = [message, "wrong order".to_owned(), help];
            served::report(subject, &CHECK, used, bound, words, findings);
        }
        // Without a word on roots in the policy, the issuer may be one that only the clients at hand know.
        let Some(rule) = rule else { continue };
        if let Chain::Incomplete { issuer } = subject.trust.chain(certificate) {
            let message = format!(
                "the chain in {} ends at an issuer, {issuer}, that is neither in the file nor a trusted root",
                used.name
            );
            let help = format!("append the certificate of {issuer}, and of its issuers up to a trusted root");
            let bound = served::bound(subject, &CHECK, Some(rule));
            let words = [message, format!("{issuer} is missing"), help];
            served::report(subject, &CHECK, used, bound, words, findings);
        }
    }
}
