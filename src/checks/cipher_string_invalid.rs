use super::{Check, Findings, Subject};
use crate::finding::{Finding, Severity};
use crate::library::ErrorKind;

pub(super) const CHECK: Check = Check {
    id: "cipher-string-invalid",
    summary: "the library refuses the cipher string, so the server does not start",
    page: include_str!("cipher_string_invalid.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let error = offer.expansion.as_ref().and_then(|expansion| expansion.error);
    let (Some(error), Some(string), true) = (error, endpoint.cipher_string.value(), subject.speaks_tls()) else { return };
    let text = error.span.of(string.as_str());
    let (message, label) = match error.kind {
        ErrorKind::NoCipherMatch => ("selects no cipher suite at all".to_owned(), "no cipher match".to_owned()),
        kind if text.is_empty() => {
            let kind = kind.name().replace('-', " ");
            (format!("cannot be read: {kind}, for a word is missing"), kind)
        }
        kind => (format!("cannot be read: {} at {text:?}", kind.name().replace('-', " ")), kind.name().replace('-', " ")),
    };
    let location = match error.kind {
        ErrorKind::NoCipherMatch => string.location(),
        _ => string.locate(error.span),
    };
    let location = location.or(endpoint.cipher_string.location()).unwrap_or(endpoint.location);
    let message = format!("{} refuses this cipher string: it {message}", endpoint.library.name());
    let mut finding = Finding::new(CHECK.id, CHECK.level, location, message).label(label);
    finding.context = format!("{} {}", endpoint.spelling.keys.cipher_string, string.as_str());
    findings.report(endpoint, endpoint.cipher_string.provenance(), finding);
}
