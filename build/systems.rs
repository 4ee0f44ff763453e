//! `rules/systems/*.yaml` → `systems.rs`: names and texts, parsed only when one is named.

use super::suites::write;
use std::fmt::Write as _;

pub(crate) fn generate() {
    println!("cargo::rerun-if-changed=rules/systems");
    let entries = std::fs::read_dir("rules/systems").expect("rules/systems is part of the source");
    let mut names: Vec<_> = entries
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".yaml").map(str::to_owned)
        })
        .collect();
    names.sort();
    let mut out = String::from("static SYSTEMS: &[(&str, &str)] = &[\n");
    for name in names {
        let path = std::path::absolute(format!("rules/systems/{name}.yaml"))
            .expect("the working directory is known");
        let _ = writeln!(out, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    out.push_str("];\n");
    write("systems.rs", &out);
}
