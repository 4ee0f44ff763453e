//! How settings are written on a line, and how in the section where they are set for all lines.

use crate::endpoint::{Endpoint, Role, Spelling, SpellingKeys};
use crate::files::FileTree;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;

/// Writes a list.
type List = fn(&str) -> String;

/// On a `bind` or `server` line.
pub(super) static LINE: Spelling = spelling(of_line, ciphers, Some(curves));

/// On a `server` line before 2.9, which gave servers a list of groups.
pub(super) static LINE_BEFORE_2_9: Spelling = spelling(of_line, ciphers, None);

/// On the line of a listener that generates certificates, for the names that have none: no setting reaches its suites.
pub(super) static GENERATED: Spelling = Spelling {
    keys: SpellingKeys { protocols: "ssl-min-ver", cipher_string: "", verify: "verify" },
    ..spelling(of_line, ciphers, Some(curves))
};

/// In `global`, for listeners: by what of cipher string, versions and groups stands there.
static LISTENING: [Spelling; 8] = all(
    |set| format!("ssl-default-bind-options {}", of_line(set)),
    |string| format!("ssl-default-bind-ciphers {string}"),
    [Some(curves), Some(|list| format!("ssl-default-bind-curves {list}"))],
);

/// In `global`, for servers.
static CONNECTING: [Spelling; 8] = all(
    server_options,
    server_ciphers,
    [Some(curves), Some(|list| format!("ssl-default-server-curves {list}"))],
);

/// In `global`, for servers before 2.9.
static CONNECTING_BEFORE_2_9: [Spelling; 8] = all(server_options, server_ciphers, [None, None]);

/// How the settings of `endpoint` are written where they stand.
pub(super) fn of(endpoint: &Endpoint, files: &dyn FileTree) -> &'static Spelling {
    if std::ptr::eq(endpoint.spelling, &raw const GENERATED) {
        return &GENERATED;
    }
    let of_role = match (endpoint.role, endpoint.spelling.groups) {
        (Role::Server, _) => &LISTENING,
        (Role::Client, Some(_)) => &CONNECTING,
        (Role::Client, None) => &CONNECTING_BEFORE_2_9,
    };
    let places = [
        is_default(&endpoint.cipher_string, files),
        is_default(&endpoint.protocols, files),
        is_default(&endpoint.groups, files),
    ];
    let which = places
        .iter()
        .zip([1, 2, 4])
        .filter(|(is_default, _)| **is_default)
        .map(|(_, bit)| bit)
        .sum::<usize>();
    of_role.get(which).unwrap_or(endpoint.spelling)
}

/// Whether a setting stands on a line of its own that sets it for others.
fn is_default<T>(setting: &Setting<T>, files: &dyn FileTree) -> bool {
    let Some(location) = setting.location() else { return false };
    let source = files.source(location.file);
    let line = source.line_text(source.position(location.span.start).line);
    line.split_whitespace().next().is_some_and(|word| word.starts_with("ssl-default-"))
}

/// Every way to have cipher string, versions and groups on the line or in `global`.
const fn all(
    protocols: fn(ProtocolSet) -> String,
    cipher_string: fn(&str) -> String,
    [own, groups]: [Option<List>; 2],
) -> [Spelling; 8] {
    [
        spelling(of_line, ciphers, own),
        spelling(of_line, cipher_string, own),
        spelling(protocols, ciphers, own),
        spelling(protocols, cipher_string, own),
        spelling(of_line, ciphers, groups),
        spelling(of_line, cipher_string, groups),
        spelling(protocols, ciphers, groups),
        spelling(protocols, cipher_string, groups),
    ]
}

const fn spelling(
    protocols: fn(ProtocolSet) -> String,
    cipher_string: fn(&str) -> String,
    groups: Option<List>,
) -> Spelling {
    Spelling {
        protocols,
        cipher_string,
        groups,
        verify_chain: "verify required ca-file FILE",
        verify_hostname: "verifyhost NAME",
        redirect: "http-request redirect scheme https unless { ssl_fc }",
        keys: SpellingKeys { protocols: "ssl-min-ver", cipher_string: "ciphers", verify: "verify" },
    }
}

fn of_line(set: ProtocolSet) -> String {
    let word = |protocol: Protocol| if protocol == Protocol::Tls10 { "TLSv1.0" } else { protocol.name() };
    match (set.iter().next(), set.iter().next_back()) {
        (Some(first), Some(Protocol::Tls13)) => format!("ssl-min-ver {}", word(first)),
        (Some(first), Some(last)) => format!("ssl-min-ver {} ssl-max-ver {}", word(first), word(last)),
        _ => "ssl-min-ver TLSv1.2".to_owned(),
    }
}

fn ciphers(string: &str) -> String {
    format!("ciphers {string}")
}

fn curves(list: &str) -> String {
    format!("curves {list}")
}

fn server_ciphers(string: &str) -> String {
    format!("ssl-default-server-ciphers {string}")
}

fn server_options(set: ProtocolSet) -> String {
    format!("ssl-default-server-options {}", of_line(set))
}
