//! What Envoy's messages are made of: `rules/servers/envoy-schema.yaml`, compiled in by the build script.

use super::defaults::exists;
use crate::target::Release;

/// An enumeration.
pub(super) struct Enum {
    name: &'static str,
    pub(super) values: &'static [EnumValue],
}

/// A value of an enumeration.
pub(super) struct EnumValue {
    pub(super) name: &'static str,
    pub(super) number: u32,
    /// The first release that has it, where some described release has not.
    pub(super) from: Option<Release>,
}

/// A message.
pub(super) struct Message {
    /// The full name.
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field of a message.
pub(super) struct Field {
    /// The name as in the .proto file; JSON spells it in camelCase.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) repetition: Repetition,
    /// Fields with the same choice exclude each other.
    pub(super) choice: Option<&'static str>,
    /// The first release that has it, where some described release has not.
    from: Option<Release>,
}

/// How often a field holds what it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    List,
    /// From names of the file's own.
    Mapping,
    Once,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A message that names its own type.
    Any,
    Bool,
    /// In base64.
    Bytes,
    /// Seconds, such as `0.25s`.
    Duration,
    Enum(&'static str),
    Integer,
    Message(&'static str),
    Number,
    String,
    /// Whatever there is.
    Struct,
}

include!(concat!(env!("OUT_DIR"), "/envoy_schema.rs"));

/// The name of the messages that the dialect knows best.
pub(super) const TLS: &str = "envoy.extensions.transport_sockets.tls.v3.";

/// The message that Envoy is started with.
pub(super) const BOOTSTRAP: &str = "envoy.config.bootstrap.v3.Bootstrap";

/// The enumeration of this name.
pub(super) fn enumeration(name: &str) -> Option<&'static Enum> {
    ENUMS.binary_search_by(|known| known.name.cmp(name)).ok().and_then(|index| ENUMS.get(index))
}

/// The message of this full name.
pub(super) fn message(name: &str) -> Option<&'static Message> {
    MESSAGES.binary_search_by(|known| known.name.cmp(name)).ok().and_then(|index| MESSAGES.get(index))
}

impl Message {
    /// The last part of the name.
    pub(super) fn short_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// The field that a key means, in either spelling.
    pub(super) fn field(&self, key: &str, release: Option<Release>) -> Option<&'static Field> {
        self.fields.iter().find(|field| is_field(key, field.name) && exists(field.from, release))
    }

    /// The nearest field to a key that means none.
    pub(super) fn nearest(&self, key: &str, release: Option<Release>) -> Option<&'static str> {
        let fields = self.fields.iter().filter(|field| exists(field.from, release));
        let distance = |name: &str| strsim::osa_distance(name, &snake_case(key));
        let found = fields.map(|field| (distance(field.name), field.name)).min()?;
        (found.0 <= key.len().div_ceil(2)).then_some(found.1)
    }
}

/// Whether a key means a field: `tls_params` and `tlsParams` are one.
pub(super) fn is_field(key: &str, name: &str) -> bool {
    if key == name {
        return true;
    }
    let mut after_underscore = false;
    let mut written = key.chars();
    for expected in name.chars() {
        if expected == '_' {
            after_underscore = true;
            continue;
        }
        let expected = if after_underscore { expected.to_ascii_uppercase() } else { expected };
        after_underscore = false;
        if written.next() != Some(expected) {
            return false;
        }
    }
    written.next().is_none()
}

fn snake_case(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    for character in key.chars() {
        if character.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(character.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_mean_one_field() {
        assert!(is_field("tlsMinimumProtocolVersion", "tls_minimum_protocol_version"));
        assert!(
            is_field("sni", "sni")
                && !is_field("tlsminimum", "tls_minimum")
                && !is_field("tls_Params", "tls_params")
        );
    }

    #[test]
    fn fields_belong_to_releases() {
        let certificate = message("envoy.extensions.transport_sockets.tls.v3.TlsCertificate").unwrap();
        assert!(certificate.field("tls_params", Some(Release::new(1, 40, 0))).is_some());
        assert!(certificate.field("tls_params", Some(Release::new(1, 36, 4))).is_none());
        let parameters = message("envoy.extensions.transport_sockets.tls.v3.TlsParameters").unwrap();
        assert_eq!(
            parameters.nearest("tls_min_protocol_version", None),
            Some("tls_minimum_protocol_version")
        );
        let bootstrap = message(BOOTSTRAP).unwrap();
        assert_eq!(bootstrap.nearest("static_resource", None), Some("static_resources"));
    }
}
