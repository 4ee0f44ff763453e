//! Checkstyle's XML, which many tools read (reviewdog, Jenkins, cs2pr).

use super::xml::escape;
use super::{Report, advised, printable};
use crate::finding::Severity;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<checkstyle version=\"4.3\">")?;
    let findings: Vec<_> = report.counted().collect();
    for file in findings.chunk_by(|left, right| left.location.file == right.location.file) {
        let Some(first) = file.first() else { continue };
        writeln!(out, "  <file name=\"{}\">", escape(report.source(first.location).display()))?;
        for finding in file {
            let place = report.place(finding.location);
            let severity = match finding.severity {
                Severity::Note => "info",
                other => other.name(),
            };
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}\" source=\"tlslint.{}\"/>",
                place.start.line,
                place.start.column,
                escape(&printable(&advised(finding, "; help: "))),
                finding.check
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};

    #[test]
    fn files_hold_their_errors() {
        let written = sample::written(Format::Checkstyle);
        let document = roxmltree::Document::parse(&written).unwrap();
        assert_eq!(document.root_element().children().filter(roxmltree::Node::is_element).count(), 2);
        insta::assert_snapshot!(written);
    }
}
