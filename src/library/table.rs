//! The compiled-in tables of every release and build.

use super::Family;
use crate::group::Group;
use crate::protocol::{Protocol, ProtocolSet};
use crate::signature::Scheme;
use crate::suite::Suite;

/// One build of one library release.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Library {
    /// Position in the list of all libraries.
    pub(crate) index: u8,
    pub(crate) id: &'static str,
    pub(crate) release: &'static str,
    pub(crate) name: &'static str,
    pub(crate) made_with: &'static [&'static str],
    pub(crate) family: Family,
    pub(crate) switches: Switches,
    /// What a leading `DEFAULT` stands for.
    pub(crate) default_rules: &'static str,
    /// What the system's crypto policy says where a string starts with [`super::SYSTEM_PROFILE`]; nothing without such a policy.
    pub(crate) system_ciphers: Option<&'static str>,
    /// Every suite below TLS 1.3 that the build has, in the order that they have before any rule.
    pub(crate) entries: &'static [Entry],
    /// The bits of security of every suite, TLS 1.3's too, by code point.
    pub(crate) strengths: &'static [(Suite, u16)],
    /// Every word that the build knows, sorted (letter case aside where the build ignores it).
    pub(crate) words: &'static [Word],
    /// Whether an earlier library reads every string alike.
    pub(crate) is_twin: bool,
    /// Suites that it calls something else than current OpenSSL does.
    pub(crate) own_names: &'static [(Suite, &'static str)],
    pub(crate) protocols: ProtocolSet,
    pub(crate) security: Option<Security>,
    pub(crate) tls13: Option<Tls13>,
    pub(crate) default_groups: &'static [Group],
    /// Those of the default groups that a ClientHello sends a key for; the first alone where there are none.
    pub(crate) key_shares: &'static [Group],
    pub(crate) groups: &'static [Group],
    pub(crate) group_names_in_any_case: bool,
    /// Whether lists of groups have tuples and marks.
    pub(crate) group_tuples: bool,
    /// Whether TLS 1.3 takes any of its groups, whatever RFC 8446 assigns.
    pub(crate) any_group_in_tls13: bool,
    /// Names of groups that others read and this build does not.
    pub(crate) group_names_unread: &'static [&'static str],
    pub(crate) signatures: Signatures,
}

/// How a library's reading differs from its relatives'.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Switches {
    /// A string that starts with ALL, HIGH or FIPS is read as one that starts with DEFAULT (AWS-LC).
    pub(crate) all_high_fips_prefix: bool,
    /// `DEFAULT` at the very start means the default rules.
    pub(crate) default_prefix: bool,
    /// The lenient parser takes an empty string for an empty list (AWS-LC).
    pub(crate) empty_is_fine_when_lenient: bool,
    /// Words match in any letter case.
    pub(crate) letter_case_ignored: bool,
    /// A suite's name, standing last, means that suite and not every suite made of the same parts.
    pub(crate) name_pins_suite: bool,
    /// `COMPLEMENTOFDEFAULT+HIGH` forgets its first term.
    pub(crate) not_default_erased_by_class: bool,
    /// `@SECLEVEL=n` and the filter behind it exist.
    pub(crate) security_level: bool,
    /// A leading `SUITEB128` and its relatives replace the whole string (RFC 6460).
    pub(crate) suite_b: bool,
    /// A leading `PROFILE=SYSTEM` stands for what the system's crypto policy says (Red Hat).
    pub(crate) system_profile: bool,
    /// `_` is part of words.
    pub(crate) underscore_in_words: bool,
    /// A version word drops its item unless it stands last: `TLSv1.2+RSA` (BoringSSL before API 44, AWS-LC).
    pub(crate) version_word_only_last: bool,
    /// `=` is not part of words.
    pub(crate) words_without_equals_sign: bool,
}

/// A suite of a build.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) suite: Suite,
    pub(crate) criteria: Criteria,
    /// Bits of security, as the library counts them.
    pub(crate) bits: u16,
    /// Whether only its own name, or a word that includes deprecated suites, adds it (BoringSSL).
    pub(crate) deprecated: bool,
}

/// What a suite is, or what a word asks for: a bit for each value of each category; 0 asks for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Criteria {
    pub(crate) key_exchange: u16,
    pub(crate) authentication: u16,
    pub(crate) encryption: u32,
    pub(crate) mac: u8,
    pub(crate) minimum: u8,
    pub(crate) class: u8,
    pub(crate) not_default: u8,
    pub(crate) export: u8,
}

/// A word that a cipher string may hold.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) meaning: Meaning,
}

/// What a word means.
#[derive(Debug)]
pub(crate) enum Meaning {
    /// Every suite that meets the criteria.
    Alias { criteria: Criteria, matches: Bits, with_deprecated: bool },
    /// The suite at this place of the build's entries.
    Suite(u8),
    /// A TLS 1.3 suite's name: known, and without effect.
    Tls13,
}

/// What a security level does, where that is not the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Security {
    pub(crate) default: u8,
    pub(crate) rc4_refused_from: Option<u8>,
    /// Whether the strength of RSA keys is rounded, so that keys a little below the usual lengths pass.
    pub(crate) rsa_strength_rounded: bool,
    /// Whether certificates are loaded whatever hash they are signed with.
    pub(crate) certificate_signatures_unjudged: bool,
    pub(crate) protocols_refused_from: &'static [(Protocol, u8)],
    pub(crate) protocols_not_offered_from: &'static [(Protocol, u8)],
}

/// What a build makes of TLS 1.3.
#[derive(Clone, Debug)]
pub(crate) struct Tls13 {
    /// The suites that it knows, with the bits of security that it counts for them.
    pub(crate) suites: &'static [(Suite, u16)],
    /// Those that it offers unasked, in order.
    pub(crate) default: &'static [Suite],
    /// How a string of them is read.
    pub(crate) reading: Tls13Reading,
}

/// How a library reads a string of TLS 1.3 suites: SSL_CTX_set_ciphersuites(3) or what stands for it.
#[derive(Clone, Debug)]
pub(crate) enum Tls13Reading {
    /// Not at all: the suites are fixed (BoringSSL).
    Nothing,
    /// As names between colons; unknown ones are skipped, or fail the whole string.
    Names { skips_unknown: bool },
    /// As a cipher string, by this table of the TLS 1.3 suites alone (AWS-LC).
    CipherString(&'static Library),
}

/// What a build makes of signature schemes.
#[derive(Clone, Debug)]
pub(crate) struct Signatures {
    /// The schemes that it has, in order of preference.
    pub(crate) known: &'static [Scheme],
    /// Those that sign handshakes where no list says otherwise.
    pub(crate) default: &'static [Scheme],
    /// Those that no name of their own stands for in lists, only a pair.
    pub(crate) paired_only: &'static [Scheme],
    /// Whether names match in any letter case, `?` marks what may be unknown, and a scheme may stand twice.
    pub(crate) forgiving: bool,
    /// Bits of security of SHA-1, where it counts fewer than half the length.
    pub(crate) sha1_bits: Option<u16>,
    /// Whether the level decides about the SHA-1 that signs handshakes below TLS 1.2.
    pub(crate) judges_old_handshakes: bool,
}

/// A set of a build's suites, by their places among its entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bits(pub(crate) [u64; 4]);

#[allow(clippy::unreadable_literal, reason = "written by the build script, read by nobody")]
mod compiled {
    use super::{Bits, Criteria, Entry, Family, Group, Library, Meaning, Protocol, ProtocolSet, Scheme};
    use super::{Security, Signatures, Suite, Switches, Tls13, Tls13Reading, Word};

    include!(concat!(env!("OUT_DIR"), "/libraries.rs"));
}
pub(super) use compiled::KNOWN;
use compiled::LIBRARIES;

impl Library {
    /// Every build of every release, releases in the order of their names.
    pub fn all() -> &'static [Self] {
        LIBRARIES
    }

    /// The build with exactly this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        LIBRARIES.iter().find(|library| library.id == id)
    }

    /// The id on the command line and in reports: `openssl-3.0+weak`.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The release's id: `openssl-3.0`.
    pub const fn release(&self) -> &'static str {
        self.release
    }

    /// Every suite that the build has, TLS 1.3's last.
    pub fn suites(&self) -> impl Iterator<Item = Suite> {
        let tls13 = self.tls13.iter().flat_map(|tls13| tls13.suites);
        self.entries.iter().map(|entry| entry.suite).chain(tls13.map(|(suite, _)| *suite))
    }

    /// The TLS 1.3 suites that the build offers unasked, in order.
    pub fn default_tls13(&self) -> &'static [Suite] {
        self.tls13.as_ref().map_or(&[], |tls13| tls13.default)
    }

    /// Whether the build has `suite`.
    pub fn has(&self, suite: Suite) -> bool {
        self.bits_of(suite).is_some()
    }

    /// The bits of security that the build counts for `suite`; `None` where it does not have it.
    pub(crate) fn bits_of(&self, suite: Suite) -> Option<u16> {
        let at = self.strengths.binary_search_by_key(&suite, |(known, _)| *known).ok()?;
        Some(self.strengths[at].1)
    }

    /// The library's own name for a suite.
    pub fn name_of(&self, suite: Suite) -> &'static str {
        let own = self.own_names.iter().find(|(renamed, _)| *renamed == suite);
        own.map_or_else(|| suite.name(), |(_, name)| name)
    }

    /// Every word that a cipher string may hold, suites' names among them.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.words.iter().map(|word| word.name)
    }

    /// What a word means here.
    pub(crate) fn look_up(&self, word: &str) -> Option<&'static Meaning> {
        let at = if self.switches.letter_case_ignored {
            self.words.binary_search_by(|known| compare_ignoring_case(known.name, word))
        } else {
            self.words.binary_search_by(|known| known.name.cmp(word))
        };
        at.ok().map(|at| &self.words[at].meaning)
    }

    /// The entries that meet `criteria`.
    pub(crate) fn matches(&self, criteria: &Criteria) -> Bits {
        let mut bits = Bits::default();
        for (at, entry) in self.entries.iter().enumerate() {
            if criteria.fits(&entry.criteria) {
                bits.insert(at as u8);
            }
        }
        bits
    }
}

fn compare_ignoring_case(a: &str, b: &str) -> std::cmp::Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

impl Criteria {
    /// Whether a suite made like `suite` is meant.
    pub(crate) fn fits(&self, suite: &Self) -> bool {
        fn meets<T: Copy + PartialEq + std::ops::BitAnd<Output = T> + Default>(wanted: T, has: T) -> bool {
            wanted == T::default() || wanted & has != T::default()
        }
        meets(self.key_exchange, suite.key_exchange)
            && meets(self.authentication, suite.authentication)
            && meets(self.encryption, suite.encryption)
            && meets(self.mac, suite.mac)
            && meets(self.minimum, suite.minimum)
            && meets(self.class, suite.class)
            && meets(self.not_default, suite.not_default)
            && meets(self.export, suite.export)
    }
}

impl Bits {
    pub(crate) fn only(at: u8) -> Self {
        let mut bits = Self::default();
        bits.insert(at);
        bits
    }

    /// The places below `count`.
    pub(crate) fn below(count: usize) -> Self {
        let mut bits = Self::default();
        for (index, word) in bits.0.iter_mut().enumerate() {
            let here = count.saturating_sub(index * 64);
            *word = if here >= 64 { u64::MAX } else { (1 << here) - 1 };
        }
        bits
    }

    pub(crate) const fn holds(&self, at: u8) -> bool {
        self.0[at as usize / 64] >> (at % 64) & 1 == 1
    }

    pub(crate) const fn insert(&mut self, at: u8) {
        self.0[at as usize / 64] |= 1 << (at % 64);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0[0] | self.0[1] | self.0[2] | self.0[3] == 0
    }

    pub(crate) const fn count(&self) -> u32 {
        let words = &self.0;
        words[0].count_ones() + words[1].count_ones() + words[2].count_ones() + words[3].count_ones()
    }

    pub(crate) const fn and(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        Self([a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]])
    }

    pub(crate) const fn or(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        Self([a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]])
    }

    pub(crate) const fn without(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        Self([a[0] & !b[0], a[1] & !b[1], a[2] & !b[2], a[3] & !b[3]])
    }
}
