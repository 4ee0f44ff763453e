//! Connections as a listener's rules see them, and ranges of addresses.

use super::value::Value;
use std::net::IpAddr;

/// A client's connection, as far as filter chains are chosen by it.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// The address that the client connected to.
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// The name of its ClientHello in lower case, where an inspector looks for it.
    pub(super) name: Option<String>,
    /// `tls`, `quic` or `raw_buffer`, as the listener's inspector found it.
    pub(super) transport: &'static str,
    /// The protocols that it offers, where an inspector looks for them.
    pub(super) protocols: Vec<String>,
    /// Where it comes from; `None` means an address that no rule names.
    pub(super) source: Option<IpAddr>,
    /// The client's port; `None` means one that no rule names.
    pub(super) source_port: Option<u16>,
}

impl Connection {
    /// Whether it comes from the address that it goes to, or from a loopback address.
    pub(super) fn is_local(&self) -> bool {
        self.source.is_some_and(|source| source == self.address || source.is_loopback())
    }
}

/// A range of addresses: `10.0.0.0/8`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Prefix {
    network: IpAddr,
    pub(super) length: u8,
}

impl Prefix {
    /// A CidrRange; a length that is not written is 0.
    pub(super) fn of(range: Value<'_>) -> Option<Self> {
        let network: IpAddr = range.str_of("address_prefix")?.parse().ok()?;
        let length = match range.field("prefix_len") {
            Some(length) => {
                let length = length.field("value").unwrap_or(length);
                length.text_str()?.parse().ok()?
            }
            None => 0,
        };
        Some(Self { network, length }.masked())
    }

    fn masked(self) -> Self {
        let network = match self.network {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.length.min(32))).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.length.min(128))).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        };
        Self { network, length: self.length }
    }

    /// Whether an address lies in it.
    pub(super) fn holds(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.network.is_ipv4()
            && Self { network: address, length: self.length }.masked().network == self.network
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_holds_its_addresses() {
        let prefix = |text: &str, length| Prefix { network: text.parse().unwrap(), length }.masked();
        assert!(prefix("127.0.0.1", 8).holds("127.9.9.9".parse().unwrap()));
        assert!(!prefix("127.0.0.0", 8).holds("128.0.0.1".parse().unwrap()));
        assert!(prefix("1.2.3.4", 0).holds("9.9.9.9".parse().unwrap()));
        assert!(!prefix("1.2.3.4", 0).holds("::1".parse().unwrap()));
        assert!(prefix("::1", 128).holds("::1".parse().unwrap()));
        assert!(prefix("fe80::", 10).holds("fe80::1".parse().unwrap()));
    }
}
