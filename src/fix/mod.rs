//! Edits that mend findings: which are proposed, and how they are put into files.
//!
//! A fix is safe when the approved suites of no endpoint that it reaches shrink and the server still starts; anything else is
//! unsafe. That is not argued but tried: the changed setting is expanded for every endpoint that it reaches.

mod apply;
mod ciphers;
mod groups;
mod lists;
mod narrow;
mod peer;
mod place;
mod protocols;
mod replace;
mod shown;
#[cfg(test)]
mod tests;
mod value;
mod yaml;

use crate::endpoint::{Endpoint, Transport};
use crate::files::FileTree;
use crate::finding::{Finding, Fix};
use crate::policy::Policy;
use crate::setting::Setting;
use crate::span::{FileId, Location, Span};
use crate::text::Text;
pub use apply::{Change, Files, Taken, apply, changed, diff, take};
use place::Places;
pub use replace::{beside, replace, target};
pub use shown::{Hunk, hunks, in_words};
use std::collections::BTreeMap;

/// An endpoint, and the policies that it is held against.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// Its policies.
    pub policies: &'a [Policy],
}

impl<'a> Subject<'a> {
    /// The policies as they bind this end of connections.
    fn binding(&self) -> impl Iterator<Item = &'a Policy> + use<'a> {
        let role = self.endpoint.role;
        self.policies.iter().map(move |policy| policy.of(role))
    }
}

/// A fix, and the findings that it mends: those of these checks at these places.
struct Proposal {
    checks: &'static [&'static str],
    places: Vec<Location>,
    fix: Fix,
}

/// Whether findings of this check may come with a fix.
pub fn mends(check: &str) -> bool {
    let known =
        [ciphers::CHECKS, groups::CHECKS, lists::CHECKS, peer::CHECKS, protocols::CHECKS, &["unused-ignore"]];
    known.concat().contains(&check)
}

/// Proposes a fix for each finding that has one.
pub fn propose(findings: &mut [Finding], subjects: &[Subject<'_>], files: &dyn FileTree) {
    let found = Found::new(findings);
    let speaks_tls =
        |endpoint: &Endpoint| !matches!(endpoint.transport, Transport::Plaintext(_) | Transport::Unknown);
    let subjects: Vec<Subject<'_>> = subjects
        .iter()
        .copied()
        .filter(|subject| speaks_tls(subject.endpoint) && found.touches(subject.endpoint))
        .collect();
    let places = Places::new(files);
    let mut proposals = ciphers::fixes(&subjects, &places);
    proposals.extend(protocols::fixes(&subjects, &places));
    proposals.extend(lists::fixes(&subjects, &places));
    proposals.extend(groups::fixes(&subjects, &places));
    proposals.extend(peer::fixes(&subjects, &places));
    let mut by_place: BTreeMap<(Location, &str), &Fix> = BTreeMap::new();
    for Proposal { checks, places, fix } in &proposals {
        for place in places {
            for check in *checks {
                by_place.entry((*place, check)).or_insert(fix);
            }
        }
    }
    // What a dialect observes has no effect whatever is written there.
    let is_observed = |finding: &Finding| finding.check == "ineffective-setting" && finding.data.is_empty();
    let open = findings.iter_mut().filter(|finding| finding.fix.is_none() && !is_observed(finding));
    for finding in open {
        finding.fix = by_place.get(&(finding.location, finding.check)).map(|fix| (*fix).clone());
    }
}

/// Where findings start, so that settings without any are not looked at.
struct Found(Vec<(FileId, u32)>);

impl Found {
    fn new(findings: &[Finding]) -> Self {
        let mut starts: Vec<_> =
            findings.iter().map(|finding| (finding.location.file, finding.location.span.start)).collect();
        starts.sort_unstable();
        Self(starts)
    }

    fn touches(&self, endpoint: &Endpoint) -> bool {
        let brought = endpoint.protocols.value().into_iter().flat_map(|protocols| &protocols.brought_by);
        let peer = endpoint.peer.as_ref().map(|peer| [&peer.chain, &peer.hostname]);
        let settings = [
            Some(endpoint.location),
            endpoint.cipher_string.location(),
            endpoint.cipher_string.value().and_then(Text::location),
            endpoint.ciphersuites.location(),
            endpoint.groups.location(),
            endpoint.groups.value().and_then(|groups| groups.text.location()),
            endpoint.signature_algorithms.value().and_then(Text::location),
        ];
        let peer = peer.into_iter().flatten().filter_map(Setting::location);
        let mut places = settings.into_iter().flatten().chain(brought.map(|(_, place)| *place)).chain(peer);
        places.any(|location| self.within(location))
    }

    fn within(&self, Location { file, span }: Location) -> bool {
        let at = self.0.partition_point(|start| *start < (file, span.start));
        self.0.get(at).is_some_and(|start| *start <= (file, span.end))
    }
}

/// The bytes behind a range of a value, where the file holds them as they are.
fn verbatim(value: &Text, range: Span, files: &dyn FileTree) -> Option<Location> {
    let location = value.locate(range)?;
    let source = files.source(location.file);
    let same = location.span.of(source.text()) == range.of(value.as_str());
    same.then_some(location)
}
