//! In words, when something holds that holds in some renderings.

use super::explore::Question;

/// Answers that come together: a question's rank, and whether it is answered with yes.
pub(super) type Conjunction = Vec<(usize, bool)>;

/// How many alternatives are told apart; what needs more is told by its number of renderings.
const MOST_ALTERNATIVES: usize = 12;

/// The answers by which the renderings of `holds` are told from the others of `all`: one of several conjunctions; `None` where that
/// takes too many.
pub(super) fn describe(questions: &[Question], holds: u64, all: u64) -> Option<Vec<Conjunction>> {
    let literals: Vec<Literal> = questions
        .iter()
        .enumerate()
        .flat_map(|(rank, question)| {
            let of =
                |answer, known, not: u64| Literal { answer: (rank, answer), known, possible: all & !not };
            [of(true, question.yes, question.no), of(false, question.no, question.yes)]
        })
        .collect();
    let mut left = holds;
    let mut found = Vec::new();
    while left != 0 {
        if found.len() == MOST_ALTERNATIVES {
            return None;
        }
        let (conjunction, covered) = most(&literals, holds, left, all)?;
        left &= !covered;
        found.push(conjunction);
    }
    Some(found)
}

/// An answer, the renderings in which it was given, and those in which it may be.
#[derive(Clone, Copy)]
struct Literal {
    answer: (usize, bool),
    known: u64,
    possible: u64,
}

/// The shortest conjunction that may hold in no rendering outside `holds` and holds in most of `left`; with those that it holds in.
fn most(literals: &[Literal], holds: u64, left: u64, all: u64) -> Option<(Conjunction, u64)> {
    // What holds in all of them at once says it best.
    let common: Vec<Literal> = literals.iter().copied().filter(|one| one.known & left == left).collect();
    if let Some(found) = shortest(&common, holds, all) {
        return Some(found);
    }
    let first = left & left.wrapping_neg();
    let mut rest: Vec<Literal> = literals.iter().copied().filter(|one| one.known & first != 0).collect();
    let (mut known, mut possible) = (all, all);
    let mut chosen = Vec::new();
    while possible & !holds != 0 {
        let worth = |one: &Literal| {
            let excluded = (possible & !holds & !one.possible).count_ones();
            (excluded > 0, (known & one.known & left).count_ones(), excluded)
        };
        let (at, best) = rest.iter().enumerate().max_by_key(|(at, one)| (worth(one), usize::MAX - at))?;
        if !worth(best).0 {
            return None;
        }
        (known, possible) = (known & best.known, possible & best.possible);
        chosen.push(*best);
        rest.remove(at);
    }
    Some(without_idle(chosen, holds, all))
}

/// One, two or three of `common`, or as many as it takes.
fn shortest(common: &[Literal], holds: u64, all: u64) -> Option<(Conjunction, u64)> {
    let possible = common.iter().fold(all, |possible, one| possible & one.possible);
    if possible & !holds != 0 {
        return None;
    }
    let meets =
        |some: &[Literal]| some.iter().fold(all, |possible, one| possible & one.possible) & !holds == 0;
    for one in common {
        if meets(&[*one]) {
            return Some(without_idle(vec![*one], holds, all));
        }
    }
    for (at, one) in common.iter().enumerate() {
        if let Some(two) = common.iter().skip(at + 1).find(|two| meets(&[*one, **two])) {
            return Some(without_idle(vec![*one, *two], holds, all));
        }
    }
    Some(without_idle(common.to_vec(), holds, all))
}

/// Takes out what the others do without.
fn without_idle(mut chosen: Vec<Literal>, holds: u64, all: u64) -> (Conjunction, u64) {
    for at in (0..chosen.len()).rev() {
        let others = chosen.iter().enumerate().filter(|(other, _)| *other != at);
        let possible = others.fold(all, |possible, (_, one)| possible & one.possible);
        if possible & !holds == 0 && chosen.len() > 1 {
            chosen.remove(at);
        }
    }
    chosen.sort_by_key(|one| one.answer);
    let known = chosen.iter().fold(all, |known, one| known & one.known);
    (chosen.into_iter().map(|one| one.answer).collect(), known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{FileId, Location, Span};
    use crate::worlds::facts::{Atom, Test};

    fn question(yes: u64, no: u64) -> Question {
        let atom = Atom { name: "x".to_owned(), test: Test::True };
        Question { atom, place: Location::new(FileId(0), Span::empty(0)), yes, no, is_list: false }
    }

    #[test]
    fn one_answer_is_enough_where_it_tells_them_apart() {
        let questions = [question(0b0011, 0b1100), question(0b0101, 0b1010)];
        assert_eq!(describe(&questions, 0b0011, 0b1111), Some(vec![vec![(0, true)]]));
        assert_eq!(describe(&questions, 0b1000, 0b1111), Some(vec![vec![(0, false), (1, false)]]));
    }

    #[test]
    fn what_one_conjunction_does_not_say_two_do() {
        let questions = [question(0b0011, 0b1100), question(0b0101, 0b1010)];
        let found = describe(&questions, 0b0111, 0b1111).expect("two alternatives are few");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn an_answer_that_was_not_asked_for_excludes_nothing() {
        // The second question is asked only where the first is answered with yes.
        let questions = [question(0b011, 0b100), question(0b001, 0b010)];
        assert_eq!(describe(&questions, 0b001, 0b111), Some(vec![vec![(0, true), (1, true)]]));
    }
}
