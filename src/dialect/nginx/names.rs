//! Which server answers to a name: `ngx_hash_find_combined` and `ngx_http_find_virtual_server`.

use crate::endpoint::Endpoint;
use std::collections::HashSet;

/// How well a name of a server fits a client's, best last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fit {
    /// A regular expression; the first in the order of the text wins.
    Pattern,
    /// `a.*`: the longest wins.
    Trailing(usize),
    /// `*.a` or `.a`: the longest wins.
    Leading(usize),
    Exact,
}

/// The endpoint, among those of one socket in the order of the text, that a client with this name gets.
pub(super) fn choose<'m>(endpoints: &[&'m Endpoint], sni: Option<&str>) -> Option<&'m Endpoint> {
    let default = endpoints.iter().find(|endpoint| endpoint.is_default).copied();
    let Some(name) =
        sni.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).filter(|name| !name.is_empty())
    else {
        return default;
    };
    let mut best: Option<(Fit, &Endpoint)> = None;
    let mut taken = Taken::default();
    for endpoint in endpoints {
        for served in endpoint.names.iter().filter(|served| taken.takes(&served.name.to_ascii_lowercase())) {
            let Some(fit) = fit(&served.name.to_ascii_lowercase(), &served.name, &name) else { continue };
            // The same name twice: the first server keeps it.
            if best.is_none_or(|(known, _)| fit > known) {
                best = Some((fit, endpoint));
            }
        }
    }
    best.map(|(_, endpoint)| endpoint).or(default)
}

/// Why a pattern is no regular expression, where PCRE and others agree about it; `None` where it may be one.
pub(super) fn fault(pattern: &str) -> Option<&'static str> {
    let text = regex::Regex::new(pattern).err()?.to_string();
    let known = [
        ("repetition operator missing expression", "quantifier does not follow a repeatable item"),
        ("unclosed group", "missing closing parenthesis"),
        ("unopened group", "unmatched closing parenthesis"),
        ("unclosed character class", "missing terminating ] for character class"),
    ];
    known.iter().find(|(ours, _)| text.contains(ours)).map(|(_, theirs)| *theirs)
}

/// The names of a socket so far: one that conflicts is ignored, `.a` whole even where a half of it is free (`ngx_hash_add_key`).
#[derive(Default)]
struct Taken {
    exact: HashSet<String>,
    leading: HashSet<String>,
    trailing: HashSet<String>,
}

impl Taken {
    /// Takes a name, in lower case; whether nginx does.
    fn takes(&mut self, name: &str) -> bool {
        if name.starts_with('~') {
            return true;
        }
        if let Some(domain) = name.strip_prefix('.') {
            return self.exact.insert(domain.to_owned()) && self.leading.insert(domain.to_owned());
        }
        if let Some(domain) = name.strip_prefix("*.") {
            return self.leading.insert(domain.to_owned());
        }
        match name.strip_suffix(".*") {
            Some(start) => self.trailing.insert(start.to_owned()),
            None => self.exact.insert(name.to_owned()),
        }
    }
}

fn fit(lower: &str, written: &str, name: &str) -> Option<Fit> {
    if let Some(pattern) = written.strip_prefix('~') {
        let pattern = regex::RegexBuilder::new(pattern).case_insensitive(true).build().ok()?;
        return pattern.is_match(name).then_some(Fit::Pattern);
    }
    if let Some(domain) = lower.strip_prefix('.') {
        if name == domain {
            return Some(Fit::Exact);
        }
        return ends_below(name, domain).then_some(Fit::Leading(domain.len()));
    }
    if let Some(domain) = lower.strip_prefix("*.") {
        return ends_below(name, domain).then_some(Fit::Leading(domain.len()));
    }
    if let Some(start) = lower.strip_suffix(".*") {
        let rest = name.strip_prefix(start)?.strip_prefix('.')?;
        return (!rest.is_empty()).then_some(Fit::Trailing(start.len()));
    }
    (lower == name).then_some(Fit::Exact)
}

/// Whether `name` has at least one label in front of `.domain`.
fn ends_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.')).is_some_and(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_conflicts_is_ignored_whole() {
        for (names, expected) in [
            (["*.b.test", ".b.test"], [true, false]),
            ([".b.test", "b.test"], [true, false]),
            ([".b.test", "*.b.test"], [true, false]),
            (["b.test", ".b.test"], [true, false]),
            (["b.test", "*.b.test"], [true, true]),
            (["b.*", "b.test"], [true, true]),
            (["~a", "~a"], [true, true]),
        ] {
            let mut taken = Taken::default();
            assert_eq!(names.map(|name| taken.takes(name)), expected, "{names:?}");
        }
    }

    #[test]
    fn names_fit_as_nginx_compares_them() {
        for (written, name, expected) in [
            ("A.test", "a.test", Some(Fit::Exact)),
            (".c.test", "c.test", Some(Fit::Exact)),
            (".c.test", "x.y.c.test", Some(Fit::Leading(6))),
            ("*.c.test", "c.test", None),
            ("*.c.test", "x.c.test", Some(Fit::Leading(6))),
            ("www.*", "www.a.test", Some(Fit::Trailing(3))),
            ("www.*", "www", None),
            ("~^f[0-9]+\\.test$", "f12.test", Some(Fit::Pattern)),
            ("~^f[0-9]+\\.test$", "g.test", None),
            ("_", "a.test", None),
        ] {
            assert_eq!(fit(&written.to_ascii_lowercase(), written, name), expected, "{written} {name}");
        }
    }
}
