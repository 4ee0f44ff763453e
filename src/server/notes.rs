//! Notes that a dialect takes while it reads: what it saw, and why the server would not start.
//!
//! Whether a refusal holds for certain is decided here and nowhere else. A dialect says once which places the server may never come to
//! (a branch of a condition that the target does not answer); what would be refused there, or only because of what stands there, is no
//! refusal, since the server may start.

use crate::observation::{Observation, Refusal};
use crate::span::{FileId, Location};
use std::collections::BTreeMap;

/// The notes of one reading.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// What was seen, in the order of the reading.
    pub observations: Vec<Observation>,
    refusals: Vec<Refusal>,
    /// Places that the server may never come to: file and first byte, with the end.
    doubtful: BTreeMap<(FileId, u32), u32>,
    /// Whether what is read now is read only because of such a place.
    reads_for_doubtful: bool,
    raised: usize,
}

/// What was read for before, to go back to.
#[derive(Debug)]
#[must_use]
pub struct Before(bool);

impl Notes {
    /// Notes that the server may never come to what stands at `place`.
    pub fn doubt(&mut self, place: Location) {
        let end = self.doubtful.entry((place.file, place.span.start)).or_default();
        *end = (*end).max(place.span.end);
    }

    /// Whether the server may never come to what stands at `place`. Places that are doubted do not overlap.
    pub fn is_doubtful(&self, place: Location) -> bool {
        let start = place.span.start;
        let last = self.doubtful.range((place.file, 0)..=(place.file, start)).next_back();
        last.is_some_and(|((_, from), end)| start < *end || start == *from)
    }

    /// Says that what is read from here on, in whatever file, is read because of what stands at all of these places.
    pub fn read_for(&mut self, places: &[Location]) -> Before {
        let is_doubtful = places.iter().any(|place| self.is_doubtful(*place));
        Before(std::mem::replace(&mut self.reads_for_doubtful, is_doubtful))
    }

    /// Says that what was read for a statement has been read.
    #[expect(clippy::needless_pass_by_value, reason = "it is given back once")]
    pub fn back(&mut self, before: Before) {
        self.reads_for_doubtful = before.0;
    }

    /// Notes why the server does not start, in its own terms, if that is certain.
    #[cfg_attr(test, track_caller)]
    pub fn refuse(&mut self, location: Location, reason: String) {
        self.refuse_beside(location, &[], reason);
    }

    /// As [`Self::refuse`], where it also takes what stands at other places.
    #[cfg_attr(test, track_caller)]
    pub fn refuse_beside(&mut self, location: Location, others: &[Location], reason: String) {
        self.raised += 1;
        #[cfg(test)]
        try_from_here(std::panic::Location::caller());
        let mut places = others.iter().copied().chain([location]);
        if !self.reads_for_doubtful && !places.any(|place| self.is_doubtful(place)) {
            self.refusals.push(Refusal { location, reason });
        }
    }

    /// How many reasons were raised so far, those included that are not certain.
    pub fn raised(&self) -> usize {
        self.raised
    }

    /// The reasons why the server does not start.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Everything that was noted.
    pub fn finish(self) -> (Vec<Observation>, Vec<Refusal>) {
        (self.observations, self.refusals)
    }
}

#[cfg(test)]
thread_local! {
    static TRIED: std::cell::RefCell<std::collections::BTreeSet<(String, u32)>> = std::cell::RefCell::default();
}

/// Keeps from which line of the code a reason was raised.
#[cfg(test)]
fn try_from_here(caller: &std::panic::Location<'_>) {
    let name = caller.file().rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    TRIED.with_borrow_mut(|tried| tried.insert((name, caller.line())));
}

/// The lines of the code, by the name of their file, from which this thread has raised reasons.
#[cfg(test)]
pub(crate) fn tried() -> std::collections::BTreeSet<(String, u32)> {
    TRIED.with_borrow(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn at(file: u32, start: u32, end: u32) -> Location {
        Location::new(FileId(file), Span::new(start, end))
    }

    #[test]
    fn what_stands_in_doubt_is_not_refused() {
        let mut notes = Notes::default();
        notes.doubt(at(0, 10, 20));
        notes.doubt(at(0, 30, 30));
        for place in [at(0, 10, 12), at(0, 19, 25), at(0, 30, 30)] {
            notes.refuse(place, "in doubt".to_owned());
        }
        assert!(notes.refusals().is_empty());
        for place in [at(0, 9, 15), at(0, 20, 21), at(1, 10, 12)] {
            notes.refuse(place, "certain".to_owned());
        }
        assert_eq!((notes.refusals().len(), notes.raised()), (3, 6));
    }

    #[test]
    fn what_takes_something_in_doubt_is_not_refused() {
        let mut notes = Notes::default();
        notes.doubt(at(0, 10, 20));
        notes.refuse_beside(at(0, 50, 60), &[at(0, 12, 13)], "beside".to_owned());
        let before = notes.read_for(&[at(0, 10, 20)]);
        notes.refuse(at(1, 0, 5), "in a file that it names".to_owned());
        notes.back(before);
        assert!(notes.refusals().is_empty());
        notes.refuse(at(1, 0, 5), "certain".to_owned());
        assert_eq!(notes.refusals().len(), 1);
    }
}
