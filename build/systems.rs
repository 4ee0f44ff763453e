//! `rules/systems/*.yaml` → `systems.rs`: names and texts, parsed only when one is named.

use super::data::{files, included, write};
use std::fmt::Write as _;

pub(crate) fn generate() {
    let mut out = String::from("static SYSTEMS: &[(&str, &str)] = &[\n");
    for path in files("rules/systems") {
        let name = path.file_stem().expect("a listed file has a name").to_string_lossy();
        let _ = writeln!(out, "    ({name:?}, {}),", included(&path));
    }
    out.push_str("];\n");
    write("systems.rs", &out);
}
