//! Key-exchange groups (placeholder until the table lands).

/// A named group, by its code point in the IANA TLS Supported Groups registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Group(pub u16);
