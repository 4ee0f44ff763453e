use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::observation::ObservationKind;
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "server-refuses-to-start",
    summary: "the server refuses the configuration",
    page: include_str!("server_refuses_to_start.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: Some(ObservationKind::ServerRefusesToStart),
};

/// A list of groups that older releases of the library refuse, where no target says which release it is.
fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let Setting::Written(written) = &endpoint.groups else { return };
    let Some(before) = offer.groups_refused_before else { return };
    let location = written.value.text.location().unwrap_or(written.location);
    let message = format!(
        "the server does not start with {} before {}, which does not know the whole list of groups",
        endpoint.library.family().name(),
        before
    );
    let mut finding = Finding::new(CHECK.id, Severity::Note, location, message)
        .label("not for every release")
        .help("name the target with --target, or keep to groups that every release in use knows");
    finding.context = format!("groups before {before}");
    findings.report(endpoint, &written.provenance, finding);
}
