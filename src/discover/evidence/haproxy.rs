//! HAProxy: sections that a word opens, and lines in them that start with keywords.

use super::facts::{Facts, words};
use crate::span::FileId;
use crate::syntax::haproxy::{Line, LineKind, SECTIONS, parse};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Every word that starts a line in some section.
static KEYWORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| words(include_str!("../../../rules/words/haproxy.txt")));

/// Words one of which stands in every text that is worth parsing.
const HINTS: [&str; 14] = [
    "bind",
    "server",
    "frontend",
    "backend",
    "listen",
    "defaults",
    "global",
    "ssl-default",
    "timeout",
    "option",
    "http-request",
    "acl ",
    "use_backend",
    "userlist",
];

/// Counts what `text` holds of HAProxy; `is_at_home` where its path speaks for it, so that lines outside sections are statements of its own.
pub(super) fn facts(text: &str, is_at_home: bool) -> Facts {
    let mut facts = Facts::default();
    if !is_at_home && !HINTS.iter().any(|hint| text.contains(hint)) {
        return facts;
    }
    let config = parse(FileId(0), text).tree;
    let mut in_section = is_at_home;
    let mut head_waits = false;
    for line in &config.lines {
        match class(line, text) {
            Class::Placeholder => {}
            Class::Section => {
                facts.known += 1;
                in_section = true;
                head_waits = true;
            }
            Class::Keyword { name, is_own, speaks_of_tls } => {
                facts.known += 1;
                // A head counts with a line of its own below it.
                facts.structures += usize::from(std::mem::take(&mut head_waits));
                if in_section && is_own {
                    facts.own.insert(name.clone());
                }
                if speaks_of_tls {
                    facts.tls.insert(name);
                }
            }
            Class::Strange => facts.strange += 1,
        }
    }
    facts
}

/// What a line is.
enum Class {
    Keyword { name: String, is_own: bool, speaks_of_tls: bool },
    Placeholder,
    Section,
    Strange,
}

fn class(line: &Line, text: &str) -> Class {
    let written = line.span.of(text).trim_end();
    let Some(keyword) = line.keyword() else { return Class::Placeholder };
    let arguments: Vec<&str> = written.split_ascii_whitespace().skip(1).collect();
    let is_code =
        written.ends_with(['{', ';', ',', '.', '}']) && !written.contains("{{") && !written.contains("%[")
            || arguments.first().is_some_and(|first| first.starts_with('=') || *first == ":");
    if matches!(line.kind, LineKind::Condition(_)) || keyword.starts_with('.') {
        return if keyword.starts_with('.') && !is_code { Class::Placeholder } else { Class::Strange };
    }
    if SECTIONS.contains(&keyword) {
        return if is_code || !heads(keyword, &arguments) { Class::Strange } else { Class::Section };
    }
    let (name, arguments) = match (keyword, arguments.as_slice()) {
        ("no" | "default", [name, rest @ ..]) => (*name, rest.to_vec()),
        _ => (keyword, arguments),
    };
    let acl_braces = written.ends_with('}') && written.contains('{');
    if !KEYWORDS.contains(name) || (is_code && !acl_braces) || !fits(name, &arguments) {
        return Class::Strange;
    }
    Class::Keyword {
        is_own: is_own(name),
        speaks_of_tls: speaks_of_tls(name, &arguments),
        name: name.to_owned(),
    }
}

/// Whether a section of this kind may have such a head.
fn heads(keyword: &str, arguments: &[&str]) -> bool {
    match keyword {
        "global" | "traces" | "dynamic-update" => arguments.is_empty(),
        "defaults" => arguments.len() <= 3,
        "frontend" | "backend" | "listen" => (1..=8).contains(&arguments.len()),
        _ => (1..=2).contains(&arguments.len()),
    }
}

/// Whether `name` takes arguments such as these; names that only HAProxy has are not doubted.
fn fits(name: &str, arguments: &[&str]) -> bool {
    let first = arguments.first().copied().unwrap_or("");
    let is_open = first.contains(['{', '$', '<', '@']);
    match name {
        "bind" => {
            is_open || first.contains([':', '/']) || first.starts_with(|next: char| next.is_ascii_digit())
        }
        "mode" => is_open || matches!(first, "http" | "tcp" | "health" | "log" | "spop" | "haterm"),
        "server" => arguments.len() >= 2,
        "timeout" => arguments.len() >= 2 && TIMEOUTS.contains(&first),
        "balance" | "option" | "acl" | "stats" | "default_backend" | "use_backend" => !arguments.is_empty(),
        _ => true,
    }
}

/// What a time is given for.
const TIMEOUTS: [&str; 19] = [
    "check",
    "client",
    "client-fin",
    "client-hs",
    "clitimeout",
    "connect",
    "contimeout",
    "http-keep-alive",
    "http-request",
    "mail",
    "queue",
    "resolve",
    "retry",
    "server",
    "server-fin",
    "srvtimeout",
    "tarpit",
    "tunnel",
    "hello",
];

/// Keywords that are words of everyday or of many programs.
const SHARED: [&str; 30] = [
    "bind",
    "cookie",
    "daemon",
    "debug",
    "default-path",
    "description",
    "disabled",
    "enabled",
    "format",
    "gid",
    "grace",
    "group",
    "hold",
    "id",
    "index",
    "load",
    "log",
    "maxconn",
    "node",
    "peer",
    "pidfile",
    "quiet",
    "redirect",
    "server",
    "source",
    "stick",
    "table",
    "uid",
    "user",
    "retries",
];

/// Whether the keyword tells HAProxy from others, below one of its sections.
fn is_own(name: &str) -> bool {
    matches!(name, "bind" | "server" | "maxconn" | "log") || !SHARED.contains(&name)
}

fn speaks_of_tls(name: &str, arguments: &[&str]) -> bool {
    name.starts_with("ssl-default-")
        || name.starts_with("tune.ssl.")
        || (matches!(name, "bind" | "server" | "default-server" | "server-template")
            && arguments.iter().any(|word| matches!(*word, "ssl" | "crt" | "check-ssl")))
}
