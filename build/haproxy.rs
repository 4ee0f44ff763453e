//! `rules/servers/haproxy.yaml` → `haproxy.rs`: HAProxy's defaults by release, and the words that each release knows.

use super::data::{protocol, read, write};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: String,
    first: String,
    last: String,
    verified: Vec<String>,
    /// Each row says what changes with its release.
    defaults: Vec<serde_yaml::Mapping>,
    keywords: BTreeMap<String, Vec<Keyword>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    from: String,
    bind_minimum: String,
    dh_bits: u32,
    dh_beside_ec: String,
    default_certificate_versions: String,
    list_groups: String,
    bundle: String,
    ecdhe: String,
    missing_newline: String,
    no_ssl: String,
    hidden_files: String,
    trusted_directories: String,
    server_certificate: String,
    sni: String,
    pss_clients: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyword {
    name: String,
    #[serde(default)]
    arguments: i8,
    #[serde(default = "untold")]
    most: i8,
    #[serde(default = "yes")]
    in_default: bool,
    since: Option<String>,
    until: Option<String>,
}

fn untold() -> i8 {
    -1
}

fn yes() -> bool {
    true
}

pub(crate) fn generate() {
    let path = "rules/servers/haproxy.yaml";
    let mut file: File = read(path);
    assert_eq!(file.server, "haproxy", "{path}");

    let mut out = String::new();
    let _ = writeln!(out, "const FIRST: Release = {};", release(&file.first, 0));
    let _ = writeln!(out, "const LAST: Release = {};", release(&file.last, u16::MAX));
    let verified: Vec<_> = file.verified.iter().map(|name| release(name, 0)).collect();
    let _ = writeln!(out, "const VERIFIED: &[Release] = &[{}];", verified.join(", "));
    out.push_str("const DEFAULTS: &[Defaults] = &[\n");
    for row in &rows(path, file.defaults) {
        let _ = writeln!(
            out,
            "    Defaults {{ from: {}, bind_minimum: {}, dh_bits: {}, dh_beside_ec_is_set: {}, default_certificate_versions: {}, groups_of_line: {}, bundles_share_context: {}, ecdhe_is_one_curve: {}, \
             needs_newline: {}, no_ssl_keeps_ciphers: {}, skips_hidden: {}, takes_trusted_directories: {}, server_certificate_is_one_file: {}, sends_host: {}, pss_is_rsa: {} }}, // {}",
            release(&row.from, 0),
            protocol(&row.bind_minimum),
            row.dh_bits,
            flag(&row.dh_beside_ec, "set", "short"),
            flag(&row.default_certificate_versions, "certificate", "bind"),
            flag(&row.list_groups, "certificate", "bind"),
            flag(&row.bundle, "together", "apart"),
            flag(&row.ecdhe, "curve", "list"),
            flag(&row.missing_newline, "refused", "accepted"),
            flag(&row.no_ssl, "keeps", "drops"),
            flag(&row.hidden_files, "skipped", "loaded"),
            flag(&row.trusted_directories, "loaded", "refused"),
            flag(&row.server_certificate, "file", "store"),
            flag(&row.sni, "host", "none"),
            flag(&row.pss_clients, "rsa", "other"),
            row.source,
        );
    }
    out.push_str("];\n");
    for (table, rows) in &mut file.keywords {
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(
            rows.windows(2).all(|pair| pair[0].name != pair[1].name),
            "{path}: {table}: a name stands twice"
        );
        let _ = writeln!(out, "pub(super) static {}: &[Keyword] = &[", table.to_uppercase());
        for row in rows {
            let since = release(row.since.as_deref().unwrap_or("0"), 0);
            let until = release(row.until.as_deref().unwrap_or(&u16::MAX.to_string()), u16::MAX);
            let _ = writeln!(
                out,
                "    Keyword {{ name: {:?}, arguments: {}, most: {}, in_default: {}, since: {since}, until: {until} }},",
                row.name, row.arguments, row.most, row.in_default,
            );
        }
        out.push_str("];\n");
    }
    write("haproxy.rs", &out);
}

/// The rows with what they leave as it was.
fn rows(path: &str, changes: Vec<serde_yaml::Mapping>) -> Vec<Defaults> {
    let mut whole = serde_yaml::Mapping::new();
    let row = |change: serde_yaml::Mapping| {
        whole.extend(change);
        let row = serde_yaml::from_value(serde_yaml::Value::Mapping(whole.clone()));
        row.unwrap_or_else(|error| panic!("{path}: defaults: {error}"))
    };
    changes.into_iter().map(row).collect()
}

/// `2.6` as a constant expression, with `fill` for the numbers that are not given.
fn release(text: &str, fill: u16) -> String {
    let mut numbers = [fill; 3];
    for (slot, part) in numbers.iter_mut().zip(text.split('.')) {
        *slot = part.parse().unwrap_or_else(|_| panic!("{text} is no release"));
    }
    format!("Release({numbers:?})")
}

fn flag(value: &str, yes: &str, no: &str) -> bool {
    assert!(value == yes || value == no, "{value} is neither {yes} nor {no}");
    value == yes
}
