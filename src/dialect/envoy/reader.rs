//! What a reading gathers, and the ways to say what is wrong.

use super::schema::{Kind, Message, enumeration, message};
use super::value::Value;
use crate::dialect::Context;
use crate::endpoint::Model;
use crate::observation::{Observation, ObservationKind, Refusal};
use crate::span::Location;
use crate::target::Release;
use std::collections::{BTreeMap, BTreeSet};

/// One reading of one root file.
pub(super) struct Reader<'a, 't> {
    pub(super) context: Context<'a>,
    /// The release that the configuration will run on, where it is known.
    pub(super) release: Option<Release>,
    pub(super) model: Model,
    /// Static secrets of the root, by name.
    pub(super) secrets: BTreeMap<&'t str, Value<'t>>,
    /// TLS contexts that some listener or cluster has taken.
    pub(super) taken: BTreeSet<Location>,
    /// Documents around the one being read, against circles.
    pub(super) depth: usize,
    /// Whether contexts may be completed by what is not there.
    pub(super) is_patch: bool,
    /// Whether somebody else than Envoy reads the file.
    pub(super) is_wrapped: bool,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn new(context: Context<'a>) -> Self {
        Self {
            context,
            release: context.target.envoy,
            model: Model::default(),
            secrets: BTreeMap::new(),
            taken: BTreeSet::new(),
            depth: 0,
            is_patch: false,
            is_wrapped: false,
        }
    }

    /// Tells something about a value.
    pub(super) fn observe(
        &mut self,
        kind: ObservationKind,
        location: Location,
        context: &str,
        message: impl Into<String>,
        label: &str,
        help: Option<String>,
    ) {
        self.model.observations.push(Observation {
            kind,
            location,
            message: message.into(),
            label: label.to_owned(),
            related: Vec::new(),
            help,
            context: context.to_owned(),
        });
    }

    /// Tells why Envoy refuses the file or the resource.
    pub(super) fn refuse(&mut self, location: Location, context: &str, reason: impl Into<String>) {
        let reason = reason.into();
        self.refuse_as(ObservationKind::ServerRefusesToStart, location, context, reason, None);
    }

    pub(super) fn refuse_as(
        &mut self,
        kind: ObservationKind,
        location: Location,
        context: &str,
        reason: String,
        help: Option<String>,
    ) {
        let message = format!("Envoy refuses this: {reason}");
        self.observe(kind, location, context, message, "refused", help);
        self.model.refusals.push(Refusal { location, reason });
    }

    /// Holds a TLS message against its schema, all the way down.
    pub(super) fn validate(&mut self, value: Value<'_>, name: &str) {
        let Some(schema) = message(name) else { return };
        for (key, field_value) in value.entries() {
            let Some(written) = key.text_str() else { continue };
            if written == "@type" || key.is_opaque() {
                continue;
            }
            let Some(field) = schema.field(written, self.release) else {
                self.unknown_field(schema, key, written);
                continue;
            };
            let items = if field.repeated { field_value.list() } else { vec![field_value] };
            for item in items.into_iter().filter(|item| !item.node.is_null() && !item.is_opaque()) {
                self.validate_kind(item, field.kind, field.name);
            }
        }
    }

    fn validate_kind(&mut self, item: Value<'_>, kind: Kind, field: &str) {
        let text = item.text_str();
        match kind {
            Kind::Message(inner) if text.is_none() => self.validate(item, inner),
            Kind::Enum(name) => {
                let Some(known) = enumeration(name) else { return };
                if item.enum_value(known).is_none() {
                    let names: Vec<_> = known.values.iter().map(|(name, _)| *name).collect();
                    let reason = format!(
                        "{field} takes {}, not \"{}\"",
                        names.join(", "),
                        text.unwrap_or("a collection")
                    );
                    self.refuse(item.location(), field, reason);
                }
            }
            Kind::Bool if item.boolean().is_none() => {
                let reason =
                    format!("{field} takes true or false, not \"{}\"", text.unwrap_or("a collection"));
                self.refuse(item.location(), field, reason);
            }
            Kind::String if !item.is_string() => {
                let reason = format!(
                    "{field} takes a string, and a bare {} is none in YAML 1.1",
                    text.unwrap_or("collection")
                );
                self.refuse(item.location(), field, reason);
            }
            Kind::Message(_) => {
                let reason = format!("{field} takes fields, not \"{}\"", text.unwrap_or(""));
                self.refuse(item.location(), field, reason);
            }
            Kind::Bool | Kind::Number | Kind::Opaque | Kind::String => {}
        }
    }

    fn unknown_field(&mut self, schema: &Message, key: Value<'_>, written: &str) {
        let short = schema.name.rsplit('.').next().unwrap_or(schema.name);
        let (reason, help) = if written == "<<" {
            ("merge keys are not expanded: \"<<\" is a field that does not exist".to_owned(), None)
        } else if schema.field(written, None).is_some() {
            let release = self.release.map_or_else(String::new, |release| format!(" before {release}"));
            (format!("{short} has no field \"{written}\" in this release{release}"), None)
        } else {
            let nearest = schema.nearest(written, self.release);
            let help = nearest.map(|nearest| format!("did you mean {nearest}?"));
            (format!("{short} has no field \"{written}\""), help)
        };
        self.refuse_as(ObservationKind::UnknownField, key.location(), short, reason, help);
    }
}
