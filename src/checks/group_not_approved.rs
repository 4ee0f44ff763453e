use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::group::Group;
use crate::setting::Setting;
use crate::span::{Location, Span};

pub(super) const CHECK: Check = Check {
    id: "group-not-approved",
    summary: "an endpoint offers a key-exchange group that the policy does not list",
    page: include_str!("group_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let Some(rule) = policy.groups.as_ref().filter(|_| subject.speaks_tls()) else { return };
    // Only groups that some handshake can use: below TLS 1.3 those need an ECDHE suite. In a part of a configuration the
    // protocols may not be known; then all that are listed count.
    let mut outside: Vec<Group> = if offer.declared_protocols.is_some() {
        offer.protocols.iter().flat_map(|protocol| offer.groups(protocol)).collect()
    } else {
        offer.groups.clone()
    };
    outside.retain(|group| !rule.value.contains(group));
    outside.sort();
    outside.dedup();
    let names = |groups: &[Group]| groups.iter().map(|group| group.name()).collect::<Vec<_>>().join(", ");
    let report = |location: Location, groups: &[Group], origin: &str, findings: &mut Findings| {
        let verb = if groups.len() == 1 { "is" } else { "are" };
        let message = format!("{} {verb} offered{origin} and not listed by {}", names(groups), policy.id);
        let mut finding = Finding::new(CHECK.id, rule.strength.severity(), location, message)
            .label("not listed")
            .help(format!("offer {} only", names(&rule.value)))
            .data("groups", groups.iter().map(|group| group.name().to_owned()))
            .cites(rule.cite(policy));
        finding.context = format!("groups {}", names(groups));
        findings.report(endpoint, endpoint.groups.provenance(), finding);
    };
    match &endpoint.groups {
        Setting::Default { source, .. } if !outside.is_empty() => {
            report(endpoint.location, &outside, &format!(" by default ({source})"), findings);
        }
        Setting::Written(written) => {
            let mut left = outside;
            for (span, group) in named(written.value.text.as_str()) {
                if let Some(at) = left.iter().position(|other| *other == group) {
                    left.remove(at);
                    report(written.value.text.locate(span).unwrap_or(written.location), &[group], "", findings);
                }
            }
            // What a word such as DEFAULT stands for has no place of its own.
            if !left.is_empty() {
                report(written.location, &left, "", findings);
            }
        }
        Setting::Default { .. } | Setting::Unknown(_) => {}
    }
}

/// The groups that a list names, with the place of each name in it.
fn named(list: &str) -> Vec<(Span, Group)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in list.split_inclusive([':', '/', ',', ' ']) {
        let name = word.trim_end_matches([':', '/', ',', ' ']);
        let bare = name.trim_start_matches(['?', '*']);
        let at = start + name.len() - bare.len();
        found.extend(
            Group::from_name(bare).map(|group| (Span::new(at as u32, (at + bare.len()) as u32), group)),
        );
        start += word.len();
    }
    found
}
