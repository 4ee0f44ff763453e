//! What a report says of all findings together: requirements, numbers, where to go on.

use super::prose::wrap;
use super::{Report, count};
use crate::finding::{Citation, Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Directories and endings of configurations that nobody deploys: tests, examples, expected outputs.
const EXAMPLES: [&str; 9] =
    ["testdata", "test", "tests", "fixtures", "molecule", "example", "examples", "golden", "__tests__"];

/// Whether a path is one of tests or examples, so that people read of it last.
pub(super) fn is_example(path: &str) -> bool {
    let is_directory = |part: &str| EXAMPLES.contains(&part);
    let (directories, name) = path.rsplit_once('/').unwrap_or(("", path));
    directories.split('/').any(is_directory) || name.contains(".golden.") || name.ends_with(".golden")
}

/// What to call a requirement: its place in the policy, its strength, and the policy where there are several.
pub(super) fn tag(report: &Report<'_>, cited: &Citation) -> String {
    let whose = if report.policies.len() > 1 { format!("{} ", cited.policy) } else { String::new() };
    format!("{whose}{} ({})", cited.requirement, cited.strength)
}

/// Every requirement that is broken, once, with its reason and source.
pub(super) fn requirements(report: &Report<'_>, columns: usize) -> String {
    let mut cited: BTreeMap<(&str, &str), &Citation> = BTreeMap::new();
    for citation in report.counted().filter_map(|finding| finding.policy.as_ref()) {
        cited.entry((&citation.policy, &citation.requirement)).or_insert(citation);
    }
    let mut text = String::new();
    let mut policy = "";
    for ((of, requirement), citation) in cited {
        if of != policy {
            let mark = if citation.unverified { " (unverified)" } else { "" };
            let _ = writeln!(text, "requirements of {of}{mark}:");
            policy = of;
        }
        let words = format!("{requirement} ({}): {} -- {}", citation.strength, citation.why, citation.source);
        let _ = writeln!(text, "  {}", wrap(&words, columns.saturating_sub(6)).join("\n      "));
    }
    text
}

/// For each severity the checks with the number of their findings, the most frequent first.
pub(super) fn by_severity(report: &Report<'_>) -> Vec<(Severity, String)> {
    let mut rows = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let numbers = numbers(report.counted().filter(|finding| finding.severity == severity), |one| {
            one.check.to_owned()
        });
        if !numbers.is_empty() {
            let words: Vec<String> =
                numbers.iter().map(|(check, number)| format!("{number} {check}")).collect();
            rows.push((severity, words.join(", ")));
        }
    }
    rows
}

/// How many findings have each name, the most frequent first.
pub(super) fn numbers<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    name: impl Fn(&Finding) -> String,
) -> Vec<(String, usize)> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        *numbers.entry(name(finding)).or_default() += 1;
    }
    let mut numbers: Vec<(String, usize)> = numbers.into_iter().collect();
    numbers.sort_by(|(a, one), (b, two)| two.cmp(one).then_with(|| a.cmp(b)));
    numbers
}

/// What somebody who has chosen no policy ought to know.
pub(super) fn first_run(report: &Report<'_>) -> Option<String> {
    let policy = report.policies.first().filter(|_| report.is_unconfigured)?;
    Some(format!(
        "no policy is chosen, so {} holds ({}); --policy NAME takes another, tlslint policy list names them, tlslint init writes settings",
        policy.id, policy.title
    ))
}

/// Findings in numbers: by check and severity, by file, and what fixes would mend.
pub fn statistics(report: &Report<'_>) -> String {
    let counted: Vec<&Finding> = report.counted().collect();
    let mut text = String::new();
    let title = |check: &Finding| format!("{:<7}  {}", check.severity.name(), check.check);
    let fixable = |name: &str, safe: bool| {
        counted
            .iter()
            .filter(|one| title(one) == name)
            .filter_map(|one| one.fix.as_ref())
            .filter(|fix| (fix.applicability == crate::finding::Applicability::Safe) == safe)
            .count()
    };
    let rows = numbers(counted.iter().copied(), title);
    if !rows.is_empty() {
        let _ = writeln!(text, "{:>7}  {:>7}  {:>7}  {:<7}  check", "number", "--fix", "unsafe", "level");
    }
    for (name, number) in &rows {
        let _ =
            writeln!(text, "{number:>7}  {:>7}  {:>7}  {name}", fixable(name, true), fixable(name, false));
    }
    let files = numbers(counted.iter().copied(), |one| report.source(one.location).display().to_owned());
    if !files.is_empty() {
        let _ = writeln!(text, "\n{:>7}  file", "number");
    }
    for (path, number) in files {
        let _ = writeln!(text, "{number:>7}  {path}");
    }
    let mended = counted.iter().filter(|one| one.fix.is_some()).count();
    let _ = writeln!(text, "\n{}, of which fixes would mend {mended}", count(counted.len(), "finding"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_examples_are_known_by_their_directories() {
        for path in
            ["a/testdata/x.conf", "examples/nginx.conf", "a/x.golden.yaml", "role/molecule/default/x.cfg"]
        {
            assert!(is_example(path), "{path}");
        }
        for path in ["nginx.conf", "contest/x.conf", "conf.d/test.conf"] {
            assert!(!is_example(path), "{path}");
        }
    }
}
