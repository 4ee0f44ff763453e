//! When a finding holds that does not hold in every rendering of a template.

use super::{Reading, Root};
use crate::checks;
use crate::discover::Disk;
use crate::files::FileTree as _;
use crate::finding::{Finding, Severity};
use crate::span::Location;
use crate::worlds::{Answer, Renderings};
use std::fmt;

/// A template of which several renderings were read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Distinguished {
    /// Its path, as outputs print it.
    pub path: String,
    /// How many renderings were read.
    pub renderings: u32,
    /// The questions that they differ in, each with the place of the tag that asks first.
    pub conditions: Vec<String>,
}

impl fmt::Display for Distinguished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.renderings == 1 { "" } else { "s" };
        write!(f, "{}: {} rendering{plural}", self.path, self.renderings)?;
        if self.conditions.is_empty() { Ok(()) } else { write!(f, "; by {}", self.conditions.join(", ")) }
    }
}

impl Reading {
    /// The templates of which several renderings were read, in the order of their paths.
    pub(super) fn worlds(&self, disk: &Disk) -> Vec<Distinguished> {
        let told = |root: &Root| {
            let (renderings, file) = (root.renderings.as_ref()?, root.model.files.first()?);
            Some(Distinguished {
                path: disk.source(*file).display().to_owned(),
                renderings: renderings.count,
                conditions: renderings.questions().map(|answer| words(&answer, disk)).collect(),
            })
        };
        let mut all: Vec<_> = self.roots.iter().filter_map(told).collect();
        all.sort_by(|one, two| (&one.path, &one.conditions).cmp(&(&two.path, &two.conditions)));
        all
    }
}

/// Puts in words in which renderings a finding of their root holds.
pub(super) fn find(finding: &mut Finding, renderings: &Renderings, disk: &Disk) {
    let set = std::mem::replace(&mut finding.renderings, u64::MAX) & renderings.all();
    finding.when = match renderings.when(set) {
        Some(alternatives) => alternatives
            .iter()
            .map(|answers| answers.iter().map(|answer| words(answer, disk)).collect::<Vec<_>>().join(" and "))
            .collect(),
        None => vec![format!("{} of {} renderings do so", set.count_ones(), renderings.count)],
    };
    // Whoever fills a template in may never ask for such a combination; what one answer brings about is nobody else's doing.
    let is_combination =
        renderings.when(set).is_none_or(|all| all.iter().all(|answers| answers.len() > 1) && !all.is_empty());
    if is_combination && OF_STRUCTURE.contains(&finding.check) {
        finding.severity = Severity::Note;
    }
    // What nobody has to ask for, a server may never be given.
    if !finding.when.is_empty() {
        finding.severity = finding.severity.min(checks::most_in_doubt(finding.check));
    }
}

/// Checks that tell of a text that the server does not take.
const OF_STRUCTURE: [&str; 4] =
    ["server-refuses-to-start", "setting-repeated", "syntax-error", "unknown-field"];

/// `` `tls` is true (default.conf.j2:68) ``
fn words(answer: &Answer, disk: &Disk) -> String {
    let Location { file, span } = disk.written(answer.place);
    let source = disk.source(file);
    let name = source.display().rsplit('/').next().unwrap_or_default();
    format!("{} ({name}:{})", answer.words, source.position(span.start).line)
}

/// More alternatives make no sentence.
const MOST_TOLD: usize = 3;

/// Says in a finding's message when it holds.
pub(super) fn tell(finding: &mut Finding) {
    if finding.when.is_empty() {
        return;
    }
    let when = match finding.when.len() {
        0..=MOST_TOLD => finding.when.join(", or "),
        many => format!("one of {many} conditions holds, which JSON lists"),
    };
    finding.message = format!("{}, where {when}", finding.message);
    finding.data.push(("when", finding.when.clone()));
}
