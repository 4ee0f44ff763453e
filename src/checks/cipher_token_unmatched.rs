use super::{Check, Findings, Subject, cause};
use crate::finding::{Cause, Finding, Severity};
use crate::library::{Expansion, Operator, Reason, Token};
use crate::span::Span;
use crate::suite::Suite;

pub(super) const CHECK: Check = Check {
    id: "cipher-token-unmatched",
    summary: "a word of a cipher string selects nothing: misspelt, dead, or said twice",
    page: include_str!("cipher_token_unmatched.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let (Some(expansion), Some(string), true) =
        (&offer.expansion, endpoint.cipher_string.value(), subject.speaks_tls())
    else {
        return;
    };
    if endpoint.cipher_string.location().is_none() || expansion.error.is_some() {
        return;
    }
    for (token, reason) in expansion.unmatched() {
        let Some((severity, why, help)) = explain(subject, expansion, token, reason) else { continue };
        let span = reason.word().filter(|_| named(token).is_none()).unwrap_or(token.span);
        let Some(location) = string.locate(span) else { continue };
        let message = format!("{} selects nothing: {why}", token.text);
        let key = endpoint.spelling.keys.cipher_string;
        let setting = cause::of(&endpoint.cipher_string, endpoint.location);
        let behind = [" selects nothing".to_owned(), " select nothing".to_owned()];
        let because =
            Cause::new(setting, vec![token.text.to_string()], format!("words of {key}"), behind).why(why);
        let mut finding =
            Finding::new(CHECK.id, severity, location, message).label("no effect").because(because);
        finding.help = help;
        finding.context = format!("{} {}", endpoint.spelling.keys.cipher_string, token.text);
        findings.report(endpoint, endpoint.cipher_string.provenance(), finding);
    }
}

const TLS13_APART: &str = "TLS 1.3 suites are not chosen by the cipher string; they have a setting of their own";

/// How much it matters that a token did nothing, and why; `None` where saying it would only be noise.
fn explain(
    subject: &Subject<'_>,
    expansion: &Expansion,
    token: &Token,
    reason: Reason,
) -> Option<(Severity, String, Option<String>)> {
    let library = subject.endpoint.library;
    // A removal that finds nothing to remove is prudence, not a mistake; unless its word is one that nobody knows.
    let removes = matches!(token.operator, Operator::Kill | Operator::Remove);
    let text = |span: Span| {
        let string = subject.endpoint.cipher_string.value();
        string.map_or("", |string| span.of(string.as_str()))
    };
    let found = match reason {
        Reason::UnknownWord { .. } if named(token).is_some_and(Suite::is_tls13) => (Severity::Warning, TLS13_APART.to_owned()),
        Reason::UnknownWord { .. } if named(token).is_some() => {
            (Severity::Warning, format!("{} does not know IANA names (OpenSSL 3.2 and newer do)", library.name()))
        }
        Reason::UnknownWord { word } => {
            let nearest = library.members().next().and_then(|member| crate::library::nearest_word(member, text(word)));
            let why = format!("no suite or keyword is called {}", text(word));
            return Some((Severity::Warning, why, nearest.map(|name| format!("did you mean {name}?"))));
        }
        Reason::DefaultNotFirst { .. } => {
            (Severity::Warning, "DEFAULT is understood only at the very start of the string".to_owned())
        }
        Reason::SystemProfile { .. } => (
            Severity::Warning,
            "it stands for the crypto policy only at the very start of the string, and only in Red Hat's OpenSSL".to_owned(),
        ),
        Reason::Tls13Name { .. } => (Severity::Warning, TLS13_APART.to_owned()),
        Reason::Contradiction => (Severity::Warning, "its terms exclude each other".to_owned()),
        _ if removes => return None,
        Reason::UnknownHere { known_in, .. } => {
            let known: Vec<_> = known_in.iter().map(crate::library::Library::id).collect();
            (Severity::Warning, format!("{} does not know it, though others do ({})", library.name(), known.join(", ")))
        }
        Reason::NeedsBuild { builds } => {
            let builds: Vec<_> = builds.iter().map(crate::library::Library::id).collect();
            (Severity::Note, format!("{} is built without it ({} have it)", library.name(), builds.join(", ")))
        }
        Reason::NoSuchSuite => (Severity::Note, "no suite is made like that".to_owned()),
        Reason::AlreadySelected => (Severity::Note, "all that it means is selected already".to_owned()),
        Reason::Killed { by } => {
            let by = expansion.tokens.get(by).map_or("an earlier word", |token| &token.text);
            (Severity::Note, format!("{by} removed all of it for good"))
        }
        Reason::NameAmongTerms { .. } => (Severity::Note, "a suite's own name is no word beside others".to_owned()),
        Reason::AlreadySorted | Reason::NotSelected | Reason::ReplacedBySuiteB => return None,
    };
    Some((found.0, found.1, None))
}

/// The suite whose name the whole token is: before OpenSSL 3.2 a word ends at `_`, so that of IANA's names only `TLS` is read.
fn named(token: &Token) -> Option<Suite> {
    Suite::from_name(token.text.trim_start_matches(['!', '-', '+']))
}
