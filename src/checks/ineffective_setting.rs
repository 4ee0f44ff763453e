use super::{Check, Findings, Subject, cause as causes, unserved, unserved_tls13};
use crate::endpoint::{Role, Transport};
use crate::finding::{Cause, Finding, Severity};
use crate::library::cause;
use crate::observation::ObservationKind;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "ineffective-setting",
    summary: "a setting is written and has no effect on this target",
    page: include_str!("ineffective_setting.md"),
    level: Severity::Note,
    endpoint: Some(run),
    observation: Some(ObservationKind::IneffectiveSetting),
};

/// Reports versions and suites that are listed and that nobody can get, whatever the policy says of them. Where nothing at all can be
/// negotiated, `endpoint-dead` says so.
fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let is_out = endpoint.transport == Transport::Quic || endpoint.refuses.is_some() || offer.is_dead();
    if !subject.speaks_tls() || is_out || offer.declared_protocols.is_none() {
        return;
    }
    versions(subject, findings);
    unserved::suites(subject, &CHECK, findings);
    unserved_tls13::suites(subject, &CHECK, findings);
}

fn versions(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let Setting::Written(written) = &endpoint.protocols else { return };
    for (brought, location) in &written.value.brought_by {
        let dead = brought.intersection(written.value.set).without(offer.protocols);
        if dead.is_empty() {
            findings.note_working(CHECK.id, *location);
            continue;
        }
        let (verb, words) = (if dead.iter().count() == 1 { "is" } else { "are" }, dead.in_words());
        let how = if endpoint.role == Role::Server { "served" } else { "used" };
        let why = why_not(subject, dead);
        let message = format!("{words} {verb} listed and not {how}: {why}");
        let names: Vec<_> = dead.iter().map(|protocol| protocol.name().to_owned()).collect();
        let setting = causes::of(&endpoint.protocols, endpoint.location);
        let behind = [format!(" is listed and not {how}"), format!(" are listed and not {how}")];
        let because = Cause::new(setting, names.clone(), "versions", behind).why(why);
        let mut finding = Finding::new(CHECK.id, CHECK.level, *location, message)
            .label(format!("listed, not {how}"))
            .help(mend(subject, dead))
            .because(because)
            .data("protocols", names);
        finding.context = format!("{} {dead}", endpoint.spelling.keys.protocols);
        findings.report(endpoint, &written.provenance, finding);
    }
}

/// The list without what is dead; of one with a gap what stands above it, which alone is dead for want of the versions between.
fn mend(subject: &Subject<'_>, dead: ProtocolSet) -> String {
    let Subject { endpoint, offer, .. } = *subject;
    let written = (endpoint.spelling.protocols)(match offer.protocols.iter().next_back() {
        Some(highest) if is_gap(subject, dead) => dead.iter().filter(|protocol| *protocol > highest).collect(),
        _ => offer.protocols,
    });
    format!("write {written}")
}

/// Whether versions that the library permits are dead because a version below them is left out.
fn is_gap(subject: &Subject<'_>, dead: ProtocolSet) -> bool {
    let Subject { endpoint, offer, .. } = *subject;
    let forbidden = dead.without(offer.permitted_protocols);
    !forbidden.is_empty() && cause::forbids(endpoint, forbidden, offer.security_level).is_none()
}

/// Why versions that are listed cannot be negotiated.
fn why_not(subject: &Subject<'_>, dead: ProtocolSet) -> String {
    let Subject { endpoint, offer, .. } = *subject;
    let forbidden = dead.without(offer.permitted_protocols);
    let left = dead.intersection(offer.permitted_protocols);
    let mut reasons = Vec::new();
    if !forbidden.is_empty() {
        let gap = "of a list with a gap, OpenSSL offers the versions below the gap alone";
        reasons.push(cause::forbids(endpoint, forbidden, offer.security_level).unwrap_or(gap.to_owned()));
    }
    if !left.is_empty() {
        // Versions at several places are told in one sentence: it fits one and many.
        let whom = if forbidden.is_empty() { String::new() } else { format!(" for {}", left.in_words()) };
        let carried = |offered: &crate::library::offer::Offered| {
            left.iter().any(|protocol| offered.suite.facts().minimum <= protocol && protocol < Protocol::Tls13)
        };
        let has_suites = offer.permitted.iter().any(carried);
        let what = if has_suites { "the certificate and its parameters leave no suite" } else { "no suite is left" };
        reasons.push(format!("{what}{whom}"));
    }
    reasons.join("; ")
}
