use super::{Check, Findings, Subject};
use crate::endpoint::Endpoint;
use crate::finding::{Finding, Severity};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::Setting;

pub(super) const CHECK: Check = Check {
    id: "setting-not-written",
    summary: "a setting that the policy wants to see in the files is left to a default",
    page: include_str!("setting_not_written.md"),
    level: Severity::Warning,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, policy, .. } = *subject;
    let Some(rule) = policy.must_be_written.as_ref().filter(|_| subject.speaks_tls()) else { return };
    for setting in &rule.value {
        let Some(source) = left_to(endpoint, setting).filter(|_| counts(subject, setting)) else { continue };
        let name = words(endpoint, setting);
        let message = format!("{name} is written nowhere, and {} asks for it; what holds is the {source}", policy.id);
        let mut finding = Finding::new(CHECK.id, rule.strength.severity(), endpoint.location, message)
            .label(format!("without {name}"))
            .data("settings", [setting.clone()])
            .cites(rule.cite(policy));
        finding.help = help(subject, setting);
        finding.context = format!("without {setting}");
        findings.report(endpoint, &[], finding);
    }
}

/// Whose default holds, where nobody wrote the setting; `None` where it is written or not known.
fn left_to(endpoint: &Endpoint, setting: &str) -> Option<String> {
    fn source<T>(setting: &Setting<T>) -> Option<String> {
        match setting {
            Setting::Default { source, .. } => Some(source.clone().into_owned()),
            Setting::Unknown(_) | Setting::Written(_) => None,
        }
    }
    match setting {
        "cipher-string" => source(&endpoint.cipher_string),
        "dh-parameters" => source(&endpoint.dh_parameters),
        "groups" => source(&endpoint.groups),
        "protocols" => source(&endpoint.protocols),
        "server-preference" => source(&endpoint.server_preference),
        "session-tickets" => source(&endpoint.session_tickets),
        "signature-algorithms" => source(&endpoint.signature_algorithms),
        "tls13-suites" => source(&endpoint.ciphersuites),
        _ => None,
    }
}

/// Whether the setting means something at this end, with these versions.
fn counts(subject: &Subject<'_>, setting: &str) -> bool {
    let Subject { endpoint, offer, .. } = *subject;
    let is_server = endpoint.role == Role::Server;
    let older = |protocols: ProtocolSet| protocols.is_empty() || protocols.iter().any(|one| one < Protocol::Tls13);
    match setting {
        "cipher-string" => older(offer.protocols),
        "dh-parameters" => is_server && older(offer.protocols),
        "server-preference" | "session-tickets" => is_server,
        "tls13-suites" => offer.protocols.is_empty() || offer.protocols.contains(Protocol::Tls13),
        _ => true,
    }
}

/// What to call the setting.
fn words(endpoint: &Endpoint, setting: &str) -> String {
    let keys = &endpoint.spelling.keys;
    match setting {
        "cipher-string" => keys.cipher_string.to_owned(),
        "dh-parameters" => "a Diffie-Hellman parameter file".to_owned(),
        "groups" => "a list of groups".to_owned(),
        "protocols" => keys.protocols.to_owned(),
        "server-preference" => "whose order of suites decides".to_owned(),
        "session-tickets" => "whether session tickets are issued".to_owned(),
        "signature-algorithms" => "a list of signature algorithms".to_owned(),
        _ => "a list of TLS 1.3 suites".to_owned(),
    }
}

/// What to write, where it follows from what holds and what the policy asks for.
fn help(subject: &Subject<'_>, setting: &str) -> Option<String> {
    let Subject { endpoint, offer, policy, .. } = *subject;
    let spelling = endpoint.spelling;
    let written = match setting {
        "cipher-string" => {
            let mut suites: Vec<_> = policy.suites.approved.iter().collect();
            suites.sort_by_key(|suite| (suite.weakness(), suite.code()));
            let names: Vec<_> = suites.iter().map(|suite| suite.name()).collect();
            (!names.is_empty()).then(|| (spelling.cipher_string)(&names.join(":")))?
        }
        "groups" => {
            let names: Vec<_> = offer.groups.iter().map(|group| endpoint.library.group_name(*group)).collect();
            (!names.is_empty()).then_some(names).zip(spelling.groups).map(|(names, spell)| spell(&names.join(":")))?
        }
        "protocols" => {
            let floor = policy.protocols.minimum.as_ref().map_or(Protocol::Tls12, |rule| rule.value);
            let ceiling = policy.protocols.maximum.as_ref().map_or(Protocol::Tls13, |rule| rule.value);
            (spelling.protocols)(ProtocolSet::between(floor, ceiling))
        }
        _ => return None,
    };
    Some(format!("write {written}"))
}
