//! The JSON Schema of policy files, from the same vocabularies that the reader uses.

use super::lists::sorted_groups;
use super::words;
use crate::protocol::Protocol;
use crate::signature::Scheme;
use crate::suite::Suite;
use serde_json::{Map, Value, json};

/// The schema of version 1, for editors and for checks before a policy is used.
///
/// It knows every name, so that an editor completes them; what must hold between the parts of a policy only the reader knows.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tlslint policy, version 1",
        "type": "object",
        "additionalProperties": false,
        "required": ["version", "title"],
        "properties": properties(),
        "$defs": definitions(),
    })
}

fn properties() -> Value {
    let texts = json!({ "type": ["string", "array"], "items": { "type": "string" } });
    json!({
        "version": { "const": 1, "description": "The version of this schema." },
        "id": { "type": "string", "description": "family@version; without it the file's path." },
        "title": { "type": "string", "description": "One line." },
        "issuer": { "type": "string", "description": "Who issued the document." },
        "published": {
            "type": ["string", "integer"],
            "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
            "description": "When: YYYY, YYYY-MM or YYYY-MM-DD.",
        },
        "supersedes": { "type": ["string", "array"], "items": { "type": "string" }, "description": "Ids of policies whose place it takes." },
        "license": { "type": "string" },
        "unverified": { "type": ["boolean", "string"], "description": "What was not checked against its source." },
        "sources": texts,
        "notes": texts,
        "extends": { "type": "string", "description": "The policy to start from: a name or a path." },
        "without": { "type": "array", "items": { "type": "string" }, "description": "Requirements of it to drop." },
        "protocols": section(&[("minimum", protocol()), ("maximum", protocol()), ("required", list(&protocol()))], &[]),
        "suites": suites(),
        "tls13": { "anyOf": [{ "enum": ["any", "unspecified"] }, requirement(&reference("tls13-suites"))] },
        "groups": listing("groups", &["required", "at-least-one", "first"]),
        "signature-algorithms": listing("signature-algorithms", &[]),
        "server-preference": requirement(&json!({ "type": "boolean" })),
        "session-tickets": requirement(&json!({ "type": "boolean" })),
        "dh-bits": requirement(&bits()),
        "plaintext": requirement(&json!({ "enum": words::PLAINTEXT })),
        "must-be-written": requirement(&list(&json!({ "enum": words::SETTINGS }))),
        "peer": section(&[], &["chain", "hostname", "plaintext-upstream"]),
        "certificate": certificate(),
    })
}

fn certificate() -> Value {
    section(
        &[
            ("names", json!({ "enum": words::NAMES })),
            ("days-left", days()),
            ("lifetime-days", days()),
            ("rsa-bits", bits()),
            ("rsa-bits-good", bits()),
            ("rsa-sizes", list(&bits())),
            ("curves", list(&json!({ "enum": words::CURVES }))),
            ("key-types", list(&json!({ "enum": words::KEY_TYPES }))),
            ("signature-hashes", list(&json!({ "enum": words::HASHES }))),
            ("signature-algorithms", reference("signature-algorithms")),
        ],
        &["mozilla-root", "not-self-signed", "not-revoked"],
    )
}

fn suites() -> Value {
    let mut section = section(&[], &["at-least-one", "others"]);
    let rules = json!({
        "type": "object",
        "additionalProperties": requirement(&reference("suites")),
        "propertyNames": { "pattern": "^[a-z0-9-]+$" },
    });
    if let Some(properties) = section.get_mut("properties").and_then(Value::as_object_mut) {
        for key in ["approved", "good", "sufficient"] {
            properties.insert(key.to_owned(), reference("suites"));
        }
        properties.insert("forbidden".to_owned(), rules.clone());
        properties.insert("phase-out".to_owned(), rules);
        properties.insert("unspecified".to_owned(), requirement(&reference("any-suites")));
    }
    section
}

fn definitions() -> Value {
    let names = |tls13: bool| {
        Suite::names()
            .filter(|name| Suite::from_name(name).is_some_and(|s| s.is_tls13() == tls13))
            .collect::<Vec<_>>()
    };
    json!({
        "strength": { "enum": words::strengths(), "description": "A word of RFC 2119." },
        "date": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        "properties": selector(),
        "suites": list(&json!({ "anyOf": [{ "enum": names(false) }, reference("properties")] })),
        "tls13-suites": list(&json!({ "anyOf": [{ "enum": names(true) }, reference("properties")] })),
        "any-suites": list(&json!({ "anyOf": [{ "enum": names(false) }, { "enum": names(true) }, reference("properties")] })),
        "groups": list(&json!({ "anyOf": [{ "enum": sorted_groups() }, reference("group-properties")] })),
        "group-properties": {
            "type": "object",
            "additionalProperties": false,
            "description": "Every group that has all of these properties.",
            "properties": {
                "kind": list(&json!({ "enum": words::KINDS.map(|(word, _)| word) })),
                "bits-below": { "type": "integer", "minimum": 1, "maximum": 256 },
            },
        },
        "signature-algorithms": list(&json!({ "enum": Scheme::all().map(Scheme::name).collect::<Vec<_>>() })),
    })
}

/// Suites by what they are made of.
fn selector() -> Value {
    let words = json!({ "type": ["string", "array"], "items": { "type": "string" } });
    json!({
        "type": "object",
        "additionalProperties": false,
        "description": "Every suite that has all of these properties.",
        "properties": {
            "key-exchange": words,
            "authentication": words,
            "encryption": words,
            "mac": words,
            "aead": { "type": "boolean" },
            "forward-secrecy": { "type": "boolean" },
            "bits-below": { "type": "integer", "minimum": 1, "maximum": 256 },
            "except": reference("suites"),
        },
    })
}

/// A list of what is approved, with what may stand beside it.
fn listing(members: &str, more: &[&str]) -> Value {
    let members = reference(members);
    let named = json!({
        "type": "object",
        "additionalProperties": requirement(&members),
        "propertyNames": { "pattern": "^[a-z0-9-]+$" },
    });
    let mut whole = requirement(&members);
    let mapping = whole.pointer_mut("/anyOf/1/properties").and_then(Value::as_object_mut);
    if let Some(properties) = mapping {
        for key in ["unspecified"].iter().chain(more) {
            properties.insert((*key).to_owned(), requirement(&members));
        }
        properties.insert("forbidden".to_owned(), named.clone());
        properties.insert("phase-out".to_owned(), named);
    }
    whole
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn protocol() -> Value {
    json!({ "enum": Protocol::ALL.map(Protocol::name) })
}

fn bits() -> Value {
    json!({ "type": "integer", "minimum": 512, "maximum": 16384 })
}

fn days() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": 36525 })
}

/// A list, one element standing for itself, or additions to and removals from the list that is extended.
fn list(element: &Value) -> Value {
    let plain = json!({ "type": "array", "items": element });
    json!({ "anyOf": [
        element,
        plain,
        { "type": "object", "additionalProperties": false, "properties": { "add": plain, "remove": plain } },
    ] })
}

/// How a requirement binds.
fn basis() -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("strength".to_owned(), reference("strength"));
    properties.insert("why".to_owned(), json!({ "type": "string" }));
    properties.insert("source".to_owned(), json!({ "type": "string" }));
    properties.insert("from".to_owned(), reference("date"));
    properties.insert("until".to_owned(), reference("date"));
    properties.insert(
        "side".to_owned(),
        json!({ "enum": words::SIDES, "description": "The end that it binds; both without it." }),
    );
    properties
}

fn requirement(value: &Value) -> Value {
    let mut properties = basis();
    properties.insert("value".to_owned(), value.clone());
    json!({ "anyOf": [value, succeeded(properties)] })
}

/// A requirement written out, and what takes its place on a later day; after that, what follows is not spelt out again.
fn succeeded(mut properties: Map<String, Value>) -> Value {
    let mut later = properties.clone();
    later.insert("then".to_owned(), json!({ "type": "object", "required": ["from"] }));
    let then = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["from"],
        "properties": later,
        "description": "What takes its place from this day on.",
    });
    properties.insert("then".to_owned(), then);
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn section(values: &[(&str, Value)], flags: &[&str]) -> Value {
    let mut properties = basis();
    for (key, value) in values {
        properties.insert((*key).to_owned(), requirement(value));
    }
    let flag = json!({ "anyOf": [
        { "const": true },
        succeeded(basis()),
    ] });
    for key in flags {
        properties.insert((*key).to_owned(), flag.clone());
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
