//! The union over every release and build of a family.

use super::expansion::{Effect, Expansion, Reason, Selected, Token};
use super::{Family, Library, Parser};
use crate::span::Span;
use crate::suite::Suite;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Every build of a family, newest release first, and of each release the fullest build first.
pub(super) fn members(family: Family) -> impl Iterator<Item = &'static Library> {
    Library::all().iter().rev().filter(move |library| library.family == family)
}

/// What any build of `family` would select: a suite counts when one of them does.
///
/// The order is the newest release's, followed by what only others select. It is an error only where every build refuses the string.
pub(super) fn expand(family: Family, string: &str, parser: Parser) -> Expansion {
    let mut union = Union::default();
    for library in members(family).filter(|library| !library.is_twin) {
        union.add(&library.expand(string, parser));
    }
    union.finish()
}

/// How many security levels there are (SSL_CTX_set_security_level(3)).
const LEVELS: usize = 6;

/// For each family and level the suites that some build uses there, sorted; worked out when one of a kind is first asked for.
static PERMITTED: [[OnceLock<Vec<Suite>>; LEVELS]; 3] = [const { [const { OnceLock::new() }; LEVELS] }; 3];

/// Whether some build of `family` has a suite and uses it at `level`; see [`super::Choice::permits_suite`].
pub(super) fn permits_suite(family: Family, suite: Suite, level: u8) -> bool {
    let some = |suite: Suite| {
        super::Choice::Any(family).at(level).any(|library| library.permits_suite(suite, level))
    };
    let rank = match family {
        Family::AwsLc => 0,
        Family::BoringSsl => 1,
        Family::OpenSsl => 2,
    };
    match PERMITTED.get(rank).and_then(|levels: &[_; LEVELS]| levels.get(usize::from(level))) {
        Some(known) => known
            .get_or_init(|| Suite::all().filter(|suite| some(*suite)).collect())
            .binary_search(&suite)
            .is_ok(),
        None => some(suite),
    }
}

#[derive(Default)]
struct Union {
    out: Expansion,
    /// The index of a token by its place.
    by_span: HashMap<Span, usize>,
    /// The suites that are in already.
    seen: Seen,
    accepted: bool,
    any: bool,
}

impl Union {
    fn add(&mut self, one: &Expansion) {
        let indices: Vec<usize> = one.tokens.iter().map(|token| self.token(token)).collect();
        for (token, index) in one.tokens.iter().zip(&indices) {
            self.retarget(token, *index, &indices);
        }
        if one.error.is_none() {
            if !self.accepted {
                // The first that takes the string says what is preferred alike.
                self.out.groups.clone_from(&one.groups);
            }
            self.accepted = true;
            for selected in &one.suites {
                if self.seen.insert(selected.suite) {
                    let token = indices.get(selected.token).copied().unwrap_or(0);
                    self.out.suites.push(Selected { suite: selected.suite, token });
                }
            }
        }
        if !self.any {
            self.out.error = one.error;
        }
        self.any = true;
        self.out.security_level = self.out.security_level.or(one.security_level);
        self.out.suite_b |= one.suite_b;
    }

    /// The index in the union of a token of one expansion, with what it did added to it.
    fn token(&mut self, token: &Token) -> usize {
        let Some(index) = self.by_span.get(&token.span).copied() else {
            self.out.tokens.push(token.clone());
            self.by_span.insert(token.span, self.out.tokens.len() - 1);
            return self.out.tokens.len() - 1;
        };
        let known = &mut self.out.tokens[index];
        for (ours, theirs) in [
            (&mut known.added, &token.added),
            (&mut known.removed, &token.removed),
            (&mut known.moved, &token.moved),
            (&mut known.barred, &token.barred),
        ] {
            // Builds mostly agree, and strings of ten thousand tokens have to stay cheap.
            if ours != theirs {
                let mut seen: Seen = ours.iter().copied().collect();
                ours.extend(theirs.iter().filter(|suite| seen.insert(**suite)));
            }
        }
        if weight(token.effect) > weight(known.effect) {
            known.effect = token.effect;
        }
        index
    }

    /// Reasons name tokens by their index in one expansion; in the union these are others.
    fn retarget(&mut self, token: &Token, index: usize, indices: &[usize]) {
        if let Effect::Unmatched(Reason::Killed { by }) = token.effect
            && self.out.tokens[index].effect == token.effect
            && let Some(by) = indices.get(by)
        {
            self.out.tokens[index].effect = Effect::Unmatched(Reason::Killed { by: *by });
        }
    }

    fn finish(mut self) -> Expansion {
        if self.accepted {
            self.out.error = None;
        }
        let grouped = self.out.groups.last().map_or(0, |group| group.end);
        self.out.groups.extend((grouped..self.out.suites.len()).map(|at| at..at + 1));
        self.sort_tokens();
        self.out
    }

    /// Puts the tokens into the order of the text.
    fn sort_tokens(&mut self) {
        let tokens = &mut self.out.tokens;
        if tokens.is_sorted_by_key(|token| token.span) {
            return;
        }
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|index| tokens[*index].span);
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        for selected in &mut self.out.suites {
            selected.token = place[selected.token];
        }
        for token in tokens.iter_mut() {
            if let Effect::Unmatched(Reason::Killed { by }) = &mut token.effect {
                *by = place[*by];
            }
        }
        tokens.sort_by_key(|token| token.span);
    }
}

/// A set of suites, a bit for each code point of the registry's ranges that hold any.
#[derive(Default)]
struct Seen([u64; 16]);

impl Seen {
    /// Adds a suite; `false` where it was in already.
    fn insert(&mut self, suite: Suite) -> bool {
        let [range, low] = suite.code().to_be_bytes();
        let base = match range {
            0x00 => 0,
            0x13 => 4,
            0xC0 => 8,
            _ => 12,
        };
        let (word, bit) = (base + usize::from(low / 64), 1 << (low % 64));
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}

impl FromIterator<Suite> for Seen {
    fn from_iter<I: IntoIterator<Item = Suite>>(suites: I) -> Self {
        let mut seen = Self::default();
        for suite in suites {
            seen.insert(suite);
        }
        seen
    }
}

/// Which of two effects of one token tells more.
fn weight(effect: Effect) -> u8 {
    match effect {
        Effect::Matched => 4,
        Effect::Setting => 3,
        Effect::Unmatched(
            Reason::SystemProfile { .. } | Reason::UnknownWord { .. } | Reason::UnknownHere { .. },
        ) => 1,
        Effect::Unmatched(_) => 2,
        Effect::Invalid => 0,
    }
}
