//! What a run looked at, in numbers.

use super::{Root, embedded};
use crate::discover::Disk;
use crate::endpoint::{Purpose, Role, Transport};
use crate::report::Coverage;
use crate::setting::{Setting, Unknown};
use crate::span::{FileId, Location};
use std::collections::HashSet;

/// Counts what `roots` hold; of the files those that are `wanted`.
pub(super) fn of(roots: &[Root], wanted: &HashSet<FileId>, disk: &Disk) -> Coverage {
    let mut coverage = Coverage::default();
    count_files(roots, wanted, disk, &mut coverage);
    let mut unknown: HashSet<(usize, Option<Location>, u8)> = HashSet::new();
    for (index, Root { model, .. }) in roots.iter().enumerate() {
        for endpoint in &model.endpoints {
            match (endpoint.transport, endpoint.role) {
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

/// Each file once: as a template, else as part of something whole, else as a fragment, else as one that yields nothing.
fn count_files(roots: &[Root], wanted: &HashSet<FileId>, disk: &Disk, coverage: &mut Coverage) {
    let files_of = |holds: &dyn Fn(&Root) -> bool| -> HashSet<FileId> {
        let models = roots.iter().filter(|root| holds(root)).map(|root| &root.model);
        let files = models.flat_map(|model| model.files.iter().copied()).filter(|file| wanted.contains(file));
        files.map(|file| embedded::host(file, disk)).collect()
    };
    let all = files_of(&|_| true);
    let whole = files_of(&|root| root.model.speaks_tls && !root.model.is_fragment);
    let fragments = files_of(&|root| root.model.speaks_tls && root.model.is_fragment);
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
