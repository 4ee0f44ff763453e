//! Holds messages against their schema, as protobuf's JSON reader does.
//!
//! Source: some hundred files given to Envoy 1.36.4 and 1.40.0. A single value where a list is due is a list of one, lists inside lists
//! are one list, null is absence, and a wrapper or a duration may be written as the message that it is.

use super::certificates::base64;
use super::defaults::exists;
use super::reader::Reader;
use super::schema::{Field, Kind, Message, Repetition, enumeration, is_field, message};
use super::value::Value;
use crate::observation::ObservationKind;
use crate::syntax::yaml::Shape;

/// The message of which one choice has to be made.
const DATA_SOURCE: &str = "envoy.config.core.v3.DataSource";

/// The message with the list that may have no more than one item.
const PARAMETERS: &str = "envoy.extensions.transport_sockets.tls.v3.TlsParameters";

/// The list.
const SINGLE: &str = "compliance_policies";

impl Reader<'_, '_> {
    /// Holds a message against its schema, all the way down; once only, and not at all where the schema is not known.
    ///
    /// A message that may have come as an Any keeps its `@type`.
    pub(super) fn validate(&mut self, value: Value<'_>, name: &str) {
        self.validate_fields(value, name, true);
    }

    fn validate_fields(&mut self, value: Value<'_>, name: &str, is_any: bool) {
        let Some(schema) = message(name) else { return };
        if value.node.scalar().is_some() || !self.validated.insert(value.location()) {
            return;
        }
        let mut chosen: Vec<(&str, &str)> = Vec::new();
        for (key, field_value) in value.entries() {
            let Some(written) = key.text_str() else { continue };
            if key.is_opaque() || (is_any && written == "@type") {
                continue;
            }
            let Some(field) = schema.field(written, self.release) else {
                self.unknown_field(schema, key, written);
                continue;
            };
            if field_value.is_opaque() || field_value.node.is_null() {
                continue;
            }
            if let Some(choice) = field.choice {
                if let Some((_, other)) =
                    chosen.iter().find(|(known, other)| *known == choice && *other != written)
                {
                    let reason = format!("{} takes {other} or {written}, not both", schema.short_name());
                    self.refuse(key.location(), field.name, reason);
                }
                chosen.push((choice, written));
            }
            self.validate_field(field_value, field);
        }
        // A list that stands twice in JSON has the items of both.
        if let [_, second, ..] = value.list_of(SINGLE).as_slice()
            && name == PARAMETERS
        {
            let reason = "CompliancePolicies: value must contain no more than 1 item(s)";
            self.refuse(second.location(), SINGLE, reason);
        }
        if name == DATA_SOURCE && chosen.is_empty() && !value.is_opaque() {
            let reason =
                "DataSource takes one of filename, inline_bytes, inline_string, environment_variable";
            self.refuse(value.location(), "DataSource", reason);
        }
    }

    fn validate_field(&mut self, value: Value<'_>, field: &'static Field) {
        match field.repetition {
            Repetition::Once => self.validate_item(value, field),
            Repetition::List => {
                for item in value.list().into_iter().filter(|item| !item.is_opaque()) {
                    self.validate_item(item, field);
                }
            }
            Repetition::Mapping if !is_mapping(value) => {
                self.mismatch(value, field, "a mapping");
            }
            Repetition::Mapping => {
                let items = value.entries().filter(|(key, item)| !key.is_opaque() && !item.is_opaque());
                for (_, item) in items.filter(|(_, item)| !item.node.is_null()) {
                    self.validate_item(item, field);
                }
            }
        }
    }

    fn validate_item(&mut self, item: Value<'_>, field: &'static Field) {
        let text = item.text_str();
        match field.kind {
            Kind::Any if is_mapping(item) => self.validate_any(item),
            Kind::Message(inner) if is_mapping(item) => self.validate_fields(item, inner, false),
            Kind::Any | Kind::Message(_) => self.mismatch(item, field, "fields"),
            Kind::Bool if item.boolean().is_none() => self.mismatch(item, field, "true or false"),
            Kind::Bytes if text.and_then(base64).is_none() => self.mismatch(item, field, "base64"),
            // Whoever writes {seconds: 5} gets what they mean, and so does {value: 5} for a wrapped number.
            Kind::Duration if !is_mapping(item) && !text.is_some_and(is_duration) => {
                self.mismatch(item, field, "seconds such as \"0.25s\"");
            }
            Kind::Enum(name) => self.validate_enum(item, field, name),
            Kind::Integer if !is_mapping(item) && !item.is_number(true) => {
                self.mismatch(item, field, "an integer");
            }
            Kind::Number if !is_mapping(item) && !item.is_number(false) => {
                self.mismatch(item, field, "a number");
            }
            Kind::String if !is_mapping(item) && !item.is_string() => {
                let reason = format!(
                    "{} takes a string, and a bare {} is none in YAML 1.1",
                    field.name,
                    text.unwrap_or("collection")
                );
                self.refuse(item.location(), field.name, reason);
            }
            Kind::Bool
            | Kind::Bytes
            | Kind::Duration
            | Kind::Integer
            | Kind::Number
            | Kind::String
            | Kind::Struct => {}
        }
    }

    /// A message that names its own type; one that the schema does not hold may be anything.
    pub(super) fn validate_any(&mut self, value: Value<'_>) {
        if let Some(name) = value.any_type() {
            self.validate(value, name);
        } else if let Some((_, url)) = value.node.entry("@type")
            && let Some(url) = url.scalar()
            && !value.is_opaque()
        {
            let reason = format!(
                "@type must be a type URL such as type.googleapis.com/{}",
                url.value.rsplit('/').next().unwrap_or("")
            );
            self.refuse(value.location(), "@type", reason);
        }
    }

    fn validate_enum(&mut self, item: Value<'_>, field: &'static Field, name: &str) {
        let Some(known) = enumeration(name) else { return };
        if !item.enum_value(known).is_some_and(|value| exists(value.from, self.release)) {
            let values = known.values.iter().filter(|value| exists(value.from, self.release));
            let names: Vec<_> = values.map(|value| value.name).collect();
            self.mismatch(item, field, &names.join(", "));
        }
    }

    fn mismatch(&mut self, item: Value<'_>, field: &'static Field, wanted: &str) {
        let written = match item.node.shape() {
            Shape::Mapping(_) => "a mapping".to_owned(),
            Shape::Sequence(_) => "a list".to_owned(),
            Shape::Scalar(scalar) => format!("\"{}\"", scalar.value),
        };
        let reason = format!("{} takes {wanted}, not {written}", field.name);
        self.refuse(item.location(), field.name, reason);
    }

    fn unknown_field(&mut self, schema: &Message, key: Value<'_>, written: &str) {
        if is_field(written, "tls_context") && ["Cluster", "FilterChain"].contains(&schema.short_name()) {
            // The v2 API; whoever reads the transport socket says so.
            return;
        }
        let short = schema.short_name();
        let (reason, help) = if written == "<<" {
            ("merge keys are not expanded: \"<<\" is a field that does not exist".to_owned(), None)
        } else if schema.field(written, None).is_some() {
            let release = self.release.map_or_else(String::new, |release| format!(" {release}"));
            (format!("{short} has no field \"{written}\" in Envoy{release}"), None)
        } else {
            let nearest = schema.nearest(written, self.release);
            let help = nearest.map(|nearest| format!("did you mean {nearest}?"));
            (format!("{short} has no field \"{written}\""), help)
        };
        self.refuse_as(ObservationKind::UnknownField, key.location(), short, reason, help);
    }
}

fn is_mapping(value: Value<'_>) -> bool {
    matches!(value.node.shape(), Shape::Mapping(_))
}

/// Digits with at most nine behind the point, and an `s`.
fn is_duration(text: &str) -> bool {
    let Some(number) = text.strip_suffix('s') else { return false };
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && whole.len() <= 12 && is_digits(fraction) && fraction.len() <= 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        assert!(["5s", "0.25s", "1.000000001s", "-1s"].into_iter().all(is_duration));
        assert!(!["5", "250ms", ".5s", "1.s", "5S", "+5s", "5 s", ""].into_iter().any(is_duration));
    }
}
