//! `rules/suites.yaml` → `suites.rs`: the table of suites, and their names sorted for look-up.

use super::data::{protocol, read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    suites: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) code: u16,
    pub(crate) openssl: String,
    pub(crate) iana: String,
    pub(crate) kx: String,
    pub(crate) au: String,
    pub(crate) enc: String,
    pub(crate) mac: String,
    bits: u16,
    pub(crate) minimum: String,
    rfc: u16,
    #[serde(default)]
    pub(crate) also: Vec<String>,
}

/// Writes the table and returns its rows.
pub(crate) fn generate() -> Vec<Row> {
    let path = "rules/suites.yaml";
    let mut rows = read::<File>(path).suites;
    rows.sort_by_key(|row| row.code);

    let mut out = String::from("static SUITES: &[Facts] = &[\n");
    let mut names = Vec::new();
    for row in &rows {
        names.push((row.openssl.clone(), row.code));
        names.extend((row.iana != row.openssl).then(|| (row.iana.clone(), row.code)));
        names.extend(row.also.iter().map(|name| (name.clone(), row.code)));
        let _ = writeln!(
            out,
            "    Facts {{ code: {}, openssl: {:?}, iana: {:?}, also: &{:?}, key_exchange: KeyExchange::{}, \
             authentication: Authentication::{}, encryption: {:?}, mac: {:?}, bits: {}, minimum: {}, rfc: {} }},",
            row.code,
            row.openssl,
            row.iana,
            row.also,
            variant(&row.kx),
            variant(&row.au),
            row.enc,
            row.mac,
            row.bits,
            protocol(&row.minimum),
            row.rfc,
        );
    }
    names.sort();
    assert!(names.windows(2).all(|pair| pair[0].0 != pair[1].0), "{path}: a name stands twice");
    out.push_str("];\n\nstatic NAMES: &[(&str, u16)] = &[\n");
    for (name, code) in names {
        let _ = writeln!(out, "    ({name:?}, {code}),");
    }
    out.push_str("];\n");
    write("suites.rs", &out);
    rows
}

/// `DHE-PSK` → `DhePsk`.
fn variant(name: &str) -> String {
    name.split('-')
        .map(|part| {
            let (first, rest) = part.split_at(1);
            first.to_uppercase() + &rest.to_lowercase()
        })
        .collect()
}
