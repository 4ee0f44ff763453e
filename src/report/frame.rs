//! The lines at fault with carets under them, cut to what a terminal is wide.

use super::prose::{width, width_of, wrap};
use super::{Report, printable, steers};
use crate::source::Source;
use crate::span::{Location, Span};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Bytes to mark, with what to say of them.
#[derive(Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) location: Location,
    pub(super) words: &'a str,
    /// Whether it is at fault itself.
    pub(super) is_primary: bool,
}

/// How frames are drawn.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) columns: usize,
    pub(super) unicode: bool,
    /// What stands in front of and behind what is at fault, what matters besides, and what goes around both: escapes or nothing.
    pub(super) colours: [[&'static str; 2]; 3],
}

/// Columns kept on either side of carets in a line that is too long, the most that fit.
const SURROUNDINGS: [usize; 6] = [40, 24, 12, 6, 2, 0];
/// Columns that words under a caret have at least, where the line is that wide.
const LEAST_ROOM: usize = 40;
/// Lines of one file that are drawn; more are counted.
const MOST_LINES: usize = 12;

/// Draws the lines of one file that `labels` lie in.
pub(super) fn draw(report: &Report<'_>, labels: &[Label<'_>], style: Style) -> String {
    let Some(first) = labels.first() else { return String::new() };
    let source = report.source(first.location);
    let mut lines: BTreeMap<u32, Vec<(Span, Label<'_>)>> = BTreeMap::new();
    for label in labels {
        let (number, span) = shown(&source, label.location.span);
        let line = lines.entry(number).or_default();
        if line.iter().all(|(known, _)| *known != span) {
            line.push((span, *label));
        }
    }
    let more = lines.len().saturating_sub(MOST_LINES);
    let gutter = lines.keys().take(MOST_LINES).next_back().map_or(1, |last| last.to_string().len());
    let [edge, bar] = if style.unicode { ["╭", "│"] } else { ["-->", "|"] };
    let place = report.place(first.location);
    let [_, _, [on, off]] = style.colours;
    let mut out = format!(
        " {:gutter$} {on}{edge}{off} {}:{}:{}\n",
        "",
        printable(&place.path),
        place.start.line,
        place.start.column
    );
    for (number, labels) in lines.into_iter().take(MOST_LINES) {
        let mut labels = labels;
        labels.sort_by_key(|(span, _)| *span);
        let columns = style.columns.saturating_sub(gutter + 4).max(30);
        let line = Line::read(&source, number).fitting(&labels, columns);
        let _ = writeln!(out, " {number:gutter$} {on}{bar}{off} {}", line.text());
        for row in line.marks(&labels, columns, style) {
            let _ = writeln!(out, " {:gutter$} {on}{bar}{off} {row}", "");
        }
    }
    if more > 0 {
        let _ = writeln!(out, " {:gutter$} {on}{bar}{off} and {} more", "", super::count(more, "line"));
    }
    out
}

/// The first line of what is marked, and the part of it that stands there.
fn shown(source: &Source, span: Span) -> (u32, Span) {
    let length = source.text().len() as u32;
    let span = Span::new(span.start.min(length), span.end.min(length));
    let number = source.position(super::within(source, span.start)).line;
    let line = source.line_span(number);
    let start = span.start.min(line.end);
    (number, Span::new(start, span.end.clamp(start, line.end.max(start))))
}

/// One character of a line.
#[derive(Clone, Copy)]
struct Cell {
    /// Its byte in the file; `None` for what stands in for what was cut out.
    at: Option<u32>,
    character: char,
}

impl Cell {
    fn width(self) -> usize {
        width_of(self.character)
    }
}

/// A line of a file as it is drawn.
struct Line(Vec<Cell>);

impl Line {
    fn read(source: &Source, number: u32) -> Self {
        let span = source.line_span(number);
        let characters = span.of(source.text()).char_indices();
        let cells = characters.map(|(at, character)| {
            let fit = if steers(character) && character != '\t' { '\u{FFFD}' } else { character };
            Cell { at: Some(span.start + at as u32), character: fit }
        });
        Self(cells.collect())
    }

    /// The line itself where it is narrow enough, else what is around the carets, and the word that it starts with.
    fn fitting(self, labels: &[(Span, Label<'_>)], columns: usize) -> Self {
        let whole: usize = self.0.iter().map(|cell| cell.width()).sum();
        if whole <= columns {
            return self;
        }
        let cut = SURROUNDINGS.iter().map(|around| self.around(labels, *around));
        let fits = |line: &Self| line.0.iter().map(|cell| cell.width()).sum::<usize>() <= columns;
        cut.into_iter().find(fits).unwrap_or_else(|| {
            // Not all carets have room: the first do.
            let mut labels = labels.to_vec();
            while labels.len() > 1 && !fits(&self.around(&labels, 0)) {
                labels.pop();
            }
            self.around(&labels, 0).up_to(columns)
        })
    }

    fn up_to(mut self, columns: usize) -> Self {
        let mut used = 1;
        if let Some(end) = self.0.iter().position(|cell| {
            used += cell.width();
            used > columns
        }) {
            self.0.truncate(end);
            self.0.push(Cell { at: None, character: '…' });
        }
        self
    }

    /// The line with `around` columns on either side of what is marked; words at the edges are left out whole.
    fn around(&self, labels: &[(Span, Label<'_>)], around: usize) -> Self {
        let cells = &self.0;
        let mut keep = vec![false; cells.len()];
        let first = cells.iter().take_while(|cell| cell.character.is_whitespace()).count();
        let word = cells.iter().skip(first).take_while(|cell| !cell.character.is_whitespace()).count();
        if word <= 24 {
            keep.iter_mut().take(first + word + 1).for_each(|keep| *keep = true);
        }
        for (span, _) in labels {
            let start = cells.partition_point(|cell| cell.at < Some(span.start));
            let end = cells.partition_point(|cell| cell.at < Some(span.end.max(span.start + 1)));
            let mut from = start.saturating_sub(around);
            let mut to = (end + around).min(cells.len());
            let in_word = |at: usize| cells.get(at).is_some_and(|cell| is_word(cell.character));
            while from > 0 && from < start && in_word(from - 1) {
                from += 1;
            }
            while to < cells.len() && to > end && in_word(to) {
                to -= 1;
            }
            keep.iter_mut().take(to).skip(from).for_each(|keep| *keep = true);
        }
        let mut line = Vec::new();
        let mut gap = false;
        for (cell, keep) in cells.iter().zip(keep) {
            if keep {
                line.push(*cell);
            } else if !gap {
                line.push(Cell { at: None, character: '…' });
            }
            gap = !keep;
        }
        Self(line)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for cell in &self.0 {
            match cell.character {
                '\t' => text.push_str("    "),
                character => text.push(character),
            }
        }
        text.trim_end().to_owned()
    }

    /// The columns that a span takes, from 0; `None` where it was cut out.
    fn columns(&self, span: Span) -> Option<(usize, usize)> {
        let mut column = 0;
        let mut found: Option<(usize, usize)> = None;
        for cell in &self.0 {
            let next = column + cell.width();
            if cell.at.is_some_and(|at| span.start <= at && at < span.end) {
                let start = found.map_or(column, |(start, _)| start);
                found = Some((start, next));
            }
            column = next;
        }
        // An empty place, or one behind the end of its line.
        let is_last = self.0.iter().rev().find_map(|cell| cell.at).is_none_or(|last| last < span.start);
        let empty = || {
            let mut column = 0;
            for cell in &self.0 {
                if cell.at == Some(span.start) {
                    return Some((column, column + 1));
                }
                column += cell.width();
            }
            is_last.then_some((column, column + 1))
        };
        found.or_else(empty)
    }

    /// The rows under the line: carets with the words of the last, and one row for the words of each other.
    fn marks(&self, labels: &[(Span, Label<'_>)], columns: usize, style: Style) -> Vec<String> {
        let placed: Vec<((usize, usize), Label<'_>)> =
            labels.iter().filter_map(|(span, label)| Some((self.columns(*span)?, *label))).collect();
        let mut told: Vec<(usize, usize, String, bool)> = Vec::new();
        for ((start, end), label) in placed {
            let words = printable(label.words).into_owned();
            // What was said of another place on the line is not said again.
            let known = told.iter().any(|(_, _, other, _)| *other == words);
            told.push((start, end, if known { String::new() } else { words }, label.is_primary));
        }
        let mut rows = vec![carets(&told, style)];
        let used = told.iter().map(|(_, end, ..)| *end).max().unwrap_or(0);
        let said = told.iter().filter(|(_, _, words, _)| !words.is_empty()).count();
        let [_, _, [on, off]] = style.colours;
        for (index, (start, _, words, _)) in
            told.iter().enumerate().rev().filter(|(_, one)| !one.2.is_empty())
        {
            let is_inline = index + 1 == told.len() || said == 1;
            if is_inline && rows.len() == 1 && used + 1 + width(words) <= columns {
                let _ = write!(rows[0], " {words}");
                continue;
            }
            let mut row = String::new();
            let mut at = 0;
            for (left, _, words, _) in told.iter().take(index).filter(|(left, ..)| left < start) {
                if words.is_empty() || *left < at {
                    continue;
                }
                row += &" ".repeat(left - at);
                row += if style.unicode { "│" } else { "|" };
                at = left + 1;
            }
            let corner = if style.unicode { "╰ " } else { "` " };
            // Where there is no room at the caret, the words start further to the left.
            let has_room = columns.saturating_sub(start + 2) >= LEAST_ROOM;
            let further = columns.saturating_sub(width(words).max(LEAST_ROOM) + 2);
            let start = if has_room { *start } else { (*start).min(further).max(at) };
            let room = columns.saturating_sub(start + 2).max(24);
            for (rank, part) in wrap(words, room).into_iter().enumerate() {
                let lead = if rank == 0 {
                    format!("{row}{}{corner}", " ".repeat(start - at))
                } else {
                    " ".repeat(start + 2)
                };
                rows.push(format!("{on}{lead}{off}{part}"));
            }
        }
        rows
    }
}

/// A row of carets; where places overlap, what is at fault itself is seen.
fn carets(told: &[(usize, usize, String, bool)], style: Style) -> String {
    let [fault, beside, _] = style.colours;
    let width = told.iter().map(|(_, end, ..)| *end).max().unwrap_or(0);
    let mut cells: Vec<Option<(usize, bool)>> = vec![None; width];
    for is_at_fault in [false, true] {
        for (rank, (start, end, _, _)) in told.iter().enumerate().filter(|(_, one)| one.3 == is_at_fault) {
            cells.iter_mut().take(*end).skip(*start).for_each(|cell| *cell = Some((rank, is_at_fault)));
        }
    }
    let mut row = String::new();
    for run in cells.chunk_by(|a, b| a == b) {
        let Some(Some((_, is_at_fault))) = run.first() else {
            row += &" ".repeat(run.len());
            continue;
        };
        let ([on, off], mark) = match (*is_at_fault, style.unicode) {
            (true, true) => (fault, "━"),
            (false, true) => (beside, "─"),
            (true, false) => (fault, "^"),
            (false, false) => (beside, "-"),
        };
        let _ = write!(row, "{on}{}{off}", mark.repeat(run.len()));
    }
    row
}

/// Whether a character belongs to a name that is not broken.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "-_./@+".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::FileId;

    /// Draws the line that `text` is, carets under `words`, in `columns`.
    fn line(text: &str, words: &[(&str, &'static str)], columns: usize) -> Vec<String> {
        let source = Source::new(FileId(0), "x", "x", text.as_bytes().to_vec());
        let style = Style { columns, unicode: true, colours: [["", ""]; 3] };
        let labels: Vec<(Span, Label<'_>)> = words
            .iter()
            .map(|(word, words)| {
                let start = text.find(word).unwrap() as u32;
                let span = Span::new(start, start + word.len() as u32);
                (span, Label { location: Location::new(FileId(0), span), words, is_primary: true })
            })
            .collect();
        let line = Line::read(&source, 1).fitting(&labels, columns);
        std::iter::once(line.text()).chain(line.marks(&labels, columns, style)).collect()
    }

    #[test]
    fn each_place_has_a_caret_and_its_words() {
        assert_eq!(
            line("ssl_protocols TLSv1 TLSv1.1;", &[("TLSv1", "old"), ("TLSv1.1", "old too")], 80),
            ["ssl_protocols TLSv1 TLSv1.1;", "              ━━━━━ ━━━━━━━ old too", "              ╰ old"]
        );
        assert_eq!(line("a b c", &[("a", "bad"), ("c", "bad")], 80), ["a b c", "━   ━ bad"]);
    }

    #[test]
    fn what_is_at_fault_is_seen_within_what_is_beside() {
        let told = [(0, 9, "connects".to_owned(), false), (2, 4, "off".to_owned(), true)];
        let style = Style { columns: 80, unicode: true, colours: [["", ""]; 3] };
        assert_eq!(carets(&told, style), "──━━─────");
    }

    #[test]
    fn long_lines_are_cut_between_names() {
        let list = (0..30).map(|at| format!("ECDHE-SUITE-{at}")).collect::<Vec<_>>().join(":");
        let drawn =
            line(&format!("ssl_ciphers {list};"), &[("ECDHE-SUITE-20", "no"), ("ECDHE-SUITE-27", "no")], 80);
        assert_eq!(drawn[0], "ssl_ciphers …ECDHE-SUITE-20…ECDHE-SUITE-27…");
        assert_eq!(drawn[1].trim(), "━━━━━━━━━━━━━━ ━━━━━━━━━━━━━━ no");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let drawn = line("a \u{1b}[31m b", &[("b", "x")], 80);
        assert_eq!(drawn, ["a \u{FFFD}[31m b", "        ━ x"]);
    }
}
