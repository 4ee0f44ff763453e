use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "protocol-above-ceiling",
    summary: "an endpoint enables a protocol version above the policy's ceiling",
    page: include_str!("protocol_above_ceiling.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(ceiling) = policy.protocols.maximum.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let above = |set: ProtocolSet| set.iter().filter(|one| *one > ceiling.value).collect::<ProtocolSet>();
    let too_new = above(offer.protocols);
    if too_new.is_empty() {
        return;
    }
    let floor = policy.protocols.minimum.as_ref().map_or(Protocol::Tls12, |rule| rule.value);
    let wanted = (endpoint.spelling.protocols)(ProtocolSet::between(floor.min(ceiling.value), ceiling.value));
    let places = match &endpoint.protocols {
        Setting::Default { source, .. } => vec![(endpoint.location, too_new, format!(" by default ({source})"))],
        Setting::Unknown(_) => Vec::new(),
        Setting::Written(written) => {
            let brought = written.value.brought_by.iter();
            let brought = brought.map(|(set, place)| (*place, above(set.intersection(too_new)), String::new()));
            brought.filter(|(_, set, _)| !set.is_empty()).collect()
        }
    };
    for (location, set, origin) in places {
        let message = format!("{set} is enabled{origin}, above the ceiling {} of {}", ceiling.value, policy.id);
        let mut finding = Finding::new(CHECK.id, ceiling.strength.severity(), location, message)
            .label(format!("enables {set}"))
            .help(format!("write {wanted}"))
            .data("protocols", set.iter().map(|protocol| protocol.name().to_owned()))
            .cites(ceiling.cite(policy));
        finding.context = format!("{} {set}", endpoint.spelling.keys.protocols);
        findings.report(endpoint, endpoint.protocols.provenance(), finding);
    }
}
