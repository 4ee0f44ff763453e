//! Annotations on GitHub: one workflow command per finding.
//!
//! Only about ten annotations of a step are shown, hence errors first. Escapes as the runner's `actions/toolkit` makes them
//! (`packages/core/src/command.ts`); paths are those of the repository.

use super::{Report, printable};
use crate::finding::{Finding, Severity};
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        for finding in report.counted().filter(|finding| finding.severity == severity) {
            write_annotation(report, finding, out)?;
        }
    }
    Ok(())
}

fn write_annotation(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let place = report.place(finding.location);
    let path = report.repository_path(finding.location);
    write!(out, "::{command} file={},line={}", property(&path), place.start.line)?;
    if place.end.line == place.start.line {
        // The end column is only accepted within one line.
        write!(out, ",col={},endColumn={}", place.start.column, place.end.column)?;
    } else {
        write!(out, ",endLine={}", place.end.line)?;
    }
    write!(out, ",title={}::{}", property(finding.check), data(&printable(&finding.message)))?;
    if let Some(help) = &finding.help {
        write!(out, "%0Ahelp: {}", data(&printable(help)))?;
    }
    writeln!(out)
}

/// Escapes the text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};

    #[test]
    fn errors_come_first_and_nothing_breaks_a_command() {
        insta::assert_snapshot!(sample::written(Format::Github));
    }
}
