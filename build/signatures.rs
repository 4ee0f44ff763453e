//! `rules/signatures.yaml` → `signatures.rs`: the table of signature schemes.

use super::data::{protocol, read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schemes: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: u16,
    name: String,
    #[serde(default)]
    also: Vec<String>,
    key: String,
    /// None where the scheme has one of its own.
    #[serde(default)]
    hash: String,
    bits: u16,
    pair: Option<String>,
    curve: Option<String>,
    /// 0 for anything but RSA-PSS.
    #[serde(default)]
    salt: u16,
    #[serde(default = "current")]
    protocols: Vec<String>,
}

fn current() -> Vec<String> {
    vec!["TLSv1.2".to_owned(), "TLSv1.3".to_owned()]
}

/// Writes the table and returns each scheme's code point by its name.
pub(crate) fn generate() -> Vec<(String, u16)> {
    let path = "rules/signatures.yaml";
    let mut rows = read::<File>(path).schemes;
    rows.sort_by_key(|row| row.code);
    assert!(rows.windows(2).all(|pair| pair[0].code != pair[1].code), "{path}: a code point stands twice");

    let mut out = String::from("static SCHEMES: &[Facts] = &[\n");
    for row in &rows {
        let key = match row.key.as_str() {
            "dsa" => "Dsa",
            "ecdsa" => "Ecdsa",
            "ed25519" => "Ed25519",
            "ed448" => "Ed448",
            "other" => "Other",
            "rsa" => "Rsa",
            "rsa-pss" => "RsaPss",
            other => panic!("{path}: {other} is no type of key"),
        };
        let protocols: Vec<String> =
            row.protocols.iter().map(|name| format!(".with({})", protocol(name))).collect();
        let _ = writeln!(
            out,
            "    Facts {{ code: {}, name: {:?}, also: &{:?}, key: KeyType::{key}, hash: {:?}, bits: {}, pair: {:?}, curve: {:?}, salt: {}, \
             protocols: ProtocolSet::EMPTY{} }},",
            row.code,
            row.name,
            row.also,
            row.hash,
            row.bits,
            row.pair,
            row.curve,
            row.salt,
            protocols.concat(),
        );
    }
    out.push_str("];\n");
    write("signatures.rs", &out);
    rows.into_iter().map(|row| (row.name, row.code)).collect()
}
