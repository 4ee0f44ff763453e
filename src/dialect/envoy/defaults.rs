//! What holds where a file says nothing, by release: `rules/servers/envoy.yaml`, compiled in by the build script.

use crate::protocol::Protocol;
use crate::target::Release;

/// What a side does without being told, from a release on.
pub(super) struct Defaults {
    from: Release,
    pub(super) minimum: Protocol,
    pub(super) maximum: Protocol,
    pub(super) cipher_suites: &'static str,
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
    pub(super) signature_algorithms: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/envoy.rs"));

/// The defaults of the listening side (`true`) or the connecting side.
pub(super) fn of_side(listens: bool, release: Option<Release>) -> &'static Defaults {
    let rows = if listens { DOWNSTREAM } else { UPSTREAM };
    let release = release.unwrap_or(LAST);
    rows.iter().rev().find(|row| row.from <= release).unwrap_or(&rows[0])
}

impl Defaults {
    /// Whose default it is, as a clause.
    pub(super) fn whose(&self) -> String {
        let doubt = if self.unverified { ", from its documentation" } else { "" };
        format!("default of Envoy since {}{doubt}", short(self.from))
    }
}

/// The groups that a release offers unasked, and whose default they are.
pub(super) fn curves(release: Option<Release>) -> (&'static [&'static str], String) {
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

/// Whether `ecdh_curves` may name a group twice: 1.37.0 was seen to take it, 1.38.3 not to.
pub(super) fn takes_curves_twice(release: Option<Release>) -> bool {
    release.is_some_and(|release| release < Release::new(1, 38, 0))
}

/// The compliance policy of this name.
pub(super) fn compliance(name: &str, release: Option<Release>) -> Option<&'static Compliance> {
    COMPLIANCE.iter().find(|policy| policy.name == name && exists(policy.from, release))
}

/// Whether a release has what came with `from`; with no release named, whether some has.
pub(super) fn exists(from: Option<Release>, release: Option<Release>) -> bool {
    release.is_none_or(|release| from.is_none_or(|from| from <= release))
}

/// `1.36` for the release 1.36.0.
fn short(release: Release) -> String {
    format!("{}.{}", release.0[0], release.0[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_change_with_the_release() {
        assert_eq!(of_side(true, Some(Release::new(1, 21, 0))).minimum, Protocol::Tls10);
        assert_eq!(of_side(true, None).minimum, Protocol::Tls12);
        assert_eq!(of_side(false, None).maximum, Protocol::Tls12);
        assert!(takes_curve("P-224", Some(Release::new(1, 37, 0))) && !takes_curve("P-224", Some(LAST)));
    }
}
