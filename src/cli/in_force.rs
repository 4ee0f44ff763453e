//! What a run went by, for its summary: policies, target, and what settings make milder.

use crate::dialect;
use crate::endpoint::Dialect;
use crate::finding::{Citation, Severity};
use crate::policy;
use crate::report::{PolicyName, TargetName, Weakened};
use crate::scope::Scopes;
use crate::target::Target;
use std::collections::{BTreeMap, BTreeSet};

/// The policies and the target that the run went by, those of overrides last; of the target also what is not certain for the
/// languages of `files`.
pub(super) fn in_force(scopes: &Scopes, files: &[(String, Dialect)]) -> (Vec<PolicyName>, TargetName) {
    let scopes = scopes.all();
    let main = scopes.iter().flat_map(|scope| scope.main_policies());
    let overriding = scopes.iter().flat_map(|scope| scope.overriding_policies());
    let mut policies: Vec<PolicyName> = Vec::new();
    for policy in main.chain(overriding) {
        let name = PolicyName {
            id: policy.id.clone(),
            title: policy.title.clone(),
            unverified: policy.unverified.clone(),
            file: policy.file.clone(),
            superseded_by: policy::successor(&policy.id)
                .or_else(|| policy::successor(policy.extends.as_deref()?)),
        };
        if !policies.contains(&name) {
            policies.push(name);
        }
    }
    let dialects: BTreeSet<Dialect> = files.iter().map(|(_, dialect)| *dialect).collect();
    let mut targets: BTreeMap<String, &Target> = BTreeMap::new();
    for scope in &scopes {
        let target = scope.main_target();
        targets.entry(target.to_string()).or_insert(target);
    }
    let doubts = targets.values().flat_map(|target| {
        let servers = dialects.iter().filter_map(|dialect| dialect::unverified(*dialect, target));
        target.unverified.clone().into_iter().chain(servers)
    });
    let doubts: Vec<String> = doubts.collect();
    let target = TargetName {
        words: targets.keys().cloned().collect::<Vec<_>>().join(" / "),
        parts: if let [target] = targets.values().collect::<Vec<_>>()[..] {
            target.parts()
        } else {
            Vec::new()
        },
        unverified: (!doubts.is_empty()).then(|| doubts.join("; ")),
    };
    (policies, target)
}

/// What settings leave out, make milder or hold against other rules; and what of the tree's own is not heeded.
pub(super) fn softened(scopes: &Scopes) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for scope in scopes.all() {
        words.extend(scope.settings.softened(scopes.today()));
    }
    words.dedup();
    words
}

/// The checks that settings switch off or make milder for all files.
pub(super) fn weakened(scopes: &Scopes) -> Vec<Weakened> {
    let scopes = scopes.all();
    let checks = scopes.iter().flat_map(|scope| &scope.settings.checks);
    let milder = checks.filter(|(_, set)| set.value.severity != Some(Severity::Error));
    let rows = milder.map(|(check, set)| Weakened {
        check: check.clone(),
        level: set.value.severity.map_or("off", Severity::name).to_owned(),
        reason: set.value.reason.clone().unwrap_or_default(),
    });
    rows.collect()
}

/// The requirements of the policies in force, as findings cite them.
pub(super) fn requirements(scopes: &Scopes) -> Vec<Citation> {
    let mut cited: Vec<Citation> = Vec::new();
    for scope in scopes.all() {
        for policy in scope.main_policies() {
            for entry in policy.requirements() {
                let citation = Citation {
                    policy: policy.id.clone(),
                    requirement: entry.id,
                    strength: entry.strength.name().to_owned(),
                    why: entry.why,
                    source: entry.source,
                    unverified: policy.unverified.is_some(),
                };
                if !cited.contains(&citation) {
                    cited.push(citation);
                }
            }
        }
    }
    cited
}

/// Whether no settings choose a policy.
pub(super) fn is_unconfigured(scopes: &Scopes) -> bool {
    scopes.all().iter().all(|scope| scope.settings.policy.is_none() && scope.settings.files.is_empty())
}
