//! What keeps an endpoint from offering key-exchange groups.

use super::offer::Offer;
use super::security::bits_of;
use super::{Choice, Library};
use crate::endpoint::Endpoint;
use crate::group::Group;
use crate::protocol::Protocol;
use crate::setting::Setting;

/// What stands between an endpoint and groups that it does not offer; of several, what has to go first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// The library has none of them.
    Library,
    /// They are TLS 1.3's, which is not offered.
    Protocol,
    /// The security level in force rules them out.
    Level(u8),
    /// The list that is written leaves them out.
    List,
    /// Nobody wrote a list, and the default leaves them out.
    Default,
}

impl Obstacle {
    /// What stands between `endpoint` and the groups `wanted`; `None` where one of them is offered, or where it is not known.
    pub fn of(endpoint: &Endpoint, offer: &Offer, wanted: &[Group]) -> Option<Self> {
        let listed = &endpoint.groups.value()?.list;
        if offer.declared_protocols.is_none() || usable(offer).iter().any(|group| wanted.contains(group)) {
            return None;
        }
        let is_tls13 = wanted.iter().all(|group| group.facts().tls13_only);
        let bits = bits_of(offer.security_level);
        let is_listed = wanted.iter().any(|group| listed.contains(group));
        Some(if !endpoint.library.has_one(wanted) {
            Self::Library
        } else if is_tls13 && !offer.protocols.contains(Protocol::Tls13) {
            Self::Protocol
        } else if is_listed && wanted.iter().all(|group| group.facts().bits < bits) {
            Self::Level(offer.security_level)
        } else {
            match &endpoint.groups {
                Setting::Written(_) => Self::List,
                Setting::Default { .. } | Setting::Unknown(_) => Self::Default,
            }
        })
    }

    /// The obstacle as a clause.
    pub fn words(self, endpoint: &Endpoint) -> String {
        let library = endpoint.library.name();
        match self {
            Self::Library => format!("{library} has none of them"),
            Self::Protocol if !endpoint.library.builds_protocol(Protocol::Tls13) => {
                format!("they need TLSv1.3, which {library} does not have")
            }
            Self::Protocol => "they need TLSv1.3, which is not offered".to_owned(),
            Self::Level(level) => format!("security level {level} rules them out"),
            Self::List => "the list leaves them out".to_owned(),
            Self::Default => match &endpoint.groups {
                Setting::Default { source, .. } => {
                    format!("no list is written, and the default leaves them out ({source})")
                }
                Setting::Unknown(_) | Setting::Written(_) => "no list is written".to_owned(),
            },
        }
    }
}

/// The hybrids of RFC 10024.
pub fn hybrids() -> Vec<Group> {
    Group::all().filter(|group| matches!(group.code(), 0x11EB..=0x11ED)).collect()
}

/// The groups that some handshake can use, in order of preference: below TLS 1.3 those need an ECDHE suite. In a part of a configuration the
/// protocols may not be known; then all that are listed count.
pub fn usable(offer: &Offer) -> Vec<Group> {
    if offer.declared_protocols.is_none() {
        return offer.groups.clone();
    }
    let used: Vec<Group> = offer.protocols.iter().flat_map(|protocol| offer.groups(protocol)).collect();
    offer.groups.iter().copied().filter(|group| used.contains(group)).collect()
}

impl Choice {
    /// Whether the library has one of these groups; for any library, whether some build has.
    pub fn has_one(self, groups: &[Group]) -> bool {
        self.members().any(|library| groups.iter().any(|group| library.groups.contains(group)))
    }

    /// The oldest release of the same line that has one of these groups: `OpenSSL 3.5`.
    pub fn first_with(self, groups: &[Group]) -> Option<&'static str> {
        let family = self.family();
        let version = |library: &Library| {
            let number = library.release.rsplit_once('-').map_or("", |(_, number)| number);
            number.split(['.', '+']).map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>()
        };
        let has = |library: &&Library| {
            library.family == family
                && library.made_with.is_empty()
                && !library.release.contains('+')
                && groups.iter().any(|group| library.groups.contains(group))
        };
        Library::all().iter().filter(has).min_by_key(|library| version(library)).map(|library| library.name)
    }

    /// What the library calls a group in lists.
    pub fn group_name(self, group: Group) -> &'static str {
        let names = [group.name(), group.iana()];
        names.into_iter().find(|name| self.group(name) == Some(group)).unwrap_or_else(|| group.name())
    }
}
