//! Which server answers to a name: `ngx_hash_find_combined` and `ngx_http_find_virtual_server`.

use crate::endpoint::ServedName;
use std::collections::{HashMap, HashSet};

/// The names of one socket, as nginx looks them up: whole ones, the longest `*.a`, the longest `a.*`, then regular expressions in the
/// order of the text; who has none of them gets the default server.
pub(super) struct Names<T> {
    default: Option<T>,
    exact: HashMap<String, T>,
    /// By the domain behind `*.` or `.`.
    leading: HashMap<String, T>,
    /// By what stands before `.*`.
    trailing: HashMap<String, T>,
    patterns: Vec<(regex::Regex, T)>,
}

impl<T: Copy> Names<T> {
    /// The names of servers in the order of the text, each with what stands for it and whether it is the default.
    pub(super) fn of<'n>(servers: impl IntoIterator<Item = (T, bool, &'n [ServedName])>) -> Self {
        let mut names = Self {
            default: None,
            exact: HashMap::new(),
            leading: HashMap::new(),
            trailing: HashMap::new(),
            patterns: Vec::new(),
        };
        let mut taken = Taken::default();
        for (server, is_default, own) in servers {
            names.default = names.default.or(is_default.then_some(server));
            for served in own {
                names.add(&served.name, server, &mut taken);
            }
        }
        names
    }

    fn add(&mut self, written: &str, server: T, taken: &mut Taken) {
        if let Some(pattern) = written.strip_prefix('~') {
            let pattern = regex::RegexBuilder::new(pattern).case_insensitive(true).build();
            self.patterns.extend(pattern.map(|pattern| (pattern, server)));
            return;
        }
        let lower = written.to_ascii_lowercase();
        // The same name twice: the first server keeps it.
        if !taken.takes(&lower) {
            return;
        }
        if let Some(domain) = lower.strip_prefix('.') {
            self.exact.insert(domain.to_owned(), server);
            self.leading.insert(domain.to_owned(), server);
        } else if let Some(domain) = lower.strip_prefix("*.") {
            self.leading.insert(domain.to_owned(), server);
        } else if let Some(start) = lower.strip_suffix(".*") {
            self.trailing.insert(start.to_owned(), server);
        } else {
            self.exact.insert(lower, server);
        }
    }

    /// The server that a client with this name gets.
    pub(super) fn choose(&self, sni: Option<&str>) -> Option<T> {
        let name = sni.map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let Some(name) = name.filter(|name| !name.is_empty()) else { return self.default };
        let met = self.exact.get(&name).or_else(|| self.leading(&name)).or_else(|| self.trailing(&name));
        let pattern = || self.patterns.iter().find(|(pattern, _)| pattern.is_match(&name));
        met.copied().or_else(|| pattern().map(|(_, server)| *server)).or(self.default)
    }

    /// The longest domain below which a name has at least one label.
    fn leading(&self, name: &str) -> Option<&T> {
        let dots = name.match_indices('.').map(|(at, _)| at).filter(|at| *at > 0);
        dots.filter_map(|at| name.get(at + 1..)).find_map(|domain| self.leading.get(domain))
    }

    /// The longest start behind which a name has anything.
    fn trailing(&self, name: &str) -> Option<&T> {
        let dots = name.rmatch_indices('.').map(|(at, _)| at).filter(|at| at + 1 < name.len());
        dots.filter_map(|at| name.get(..at)).find_map(|start| self.trailing.get(start))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{FileId, Location, Span};

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
            ("A.test", "a.test", true),
            (".c.test", "c.test", true),
            (".c.test", "x.y.c.test", true),
            ("*.c.test", "c.test", false),
            ("*.c.test", ".c.test", false),
            ("*.c.test", "x.c.test", true),
            ("www.*", "www.a.test", true),
            ("www.*", "www", false),
            ("~^f[0-9]+\\.test$", "f12.test", true),
            ("~^f[0-9]+\\.test$", "g.test", false),
            ("_", "a.test", false),
        ] {
            assert_eq!(of(&[&[written]]).choose(Some(name)).is_some(), expected, "{written} {name}");
        }
    }

    #[test]
    fn the_closest_name_wins() {
        let names = of(&[&["~^x"], &["x.*", "x.y.*"], &["*.test"], &["*.c.test"], &["x.c.test"]]);
        for (name, expected) in [
            ("X.c.test.", Some(4)),
            ("y.c.test", Some(3)),
            ("y.test", Some(2)),
            ("x.y.example", Some(1)),
            ("xyz", Some(0)),
            ("abc", None),
        ] {
            assert_eq!(names.choose(Some(name)), expected, "{name}");
        }
    }

    /// The names of servers, called by their ranks.
    fn of(servers: &[&[&str]]) -> Names<usize> {
        let location = Location::new(FileId(0), Span::empty(0));
        let served = |name: &&str| ServedName { name: (*name).to_owned(), location };
        let servers: Vec<Vec<ServedName>> =
            servers.iter().map(|names| names.iter().map(served).collect()).collect();
        Names::of(servers.iter().enumerate().map(|(rank, names)| (rank, false, &**names)))
    }
}
