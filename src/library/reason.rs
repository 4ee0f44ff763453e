//! Why a token did nothing.

use super::expansion::{LibrarySet, Operator, Reason, Token};
use super::list::List;
use super::table::{Bits, Library};
use crate::span::Span;
use crate::suite::Suite;

/// Why a word that the library does not know stands there.
pub(super) fn of_unknown(library: &Library, word: &str, span: Span) -> Reason {
    if word == "DEFAULT" || (library.switches.letter_case_ignored && word.eq_ignore_ascii_case("DEFAULT")) {
        return Reason::DefaultNotFirst { word: span };
    }
    if word == super::SYSTEM_PROFILE {
        return Reason::SystemProfile { word: span };
    }
    if Suite::from_name(word).is_some_and(Suite::is_tls13) {
        return Reason::Tls13Name { word: span };
    }
    let known_in = knowing(word);
    let builds = siblings(library, known_in);
    if !builds.is_empty() {
        return Reason::NeedsBuild { builds };
    }
    if known_in.is_empty() {
        Reason::UnknownWord { word: span }
    } else {
        Reason::UnknownHere { word: span, known_in }
    }
}

/// Why a token whose words are known changed nothing.
pub(super) fn of_no_effect(library: &Library, list: &List, token: &Token, matches: &Bits) -> Reason {
    if matches.is_empty() {
        return of_no_match(library, token);
    }
    if matches.and(list.present()).is_empty()
        && let Some(by) = list.killer(matches)
    {
        return Reason::Killed { by };
    }
    match token.operator {
        Operator::Add => Reason::AlreadySelected,
        Operator::Kill | Operator::Move | Operator::Remove | Operator::Special => Reason::NotSelected,
    }
}

/// Why known words mean no suite: another build has some, or no library could.
fn of_no_match(library: &Library, token: &Token) -> Reason {
    let words = token.text.trim_start_matches(['-', '+', '!']);
    let mut builds = LibrarySet::default();
    for other in Library::all() {
        if other.release == library.release && other.index != library.index && other.means_something(words) {
            builds = builds.with(other);
        }
    }
    if builds.is_empty() { Reason::NoSuchSuite } else { Reason::NeedsBuild { builds } }
}

/// Every library that knows `word`, as written.
pub(super) fn knowing(word: &str) -> LibrarySet {
    super::table::KNOWN
        .binary_search_by(|(known, _)| (*known).cmp(word))
        .map_or(LibrarySet::default(), |at| LibrarySet(super::table::KNOWN[at].1))
}

/// Those of `libraries` that are other builds of the same release.
fn siblings(library: &Library, libraries: LibrarySet) -> LibrarySet {
    libraries
        .iter()
        .filter(|other| other.release == library.release)
        .fold(LibrarySet::default(), LibrarySet::with)
}

/// The real word nearest to a misspelt one, if any is near; words of `library` first.
///
/// Letter case aside it may be the same word.
pub fn nearest_word(library: &Library, word: &str) -> Option<&'static str> {
    let nearest = |words: &mut dyn Iterator<Item = &'static str>| {
        let scored = words.map(|known| {
            (strsim::osa_distance(&known.to_ascii_lowercase(), &word.to_ascii_lowercase()), known)
        });
        let (distance, known) = scored.min_by_key(|(distance, _)| *distance)?;
        (distance * 4 <= word.len().max(4)).then_some(known)
    };
    // Half an IANA name: OpenSSL's own leave the mode out where it is CBC.
    let without_mode = word.to_ascii_uppercase().replace("-CBC", "");
    if without_mode.len() < word.len()
        && let Some(known) = library.words().find(|known| *known == without_mode)
    {
        return Some(known);
    }
    nearest(&mut library.words().chain(["DEFAULT"]))
        .or_else(|| nearest(&mut super::table::KNOWN.iter().map(|(known, _)| *known)))
}
