//! Code Quality reports of GitLab: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use super::{Report, advised, printable};
use crate::finding::Severity;
use serde::Serialize;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = report.findings.iter().zip(report.fingerprints());
    let issues: Vec<Issue> = rows
        .filter(|(finding, _)| finding.suppressed.is_none())
        .map(|(finding, fingerprint)| {
            let place = report.place(finding.location);
            Issue {
                kind: "issue",
                categories: ["Security"],
                check_name: finding.check,
                description: printable(&advised(finding, "; help: ")).into_owned(),
                fingerprint: fingerprint.to_string(),
                severity: match finding.severity {
                    Severity::Note => "minor",
                    Severity::Warning => "major",
                    Severity::Error => "critical",
                },
                location: At {
                    path: report.repository_path(finding.location),
                    lines: Lines { begin: place.start.line, end: place.end.line },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Issue {
    #[serde(rename = "type")]
    kind: &'static str,
    categories: [&'static str; 1],
    check_name: &'static str,
    description: String,
    fingerprint: String,
    severity: &'static str,
    location: At,
}

#[derive(Serialize)]
struct At {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};
    use serde_json::Value;
    use std::collections::HashSet;

    #[test]
    fn issues_have_what_gitlab_requires() {
        let written = sample::written(Format::Gitlab);
        let issues: Vec<Value> = serde_json::from_str(&written).unwrap();
        let fingerprints: HashSet<&str> =
            issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(fingerprints.len(), issues.len(), "unique");
        insta::assert_snapshot!(written);
    }
}
