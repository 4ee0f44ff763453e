//! `rules/servers/envoy-schema.yaml` → `envoy_schema.rs`: the messages of Envoy's API.

use super::data::{read, write};
use super::envoy::optional;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    enums: BTreeMap<String, BTreeMap<String, serde_yaml::Value>>,
    messages: BTreeMap<String, BTreeMap<String, String>>,
}

pub(crate) fn generate() {
    let file: File = read("rules/servers/envoy-schema.yaml");
    let mut out = String::from("static ENUMS: &[Enum] = &[\n");
    for (name, values) in &file.enums {
        let _ = writeln!(out, "    Enum {{ name: {name:?}, values: &[");
        for (value, text) in values {
            let (number, since) = numbered(text);
            let from = optional(since.as_ref());
            let _ = writeln!(out, "        EnumValue {{ name: {value:?}, number: {number}, from: {from} }},");
        }
        out.push_str("    ] },\n");
    }
    out.push_str("];\nstatic MESSAGES: &[Message] = &[\n");
    for (name, fields) in &file.messages {
        let _ = writeln!(out, "    Message {{ name: {name:?}, fields: &[");
        for (field, text) in fields {
            let _ = writeln!(out, "        Field {{ name: {field:?}, {} }},", described(&file, text));
        }
        out.push_str("    ] },\n");
    }
    out.push_str("];\n");
    write("envoy_schema.rs", &out);
}

/// `NUMBER [since RELEASE]`.
fn numbered(text: &serde_yaml::Value) -> (u64, Option<String>) {
    if let Some(number) = text.as_u64() {
        return (number, None);
    }
    let parts = text.as_str().and_then(|text| text.split_once(" since "));
    let number = parts.and_then(|(number, since)| Some((number.parse().ok()?, Some(since.to_owned()))));
    number.unwrap_or_else(|| panic!("rules/servers/envoy-schema.yaml: {text:?} is no value"))
}

/// `[map] KIND[*] [in NAME] [since RELEASE]` as the members of a `Field`.
fn described(file: &File, text: &str) -> String {
    let mut words = text.split(' ');
    let mut first = words.next().unwrap_or("");
    let mut repetition = "Once";
    if first == "map" {
        repetition = "Mapping";
        first = words.next().unwrap_or("");
    } else if let Some(kind) = first.strip_suffix('*') {
        (first, repetition) = (kind, "List");
    }
    let (mut choice, mut since) = (None, None);
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word {
            "in" => choice = Some(value),
            "since" => since = Some(value.to_owned()),
            _ => panic!("rules/servers/envoy-schema.yaml: {text}"),
        }
    }
    format!(
        "kind: {}, repetition: Repetition::{repetition}, choice: {choice:?}, from: {}",
        kind(file, first),
        optional(since.as_ref())
    )
}

/// Scalars, enums and messages of the file by name.
fn kind(file: &File, name: &str) -> String {
    let scalars = ["any", "bool", "bytes", "duration", "integer", "number", "string", "struct"]
        .into_iter()
        .zip(["Any", "Bool", "Bytes", "Duration", "Integer", "Number", "String", "Struct"]);
    if let Some((_, variant)) = scalars.into_iter().find(|(scalar, _)| *scalar == name) {
        format!("Kind::{variant}")
    } else if file.enums.contains_key(name) {
        format!("Kind::Enum({name:?})")
    } else if file.messages.contains_key(name) {
        format!("Kind::Message({name:?})")
    } else {
        assert!(name == "google.protobuf.Empty", "rules/servers/envoy-schema.yaml: no message {name}");
        "Kind::Struct".to_owned()
    }
}
