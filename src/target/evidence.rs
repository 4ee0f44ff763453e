//! What the files beside a configuration say of what it will run on: images, boxes, pinned packages, platforms of roles.

mod dockerfile;
mod image;
mod yaml;

use super::{names, releases, systems};
use std::collections::BTreeMap;

/// One hint, with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// The key of a target that it speaks of: `system`, `nginx`, `haproxy` or `envoy`.
    pub key: &'static str,
    /// What that key takes: `debian-12`, `1.28.0`.
    pub value: String,
    /// The line that says so, from 1.
    pub line: usize,
    /// The words of that line.
    pub words: String,
}

/// What all hints together come to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Guess {
    /// The description of a target, as [`super::Target::parse`] takes it, of the keys that all hints agree on.
    pub target: Option<String>,
    /// Where each part comes from, and where hints disagree, a line each.
    pub reasons: Vec<String>,
}

/// Whether a file with this path, from the repository's root, may hold hints.
pub fn may_tell(path: &str) -> bool {
    reader(path).is_some()
}

/// The hints of one file; `path` is from the repository's root, with `/`.
pub fn of_file(path: &str, text: &str) -> Vec<Evidence> {
    let Some(read) = reader(path) else { return Vec::new() };
    let mut hints = read(path, text);
    hints.retain(|hint| is_known(hint.key, &hint.value));
    hints
}

/// Puts the hints of many files together; each comes with its file's path.
pub fn guess(hints: &[(String, Evidence)]) -> Guess {
    let mut by_key: BTreeMap<usize, Vec<&(String, Evidence)>> = BTreeMap::new();
    for hint in hints {
        let rank = ["system", "nginx", "haproxy", "envoy"].iter().position(|key| *key == hint.1.key);
        by_key.entry(rank.unwrap_or(usize::MAX)).or_default().push(hint);
    }
    let mut guess = Guess::default();
    let mut parts = Vec::new();
    for hints in by_key.into_values() {
        let (key, value) = (hints[0].1.key, agreed(&hints));
        let first_of_each = firsts(&hints);
        let place = |(path, hint): &(String, Evidence)| format!("{path}:{} ({})", hint.line, hint.words);
        if let Some(value) = value {
            parts.push(format!("{key}={value}"));
            guess.reasons.push(format!("{key} {value} by {}", place(first_of_each[0])));
        } else {
            let told = first_of_each.iter().map(|hint| format!("{} by {}", hint.1.value, place(hint)));
            let told = told.collect::<Vec<_>>().join(", ");
            guess.reasons.push(format!("{key} is not clear, choose one: {told}"));
        }
    }
    guess.target = (!parts.is_empty()).then(|| parts.join(","));
    guess
}

type Reader = fn(&str, &str) -> Vec<Evidence>;

fn reader(path: &str) -> Option<Reader> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    // What runs the tests says nothing of what runs the servers.
    let is_pipeline = path.split('/').any(|part| part == ".github" || part == ".gitlab")
        || lower.starts_with(".gitlab-ci")
        || lower.starts_with("azure-pipelines");
    if is_pipeline {
        return None;
    }
    let is_container_file = |base: &str| lower == base || lower.starts_with(&format!("{base}."));
    if ["dockerfile", "containerfile"].into_iter().any(is_container_file) || lower.ends_with(".dockerfile") {
        return Some(|_, text| dockerfile::read(text));
    }
    if lower == "vagrantfile" {
        return Some(|_, text| dockerfile::boxes(text));
    }
    let ending = lower.rsplit('.').next();
    matches!(ending, Some("yaml" | "yml")).then_some(yaml::read)
}

/// Whether a target may have that value.
fn is_known(key: &str, value: &str) -> bool {
    if key == "system" { names().any(|name| name == value) } else { releases::of_server(key, value).is_ok() }
}

/// The value that all hints agree on: the most exact of those that say the same.
fn agreed(hints: &[&(String, Evidence)]) -> Option<String> {
    let longest = hints.iter().map(|(_, hint)| &hint.value).max_by_key(|value| value.len())?;
    let says_the_same = |value: &String| {
        value == longest || longest.strip_prefix(value.as_str()).is_some_and(|rest| rest.starts_with('.'))
    };
    hints.iter().all(|(_, hint)| says_the_same(&hint.value)).then(|| longest.clone())
}

/// The first hint for each value, the most exact value first.
fn firsts<'h>(hints: &[&'h (String, Evidence)]) -> Vec<&'h (String, Evidence)> {
    let mut firsts: Vec<&(String, Evidence)> = Vec::new();
    for hint in hints {
        if firsts.iter().all(|first| first.1.value != hint.1.value) {
            firsts.push(hint);
        }
    }
    firsts.sort_by_key(|hint| std::cmp::Reverse(hint.1.value.len()));
    firsts
}

/// The system of a family of which `word` is the release or the code name: `12.5-slim`, `bookworm`.
fn system_of(family: &str, word: &str) -> Option<String> {
    let word = word.split('-').next().unwrap_or(word);
    if let Some(name) = systems::of_code_name(word) {
        return name.starts_with(family).then(|| name.to_owned());
    }
    let mut release = word;
    loop {
        let name = format!("{family}-{release}");
        if names().any(|known| known == name) {
            return Some(name);
        }
        release = release.rsplit_once('.')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(path: &str, text: &str) -> Vec<(&'static str, String, usize)> {
        of_file(path, text).into_iter().map(|hint| (hint.key, hint.value, hint.line)).collect()
    }

    fn guessed(files: &[(&str, &str)]) -> Guess {
        let hints = files
            .iter()
            .flat_map(|(path, text)| of_file(path, text).into_iter().map(|hint| ((*path).to_owned(), hint)));
        guess(&hints.collect::<Vec<_>>())
    }

    #[test]
    fn an_image_names_the_server_and_what_it_stands_on() {
        assert_eq!(hints("Dockerfile", "FROM nginx:1.28\n"), [("nginx", "1.28".to_owned(), 1)]);
        let text = "FROM --platform=linux/amd64 docker.io/library/nginx:1.28.0-bookworm@sha256:00 AS web\n";
        let expected = [("system", "debian-12".to_owned(), 1), ("nginx", "1.28.0".to_owned(), 1)];
        assert_eq!(hints("web/Dockerfile.prod", text), expected);
        assert_eq!(
            hints("a/Containerfile", "FROM envoyproxy/envoy:distroless-v1.36.2\n"),
            [("envoy", "1.36.2".to_owned(), 1)]
        );
    }

    #[test]
    fn only_the_last_stage_is_served_and_arguments_are_known() {
        let text = "ARG V=1.27.3\nFROM node:20 AS build\nRUN npm ci\nFROM nginx:${V}-alpine\n";
        assert_eq!(hints("Dockerfile", text), [("nginx", "1.27.3".to_owned(), 4)]);
        let text = "ARG V\nFROM nginx:$V\n";
        assert_eq!(hints("Dockerfile", text), []);
    }

    #[test]
    fn a_system_counts_where_a_server_is_installed() {
        let text = "FROM debian:bookworm-slim\nRUN apt-get update \\\n && apt-get install -y nginx\n";
        assert_eq!(hints("Dockerfile", text), [("system", "debian-12".to_owned(), 1)]);
        assert_eq!(hints("Dockerfile", "FROM debian:bookworm-slim\nRUN pip install app\n"), []);
        let text = "FROM ubuntu:24.04\nRUN apt-get install -y haproxy=2.8.5-1ubuntu3\n";
        let expected = [("system", "ubuntu-24.04".to_owned(), 1), ("haproxy", "2.8.5".to_owned(), 2)];
        assert_eq!(hints("Dockerfile", text), expected);
    }

    #[test]
    fn compose_files_charts_and_roles_speak_too() {
        let text = "services:\n  lb:\n    image: \"haproxy:3.0-alpine3.22\"\n";
        let expected = [("system", "alpine-3.22".to_owned(), 3), ("haproxy", "3.0".to_owned(), 3)];
        assert_eq!(hints("compose.yaml", text), expected);
        let text = "image:\n  repository: nginx\n  tag: \"1.26.3\"\n";
        assert_eq!(hints("chart/values.yaml", text), [("nginx", "1.26.3".to_owned(), 3)]);
        let text = "galaxy_info:\n  platforms:\n    - name: Debian\n      versions:\n        - bookworm\n    - name: EL\n      versions: ['9']\n";
        let expected = [("system", "debian-12".to_owned(), 5), ("system", "rhel-9".to_owned(), 7)];
        assert_eq!(hints("roles/nginx/meta/main.yml", text), expected);
        assert_eq!(hints("roles/users/meta/main.yml", text), []);
    }

    #[test]
    fn what_runs_the_tests_says_nothing() {
        assert_eq!(hints(".github/workflows/ci.yml", "image: nginx:1.20\n"), []);
        assert_eq!(hints(".gitlab-ci.yml", "image: nginx:1.20\n"), []);
    }

    #[test]
    fn releases_that_never_were_and_odd_text_are_no_hints() {
        for text in [
            "FROM haproxy:2.77\n",
            "FROM nginx\n",
            "FROM\n",
            "FROM nginx:latest\n",
            "FROM debian:\n",
            "FROM :1\n",
            "FROM é:1\n",
        ] {
            assert_eq!(hints("Dockerfile", text), [], "{text}");
        }
    }

    #[test]
    fn hints_that_agree_become_the_target_and_others_are_told() {
        let agreed =
            guessed(&[("a/Dockerfile", "FROM nginx:1.28\n"), ("compose.yaml", "image: nginx:1.28.0\n")]);
        assert_eq!(agreed.target.as_deref(), Some("nginx=1.28.0"));
        assert_eq!(agreed.reasons, ["nginx 1.28.0 by compose.yaml:1 (image: nginx:1.28.0)"]);
        let torn = guessed(&[("a/Dockerfile", "FROM nginx:1.28\n"), ("b/Dockerfile", "FROM nginx:1.20\n")]);
        assert_eq!(torn.target, None);
        assert_eq!(
            torn.reasons,
            [
                "nginx is not clear, choose one: 1.28 by a/Dockerfile:1 (FROM nginx:1.28), 1.20 by b/Dockerfile:1 (FROM nginx:1.20)"
            ]
        );
    }
}
