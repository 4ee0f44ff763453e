use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::policy::signature::scheme;
use crate::setting::Setting;
use crate::span::Span;

pub(super) const CHECK: Check = Check {
    id: "signature-algorithm-not-approved",
    summary: "an endpoint lists a signature algorithm that the policy does not",
    page: include_str!("signature_algorithm_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let Some(rule) = policy.signature_algorithms.as_ref().filter(|_| subject.speaks_tls()) else { return };
    // The library's own list is not held against the policy: it changes with every release and security level.
    let Setting::Written(written) = &endpoint.signature_algorithms else { return };
    let list = written.value.as_str();
    let mut start = 0;
    for word in list.split_inclusive([':', ',']) {
        let name = word.trim_end_matches([':', ',']);
        let span = Span::new(start as u32, (start + name.len()) as u32);
        start += word.len();
        let Some(outside) = scheme(name).filter(|scheme| !rule.value.iter().any(|known| known == scheme.name()))
        else {
            continue;
        };
        let message = format!("{outside} is offered and not listed by {}", policy.id);
        let location = written.value.locate(span).unwrap_or(written.location);
        let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
            .label("not listed")
            .help(format!("remove {name}"))
            .data("signature_algorithms", [outside.name().to_owned()])
            .cites(rule.cite(policy));
        finding.context = format!("signature-algorithms {name}");
        findings.report(endpoint, &written.provenance, finding);
    }
}
