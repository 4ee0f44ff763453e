//! The predicates of conditions (`cond_predicates` in src/cfgcond.c), as far as the target answers them.

use super::condition::{Truth, Unparsable};
use super::words::Environment;
use crate::target::Release;
use std::collections::BTreeMap;

/// What a predicate may ask about.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) release: Option<Release>,
    /// OpenSSL's release line.
    pub(super) library: Option<Release>,
    /// What the target's HAProxy was built with (`haproxy -vv`), where it is known.
    pub(super) features: Option<&'a [String]>,
    pub(super) environment: &'a Environment,
    pub(super) variables: &'a BTreeMap<String, String>,
}

/// Name, how many arguments it must have, the first release that knows it.
const PREDICATES: [(&str, usize, Release); 14] = [
    ("awslc_api_atleast", 1, Release::new(3, 3, 0)),
    ("awslc_api_before", 1, Release::new(3, 3, 0)),
    ("defined", 1, Release::new(2, 4, 0)),
    ("enabled", 1, Release::new(2, 8, 0)),
    ("feature", 1, Release::new(2, 4, 0)),
    ("fips_mode", 0, Release::new(3, 5, 0)),
    ("openssl_version_atleast", 1, Release::new(2, 5, 0)),
    ("openssl_version_before", 1, Release::new(2, 5, 0)),
    ("ssllib_name_startswith", 1, Release::new(2, 5, 0)),
    ("streq", 2, Release::new(2, 4, 0)),
    ("strneq", 2, Release::new(2, 4, 0)),
    ("strstr", 2, Release::new(2, 8, 0)),
    ("version_atleast", 1, Release::new(2, 4, 0)),
    ("version_before", 1, Release::new(2, 4, 0)),
];

/// What `enabled` may ask about (`cfg_eval_cond_enabled`).
const OPTIONS: [&str; 9] = [
    "EPOLL",
    "EVPORTS",
    "FAST-FORWARD",
    "GETADDRINFO",
    "KQUEUE",
    "POLL",
    "REUSEPORT",
    "SERVER-SSL-VERIFY-NONE",
    "SPLICE",
];

/// Evaluates the predicate that `text` starts with; what follows it comes with the answer.
///
/// # Errors
/// When HAProxy would refuse it.
pub(super) fn evaluate<'t>(text: &'t str, facts: Facts<'_>) -> Result<(Truth, &'t str), Unparsable> {
    let (name, rest) = text.split_at(text.find([' ', '(']).unwrap_or(text.len()));
    let known = PREDICATES.iter().find(|(known, ..)| *known == name).ok_or(Unparsable)?;
    if facts.release.is_some_and(|release| release < known.2) {
        return Err(Unparsable);
    }
    let (arguments, rest) = arguments(rest, known.1)?;
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    Ok((facts.answer(name, &arguments), rest))
}

/// Exactly `count` arguments in parentheses, and what follows them; one that is missing with its parentheses is empty
/// (`make_arg_list` in src/arg.c).
fn arguments(text: &str, count: usize) -> Result<(Vec<String>, &str), Unparsable> {
    let Some(mut rest) = text.strip_prefix('(') else {
        return if count < 2 { Ok((vec![String::new(); count], text)) } else { Err(Unparsable) };
    };
    let mut arguments = Vec::new();
    while arguments.len() < count {
        let (argument, after) = argument(rest)?;
        arguments.push(argument);
        rest = after;
        match rest.strip_prefix(',').filter(|_| arguments.len() < count) {
            Some(after) => rest = after,
            None => break,
        }
    }
    let rest = rest.strip_prefix(')').filter(|_| arguments.len() == count).ok_or(Unparsable)?;
    Ok((arguments, rest))
}

/// One argument, to the comma or parenthesis that ends it; its quotes and escapes are apart from those of the line.
fn argument(text: &str) -> Result<(String, &str), Unparsable> {
    let mut out = String::new();
    let mut quote = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            ('"' | '\'', Some(open)) if open == c => quote = None,
            ('\\', None | Some('"')) => {
                let (_, next) = *characters.peek().ok_or(Unparsable)?;
                let replaced = match next {
                    '\\' | ' ' | '"' | '\'' => Some(next),
                    'n' => Some('\n'),
                    'r' => Some('\r'),
                    't' => Some('\t'),
                    _ => None,
                };
                out.push(replaced.unwrap_or(c));
                if replaced.is_some() {
                    characters.next();
                }
            }
            (',' | ')', None) => return Ok((out, text.get(at..).unwrap_or_default())),
            _ => out.push(c),
        }
    }
    Ok((out, ""))
}

impl Facts<'_> {
    fn answer(&self, name: &str, arguments: &[&str]) -> Truth {
        let known = |value: Option<bool>| value.map_or(Truth::Unknown, Truth::from);
        let at_least = |asked: Option<Version>| {
            // What does not parse counts as older than every release.
            known(asked.map_or(Some(true), |asked| Some(asked <= Version::of(self.release?))))
        };
        let library_at_least = |asked: &str| match library_version(asked) {
            None => Truth::Failing,
            Some(asked) => known(self.library.and_then(|library| is_library_at_least(library, asked))),
        };
        match (name, arguments) {
            ("defined", [variable]) => known(self.is_defined(variable)),
            ("feature", [feature]) => known(has_feature(self.features, feature)),
            ("streq", [a, b]) => (a == b).into(),
            ("strneq", [a, b]) => (a != b).into(),
            ("strstr", [a, b]) => a.contains(b).into(),
            ("version_atleast", [text]) => at_least(Version::parse(text)),
            ("version_before", [text]) => at_least(Version::parse(text)).negated(),
            ("openssl_version_atleast", [text]) => library_at_least(text),
            ("openssl_version_before", [text]) => library_at_least(text).negated(),
            ("ssllib_name_startswith", [text]) if "OpenSSL ".starts_with(text) => {
                known(self.library.map(|_| true))
            }
            ("ssllib_name_startswith", [text]) if !text.starts_with("OpenSSL ") => {
                known(self.library.map(|_| false))
            }
            // The command line and the system may switch these off; HAProxy knows no others.
            ("enabled", [option]) if !OPTIONS.contains(option) => Truth::No,
            // Libraries that targets do not name.
            _ => Truth::Unknown,
        }
    }

    fn is_defined(&self, variable: &str) -> Option<bool> {
        if self.environment.is_doubtful(variable) {
            return None;
        }
        if self.environment.value(variable).is_some() || self.variables.contains_key(variable) {
            return Some(true);
        }
        // HAProxy sets these itself before it reads the configuration (src/haproxy.c).
        let since = match variable {
            "HAPROXY_LOCALPEER" => Release::new(0, 0, 0),
            "HAPROXY_BRANCH"
            | "HAPROXY_HTTPS_LOG_FMT"
            | "HAPROXY_HTTP_LOG_FMT"
            | "HAPROXY_STARTUP_VERSION"
            | "HAPROXY_TCP_LOG_FMT" => Release::new(2, 8, 0),
            "HAPROXY_CFGFILES" | "HAPROXY_HTTP_CLF_LOG_FMT" | "HAPROXY_TCP_CLF_LOG_FMT" => {
                Release::new(3, 1, 0)
            }
            _ if variable.starts_with("HAPROXY_") => return None,
            // With a fixed target a variable that nothing sets counts as not set.
            _ => return self.release.map(|_| false),
        };
        if since == Release::new(0, 0, 0) { Some(true) } else { self.release.map(|release| release >= since) }
    }
}

/// Whether HAProxy was built with `name`: by `features` where they are known, else by what every build has.
pub(super) fn has_feature(features: Option<&[String]>, name: &str) -> Option<bool> {
    if let Some(features) = features {
        return Some(features.iter().any(|feature| feature == name));
    }
    match name {
        // Every build with TLS on Linux has these.
        "EPOLL" | "OPENSSL" | "POLL" | "THREAD" => Some(true),
        "BORINGSSL" | "KQUEUE" | "OPENSSL_AWSLC" | "OPENSSL_WOLFSSL" => Some(false),
        _ => None,
    }
}

impl Truth {
    fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            other => other,
        }
    }
}

/// A release with what makes it a preliminary one (`split_version` in src/haproxy.c): `2.5-dev3` is before `2.5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Version {
    numbers: [i64; 4],
    stage: Stage,
    preliminary: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
    Development,
    Candidate,
    Release,
}

impl Version {
    fn of(release: Release) -> Self {
        let [major, minor, patch] = release.0.map(i64::from);
        Self { numbers: [major, minor, patch, 0], stage: Stage::Release, preliminary: 0 }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut version = Self { numbers: [0; 4], stage: Stage::Release, preliminary: 0 };
        if text.is_empty() {
            return None;
        }
        let mut rest = text;
        for (index, slot) in version.numbers.iter_mut().enumerate() {
            let (number, after) = decimal(rest);
            *slot = number;
            match after.chars().next() {
                None => return Some(version),
                Some('-') => {
                    rest = after;
                    break;
                }
                Some('.') if index < 3 => rest = after.get(1..)?,
                _ => return None,
            }
        }
        let tag = rest.strip_prefix('-')?;
        let stages = [("dev", Stage::Development), ("rc", Stage::Candidate), ("pre", Stage::Candidate)];
        let stage = stages.iter().find_map(|(word, stage)| Some((tag.strip_prefix(word)?, *stage)));
        if let Some((number, stage)) = stage {
            let (number, after) = decimal(number);
            version.stage = stage;
            version.preliminary = number;
            if !after.is_empty() && !after.starts_with('-') {
                return None;
            }
        }
        // What follows counts commits, which no target does.
        (!text.ends_with('-')).then_some(version)
    }
}

/// The number that `text` starts with, 0 where there is none, and what follows.
fn decimal(text: &str) -> (i64, &str) {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    (if digits.is_empty() { 0 } else { digits.parse().unwrap_or(i64::MAX) }, rest)
}

/// `OPENSSL_VERSION_NUMBER` as HAProxy reads it off a text (`openssl_version_parser` in src/ssl_utils.c): the third number stands where
/// OpenSSL up to 1.1.1 has it, also for later releases.
fn library_version(text: &str) -> Option<i64> {
    let (major, rest) = decimal(text);
    let (minor, rest) = decimal(rest.strip_prefix('.')?);
    let (fix, rest) = decimal(rest.strip_prefix('.')?);
    if major > 0xf || minor > 0xff || fix > 0xff {
        return None;
    }
    let (patch, status) = match rest.strip_prefix('-') {
        None if rest.is_empty() => (0, 0xf),
        None => {
            let letters = rest.bytes().map(|letter| i64::from(letter & !0x20) - i64::from(b'A'));
            (1 + letters.sum::<i64>(), 0xf)
        }
        Some(stage) => (0, stage.strip_prefix("beta").map_or(0, |number| decimal(number).0)),
    };
    (status <= 0xf).then_some((major << 28) | (minor << 20) | (fix << 12) | ((patch & 0xff) << 4) | status)
}

/// Whether every, or no, patch release of a line is at least the one asked for.
fn is_library_at_least(line: Release, asked: i64) -> Option<bool> {
    let [major, minor, fix] = line.0.map(i64::from);
    // From 3.0 on a line's releases differ in the number that letters had before.
    let fix = if major < 3 { fix } else { 0 };
    let first = (major << 28) | (minor << 20) | (fix << 12) | 0xf;
    let last = first | 0xff0;
    match asked {
        asked if asked <= first => Some(true),
        asked if asked > last => Some(false),
        _ => None,
    }
}
