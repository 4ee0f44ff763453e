//! One file to look at: endpoints as a matrix, requirements with their verdicts, findings with their lines, what is not known.
//!
//! It needs no network and no other file. Every word that a configuration may have written passes `escape`.

mod findings;
mod matrix;

use super::{Counts, Report, count};
use crate::inventory::Row;
use std::fmt::Write as _;
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Scripts and styles are those of the page alone, and nothing is loaded (Content Security Policy Level 3).
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Writes the report of a run.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = report.counts();
    let mut page = String::new();
    head(&mut page, "tlslint report", &format!("TLS findings: {counts}"));
    numbers(&mut page, report, counts);
    let _ = write!(page, "<p class=\"faint\">{}</p>", escape(&report.coverage_line()));
    findings::requirements(&mut page, report);
    let about = findings::numbers(report);
    matrix::write(&mut page, report.rows, &|row| Some(findings::about(&about, row)));
    findings::write(&mut page, report);
    matrix::unknown(&mut page, report.rows);
    foot(&mut page);
    out.write_all(page.as_bytes())
}

/// The page of an inventory: the matrix and what is not known.
pub fn inventory(rows: &[Row]) -> String {
    let mut page = String::new();
    let title = format!("TLS inventory: {}", count(rows.len(), "endpoint"));
    head(&mut page, "tlslint inventory", &title);
    matrix::write(&mut page, rows, &|_| None);
    matrix::details(&mut page, rows);
    matrix::unknown(&mut page, rows);
    foot(&mut page);
    page
}

fn head(page: &mut String, title: &str, heading: &str) {
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
        escape(title),
        escape(heading)
    );
}

fn foot(page: &mut String) {
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(
        page,
        "</main>\n<footer><p class=\"faint\">tlslint {version}, from the files alone: no server was asked.</p></footer>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    );
}

fn numbers(page: &mut String, report: &Report<'_>, counts: Counts) {
    let coverage = report.coverage;
    let known = report.findings.iter().filter(|one| findings::is_known(one)).count();
    let mut rows = vec![
        ("error", counts.errors, if counts.errors == 1 { "error" } else { "errors" }),
        ("warning", counts.warnings, if counts.warnings == 1 { "warning" } else { "warnings" }),
        ("note", counts.notes, if counts.notes == 1 { "note" } else { "notes" }),
        ("", coverage.servers, "TLS listeners"),
        ("", coverage.clients, "TLS upstreams"),
        ("", coverage.plaintext, "in clear"),
        ("", coverage.not_evaluated, "values not evaluated"),
        ("", counts.suppressed - known, "suppressed"),
    ];
    if report.baseline.is_some() || known > 0 {
        rows.push(("", known, "known in the baseline"));
        rows.push(("", report.baseline.unwrap_or(0), "of the baseline gone"));
    }
    page.push_str("<ul class=\"numbers\">");
    for (class, number, words) in rows {
        let _ = write!(page, "<li><b class=\"{class}\">{number}</b>{words}</li>");
    }
    page.push_str("</ul>\n");
}

/// `text` fit for content and attributes of HTML, and with nothing in it that turns the direction of writing.
pub(super) fn escape(text: &str) -> String {
    super::xml::escape(&super::printable(text)).replace("&apos;", "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, sample};

    #[test]
    fn what_configurations_say_is_text() {
        let written = sample::written(Format::Html);
        assert!(written.contains("&lt;plain&gt;") && !written.contains("<plain>"), "{written}");
        assert_eq!(escape("<img src=x onerror='a()'>\""), "&lt;img src=x onerror=&#39;a()&#39;&gt;&quot;");
    }

    #[test]
    fn nothing_is_loaded() {
        let written = sample::written(Format::Html);
        for reference in ["src=\"http", "href=\"http", "url(", "@import", "import("] {
            assert!(!written.replace("href=\"https://book", "").contains(reference), "{reference}");
        }
        assert_eq!(written.matches("<article").count(), 6, "suppressed ones too");
    }
}
