//! TLS settings in files that nobody understands.

/// Words that start a TLS setting in some server's configuration, wherever it stands.
const SETTINGS: [&str; 22] = [
    "ssl_protocols",
    "ssl_ciphers",
    "ssl_conf_command",
    "ssl_ecdh_curve",
    "ssl_prefer_server_ciphers",
    "proxy_ssl_protocols",
    "proxy_ssl_ciphers",
    "grpc_ssl_protocols",
    "grpc_ssl_ciphers",
    "uwsgi_ssl_protocols",
    "ssl-default-bind-ciphers",
    "ssl-default-bind-ciphersuites",
    "ssl-default-bind-options",
    "ssl-default-server-ciphers",
    "ssl-default-server-options",
    "ssl-min-ver",
    "ssl-max-ver",
    "tls_minimum_protocol_version",
    "tls_maximum_protocol_version",
    "common_tls_context",
    "MinProtocol",
    "CipherString",
];

/// Words that stand in values or behind other words.
const INSIDE: [&str; 3] = [
    "transport_sockets.tls.v3.DownstreamTlsContext",
    "transport_sockets.tls.v3.UpstreamTlsContext",
    " ssl-min-ver ",
];

/// Whether a text holds a line that sets something of TLS in the words of one of the languages.
///
/// A word in the middle of a sentence is none, nor one in a comment.
pub fn holds_tls_settings(text: &str) -> bool {
    let may = SETTINGS.iter().chain(&INSIDE).any(|word| text.contains(word));
    may && text.lines().any(is_setting)
}

fn is_setting(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '-', '"', '\'']);
    if line.starts_with(['#', '*']) || line.starts_with("//") {
        return false;
    }
    let word = line
        .split(|next: char| !(next.is_ascii_alphanumeric() || next == '_' || next == '-'))
        .next()
        .unwrap_or("");
    let rest = line.get(word.len()..).unwrap_or("").trim_start_matches(['"', '\'']);
    let equals = rest.trim_start().starts_with('=');
    let is_bare =
        SETTINGS.contains(&word) && (!equals || word.starts_with(|next: char| next.is_ascii_uppercase()));
    // `nginx_ssl_protocols: TLSv1` of a role's defaults is one as well, and `NGINX_SSL_PROTOCOLS=TLSv1` of an environment.
    let lower = word.to_ascii_lowercase();
    let is_named = is_bare
        || SETTINGS
            .iter()
            .any(|setting| lower.strip_suffix(setting).is_some_and(|before| before.ends_with('_')));
    let is_value = rest.starts_with([' ', '\t', ':', '=']) && rest.len() > 1;
    (is_named && is_value)
        || (INSIDE.iter().any(|word| line.contains(word)) && line.contains([':', '=', ' ']))
}
