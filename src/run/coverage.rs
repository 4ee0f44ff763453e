//! What a run looked at, in numbers.

use super::{Reading, Root, embedded};
use crate::discover::Disk;
use crate::endpoint::{Endpoint, Purpose, Role, Transport};
use crate::files::FileTree as _;
use crate::finding::Finding;
use crate::report::{Coverage, Worlds};
use crate::setting::{Setting, Unknown};
use crate::span::{FileId, Location};
use crate::syntax::template::templates;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

/// Counts what the roots hold; of the files those that are wanted.
pub(super) fn of(reading: &Reading, disk: &Disk) -> Coverage {
    let mut coverage = Coverage::default();
    count_files(reading, disk, &mut coverage);
    let roots = &reading.roots;
    count_worlds(roots, &mut coverage);
    for root in roots {
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
        }
    }
    coverage
}

/// What is not evaluated and gets no note, with the place that decides it or else the endpoint that lacks it: what surroundings that
/// are not at hand decide, one message for each reason; certificates that a placeholder names; whether TLS is spoken at all.
pub(super) fn unplaced(roots: &[Root], wanted: &HashSet<FileId>) -> Vec<(Location, String)> {
    let endpoints = roots.iter().flat_map(|root| &root.model.endpoints);
    let asked = endpoints.filter(|endpoint| {
        wanted.contains(&endpoint.location.file) && !matches!(endpoint.transport, Transport::Plaintext(_))
    });
    let mut found: BTreeMap<(Location, &str), Vec<&str>> = BTreeMap::new();
    let mut others: BTreeSet<(Location, String)> = BTreeSet::new();
    for endpoint in asked {
        if endpoint.transport == Transport::Unknown {
            others.insert((
                endpoint.location,
                format!("whether {} speaks TLS is not evaluated", endpoint.place()),
            ));
        }
        let keys = &endpoint.spelling.keys;
        let named = [keys.protocols, keys.cipher_string, "TLS 1.3 suites", keys.verify];
        for (key, unknown) in named.into_iter().zip(unknowns(endpoint)) {
            if let Some(unknown) = unknown.filter(|unknown| unknown.at.is_none()) {
                let why = unknown.why.split_once("is not set here; ").map_or(&*unknown.why, |(_, why)| why);
                let keys = found.entry((endpoint.location, why)).or_default();
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        if let Some((at, why)) = unknown_certificate(endpoint) {
            let place = at.unwrap_or(endpoint.location);
            others.insert((place, format!("the certificate is not evaluated: {why}")));
        }
    }
    let told = found.into_iter().map(|((location, why), keys)| {
        let verb = if keys.len() == 1 { "is" } else { "are" };
        (location, format!("{} {verb} not evaluated: {why}", keys.join(", ")))
    });
    told.chain(others).collect()
}

/// Where a value is not known that handshakes are judged by: versions, cipher string, TLS 1.3 suites, verification.
fn unknowns(endpoint: &Endpoint) -> [Option<&Unknown>; 4] {
    [
        unknown_in(&endpoint.protocols),
        unknown_in(&endpoint.cipher_string),
        unknown_in(&endpoint.ciphersuites),
        endpoint.peer.as_ref().and_then(|peer| unknown_in(&peer.chain)),
    ]
}

/// How many values are not evaluated, each counted once for what keeps it from being known.
///
/// What has a name of its own (a file that is not at hand, a variable, a secret) is one for all that is said of it in one directory: who
/// gives its value answers all of them. So is what the file around the fragments of one directory would set. A file that a server or
/// location includes counts where a setting of an endpoint may stand in it.
pub(super) fn not_evaluated<'f>(
    roots: &[Root],
    unplaced: &[(Location, String)],
    gaps: impl Iterator<Item = &'f Finding>,
    disk: &Disk,
) -> usize {
    let endpoints = roots.iter().flat_map(|root| &root.model.endpoints);
    let speaking = endpoints.filter(|endpoint| !matches!(endpoint.transport, Transport::Plaintext(_)));
    let places = speaking.flat_map(unknowns).flatten().filter_map(|unknown| unknown.at);
    let decisive: HashSet<(FileId, u32)> = places.map(|place| (place.file, place.span.end)).collect();
    let decides = |finding: &&Finding| {
        let place = finding.location;
        // The file's name ends the directive, but for the sign behind it.
        !finding.context.ends_with("server/include") && !finding.context.ends_with("location/include")
            || (0..=2).any(|more| decisive.contains(&(place.file, place.span.end + more)))
    };
    let directory = |file: FileId| {
        let path = disk.source(embedded::host(file, disk)).path().to_owned();
        path.parent().map(Path::to_owned).unwrap_or_default()
    };
    let reason =
        |message: &str| message.split_once(" not evaluated: ").map_or(message, |(_, why)| why).to_owned();
    // A placeholder is named by what stands in it.
    let name = |finding: &Finding| {
        let Location { file, span } = finding.location;
        let source = disk.source(file);
        let written = span.of(source.text());
        let is_tag = written.starts_with("{{") || written.starts_with("<%") || written.starts_with("${");
        match finding.message.contains(['"', '`']) {
            true => Named::Message,
            false if is_tag => Named::Placeholder(written.to_owned()),
            false => Named::Place(finding.location),
        }
    };
    let around = unplaced
        .iter()
        .map(|(location, message)| (directory(location.file), reason(message), Named::Message));
    let told = gaps
        .filter(decides)
        .map(|finding| (directory(finding.location.file), reason(&finding.message), name(finding)));
    around.chain(told).collect::<HashSet<_>>().len()
}

/// What tells one thing that is not known from others in its directory.
#[derive(PartialEq, Eq, Hash)]
enum Named {
    /// What the message calls it.
    Message,
    Place(Location),
    Placeholder(String),
}

/// Which certificate an endpoint has that the files do not name.
fn unknown_certificate(endpoint: &Endpoint) -> Option<(Option<Location>, String)> {
    match &endpoint.certificates {
        Setting::Unknown(unknown) => Some((unknown.at, unknown.why.clone())),
        setting => {
            let named = setting.value()?.iter().find(|one| !templates(&one.name).is_empty())?;
            Some((Some(named.location), format!("a template fills in {}", named.name)))
        }
    }
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
