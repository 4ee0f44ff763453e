use super::groups::{named, names};
use super::{Check, Findings, Subject, cause};
use crate::finding::{Cause, Finding, Severity};
use crate::group::Group;
use crate::library::obstacle::usable;
use crate::policy::{Policy, Requirement, Standing};
use crate::setting::Setting;
use crate::span::Location;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "group-not-approved",
    summary: "an endpoint offers a key-exchange group that the policy does not list, forbids, or wants to be rid of",
    page: include_str!("group_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// What is wrong with a group.
struct Fault<'p> {
    rule: &'p Requirement<Vec<Group>>,
    severity: Severity,
    /// How it stands to the policy: `not listed by P`.
    words: String,
    label: &'static str,
}

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    if policy.groups.listing.is_empty() || !subject.speaks_tls() {
        return;
    }
    let mut offered: Vec<Group> = usable(subject.offer);
    offered.sort();
    offered.retain(|group| fault(subject, *group).is_some());
    match &endpoint.groups {
        Setting::Default { source, .. } => {
            report(subject, endpoint.location, &offered, &format!(" by default ({source})"), findings);
        }
        Setting::Written(written) => {
            let mut left = offered;
            for (span, group) in named(written.value.text.as_str()) {
                if let Some(at) = left.iter().position(|other| *other == group) {
                    left.remove(at);
                    let location = written.value.text.locate(span).unwrap_or(written.location);
                    report(subject, location, &[group], "", findings);
                }
            }
            // What a word such as DEFAULT stands for has no place of its own.
            report(subject, written.location, &left, "", findings);
        }
        Setting::Unknown(_) => {}
    }
}

/// Reports groups at one place, those together that one requirement is about.
fn report(subject: &Subject<'_>, location: Location, groups: &[Group], origin: &str, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let mut by_rule: BTreeMap<&str, (Fault<'_>, Vec<Group>)> = BTreeMap::new();
    for group in groups {
        let Some(fault) = fault(subject, *group) else { continue };
        by_rule.entry(fault.rule.id.as_str()).or_insert((fault, Vec::new())).1.push(*group);
    }
    for (Fault { rule, severity, words, label }, groups) in by_rule.into_values() {
        let verb = if groups.len() == 1 { "is" } else { "are" };
        let rest = format!("offered{origin} and {words}");
        let message = format!("{} {verb} {rest}", names(&groups));
        let subjects: Vec<_> = groups.iter().map(|group| group.name().to_owned()).collect();
        let setting = cause::of(&endpoint.groups, endpoint.location);
        let behind = [format!(" is {rest}"), format!(" are {rest}")];
        let because = Cause::new(setting, subjects.clone(), "groups", behind);
        let mut finding = Finding::new(CHECK.id, severity, location, message)
            .label(label)
            .because(because)
            .data("groups", subjects)
            .cites(rule.cite(policy));
        finding.help = help(policy, severity).map(|listed| format!("offer {} only", names(listed)));
        finding.context = format!("groups {}", names(&groups));
        findings.report(endpoint, endpoint.groups.provenance(), finding);
    }
}

/// The groups to offer instead; what a document does not know is no reason to offer others.
fn help(policy: &Policy, severity: Severity) -> Option<&[Group]> {
    let listed = policy.groups.listing.approved.as_ref()?;
    (severity > Severity::Note).then_some(listed.value.as_slice())
}

fn fault<'p>(subject: &Subject<'p>, group: Group) -> Option<Fault<'p>> {
    let policy = subject.policy;
    let bound = |rule: &Requirement<Vec<Group>>| rule.strength.severity();
    Some(match policy.groups.listing.standing(&group) {
        Standing::Approved | Standing::Silent => return None,
        Standing::Forbidden(rule) => {
            Fault { rule, severity: bound(rule), words: format!("forbidden by {}", policy.id), label: "forbidden" }
        }
        Standing::NotListed(rule) => {
            Fault { rule, severity: bound(rule), words: format!("not listed by {}", policy.id), label: "not listed" }
        }
        Standing::PhaseOut(rule) => {
            let (severity, when) = rule.grant(subject.trust.today);
            let words = format!("to be phased out by {}{when}: {}", policy.id, rule.why);
            Fault { rule, severity, words, label: "to be phased out" }
        }
        Standing::Unknown(rule) => {
            let words = format!("unknown to {}", policy.dated());
            Fault { rule, severity: Severity::Note, words, label: "younger than the document" }
        }
    })
}
