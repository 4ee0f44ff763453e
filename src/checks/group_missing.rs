use super::groups::{help, list, names};
use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::group::Group;
use crate::library::obstacle::{Obstacle, usable};
use crate::policy::Requirement;
use crate::protocol::Protocol;
use crate::setting::Setting;
use crate::span::Location;

pub(super) const CHECK: Check = Check {
    id: "group-missing",
    summary: "an endpoint does not offer a key-exchange group that the policy requires, or does not put it first",
    page: include_str!("group_missing.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// The requirement that is about order.
const FIRST: &str = "groups.first";

/// A requirement on groups.
type Rule = Requirement<Vec<Group>>;

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let is_known = offer.declared_protocols.is_some() && endpoint.groups.value().is_some();
    // Where no handshake can end at all, other checks say why.
    if !subject.speaks_tls() || !is_known || offer.protocols.is_empty() || endpoint.refuses.is_some() {
        return;
    }
    let offered = usable(offer);
    let rules = &policy.groups;
    if let Some(rule) = &rules.required {
        let missing: Vec<Group> = rule.value.iter().copied().filter(|group| !offered.contains(group)).collect();
        for group in missing {
            let demand = format!("{group} is not offered, and {} requires it", policy.id);
            missing_one(subject, rule, &[group], &demand, findings);
        }
    }
    if let Some(rule) = &rules.at_least_one {
        let demand = match rule.value.as_slice() {
            [only] => format!("{only} is not offered, and {} requires it", policy.id),
            several => format!("none of {} is offered, and {} requires one", names(several), policy.id),
        };
        missing_one(subject, rule, &rule.value, &demand, findings);
    }
    if let Some(rule) = &rules.first {
        first(subject, rule, &offered, findings);
    }
}

/// Reports that none of `wanted` is offered, where that is so.
fn missing_one(subject: &Subject<'_>, rule: &Rule, wanted: &[Group], demand: &str, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(obstacle) = Obstacle::of(endpoint, offer, wanted) else { return };
    // That a version is missing is told once, where the policy requires it.
    let is_told = policy.protocols.required.as_ref().is_some_and(|rule| rule.value.contains(Protocol::Tls13));
    if obstacle == Obstacle::Protocol && is_told {
        return;
    }
    let location = match obstacle {
        Obstacle::Protocol => endpoint.protocols.location(),
        Obstacle::Level(_) => endpoint.cipher_string.location(),
        Obstacle::Library | Obstacle::List | Obstacle::Default => endpoint.groups.location(),
    };
    let message = format!("{demand}: {}", obstacle.words(endpoint));
    let help = help(subject, obstacle, wanted);
    report(subject, rule, (location, wanted), message, help, findings);
}

/// Reports that another group goes before those that have to come first.
fn first(subject: &Subject<'_>, rule: &Rule, offered: &[Group], findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let best = offered.iter().find(|group| rule.value.contains(group));
    let (Some(best), Some(top)) = (best, offered.first()) else { return };
    // Where the peer's order decides, this end has no first.
    if rule.value.contains(top) || offer.peer_orders_groups.contains(Protocol::Tls13) {
        return;
    }
    let message = format!("{top} goes before {best}, and {} wants {best} first", policy.id);
    let help = list(subject, *best).map(|written| format!("write {written}"));
    report(subject, rule, (endpoint.groups.location(), &[*best]), message, help, findings);
}

fn report(
    subject: &Subject<'_>,
    rule: &Rule,
    (location, groups): (Option<Location>, &[Group]),
    message: String,
    help: Option<String>,
    findings: &mut Findings,
) {
    let endpoint = subject.endpoint;
    let mut finding =
        Finding::new(CHECK.id, rule.strength.severity(), location.unwrap_or(endpoint.location), message)
            .label(if rule.id == FIRST { "not first".to_owned() } else { format!("without {}", names(groups)) })
            .data("groups", groups.iter().map(|group| group.name().to_owned()))
            .cites(rule.cite(subject.policy));
    finding.help = help;
    finding.context = format!("{} {}", rule.id, names(groups));
    let provenance = if matches!(endpoint.groups, Setting::Written(_)) { endpoint.groups.provenance() } else { &[] };
    findings.report(endpoint, provenance, finding);
}
