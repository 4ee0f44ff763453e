//! TLS 1.3 suites as strings: SSL_CTX_set_ciphersuites(3).

use super::table::Tls13Reading;
use super::{Effect, Expansion, Family, Library, Parser, Token, any, boringssl};
use crate::span::Span;
use crate::suite::Suite;

/// What a library makes of a string of TLS 1.3 suites.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ciphersuites {
    /// The suites in order, each with the place of its name; duplicates stay. Empty without an error: TLS 1.3 is switched off.
    pub suites: Vec<(Suite, Span)>,
    /// Names that are skipped, or for which the string is refused.
    pub unknown: Vec<Span>,
    /// Suites below TLS 1.3 whose IANA names stand in the string: they are enabled too, ahead of the cipher string's.
    pub older: Vec<(Suite, Span)>,
    /// Whether the library refuses the string, and so keeps what it had.
    pub refused: bool,
}

impl Ciphersuites {
    /// The TLS 1.3 suites without their places.
    pub fn tls13(&self) -> impl Iterator<Item = Suite> {
        self.suites.iter().map(|(suite, _)| *suite)
    }
}

impl Library {
    /// What the build makes of a string of TLS 1.3 suites; refused where it has no TLS 1.3, or no way to choose.
    pub fn ciphersuites(&'static self, string: &str) -> Ciphersuites {
        match self.tls13.as_ref().map(|tls13| &tls13.reading) {
            None | Some(Tls13Reading::Nothing) => Ciphersuites { refused: true, ..Ciphersuites::default() },
            Some(Tls13Reading::Names { skips_unknown }) => self.names_of_suites(string, *skips_unknown),
            Some(Tls13Reading::CipherString(suites)) => {
                selected(&boringssl::expand(suites, string, Parser::Lenient))
            }
        }
    }

    fn names_of_suites(&self, string: &str, skips_unknown: bool) -> Ciphersuites {
        let mut out = Ciphersuites::default();
        if string.is_empty() {
            return out;
        }
        for (name, span) in elements(string) {
            match self.iana(name) {
                Some(suite) if suite.is_tls13() => out.suites.push((suite, span)),
                Some(suite) => out.older.push((suite, span)),
                None => out.unknown.push(span),
            }
        }
        let nothing = out.suites.is_empty() && out.older.is_empty();
        out.refused = nothing || (!skips_unknown && !out.unknown.is_empty());
        out
    }

    /// The suite of this build with an IANA name, letter case aside where the build ignores it.
    fn iana(&self, name: &str) -> Option<Suite> {
        self.suites().find(|suite| {
            suite.iana() == name
                || (self.switches.letter_case_ignored && suite.iana().eq_ignore_ascii_case(name))
        })
    }
}

/// What a cipher string over TLS 1.3 suites selects, as if it were a list of them.
fn selected(expansion: &Expansion) -> Ciphersuites {
    let place = |index: usize| expansion.tokens.get(index).map(|token| token.span).unwrap_or_default();
    let is_unknown = |token: &&Token| matches!(token.effect, Effect::Unmatched(_) | Effect::Invalid);
    Ciphersuites {
        suites: expansion.suites.iter().map(|found| (found.suite, place(found.token))).collect(),
        unknown: expansion.tokens.iter().filter(is_unknown).map(|token| token.span).collect(),
        older: Vec::new(),
        refused: expansion.error.is_some(),
    }
}

/// The union over a family's builds, newest first.
pub(super) fn of_any(family: Family, string: &str) -> Ciphersuites {
    let mut union: Option<Ciphersuites> = None;
    for library in any::members(family) {
        let one = library.ciphersuites(string);
        match &mut union {
            None => union = Some(one),
            Some(union) if one.refused => union.unknown.retain(|_| true),
            Some(union) if union.refused => *union = one,
            Some(union) => {
                union.suites.extend(
                    one.suites
                        .iter()
                        .filter(|found| !union.suites.contains(found))
                        .copied()
                        .collect::<Vec<_>>(),
                );
                union.older.extend(
                    one.older
                        .iter()
                        .filter(|found| !union.older.contains(found))
                        .copied()
                        .collect::<Vec<_>>(),
                );
                union.unknown.retain(|span| one.unknown.contains(span));
            }
        }
    }
    union.unwrap_or_default()
}

/// The elements between colons, blanks around them taken off.
fn elements(string: &str) -> impl Iterator<Item = (&str, Span)> {
    let string = string.split('\0').next().unwrap_or(string);
    string.split(':').map(move |element| {
        let name = element.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
        let start = name.as_ptr() as usize - string.as_ptr() as usize;
        (name, Span::new(start as u32, (start + name.len()) as u32))
    })
}
