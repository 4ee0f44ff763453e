//! What the checks of protocol bounds share: where versions outside a bound come from, and how findings about them look.

use super::{Check, Findings, Subject, advice, cause};
use crate::endpoint::Endpoint;
use crate::finding::{Cause, Finding};
use crate::policy::Requirement;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;

/// Reports the versions that are `outside` a bound, which they are `against`, at each place that brings some of them in.
pub(super) fn report(
    subject: &Subject<'_>,
    check: &'static Check,
    (rule, against): (&Requirement<Protocol>, &str),
    outside: ProtocolSet,
    wanted: ProtocolSet,
    findings: &mut Findings,
) {
    let Subject { endpoint, policy, .. } = *subject;
    let wanted = advice::versions(wanted, endpoint);
    let origins = origins(endpoint, outside).into_iter().filter(|(_, versions, _)| !versions.is_empty());
    for (location, versions, default) in origins {
        let verb = if versions.iter().count() == 1 { "is" } else { "are" };
        let words = versions.in_words();
        let rest = format!("enabled{default}, {against} {} of {}", rule.value, policy.id);
        let message = format!("{words} {verb} {rest}");
        let names: Vec<_> = versions.iter().map(|protocol| protocol.name().to_owned()).collect();
        let setting = cause::of(&endpoint.protocols, endpoint.location);
        let because =
            Cause::new(setting, names.clone(), "versions", [format!(" is {rest}"), format!(" are {rest}")]);
        let mut finding = Finding::new(check.id, rule.strength.severity(), location, message)
            .label(format!("enables {words}"))
            .help(format!("write {wanted}"))
            .because(because)
            .data("protocols", names)
            .cites(rule.cite(policy));
        let origin = if default.is_empty() { "" } else { "default " };
        finding.context = format!("{} {origin}{versions}", endpoint.spelling.keys.protocols);
        findings.report(endpoint, endpoint.protocols.provenance(), finding);
    }
}

/// Where `versions` come from: each place with what it brings of them, and how to call that where no word does.
fn origins(endpoint: &Endpoint, versions: ProtocolSet) -> Vec<(Location, ProtocolSet, String)> {
    let written = match &endpoint.protocols {
        Setting::Unknown(_) => return Vec::new(),
        Setting::Default { source, .. } => {
            return vec![(endpoint.location, versions, format!(" by default ({source})"))];
        }
        Setting::Written(written) => written,
    };
    let words = &written.value.brought_by;
    // Versions that no word names are there by default, whatever is written of the others.
    let named = words.iter().fold(ProtocolSet::EMPTY, |all, (set, _)| all.union(*set));
    let rest = versions.without(named);
    let words = words.iter().map(|(set, place)| (*place, set.intersection(versions), String::new()));
    std::iter::once((written.location, rest, " by default".to_owned())).chain(words).collect()
}
