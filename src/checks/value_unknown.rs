use super::{Check, Findings, Subject};
use crate::library::SYSTEM_PROFILE;
use crate::finding::{Finding, Severity};
use crate::observation::ObservationKind;
use crate::setting::{Setting, Unknown};
use std::sync::Arc;

pub(super) const CHECK: Check = Check {
    id: "value-unknown",
    summary: "a setting depends on something that the files do not show",
    page: include_str!("value_unknown.md"),
    level: Severity::Note,
    endpoint: Some(run),
    observation: Some(ObservationKind::ValueUnknown),
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, .. } = *subject;
    if !subject.speaks_tls() {
        return;
    }
    let keys = &endpoint.spelling.keys;
    let peer = endpoint.peer.as_ref();
    let unknowns = [
        (keys.protocols, unknown(&endpoint.protocols)),
        (keys.cipher_string, unknown(&endpoint.cipher_string)),
        ("TLS 1.3 suites", unknown(&endpoint.ciphersuites)),
        (keys.verify, peer.and_then(|peer| unknown(&peer.chain))),
    ];
    for (key, unknown) in unknowns {
        // An unknown surrounding has no place to point at; the summary counts it.
        let Some((unknown, location)) = unknown.and_then(|unknown| Some((unknown, unknown.at?))) else { continue };
        let message = format!("{key} is not evaluated: {}", unknown.why);
        let mut finding = Finding::new(CHECK.id, CHECK.level, location, message)
            .label("not evaluated")
            .help(if unknown.why.starts_with(SYSTEM_PROFILE) {
                "name the system that it runs on as the target, such as rhel-9"
            } else {
                "give its value under [variables] in tlslint.toml"
            });
        key.clone_into(&mut finding.context);
        findings.report(endpoint, &[], finding);
    }
}

fn unknown<T>(setting: &Setting<T>) -> Option<&Arc<Unknown>> {
    match setting {
        Setting::Unknown(unknown) => Some(unknown),
        Setting::Default { .. } | Setting::Written(_) => None,
    }
}
