use super::{Check, Findings, Subject, advice};
use crate::endpoint::{Endpoint, Role};
use crate::finding::{Finding, Severity};
use crate::library::{Choice, ErrorKind, Library, nearest_word};

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
    let (why, label) = match error.kind {
        ErrorKind::NoCipherMatch => ("it selects no cipher suite at all".to_owned(), "no suite is left"),
        ErrorKind::InvalidCommand if text.is_empty() => ("a word is missing".to_owned(), "a word is missing here"),
        ErrorKind::InvalidCommand => (format!("it does not know {text:?}"), "not known"),
        ErrorKind::MixedSpecialOperatorWithGroups => {
            (format!("{text:?} stands behind a group, where only suites may be added"), "not allowed behind a group")
        }
        ErrorKind::UnexpectedOperatorInGroup => {
            (format!("{text:?} stands inside a group, which takes suites and | alone"), "not allowed inside a group")
        }
    };
    let location = match error.kind {
        ErrorKind::NoCipherMatch => string.location(),
        _ => string.locate(error.span),
    };
    let location = location.or(endpoint.cipher_string.location()).unwrap_or(endpoint.location);
    let stops = if endpoint.role == Role::Server { "does not start" } else { "cannot connect" };
    let message = format!("{} refuses this cipher string, so the server {stops}: {why}", who(endpoint, string.as_str()));
    let mut finding = Finding::new(CHECK.id, CHECK.level, location, message).label(label);
    let nearest = endpoint.library.members().next().and_then(|library| nearest_word(library, text));
    finding.help = match nearest.filter(|_| !text.is_empty()) {
        Some(name) => Some(format!("write {name} in its place")),
        None => advice::cipher_string(subject),
    };
    finding.context = format!("{} {}", endpoint.spelling.keys.cipher_string, string.as_str());
    findings.report(endpoint, endpoint.cipher_string.provenance(), finding);
}

/// The libraries that refuse the string: the one of the target, or of those that may run it all or the ones that do.
fn who(endpoint: &Endpoint, string: &str) -> String {
    if !matches!(endpoint.library, Choice::Any(_)) {
        return endpoint.library.name();
    }
    let refuses = |library: &&'static Library| Choice::Named(library).expand(string, endpoint.parser).error.is_some();
    let all = endpoint.library.members().count();
    let mut names: Vec<String> =
        endpoint.library.members().filter(refuses).map(|library| Choice::Named(library).name()).collect();
    if names.is_empty() || names.len() == all {
        return format!("every supported {}", endpoint.library.family().name());
    }
    names.dedup();
    names.join(", ")
}
