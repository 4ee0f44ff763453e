//! Collects findings; the same fault of several endpoints is one finding that names them.

use crate::endpoint::Endpoint;
use crate::finding::Finding;
use crate::setting::Step;
use crate::span::{FileId, Location, Span};
use std::collections::HashMap;

/// Findings as checks report them.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    places: HashMap<Key, usize>,
}

/// What makes two reports the same finding: check, place, policy.
type Key = (&'static str, Location, Option<String>);

impl Findings {
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
    pub fn add(&mut self, finding: Finding) {
        let policy =
            finding.policy.as_ref().map(|citation| format!("{} {}", citation.policy, citation.requirement));
        let Some(at) = self.places.get(&(finding.check, finding.location, policy.clone())) else {
            self.places.insert((finding.check, finding.location, policy), self.list.len());
            self.list.push(finding);
            return;
        };
        let known = &mut self.list[*at];
        let mut endpoints = std::mem::take(&mut known.endpoints);
        endpoints.extend(finding.endpoints.iter().cloned());
        let mut reaches = std::mem::take(&mut known.reaches);
        reaches.extend(finding.reaches.iter().copied());
        reaches.sort_unstable();
        reaches.dedup();
        let mut related = std::mem::take(&mut known.related);
        for other in &finding.related {
            if !related.contains(other) {
                related.push(other.clone());
            }
        }
        let size = |finding: &Finding| finding.data.iter().map(|(_, values)| values.len()).sum::<usize>();
        if (finding.severity, size(&finding)) > (known.severity, size(known)) {
            *known = finding;
        }
        known.endpoints = endpoints;
        known.reaches = reaches;
        known.related = related;
    }

    /// Takes out the findings of `echo` on whose bytes, or right beside them, `original` has found something.
    pub(super) fn drop_echoes(&mut self, echo: &str, original: &str) {
        let mut places: HashMap<FileId, Vec<Span>> = HashMap::new();
        for finding in self.list.iter().filter(|finding| finding.check == original) {
            places.entry(finding.location.file).or_default().push(finding.location.span);
        }
        let is_echo = |finding: &Finding| {
            let Location { file, span } = finding.location;
            let touches = |other: &Span| other.start <= span.end && span.start <= other.end;
            finding.check == echo && places.get(&file).is_some_and(|places| places.iter().any(touches))
        };
        if !places.is_empty() {
            self.list.retain(|finding| !is_echo(finding));
            self.places.clear();
        }
    }

    /// Takes over what another part of the run found.
    pub fn merge(&mut self, other: Self) {
        for finding in other.list {
            self.add(finding);
        }
    }

    /// The findings; endpoints are named once each, in the order of their labels' first report.
    pub fn into_list(self) -> Vec<Finding> {
        let mut list = self.list;
        for finding in &mut list {
            let mut seen = std::collections::HashSet::new();
            finding.endpoints.retain(|label| seen.insert(label.clone()));
        }
        list
    }
}
