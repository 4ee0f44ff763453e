use super::{Check, Findings, Subject, served};
use crate::certificate::{covers, is_checkable};
use crate::endpoint::{Certificate, CertificateUse, NameRule};
use crate::finding::{Cause, Finding, Severity};

pub(super) const CHECK: Check = Check {
    id: "certificate-name-mismatch",
    summary: "a server's certificate does not cover a name that it serves",
    page: include_str!("certificate_name_mismatch.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(rule) = &subject.policy.certificate.names else { return };
    for (used, certificate) in served::of_server(subject) {
        let names = subject.endpoint.names.iter().filter(|served| is_checkable(&served.name));
        only_common(subject, used, certificate, findings);
        let missing: Vec<_> = names.filter(|served| !covers(certificate, &served.name, rule.value)).collect();
        let missing: Vec<String> = missing.iter().map(|served| served.name.clone()).collect();
        let Some(first) = missing.first() else { continue };
        let before = format!("the certificate {} does not cover ", used.name);
        let more = match missing.len() - 1 {
            0 => String::new(),
            1 => " and 1 other name".to_owned(),
            others => format!(" and {others} other names"),
        };
        let message = format!("{before}{first}{more}");
        let label = format!("good for {}", good_for(certificate));
        let help = format!("use a certificate whose subjectAltName holds {first}");
        let cause = Cause { noun: "names".to_owned(), subjects: missing.clone(), ..served::because(used, "") };
        let mut finding = Finding::new(CHECK.id, rule.strength.severity(), used.location, message)
            .label(label)
            .help(help)
            .data("names", missing)
            .because(cause.behind(&*before, &*before));
        finding.policy = Some(rule.cite(subject.policy));
        served::tell(subject, used, finding, findings);
    }
}

/// A note on a certificate that is good for a name by its common name alone, which clients of today do not look at (RFC 9525).
fn only_common(
    subject: &Subject<'_>,
    used: &CertificateUse,
    certificate: &Certificate,
    findings: &mut Findings,
) {
    let names = subject.endpoint.names.iter().filter(|served| is_checkable(&served.name));
    let by_common = |name: &str| {
        covers(certificate, name, NameRule::CommonNameToo) && !covers(certificate, name, NameRule::AlternativeNames)
    };
    let mut names = names.filter(|served| by_common(&served.name));
    let rule = subject.policy.certificate.names.as_ref().map(|rule| rule.value);
    let Some(first) = names.next().filter(|_| rule == Some(NameRule::CommonNameToo)) else { return };
    let message = format!(
        "the certificate {} covers {} by its common name alone, which today's clients do not look at (RFC 9525)",
        used.name, first.name
    );
    let help = format!("use a certificate whose subjectAltName holds {}", first.name);
    let label = "no subjectAltName".to_owned();
    served::report(subject, &CHECK, used, (Severity::Note, None), [message, label, help], findings);
}

/// The names that a certificate is good for, the first few.
fn good_for(certificate: &Certificate) -> String {
    let names = if certificate.alternative_names.is_empty() {
        &certificate.common_names
    } else {
        &certificate.alternative_names
    };
    match names.len() {
        0 => "no name at all".to_owned(),
        1..=3 => names.join(", "),
        many => format!("{} and {} more", names[..2].join(", "), many - 2),
    }
}
