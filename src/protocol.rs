//! TLS protocol versions, sets of them, and the two ends of a connection.

use std::fmt;

/// A protocol version, oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Protocol {
    /// SSL 2.0 (RFC 6176 prohibits it).
    Ssl2,
    /// SSL 3.0 (RFC 7568 deprecates it).
    Ssl3,
    /// TLS 1.0 (RFC 2246; RFC 8996 deprecates it).
    Tls10,
    /// TLS 1.1 (RFC 4346; RFC 8996 deprecates it).
    Tls11,
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl Protocol {
    /// Every version, oldest first.
    pub const ALL: [Self; 6] = [Self::Ssl2, Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// The name as every output spells it: `SSLv2`, `SSLv3`, `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl2 => "SSLv2",
            Self::Ssl3 => "SSLv3",
            Self::Tls10 => "TLSv1",
            Self::Tls11 => "TLSv1.1",
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }

    /// The version that `name` means, letter case aside; `TLSv1.0` and `TLSv1` are the same.
    pub fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("TLSv1.0") {
            return Some(Self::Tls10);
        }
        Self::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which end of a connection a party is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// It connects: one upstream.
    Client,
    /// It listens: a socket and a class of names.
    Server,
}

impl Role {
    /// The name as outputs spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// A set of protocol versions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ProtocolSet(u8);

impl ProtocolSet {
    /// Every version.
    pub const ALL: Self = Self(0b11_1111);

    /// No version.
    pub const EMPTY: Self = Self(0);

    /// Every version from `minimum` to `maximum`; empty when they are the wrong way round.
    pub fn between(minimum: Protocol, maximum: Protocol) -> Self {
        Protocol::ALL.into_iter().filter(|p| (minimum..=maximum).contains(p)).collect()
    }

    /// The set with `protocol` in it.
    #[must_use]
    pub const fn with(self, protocol: Protocol) -> Self {
        Self(self.0 | protocol.bit())
    }

    /// The members that are none of `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether `protocol` is a member.
    pub const fn contains(self, protocol: Protocol) -> bool {
        self.0 & protocol.bit() != 0
    }

    /// Whether no version is a member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members of both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Protocol> {
        Protocol::ALL.into_iter().filter(move |protocol| self.contains(*protocol))
    }
}

impl FromIterator<Protocol> for ProtocolSet {
    fn from_iter<I: IntoIterator<Item = Protocol>>(protocols: I) -> Self {
        protocols.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl ProtocolSet {
    /// `TLSv1`, `TLSv1 and TLSv1.1`, `SSLv3, TLSv1 and TLSv1.1`.
    pub fn in_words(self) -> String {
        let names: Vec<_> = self.iter().map(Protocol::name).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}

impl fmt::Display for ProtocolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, protocol) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(protocol.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ProtocolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_ends_and_nothing_else() {
        let range = ProtocolSet::between(Protocol::Tls11, Protocol::Tls12);
        assert_eq!(range.to_string(), "TLSv1.1 TLSv1.2");
        assert!(ProtocolSet::between(Protocol::Tls13, Protocol::Tls12).is_empty());
    }

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Protocol::from_name("tlsv1.0"), Some(Protocol::Tls10));
        assert_eq!(Protocol::from_name("TLSv1.4"), None);
    }
}
