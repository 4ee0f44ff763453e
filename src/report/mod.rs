//! Findings to text: one file per output format, none of which changes what is found or the exit code.

mod checkstyle;
mod concise;
mod coverage;
mod frame;
mod github;
mod gitlab;
pub mod html;
mod human;
mod json;
mod junit;
mod line_hash;
mod markdown;
mod overview;
pub(crate) mod prose;
mod range;
mod rdjson;
#[cfg(test)]
mod sample;
mod sarif;
mod security;
mod worlds;
mod xml;

use crate::files::FileTree;
use crate::finding::{Citation, Finding, Severity};
use crate::fingerprint::{self, Fingerprint};
use crate::inventory::Row;
use crate::policy::{self, PolicyFile};
use crate::printable::{Medium, Printable, printable, steers};
use crate::source::{Position, Source};
use crate::span::Location;
pub use coverage::Coverage;
pub use overview::statistics;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
pub use worlds::Worlds;

/// An output format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Checkstyle's XML.
    Checkstyle,
    /// One line per finding, in the form of GNU compilers.
    Concise,
    /// For people: the lines at fault, the policy's clause, what to write.
    Full,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// One page to look at, which needs nothing beside it.
    Html,
    /// One JSON document.
    Json,
    /// One JSON object per finding and line.
    Jsonl,
    /// JUnit's XML.
    Junit,
    /// A table for a pull request's comment or a job's summary.
    Markdown,
    /// Reviewdog's JSON.
    Rdjson,
    /// SARIF 2.1.0.
    Sarif,
}

impl Format {
    /// Every format, as the command line lists them.
    pub const ALL: [Self; 12] = [
        Self::Full,
        Self::Concise,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Junit,
        Self::Checkstyle,
        Self::Rdjson,
        Self::Markdown,
        Self::Html,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkstyle => "checkstyle",
            Self::Concise => "concise",
            Self::Full => "full",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Html => "html",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Rdjson => "rdjson",
            Self::Sarif => "sarif",
        }
    }

    /// The format that `name` means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|format| format.name() == name)
    }

    /// Every format, as the command line lists them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    /// Whether findings are shown with their fixes.
    pub const fn shows_fixes(self) -> bool {
        // Where there is a fix, help is what it writes: only what tells neither goes without.
        !matches!(self, Self::Concise)
    }

    /// Whether endpoints are shown.
    pub const fn shows_endpoints(self) -> bool {
        matches!(self, Self::Html)
    }

    /// What it is made of.
    const fn medium(self) -> Medium {
        match self {
            Self::Checkstyle | Self::Html | Self::Junit => Medium::Xml,
            Self::Concise | Self::Full | Self::Markdown => Medium::Text,
            Self::Github => Medium::Commands,
            Self::Gitlab | Self::Json | Self::Jsonl | Self::Rdjson | Self::Sarif => Medium::Json,
        }
    }

    /// Whether the output itself ends with the coverage line; for the others it belongs on standard error.
    pub const fn tells_coverage(self) -> bool {
        matches!(self, Self::Full | Self::Markdown)
    }
}

/// What a run has to tell.
pub struct Report<'a> {
    /// Every finding in the order of output: by path, position, check. Suppressed ones are among them.
    pub findings: &'a [Finding],
    /// The files that the findings lie in.
    pub files: &'a dyn FileTree,
    /// The policies that were applied: the main one first, then those of overrides.
    pub policies: &'a [PolicyName],
    /// What the configuration is taken to run on.
    pub target: TargetName,
    /// What was looked at.
    pub coverage: Coverage,
    /// Checks that the settings switch off or make milder; the summary names them, so that no policy is weakened silently.
    pub weakened: &'a [Weakened],
    /// What settings leave out, make milder or hold against other rules, in words, with whose settings were not heeded.
    pub softened: &'a [String],
    /// The working directory's path in the repository: `infra/web`; empty at its top.
    pub prefix: &'a str,
    /// Whether SARIF holds suppressed findings too.
    pub sarif_suppressed: bool,
    /// Every endpoint, for formats that show them.
    pub rows: &'a [Row],
    /// The requirements of the policies, each as findings cite it.
    pub requirements: &'a [Citation],
    /// How many places of a baseline are not found any more; `None` without one.
    pub baseline: Option<usize>,
    /// What fixes have mended, one line each.
    pub mended: &'a [String],
    /// Whether nobody has chosen a policy: neither flags nor settings.
    pub is_unconfigured: bool,
    /// How the output may look.
    pub look: Look,
}

/// A policy as reports name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyName {
    /// `google-carriers@2024-12`, or the path of the user's file.
    pub id: String,
    /// One line.
    pub title: String,
    /// What of it was not checked against its source, in words.
    pub unverified: Option<String>,
    /// The file that it stands in; `None` for a built-in one.
    pub file: Option<PolicyFile>,
    /// The built-in policy that has taken the place of it, or of the one that it extends.
    pub superseded_by: Option<&'static str>,
}

impl PolicyName {
    /// The id, and the file where it stands in one.
    fn named(&self) -> String {
        policy::label(&self.id, self.file.as_ref(), false)
    }

    /// What to call it in a sentence.
    fn label(&self) -> String {
        let label = policy::label(&self.id, self.file.as_ref(), self.unverified.is_some());
        match self.superseded_by {
            Some(newer) => format!("{label} (superseded by {newer})"),
            None => label,
        }
    }
}

/// A target as reports name it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TargetName {
    /// In words, for the coverage line: `nginx 1.28, OpenSSL any`.
    pub words: String,
    /// Its parts for machines: `("nginx", "1.28")`.
    pub parts: Vec<(&'static str, String)>,
    /// What of it was not verified by a run.
    pub unverified: Option<String>,
}

/// A check that the settings switch off or make milder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weakened {
    /// The check's id.
    pub check: String,
    /// What it is now: `off`, `note`, `warning`.
    pub level: String,
    /// The reason that the settings give.
    pub reason: String,
}

/// How output may look; the formats for machines take no notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct Look {
    /// Whether to colour.
    pub colour: bool,
    /// Whether to draw with more than ASCII.
    pub unicode: bool,
    /// Whether to link check ids to their pages (OSC 8).
    pub links: bool,
    /// Columns that lines are kept to.
    pub width: usize,
    /// Whether errors come first; by path otherwise.
    pub errors_first: bool,
    /// Whether findings that say the same are shown each by itself.
    pub all: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { colour: false, unicode: true, links: false, width: 100, errors_first: true, all: false }
    }
}

/// Writes `report` in `format`; nothing of it steers a terminal or a runner.
///
/// # Errors
/// Those of `out`.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Colours and links of our own would not pass; what they stand around is made fit word by word.
    if format == Format::Full && (report.look.colour || report.look.links) {
        return human::write(report, out);
    }
    let mut out = Printable::new(out, format.medium());
    let out = &mut out;
    match format {
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Concise => concise::write(report, out),
        Format::Full => human::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Html => html::write(report, out),
        Format::Json => json::write(report, out),
        Format::Jsonl => json::write_lines(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Rdjson => rdjson::write(report, out),
        Format::Sarif => sarif::write(report, out),
    }?;
    out.flush()
}

/// The address of the book, which `Cargo.toml` names as `homepage`; nothing while a placeholder of example.org stands there
/// (RFC 2606, section 3), so that no finding links to what does not exist. `tlslint explain` prints the same pages.
pub fn book() -> Option<&'static str> {
    published(env!("CARGO_PKG_HOMEPAGE"))
}

/// `address` where it is one that somebody can open.
fn published(address: &str) -> Option<&str> {
    let host = address.split("://").nth(1)?.split('/').next()?;
    let placeholder = host == "example.org" || host.ends_with(".example.org");
    (!placeholder).then(|| address.trim_end_matches('/'))
}

/// The page of a check in the book, where that is published.
pub fn page_url(check: &str) -> Option<String> {
    book().map(|book| page_below(book, check))
}

/// The page of a check in the book at the address `book`.
pub fn page_below(book: &str, check: &str) -> String {
    format!("{book}/checks/{}.html", check.replace('-', "_"))
}

/// How many of the things that settings soften the last line names.
const MOST_SOFTENED: usize = 8;

impl<'a> Report<'a> {
    /// The findings that count, in the order of output.
    pub fn counted(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }

    /// How many findings count at each severity.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for finding in self.findings {
            match (&finding.suppressed, finding.severity) {
                (Some(_), _) => counts.suppressed += 1,
                (None, Severity::Error) => counts.errors += 1,
                (None, Severity::Warning) => counts.warnings += 1,
                (None, Severity::Note) => counts.notes += 1,
            }
        }
        counts
    }

    /// The fingerprints of all findings, in their order.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        fingerprint::of(self.findings, self.files, self.prefix)
    }

    /// The line that says what was looked at, by which policy and for which target.
    pub fn coverage_line(&self) -> String {
        let Coverage { servers, clients, plaintext, passed_through, not_evaluated, .. } = self.coverage;
        let mut looked_at = vec![self.coverage.files_line()];
        if self.coverage.files == 0 {
            looked_at.insert(0, "nothing checked".to_owned());
        }
        if self.coverage.in_no_language > 0 {
            looked_at.push(format!("{} in no known language", self.coverage.in_no_language));
        }
        if self.coverage.excluded > 0 {
            looked_at.push(format!("{} excluded", self.coverage.excluded));
        }
        if self.coverage.refused > 0 {
            looked_at.push(format!("{} refused", self.coverage.refused));
        }
        looked_at.push(format!(
            "{} ({servers} server, {clients} client)",
            count(servers + clients, "TLS endpoint")
        ));
        if plaintext > 0 {
            looked_at.push(format!("{plaintext} in clear"));
        }
        if passed_through > 0 {
            looked_at.push(format!("{passed_through} passed through"));
        }
        looked_at.extend(self.coverage.worlds.line());
        looked_at.push(match not_evaluated {
            0 => "every value evaluated".to_owned(),
            some => format!("{} not evaluated", count(some, "value")),
        });
        match self.coverage.not_understood {
            0 => {}
            1 => looked_at.push("1 file with TLS settings was not understood".to_owned()),
            more => looked_at.push(format!("{more} files with TLS settings were not understood")),
        }
        let policies: Vec<String> = self.policies.iter().map(PolicyName::label).collect();
        let unverified = self.target.unverified.as_ref().map_or(String::new(), |words| format!(" ({words})"));
        let line = format!(
            "{}; policy {}; target {}{unverified}{}",
            looked_at.join(", "),
            policies.join(", by override "),
            self.target.words,
            self.softened_words()
        );
        printable(&line).into_owned()
    }

    fn softened_words(&self) -> String {
        let named: Vec<&str> = self.softened.iter().take(MOST_SOFTENED).map(String::as_str).collect();
        let more = self.softened.len().saturating_sub(MOST_SOFTENED);
        match (named.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => format!("; settings: {}", named.join(", ")),
            (false, more) => format!("; settings: {} and {more} more", named.join(", ")),
        }
    }

    fn source(&self, location: Location) -> Arc<Source> {
        self.files.source(location.file)
    }

    /// The path in the repository, as code hosts want it.
    fn repository_path(&self, location: Location) -> String {
        fingerprint::repository_path(self.source(location).display(), self.prefix)
    }

    fn place(&self, location: Location) -> Place {
        let source = self.source(location);
        let start = source.position(within(&source, location.span.start));
        let end = source.position(within(&source, location.span.end)).max(start);
        Place { path: source.display().to_owned(), start, end }
    }
}

/// Findings by severity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Those that must be mended.
    pub errors: usize,
    /// Those that should be.
    pub warnings: usize,
    /// Those worth knowing.
    pub notes: usize,
    /// Those that a comment, the settings or a baseline suppress.
    pub suppressed: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| count(number, word))
            .collect();
        f.write_str(&if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") })?;
        if self.suppressed > 0 {
            write!(f, " ({} suppressed)", self.suppressed)?;
        }
        Ok(())
    }
}

/// Where a location is, as people count.
struct Place {
    path: String,
    start: Position,
    end: Position,
}

/// `offset`, but never behind the last end of line: editors and code hosts know no line there.
fn within(source: &Source, offset: u32) -> u32 {
    let text = source.text();
    let length = text.len() as u32;
    if offset >= length && text.ends_with('\n') {
        return length - 1 - u32::from(text.ends_with("\r\n"));
    }
    offset
}

/// The message, and what to do behind `link`.
fn advised(finding: &Finding, link: &str) -> String {
    let help = finding.help.as_ref().map_or(String::new(), |help| format!("{link}{help}"));
    format!("{}{help}", finding.message)
}

/// `1 file`, `2 files`.
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::all() {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("xml"), None);
    }

    #[test]
    fn the_coverage_line_names_policy_and_target() {
        sample::with(|report| {
            assert_eq!(
                report.coverage_line(),
                "14 files (3 fragments, 1 template), 2 in no known language, 9 TLS endpoints (7 server, 2 client), 1 in clear, 2 values not evaluated; \
                 policy google-carriers@2024-12; target nginx 1.28, OpenSSL any"
            );
            assert_eq!(report.counts().to_string(), "2 errors, 2 warnings, 1 note (1 suppressed)");
        });
        assert_eq!(Counts::default().to_string(), "no findings");
    }
}
