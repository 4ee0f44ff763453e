//! Known findings that are not counted: `--write-baseline`, `--baseline`.
//!
//! A baseline is a JSON file of fingerprints. A fingerprint holds no line number but does hold an occurrence, so a finding whose
//! lines moved stays known while a second one like it is new.

use crate::finding::{Finding, Suppression};
use crate::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Known findings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Baseline(BTreeSet<Fingerprint>);

/// What is wrong with a baseline's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

#[derive(Deserialize, Serialize)]
struct File {
    version: u32,
    findings: Vec<Row>,
}

/// A known finding; all but the fingerprint is for people.
#[derive(Deserialize, Serialize)]
struct Row {
    fingerprint: String,
    check: String,
    path: String,
    message: String,
}

impl Baseline {
    /// Reads what [`write()`] writes.
    ///
    /// # Errors
    /// When the text is no baseline, or one of a later version.
    pub fn read(text: &str) -> Result<Self, Error> {
        let file: File =
            serde_json::from_str(text).map_err(|error| Error(format!("this is no baseline: {error}")))?;
        if file.version != 1 {
            return Err(Error(format!(
                "this is a baseline of version {}; this tool reads version 1",
                file.version
            )));
        }
        let fingerprint = |row: &Row| {
            Fingerprint::parse(&row.fingerprint)
                .ok_or_else(|| Error(format!("`{}` is no fingerprint", row.fingerprint)))
        };
        Ok(Self(file.findings.iter().map(fingerprint).collect::<Result<_, _>>()?))
    }

    /// Marks the findings that are known, and tells how many known ones were not found any more.
    ///
    /// A finding is known when all of its places are.
    pub fn apply(&self, findings: &mut [Finding], fingerprints: &[Vec<Fingerprint>]) -> usize {
        let mut found = 0;
        for (finding, places) in findings.iter_mut().zip(fingerprints) {
            let known = places.iter().filter(|place| self.0.contains(place)).count();
            found += known;
            if known == places.len() {
                finding.suppressed.get_or_insert_with(|| Suppression {
                    kind: "baseline",
                    reason: "known when the baseline was written".to_owned(),
                    until: None,
                });
            }
        }
        self.0.len() - found
    }
}

/// The text of a baseline that knows the findings that count, sorted so that versions of it compare well.
///
/// `rows` are findings with the fingerprints of their places, and paths; each place has a row.
pub fn write<'a>(rows: impl Iterator<Item = (&'a Finding, &'a [Fingerprint], String)>) -> String {
    let mut findings: Vec<Row> = rows
        .filter(|(finding, ..)| {
            finding.suppressed.as_ref().is_none_or(|suppression| suppression.kind == "baseline")
        })
        .flat_map(|(finding, fingerprints, path)| {
            fingerprints.iter().map(move |fingerprint| Row {
                fingerprint: fingerprint.to_string(),
                check: finding.check.to_owned(),
                path: path.clone(),
                message: finding.message.clone(),
            })
        })
        .collect();
    findings.sort_by(|a, b| (&a.path, &a.check, &a.fingerprint).cmp(&(&b.path, &b.check, &b.fingerprint)));
    let text = serde_json::to_string_pretty(&File { version: 1, findings });
    text.expect("strings and numbers can be written") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileTree as _, Memory};
    use crate::finding::Severity;
    use crate::fingerprint;
    use crate::span::{Location, Span};
    use std::path::Path;

    /// The findings at every `~` of `text`, with their fingerprints.
    fn found(text: &str) -> (Vec<Finding>, Vec<Vec<Fingerprint>>) {
        let files = Memory::new([("x", text)]);
        let source = files.read(Path::new("x")).unwrap();
        let at = |(at, _)| {
            let location = Location::new(source.id(), Span::new(at as u32, at as u32 + 1));
            Finding::new("value-unknown", Severity::Note, location, "m")
        };
        let findings: Vec<Finding> = text.match_indices('~').map(at).collect();
        let fingerprints = fingerprint::of_places(&findings, &files, "");
        (findings, fingerprints)
    }

    fn check(before: &str, after: &str, new: usize, gone: usize) {
        let (findings, fingerprints) = found(before);
        let rows = findings.iter().zip(&fingerprints);
        let rows = rows.map(|(finding, prints)| (finding, prints.as_slice(), "x".to_owned()));
        let baseline = Baseline::read(&write(rows)).unwrap();
        let (mut findings, fingerprints) = found(after);
        assert_eq!(baseline.apply(&mut findings, &fingerprints), gone);
        assert_eq!(findings.iter().filter(|finding| finding.suppressed.is_none()).count(), new);
    }

    #[test]
    fn moved_lines_stay_known_and_a_second_one_is_new() {
        check("a ~\n", "\n\n# more\na ~\n", 0, 0);
        check("a ~\n", "a ~\na ~\n", 1, 0);
        check("a ~\na ~\n", "a ~\n", 0, 1);
        check("", "a ~\n", 1, 0);
    }

    #[test]
    fn other_files_are_refused() {
        assert!(Baseline::read("{}").is_err());
        assert!(
            Baseline::read("{\"version\": 2, \"findings\": []}")
                .unwrap_err()
                .to_string()
                .contains("version 2")
        );
    }
}
