//! `if (…)`: for which of the requests that come in clear it holds (ngx_http_rewrite_module).

use super::config::Config;
use super::units::Place;
use crate::handling::{Which, path_of_pattern};
use regex::{Regex, RegexBuilder};
use std::collections::HashSet;

/// The requests in clear for which a condition holds.
pub(super) enum Holds {
    Always,
    /// These.
    For(Which),
    /// All others.
    ForAllBut(Which),
    /// Those for a name.
    ForName(Name),
    Never,
    /// A variable that the configuration itself makes decides.
    Undecided,
}

/// What a host name is compared with.
pub(super) enum Name {
    Exact(String),
    Pattern(Regex),
}

impl Name {
    /// Takes out the names of a `server_name` (lower case) of which every host is meant.
    pub(super) fn take_from(&self, names: &mut HashSet<String>) {
        match self {
            Self::Exact(exact) => {
                names.remove(exact);
            }
            Self::Pattern(pattern) => {
                names.retain(|name| !samples(name).iter().all(|sample| pattern.is_match(sample)));
            }
        }
    }
}

/// Hosts that a name stands for.
fn samples(name: &str) -> Vec<String> {
    match (name.strip_prefix("*."), name.strip_prefix('.')) {
        (Some(domain), _) => vec![format!("a.{domain}")],
        (None, Some(domain)) => vec![format!("a.{domain}"), domain.to_owned()],
        (None, None) => vec![name.to_owned()],
    }
}

/// Reads the condition of the `if` at `head`.
pub(super) fn of(config: &Config<'_>, head: Place) -> Holds {
    let words: Vec<_> =
        (0..config.units.arguments(head).len()).map(|at| config.units.argument(head, at)).collect();
    let whole = words.join(" ");
    let inside =
        whole.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(&whole).trim();
    let (variable, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let rest = rest.trim();
    let operator = ["!~*", "!~", "!=", "~*", "~", "="].into_iter().find(|sign| rest.starts_with(sign));
    let Some(name) = variable.strip_prefix('$') else {
        // `-f FILE` and its relatives.
        return Holds::For(Which::Some);
    };
    let value = operator.map(|sign| rest.get(sign.len()..).unwrap_or_default().trim());
    let value = value.map(|value| value.trim_matches(['"', '\'']));
    let comparison = Comparison { operator: operator.unwrap_or_default(), value: value.unwrap_or_default() };
    comparison.holds(name)
}

/// `= value`, `~ pattern` and so on; no operator asks whether there is a value at all.
struct Comparison<'w> {
    operator: &'w str,
    value: &'w str,
}

impl Comparison<'_> {
    fn holds(&self, variable: &str) -> Holds {
        match variable {
            "scheme" => self.with("http"),
            "https" | "ssl_cipher" | "ssl_protocol" | "ssl_server_name" => self.with(""),
            "server_port" => match (self.operator, self.value) {
                ("=", "80") | ("!=", "443") => Holds::Always,
                ("=", "443") | ("!=", "80") => Holds::Never,
                _ => Holds::For(Which::Some),
            },
            "host" | "http_host" => self.name(),
            "uri" | "request_uri" | "document_uri" => self.path(),
            "http_x_forwarded_proto" | "http_x_forwarded_scheme" if self.is_met_by("") => {
                Holds::ForAllBut(Which::Forwarded)
            }
            "remote_addr" if self.value.starts_with("127.") || self.value == "::1" => match self.operator {
                "=" => Holds::For(Which::Machine),
                "!=" => Holds::ForAllBut(Which::Machine),
                _ => Holds::For(Which::Some),
            },
            other if is_of_request(other) => Holds::For(Which::Some),
            _ => Holds::Undecided,
        }
    }

    fn with(&self, value: &str) -> Holds {
        if self.is_met_by(value) { Holds::Always } else { Holds::Never }
    }

    fn is_met_by(&self, value: &str) -> bool {
        let matches = || self.pattern().is_some_and(|pattern| pattern.is_match(value));
        match self.operator {
            "=" => value == self.value,
            "!=" => value != self.value,
            "~" | "~*" => matches(),
            "!~" | "!~*" => self.pattern().is_some() && !matches(),
            _ => !value.is_empty() && value != "0",
        }
    }

    fn pattern(&self) -> Option<Regex> {
        RegexBuilder::new(self.value).case_insensitive(self.operator.ends_with('*')).build().ok()
    }

    fn name(&self) -> Holds {
        match self.operator {
            "=" => Holds::ForName(Name::Exact(self.value.to_ascii_lowercase())),
            "~" | "~*" => self
                .pattern()
                .map_or(Holds::For(Which::Some), |pattern| Holds::ForName(Name::Pattern(pattern))),
            _ => Holds::For(Which::Some),
        }
    }

    fn path(&self) -> Holds {
        let path = match self.operator {
            "=" | "!=" => Some(self.value.to_owned()),
            _ => path_of_pattern(self.value),
        };
        let which = path.map_or(Which::Some, |path| Which::path(&path));
        if self.operator.starts_with('!') { Holds::ForAllBut(which) } else { Holds::For(which) }
    }
}

/// Whether a variable is one of nginx's own, with something of the request or the connection; others are made by `set`, `map` and
/// their relatives.
fn is_of_request(variable: &str) -> bool {
    const PREFIXES: [&str; 13] = [
        "arg_",
        "binary_remote_",
        "content_",
        "cookie_",
        "document_",
        "geoip",
        "http_",
        "proxy_",
        "remote_",
        "request",
        "server_",
        "ssl_",
        "time_",
    ];
    const NAMES: [&str; 8] = [
        "args",
        "hostname",
        "invalid_referer",
        "is_args",
        "nginx_version",
        "query_string",
        "realpath_root",
        "status",
    ];
    NAMES.contains(&variable) || PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
}
