//! `rules/installed-files.yaml` → `installed.rs`: files that programs install, by name or path.

use super::data::{read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    files: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: Option<String>,
    path: Option<String>,
    #[serde(default)]
    holds: Vec<String>,
    dh_bits: Option<u32>,
    /// For people alone, and never missing.
    source: String,
}

/// Writes the table.
pub(crate) fn generate() {
    let path = "rules/installed-files.yaml";
    let file: File = read(path);
    let mut out = String::from("static INSTALLED: &[Installed] = &[\n");
    for Row { name, path: whole, holds, dh_bits, source } in file.files {
        assert!(!source.is_empty(), "{path}: a file without a source");
        let (key, is_path) = match (name, whole) {
            (Some(name), None) => (name, false),
            (None, Some(whole)) => (whole, true),
            _ => panic!("{path}: a file has a name or a path"),
        };
        let holds = if holds.is_empty() { String::new() } else { holds.join("\n") + "\n" };
        let _ = writeln!(
            out,
            "    Installed {{ key: {key:?}, is_path: {is_path}, holds: {holds:?}, dh_bits: {dh_bits:?} }},"
        );
    }
    out.push_str("];\n");
    write("installed.rs", &out);
}
