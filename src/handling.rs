//! What a listener in clear does with the requests that it takes, and what that makes it: one rule for every server.
//!
//! Dialects translate their own rules (`return`, `http-request redirect`, routes) into [`Answer`]s; nothing here knows a keyword.

use crate::endpoint::Purpose;

/// What becomes of some of the requests to a listener in clear.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Answer {
    /// Which requests.
    pub which: Which,
    /// What they get.
    pub deed: Deed,
}

/// Which requests an answer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Which {
    /// Those that no other answer is for.
    All,
    /// Those for paths below `/.well-known/`, where ACME challenges and their like must be answered in clear (RFC 8615; RFC 8555,
    /// section 8.3).
    Challenges,
    /// Those that say by a header that they came to a proxy in front by TLS.
    Forwarded,
    /// Those that come from the machine itself.
    Machine,
    /// Those for a path by which monitors, crawlers and browsers ask for next to nothing.
    Minor,
    /// Those for other names than the listener is meant for: an address in the place of a name, a name that nobody gave it.
    OtherNames,
    /// Some, told apart by anything else.
    Some,
}

impl Which {
    /// The requests for a path or below it.
    pub fn path(path: &str) -> Self {
        if is_well_known(path) {
            Self::Challenges
        } else if is_minor(path) {
            Self::Minor
        } else {
            Self::Some
        }
    }
}

/// What a request gets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Deed {
    /// Content, or whatever another server answers.
    Content,
    /// A few fixed words that stand in the configuration: what a health check asks for.
    Fixed,
    /// The way to HTTPS.
    Redirect,
    /// A refusal: a status of 400 or more, or a closed connection.
    Refuse,
    /// The files do not show.
    Unknown,
}

/// What RFC 8615 reserves.
const WELL_KNOWN: &str = "/.well-known";

/// Last parts of paths by which monitors, crawlers and browsers ask for next to nothing; lower case, without `-`, `_` and a leading dot.
const MINOR: [&str; 22] = [
    "alive",
    "basicstatus",
    "favicon.ico",
    "hc",
    "health",
    "healthcheck",
    "healthz",
    "lbstatus",
    "live",
    "liveness",
    "livez",
    "monitor",
    "nginxhealth",
    "nginxstatus",
    "ping",
    "ready",
    "readiness",
    "readyz",
    "robots.txt",
    "serverstatus",
    "status",
    "stubstatus",
];

/// What one answer makes of a listener.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Fine,
    /// Worth knowing of.
    Minor,
    Unknown,
    Serves,
}

/// What a listener is for that gives these answers: the worst of them decides.
///
/// Redirects, refusals and challenges are fine; so is what only the machine itself gets. Fixed words for some requests, and anything at
/// paths of health checks, are minor. Everything else is content in clear.
pub fn purpose(answers: &[Answer]) -> Purpose {
    match answers.iter().copied().map(verdict).max() {
        None | Some(Verdict::Fine) => Purpose::RedirectOnly,
        Some(Verdict::Minor) => Purpose::RedirectMostly,
        Some(Verdict::Unknown) => Purpose::Unknown,
        Some(Verdict::Serves) => Purpose::Serves,
    }
}

fn verdict(answer: Answer) -> Verdict {
    match (answer.which, answer.deed) {
        (_, Deed::Redirect | Deed::Refuse) | (Which::Challenges | Which::Machine, _) => Verdict::Fine,
        (_, Deed::Unknown) => Verdict::Unknown,
        (Which::Minor | Which::Some, Deed::Fixed)
        | (Which::Forwarded | Which::OtherNames, _)
        | (Which::Minor, Deed::Content) => Verdict::Minor,
        (Which::All | Which::Some, Deed::Content) | (Which::All, Deed::Fixed) => Verdict::Serves,
    }
}

/// Whether challenges, and nothing but what RFC 8615 reserves, stand at this path.
fn is_well_known(path: &str) -> bool {
    path.strip_prefix(WELL_KNOWN).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_minor(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let bare: String = last.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    MINOR.contains(&bare.to_ascii_lowercase().trim_start_matches('.'))
}

/// The path that a regular expression begins with: `/healthz` of `^/healthz$`; `None` where it is about more than one.
pub fn path_of_pattern(pattern: &str) -> Option<String> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let mut path = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // Often meant for itself.
            '.' if characters.peek().is_some_and(char::is_ascii_alphanumeric) => path.push('.'),
            '\\' => path.push(characters.next().filter(|next| !next.is_ascii_alphanumeric())?),
            '|' => return None,
            '$' | '(' | '[' | '.' | '*' | '+' | '?' | '{' => break,
            _ => path.push(character),
        }
    }
    (pattern.matches('|').count() == 0 || is_well_known(&path)).then_some(())?;
    (path.len() > 1 && path.starts_with('/')).then_some(path)
}

/// Whether a regular expression takes every path. What a lookahead leaves out comes with the answer: `^(?!/\.well-known/)`.
pub fn takes_every_path(pattern: &str) -> Option<Option<String>> {
    let (pattern, left_out) = without_lookahead(pattern)?;
    let expression = regex::Regex::new(&pattern).ok()?;
    let takes_all =
        ["/", "/a", "/index.html", "/a/b/c.php", "/A-b_1/~x"].iter().all(|path| expression.is_match(path));
    takes_all.then_some(left_out)
}

/// A pattern without its negative lookahead, and the path that that is about.
fn without_lookahead(pattern: &str) -> Option<(String, Option<String>)> {
    let Some((before, rest)) = pattern.split_once("(?!") else { return Some((pattern.to_owned(), None)) };
    let (inside, after) = rest.split_once(')')?;
    let inside = inside.trim_end_matches(".*");
    let path = path_of_pattern(&format!("/{}", inside.trim_start_matches('/')))?;
    Some((format!("{before}{after}"), Some(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answers: &[(Which, Deed)], expected: Purpose) {
        let answers: Vec<_> =
            answers.iter().map(|(which, deed)| Answer { which: *which, deed: *deed }).collect();
        assert_eq!(purpose(&answers), expected, "{answers:?}");
    }

    fn path(path: &str) -> Which {
        Which::path(path)
    }

    #[test]
    fn the_worst_answer_decides() {
        let redirect = (Which::All, Deed::Redirect);
        check(&[], Purpose::RedirectOnly);
        check(&[redirect, (path("/.well-known/acme-challenge/"), Deed::Content)], Purpose::RedirectOnly);
        check(&[redirect, (path("/.well-known-not"), Deed::Content)], Purpose::Serves);
        check(&[redirect, (path("/healthz"), Deed::Fixed)], Purpose::RedirectMostly);
        check(&[redirect, (path("/api/health-check/"), Deed::Content)], Purpose::RedirectMostly);
        check(&[redirect, (path("/api"), Deed::Content)], Purpose::Serves);
        check(&[redirect, (Which::Some, Deed::Unknown)], Purpose::Unknown);
        check(&[(Which::Some, Deed::Unknown), (Which::Some, Deed::Content)], Purpose::Serves);
        check(&[redirect, (Which::Machine, Deed::Content)], Purpose::RedirectOnly);
        check(&[(Which::All, Deed::Fixed)], Purpose::Serves);
    }

    #[test]
    fn paths_are_read_off_patterns() {
        for (pattern, expected) in [
            ("^/healthz$", Some("/healthz")),
            (r"^/\.well-known/acme-challenge/.*", Some("/.well-known/acme-challenge/")),
            (r"/\.well-known/(acme-challenge|pki-validation)/", Some("/.well-known/")),
            ("^/(health|api)$", None),
            (r"\.php$", None),
            ("^/.well-known/", Some("/.well-known/")),
            ("/", None),
        ] {
            assert_eq!(path_of_pattern(pattern).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn patterns_take_every_path_or_some() {
        for all in ["^", ".*", "^(.*)$", "^/(.*)", "^/?(.*)$", "(.+)", "/", r"^/([^?]*)"] {
            assert_eq!(takes_every_path(all), Some(None), "{all}");
        }
        for some in ["^/a", r"\.php$", "^/$", "[", "^/(?=a)"] {
            assert_eq!(takes_every_path(some), None, "{some}");
        }
        let but = r"^/(?!\.well-known/acme-challenge)(.*)$";
        assert_eq!(takes_every_path(but), Some(Some("/.well-known/acme-challenge".to_owned())));
    }
}
