//! `rules/libraries/*.yaml` as it is written: one release of a library, with the options of its builds.

use serde::Deserialize;
use std::collections::BTreeMap;

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
    pub(crate) suites: Vec<String>,
    pub(crate) words: BTreeMap<String, Word>,
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
