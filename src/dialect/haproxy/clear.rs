//! Conditions of rules: which of the requests that come in clear they hold for.

use crate::handling::{Which, path_of_pattern};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A share of the requests in clear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Share {
    All,
    /// All but these.
    AllBut(BTreeSet<Which>),
    None,
    /// These alone.
    Only(BTreeSet<Which>),
}

/// What one test comes to for a request in clear.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Truth {
    Always,
    For(BTreeSet<Which>),
    Never,
}

/// Conditions with names; the tests of one name are alternatives.
#[derive(Clone, Debug, Default)]
pub(super) struct Acls {
    own: HashMap<String, Truth>,
    /// Those of the `defaults` sections that the section starts from, nearest first.
    inherited: Option<Arc<Acls>>,
}

impl Acls {
    /// Notes a test.
    pub(super) fn add(&mut self, name: &str, words: &[&str]) {
        let test = test(words);
        let known = self.own.remove(name);
        let all = known.map_or(test.clone(), |known| or(known, test));
        self.own.insert(name.to_owned(), all);
    }

    /// What a section starts with that takes these over.
    pub(super) fn below(&self) -> Self {
        let inherited =
            if self.own.is_empty() { self.inherited.clone() } else { Some(Arc::new(self.clone())) };
        Self { own: HashMap::new(), inherited }
    }

    fn named(&self, name: &str) -> Option<Truth> {
        let layers = std::iter::successors(Some(self), |acls| acls.inherited.as_deref());
        layers.filter_map(|acls| acls.own.get(name)).cloned().reduce(or)
    }
}

impl Drop for Acls {
    /// Layer by layer: thousands of sections may start from each other, for which recursion would take as many frames.
    fn drop(&mut self) {
        let mut next = self.inherited.take();
        while let Some(mut layer) = next.and_then(|layer| Arc::try_unwrap(layer).ok()) {
            next = layer.inherited.take();
        }
    }
}

/// One term of a condition: an ACL's name or an anonymous one's words.
struct Term<'a> {
    negated: bool,
    words: Vec<&'a str>,
}

impl Acls {
    /// The share of the requests in clear for which `if …` or `unless …` holds; all of them without a condition.
    pub(super) fn share(&self, condition: &[&str]) -> Share {
        let Some((keyword, rest)) = condition.split_first() else { return Share::All };
        let Some(alternatives) = alternatives(rest) else { return Share::Only([Which::Some].into()) };
        let shares = alternatives.iter().map(|terms| self.all_of(terms));
        let any = shares.reduce(either).unwrap_or(Share::All);
        if *keyword == "unless" { complement(any) } else { any }
    }

    /// The share for which every term holds.
    fn all_of(&self, terms: &[Term<'_>]) -> Share {
        let mut only: Option<BTreeSet<Which>> = None;
        let mut but = BTreeSet::new();
        for term in terms {
            match (self.truth(&term.words), term.negated) {
                (Truth::Always, false) | (Truth::Never, true) => {}
                (Truth::Never, false) | (Truth::Always, true) => return Share::None,
                (Truth::For(some), false) => only = only.or(Some(some)),
                (Truth::For(some), true) => but.extend(some),
            }
        }
        match only {
            Some(some) => Share::Only(some),
            None if but.is_empty() => Share::All,
            None => Share::AllBut(but),
        }
    }

    fn truth(&self, words: &[&str]) -> Truth {
        match words {
            ["TRUE"] => Truth::Always,
            ["FALSE"] => Truth::Never,
            ["LOCALHOST"] => Truth::For([Which::Machine].into()),
            [name] => self.named(name).unwrap_or_else(|| test(words)),
            _ => test(words),
        }
    }
}

/// The words of one test: what is fetched, then flags and patterns.
fn test(words: &[&str]) -> Truth {
    let Some((fetch, rest)) = words.split_first() else { return Truth::For([Which::Some].into()) };
    let name = fetch.split(['(', ',']).next().unwrap_or(fetch);
    let patterns = patterns(rest);
    let some = || Truth::For([Which::Some].into());
    match (name, patterns.as_deref()) {
        ("always_true", _) | ("dst_port" | "fc_dst_port", Some(["80"])) => Truth::Always,
        ("ssl_fc", Some([])) if fetch.ends_with(",not") => Truth::Always,
        ("always_false", _) | ("dst_port" | "fc_dst_port", Some(["443"])) => Truth::Never,
        ("ssl_fc" | "ssl_fc_has_sni" | "ssl_fc_sni", _) if !fetch.contains(",not") => Truth::Never,
        ("src", Some(sources)) if !sources.is_empty() && sources.iter().all(|source| is_machine(source)) => {
            Truth::For([Which::Machine].into())
        }
        ("fhdr" | "hdr" | "req.fhdr" | "req.hdr", Some(["https"]))
            if fetch.to_ascii_lowercase().contains("(x-forwarded-proto") =>
        {
            Truth::For([Which::Forwarded].into())
        }
        (name, Some(patterns)) if name.starts_with("path") || name.starts_with("url") => {
            let is_pattern = name.ends_with("_reg") || rest.windows(2).any(|pair| pair == ["-m", "reg"]);
            Truth::For(patterns.iter().map(|pattern| path(pattern, is_pattern)).collect())
        }
        _ => some(),
    }
}

/// The requests that a pattern of a path is about.
fn path(pattern: &str, is_expression: bool) -> Which {
    let path = if is_expression { path_of_pattern(pattern) } else { Some(pattern.to_owned()) };
    match path {
        Some(path) if path.starts_with('/') => Which::path(&path),
        // A part of a path that nothing but challenges has.
        Some(path) if path.contains(".well-known/") => Which::Challenges,
        _ => Which::Some,
    }
}

/// The patterns behind the flags; `None` where a file holds them.
fn patterns<'a>(words: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut rest = words;
    loop {
        match rest {
            ["-i" | "-n", after @ ..] | ["-m" | "-u", _, after @ ..] => rest = after,
            ["--", after @ ..] => return Some(after.to_vec()),
            ["-f" | "-M", ..] => return None,
            _ => return Some(rest.to_vec()),
        }
    }
}

fn is_machine(source: &str) -> bool {
    source.starts_with("127.") || source.starts_with("::1")
}

/// Splits a condition into alternatives of terms; `None` where braces do not match.
fn alternatives<'a>(words: &[&'a str]) -> Option<Vec<Vec<Term<'a>>>> {
    let mut alternatives = vec![Vec::new()];
    let mut rest = words.iter().copied();
    let mut negated = false;
    while let Some(word) = rest.next() {
        let bare = word.trim_start_matches('!');
        negated ^= (word.len() - bare.len()) % 2 == 1;
        let words = match bare {
            "" => continue,
            "or" | "||" | "OR" => {
                alternatives.push(Vec::new());
                continue;
            }
            "{" => {
                let mut inside = Vec::new();
                loop {
                    match rest.next()? {
                        "}" => break inside,
                        word => inside.push(word),
                    }
                }
            }
            name => vec![name],
        };
        alternatives.last_mut()?.push(Term { negated, words });
        negated = false;
    }
    Some(alternatives)
}

/// The tests of one ACL are alternatives.
fn or(one: Truth, other: Truth) -> Truth {
    match (one, other) {
        (Truth::Always, _) | (_, Truth::Always) => Truth::Always,
        (Truth::Never, other) | (other, Truth::Never) => other,
        (Truth::For(mut some), Truth::For(more)) => {
            some.extend(more);
            Truth::For(some)
        }
    }
}

fn either(one: Share, other: Share) -> Share {
    match (one, other) {
        (Share::All, _) | (_, Share::All) => Share::All,
        (Share::None, other) | (other, Share::None) => other,
        // The second alternative could only make the rest smaller.
        (all @ Share::AllBut(_), _) | (_, all @ Share::AllBut(_)) => all,
        (Share::Only(mut some), Share::Only(more)) => {
            some.extend(more);
            Share::Only(some)
        }
    }
}

fn complement(share: Share) -> Share {
    match share {
        Share::All => Share::None,
        Share::AllBut(some) => Share::Only(some),
        Share::None => Share::All,
        Share::Only(some) => Share::AllBut(some),
    }
}
