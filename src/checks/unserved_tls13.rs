//! Suites of TLS 1.3 that are listed and that nobody gets.

use super::{Check, Findings, Subject, cause as causes};
use crate::endpoint::Tls13Suites;
use crate::finding::{Cause, Finding};
use crate::protocol::Protocol;
use crate::setting::Setting;
use crate::span::Span;
use crate::suite::Suite;

/// Reports each suite of the list that nobody gets.
pub(super) fn suites(subject: &Subject<'_>, check: &'static Check, findings: &mut Findings) {
    let Subject { endpoint, offer, .. } = *subject;
    let Setting::Written(written) = &endpoint.ciphersuites else { return };
    let Tls13Suites::Listed(text) = &written.value else { return };
    let served = offer.suites(Protocol::Tls13);
    let builds = |suite: Suite| endpoint.library.members().any(|library| library.has(suite));
    let mut start = 0;
    for word in text.as_str().split_inclusive([':', ',', ' ']) {
        let name = word.trim_end_matches([':', ',', ' ']);
        let span = Span::new(start as u32, (start + name.len()) as u32);
        start += word.len();
        let dead = |suite: &Suite| suite.is_tls13() && builds(*suite) && !served.contains(suite);
        let Some(suite) = Suite::from_name(name).filter(dead) else { continue };
        let is_permitted = endpoint.library.permits_suite(suite, offer.security_level, endpoint.role);
        let why = if !is_permitted || offer.protocols.contains(Protocol::Tls13) {
            format!("{} forbids it at security level {}", endpoint.library.name(), offer.security_level)
        } else {
            "TLSv1.3 is not enabled".to_owned()
        };
        let location = text.locate(span).unwrap_or(written.location);
        let setting = causes::of(&endpoint.ciphersuites, endpoint.location);
        let behind = [" is listed and not used".to_owned(), " are listed and not used".to_owned()];
        let because = Cause::new(setting, vec![suite.name().to_owned()], "suites", behind).why(&*why);
        let mut finding =
            Finding::new(check.id, check.level, location, format!("{suite} is listed and not used: {why}"))
                .label("listed, not used")
                .because(because)
                .data("suites", [suite.name().to_owned()]);
        finding.context = format!("ciphersuites {suite}");
        findings.report(endpoint, &written.provenance, finding);
    }
}
