//! Collects findings; the same fault of several endpoints is one finding that names them.

use crate::endpoint::Endpoint;
use crate::finding::Finding;
use crate::setting::Step;
use crate::span::Location;
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
        known.related = related;
    }

    /// Whether one of these checks has found something on some of these bytes already.
    pub fn has_any_at(&self, checks: &[&str], location: Location) -> bool {
        let touches = |other: Location| {
            other.file == location.file
                && other.span.start < location.span.end.max(location.span.start + 1)
                && location.span.start < other.span.end.max(other.span.start + 1)
        };
        self.list.iter().any(|finding| checks.contains(&finding.check) && touches(finding.location))
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
