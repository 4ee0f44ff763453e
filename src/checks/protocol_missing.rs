use super::{Check, Findings, Subject, cause};
use crate::endpoint::Transport;
use crate::finding::{Finding, Severity};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "protocol-missing",
    summary: "an endpoint does not offer a protocol version that the policy requires",
    page: include_str!("protocol_missing.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(rule) = policy.protocols.required.as_ref().filter(|_| subject.speaks_tls()) else { return };
    // Where no version is left at all, other checks say why; where not all are known, one of the others may be the missing one.
    if offer.declared_protocols.is_none() || offer.protocols.is_empty() || endpoint.refuses.is_some() {
        return;
    }
    let applies = |protocol: &Protocol| endpoint.transport != Transport::Quic || *protocol == Protocol::Tls13;
    let missing: ProtocolSet =
        rule.value.without(offer.protocols).iter().filter(applies).collect();
    if missing.is_empty() {
        return;
    }
    let (location, origin) = match &endpoint.protocols {
        Setting::Default { source, .. } => (endpoint.location, format!(" by default ({source})")),
        Setting::Unknown(_) => return,
        Setting::Written(written) => (written.location, String::new()),
    };
    let verb = if missing.iter().count() == 1 { "is" } else { "are" };
    let names = missing.in_words();
    let message = format!("{names} {verb} not offered{origin}, and {} requires {}", policy.id, rule.value.in_words());
    let unbuilt: ProtocolSet =
        missing.iter().filter(|protocol| !endpoint.library.builds_protocol(*protocol)).collect();
    let help = if unbuilt.is_empty() {
        format!("write {}", (endpoint.spelling.protocols)(offer.protocols.union(missing)))
    } else {
        format!("use a library that has {}: {} does not", unbuilt.in_words(), endpoint.library.name())
    };
    let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
        .label(format!("leaves out {names}"))
        .help(help)
        .data("protocols", missing.iter().map(|protocol| protocol.name().to_owned()))
        .because(cause::bare(&endpoint.protocols, endpoint.location))
        .cites(rule.cite(policy));
    finding.context = format!("{} without {missing}", endpoint.spelling.keys.protocols);
    findings.report(endpoint, endpoint.protocols.provenance(), finding);
}
