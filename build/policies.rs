//! `rules/policies/*.yaml` → `policies.rs`: the ids and texts of the built-in policies, so that a run parses only its own.

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
    let directory = "rules/policies";
    println!("cargo::rerun-if-changed={directory}");
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(directory).expect("rules/policies is part of the source") {
        let path = entry.expect("the directory is readable").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("policies are readable text");
        let file =
            serde_yaml::from_str::<File>(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(file.id.contains('@'), "{}: the id of a built-in policy is family@version", path.display());
        let path = std::path::absolute(&path).expect("the working directory is known");
        rows.push((file.id, file.title, file.unverified.is_some(), path));
    }
    rows.sort();
    let mut out = String::from("static BUILT_IN: &[BuiltIn] = &[\n");
    for (id, title, unverified, path) in rows {
        let _ = writeln!(
            out,
            "    BuiltIn {{ id: {id:?}, title: {title:?}, unverified: {unverified}, text: include_str!({:?}) }},",
            path.display().to_string()
        );
    }
    out.push_str("];\n");
    super::suites::write("policies.rs", &out);
}
