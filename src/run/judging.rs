//! Roots held against their policies: each endpoint by every check, on all cores.

use super::Root;
use super::conditions;
use crate::certificate::Trust;
use crate::checks::{self, Checks, Findings, Shared};
use crate::discover::Disk;
use crate::endpoint::{Endpoint, Regimes};
use crate::files::FileTree as _;
use crate::worlds::Renderings;
use rayon::prelude::*;
use std::borrow::Cow;

/// How many endpoints a thread takes at once.
const CHUNK: usize = 128;

/// What is wrong with roots, whatever comments say.
pub(super) fn judge(roots: &[Root], trust: &Trust, disk: &Disk, which: Checks) -> Findings {
    let judging = Judging { trust, disk, which };
    let mut findings = Findings::default();
    for root in roots {
        match regimes(root) {
            Some(regimes) => judging.of_two_minds(root, regimes, &mut findings),
            None if root.renderings.is_some() => {
                let mut own = judging.part(root, Part::Alike);
                findings.note_working_of(&own, every(root));
                judging.settle(root, &mut own);
                findings.merge(own);
            }
            None => judging.add(root, Part::Alike, &mut findings),
        }
    }
    checks::settle(&mut findings);
    findings
}

/// Whether releases are of two minds about an endpoint of a root.
fn regimes(root: &Root) -> Option<Regimes> {
    root.model.endpoints.iter().find_map(|endpoint| Some(endpoint.otherwise.as_deref()?.regimes))
}

/// Which endpoints of a root.
#[derive(Clone, Copy)]
enum Part {
    /// Those that all releases agree about, and what is said of the root as a whole.
    Alike,
    /// The others, as they stand.
    Usual,
    /// The same on other releases.
    Other,
}

impl Part {
    fn of(self, endpoint: &Endpoint) -> Option<Cow<'_, Endpoint>> {
        match self {
            Self::Alike => endpoint.otherwise.is_none().then_some(Cow::Borrowed(endpoint)),
            Self::Usual => endpoint.otherwise.is_some().then_some(Cow::Borrowed(endpoint)),
            Self::Other => endpoint.on_other_releases().map(Cow::Owned),
        }
    }
}

/// What roots are held against.
struct Judging<'a> {
    trust: &'a Trust,
    disk: &'a Disk,
    which: Checks,
}

impl Judging<'_> {
    /// What one of two regimes of releases has alone holds on its releases.
    fn of_two_minds(&self, root: &Root, regimes: Regimes, findings: &mut Findings) {
        let [mut alike, mut usual, mut other] =
            [Part::Alike, Part::Usual, Part::Other].map(|part| self.part(root, part));
        let every = every(root);
        findings.note_working_of(&alike, every);
        findings.note_working_of(&usual, every);
        usual.note_working_of(&alike, every);
        other.note_working_of(&alike, every);
        alike.note_working_of(&usual, every);
        for part in [&mut alike, &mut usual, &mut other] {
            self.settle(root, part);
        }
        usual.add_regime(other, [regimes.usual, regimes.other]);
        findings.merge(alike);
        findings.merge(usual);
    }

    /// What is found in a part of a root.
    fn part(&self, root: &Root, part: Part) -> Findings {
        let mut findings = Findings::default();
        self.add(root, part, &mut findings);
        findings
    }

    /// Takes out what echoes or does something after all, and says in which renderings of a template the rest holds.
    fn settle(&self, root: &Root, findings: &mut Findings) {
        checks::settle(findings);
        let Some(renderings) = &root.renderings else { return };
        let mut told = Findings::default();
        for mut finding in std::mem::take(findings).into_list() {
            conditions::find(&mut finding, renderings, self.disk);
            told.add(finding);
        }
        *findings = told;
    }

    /// Adds what is found in a part of a root.
    fn add(&self, root: &Root, part: Part, findings: &mut Findings) {
        let is_whole = matches!(part, Part::Alike);
        let model = &root.model;
        // Before anything is merged: endpoints are judged beside each other.
        let chunks = self.endpoints(root, part);
        for (rank, observation) in model.observations.iter().enumerate().filter(|_| is_whole) {
            findings.in_renderings(rendered(root, |renderings| &renderings.observations, rank));
            checks::observe(observation, findings);
        }
        findings.in_renderings(u64::MAX);
        for chunk in chunks {
            findings.merge(chunk);
        }
        for (rank, refusal) in model.refusals.iter().enumerate().filter(|_| is_whole) {
            findings.in_renderings(rendered(root, |renderings| &renderings.refusals, rank));
            checks::refuse(refusal, findings);
        }
        findings.in_renderings(u64::MAX);
    }

    /// What is found in the endpoints of a part of a root, chunk by chunk.
    fn endpoints(&self, root: &Root, part: Part) -> Vec<Findings> {
        let endpoints = root.model.endpoints.iter().enumerate();
        let endpoints: Vec<(usize, Cow<'_, Endpoint>)> =
            endpoints.filter_map(|(rank, endpoint)| Some((rank, part.of(endpoint)?))).collect();
        let shared = Shared::default();
        let judged = endpoints.par_chunks(CHUNK).map(|endpoints| {
            let mut findings = Findings::default();
            for (rank, endpoint) in endpoints {
                findings.in_renderings(rendered(root, |renderings| &renderings.endpoints, *rank));
                let source = self.disk.source(endpoint.location.file);
                let policies = root.scope.policies(source.path());
                checks::judge(endpoint, policies, self.trust, &shared, &mut findings, self.which);
            }
            findings
        });
        judged.collect()
    }
}

/// The renderings in which what has a rank is so, as bits; all where the root is no template.
fn rendered(root: &Root, of: fn(&Renderings) -> &[u64], rank: usize) -> u64 {
    root.renderings.as_ref().and_then(|renderings| of(renderings).get(rank).copied()).unwrap_or(u64::MAX)
}

/// All renderings of a root, as bits.
fn every(root: &Root) -> u64 {
    root.renderings.as_ref().map_or(u64::MAX, Renderings::all)
}
