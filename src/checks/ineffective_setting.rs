use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::observation::ObservationKind;
use crate::protocol::ProtocolSet;
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "ineffective-setting",
    summary: "a setting is written and has no effect on this target",
    page: include_str!("ineffective_setting.md"),
    level: Severity::Note,
    endpoint: Some(run),
    observation: Some(ObservationKind::IneffectiveSetting),
};

/// Reports declared protocols that the policy would not suffer and that this target does not serve: listed, dead, one security
/// level away.
fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(floor) = policy.protocols.minimum.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let Setting::Written(written) = &endpoint.protocols else { return };
    for (brought, location) in &written.value.brought_by {
        let declared = brought.intersection(offer.declared_protocols.unwrap_or_default());
        let dead: ProtocolSet =
            declared.iter().filter(|protocol| *protocol < floor.value && !offer.protocols.contains(*protocol)).collect();
        if dead.is_empty() {
            continue;
        }
        let library = endpoint.library.name();
        let (verb, it) = if dead.iter().count() == 1 { ("is", "it") } else { ("are", "them") };
        let words = dead.in_words();
        let message = format!(
            "{words} {verb} listed and not served: {library} forbids {it} at security level {}",
            offer.security_level
        );
        let mut finding = Finding::new(CHECK.id, CHECK.level, *location, message)
            .label("listed, not served")
            .help(format!("write {}", (endpoint.spelling.protocols)(written.value.set.iter().filter(|p| *p >= floor.value).collect())))
            .data("protocols", dead.iter().map(|protocol| protocol.name().to_owned()))
            .cites(floor.cite(policy));
        finding.context = format!("{} {dead}", endpoint.spelling.keys.protocols);
        findings.report(endpoint, &written.provenance, finding);
    }
}
