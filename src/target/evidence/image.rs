//! Names of container images.

use super::system_of;

/// Images of whole systems, and the family that `rules/systems` has them under.
const SYSTEMS: &[(&str, &str)] = &[
    ("debian", "debian"),
    ("ubuntu", "ubuntu"),
    ("alpine", "alpine"),
    ("fedora", "fedora"),
    ("amazonlinux", "amazon-linux"),
    ("almalinux", "almalinux"),
    ("rockylinux", "rocky"),
    ("ubi8", "rhel-8"),
    ("ubi9", "rhel-9"),
    ("ubi10", "rhel-10"),
];

/// Images of servers, and the key of a target that their tag answers.
const SERVERS: &[(&str, &str)] = &[
    ("nginx", "nginx"),
    ("nginx-unprivileged", "nginx"),
    ("haproxy", "haproxy"),
    ("haproxy-alpine", "haproxy"),
    ("haproxy-debian", "haproxy"),
    ("haproxy-ubuntu", "haproxy"),
    ("envoy", "envoy"),
    ("envoy-distroless", "envoy"),
];

/// What an image says of a server that it holds, and of the system under it: pairs of key and value, the system first.
pub(super) fn of_server(reference: &str) -> Vec<(&'static str, String)> {
    let Some((name, tag)) = parts(reference) else { return Vec::new() };
    let Some((_, key)) = SERVERS.iter().find(|(known, _)| *known == name) else { return Vec::new() };
    // Other projects call their images envoy as well.
    if *key == "envoy" && !reference.contains("envoyproxy/") {
        return Vec::new();
    }
    let mut told = Vec::new();
    let mut words = tag.split('-').filter(|word| *word != "distroless" && *word != "tools");
    let release = words.next().map(|word| word.trim_start_matches('v'));
    let release = release.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    if let Some(system) = words.find_map(system_of_suffix) {
        told.push(("system", system));
    }
    told.extend(release.map(|release| (*key, release.to_owned())));
    told
}

/// The system that an image of a whole system is.
pub(super) fn of_system(reference: &str) -> Option<String> {
    let (name, tag) = parts(reference)?;
    let name = name.strip_suffix("-minimal").or_else(|| name.strip_suffix("-micro")).unwrap_or(name);
    if name == "centos" {
        return system_of("centos-stream", tag.strip_prefix("stream")?);
    }
    let (_, family) = SYSTEMS.iter().find(|(known, _)| *known == name)?;
    if name.starts_with("ubi") { Some((*family).to_owned()) } else { system_of(family, tag) }
}

/// `alpine3.22` or `bookworm` at the end of a tag.
fn system_of_suffix(word: &str) -> Option<String> {
    match word.strip_prefix("alpine") {
        Some("") => None,
        Some(release) => system_of("alpine", release),
        None => super::systems::of_code_name(word).map(str::to_owned),
    }
}

/// The last part of an image's name, and its tag.
fn parts(reference: &str) -> Option<(&str, &str)> {
    let reference = reference.split('@').next()?;
    let last = reference.rsplit('/').next()?;
    last.split_once(':').or(Some((last, ""))).filter(|(name, _)| !name.is_empty())
}
