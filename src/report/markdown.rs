//! Markdown for a pull request's comment or a job's summary.

use super::{Report, page_url, printable};
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## tlslint: {}\n", report.counts())?;
    let findings: Vec<_> = report.counted().collect();
    if !findings.is_empty() {
        writeln!(out, "| | Place | Finding | Check |\n| --- | --- | --- | --- |")?;
    }
    for finding in findings {
        let place = report.place(finding.location);
        let help = finding.help.as_deref().map_or(String::new(), |help| format!("<br>{}", escape(help)));
        writeln!(
            out,
            "| {} | {}:{}:{} | {}{help} | {} |",
            finding.severity,
            escape(&place.path),
            place.start.line,
            place.start.column,
            escape(&finding.message),
            linked(finding.check),
        )?;
    }
    for weakened in report.weakened {
        let words = format!("{} is {}: {}", weakened.check, weakened.level, weakened.reason);
        writeln!(out, "\nSettings: {}", escape(&words))?;
    }
    writeln!(out, "\n{}", escape(&report.coverage_line()))
}

/// A check's id, as a link where its page is published.
fn linked(check: &str) -> String {
    page_url(check).map_or_else(|| check.to_owned(), |url| format!("[{check}]({url})"))
}

/// `text` on one line and with nothing in it that Markdown or HTML would take for mark-up.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A mention would notify people, so it is broken up.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};

    #[test]
    fn a_row_for_each_finding() {
        insta::assert_snapshot!(sample::written(Format::Markdown));
    }
}
