//! Completion: what may be written where the cursor is.

use super::line;
use super::words::CIPHER_WORDS;
use crate::checks;
use crate::group::Group;
use crate::library::{Choice, Parser};
use crate::policy;
use crate::suite::Suite;
use crate::target;
use lsp_types::{CompletionItem, CompletionItemKind};
use std::path::Path;

/// Keys whose value is a cipher string.
const CIPHERS: &[&str] = &[
    "ssl_ciphers",
    "proxy_ssl_ciphers",
    "grpc_ssl_ciphers",
    "uwsgi_ssl_ciphers",
    "ciphers",
    "ssl-default-bind-ciphers",
    "ssl-default-server-ciphers",
    "CipherString",
    "cipher_suites",
    "Ciphers",
];

/// Keys whose value is TLS 1.3 suites.
const TLS13: &[&str] =
    &["ciphersuites", "ssl-default-bind-ciphersuites", "ssl-default-server-ciphersuites", "Ciphersuites"];

/// Keys whose value is protocols, with the spelling of these.
const PROTOCOLS: &[(&str, &[&str])] = &[
    ("ssl_protocols", &["TLSv1.2", "TLSv1.3"]),
    ("proxy_ssl_protocols", &["TLSv1.2", "TLSv1.3"]),
    ("grpc_ssl_protocols", &["TLSv1.2", "TLSv1.3"]),
    ("uwsgi_ssl_protocols", &["TLSv1.2", "TLSv1.3"]),
    ("ssl-min-ver", &["TLSv1.2", "TLSv1.3"]),
    ("ssl-max-ver", &["TLSv1.2", "TLSv1.3"]),
    ("MinProtocol", &["TLSv1.2", "TLSv1.3"]),
    ("MaxProtocol", &["TLSv1.2", "TLSv1.3"]),
    ("tls_minimum_protocol_version", &["TLSv1_2", "TLSv1_3", "TLS_AUTO"]),
    ("tls_maximum_protocol_version", &["TLSv1_2", "TLSv1_3", "TLS_AUTO"]),
];

/// Keys whose value is groups.
const GROUPS: &[&str] = &[
    "ssl_ecdh_curve",
    "curves",
    "ssl-default-bind-curves",
    "ssl-default-server-curves",
    "Groups",
    "Curves",
    "ecdh_curves",
];

/// Commands of SSL_CONF_cmd(3) for `ssl_conf_command` and `proxy_ssl_conf_command`.
const COMMANDS: &[&str] = &[
    "Ciphersuites",
    "CipherString",
    "Curves",
    "Groups",
    "MaxProtocol",
    "MinProtocol",
    "Options",
    "Protocol",
    "SignatureAlgorithms",
];

/// Fields of Envoy's TLS contexts (envoy.extensions.transport_sockets.tls.v3).
const ENVOY: &[&str] = &[
    "alpn_protocols",
    "auto_host_sni",
    "auto_sni_san_validation",
    "certificate_chain",
    "cipher_suites",
    "common_tls_context",
    "ecdh_curves",
    "match_typed_subject_alt_names",
    "private_key",
    "require_client_certificate",
    "signature_algorithms",
    "sni",
    "tls_certificates",
    "tls_maximum_protocol_version",
    "tls_minimum_protocol_version",
    "tls_params",
    "trusted_ca",
    "validation_context",
];

/// What fits at `offset`.
pub(super) fn at(path: &Path, text: &str, offset: usize) -> Vec<CompletionItem> {
    let Some(before) = line::before(text, offset) else { return Vec::new() };
    if is_settings(path) {
        return settings(before.text);
    }
    if let Some(list) = before.text.rsplit_once("tlslint:").map(|(_, rest)| rest)
        && list.matches('[').count() > list.matches(']').count()
    {
        return checks::ALL
            .iter()
            .map(|check| item(check.id, check.summary, CompletionItemKind::EVENT))
            .collect();
    }
    let last = last_key(before.text, before.key);
    if CIPHERS.contains(&last) {
        return cipher_words(before.text);
    }
    if TLS13.contains(&last) {
        return Suite::all().filter(|suite| suite.is_tls13()).map(suite_item).collect();
    }
    if let Some((_, names)) = PROTOCOLS.iter().find(|(key, _)| *key == last) {
        return names
            .iter()
            .map(|name| item(name, "protocol version", CompletionItemKind::ENUM_MEMBER))
            .collect();
    }
    if GROUPS.contains(&last) {
        return Group::all()
            .map(|group| item(group.name(), "group", CompletionItemKind::ENUM_MEMBER))
            .collect();
    }
    if last.ends_with("ssl_conf_command") {
        return COMMANDS
            .iter()
            .map(|name| item(name, "SSL_CONF_cmd(3)", CompletionItemKind::PROPERTY))
            .collect();
    }
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    if is_yaml
        && before
            .text
            .trim_start()
            .trim_start_matches("- ")
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_')
    {
        return ENVOY.iter().map(|name| item(name, "TLS of Envoy", CompletionItemKind::FIELD)).collect();
    }
    Vec::new()
}

/// The key whose value the cursor is in: the last known word of the line, since HAProxy has many on one.
fn last_key<'t>(line: &'t str, key: &'t str) -> &'t str {
    let words = line.split([' ', '\t', ':', '=', '{', '[', ',']).filter(|word| !word.is_empty());
    let known = |word: &&str| {
        CIPHERS.contains(word)
            || TLS13.contains(word)
            || GROUPS.contains(word)
            || PROTOCOLS.iter().any(|(key, _)| key == word)
            || word.ends_with("ssl_conf_command")
    };
    words.rev().find(known).unwrap_or(key)
}

fn is_settings(path: &Path) -> bool {
    path.file_name().is_some_and(|name| crate::settings::NAMES.iter().any(|known| name == *known))
}

/// Values of `tlslint.toml`.
fn settings(line: &str) -> Vec<CompletionItem> {
    let key = line.split('=').next().unwrap_or("").trim();
    match key {
        "policy" => policy::names()
            .into_iter()
            .map(|listed| item(listed.id, listed.title, CompletionItemKind::VALUE))
            .collect(),
        "target" | "system" => {
            target::names().map(|name| item(name, "system", CompletionItemKind::VALUE)).collect()
        }
        "library" => Choice::ids().map(|id| item(id, "library", CompletionItemKind::VALUE)).collect(),
        _ if !line.contains('=') => {
            let checks =
                checks::ALL.iter().map(|check| item(check.id, check.summary, CompletionItemKind::PROPERTY));
            let keys = [
                "policy",
                "target",
                "fail-on",
                "baseline",
                "include-root",
                "root-map",
                "certificate-root",
                "extend",
            ];
            keys.into_iter()
                .map(|key| item(key, "setting", CompletionItemKind::PROPERTY))
                .chain(checks)
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Words of cipher strings and suites; those that stand in the line already are left out.
fn cipher_words(line: &str) -> Vec<CompletionItem> {
    let stands = |name: &str| line.split([':', ' ', ',', '"', '\'', '[']).any(|word| word == name);
    let words = CIPHER_WORDS.iter().filter(|(word, _)| !stands(word)).map(|(word, meaning)| {
        let brings = brings(word);
        item(word, &format!("{meaning}{brings}"), CompletionItemKind::KEYWORD)
    });
    let suites = Suite::all().filter(|suite| !suite.is_tls13() && !stands(suite.name())).map(suite_item);
    words.chain(suites).collect()
}

/// How many suites a word selects by itself, on the newest OpenSSL.
fn brings(word: &str) -> String {
    let newest = Choice::ids().filter(|id| id.starts_with("openssl-") && !id.contains('+')).last();
    let Some(library) = newest.and_then(|id| Choice::by_id(id).ok()) else { return String::new() };
    let count = library.expand(word, Parser::Lenient).suites.len();
    if count == 0 { String::new() } else { format!(" ({count} suites on {})", library.name()) }
}

fn suite_item(suite: Suite) -> CompletionItem {
    item(
        suite.name(),
        &format!("{}{}", suite.iana(), super::effective::kind(suite)),
        CompletionItemKind::CONSTANT,
    )
}

fn item(label: &str, detail: &str, kind: CompletionItemKind) -> CompletionItem {
    CompletionItem {
        label: label.to_owned(),
        detail: Some(detail.to_owned()),
        kind: Some(kind),
        ..CompletionItem::default()
    }
}
