//! Which language a file is in, by evidence: its name, its directories and what its lines hold, for and against.
//!
//! The same for a file that is named as for one that is found. `weights.rs` is the only place that says what counts for how much.

mod envoy;
mod facts;
mod haproxy;
mod names;
mod nginx;
mod openssl_conf;
mod weights;
mod words;

pub use names::is_template;
pub(super) use names::{Opening, TEMPLATES, bare_name, opening};
pub use words::holds_tls_settings;

use crate::endpoint::Dialect;
use facts::Facts;
use std::borrow::Cow;
use std::path::Path;
use weights::{ENOUGH, Sign};

/// What a file was found to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// Its language.
    pub dialect: Dialect,
    /// Whether only its content says so, and neither its name nor its directories.
    pub is_guess: bool,
    /// Whether it holds a TLS setting of that language.
    pub holds_tls: bool,
}

/// How much of a file of lines decides its language, in bytes.
pub(super) const LOOKED_AT: usize = 64 << 10;

/// How much of a line of a large file does.
const LONGEST_LINE: usize = 4 << 10;

/// How much of a YAML or JSON file does.
const LOOKED_AT_YAML: usize = 512 << 10;

/// The language of the file at `path`; `None` where no language has enough for it.
pub fn judge(path: &Path, text: &str) -> Option<Judgement> {
    if matches!(opening(path), Opening::Never | Opening::Scanned) {
        return None;
    }
    best(path, text)
}

/// The same for a file in a directory whose files one include takes together, where others are nginx's: it is in that language too,
/// or in none.
pub(super) fn judge_sibling(path: &Path, text: &str) -> Option<Judgement> {
    if matches!(opening(path), Opening::Never | Opening::Scanned) {
        return None;
    }
    let signs: Vec<_> =
        names::of_path(path).into_iter().chain([(Dialect::Nginx, Sign::BesideItsKind)]).collect();
    best_by(path, &signs, text).filter(|judged| judged.dialect == Dialect::Nginx)
}

/// The language of a text under a name that is no file's: a value in a ConfigMap, under its key.
pub(super) fn judge_value(name: &Path, text: &str) -> Option<Judgement> {
    let text_is_named = !matches!(opening(name), Opening::Never | Opening::Scanned);
    let judged = best(if text_is_named { name } else { Path::new("") }, text)?;
    (judged.dialect != Dialect::Envoy && judged.dialect != Dialect::Ciphers).then_some(judged)
}

fn best(path: &Path, text: &str) -> Option<Judgement> {
    best_by(path, &names::of_path(path), text)
}

fn best_by(path: &Path, signs: &[(Dialect, Sign)], text: &str) -> Option<Judgement> {
    let languages: &[Dialect] =
        if names::is_yaml(path) || is_json(text) { &[Dialect::Envoy] } else { &Dialect::ALL };
    let mut scores: Vec<_> = languages.iter().map(|dialect| score(path, *dialect, signs, text)).collect();
    // The first of those with the same score stays.
    scores.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    scores.first().filter(|(points, _)| *points >= ENOUGH).map(|(_, judgement)| *judgement)
}

fn score(path: &Path, dialect: Dialect, of_path: &[(Dialect, Sign)], text: &str) -> (i32, Judgement) {
    let of_path: Vec<Sign> = of_path.iter().filter(|(of, _)| *of == dialect).map(|(_, sign)| *sign).collect();
    let is_named = !of_path.is_empty();
    let facts = facts(dialect, text, is_named);
    let other = is_other_language(text, dialect).then_some(Sign::OtherLanguage);
    let plain = names::is_plain_text(path).then_some(Sign::PlainText);
    let signs = of_path.into_iter().chain(facts.signs()).chain(other).chain(plain);
    let points = signs.map(Sign::points).sum();
    (points, Judgement { dialect, is_guess: !is_named, holds_tls: !facts.tls.is_empty() })
}

fn facts(dialect: Dialect, text: &str, is_named: bool) -> Facts {
    let head = head(text);
    match dialect {
        Dialect::Ciphers => ciphers(&head),
        Dialect::Envoy => envoy::facts(whole_lines(text, LOOKED_AT_YAML)),
        Dialect::HaProxy => haproxy::facts(&head, is_named),
        Dialect::Nginx => nginx::facts(&head, is_named),
        Dialect::OpensslConf => openssl_conf::facts(&head, is_named),
    }
}

/// Files of bare cipher strings are known by their ending alone; a line of several words is none.
fn ciphers(text: &str) -> Facts {
    let mut facts = Facts::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let is_one = !line.contains(['{', '}', '(', ';', '"']);
        facts.known += usize::from(is_one);
        facts.strange += usize::from(!is_one);
        if is_one {
            facts.own.insert(String::new());
        }
    }
    facts
}

/// The lines at the start of a text, each as far as it is of a sensible length.
fn head(text: &str) -> Cow<'_, str> {
    if text.len() <= LOOKED_AT {
        return Cow::Borrowed(text);
    }
    let mut head = String::with_capacity(LOOKED_AT + LONGEST_LINE);
    for line in text.lines() {
        head.push_str(&line[..line.floor_char_boundary(LONGEST_LINE)]);
        head.push('\n');
        if head.len() > LOOKED_AT {
            break;
        }
    }
    Cow::Owned(head)
}

/// The first `most` bytes of a text, as far as lines are whole.
fn whole_lines(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let head = &text[..text.floor_char_boundary(most)];
    head.rfind('\n').map_or(head, |end| &head[..end])
}

/// Whether a text starts as JSON does, and not as a template does.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let is_template = text.starts_with("{{") || text.starts_with("{%") || text.starts_with("{#");
    text.starts_with(['{', '['])
        && !is_template
        && !text.lines().next().is_some_and(|line| line.trim_end().ends_with(']'))
}

/// Whether the first bytes say that the text is a program or markup.
fn is_other_language(text: &str, dialect: Dialect) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let first = start.lines().next().unwrap_or("");
    let is_script = first.starts_with("#!") && !first.contains(dialect.name());
    let starts = |word: &str| start.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    is_script
        || ["<?php", "<?xml", "<!doctype", "<html", "<svg", "%PDF", "-----BEGIN", "package ", "{\\rtf"]
            .into_iter()
            .any(starts)
}

#[cfg(test)]
mod tests;
