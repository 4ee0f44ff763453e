//! The JSON Schema of `tlslint.toml`, from the same description as the reader.

use super::shape::{CHECK_LEVEL, FILE, Key, LEVELS, Shape};
use crate::checks;
use serde_json::{Map, Value, json};

/// The schema, for editors (taplo, Even Better TOML) and for `tlslint config schema`.
pub fn schema() -> Value {
    let mut schema = table(FILE);
    let head = [
        ("$schema", json!("http://json-schema.org/draft-07/schema#")),
        ("title", json!("tlslint.toml")),
        ("description", json!("Settings of tlslint")),
    ];
    let body = std::mem::take(schema.as_object_mut().expect("a table's schema is an object"));
    Value::Object(head.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(body).collect())
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut value = shape(&key.shape);
            value["description"] = key.meaning.into();
            (key.name.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::CheckLevel => json!({ "anyOf": [self::shape(&Shape::OneOf(LEVELS)), table(CHECK_LEVEL)] }),
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Number => json!({ "type": "integer", "minimum": 0 }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Table(keys) => table(keys),
        Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Shape::Map(value) => json!({ "type": "object", "additionalProperties": self::shape(value) }),
        Shape::MapOfChecks(value) => {
            let properties: Map<String, Value> = checks::ALL
                .iter()
                .map(|check| {
                    let mut value = self::shape(value);
                    value["description"] = check.summary.into();
                    (check.id.to_owned(), value)
                })
                .collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
        Shape::Target(keys) => json!({ "anyOf": [self::shape(&Shape::Text), table(keys)] }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Texts => json!({ "type": "array", "items": self::shape(&Shape::Text) }),
    }
}
