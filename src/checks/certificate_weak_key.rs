use super::{Check, Findings, Subject, served};
use crate::endpoint::{Certificate, KeyType};
use crate::finding::{Citation, Severity};

pub(super) const CHECK: Check = Check {
    id: "certificate-weak-key",
    summary: "the key of a certificate or an intermediate is too short, or of a type or curve that the policy does not allow",
    page: include_str!("certificate_weak_key.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

/// The shortest RSA key that public CAs certify, in bits (CA/Browser Forum Baseline Requirements, section 6.1.5).
const SHORTEST_RSA: u32 = 2048;

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    for (used, certificate, name) in served::relied_on(subject) {
        let Some((bound, words)) = fault(subject, certificate) else { continue };
        let key = describe(certificate);
        let message = format!("the key of {name} is {key}, {words}");
        let help = "make a new key (RSA of 2048 bits or more, or ECDSA on P-256) and have a certificate issued for it".to_owned();
        served::report(subject, &CHECK, used, bound, [message, key, help], findings);
    }
}

/// What is wrong with a key, by the policy first, by what clients accept where it is silent.
fn fault(subject: &Subject<'_>, certificate: &Certificate) -> Option<((Severity, Option<Citation>), String)> {
    let (rules, policy) = (&subject.policy.certificate, &subject.policy.id);
    let is_rsa = matches!(certificate.key_type, KeyType::Rsa | KeyType::RsaPss);
    if let Some(rule) = &rules.key_types
        && !rule.value.iter().any(|name| name == certificate.key_type.name())
    {
        let words = format!("and {policy} allows {}", rule.value.join(", "));
        return Some((served::bound(subject, &CHECK, Some(rule)), words));
    }
    if is_rsa {
        let shortest = rules.rsa_bits.as_ref().map_or(SHORTEST_RSA, |rule| rule.value);
        if certificate.key_bits >= shortest {
            return graded(subject, certificate);
        }
        let whose = if rules.rsa_bits.is_some() { format!("{policy} asks for") } else { "clients expect".to_owned() };
        let bound = served::bound(subject, &CHECK, rules.rsa_bits.as_ref());
        return Some((bound, format!("and {whose} {shortest} bits or more")));
    }
    if let (Some(rule), Some(curve)) = (&rules.curves, &certificate.curve)
        && !rule.value.contains(curve)
    {
        let words = format!("and {policy} allows {}", rule.value.join(", "));
        return Some((served::bound(subject, &CHECK, Some(rule)), words));
    }
    let is_weak = certificate.key_type == KeyType::Dsa
        || (certificate.key_type == KeyType::Ecdsa && (1..224).contains(&certificate.key_bits));
    is_weak.then(|| ((CHECK.level, None), "which clients refuse".to_owned()))
}

/// What is wrong with an RSA key that is long enough.
fn graded(subject: &Subject<'_>, certificate: &Certificate) -> Option<((Severity, Option<Citation>), String)> {
    let (rules, policy, bits) = (&subject.policy.certificate, &subject.policy.id, certificate.key_bits);
    if let Some(sizes) = rules.rsa_sizes.as_ref().filter(|rule| !rule.value.contains(&bits)) {
        let listed = sizes.value.iter().map(u32::to_string).collect::<Vec<_>>().join(" or ");
        return Some((served::bound(subject, &CHECK, Some(sizes)), format!("and {policy} allows {listed} bits alone")));
    }
    let good = rules.rsa_bits_good.as_ref().filter(|rule| bits < rule.value)?;
    let words = format!("to be phased out by {policy}, which grades {} bits or more good", good.value);
    Some((served::bound(subject, &CHECK, Some(good)), words))
}

/// `RSA of 1024 bits`, `ECDSA on secp384r1`.
fn describe(certificate: &Certificate) -> String {
    let bits = certificate.key_bits;
    match (certificate.key_type, &certificate.curve) {
        (KeyType::Ecdsa, Some(curve)) => format!("ECDSA on {curve}"),
        (KeyType::Ed25519, _) => "Ed25519".to_owned(),
        (KeyType::Ed448, _) => "Ed448".to_owned(),
        (other, _) => format!("{} of {bits} bits", other.name().to_uppercase()),
    }
}
