//! For people: the lines at fault, what else matters, the policy's clause, what to write.
//!
//! miette draws the frames. Its own source would read a file from the start for every label; ours asks the line index.

use super::{Report, printable, steers};
use crate::finding::{Applicability, Citation, Finding, Severity};
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

/// A span over more lines than this is drawn by its first line alone.
const MAXIMUM_LINES: u32 = 6;
/// In lines longer than this only the surroundings of the caret are drawn, in bytes.
const MAXIMUM_LINE: u32 = 400;
/// What is drawn on either side of a caret in such a line, in bytes.
const SURROUNDINGS: u32 = 60;
/// Endpoints that are named before the rest is counted.
const MAXIMUM_ENDPOINTS: usize = 4;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut drawer = Drawer::new(report);
    for finding in report.counted() {
        out.write_all(drawer.draw(finding).as_bytes())?;
        writeln!(out)?;
    }
    drawer.write_summary(out)
}

struct Drawer<'a> {
    report: &'a Report<'a>,
    handler: GraphicalReportHandler,
    styles: ThemeStyles,
    excerpts: HashMap<FileId, Arc<Excerpts>>,
}

impl<'a> Drawer<'a> {
    fn new(report: &'a Report<'a>) -> Self {
        let look = report.look;
        let styles = || if look.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let mut characters = if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        if look.unicode {
            // The arrow is two columns wide in some terminals' fonts.
            characters.advice = "i".into();
        }
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles: styles() })
            .with_links(look.links)
            .with_urls(look.links)
            .with_link_display_text("")
            .with_width(look.width.max(40))
            .with_break_words(false)
            .with_context_lines(0)
            .without_syntax_highlighting();
        Self { report, handler, styles: styles(), excerpts: HashMap::new() }
    }

    fn draw(&mut self, finding: &Finding) -> String {
        let file = finding.location.file;
        let mut labels = vec![self.label(finding.location, &finding.label, true)];
        let here = finding.related.iter().filter(|related| related.location.file == file);
        labels.extend(here.map(|related| self.label(related.location, &related.message, false)));
        let source = self.excerpts(file);
        let mut text = self.render(&Drawn {
            code: Some(format!("{}[{}]", finding.severity, finding.check)),
            url: super::page_url(finding.check).filter(|_| self.report.look.links),
            severity: finding.severity,
            message: printable(&finding.message).into_owned(),
            source,
            labels,
        });
        for related in finding.related.iter().filter(|related| related.location.file != file) {
            text += &self.elsewhere(related.location, &related.message);
        }
        self.append(&mut text, "help", finding.help.as_deref());
        self.append(&mut text, "fix", fix_words(finding).as_deref());
        self.append(&mut text, "policy", finding.policy.as_ref().map(clause).as_deref());
        self.append(&mut text, "reaches", reaches(&finding.endpoints).as_deref());
        text
    }

    /// A frame of its own for a place in another file, without header and message.
    fn elsewhere(&mut self, location: Location, message: &str) -> String {
        let drawn = Drawn {
            code: None,
            url: None,
            severity: Severity::Note,
            message: String::new(),
            source: self.excerpts(location.file),
            labels: vec![self.label(location, message, true)],
        };
        let text = self.render(&drawn);
        // The first line is the icon of the message that is not there.
        text.split_once('\n').map_or(String::new(), |(_, frame)| frame.to_owned())
    }

    fn render(&self, drawn: &Drawn) -> String {
        let mut text = String::new();
        if self.handler.render_report(&mut text, drawn).is_err() {
            text.clone_from(&drawn.message);
        }
        text
    }

    fn append(&self, text: &mut String, word: &str, prose: Option<&str>) {
        let Some(prose) = prose else { return };
        let head = self.styles.help.style(format!("{word}:"));
        let indent = word.len() + 4;
        let width = self.report.look.width.max(40).saturating_sub(indent);
        let wrapped = wrap(&printable(prose), width).join(&format!("\n{}", " ".repeat(indent)));
        text.extend(["  ", &head.to_string(), " ", &wrapped, "\n"]);
    }

    fn label(&mut self, location: Location, words: &str, primary: bool) -> LabeledSpan {
        let span = self.excerpts(location.file).shown(location.span);
        let words = (!words.is_empty()).then(|| printable(words).into_owned());
        let span = SourceSpan::from((span.start as usize, span.len() as usize));
        if primary {
            LabeledSpan::new_primary_with_span(words, span)
        } else {
            LabeledSpan::new_with_span(words, span)
        }
    }

    fn excerpts(&mut self, file: FileId) -> Arc<Excerpts> {
        let files = self.report.files;
        Arc::clone(self.excerpts.entry(file).or_insert_with(|| Arc::new(Excerpts::new(files.source(file)))))
    }

    fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        for weakened in self.report.weakened {
            let what = match weakened.level.as_str() {
                "off" => "switched off".to_owned(),
                level => format!("made a mere {level}"),
            };
            let line = format!("settings: {} is {what}: {}", weakened.check, weakened.reason);
            writeln!(out, "{}", printable(&line))?;
        }
        let counts = self.report.counts();
        let style = match counts {
            counts if counts.errors > 0 => self.styles.error,
            counts if counts.warnings > 0 => self.styles.warning,
            _ => self.styles.help,
        };
        writeln!(out, "{}", style.style(counts))?;
        writeln!(out, "{}", self.report.coverage_line())
    }
}

fn clause(citation: &Citation) -> String {
    let mark = if citation.unverified { " (unverified)" } else { "" };
    format!(
        "{}{} {} ({}): {} -- {}",
        citation.policy, mark, citation.requirement, citation.strength, citation.why, citation.source
    )
}

fn fix_words(finding: &Finding) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    let flags = match fix.applicability {
        Applicability::Safe => "--fix",
        Applicability::Unsafe => "--fix --unsafe-fixes",
    };
    Some(format!("{} ({flags})", fix.message))
}

fn reaches(endpoints: &[String]) -> Option<String> {
    if endpoints.is_empty() {
        return None;
    }
    let named = endpoints.iter().take(MAXIMUM_ENDPOINTS).cloned().collect::<Vec<_>>().join(", ");
    let more = endpoints.len().saturating_sub(MAXIMUM_ENDPOINTS);
    Some(if more == 0 { named } else { format!("{named} and {more} more") })
}

/// Words on lines of at most `width` columns; a longer word gets a line of its own.
fn wrap(prose: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in prose.split(' ') {
        let line = lines.last_mut().expect("there is always a last line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// One finding as miette wants it.
#[derive(Debug)]
struct Drawn {
    code: Option<String>,
    url: Option<String>,
    severity: Severity,
    message: String,
    source: Arc<Excerpts>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A file from which lines are drawn.
#[derive(Debug)]
struct Excerpts {
    source: Arc<Source>,
    name: String,
    /// The text with nothing in it that steers a terminal, byte for byte as long; `None` where the text itself is fit.
    drawable: Option<String>,
}

impl Excerpts {
    fn new(source: Arc<Source>) -> Self {
        let fit = |character| !steers(character) || matches!(character, '\n' | '\t');
        let drawable = (!source.text().chars().all(fit)).then(|| drawable(source.text()));
        let name = printable(source.display()).into_owned();
        Self { source, name, drawable }
    }

    fn text(&self) -> &str {
        self.drawable.as_deref().unwrap_or(self.source.text())
    }

    /// The part of `span` that is drawn: all of it, or its first line where it is long.
    fn shown(&self, span: Span) -> Span {
        let length = self.text().len() as u32;
        let span = Span::new(span.start.min(length), span.end.min(length));
        let (first, last) = (self.line(span.start), self.line(span.end));
        let first_line = self.source.line_span(first);
        if last - first < MAXIMUM_LINES && (last == first || self.longest(first, last) <= MAXIMUM_LINE) {
            return span;
        }
        Span::new(span.start, first_line.end.max(span.start))
    }

    fn line(&self, offset: u32) -> u32 {
        self.source.position(offset).line
    }

    fn longest(&self, first: u32, last: u32) -> u32 {
        (first..=last).map(|line| self.source.line_span(line).len()).max().unwrap_or(0)
    }

    /// The whole lines around `span`, or its surroundings where they are too long to draw.
    fn window(&self, span: Span) -> Span {
        let (first, last) = (self.line(span.start), self.line(span.end));
        let lines =
            Span::new(self.source.line_span(first).start, self.source.line_span(last).end.max(span.end));
        if first != last || lines.len() <= MAXIMUM_LINE {
            return lines;
        }
        let text = self.text();
        let start = span.start.saturating_sub(SURROUNDINGS).max(lines.start);
        let end = (span.end + SURROUNDINGS).min(lines.end);
        Span::new(
            text.floor_char_boundary(start as usize) as u32,
            text.ceil_char_boundary(end as usize) as u32,
        )
    }
}

impl SourceCode for Excerpts {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        if end > self.text().len() {
            return Err(MietteError::OutOfBounds);
        }
        let span = Span::new(span.offset() as u32, end as u32);
        let window = self.window(span);
        let position = self.source.position(span.start);
        let lines = self.line(window.end) - position.line + 1;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            window.of(self.text()).as_bytes(),
            SourceSpan::from((window.start as usize, window.len() as usize)),
            position.line as usize - 1,
            position.column as usize - 1,
            lines as usize,
        )))
    }
}

/// `text` with every character that steers a terminal replaced by as many bytes that do not.
fn drawable(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let ends_line = character == '\r' && characters.peek() == Some(&'\n');
        out.push(match character {
            '\n' | '\t' => character,
            _ if ends_line || !steers(character) => character,
            _ => match character.len_utf8() {
                1 => '?',
                2 => '\u{B7}',
                _ => '\u{FFFD}',
            },
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let text = "a\u{1b}[31m\rb\u{85}c\u{202e}d\r\n\te\n";
        let fit = drawable(text);
        assert_eq!(fit, "a?[31m?b\u{B7}c\u{FFFD}d\r\n\te\n");
        assert_eq!(fit.len(), text.len());
    }

    #[test]
    fn only_the_surroundings_of_a_caret_in_a_very_long_line() {
        let text = format!("{}ü here {}\n", "ü".repeat(500), "b".repeat(5000));
        let excerpts = Excerpts::new(Arc::new(Source::new(FileId(0), "x", "x", text.into_bytes())));
        let window = excerpts.window(Span::new(1003, 1007));
        assert!(window.len() < 200 && window.of(excerpts.text()).contains("here"));
    }

    #[test]
    fn a_long_span_is_drawn_by_its_first_line() {
        let text = "server {\n".repeat(30);
        let excerpts = Excerpts::new(Arc::new(Source::new(FileId(0), "x", "x", text.into_bytes())));
        assert_eq!(excerpts.shown(Span::new(0, 200)), Span::new(0, 8));
        assert_eq!(excerpts.shown(Span::new(0, 12)), Span::new(0, 12));
    }
}
