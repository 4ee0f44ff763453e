use super::{Check, Findings, Subject, served};
use crate::finding::Severity;

pub(super) const CHECK: Check = Check {
    id: "certificate-self-signed",
    summary: "a server's certificate is signed by its own key",
    page: include_str!("certificate_self_signed.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(rule) = &subject.policy.certificate.not_self_signed else { return };
    for (used, _) in served::of_server(subject).iter().filter(|(_, certificate)| certificate.self_signed) {
        let message =
            format!("the certificate {} is self-signed, which {} does not recommend", used.name, subject.policy.id);
        let help = "use a certificate of a CA; where self-signed ones are arranged for, say so with \
                    certificate-self-signed = { level = \"off\", reason = \"..\" } in tlslint.toml";
        let bound = served::bound(subject, &CHECK, Some(rule));
        let words = [message, "self-signed".to_owned(), help.to_owned()];
        served::report(subject, &CHECK, used, bound, words, findings);
    }
}
