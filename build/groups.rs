//! `rules/groups.yaml` → `groups.rs`: the table of key-exchange groups.

use super::data::{read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    code: u16,
    iana: String,
    name: String,
    kind: String,
    bits: u16,
    #[serde(default)]
    tls13_only: bool,
    #[serde(default)]
    openssl: Vec<String>,
    #[serde(default)]
    boringssl: Vec<String>,
}

/// Writes the table and returns each group's code point by its IANA name.
pub(crate) fn generate() -> Vec<(String, u16)> {
    let path = "rules/groups.yaml";
    let mut rows = read::<File>(path).groups;
    rows.sort_by_key(|row| row.code);
    assert!(rows.windows(2).all(|pair| pair[0].code != pair[1].code), "{path}: a code point stands twice");

    let mut out = String::from("static GROUPS: &[Facts] = &[\n");
    for row in &rows {
        let kind = match row.kind.as_str() {
            "curve" => "Curve",
            "montgomery" => "Montgomery",
            "finite-field" => "FiniteField",
            "kem" => "Kem",
            "hybrid" => "Hybrid",
            other => panic!("{path}: {other} is no kind of group"),
        };
        let _ = writeln!(
            out,
            "    Facts {{ code: {}, name: {:?}, iana: {:?}, openssl: &{:?}, boringssl: &{:?}, kind: Kind::{kind}, bits: {}, tls13_only: {} }},",
            row.code, row.name, row.iana, row.openssl, row.boringssl, row.bits, row.tls13_only,
        );
    }
    out.push_str("];\n");
    write("groups.rs", &out);
    rows.into_iter().map(|row| (row.iana, row.code)).collect()
}
