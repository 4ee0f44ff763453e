//! What a listener in clear is for, as far as its server block shows.

use super::config::{Config, Entry, Kind, ScopeId};
use super::units::Place;
use crate::endpoint::Purpose;

/// What requests to a server block come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Nothing here answers; what is around does.
    None,
    /// A redirect to HTTPS, an ACME challenge, or a refusal.
    Redirect,
    Content,
    Unknown,
}

/// What the http server `server` does in clear.
pub(super) fn of_server(config: &Config<'_>, server: ScopeId) -> Purpose {
    let whole = block(config, server);
    let scope = config.scope(server);
    let answer = if whole == Answer::None { locations(config, server) } else { whole };
    match answer {
        Answer::Redirect => Purpose::RedirectOnly,
        Answer::Unknown => Purpose::Unknown,
        Answer::None | Answer::Content if scope.blind.is_some() => Purpose::Unknown,
        Answer::None | Answer::Content => Purpose::Serves,
    }
}

/// What the directives of a block itself say, `if` blocks that always hold in clear among them.
fn block(config: &Config<'_>, scope: ScopeId) -> Answer {
    for entry in &config.scope(scope).entries {
        let answer = match entry.name {
            "return" => returns(config, entry.place),
            "rewrite" => rewrites(config, entry.place),
            _ => Answer::None,
        };
        if answer != Answer::None {
            return if entry.conditional { Answer::Unknown } else { answer };
        }
    }
    let conditions =
        config.scope(scope).children.iter().filter(|child| config.scope(**child).kind == Kind::If);
    for condition in conditions {
        if config.scope(*condition).head.is_some_and(|head| holds_in_clear(config, head)) {
            let answer = block(config, *condition);
            if answer != Answer::None {
                return answer;
            }
        }
    }
    let refuses = |entry: &Entry| entry.name == "deny" && config.units.argument(entry.place, 0) == "all";
    if config.scope(scope).kind == Kind::Location && config.scope(scope).entries.iter().any(refuses) {
        return Answer::Redirect;
    }
    Answer::None
}

/// Whether every location redirects, and the locations between them take every request.
fn locations(config: &Config<'_>, server: ScopeId) -> Answer {
    let mut takes_all = false;
    let mut unknown = false;
    for child in &config.scope(server).children {
        let scope = config.scope(*child);
        let (Kind::Location, Some(head)) = (scope.kind, scope.head) else { continue };
        let words = config.units.arguments(head).len();
        let path = config.units.argument(head, words.saturating_sub(1));
        if path.contains("/.well-known/acme-challenge") || path.contains("/.well-known/pki-validation") {
            continue;
        }
        match block(config, *child) {
            Answer::Redirect => takes_all |= path == "/" || matches!(&*path, "^" | ".*" | "^/" | "."),
            Answer::Unknown => unknown = true,
            Answer::None | Answer::Content if scope.blind.is_some() => unknown = true,
            Answer::None | Answer::Content => return Answer::Content,
        }
    }
    match (unknown, takes_all) {
        (true, _) => Answer::Unknown,
        (false, true) => Answer::Redirect,
        (false, false) => Answer::None,
    }
}

/// `return CODE`, `return CODE TEXT`, `return URL`.
fn returns(config: &Config<'_>, place: Place) -> Answer {
    let first = config.units.argument(place, 0);
    let second = config.units.argument(place, 1);
    match first.parse::<u16>() {
        Ok(301 | 302 | 303 | 307 | 308) => target(&second),
        Ok(code) if code >= 400 => Answer::Redirect,
        Ok(_) => Answer::Content,
        Err(_) => target(&first),
    }
}

/// `rewrite ^ https://… permanent`: only a pattern that every request matches counts.
fn rewrites(config: &Config<'_>, place: Place) -> Answer {
    let pattern = config.units.argument(place, 0);
    let replacement = config.units.argument(place, 1);
    let takes_all = matches!(
        pattern.trim_end_matches(['$', '?']),
        "^" | ".*" | "^.*" | "(.*)" | "^(.*)" | "^/(.*)" | "^/" | "/" | "." | "^(.+)" | "/(.*)"
    );
    if takes_all && replacement.starts_with("https://") { Answer::Redirect } else { Answer::None }
}

fn target(url: &str) -> Answer {
    if url.starts_with("https://") {
        return Answer::Redirect;
    }
    if url.starts_with('$') && !url.starts_with("$scheme") || url.contains("{{") || url.contains("<%") {
        return Answer::Unknown;
    }
    Answer::Content
}

/// Whether an `if` holds for every request that comes in clear: `($scheme = http)`, `($https != "on")`, `($ssl_protocol = "")`.
fn holds_in_clear(config: &Config<'_>, head: Place) -> bool {
    let words: Vec<_> =
        (0..config.units.arguments(head).len()).map(|at| config.units.argument(head, at)).collect();
    let condition = words.join(" ").replace(['(', ')', '"', '\''], "");
    let words: Vec<&str> = condition.split_ascii_whitespace().collect();
    matches!(
        words.as_slice(),
        ["$scheme", "=", "http"]
            | ["$scheme", "!=", "https"]
            | ["$https", "!=", "on"]
            | ["$https" | "$ssl_protocol", "="]
            | ["$server_port", "=", "80"]
            | ["$server_port", "!=", "443"]
    )
}
