use super::{Check, Findings, Subject};
use crate::endpoint::Role;
use crate::finding::{Finding, Severity};
use crate::library::Choice;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "protocol-below-floor",
    summary: "an endpoint enables a protocol version below the policy's floor",
    page: include_str!("protocol_below_floor.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(floor) = policy.protocols.minimum.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let below = |set: ProtocolSet| -> ProtocolSet { set.iter().filter(|protocol| *protocol < floor.value).collect() };
    let too_old = below(offer.protocols);
    if too_old.is_empty() {
        return;
    }
    let wanted = (endpoint.spelling.protocols)(ProtocolSet::between(floor.value, Protocol::Tls13));
    let against = format!("below the floor {} of {}", floor.value, policy.id);
    let finding = |location, set: ProtocolSet, origin: &str| {
        let verb = if set.iter().count() == 1 { "is" } else { "are" };
        let message = format!("{} {verb} enabled{origin}, {against}", set.in_words());
        Finding::new(CHECK.id, floor.strength.severity(), location, message)
            .label(format!("enables {}", set.in_words()))
            .help(format!("write {wanted}"))
            .data("protocols", set.iter().map(|protocol| protocol.name().to_owned()))
            .cites(floor.cite(policy))
    };
    match &endpoint.protocols {
        Setting::Unknown(_) => {}
        // Whether a client's default matters depends on the release, and without a target that is anyone's guess.
        Setting::Default { .. } if endpoint.role == Role::Client && matches!(endpoint.library, Choice::Any(_)) => {}
        Setting::Default { source, .. } => {
            let finding = finding(endpoint.location, too_old, &format!(" by default ({source})"));
            findings.report(endpoint, &[], with_context(finding, endpoint.spelling.keys.protocols, "default"));
        }
        Setting::Written(written) => {
            // Versions that no word names are there by default, whatever is written of the others.
            let named = written.value.brought_by.iter().fold(ProtocolSet::EMPTY, |all, (set, _)| all.union(*set));
            let rest: ProtocolSet = too_old.iter().filter(|protocol| !named.contains(*protocol)).collect();
            if !rest.is_empty() {
                let finding = finding(written.location, rest, " by default");
                let context = format!("default {rest}");
                findings.report(
                    endpoint,
                    &written.provenance,
                    with_context(finding, endpoint.spelling.keys.protocols, &context),
                );
            }
            for (brought, location) in &written.value.brought_by {
                let set = below(brought.intersection(too_old));
                if !set.is_empty() {
                    let finding = finding(*location, set, "");
                    let context = set.to_string();
                    findings.report(
                        endpoint,
                        &written.provenance,
                        with_context(finding, endpoint.spelling.keys.protocols, &context),
                    );
                }
            }
        }
    }
}

fn with_context(mut finding: Finding, key: &str, value: &str) -> Finding {
    finding.context = format!("{key} {value}");
    finding
}
