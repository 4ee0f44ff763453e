use super::{Check, Findings, Subject, cause};
use crate::endpoint::{DhParameters, Role};
use crate::finding::{Cause, Finding, Severity};
use crate::setting::Setting;
use crate::suite::KeyExchange;

pub(super) const CHECK: Check = Check {
    id: "dhe-without-parameters",
    summary: "DHE suites are listed and the server has no parameters to run them",
    page: include_str!("dhe_without_parameters.md"),
    level: Severity::Note,
    endpoint: Some(run),
    observation: None,
};

/// Reports each word that brings in nothing but DHE suites.
fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let (Setting::Written(written), Some(expansion)) = (&endpoint.cipher_string, &offer.expansion) else { return };
    let lack = lack(subject);
    if offer.runs_dhe || endpoint.role == Role::Client || !subject.speaks_tls() || endpoint.refuses.is_some() || offer.is_dead() {
        return;
    }
    for (index, token) in expansion.tokens.iter().enumerate() {
        let mut listed = expansion.suites.iter().filter(|selected| selected.token == index).peekable();
        if listed.peek().is_none() || !listed.all(|selected| selected.suite.facts().key_exchange == KeyExchange::Dhe) {
            continue;
        }
        let Some(location) = written.value.locate(token.span) else { continue };
        let rest = format!("DHE suites alone, and {lack}: none is negotiated");
        let message = format!("{} brings in {rest}", token.text);
        let setting = cause::of(&endpoint.cipher_string, endpoint.location);
        let behind = [format!(" brings in {rest}"), format!(" bring in {rest}")];
        let because = Cause::new(setting, vec![token.text.to_string()], "words", behind);
        let mut finding = Finding::new(CHECK.id, CHECK.level, location, message)
            .label("never negotiated")
            .because(because)
            .help(mend(subject, &token.text));
        finding.context = format!("{} {}", endpoint.spelling.keys.cipher_string, token.text);
        findings.report(endpoint, &[], finding);
    }
}

/// The list without the word, where others are left that the server may offer.
fn mend(subject: &Subject<'_>, word: &str) -> String {
    let Subject { endpoint, offer, .. } = *subject;
    let listed = offer.expansion.iter().flat_map(|expansion| &expansion.suites);
    let others: Vec<_> = listed.filter(|one| one.suite.facts().key_exchange != KeyExchange::Dhe).collect();
    // Each release that may run it needs something.
    let is_left = endpoint.library.members().all(|library| others.iter().any(|one| library.has(one.suite)));
    if is_left { format!("remove {word}") } else { "name suites with ECDHE in their place".to_owned() }
}

/// Why no DHE suite can be run.
fn lack(subject: &Subject<'_>) -> String {
    let Subject { endpoint, offer, .. } = *subject;
    match endpoint.dh_parameters.value() {
        Some(DhParameters::Bits(bits)) => {
            format!("security level {} refuses Diffie-Hellman parameters of {bits} bits", offer.security_level)
        }
        _ => "there are no Diffie-Hellman parameters for them".to_owned(),
    }
}
