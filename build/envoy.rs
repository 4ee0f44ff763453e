//! `rules/servers/envoy.yaml` → `envoy.rs`: defaults by release.

use super::data::{read, write};
use serde::Deserialize;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    releases: Releases,
    downstream: Vec<Defaults>,
    upstream: Vec<Defaults>,
    default_curves: Vec<Curves>,
    curves: Vec<Curve>,
    compliance: Vec<Compliance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Releases {
    first: String,
    last: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    from: String,
    minimum: String,
    maximum: String,
    cipher_suites: String,
    source: String,
    #[serde(default)]
    unverified: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Curves {
    from: String,
    list: Vec<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    name: String,
    from: Option<String>,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compliance {
    name: String,
    from: Option<String>,
    minimum: String,
    maximum: String,
    cipher_suites: String,
    tls13: Vec<String>,
    curves: Vec<String>,
    signature_algorithms: Vec<String>,
    source: String,
}

pub(crate) fn generate() {
    let path = "rules/servers/envoy.yaml";
    let file: File = read(path);

    let mut out = String::new();
    let _ = writeln!(
        out,
        "/// The last release that the data describes.\npub(super) const LAST: Release = {};",
        release(&file.releases.last)
    );
    let starts = [&file.downstream[0].from, &file.upstream[0].from, &file.default_curves[0].from];
    assert!(
        starts.iter().all(|from| **from == file.releases.first),
        "{path}: a table does not start with the first release"
    );
    for (name, rows) in [("DOWNSTREAM", &file.downstream), ("UPSTREAM", &file.upstream)] {
        let _ = writeln!(out, "static {name}: &[Defaults] = &[");
        for row in rows {
            let _ = writeln!(
                out,
                "    Defaults {{ from: {}, minimum: {}, maximum: {}, cipher_suites: {:?}, unverified: {} }}, // {}",
                release(&row.from),
                protocol(&row.minimum),
                protocol(&row.maximum),
                row.cipher_suites,
                row.unverified,
                row.source,
            );
        }
        out.push_str("];\n");
    }
    out.push_str("static DEFAULT_CURVES: &[DefaultCurves] = &[\n");
    for row in &file.default_curves {
        let _ = writeln!(
            out,
            "    DefaultCurves {{ from: {}, list: &{:?}, source: {:?} }},",
            release(&row.from),
            row.list,
            row.source
        );
    }
    out.push_str("];\nstatic CURVES: &[Curve] = &[\n");
    for curve in &file.curves {
        let _ = writeln!(
            out,
            "    Curve {{ name: {:?}, from: {}, until: {} }},",
            curve.name,
            optional(curve.from.as_ref()),
            optional(curve.until.as_ref())
        );
    }
    out.push_str("];\nstatic COMPLIANCE: &[Compliance] = &[\n");
    for row in &file.compliance {
        let _ = writeln!(
            out,
            "    Compliance {{ name: {:?}, from: {}, minimum: {}, maximum: {}, cipher_suites: {:?}, tls13: &{:?}, curves: &{:?}, signature_algorithms: &{:?} }}, // {}",
            row.name,
            optional(row.from.as_ref()),
            protocol(&row.minimum),
            protocol(&row.maximum),
            row.cipher_suites,
            row.tls13,
            row.curves,
            row.signature_algorithms,
            row.source,
        );
    }
    out.push_str("];\n");
    write("envoy.rs", &out);
}

fn release(text: &str) -> String {
    let numbers: Vec<u16> = text.split('.').map(|part| part.parse().expect("releases are numbers")).collect();
    format!("Release::new({}, {}, 0)", numbers[0], numbers[1])
}

pub(super) fn optional(text: Option<&String>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("Some({})", release(text)))
}

fn protocol(name: &str) -> &'static str {
    match name {
        "TLSv1_0" => "Protocol::Tls10",
        "TLSv1_2" => "Protocol::Tls12",
        "TLSv1_3" => "Protocol::Tls13",
        other => panic!("{other} is no protocol"),
    }
}
