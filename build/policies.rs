//! `rules/policies/*.yaml` → `policies.rs`: the ids and texts of the built-in policies, so that a run parses only its own.

use super::data::{files, included, read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
struct File {
    id: String,
    title: String,
    #[serde(default)]
    unverified: Option<serde_yaml::Value>,
}

pub(crate) fn generate() {
    let described = |path: std::path::PathBuf| (read::<File>(&path.to_string_lossy()), path);
    let mut rows: Vec<_> = files("rules/policies").into_iter().map(described).collect();
    rows.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    let mut out = String::from("static BUILT_IN: &[BuiltIn] = &[\n");
    for (File { id, title, unverified }, path) in rows {
        assert!(id.contains('@'), "{}: the id of a built-in policy is family@version", path.display());
        let (unverified, text) = (unverified.is_some(), included(&path));
        let _ = writeln!(
            out,
            "    BuiltIn {{ id: {id:?}, title: {title:?}, unverified: {unverified}, text: {text} }},"
        );
    }
    out.push_str("];\n");
    write("policies.rs", &out);
}
