//! What a run looked at, in numbers.

use super::{Reading, Root, embedded};
use crate::discover::Disk;
use crate::endpoint::{Purpose, Role, Transport};
use crate::report::{Coverage, Worlds};
use crate::setting::{Setting, Unknown};
use crate::span::{FileId, Location};
use std::collections::{BTreeMap, HashSet};

/// Counts what the roots hold; of the files those that are wanted.
pub(super) fn of(reading: &Reading, disk: &Disk) -> Coverage {
    let mut coverage = Coverage::default();
    count_files(reading, disk, &mut coverage);
    let roots = &reading.roots;
    count_worlds(roots, &mut coverage);
    let mut unknown: HashSet<(usize, Option<Location>, u8)> = HashSet::new();
    for (index, root) in roots.iter().enumerate() {
        let model = &root.model;
        let mut seen = HashSet::new();
        for endpoint in &model.endpoints {
            // One that has other settings in other renderings of a template is one all the same.
            let is_new = root.renderings.is_none() || seen.insert((endpoint.location, &endpoint.label));
            match (endpoint.transport, endpoint.role) {
                _ if !is_new => {}
                (Transport::Plaintext(Purpose::PassThrough), _) => coverage.passed_through += 1,
                (Transport::Plaintext(_), _) => coverage.plaintext += 1,
                (_, Role::Server) => coverage.servers += 1,
                (_, Role::Client) => coverage.clients += 1,
            }
            if !matches!(endpoint.transport, Transport::Plaintext(_)) {
                let settings = [
                    unknown_in(&endpoint.protocols),
                    unknown_in(&endpoint.cipher_string),
                    unknown_in(&endpoint.ciphersuites),
                    endpoint.peer.as_ref().and_then(|peer| unknown_in(&peer.chain)),
                ];
                let found = settings.into_iter().enumerate();
                unknown.extend(
                    found.filter_map(|(which, found)| found.map(|unknown| (index, unknown.at, which as u8))),
                );
            }
        }
    }
    coverage.not_evaluated = unknown.len();
    coverage
}

/// What is not evaluated and has no place that a note could point at, with the endpoint that lacks it: what surroundings that are not
/// at hand decide.
pub(super) fn unplaced(
    roots: &[Root],
    wanted: &HashSet<FileId>,
) -> BTreeMap<(Location, &'static str), String> {
    let endpoints = roots.iter().flat_map(|root| &root.model.endpoints);
    let asked = endpoints.filter(|endpoint| {
        wanted.contains(&endpoint.location.file) && !matches!(endpoint.transport, Transport::Plaintext(_))
    });
    let mut found = BTreeMap::new();
    for endpoint in asked {
        let keys = &endpoint.spelling.keys;
        let settings = [
            (keys.protocols, unknown_in(&endpoint.protocols)),
            (keys.cipher_string, unknown_in(&endpoint.cipher_string)),
            ("TLS 1.3 suites", unknown_in(&endpoint.ciphersuites)),
            (keys.verify, endpoint.peer.as_ref().and_then(|peer| unknown_in(&peer.chain))),
        ];
        for (key, unknown) in settings {
            if let Some(unknown) = unknown.filter(|unknown| unknown.at.is_none()) {
                let message = format!("{key} is not evaluated: {}", unknown.why);
                found.insert((endpoint.location, key), message);
            }
        }
    }
    found
}

/// What was rendered.
fn count_worlds(roots: &[Root], coverage: &mut Coverage) {
    let rendered: Vec<_> = roots.iter().filter_map(|root| root.renderings.as_ref()).collect();
    coverage.worlds = Worlds {
        templates: rendered.len(),
        renderings: rendered.iter().map(|one| one.count as usize).sum(),
        conditions: rendered.iter().map(|one| one.conditions()).sum(),
        past_bound: rendered.iter().filter(|one| one.past_bound).count(),
        faults: rendered.iter().map(|one| one.faults).sum(),
    };
}

/// Each file once: as a template, else as part of something whole, else as a fragment, else as one that yields nothing.
///
/// A file whose language only its content says, and that yields nothing, is in no known language.
fn count_files(reading: &Reading, disk: &Disk, coverage: &mut Coverage) {
    let Reading { roots, wanted, doubtful, .. } = reading;
    let files_of = |holds: &dyn Fn(&Root) -> bool| -> HashSet<FileId> {
        let models = roots.iter().filter(|root| holds(root)).map(|root| &root.model);
        let files = models.flat_map(|model| model.files.iter().copied()).filter(|file| wanted.contains(file));
        files.map(|file| embedded::host(file, disk)).collect()
    };
    let whole = files_of(&|root| root.model.speaks_tls && !root.model.is_fragment);
    let fragments = files_of(&|root| root.model.speaks_tls && root.model.is_fragment);
    let read = files_of(&|_| true);
    let doubtful: HashSet<FileId> = doubtful.iter().map(|file| embedded::host(*file, disk)).collect();
    let doubtful = &(&(&doubtful & &read) - &whole) - &fragments;
    let all = &read - &doubtful;
    coverage.in_no_language = doubtful.len();
    let templates: HashSet<FileId> =
        roots.iter().flat_map(|root| &root.model.templated).map(|file| embedded::host(*file, disk)).collect();
    let rest = &(&all - &templates) - &whole;
    coverage.files = all.len();
    coverage.templates = all.intersection(&templates).count();
    coverage.fragments = rest.intersection(&fragments).count();
    coverage.without_endpoints = rest.len() - coverage.fragments;
}

/// The unknown in a setting, told apart by its place; surroundings that are not there have none.
fn unknown_in<T>(setting: &Setting<T>) -> Option<&Unknown> {
    match setting {
        Setting::Unknown(unknown) => Some(unknown),
        Setting::Default { .. } | Setting::Written(_) => None,
    }
}
