//! Defaults by release, and the fields of TLS messages: `rules/servers/envoy.yaml`, compiled in by the build script.

use crate::protocol::Protocol;
use crate::target::Release;

/// What a side does without being told, from a release on.
pub(super) struct Defaults {
    from: Release,
    pub(super) minimum: Protocol,
    pub(super) maximum: Protocol,
    pub(super) cipher_suites: &'static str,
    /// Where it was read or run.
    source: &'static str,
    unverified: bool,
}

/// The groups that a release offers unasked.
struct DefaultCurves {
    from: Release,
    list: &'static [&'static str],
    source: &'static str,
}

/// A name that `ecdh_curves` takes.
struct Curve {
    name: &'static str,
    from: Option<Release>,
    until: Option<Release>,
}

/// What a compliance policy sets, whatever else is written.
pub(super) struct Compliance {
    pub(super) name: &'static str,
    from: Option<Release>,
    pub(super) minimum: Protocol,
    pub(super) maximum: Protocol,
    pub(super) cipher_suites: &'static str,
    /// Names of the TLS 1.3 suites in the registry.
    pub(super) tls13: &'static [&'static str],
    pub(super) curves: &'static [&'static str],
}

/// An enumeration.
pub(super) struct Enum {
    name: &'static str,
    pub(super) values: &'static [(&'static str, u32)],
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
    pub(super) repeated: bool,
    /// The first release that has it, where some described release has not.
    from: Option<Release>,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Bool,
    Enum(&'static str),
    Message(&'static str),
    Number,
    /// A message that is not described.
    Opaque,
    String,
}

include!(concat!(env!("OUT_DIR"), "/envoy.rs"));

/// The name of the messages that this module knows best.
pub(super) const TLS: &str = "envoy.extensions.transport_sockets.tls.v3.";

/// The defaults of the listening side (`true`) or the connecting side.
pub(super) fn defaults(listens: bool, release: Option<Release>) -> &'static Defaults {
    let rows = if listens { DOWNSTREAM } else { UPSTREAM };
    let release = release.unwrap_or(LAST);
    rows.iter().rev().find(|row| row.from <= release).unwrap_or(&rows[0])
}

impl Defaults {
    /// Whose default it is, as a clause.
    pub(super) fn whose(&self) -> String {
        let doubt = if self.unverified { ", from its documentation" } else { "" };
        let _ = self.source;
        format!("default of Envoy since {}{doubt}", short(self.from))
    }
}

/// The groups that a release offers unasked, and whose default they are.
pub(super) fn default_curves(release: Option<Release>) -> (&'static [&'static str], String) {
    let release = release.unwrap_or(LAST);
    let row = DEFAULT_CURVES.iter().rev().find(|row| row.from <= release).unwrap_or(&DEFAULT_CURVES[0]);
    (row.list, format!("default of Envoy, {}", row.source))
}

/// Whether `ecdh_curves` takes a name; with no release named, whether some takes it.
pub(super) fn takes_curve(name: &str, release: Option<Release>) -> bool {
    CURVES.iter().any(|curve| {
        curve.name == name
            && release.is_none_or(|release| {
                curve.from.is_none_or(|from| from <= release)
                    && curve.until.is_none_or(|until| release < until)
            })
    })
}

/// The compliance policy of this name.
pub(super) fn compliance(name: &str, release: Option<Release>) -> Option<&'static Compliance> {
    COMPLIANCE.iter().find(|policy| policy.name == name && exists(policy.from, release))
}

/// The enumeration of this name.
pub(super) fn enumeration(name: &str) -> Option<&'static Enum> {
    ENUMS.iter().find(|known| known.name == name)
}

/// The message of this full name.
pub(super) fn message(name: &str) -> Option<&'static Message> {
    MESSAGES.binary_search_by(|known| known.name.cmp(name)).ok().and_then(|index| MESSAGES.get(index))
}

impl Message {
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

fn exists(from: Option<Release>, release: Option<Release>) -> bool {
    release.is_none_or(|release| from.is_none_or(|from| from <= release))
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

/// `1.36` for the release 1.36.0.
fn short(release: Release) -> String {
    format!("{}.{}", release.0[0], release.0[1])
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
    }

    #[test]
    fn defaults_change_with_the_release() {
        assert_eq!(defaults(true, Some(Release::new(1, 21, 0))).minimum, Protocol::Tls10);
        assert_eq!(defaults(true, None).minimum, Protocol::Tls12);
        assert_eq!(defaults(false, None).maximum, Protocol::Tls12);
        assert!(takes_curve("P-224", Some(Release::new(1, 36, 4))) && !takes_curve("P-224", Some(LAST)));
    }
}
