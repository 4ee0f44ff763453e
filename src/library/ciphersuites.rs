//! TLS 1.3 suites as strings: SSL_CTX_set_ciphersuites(3).

use super::{Family, Library, any};
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
    /// What the build makes of a string of TLS 1.3 suites; refused where it has no TLS 1.3.
    pub fn ciphersuites(&'static self, string: &str) -> Ciphersuites {
        if self.family != Family::OpenSsl {
            return self.boring_ciphersuites(string);
        }
        let mut out = Ciphersuites::default();
        let Some(tls13) = &self.tls13 else {
            return Ciphersuites { refused: true, ..out };
        };
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
        out.refused = nothing || (!tls13.skips_unknown && !out.unknown.is_empty());
        out
    }

    /// AWS-LC runs the grammar of cipher strings over the TLS 1.3 suites; BoringSSL has no such call.
    fn boring_ciphersuites(&self, string: &str) -> Ciphersuites {
        let mut out = Ciphersuites { refused: self.family == Family::BoringSsl, ..Ciphersuites::default() };
        for (name, span) in elements(string).filter(|(name, _)| !name.is_empty()) {
            match self.iana(name) {
                Some(suite) if suite.is_tls13() => out.suites.push((suite, span)),
                _ => out.unknown.push(span),
            }
        }
        out.refused |= !out.unknown.is_empty();
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
