use super::{Check, Findings, Subject, served};
use crate::certificate::Chain;
use crate::finding::Severity;

pub(super) const CHECK: Check = Check {
    id: "certificate-untrusted",
    summary: "a server's chain does not lead to a trusted root",
    page: include_str!("certificate_untrusted.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(rule) = &subject.policy.certificate.mozilla_root else { return };
    for (used, certificate) in served::of_server(subject) {
        // What is signed by its own key has a check of its own, and so has a missing issuer.
        if certificate.self_signed {
            continue;
        }
        let Chain::Untrusted { reason } = subject.trust.chain(certificate) else { continue };
        let roots = subject.trust.roots_in_words();
        let message = format!("the chain in {} does not lead to a root of {roots}: {reason}", used.name);
        let help = "use a certificate of a CA whose root clients have; --ca-file names other roots".to_owned();
        let bound = served::bound(subject, &CHECK, Some(rule));
        let words = [message, "not trusted".to_owned(), help];
        served::report(subject, &CHECK, used, bound, words, findings);
    }
}
