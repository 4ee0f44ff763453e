//! What several libraries make of one string, side by side.

use super::Answer;
use super::answer::verdict;
use super::table::quoted;
use crate::cli::{Stop, Streams, terminal};
use crate::policy::Policy;
use crate::report::prose::wrap;
use crate::suite::{Suite, in_kinds};

/// More suites than this are told by kind.
const MOST_NAMED: usize = 8;

pub(super) fn print(answers: &[Answer<'_>], policy: &Policy, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let Some(last) = answers.last() else { return Ok(()) };
    writeln!(streams.out, "{}", quoted(last.string))?;
    let suites = all_suites(answers);
    let widest = suites.iter().map(|suite| suite.name().len()).max().unwrap_or(5).max("SUITE".len());
    let widths: Vec<usize> = answers.iter().map(|answer| answer.library.id().len().max(4)).collect();

    write!(streams.out, "{:widest$}", "SUITE")?;
    for (answer, width) in answers.iter().zip(&widths) {
        write!(streams.out, "  {:>width$}", answer.library.id())?;
    }
    writeln!(streams.out, "  VERDICT")?;
    for suite in &suites {
        write!(streams.out, "{:widest$}", suite.name())?;
        for (answer, width) in answers.iter().zip(&widths) {
            let place = place(answer, *suite).map_or_else(|| "-".to_owned(), |place| (place + 1).to_string());
            write!(streams.out, "  {place:>width$}")?;
        }
        writeln!(streams.out, "  {}", verdict(policy, *suite))?;
    }
    for pair in answers.windows(2) {
        let [old, new] = pair else { continue };
        change(old, new, streams)?;
    }
    Ok(())
}

/// Every suite that some library selects: the last library's in its order, then what only the others have.
fn all_suites(answers: &[Answer<'_>]) -> Vec<Suite> {
    let mut suites: Vec<Suite> = Vec::new();
    for answer in answers.iter().rev() {
        for selected in &answer.expansion.suites {
            if !suites.contains(&selected.suite) {
                suites.push(selected.suite);
            }
        }
    }
    suites
}

/// A suite's rank in a library's order of preference, from 0.
fn place(answer: &Answer<'_>, suite: Suite) -> Option<usize> {
    answer.expansion.suites.iter().position(|selected| selected.suite == suite)
}

/// What appears and vanishes from one library to the next.
fn change(old: &Answer<'_>, new: &Answer<'_>, streams: &mut Streams<'_>) -> Result<(), Stop> {
    writeln!(streams.out, "\n{} to {}", old.library.id(), new.library.id())?;
    for answer in [old, new] {
        if let Some(error) = answer.expansion.error {
            writeln!(streams.out, "  {} refuses the string: {}", answer.library.id(), error.kind.name())?;
        }
    }
    let only = |here: &Answer<'_>, there: &Answer<'_>| -> Vec<Suite> {
        let suites = here.expansion.suites.iter().map(|selected| selected.suite);
        suites.filter(|suite| !there.expansion.holds(*suite)).collect()
    };
    let (gone, come) = (only(old, new), only(new, old));
    for (verb, suites) in [("vanish", &gone), ("appear", &come)] {
        if !suites.is_empty() {
            // The table above names each.
            let names: Vec<&str> = suites.iter().map(|suite| suite.name()).collect();
            let words = if suites.len() > MOST_NAMED { in_kinds(suites) } else { names.join(" ") };
            let lines = wrap(&words, terminal::columns(streams.terminal).saturating_sub(6));
            writeln!(streams.out, "  {} {verb}: {}", suites.len(), lines.join("\n      "))?;
        }
    }
    let order =
        |answer: &Answer<'_>| -> Vec<Suite> { answer.expansion.suites.iter().map(|s| s.suite).collect() };
    if gone.is_empty() && come.is_empty() {
        let same = order(old) == order(new);
        writeln!(
            streams.out,
            "  {}",
            if same { "the same suites in the same order" } else { "the same suites in another order" }
        )?;
    }
    Ok(())
}
