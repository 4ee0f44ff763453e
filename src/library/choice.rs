//! What a target selects: one build, any build, or the library that this program links.

use super::ciphersuites::{self, Ciphersuites};
use super::expansion::{Expansion, Selected};
use super::{Family, Library, Parser, any, cache};
use crate::group::Group;
use crate::protocol::{Protocol, Role};
use crate::suite::Suite;
use std::fmt;
use std::sync::Arc;

/// The library that an expansion is asked of.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// The union over every release and build of a family.
    Any(Family),
    /// The OpenSSL that this program links.
    Linked,
    /// One build of one release.
    Named(&'static Library),
}

/// No library has this id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownLibrary {
    /// The id as given.
    pub id: String,
    /// The nearest that exists.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no library {:?}", self.id)?;
        if let Some(nearest) = self.nearest {
            write!(f, "; the nearest is {nearest}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownLibrary {}

impl Choice {
    /// The library that `id` means: `openssl-3.0+weak`, `any`, `any-boringssl`, `any-aws-lc`, `linked`.
    ///
    /// A release between two that have data behaves as the older: `openssl-3.1` is `openssl-3.0`, `openssl-1.1.1w` is `openssl-1.1.1`.
    ///
    /// # Errors
    /// `UnknownLibrary` for anything else, a release older than all that have data among it.
    pub fn by_id(id: &str) -> Result<Self, UnknownLibrary> {
        let special = SPECIAL.iter().find(|(name, _)| *name == id).map(|(_, choice)| *choice);
        special.or_else(|| between(id).map(Self::Named)).ok_or_else(|| UnknownLibrary {
            id: id.to_owned(),
            nearest: Self::ids()
                .map(|known| (strsim::osa_distance(known, id), known))
                .min()
                .filter(|(distance, _)| *distance <= 6)
                .map(|(_, known)| known),
        })
    }

    /// Every id that [`Choice::by_id`] takes as it stands.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        SPECIAL.iter().map(|(name, _)| *name).chain(Library::all().iter().map(|library| library.id))
    }

    /// The id on the command line and in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Any(Family::AwsLc) => "any-aws-lc",
            Self::Any(Family::BoringSsl) => "any-boringssl",
            Self::Any(Family::OpenSsl) => "any",
            Self::Linked => "linked",
            Self::Named(library) => library.id,
        }
    }

    /// What the crypto policy of the system says, where the target names one.
    const fn system_ciphers(self) -> Option<&'static str> {
        match self {
            Self::Named(library) => library.system_ciphers,
            Self::Any(_) | Self::Linked => None,
        }
    }

    /// The release in words, for sentences: `OpenSSL 3.0`, `any OpenSSL`.
    pub fn name(self) -> String {
        match self {
            Self::Any(family) => format!("any {}", family.name()),
            Self::Linked => format!("the linked OpenSSL ({})", super::linked::version()),
            Self::Named(library) if library.made_with.is_empty() => library.name.to_owned(),
            Self::Named(library) => format!("{} ({})", library.name, library.made_with.join(", ")),
        }
    }

    /// The line of libraries that it belongs to.
    pub const fn family(self) -> Family {
        match self {
            Self::Any(family) => family,
            Self::Linked => Family::OpenSsl,
            Self::Named(library) => library.family,
        }
    }

    /// What the library makes of a cipher string. Repeated strings are looked up.
    ///
    /// `parser` is BoringSSL's and AWS-LC's; OpenSSL has one.
    pub fn expand(self, string: &str, parser: Parser) -> Arc<Expansion> {
        cache::expansion(self, string, parser, || self.expand_anew(string, parser))
    }

    /// The same, worked out from scratch.
    pub fn expand_anew(self, string: &str, parser: Parser) -> Expansion {
        match self {
            Self::Any(family) => any::expand(family, string, parser),
            Self::Linked => super::linked::expand(string),
            Self::Named(library) => library.expand(string, parser),
        }
    }

    /// What the library makes of a string of TLS 1.3 suites, as strictly as the release does.
    pub fn ciphersuites(self, string: &str) -> Arc<Ciphersuites> {
        Arc::new(match self {
            Self::Any(family) => ciphersuites::of_any(family, string),
            Self::Linked => super::linked::data().ciphersuites(string),
            Self::Named(library) => library.ciphersuites(string),
        })
    }

    /// The TLS 1.3 suites that the library offers unasked, in order; empty where it has no TLS 1.3.
    pub fn default_tls13(self) -> &'static [Suite] {
        let defaults = |library: &'static Library| library.tls13.as_ref().map(|tls13| tls13.default);
        self.members().find_map(defaults).unwrap_or(&[])
    }

    /// The security level that upstream builds in; systems override it (Debian 12: 2). The lowest there is, for any library.
    pub fn default_security_level(self) -> u8 {
        let built_in = || self.members().map(Library::default_security_level).min().unwrap_or(0);
        let linked = matches!(self, Self::Linked).then(super::linked::security_level).flatten();
        linked.unwrap_or_else(built_in)
    }

    /// Whether the library has a suite and uses it at `level` (3.7 of ssl_security_default_callback(), the same for both roles).
    ///
    /// PSK and SRP suites count as unusable: no server that this tool reads sets their callbacks. For any library: whether some build does;
    /// those that know no levels take part at level 0 only, because a level that is set says that they are not meant.
    pub fn permits_suite(self, suite: Suite, level: u8, _role: Role) -> bool {
        match self {
            Self::Any(family) => any::permits_suite(family, suite, level),
            _ => self.at(level).any(|library| library.permits_suite(suite, level)),
        }
    }

    /// The selected suites that are left at `level`, in their order: what a peer can negotiate with TLS 1.2 or older.
    ///
    /// Besides [`Choice::permits_suite`], Suite B's curves reach 192 bits at most, so that level 5 leaves nothing of it.
    pub fn enabled(self, expansion: &Expansion, level: u8, role: Role) -> impl Iterator<Item = Selected> {
        let level_fits = !(expansion.suite_b && level >= 5);
        let permitted =
            move |selected: &&Selected| level_fits && self.permits_suite(selected.suite, level, role);
        expansion.suites.iter().filter(permitted).copied()
    }

    /// Whether the library accepts `protocol` at `level` as a server, or offers it as a client; for any library, whether some build does.
    pub fn permits_protocol(self, protocol: Protocol, level: u8, role: Role) -> bool {
        self.at(level).any(|library| library.permits_protocol(protocol, level, role))
    }

    /// Whether the library has `protocol` compiled in; for any library, whether some build has.
    pub fn builds_protocol(self, protocol: Protocol) -> bool {
        self.members().any(|library| library.builds_protocol(protocol))
    }

    /// The groups that the library uses unasked, in order of preference; `tls13` leaves those in that older protocols do not negotiate.
    ///
    /// For any library, the newest release's. Both roles have the same; servers with lists of their own (Envoy) replace them.
    pub fn default_groups(self, _role: Role, tls13: bool) -> Vec<Group> {
        let newest = self.members().next();
        let groups = newest.into_iter().flat_map(|library| library.default_groups);
        groups.copied().filter(|group| tls13 || !group.facts().tls13_only).collect()
    }

    /// Whether the library's TLS 1.3 takes groups that RFC 8446 does not assign to it, secp256k1 for one: OpenSSL 1.1.1 does.
    pub fn takes_any_group_in_tls13(self) -> bool {
        self.members().next().is_some_and(|library| library.any_group_in_tls13)
    }

    /// The group that the library knows by this name; for any library, that some build knows.
    pub fn group(self, name: &str) -> Option<Group> {
        let family = self.family();
        let group = Group::from_name(name)?;
        let facts = group.facts();
        let names = if family == Family::OpenSsl { facts.openssl } else { facts.boringssl };
        // tls1_group_name2id() compares names exactly before OpenSSL 3.2, and BoringSSL always does.
        let known = |library: &Library| {
            let folds = library.group_names_in_any_case;
            library.groups.contains(&group)
                && !library.group_names_unread.contains(&name)
                && names.iter().any(|known| *known == name || (folds && known.eq_ignore_ascii_case(name)))
        };
        self.members().any(known).then_some(group)
    }

    /// The builds that stand behind the choice, newest and fullest first.
    pub fn members(self) -> impl Iterator<Item = &'static Library> {
        let (one, family) = match self {
            Self::Any(family) => (None, Some(family)),
            Self::Linked => (Some(super::linked::data()), None),
            Self::Named(library) => (Some(library), None),
        };
        one.into_iter().chain(family.into_iter().flat_map(any::members))
    }

    pub(super) fn at(self, level: u8) -> impl Iterator<Item = &'static Library> {
        let counts = move |library: &&Library| {
            level == 0 || library.security.is_some() || !matches!(self, Self::Any(Family::OpenSsl))
        };
        self.members().filter(counts)
    }
}

impl Family {
    /// The name in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsLc => "AWS-LC",
            Self::BoringSsl => "BoringSSL",
            Self::OpenSsl => "OpenSSL",
        }
    }
}

impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.system_ciphers() == other.system_ciphers()
    }
}

impl Eq for Choice {}

impl std::hash::Hash for Choice {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id().hash(state);
        self.system_ciphers().hash(state);
    }
}

const SPECIAL: [(&str, Choice); 4] = [
    ("any", Choice::Any(Family::OpenSsl)),
    ("any-aws-lc", Choice::Any(Family::AwsLc)),
    ("any-boringssl", Choice::Any(Family::BoringSsl)),
    ("linked", Choice::Linked),
];

/// The build with this id, or the same build of the newest release that is not newer than the id's.
fn between(id: &str) -> Option<&'static Library> {
    let (release, options) = id.split_once('+').map_or((id, ""), |(release, options)| (release, options));
    let mut options: Vec<&str> = options.split('+').filter(|option| !option.is_empty()).collect();
    options.sort_unstable();
    let (line, version) = release.rsplit_once('-')?;
    let version = numbers(version)?;
    let number = |library: &Library| library.release.rsplit_once('-').and_then(|(_, number)| numbers(number));
    let not_newer = |library: &&'static Library| {
        library.release.rsplit_once('-').is_some_and(|(known, _)| known == line)
            && number(library).is_some_and(|number| number <= version)
    };
    let release = Library::all().iter().filter(not_newer).max_by_key(|library| number(library))?.release;
    Library::all().iter().filter(|library| library.release == release).find(|library| {
        let mut built: Vec<&str> = library.id.split('+').skip(1).collect();
        built.sort_unstable();
        built == options
    })
}

/// `1.1.1w` as numbers; a letter at the end is a patch level and counts for nothing here.
fn numbers(version: &str) -> Option<Vec<u32>> {
    let version = version.trim_end_matches(|c: char| c.is_ascii_lowercase());
    version.split('.').map(|part| part.parse().ok()).collect()
}
