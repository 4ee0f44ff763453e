//! One release of a library, with the options of its builds: `rules/libraries/*.yaml` with what each file takes over from another.

use super::data::read;
use serde::{Deserialize, Deserializer};
use serde_yaml::{Mapping, Value};
use std::collections::BTreeMap;

/// Reads a file together with the one that it extends.
pub(crate) fn read_release(path: &str) -> Release {
    serde_yaml::from_value(Value::Mapping(whole(path))).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The entries of a file over those of the file that it names under `extends`.
///
/// A mapping is taken over entry by entry, everything else as a whole; `null` takes an entry away.
fn whole(path: &str) -> Mapping {
    let mut own: Mapping = read(path);
    let Some(base) = own.remove("extends") else { return own };
    let base = base.as_str().unwrap_or_else(|| panic!("{path}: extends names a library"));
    let mut whole = whole(&format!("rules/libraries/{base}.yaml"));
    for (key, value) in own {
        match (whole.get_mut(&key), value) {
            (Some(Value::Mapping(known)), Value::Mapping(entries)) => replace(known, entries),
            (_, value) => replace(&mut whole, Mapping::from_iter([(key, value)])),
        }
    }
    whole
}

/// Puts `entries` in the place of those with the same keys.
fn replace(known: &mut Mapping, entries: Mapping) {
    for (key, value) in entries {
        if value.is_null() {
            known.remove(&key);
        } else {
            known.insert(key, value);
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Release {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) family: String,
    pub(crate) switches: Vec<String>,
    pub(crate) default_rules: String,
    pub(crate) options: Vec<Choice>,
    pub(crate) builds: Vec<String>,
    pub(crate) protocols: Vec<String>,
    pub(crate) security: Option<Security>,
    pub(crate) tls13: Option<Tls13>,
    pub(crate) groups: Groups,
    pub(crate) signatures: Signatures,
    /// Where suites stand before any rule of a string runs: as they are written, or by `strength` ([`super::order`]).
    #[serde(default)]
    pub(crate) order: Order,
    /// Each suite with its classes and its bits of security, as `NAME CLASS… BITS`.
    #[serde(deserialize_with = "lines")]
    pub(crate) suites: Vec<String>,
    pub(crate) words: BTreeMap<String, Word>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    #[default]
    Written,
    Strength,
}

/// `NAME: REST` as `NAME REST`, in the order of the text.
fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let suites = Mapping::deserialize(deserializer)?;
    let line = |(name, rest): (&Value, &Value)| Some(format!("{} {}", name.as_str()?, rest.as_str()?));
    let lines: Option<_> = suites.iter().map(line).collect();
    lines.ok_or_else(|| serde::de::Error::custom("a suite's classes and bits are a string"))
}

/// Something that a build may be made with.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) what: String,
    /// Ciphers whose suites are compiled in only then.
    #[serde(default)]
    pub(crate) suites: Vec<String>,
    /// Algorithms that the library has only then.
    #[serde(default)]
    pub(crate) algorithms: Vec<String>,
    /// Algorithms that the library does not have then.
    #[serde(default)]
    pub(crate) without: Vec<String>,
    /// Ciphers whose suites then stand in front.
    #[serde(default)]
    pub(crate) first: Vec<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Security {
    pub(crate) default: u8,
    pub(crate) rc4_refused_from: Option<u8>,
    /// Whether the strength of RSA keys is rounded to a multiple of eight bits.
    #[serde(default)]
    pub(crate) rsa_strength_rounded: bool,
    /// Whether certificates are loaded whatever hash they are signed with.
    #[serde(default)]
    pub(crate) certificate_signatures_unjudged: bool,
    pub(crate) protocols_refused_from: BTreeMap<String, u8>,
    /// Where a client goes on offering what cannot succeed: OpenSSL 3.0 notices only when it has to sign with MD5 and SHA-1.
    pub(crate) protocols_not_offered_from: Option<BTreeMap<String, u8>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tls13 {
    pub(crate) suites: Vec<String>,
    pub(crate) default: Vec<String>,
    /// How a string of these suites is read: as `names`, as `known-names` only, or as a `cipher-string`; not at all without.
    pub(crate) read_as: Option<String>,
}

impl Tls13 {
    /// The suites' names with their bits of security.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, &str)> {
        self.suites.iter().map(|line| line.split_once(' ').expect("a suite's line ends in its bits"))
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Groups {
    pub(crate) default: Vec<String>,
    pub(crate) known: Vec<String>,
    /// Those of the default list that a ClientHello sends a key for; the first alone unless given.
    #[serde(default)]
    pub(crate) key_shares: Vec<String>,
    /// Whether names are compared without regard to letter case.
    #[serde(default)]
    pub(crate) any_case: bool,
    /// Whether lists have tuples and marks.
    #[serde(default)]
    pub(crate) tuples: bool,
    /// Whether TLS 1.3 takes any of them, whatever RFC 8446 assigns.
    #[serde(default)]
    pub(crate) any_in_tls13: bool,
    /// Names that other releases read and this one does not.
    #[serde(default)]
    pub(crate) unread: Vec<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Signatures {
    pub(crate) known: Vec<String>,
    /// Those that sign handshakes where no list says otherwise; all that are known unless given.
    pub(crate) default: Option<Vec<String>>,
    /// Schemes that no name of their own stands for, only a pair.
    #[serde(default)]
    pub(crate) paired_only: Vec<String>,
    /// Whether names match in any letter case, `?` marks what may be unknown, and a scheme may stand twice.
    #[serde(default)]
    pub(crate) forgiving: bool,
    /// Bits of security of SHA-1, where the library counts fewer than half its length.
    pub(crate) sha1_bits: Option<u16>,
    /// Whether the level decides about the SHA-1 of handshakes below TLS 1.2 too.
    #[serde(default)]
    pub(crate) judges_old_handshakes: bool,
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Word {
    pub(crate) kx: Vec<String>,
    pub(crate) au: Vec<String>,
    pub(crate) enc: Vec<String>,
    pub(crate) mac: Vec<String>,
    pub(crate) minimum: Vec<String>,
    pub(crate) class: Vec<String>,
    pub(crate) with_deprecated: bool,
}
