//! `rules/systems/*.yaml` and `rules/crypto-policies/*.yaml` → `systems.rs` and `crypto_policies.rs`: names and texts, parsed only when one
//! is named.

use super::data::{files, included, read, write};
use std::fmt::Write as _;
use std::path::Path;

pub(crate) fn generate() {
    let mut out = String::from("static SYSTEMS: &[(&str, &str)] = &[\n");
    for path in files("rules/systems") {
        for name in std::iter::once(stem(&path)).chain(others(&path)) {
            let _ = writeln!(out, "    ({name:?}, {}),", included(&path));
        }
    }
    out.push_str("];\n");
    write("systems.rs", &out);

    let mut out = String::from("static CRYPTO_POLICIES: &[(&str, &str)] = &[\n");
    for path in files("rules/crypto-policies") {
        let _ = writeln!(out, "    ({:?}, {}),", stem(&path), included(&path));
    }
    out.push_str("];\n");
    write("crypto_policies.rs", &out);
}

fn stem(path: &Path) -> String {
    let stem = path.with_extension("");
    stem.file_name().expect("a listed file has a name").to_string_lossy().into_owned()
}

/// The other names of a system, under `also`.
fn others(path: &Path) -> Vec<String> {
    let system: serde_yaml::Mapping = read(&path.to_string_lossy());
    let also = system.get("also").and_then(|also| also.as_sequence());
    let name = |name: &serde_yaml::Value| name.as_str().expect("a system's name is a string").to_owned();
    also.into_iter().flatten().map(name).collect()
}
