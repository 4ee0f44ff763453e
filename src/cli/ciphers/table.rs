//! What one library makes of one string, for people.

use super::Answer;
use super::answer::{name_of, verdict, why};
use crate::cli::{Stop, Streams, terminal};
use crate::library::{Effect, Token};
use crate::policy::Policy;
use crate::protocol::Role;
use crate::report::count;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

const HEADER: [&str; 9] =
    ["SUITE", "PROTOCOL", "KEY EXCHANGE", "AUTH", "ENCRYPTION", "MAC", "BITS", "FROM", "VERDICT"];

/// Tokens in the table's column are cut to this many characters; the list of tokens has them whole.
const WIDEST_TOKEN: usize = 32;

pub(super) fn print(answer: &Answer<'_>, policy: &Policy, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let expansion = &answer.expansion;
    writeln!(streams.out, "{}  {}", answer.library.id(), quoted(answer.string))?;
    if let Some(error) = expansion.error {
        let at = error.span.of(answer.string);
        let place =
            if at.is_empty() || at == answer.string { String::new() } else { format!(" at {}", quoted(at)) };
        writeln!(streams.out, "refused: {}{place} (byte {})", error.kind.name(), error.span.start)?;
        return tokens(answer, streams);
    }
    let level = expansion.security_level.unwrap_or_else(|| answer.library.default_security_level());
    let enabled: Vec<_> = answer.library.enabled(expansion, level, Role::Server).collect();
    let mut rows = vec![HEADER.map(Cow::from)];
    for selected in &expansion.suites {
        let (suite, facts) = (selected.suite, selected.suite.facts());
        let token = expansion.tokens.get(selected.token).map_or("", |token| &token.text);
        let mut judged = Cow::from(verdict(policy, suite));
        if !enabled.contains(selected) {
            judged = format!("{judged}, not enabled").into();
        }
        rows.push([
            name_of(answer.library, suite).into(),
            facts.minimum.name().into(),
            facts.key_exchange.name().into(),
            facts.authentication.name().into(),
            facts.encryption.into(),
            facts.mac.into(),
            facts.bits.to_string().into(),
            shortened(token),
            judged,
        ]);
    }
    suites(&rows, streams)?;
    tokens(answer, streams)?;
    let approved = enabled.iter().filter(|selected| verdict(policy, selected.suite) == "approved").count();
    writeln!(
        streams.out,
        "{} declared, {} enabled at security level {level} (without PSK and SRP), {approved} of these approved by {}",
        count(expansion.suites.len(), "suite"),
        enabled.len(),
        policy.label(),
    )?;
    Ok(())
}

/// What a narrow terminal has no room for, the least telling first.
const DISPENSABLE: [usize; 6] = [6, 5, 1, 3, 2, 4];

/// The table of suites, with as many of its columns as fit a terminal; elsewhere it is whole.
fn suites(rows: &[[Cow<'_, str>; 9]], streams: &mut Streams<'_>) -> Result<(), Stop> {
    let mut widths = [0; 9];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let most = if streams.terminal { terminal::columns(true) } else { usize::MAX };
    let mut gone: Vec<usize> = Vec::new();
    let wide = |gone: &[usize]| -> usize {
        let left = widths.iter().enumerate().filter(|(column, _)| !gone.contains(column));
        left.map(|(_, width)| width + 2).sum::<usize>() - 2
    };
    for column in DISPENSABLE {
        if wide(&gone) <= most {
            break;
        }
        gone.push(column);
    }
    let mut text = String::new();
    for row in rows {
        let last = row.len() - 1;
        for (column, (cell, width)) in
            row.iter().zip(widths).enumerate().filter(|(column, _)| !gone.contains(column))
        {
            if column < last {
                let _ = write!(text, "{cell:width$}  ");
            } else if streams.colour {
                text += &coloured(cell);
            } else {
                text += cell;
            }
        }
        text.push('\n');
    }
    if streams.colour {
        streams.out.behind()?.write_all(text.as_bytes())?;
    } else {
        streams.out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// A verdict in green, yellow or red.
fn coloured(verdict: &str) -> String {
    let colour = match verdict {
        "approved" => 32,
        verdict if verdict.starts_with("forbidden") || verdict.starts_with("not approved") => 31,
        verdict if verdict.starts_with("phase out") => 33,
        _ => return verdict.to_owned(),
    };
    format!("\u{1b}[{colour}m{verdict}\u{1b}[0m")
}

/// Rows in columns as wide as their widest cell.
pub(super) fn columns<const N: usize>(
    rows: &[[Cow<'_, str>; N]],
    streams: &mut Streams<'_>,
) -> Result<(), Stop> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let Some((last, cells)) = row.split_last() else { continue };
        for (width, cell) in widths.iter().zip(cells) {
            write!(streams.out, "{cell:width$}  ")?;
        }
        writeln!(streams.out, "{last}")?;
    }
    Ok(())
}

/// Every token with what it did.
fn tokens(answer: &Answer<'_>, streams: &mut Streams<'_>) -> Result<(), Stop> {
    if answer.expansion.tokens.is_empty() {
        return Ok(());
    }
    writeln!(streams.out)?;
    let rows: Vec<[Cow<'_, str>; 2]> = answer
        .expansion
        .tokens
        .iter()
        .map(|token| [quoted(&token.text), did(answer, token).into()])
        .collect();
    columns(&rows, streams)
}

fn did(answer: &Answer<'_>, token: &Token) -> String {
    match token.effect {
        Effect::Invalid => "is what the string is refused for".to_owned(),
        Effect::Setting => "sets the security level".to_owned(),
        Effect::Unmatched(reason) => format!("does nothing: {}", why(answer, reason)),
        Effect::Matched => {
            let counts = [
                ("adds", token.added.len()),
                ("removes", token.removed.len()),
                ("moves", token.moved.len()),
                ("bars", token.barred.len()),
            ];
            let parts = counts.iter().filter(|(_, count)| *count > 0);
            parts.map(|(verb, count)| format!("{verb} {count}")).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The text itself where it prints as it is, else with escapes.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    let plain = !text.is_empty() && text.chars().all(|c| !c.is_control() && c != '\u{FFFD}');
    if plain { text.into() } else { format!("{text:?}").into() }
}

fn shortened(token: &str) -> Cow<'_, str> {
    match token.char_indices().nth(WIDEST_TOKEN) {
        Some((at, _)) => format!("{}…", &token[..at]).into(),
        None => quoted(token),
    }
}
