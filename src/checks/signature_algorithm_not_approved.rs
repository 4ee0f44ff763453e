use super::{Check, Findings, Subject};
use crate::endpoint::{KeyType, Role};
use crate::finding::{Finding, Severity};
use crate::library::{Choice, Family};
use crate::policy::signature::scheme;
use crate::setting::Setting;
use crate::signature::Scheme;
use crate::span::{Location, Span};

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
    let Some(rule) = policy.signature_algorithms.as_ref().filter(|_| subject.speaks_tls()) else { return };
    let is_outside = |scheme: &Scheme| !rule.value.iter().any(|known| known == scheme.name());
    // In a part of a configuration the protocols may not be known; then all that are listed count.
    let usable = offer.declared_protocols.map(|_| {
        let versions = offer.protocols.iter();
        versions.flat_map(|protocol| offer.signature_schemes(protocol, endpoint.role)).collect::<Vec<_>>()
    });
    let binding = rule.strength.severity();
    let report = |location: Location, schemes: &[Scheme], (severity, how): (Severity, &str), help: String, findings: &mut Findings| {
        let names: Vec<_> = schemes.iter().map(|scheme| scheme.name()).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let message = format!("{} {verb} {how} and not listed by {}", names.join(", "), policy.id);
        let mut finding = Finding::new(CHECK.id, severity, location, message)
            .label("not listed")
            .help(help)
            .data("signature_algorithms", names.iter().map(|name| (*name).to_owned()))
            .cites(rule.cite(policy));
        finding.context = format!("signature-algorithms {}", names.join(" "));
        findings.report(endpoint, endpoint.signature_algorithms.provenance(), finding);
    };
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
            if !outside.is_empty() {
                let how = format!("offered by default ({})", endpoint.library.name());
                let help = format!("list those to offer, out of {}", rule.value.join(", "));
                report(endpoint.location, &outside, (binding, &how), help, findings);
            }
        }
        Setting::Unknown(_) => {}
        Setting::Written(written) => {
            for (span, name) in words(written.value.as_str()) {
                let Some(outside) = scheme(name).filter(is_outside) else { continue };
                let is_usable = usable.as_ref().is_none_or(|usable| usable.contains(&outside));
                // Listed and dead on this target: worth knowing of, since one more setting brings it to life.
                let dead = (Severity::Note, "listed, though no handshake here can use it,");
                let found = if is_usable { (binding, "offered") } else { dead };
                let location = written.value.locate(span).unwrap_or(written.location);
                report(location, &[outside], found, format!("remove {name}"), findings);
            }
        }
    }
}

/// The elements of a list, each with its place in it.
fn words(list: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut start = 0;
    list.split_inclusive([':', ',']).map(move |word| {
        let name = word.trim_end_matches([':', ',']);
        let span = Span::new(start as u32, (start + name.len()) as u32);
        start += word.len();
        (span, name)
    })
}
