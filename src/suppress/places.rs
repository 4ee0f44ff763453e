//! Where findings stand, so that a comment finds those that it covers without looking at all of them.

use crate::finding::Finding;
use crate::span::{FileId, Span};
use std::collections::BTreeMap;

/// The findings by their file and check, in the order of their starts.
pub(super) struct Places(BTreeMap<(FileId, &'static str), Group>);

/// The findings of one check in one file.
#[derive(Default)]
struct Group {
    /// The start of each, and its place in the list of findings.
    starts: Vec<(u32, usize)>,
    /// For each, the next that no comment has taken yet, where one is known; itself, while it is not taken.
    next: Vec<usize>,
}

impl Places {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut groups: BTreeMap<(FileId, &'static str), Group> = BTreeMap::new();
        for (index, finding) in findings.iter().enumerate() {
            let group = groups.entry((finding.location.file, finding.check)).or_default();
            group.starts.push((finding.location.span.start, index));
        }
        let mut places = Self(groups);
        for group in places.0.values_mut() {
            group.starts.sort_unstable();
            group.next = (0..=group.starts.len()).collect();
        }
        places
    }

    /// Hands the findings of `check` that start in `covered` to `each`, those that were handed out before left out; whether there
    /// are any, those among them.
    pub(super) fn take(
        &mut self,
        file: FileId,
        check: &str,
        covered: Span,
        mut each: impl FnMut(usize),
    ) -> bool {
        let Some(check) = crate::checks::find(check) else { return false };
        let Some(group) = self.0.get_mut(&(file, check.id)) else { return false };
        let first = group.starts.partition_point(|(start, _)| *start < covered.start);
        let end = group.starts.partition_point(|(start, _)| *start < covered.end);
        let mut at = group.untaken(first);
        while at < end {
            if let Some((_, index)) = group.starts.get(at) {
                each(*index);
            }
            group.next[at] = at + 1;
            at = group.untaken(at + 1);
        }
        first < end
    }
}

impl Group {
    /// The first at or behind `at` that was not taken; the way there is remembered.
    fn untaken(&mut self, at: usize) -> usize {
        let mut found = at;
        while self.next.get(found).is_some_and(|next| *next != found) {
            found = self.next[found];
        }
        let mut passed = at;
        while passed != found {
            passed = std::mem::replace(&mut self.next[passed], found);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::span::Location;

    #[test]
    fn each_finding_is_handed_out_once_and_counts_for_every_comment() {
        let file = FileId(0);
        let finding = |start| {
            let location = Location::new(file, Span::new(start, start + 1));
            Finding::new("syntax-error", Severity::Error, location, "m")
        };
        let findings: Vec<_> = [30, 10, 20, 10].map(finding).into();
        let mut places = Places::of(&findings);
        let mut take = |check: &str, start, end| {
            let mut taken = Vec::new();
            let any = places.take(file, check, Span::new(start, end), |index| taken.push(index));
            (any, taken)
        };
        assert_eq!(take("syntax-error", 20, 30), (true, vec![2]));
        assert_eq!(take("suite-not-approved", 0, 99), (false, vec![]));
        assert_eq!(take("syntax-error", 0, 31), (true, vec![1, 3, 0]));
        assert_eq!(take("syntax-error", 10, 11), (true, vec![]));
        assert_eq!(take("syntax-error", 11, 20), (false, vec![]));
    }
}
