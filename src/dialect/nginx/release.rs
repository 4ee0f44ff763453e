//! What differs between nginx's releases: defaults, directives, order of work. The data is `rules/servers/nginx.yaml`.

use super::config::Kind;
use crate::protocol::{Protocol, ProtocolSet};
use crate::target::Release;

include!(concat!(env!("OUT_DIR"), "/nginx.rs"));

/// The defaults of one line of releases.
#[derive(Debug)]
pub(super) struct Defaults {
    from: Release,
    protocols: &'static [Protocol],
    /// `ssl_ciphers`.
    pub(super) ciphers: &'static str,
    /// `ssl_ecdh_curve`.
    pub(super) curve: &'static str,
    /// `proxy_ssl_ciphers` and its relatives.
    pub(super) upstream_ciphers: &'static str,
}

/// The part of nginx that a directive belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Module {
    Http,
    Mail,
    Stream,
}

/// How many arguments a directive takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arguments {
    /// One, `on` or `off`.
    Flag,
    One,
    OneOrTwo,
    OneToThree,
    /// One or more.
    Some,
    Two,
}

/// Where a directive may stand, and in which releases it exists.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) module: Module,
    pub(super) contexts: &'static [Kind],
    pub(super) arguments: Arguments,
    pub(super) since: Release,
    pub(super) until: Release,
}

/// What is not certain of predictions for a release; `None` where one of its line was held against a running server.
pub(super) fn unverified(release: Release) -> Option<String> {
    if VERIFIED.iter().any(|verified| verified.0[..2] == release.0[..2]) {
        return None;
    }
    if (FIRST..=LAST).contains(&release) {
        return Some(format!("nginx {release} is predicted from its sources"));
    }
    Some(format!("nginx {release} is predicted as the nearest release that is known"))
}

impl Arguments {
    /// Whether a directive may have this many.
    pub(super) const fn admit(self, count: usize) -> bool {
        match self {
            Self::Flag | Self::One => count == 1,
            Self::OneOrTwo => count == 1 || count == 2,
            Self::OneToThree => count >= 1 && count <= 3,
            Self::Some => count >= 1,
            Self::Two => count == 2,
        }
    }
}

/// The rules of every directive with this name, one for each module that has it.
pub(super) fn rules(name: &str) -> &'static [Rule] {
    let start = DIRECTIVES.partition_point(|rule| rule.name < name);
    let end = DIRECTIVES.partition_point(|rule| rule.name <= name);
    DIRECTIVES.get(start..end).unwrap_or(&[])
}

/// The release that a configuration will run on; `None` is any, which behaves as the newest where releases differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running(pub(super) Option<Release>);

impl Running {
    /// Whether the release has a change.
    pub(super) fn has(self, change: Release) -> bool {
        self.0.is_none_or(|release| release >= change)
    }

    /// Whether the release is known and knows the directive.
    pub(super) fn surely_lacks(self, rule: &Rule) -> bool {
        self.0.is_some_and(|release| release < rule.since || release > rule.until)
    }

    /// The release's defaults.
    pub(super) fn defaults(self) -> &'static Defaults {
        let release = self.0.unwrap_or(LAST);
        let found = DEFAULTS.iter().rev().find(|row| row.from <= release);
        found.or_else(|| DEFAULTS.first()).expect("the table has rows")
    }

    /// The default of `ssl_protocols`, and of `proxy_ssl_protocols` and its relatives. For any release, what some release that
    /// distributions still ship enables: those from the oldest verified one on.
    pub(super) fn protocols(self) -> ProtocolSet {
        let set = |row: &Defaults| row.protocols.iter().copied().collect::<ProtocolSet>();
        if self.0.is_some() {
            return set(self.defaults());
        }
        let oldest = VERIFIED.iter().copied().min().unwrap_or(FIRST);
        let first = Self(Some(oldest)).defaults().from;
        let shipped = DEFAULTS.iter().filter(|row| row.from >= first);
        shipped.map(set).fold(ProtocolSet::EMPTY, ProtocolSet::union)
    }

    /// Whose default a value is, for messages.
    pub(super) fn default_source(self) -> String {
        match (self.0, DEFAULTS.last()) {
            (Some(release), _) => format!("default of nginx {release}"),
            (None, Some(newest)) => format!("default of nginx before {}", newest.from),
            (None, None) => "default of nginx".to_owned(),
        }
    }
}
