//! `rules/policies/*.yaml` → `policies.rs`: the ids and texts of the built-in policies, so that a run parses only its own.

use super::data::{files, included, read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
struct File {
    id: String,
    title: String,
    issuer: String,
    published: serde_yaml::Value,
    #[serde(default)]
    supersedes: Supersedes,
    #[serde(default)]
    unverified: Option<serde_yaml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Supersedes {
    Many(Vec<String>),
    One(String),
}

impl Default for Supersedes {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

pub(crate) fn generate() {
    let described = |path: std::path::PathBuf| (read::<File>(&path.to_string_lossy()), path);
    let mut rows: Vec<_> = files("rules/policies").into_iter().map(described).collect();
    rows.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let mut out = String::from("static BUILT_IN: &[BuiltIn] = &[\n");
    let ids: Vec<String> = rows.iter().map(|(file, _)| file.id.clone()).collect();
    for (File { id, title, issuer, published, supersedes, unverified }, path) in rows {
        assert!(id.contains('@'), "{}: the id of a built-in policy is family@version", path.display());
        let (unverified, text) = (unverified.is_some(), included(&path));
        let published = published
            .as_u64()
            .map_or_else(|| published.as_str().map(str::to_owned), |year| Some(year.to_string()));
        let published = published.expect("published is a date");
        let supersedes = match supersedes {
            Supersedes::Many(ids) => ids,
            Supersedes::One(id) => vec![id],
        };
        assert!(!supersedes.contains(&id), "{}: it supersedes itself", path.display());
        for old in &supersedes {
            assert!(ids.contains(old), "{}: {old}, which it supersedes, is no policy", path.display());
        }
        let _ = writeln!(
            out,
            "    BuiltIn {{ listed: Listed {{ id: {id:?}, title: {title:?}, unverified: {unverified}, issuer: {issuer:?}, published: {published:?}, supersedes: &{supersedes:?} }}, text: {text} }},"
        );
    }
    out.push_str("];\n");
    write("policies.rs", &out);
}
