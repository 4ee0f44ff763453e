//! What a run read of templates, in words.

use super::count;

/// What was read of templates whose branches decide something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Worlds {
    /// How many of them, each with what it includes.
    pub templates: usize,
    /// How many renderings of them.
    pub renderings: usize,
    /// How many questions the renderings differ in.
    pub conditions: usize,
    /// Templates with more combinations of branches than are read; every branch was taken all the same.
    pub past_bound: usize,
    /// Tags that nothing opens or closes.
    pub faults: usize,
}

impl Worlds {
    /// For the coverage line; `None` where there is nothing to tell.
    pub(super) fn line(self) -> Option<String> {
        let Self { templates, renderings, past_bound, faults, .. } = self;
        let bound = (past_bound > 0)
            .then(|| format!("{past_bound} with more than are read, every branch at least once"));
        let faults = (faults > 0).then(|| format!("{} that nothing opens or closes", count(faults, "tag")));
        let more: Vec<_> = bound.into_iter().chain(faults).collect();
        let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
        (templates > 0)
            .then(|| format!("{} of {}{more}", count(renderings, "rendering"), count(templates, "template")))
    }
}
