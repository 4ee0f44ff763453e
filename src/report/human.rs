//! For people: the lines at fault, what to write, whom it affects; requirements once, at the end.

use super::frame::{self, Label};
use super::prose::wrap;
use super::{Report, count, overview, printable};
use crate::finding::{Applicability, Finding, INCLUDED, Severity};
use crate::fix;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Endpoints and places that are named before the rest is counted.
const MOST_NAMED: usize = 4;
/// Lines of a fix that are shown.
const MOST_CHANGED: usize = 12;
/// Findings that say the same of more places than this are shown once.
const MOST_ALIKE: usize = 2;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let drawer = Drawer { report, paint: Paint::new(report.look.colour), shown: RefCell::default() };
    for group in groups(report) {
        let shown = if group.len() > MOST_ALIKE && !report.look.all { 1 } else { group.len() };
        let (drawn, folded) = group.split_at(shown);
        for finding in drawn {
            let is_last = drawn.last().is_some_and(|last| std::ptr::eq(*last, *finding));
            let text = drawer.draw(finding, if is_last { folded } else { &[] });
            out.write_all(text.as_bytes())?;
            writeln!(out)?;
        }
    }
    drawer.write_summary(out)
}

/// The findings that count in the order in which people read them, those that say the same together.
fn groups<'a>(report: &Report<'a>) -> Vec<Vec<&'a Finding>> {
    let mut findings: Vec<&Finding> = report.counted().collect();
    if report.look.errors_first {
        let is_example = |finding: &Finding| overview::is_example(report.source(finding.location).display());
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), is_example(finding)));
    }
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known: BTreeMap<(&str, Severity, &str), usize> = BTreeMap::new();
    for finding in findings {
        let at = *known.entry((finding.check, finding.severity, &finding.message)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

struct Drawer<'a> {
    report: &'a Report<'a>,
    paint: Paint,
    /// The changes that were shown, each with the check that it was shown for.
    shown: RefCell<BTreeMap<String, &'static str>>,
}

impl Drawer<'_> {
    fn draw(&self, finding: &Finding, folded: &[&Finding]) -> String {
        let mut text = self.head(finding);
        let (near, far) = self.sorted_places(finding);
        let [on, off] = self.paint.severity(finding.severity);
        let style = frame::Style {
            columns: self.columns(),
            unicode: self.report.look.unicode,
            colours: [[on, off], self.paint.beside(), self.paint.faint()],
        };
        text += &frame::draw(self.report, &near, style);
        self.append(&mut text, "also at", self.listed(far).as_deref());
        self.append(&mut text, "see", self.elsewhere(finding).as_deref());
        match &finding.fix {
            Some(fix) => self.diff(&mut text, fix, finding.check),
            None => self.append(&mut text, "help", finding.help.as_deref()),
        }
        self.reach(&mut text, finding);
        if let Some(first) = folded.first() {
            let places = folded.iter().map(|one| one.location).collect();
            let words =
                format!("and {} more like this: {}", folded.len(), self.listed(places).unwrap_or_default());
            let last =
                if first.fix.is_some() { " (-v shows them with their fixes)" } else { " (-v shows them)" };
            text += &indented(&format!("{words}{last}"), "  ", "    ", self.columns());
        }
        text
    }

    /// Whom it affects and which requirement it breaks, on one line where there is room.
    fn reach(&self, text: &mut String, finding: &Finding) {
        let endpoints = affected(&finding.endpoints);
        let rule = finding.policy.as_ref().map(|cited| overview::tag(self.report, cited));
        if let (Some(endpoints), Some(rule)) = (&endpoints, &rule) {
            let both = format!("{endpoints}; policy: {rule}");
            if super::prose::width(&both) + "  affects: ".len() <= self.columns() {
                return self.append(text, "affects", Some(&both));
            }
        }
        self.append(text, "affects", endpoints.as_deref());
        self.append(text, "policy", rule.as_deref());
    }

    /// `error[check]: message`.
    fn head(&self, finding: &Finding) -> String {
        let [on, off] = self.paint.severity(finding.severity);
        let mut check = finding.check.to_owned();
        if let Some(url) = super::page_url(finding.check).filter(|_| self.report.look.links) {
            check = format!("\u{1b}]8;;{url}\u{1b}\\{check}\u{1b}]8;;\u{1b}\\");
        }
        let bare = format!("{}[{}]: ", finding.severity, finding.check);
        let lines = wrap(&format!("{bare}{}", printable(&finding.message)), self.columns() - 2);
        let whole = lines.join("\n  ");
        let rest = whole.strip_prefix(bare.trim_end()).unwrap_or(&whole);
        format!("{on}{}[{check}]{off}:{rest}\n", finding.severity)
    }

    /// The places in the file of the first one as labels, and those elsewhere.
    fn sorted_places<'f>(&self, finding: &'f Finding) -> (Vec<Label<'f>>, Vec<crate::span::Location>) {
        let file = finding.location.file;
        let places = finding.places();
        let (near, far): (Vec<_>, Vec<_>) = places.partition(|(location, _)| location.file == file);
        let mut labels: Vec<Label<'f>> =
            near.into_iter().map(|(location, words)| Label { location, words, is_primary: true }).collect();
        let source = self.report.source(finding.location);
        let line = |location: crate::span::Location| source.position(location.span.start).line;
        let own = line(finding.location);
        let beside =
            finding.related.iter().filter(|one| one.location.file == file && line(one.location) == own);
        labels.extend(beside.map(|one| Label {
            location: one.location,
            words: &one.message,
            is_primary: false,
        }));
        (labels, far.into_iter().map(|(location, _)| location).collect())
    }

    /// Where else to look, in words.
    fn elsewhere(&self, finding: &Finding) -> Option<String> {
        let own = self.report.place(finding.location);
        let words = finding.related.iter().filter_map(|related| {
            let place = self.report.place(related.location);
            let is_drawn = place.path == own.path && place.start.line == own.start.line;
            // Whom it affects says what an include brings together.
            let is_plain = related.message == INCLUDED && !self.report.look.all;
            (!is_drawn && !is_plain)
                .then(|| format!("{}:{} ({})", place.path, place.start.line, related.message))
        });
        shortened(&words.collect::<Vec<_>>())
    }

    fn listed(&self, locations: Vec<crate::span::Location>) -> Option<String> {
        let words = locations.into_iter().map(|location| {
            let place = self.report.place(location);
            format!("{}:{}", place.path, place.start.line)
        });
        shortened(&words.collect::<Vec<_>>())
    }

    /// What a fix changes.
    fn diff(&self, text: &mut String, fix: &crate::finding::Fix, check: &'static str) {
        let flags = match fix.applicability {
            Applicability::Safe => "--fix",
            Applicability::Unsafe => "--fix --unsafe-fixes",
        };
        let hunks = fix::hunks(fix, self.report.files);
        let earlier = self.shown.borrow().get(&format!("{hunks:?}")).copied();
        if let Some(earlier) = earlier {
            let words = format!("the change shown for {earlier} mends this too ({flags})");
            return self.append(text, "fix", Some(&words));
        }
        self.shown.borrow_mut().insert(format!("{hunks:?}"), check);
        self.append(text, "fix", Some(&format!("{} ({flags})", fix.message)));
        let rows: Vec<(char, &str)> = hunks
            .iter()
            .flat_map(|hunk| {
                let removed = hunk.removed.iter().map(|line| ('-', line.as_str()));
                removed.chain(hunk.added.iter().map(|line| ('+', line.as_str())))
            })
            .filter(|(_, line)| !line.trim().is_empty())
            .collect();
        for (sign, line) in rows.iter().take(MOST_CHANGED) {
            let [on, off] = self.paint.change(*sign);
            let line = printable(line.trim()).into_owned();
            let lines = if *sign == '-' {
                let most = self.columns().saturating_sub(6);
                let cut: String = line.chars().take(most).collect();
                vec![if cut.len() < line.len() {
                    format!("{}…", cut.trim_end_matches(|one| one != ':' && one != ' '))
                } else {
                    line
                }]
            } else {
                wrap(&line, self.columns().saturating_sub(6))
            };
            let lead = format!("    {on}{sign} ");
            text.extend([&*lead, &lines.join(&format!("\n{}", "      ")), off, "\n"]);
        }
        if rows.len() > MOST_CHANGED {
            let more = count(rows.len() - MOST_CHANGED, "line");
            let _ = writeln!(text, "    and {more} more (--diff shows them)");
        }
    }

    fn append(&self, text: &mut String, word: &str, prose: Option<&str>) {
        let Some(prose) = prose.filter(|prose| !prose.is_empty()) else { return };
        let [on, off] = self.paint.beside();
        let indent = word.len() + 4;
        let lines = wrap(&printable(prose), self.columns().saturating_sub(indent));
        let wrapped = lines.join(&format!("\n{}", " ".repeat(indent.min(10))));
        text.extend(["  ", on, word, ":", off, " ", &wrapped, "\n"]);
    }

    fn columns(&self) -> usize {
        self.report.look.width.max(40)
    }

    fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let columns = self.columns();
        out.write_all(overview::requirements(report, columns).as_bytes())?;
        if let Some(first) = report.counted().next() {
            writeln!(out, "tlslint explain {} (or another check) says more\n", first.check)?;
        }
        for weakened in report.weakened {
            let what = match weakened.level.as_str() {
                "off" => "switched off".to_owned(),
                level => format!("made a mere {level}"),
            };
            let line = format!("settings: {} is {what}: {}", weakened.check, weakened.reason);
            out.write_all(indented(&printable(&line), "", "  ", columns).as_bytes())?;
        }
        for (severity, line) in overview::by_severity(report) {
            let [on, off] = self.paint.severity(severity);
            let lead = format!("{on}{:8}{off} ", format!("{severity}s"));
            let lines = wrap(&line, columns.saturating_sub(9));
            writeln!(out, "{lead}{}", lines.join("\n         "))?;
        }
        let counts = report.counts();
        let worst = match counts {
            counts if counts.errors > 0 => self.paint.severity(Severity::Error),
            counts if counts.warnings > 0 => self.paint.severity(Severity::Warning),
            _ => self.paint.beside(),
        };
        writeln!(out, "{}{counts}{}", worst[0], worst[1])?;
        if let Some(tip) = overview::first_run(report) {
            out.write_all(indented(&tip, "", "  ", columns).as_bytes())?;
        }
        writeln!(out, "{}", report.coverage_line())
    }
}

fn indented(words: &str, first: &str, next: &str, columns: usize) -> String {
    let lines = wrap(words, columns.saturating_sub(next.len()));
    format!("{first}{}\n", lines.join(&format!("\n{next}")))
}

fn affected(endpoints: &[String]) -> Option<String> {
    shortened(endpoints)
}

/// The first few, and how many more there are.
fn shortened(words: &[String]) -> Option<String> {
    let more = words.len().saturating_sub(MOST_NAMED);
    // One more takes no less room than its name.
    let named = if more <= 1 { words.len() } else { MOST_NAMED };
    let told = words.iter().take(named).cloned().collect::<Vec<_>>().join(", ");
    match (told.is_empty(), words.len() - named) {
        (true, _) => None,
        (false, 0) => Some(told),
        (false, more) => Some(format!("{told} and {more} more")),
    }
}

/// Escapes around words (ECMA-48, section 8.3.117), or nothing.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    const fn new(colour: bool) -> Self {
        Self(colour)
    }

    fn of(self, on: &'static str) -> [&'static str; 2] {
        if self.0 { [on, "\u{1b}[0m"] } else { ["", ""] }
    }

    fn severity(self, severity: Severity) -> [&'static str; 2] {
        self.of(match severity {
            Severity::Error => "\u{1b}[31m",
            Severity::Warning => "\u{1b}[33m",
            Severity::Note => "\u{1b}[36m",
        })
    }

    fn beside(self) -> [&'static str; 2] {
        self.of("\u{1b}[36m")
    }

    fn faint(self) -> [&'static str; 2] {
        self.of("\u{1b}[2m")
    }

    fn change(self, sign: char) -> [&'static str; 2] {
        self.of(if sign == '-' { "\u{1b}[31m" } else { "\u{1b}[32m" })
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, Look, sample};

    #[test]
    fn people_see_the_lines() {
        insta::assert_snapshot!(sample::written(Format::Full));
    }

    #[test]
    fn ascii_will_do() {
        let ascii = sample::written_with(Format::Full, |look| Look { unicode: false, width: 60, ..look });
        let drawn: String = ascii.chars().filter(|character| !"üï\u{FFFD}".contains(*character)).collect();
        assert!(drawn.is_ascii(), "{drawn}");
        insta::assert_snapshot!(ascii);
    }

    #[test]
    fn colours_and_links_only_where_asked() {
        assert!(!sample::written(Format::Full).contains('\u{1b}'));
        let coloured = sample::written_with(Format::Full, |look| Look { colour: true, links: true, ..look });
        assert_eq!(coloured.contains("\u{1b}]8;;https://"), crate::report::book().is_some());
        assert!(coloured.contains("\u{1b}[31m"));
    }

    #[test]
    fn files_do_not_steer_the_terminal() {
        let coloured = sample::written_with(Format::Full, |look| Look { colour: true, ..look });
        assert!(coloured.contains("ünïcode") || !coloured.contains("\u{1b}[31mred"), "{coloured}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [80, 100, 140] {
            let written = sample::written_with(Format::Full, |look| Look { width, ..look });
            // The coverage line is one line for programs that look for it.
            let lines = written.lines().filter(|line| !line.contains("; policy "));
            for line in lines {
                assert!(super::super::prose::width(line) <= width, "{width}: {line}");
            }
        }
    }
}
