//! Container files and Vagrantfiles.

use super::{Evidence, image, system_of};
use std::collections::BTreeMap;

/// What the last stage of a container file stands on, and which servers it installs by release.
pub(super) fn read(text: &str) -> Vec<Evidence> {
    let mut arguments: BTreeMap<&str, &str> = BTreeMap::new();
    let mut stages: Vec<(String, String)> = Vec::new();
    let mut last: Option<(String, usize, &str)> = None;
    let mut packages = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("ARG") => {
                let named = words.next().and_then(|word| word.split_once('='));
                arguments.extend(named.map(|(name, value)| (name, value.trim_matches(['"', '\'']))));
            }
            Some("FROM") => {
                let mut words = words.filter(|word| !word.starts_with("--"));
                let Some(reference) = words.next().map(|word| replaced(word, &arguments)) else { continue };
                // A stage may stand on an earlier one.
                let earlier = stages.iter().rfind(|(name, _)| *name == reference);
                let reference = earlier.map_or(reference, |(_, image)| image.clone());
                if let (Some(_), Some(name)) = (words.next(), words.next()) {
                    stages.push((name.to_owned(), reference.clone()));
                }
                last = Some((reference, index + 1, line));
                packages.clear();
            }
            _ => packages.extend(pinned(line, index + 1)),
        }
    }
    let Some((reference, line, words)) = last else { return Vec::new() };
    let hint = |(key, value)| Evidence { key, value, line, words: words.trim().to_owned() };
    let mut told: Vec<Evidence> = image::of_server(&reference).into_iter().map(hint).collect();
    // A system alone says nothing of where the servers run, unless one is installed on it.
    if installs_a_server(text) {
        told.extend(image::of_system(&reference).map(|system| hint(("system", system))));
    }
    told.extend(packages);
    told
}

/// The box of a Vagrantfile: `config.vm.box = "debian/bookworm64"`.
pub(super) fn boxes(text: &str) -> Vec<Evidence> {
    let mut told = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, value)) = line.split_once("vm.box ").and_then(|(_, rest)| rest.split_once('=')) else {
            continue;
        };
        let name = value.trim().trim_matches(['"', '\'']);
        let Some((family, release)) = name.split_once('/') else { continue };
        let release = release.strip_suffix("64").unwrap_or(release);
        let numbered = || {
            let start = release.find(|c: char| c.is_ascii_digit())?;
            system_of(release.get(..start)?, release.get(start..)?)
        };
        if let Some(value) = system_of(family, release).or_else(numbered) {
            told.push(Evidence { key: "system", value, line: index + 1, words: line.trim().to_owned() });
        }
    }
    told
}

fn installs_a_server(text: &str) -> bool {
    let is_server = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        ["nginx", "nginx-full", "nginx-light", "nginx-extras", "haproxy"].contains(&name)
    };
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .any(|line| line.split_whitespace().any(is_server))
}

/// `nginx=1.22.1-9+deb12u2`, a package with its release.
fn pinned(line: &str, number: usize) -> Option<Evidence> {
    let found = line.split_whitespace().find_map(|word| {
        let (name, version) = word.split_once('=')?;
        let key = ["nginx", "haproxy"].into_iter().find(|key| *key == name)?;
        let version = version.split(['-', '~', '+']).next()?;
        version.starts_with(|c: char| c.is_ascii_digit()).then(|| (key, version.to_owned()))
    });
    let (key, value) = found?;
    let value = value.trim_end_matches(['.', '*']).to_owned();
    Some(Evidence {
        key,
        value,
        line: number,
        words: line.trim().trim_end_matches('\\').trim_end().to_owned(),
    })
}

/// A word with `$NAME`, `${NAME}` and `${NAME:-default}` replaced; what is not known stays as it is.
fn replaced(word: &str, arguments: &BTreeMap<&str, &str>) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (inside, behind) = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some(parts) => parts,
            None => after.split_at(
                after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()),
            ),
        };
        let (name, default) =
            inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        let value = arguments.get(name).copied().or(default);
        if value.is_none() {
            out.push('$');
        }
        out.push_str(value.unwrap_or(inside));
        rest = behind;
    }
    out.push_str(rest);
    out
}
