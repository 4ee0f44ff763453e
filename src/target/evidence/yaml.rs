//! Compose files, manifests, values of charts and platforms of Ansible roles. Read by lines: many are templates.

use super::{Evidence, image, system_of};

/// Platforms as Ansible Galaxy names them, and the family that `rules/systems` has them under.
const PLATFORMS: &[(&str, &str)] = &[
    ("debian", "debian"),
    ("ubuntu", "ubuntu"),
    ("alpine", "alpine"),
    ("fedora", "fedora"),
    ("el", "rhel"),
    ("amazon", "amazon-linux"),
];

/// The hints of a YAML file.
pub(super) fn read(path: &str, text: &str) -> Vec<Evidence> {
    let is_of_a_role = path.ends_with("meta/main.yml") || path.ends_with("meta/main.yaml");
    if is_of_a_role {
        let is_of_a_server =
            ["nginx", "haproxy"].iter().any(|server| path.contains(server) || text.contains(server));
        return if is_of_a_server { platforms(text) } else { Vec::new() };
    }
    images(text)
}

/// `image: NAME:TAG`, and `repository: NAME` with the `tag:` that follows it.
fn images(text: &str) -> Vec<Evidence> {
    let mut told = Vec::new();
    let mut repository: Option<(usize, &str)> = None;
    for (index, line) in text.lines().enumerate() {
        let Some((key, value)) = entry(line) else { continue };
        let reference = match key {
            "image" => value.to_owned(),
            "repository" => {
                repository = Some((index, value));
                continue;
            }
            // The two stand beside each other.
            "tag" => match repository {
                Some((before, name)) if index - before <= 6 => format!("{name}:{value}"),
                _ => continue,
            },
            _ => continue,
        };
        let hint = |(key, value)| Evidence { key, value, line: index + 1, words: line.trim().to_owned() };
        told.extend(image::of_server(&reference).into_iter().map(hint));
    }
    told
}

/// `platforms:` of a role's `meta/main.yml`.
fn platforms(text: &str) -> Vec<Evidence> {
    let mut told = Vec::new();
    let mut family = None;
    for (index, line) in text.lines().enumerate() {
        let words = line.trim_start().trim_start_matches("- ");
        let releases: Vec<&str> = match entry(line) {
            Some(("name", name)) => {
                let name = name.to_ascii_lowercase();
                family = PLATFORMS.iter().find(|(known, _)| *known == name).map(|(_, family)| *family);
                continue;
            }
            Some(("versions", list)) => list.trim_matches(['[', ']']).split(',').map(bare).collect(),
            Some(_) => continue,
            None => vec![bare(words)],
        };
        let Some(family) = family else { continue };
        for value in releases.into_iter().filter_map(|release| system_of(family, release)) {
            told.push(Evidence { key: "system", value, line: index + 1, words: line.trim().to_owned() });
        }
    }
    told
}

/// `KEY: VALUE` of a line, behind a dash or not.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.trim_start().trim_start_matches("- ").split_once(':')?;
    let value = value.split(" #").next().unwrap_or(value);
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| (key, bare(value)))
}

fn bare(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}
