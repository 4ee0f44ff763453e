//! Collects findings; the same fault of several endpoints is one finding that names them.

use crate::endpoint::Endpoint;
use crate::finding::{Citation, Finding, Origin, Related};
use crate::setting::Step;
use crate::span::{FileId, Location, Span};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Findings as checks report them.
#[derive(Debug)]
pub struct Findings {
    list: Vec<Finding>,
    places: HashMap<Key, usize>,
    /// What findings that were reported more than once hold already, by their place in the list.
    gathered: HashMap<usize, Gathered>,
    /// Places at which what a check looks for does something for some endpoint, with the renderings in which it does.
    working: BTreeMap<(&'static str, Location), u64>,
    /// The renderings of a template that what is added holds in.
    renderings: u64,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            places: HashMap::new(),
            gathered: HashMap::new(),
            working: BTreeMap::new(),
            renderings: u64::MAX,
        }
    }
}

/// What makes two reports the same finding: check, place, policy with its requirement.
type Key = (&'static str, Location, Option<(String, String)>);

/// What one finding holds, so that nothing is looked for in its lists.
#[derive(Debug, Default)]
struct Gathered {
    endpoints: HashSet<String>,
    reaches: HashSet<FileId>,
    related: HashSet<Related>,
}

impl Gathered {
    /// What `finding` holds; an endpoint that it names twice it then names once.
    fn of(finding: &mut Finding) -> Self {
        let mut gathered = Self::default();
        finding.endpoints.retain(|label| gathered.endpoints.insert(label.clone()));
        finding.reaches.retain(|file| gathered.reaches.insert(*file));
        finding.related.retain(|related| gathered.related.insert(related.clone()));
        gathered
    }

    /// Adds to `known` what `other` holds besides.
    fn extend(&mut self, known: &mut Finding, other: &mut Finding) {
        for label in other.endpoints.drain(..) {
            if !self.endpoints.contains(&label) {
                self.endpoints.insert(label.clone());
                known.endpoints.push(label);
            }
        }
        known.reaches.extend(other.reaches.drain(..).filter(|file| self.reaches.insert(*file)));
        for related in other.related.drain(..) {
            if !self.related.contains(&related) {
                self.related.insert(related.clone());
                known.related.push(related);
            }
        }
    }
}

impl Findings {
    /// What is added from here on holds in these renderings of a template, as bits.
    pub fn in_renderings(&mut self, renderings: u64) {
        self.renderings = renderings;
    }

    /// Adds a finding about `endpoint`, with the steps by which its setting came there.
    pub fn report(&mut self, endpoint: &Endpoint, provenance: &[Step], mut finding: Finding) {
        for step in provenance {
            finding = finding.related(step.location, step.what.clone());
        }
        finding.endpoints.push(endpoint.label.clone());
        finding.reaches.push(endpoint.location.file);
        self.add(finding);
    }

    /// Adds a finding; one at the same place from the same check gains its endpoints instead.
    ///
    /// Of two messages for one place the one with more data stands: the endpoint that it is worst for.
    pub fn add(&mut self, mut finding: Finding) {
        finding.renderings &= self.renderings;
        let of = |citation: &Citation| (citation.policy.clone(), citation.requirement.clone());
        let next = self.list.len();
        let key = (finding.check, finding.location, finding.policy.as_ref().map(of));
        let at = *self.places.entry(key).or_insert(next);
        let Some(known) = self.list.get_mut(at) else {
            self.list.push(finding);
            return;
        };
        let gathered = self.gathered.entry(at).or_insert_with(|| Gathered::of(known));
        gathered.extend(known, &mut finding);
        if let (Some(one), Some(other)) = (&mut known.cause, &mut finding.cause)
            && matches!(one.origin, Origin::Certificate(_))
        {
            let mut all = std::mem::take(&mut one.subjects);
            all.extend(
                std::mem::take(&mut other.subjects)
                    .into_iter()
                    .filter(|new| !all.contains(new))
                    .collect::<Vec<_>>(),
            );
            one.subjects.clone_from(&all);
            other.subjects = all;
        }
        let renderings = known.renderings | finding.renderings;
        let when = either(&known.when, &finding.when);
        let releases = known.releases.filter(|releases| finding.releases == Some(*releases));
        let size = |finding: &Finding| finding.data.iter().map(|(_, values)| values.len()).sum::<usize>();
        if (finding.severity, size(&finding)) > (known.severity, size(known)) {
            finding.endpoints = std::mem::take(&mut known.endpoints);
            finding.reaches = std::mem::take(&mut known.reaches);
            finding.related = std::mem::take(&mut known.related);
            *known = finding;
        }
        (known.renderings, known.when, known.releases) = (renderings, when, releases);
    }

    /// Notes that what stands at a place does something for some endpoint, so that it is no fault of the place where it does nothing for
    /// another.
    pub fn note_working(&mut self, check: &'static str, location: Location) {
        *self.working.entry((check, location)).or_default() |= self.renderings;
    }

    /// Notes what `other` has noted as working in the renderings of `all`.
    pub fn note_working_of(&mut self, other: &Self, all: u64) {
        let always = other.working.iter().filter(|(_, renderings)| **renderings & all == all);
        self.working.extend(always.map(|(place, _)| (*place, u64::MAX)));
    }

    /// Takes out the findings whose places were noted as working, of a template's renderings those in which they are.
    pub(super) fn drop_working(&mut self) {
        if self.working.is_empty() {
            return;
        }
        let working = std::mem::take(&mut self.working);
        // What a dialect has observed reaches no endpoint, and stands whatever endpoints make of the place.
        for finding in self.list.iter_mut().filter(|finding| !finding.endpoints.is_empty()) {
            let works = working.get(&(finding.check, finding.location)).copied().unwrap_or(0);
            finding.renderings &= !works;
        }
        self.list.retain(|finding| finding.renderings != 0);
        self.places.clear();
        self.gathered.clear();
    }

    /// Takes out the findings of `echo` on whose bytes, or right beside them, `original` has found something.
    pub(super) fn drop_echoes(&mut self, echo: &str, original: &str) {
        let mut places: HashMap<FileId, Originals> = HashMap::new();
        for finding in self.list.iter().filter(|finding| finding.check == original && finding.when.is_empty())
        {
            let Location { file, span } = finding.location;
            places.entry(file).or_default().add(span, finding.renderings);
        }
        if places.is_empty() {
            return;
        }
        let places: HashMap<FileId, _> =
            places.into_iter().map(|(file, originals)| (file, originals.reaches())).collect();
        for finding in self.list.iter_mut().filter(|finding| finding.check == echo) {
            let Location { file, span } = finding.location;
            let Some((always, sometimes)) = places.get(&file) else { continue };
            // In renderings without the original the echo says something.
            let touching = sometimes.iter().filter(|(_, reach)| reach.touches(span));
            let touching = touching.fold(0, |all, (rendering, _)| all | 1 << rendering);
            finding.renderings &= if always.touches(span) { 0 } else { !touching };
        }
        self.list.retain(|finding| finding.renderings != 0);
        self.places.clear();
        self.gathered.clear();
    }

    /// Takes over what another part of the run found.
    pub fn merge(&mut self, other: Self) {
        for finding in other.list {
            self.add(finding);
        }
        for (place, renderings) in other.working {
            *self.working.entry(place).or_default() |= renderings;
        }
    }

    /// Adds those of another regime of releases: what one of the two has alone holds on its releases, as `releases` calls them: this
    /// one's, and the other's.
    pub fn add_regime(&mut self, other: Self, releases: [&'static str; 2]) {
        for finding in &mut self.list {
            finding.releases = Some(releases[0]);
        }
        for finding in other.list {
            self.add(Finding { releases: Some(releases[1]), ..finding });
        }
    }

    /// The findings; endpoints are named once each, in the order of their labels' first report.
    pub fn into_list(self) -> Vec<Finding> {
        let mut list = self.list;
        for finding in list.iter_mut().filter(|finding| finding.endpoints.len() > 1) {
            let mut seen = HashSet::new();
            finding.endpoints.retain(|label| seen.insert(label.clone()));
            finding.reaches.sort_unstable();
            finding.reaches.dedup();
        }
        list
    }
}

/// The conditions of what holds under either of two; none where one has none.
fn either(one: &[String], two: &[String]) -> Vec<String> {
    if one.is_empty() || two.is_empty() {
        return Vec::new();
    }
    let mut all = [one, two].concat();
    all.sort();
    all.dedup();
    all
}

/// Where originals stand in one file.
#[derive(Default)]
struct Originals {
    /// Those that stand there in every rendering.
    always: Vec<Span>,
    /// Those of some renderings of a template, by the rendering.
    sometimes: BTreeMap<u32, Vec<Span>>,
}

impl Originals {
    fn add(&mut self, Span { start, end }: Span, renderings: u64) {
        if renderings == u64::MAX {
            self.always.push(Span::new(start, end));
            return;
        }
        for rendering in (0..u64::BITS).filter(|bit| renderings >> bit & 1 == 1) {
            self.sometimes.entry(rendering).or_default().push(Span::new(start, end));
        }
    }

    fn reaches(self) -> (Reach, Vec<(u32, Reach)>) {
        let sometimes = self.sometimes.into_iter().map(|(rendering, spans)| (rendering, Reach::of(spans)));
        (Reach::of(self.always), sometimes.collect())
    }
}

/// Spans of a file by their starts, each with the farthest end of it and those before it.
struct Reach(Vec<(u32, u32)>);

impl Reach {
    fn of(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut farthest = 0;
        let reach = spans.into_iter().map(|span| {
            farthest = farthest.max(span.end);
            (span.start, farthest)
        });
        Self(reach.collect())
    }

    /// Whether one of them shares bytes with `span`, or ends or starts where it does.
    fn touches(&self, span: Span) -> bool {
        let behind = self.0.partition_point(|(start, _)| *start <= span.end);
        behind.checked_sub(1).and_then(|last| self.0.get(last)).is_some_and(|(_, end)| span.start <= *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    fn at(check: &'static str, start: u32, end: u32) -> Finding {
        Finding::new(check, Severity::Error, Location::new(FileId(0), Span::new(start, end)), "m")
    }

    #[test]
    fn echoes_go_where_they_touch_an_original() {
        for (start, end, stays) in
            [(0, 3, true), (0, 4, false), (5, 5, false), (9, 12, false), (10, 12, true)]
        {
            let mut findings = Findings::default();
            findings.add(at("original", 4, 9));
            findings.add(at("original", 4, 5));
            findings.add(at("echo", start, end));
            findings.drop_echoes("echo", "original");
            assert_eq!(findings.into_list().len() == 3, stays, "{start}..{end}");
        }
    }

    #[test]
    fn the_worst_report_stands_with_what_all_of_them_reach() {
        let mut findings = Findings::default();
        for (label, suites) in [("a", 1), ("b", 2), ("a", 1)] {
            let mut finding = at("check", 0, 1).data("suites", vec![String::from("x"); suites]);
            finding.endpoints.push(label.to_owned());
            finding.reaches.push(FileId(u32::try_from(suites).expect("it is small")));
            findings.add(finding.related(Location::new(FileId(0), Span::new(7, 8)), "included here"));
        }
        let list = findings.into_list();
        let [one] = list.as_slice() else { panic!("{list:?}") };
        assert_eq!(
            (one.endpoints.as_slice(), one.data[0].1.len()),
            (&["a".to_owned(), "b".to_owned()][..], 2)
        );
        assert_eq!((one.reaches.as_slice(), one.related.len()), (&[FileId(1), FileId(2)][..], 1));
    }
}
