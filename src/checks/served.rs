//! What the checks of certificates share: which certificates an endpoint serves, and how a finding about one looks.

use super::{Check, Findings, Subject};
use crate::endpoint::{Certificate, CertificateUse, Role};
use crate::finding::{Cause, Citation, Finding, Origin, Severity};
use crate::policy::Requirement;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The certificates of a server, or a client, whose files were read.
pub(super) fn certificates<'a>(subject: &Subject<'a>) -> Vec<(&'a CertificateUse, &'a Certificate)> {
    let uses = subject.endpoint.certificates.value().filter(|_| subject.speaks_tls());
    let uses = uses.into_iter().flatten();
    uses.filter_map(|used| Some((used, used.certificate.as_deref()?))).collect()
}

/// The same, of servers only: what clients present is judged by servers that are not ours.
pub(super) fn of_server<'a>(subject: &Subject<'a>) -> Vec<(&'a CertificateUse, &'a Certificate)> {
    if subject.endpoint.role == Role::Server { certificates(subject) } else { Vec::new() }
}

/// Each certificate that peers rely on with what to call it: a server's own, and the intermediates in its file. A root in the file is
/// none of them, because peers rely on their own copy of it (RFC 5246, section 7.4.2).
pub(super) fn relied_on<'a>(subject: &Subject<'a>) -> Vec<(&'a CertificateUse, &'a Certificate, String)> {
    let mut found = Vec::new();
    for (used, own) in certificates(subject) {
        found.push((used, own, name(used)));
        let issuers = own.issuers.iter().filter(|issuer| !issuer.self_signed);
        found.extend(issuers.map(|issuer| (used, issuer, name_of_issuer(used, issuer))));
    }
    found
}

/// What to call a server's or client's own certificate.
pub(super) fn name(used: &CertificateUse) -> String {
    format!("the certificate {}", used.name)
}

/// What to call another certificate of its file.
pub(super) fn name_of_issuer(used: &CertificateUse, issuer: &Certificate) -> String {
    let name = issuer.common_names.first().map_or(String::new(), |name| format!(" {name}"));
    format!("the intermediate certificate{name} in {}", used.name)
}

/// The severity and citation of a requirement, or the check's own severity where the policy is silent.
pub(super) fn bound<T>(
    subject: &Subject<'_>,
    check: &Check,
    rule: Option<&Requirement<T>>,
) -> (Severity, Option<Citation>) {
    rule.map_or((check.level, None), |rule| (rule.strength.severity(), Some(rule.cite(subject.policy))))
}

/// The certificate, wherever it is named, and what is wrong with it.
pub(super) fn because(used: &CertificateUse, message: &str) -> Cause {
    let mut hash = DefaultHasher::new();
    used.certificate
        .iter()
        .filter_map(|certificate| certificate.chain.first())
        .for_each(|leaf| leaf.hash(&mut hash));
    let id = format!("{:016x} {}", hash.finish(), message.replace(&used.name, ""));
    Cause::new(Origin::Certificate(id), Vec::new(), "", [String::new(), String::new()])
}

/// Reports what is wrong with a certificate at the place that names its file.
pub(super) fn report(
    subject: &Subject<'_>,
    check: &'static Check,
    used: &CertificateUse,
    (severity, citation): (Severity, Option<Citation>),
    [message, label, help]: [String; 3],
    findings: &mut Findings,
) {
    let because = because(used, &message);
    let finding =
        Finding::new(check.id, severity, used.location, message).label(label).help(help).because(because);
    tell(subject, used, Finding { policy: citation, ..finding }, findings);
}

/// Reports a finding about a certificate.
pub(super) fn tell(
    subject: &Subject<'_>,
    used: &CertificateUse,
    mut finding: Finding,
    findings: &mut Findings,
) {
    finding.context = format!("certificate {}", used.name);
    findings.report(subject.endpoint, subject.endpoint.certificates.provenance(), finding);
}
