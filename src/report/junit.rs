//! JUnit's XML, as Jenkins and GitLab read it: one suite per file, one case per finding.
//!
//! Notes are passing cases with output. A run without findings has one passing case, since readers take an empty report for a
//! broken one.

use super::xml::escape;
use super::{Report, printable};
use crate::finding::{Finding, Severity};
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<_> = report.counted().collect();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    if findings.is_empty() {
        writeln!(out, "<testsuites name=\"tlslint\" tests=\"1\" failures=\"0\" errors=\"0\">")?;
        writeln!(
            out,
            "  <testsuite name=\"tlslint\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">"
        )?;
        let coverage = escape(&report.coverage_line());
        writeln!(out, "    <testcase name=\"no findings\" classname=\"tlslint\" time=\"0\">")?;
        writeln!(out, "      <system-out>{coverage}</system-out>\n    </testcase>\n  </testsuite>")?;
        return writeln!(out, "</testsuites>");
    }
    let (tests, failures) = (findings.len(), failures(&findings));
    writeln!(out, "<testsuites name=\"tlslint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    for file in findings.chunk_by(|left, right| left.location.file == right.location.file) {
        write_suite(report, file, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(report: &Report<'_>, file: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = file.first() else { return Ok(()) };
    let path = escape(&printable(report.source(first.location).display()));
    let (tests, failures) = (file.len(), failures(file));
    writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"
    )?;
    for finding in file {
        let place = report.place(finding.location);
        let (line, column) = (place.start.line, place.start.column);
        let message = escape(&printable(&finding.message));
        writeln!(
            out,
            "    <testcase name=\"{}: {message}\" classname=\"{path}\" file=\"{path}\" line=\"{line}\" time=\"0\">",
            finding.check
        )?;
        let place = format!("{path}:{line}:{column}");
        if finding.severity == Severity::Note {
            writeln!(out, "      <system-out>{place}: note: {message}</system-out>")?;
        } else {
            let severity = finding.severity;
            let help =
                finding.help.as_deref().map_or(String::new(), |help| escape(&format!("\nhelp: {help}")));
            writeln!(
                out,
                "      <failure message=\"{message}\" type=\"{severity}\">{place}: {severity}: {message}{help}</failure>"
            )?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

fn failures(findings: &[&Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity > Severity::Note).count()
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, Report, sample, write};

    #[test]
    fn a_case_for_each_finding() {
        let written = sample::written(Format::Junit);
        let document = roxmltree::Document::parse(&written).unwrap();
        let count = |name| document.descendants().filter(|node| node.has_tag_name(name)).count();
        assert_eq!((count("testsuite"), count("testcase"), count("failure")), (2, 5, 4));
        insta::assert_snapshot!(written);
    }

    #[test]
    fn no_findings_are_a_passing_case() {
        sample::with(|report| {
            let report = Report { findings: &[], target: report.target.clone(), ..*report };
            let mut out = Vec::new();
            write(Format::Junit, &report, &mut out).unwrap();
            let written = String::from_utf8(out).unwrap();
            let document = roxmltree::Document::parse(&written).unwrap();
            assert_eq!(document.root_element().attribute("failures"), Some("0"));
            assert_eq!(document.root_element().attribute("tests"), Some("1"));
        });
    }
}
