//! An inventory as a cryptography bill of materials: CycloneDX 1.6 (ECMA-424).

use crate::group::{Group, Kind};
use crate::inventory::Row;
use crate::suite::Suite;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The document for the endpoints of `rows`: for each a component per protocol version with its suites, and its certificate.
pub fn document(rows: &[Row]) -> Value {
    let mut components: Vec<Value> =
        rows.iter().enumerate().flat_map(|(index, row)| components(index, row)).collect();
    let names: BTreeSet<&str> = rows.iter().flat_map(|row| row.groups.iter().copied()).collect();
    components.extend(names.into_iter().filter_map(Group::from_name).map(group));
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "tools": { "components": [{
            "type": "application", "name": "tlslint", "version": env!("CARGO_PKG_VERSION"),
        }] } },
        "components": components,
    })
}

fn components(index: usize, row: &Row) -> Vec<Value> {
    let label = format!("{} {} {}", row.role, row.addresses.join(" "), row.names.join(" "));
    let label = label.trim().to_owned();
    let mut components = Vec::new();
    for protocol in &row.protocols {
        let (kind, version) = version(protocol);
        let suites = if *protocol == "TLSv1.3" { &row.tls13_suites } else { &row.suites.enabled };
        let crypto = json!({
            "assetType": "protocol",
            "protocolProperties": {
                "type": kind,
                "version": version,
                "cryptoRefArray": groups(row, protocol),
                "cipherSuites": suites.iter().map(|name| suite(name)).collect::<Vec<_>>(),
            },
        });
        components.push(component(
            &format!("endpoint-{index}-{protocol}"),
            &format!("{protocol} of {label}"),
            row,
            &crypto,
        ));
    }
    if let Some(certificate) = &row.certificate {
        let crypto = json!({
            "assetType": "certificate",
            "certificateProperties": {
                "subjectName": certificate.names.join(", "),
                "notValidAfter": timestamp(certificate.not_after),
                "certificateFormat": "X.509",
            },
        });
        components.push(component(&format!("endpoint-{index}-certificate"), &certificate.name, row, &crypto));
    }
    components
}

/// References to the groups of an endpoint that a version can use.
fn groups(row: &Row, protocol: &str) -> Vec<String> {
    let is_used = |group: &Group| protocol == "TLSv1.3" || !group.facts().tls13_only;
    let groups = row.groups.iter().filter_map(|name| Group::from_name(name)).filter(is_used);
    groups.map(|group| format!("group-{group}")).collect()
}

/// A group as an asset of its own, once a document.
fn group(group: Group) -> Value {
    let facts = group.facts();
    let (primitive, functions) = match facts.kind {
        Kind::Kem => ("kem", vec!["keygen", "encapsulate", "decapsulate"]),
        Kind::Hybrid => ("combiner", vec!["keygen", "encapsulate", "decapsulate", "keyderive"]),
        Kind::Curve | Kind::FiniteField | Kind::Montgomery => ("key-agree", vec!["keygen", "keyderive"]),
    };
    // FIPS 203, table 2: the categories of ML-KEM; what is classical alone has none.
    let levels = [("512", 1), ("768", 3), ("1024", 5)];
    let is_quantum_safe = matches!(facts.kind, Kind::Kem | Kind::Hybrid);
    let level = levels
        .iter()
        .find(|(size, _)| facts.name.contains(&format!("MLKEM{size}")))
        .filter(|_| is_quantum_safe);
    json!({
        "type": "cryptographic-asset",
        "bom-ref": format!("group-{group}"),
        "name": facts.name,
        "cryptoProperties": {
            "assetType": "algorithm",
            "algorithmProperties": {
                "primitive": primitive,
                "parameterSetIdentifier": facts.iana,
                "cryptoFunctions": functions,
                "classicalSecurityLevel": facts.bits,
                "nistQuantumSecurityLevel": level.map_or(0, |(_, level)| *level),
            },
        },
    })
}

fn component(reference: &str, name: &str, row: &Row, crypto: &Value) -> Value {
    let mut properties = vec![
        json!({ "name": "tlslint:role", "value": row.role }),
        json!({ "name": "tlslint:transport", "value": row.transport }),
        json!({ "name": "tlslint:groups", "value": row.groups.join(" ") }),
    ];
    if let Some(hybrid) = &row.hybrid {
        let words =
            |value: Option<bool>| value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
        properties.push(json!({ "name": "tlslint:hybrid-offered", "value": words(hybrid.offered) }));
        properties.push(json!({ "name": "tlslint:hybrid-preferred", "value": words(hybrid.preferred) }));
        properties
            .push(json!({ "name": "tlslint:hybrid-impossible", "value": hybrid.impossible.to_string() }));
        let obstacle = hybrid.obstacle.iter();
        properties.extend(obstacle.map(|why| json!({ "name": "tlslint:hybrid-obstacle", "value": why })));
    }
    properties
        .extend(row.purpose.iter().map(|purpose| json!({ "name": "tlslint:purpose", "value": purpose })));
    json!({
        "type": "cryptographic-asset",
        "bom-ref": reference,
        "name": name,
        "cryptoProperties": crypto,
        "evidence": { "occurrences": [{ "location": row.path, "line": row.line }] },
        "properties": properties,
    })
}

/// The kind of protocol and the version as the schema has them: `("tls", "1.2")`.
fn version(protocol: &str) -> (&'static str, &str) {
    let number = protocol.trim_start_matches("SSLv").trim_start_matches("TLSv");
    // SSL has no kind of its own in the schema.
    (if protocol.starts_with("TLS") { "tls" } else { "other" }, number)
}

fn suite(name: &str) -> Value {
    let code = Suite::from_name(name).map(Suite::code);
    let identifiers = code.map(|code| vec![format!("0x{:02X}", code >> 8), format!("0x{:02X}", code & 0xFF)]);
    json!({ "name": name, "identifiers": identifiers.unwrap_or_default() })
}

/// Seconds since 1970 as RFC 3339, to the day.
fn timestamp(seconds: i64) -> String {
    let days = u64::try_from(seconds.max(0)).unwrap_or(0) / 86_400;
    let day = crate::date::Date::from_days(days);
    let rest = seconds.max(0) % 86_400;
    format!("{day}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{CertificateRow, Hybrid, Suites, TargetRow};
    use std::io::Read as _;

    fn schema(compressed: &[u8]) -> Value {
        let mut text = String::new();
        flate2::read::GzDecoder::new(compressed).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn row() -> Row {
        Row {
            label: "server a.example".to_owned(),
            dialect: "nginx",
            role: "server",
            names: vec!["a.example".to_owned()],
            addresses: vec!["0.0.0.0:443".to_owned()],
            path: "conf/nginx.conf".to_owned(),
            line: 3,
            column: 5,
            transport: "tls",
            protocols: vec!["TLSv1.2", "TLSv1.3"],
            suites: Suites {
                declared: vec!["ECDHE-RSA-AES128-GCM-SHA256"],
                enabled: vec!["ECDHE-RSA-AES128-GCM-SHA256"],
                reachable: None,
            },
            tls13_suites: vec!["TLS_AES_128_GCM_SHA256"],
            groups: vec!["X25519MLKEM768", "X25519"],
            hybrid: Some(Hybrid { offered: Some(true), preferred: None, impossible: false, obstacle: None }),
            peer_verification: None,
            certificate: Some(CertificateRow {
                name: "a.pem".to_owned(),
                key_type: "rsa",
                key_bits: 2048,
                signature_hash: "sha256".to_owned(),
                names: vec!["a.example".to_owned()],
                not_after: 1_900_000_000,
            }),
            refuses_to_start: None,
            unknown: Vec::new(),
            target: TargetRow { server: None, library: "any".to_owned(), system: None },
            purpose: Some("partners' API".to_owned()),
        }
    }

    #[test]
    fn the_document_meets_the_published_schema() {
        let referred = [
            (
                "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json",
                &include_bytes!("../fixtures/schemas/jsf-0.82.json.gz")[..],
            ),
            (
                "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json",
                &include_bytes!("../fixtures/schemas/spdx.json.gz")[..],
            ),
        ];
        let mut registry = jsonschema::Registry::new();
        for (address, compressed) in referred {
            let resource = jsonschema::Resource::from_contents(schema(compressed));
            registry = registry.add(address, resource).unwrap();
        }
        let registry = registry.prepare().unwrap();
        let main = schema(include_bytes!("../fixtures/schemas/cyclonedx-1.6.json.gz"));
        let validator = jsonschema::options().with_registry(&registry).build(&main).unwrap();
        let document = document(&[row(), row()]);
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(
            document["components"][0]["cryptoProperties"]["protocolProperties"]["cipherSuites"][0]["identifiers"],
            json!(["0xC0", "0x2F"])
        );
        let names: Vec<_> =
            document["components"].as_array().unwrap().iter().skip(6).map(|one| &one["name"]).collect();
        assert_eq!(names, ["X25519", "X25519MLKEM768"], "each group once, whatever the number of endpoints");
        assert_eq!(
            document["components"][7]["cryptoProperties"]["algorithmProperties"]["nistQuantumSecurityLevel"],
            3
        );
        assert_eq!(
            document["components"][0]["cryptoProperties"]["protocolProperties"]["cryptoRefArray"],
            json!(["group-X25519"]),
            "TLS 1.2 has no hybrid"
        );
        assert_eq!(
            document["components"][2]["cryptoProperties"]["certificateProperties"]["notValidAfter"],
            "2030-03-17T17:46:40Z"
        );
    }
}
