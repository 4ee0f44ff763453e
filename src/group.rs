//! Key-exchange groups: what they are, and what libraries call them.
//!
//! The table is `rules/groups.yaml`, compiled in by the build script.

use std::fmt;

/// A named group, by its code point in the IANA TLS Supported Groups registry.
///
/// Only groups of `rules/groups.yaml` are representable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(u16);

/// What a group is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Code point (IANA TLS Supported Groups registry).
    pub code: u16,
    /// The name that every output uses.
    pub name: &'static str,
    /// The name in the registry.
    pub iana: &'static str,
    /// The names that OpenSSL reads (SSL_CTX_set1_groups_list(3)).
    pub openssl: &'static [&'static str],
    /// The names that BoringSSL and AWS-LC read.
    pub boringssl: &'static [&'static str],
    /// What it is built on.
    pub kind: Kind,
    /// Security strength in bits (NIST SP 800-57 part 1, table 2), against classical attackers.
    pub bits: u16,
    /// Whether it is not negotiated below TLS 1.3.
    pub tls13_only: bool,
}

/// What a group is built on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A Weierstrass curve: NIST, Brainpool, SEC.
    Curve,
    /// A finite field (RFC 7919).
    FiniteField,
    /// A curve together with ML-KEM: secure while either holds.
    Hybrid,
    /// ML-KEM alone (FIPS 203).
    Kem,
    /// X25519 or X448 (RFC 7748).
    Montgomery,
}

include!(concat!(env!("OUT_DIR"), "/groups.rs"));

impl Group {
    /// The group that any library knows by this name, letter case aside: `prime256v1`, `P-256` and `secp256r1` are one.
    pub fn from_name(name: &str) -> Option<Self> {
        GROUPS
            .iter()
            .find(|facts| facts.names().any(|known| known.eq_ignore_ascii_case(name)))
            .map(|f| Self(f.code))
    }

    /// The group with this code point, for compiled-in tables, whose build script has looked it up.
    pub(crate) const fn of(code: u16) -> Self {
        Self(code)
    }

    /// Every group, by code point.
    pub fn all() -> impl Iterator<Item = Self> {
        GROUPS.iter().map(|facts| Self(facts.code))
    }

    /// The code point.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// What the group is.
    pub fn facts(self) -> &'static Facts {
        let at = GROUPS
            .binary_search_by_key(&self.0, |facts| facts.code)
            .expect("only known code points are built");
        &GROUPS[at]
    }

    /// The name that every output uses.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name in the registry.
    pub fn iana(self) -> &'static str {
        self.facts().iana
    }

    /// The place that clients mostly give it in their hellos, lowest first: X25519MLKEM768 and its like, X25519, NIST's curves, the rest.
    pub fn customary_place(self) -> (u8, u16) {
        let facts = self.facts();
        let class = match (facts.kind, facts.code) {
            (Kind::Hybrid, 0x11EC) => 0,
            (Kind::Hybrid | Kind::Kem, _) => 1,
            (Kind::Montgomery, 0x1D) => 2,
            (Kind::Curve, 0x17..=0x19) => 3,
            (Kind::Montgomery, _) => 4,
            (Kind::Curve, _) => 5,
            (Kind::FiniteField, _) => 6,
        };
        (class, facts.code)
    }
}

impl Facts {
    /// Every name, each library's and the registry's; some stand twice.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.name, self.iana]
            .into_iter()
            .chain(self.openssl.iter().copied())
            .chain(self.boringssl.iter().copied())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_curve_leads_to_it() {
        let curve = Group::of(0x0017);
        for name in ["prime256v1", "P-256", "secp256r1", "p-256"] {
            assert_eq!(Group::from_name(name), Some(curve), "{name}");
        }
        assert_eq!(curve.name(), "P-256");
    }

    #[test]
    fn no_name_means_two_groups() {
        for group in Group::all() {
            for name in group.facts().names() {
                assert_eq!(Group::from_name(name), Some(group), "{name}");
            }
        }
    }

    #[test]
    fn clients_ask_for_hybrids_first_and_finite_fields_last() {
        let mut groups: Vec<Group> = ["ffdhe2048", "X448", "P-384", "X25519", "P-256", "X25519MLKEM768"]
            .iter()
            .filter_map(|name| Group::from_name(name))
            .collect();
        groups.sort_by_key(|group| group.customary_place());
        let names: Vec<_> = groups.iter().map(|group| group.name()).collect();
        assert_eq!(names, ["X25519MLKEM768", "X25519", "P-256", "P-384", "X448", "ffdhe2048"]);
    }
}
