use super::schemes::{Fault, fault, words};
use super::{Check, Findings, Subject, cause};
use crate::endpoint::{KeyType, Role};
use crate::finding::{Cause, Finding, Severity};
use crate::library::{Choice, Family};
use crate::policy::signature::scheme;
use crate::setting::Setting;
use crate::signature::Scheme;
use crate::span::Location;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "signature-algorithm-not-approved",
    summary: "an endpoint offers a signature algorithm that the policy does not list",
    page: include_str!("signature_algorithm_not_approved.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// CA/Browser Forum, Baseline Requirements, section 6.1.5.
const COMMON_KEYS: [KeyType; 2] = [KeyType::Ecdsa, KeyType::Rsa];

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    if policy.signature_algorithms.is_empty() || !subject.speaks_tls() {
        return;
    }
    let is_outside = |scheme: &Scheme| fault(subject, *scheme).is_some();
    // In a part of a configuration the protocols may not be known; then all that are listed count.
    let usable = offer.declared_protocols.map(|_| {
        let versions = offer.protocols.iter();
        versions.flat_map(|protocol| offer.signature_schemes(protocol, endpoint.role)).collect::<Vec<_>>()
    });
    match &endpoint.signature_algorithms {
        // What a client lists by default depends on the release, and without a target that is anyone's guess; BoringSSL's clients list
        // other schemes than they sign with (kVerifySignatureAlgorithms), and those are not among the rules.
        Setting::Default { .. }
            if endpoint.role == Role::Client
                && (matches!(endpoint.library, Choice::Any(_)) || endpoint.library.family() == Family::BoringSsl) => {}
        Setting::Default { .. } => {
            // Keys that are not known are of the types that public CAs certify.
            let has_key = |scheme: &Scheme| {
                endpoint.role == Role::Client || offer.certificates_known || COMMON_KEYS.contains(&scheme.facts().key)
            };
            let mut outside: Vec<_> = usable.into_iter().flatten().filter(is_outside).filter(has_key).collect();
            outside.sort_unstable();
            outside.dedup();
            report(subject, endpoint.location, &outside, Offered::ByDefault, findings);
        }
        Setting::Unknown(_) => {}
        Setting::Written(written) => {
            for (span, name) in words(written.value.as_str()) {
                let Some(outside) = scheme(name).filter(is_outside) else { continue };
                let is_usable = usable.as_ref().is_none_or(|usable| usable.contains(&outside));
                let how = if is_usable { Offered::Listed } else { Offered::Dead };
                let location = written.value.locate(span).unwrap_or(written.location);
                report(subject, location, &[outside], how, findings);
            }
        }
    }
}

/// How schemes come to be offered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offered {
    ByDefault,
    /// Listed, and no handshake on this target can use it: worth knowing of, since one more setting brings it to life.
    Dead,
    Listed,
}

/// Reports schemes at one place, those together that one requirement is about.
fn report(subject: &Subject<'_>, location: Location, schemes: &[Scheme], how: Offered, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let mut by_rule: BTreeMap<&str, (Fault<'_>, Vec<&str>)> = BTreeMap::new();
    for scheme in schemes {
        let Some(fault) = fault(subject, *scheme) else { continue };
        by_rule.entry(fault.rule.id.as_str()).or_insert((fault, Vec::new())).1.push(scheme.name());
    }
    for (Fault { rule, severity, words }, names) in by_rule.into_values() {
        let verb = if names.len() == 1 { "is" } else { "are" };
        let (severity, how) = match how {
            Offered::ByDefault => (severity, format!("offered by default ({})", endpoint.library.name())),
            Offered::Dead => (Severity::Note, "listed, though no handshake here can use it,".to_owned()),
            Offered::Listed => (severity, "offered".to_owned()),
        };
        let rest = format!("{how} and {words}");
        let message = format!("{} {verb} {rest}", names.join(", "));
        let setting = cause::of(&endpoint.signature_algorithms, endpoint.location);
        let subjects: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let behind = [format!(" is {rest}"), format!(" are {rest}")];
        let because = Cause::new(setting, subjects.clone(), "signature algorithms", behind);
        let mut finding = Finding::new(CHECK.id, severity, location, message)
            .label(words.split(" by ").next().unwrap_or_default())
            .because(because)
            .data("signature_algorithms", subjects)
            .cites(rule.cite(policy));
        let listed = policy.signature_algorithms.approved.as_ref();
        finding.help = if endpoint.signature_algorithms.location().is_some() {
            Some(format!("remove {}", names.join(", ")))
        } else {
            listed.map(|rule| format!("list those to offer, out of {}", rule.value.join(", ")))
        };
        finding.context = format!("signature-algorithms {}", names.join(" "));
        findings.report(endpoint, endpoint.signature_algorithms.provenance(), finding);
    }
}
