//! Addresses of `bind` and `server` lines (str2sa_range in src/tools.c).

use std::fmt;
use std::net::IpAddr;

/// Where a `bind` listens or a `server` is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Address {
    pub(super) host: Host,
    /// The first and last port; 0 where none is written.
    pub(super) ports: (u16, u16),
    pub(super) socket: Socket,
}

/// What kind of socket it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Socket {
    Stream,
    /// Datagrams as they are: for logs and resolvers, for no `bind` line.
    Datagram,
    /// Datagrams that make up streams (RFC 9000).
    Quic,
}

/// The part in front of the port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Host {
    /// Every address: `*`, or nothing; whether IPv4 and IPv6 count.
    Any { v4: bool, v6: bool },
    /// One address.
    Ip(IpAddr),
    /// A host name.
    Name(String),
    /// A UNIX socket, an inherited descriptor or another thing without a port.
    Other(String),
}

/// From where an address can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// From the machine itself only.
    Machine,
    Network,
    /// A variable, a template or whoever starts HAProxy says.
    Unknown,
}

/// From where any of `addresses` can be reached; `None` where there are none.
pub(super) fn reach_of(addresses: &[Address]) -> Option<Reach> {
    let reaches = || addresses.iter().map(Address::reach);
    let first = reaches().next()?;
    if reaches().any(|reach| reach == Reach::Network) {
        return Some(Reach::Network);
    }
    Some(if reaches().all(|reach| reach == first) { first } else { Reach::Unknown })
}

/// From where the addresses of a `bind` line that starts with `written` can be reached, where what follows is not known.
pub(super) fn reach_of_start(written: &str) -> Reach {
    let whole = written.rsplit_once(',').map(|(whole, _)| whole);
    let is_open = |part: &str| parse(part).is_some_and(|address| address.reach() == Reach::Network);
    if whole.is_some_and(|whole| whole.split(',').any(is_open)) {
        return Reach::Network;
    }
    // A host is whole when its port has begun; a path and a kind of socket tell from their start.
    let last = written.rsplit(',').next().unwrap_or(written);
    let Some(address) = parse(&format!("{last}0")) else { return Reach::Unknown };
    let is_whole = last.contains(':') || matches!(address.host, Host::Other(_));
    match address.reach() {
        Reach::Network if is_whole => Reach::Network,
        Reach::Machine if is_whole && whole.is_none() => Reach::Machine,
        _ => Reach::Unknown,
    }
}

/// Reads one address; `None` where it has no port that can be read.
pub(super) fn parse(text: &str) -> Option<Address> {
    let mut rest = text;
    let (mut socket, mut family) = (Socket::Stream, None);
    let prefixes = [
        ("stream+", Socket::Stream),
        ("dgram+", Socket::Datagram),
        ("mptcp+", Socket::Stream),
        ("quic+", Socket::Quic),
    ];
    for (prefix, kind) in prefixes {
        if let Some(after) = rest.strip_prefix(prefix) {
            (socket, rest) = (kind, after);
        }
    }
    if let Some((prefix, after)) = rest.split_once('@') {
        match prefix {
            "ipv4" | "tcp4" | "mptcp4" => (family, rest) = (Some(4), after),
            "ipv6" | "tcp6" | "mptcp6" => (family, rest) = (Some(6), after),
            "ip" | "tcp" | "mptcp" => rest = after,
            "udp4" => (socket, family, rest) = (Socket::Datagram, Some(4), after),
            "udp6" => (socket, family, rest) = (Socket::Datagram, Some(6), after),
            "udp" => (socket, rest) = (Socket::Datagram, after),
            "quic4" => (socket, family, rest) = (Socket::Quic, Some(4), after),
            "quic6" => (socket, family, rest) = (Socket::Quic, Some(6), after),
            // Only with a family.
            "quic" => return None,
            "uxdg" => {
                let host = Host::Other(text.to_owned());
                return Some(Address { host, ports: (0, 0), socket: Socket::Datagram });
            }
            "unix" | "uxst" | "abns" | "abnsz" | "fd" | "sockpair" | "rhttp" | "rev" => {
                return Some(Address { host: Host::Other(text.to_owned()), ports: (0, 0), socket });
            }
            _ => {}
        }
    }
    if rest.starts_with('/') {
        return Some(Address { host: Host::Other(format!("unix:{rest}")), ports: (0, 0), socket });
    }
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !rest.ends_with(']') => (host, port),
        _ => (rest, ""),
    };
    let ports = if port.is_empty() {
        (0, 0)
    } else {
        let port = port.trim_start_matches(['+', '-']);
        match port.split_once('-') {
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None => (port.parse().ok()?, port.parse().ok()?),
        }
    };
    Some(Address { host: self::host(host, family), ports, socket })
}

fn host(text: &str, family: Option<u8>) -> Host {
    let bare = text.strip_prefix('[').and_then(|inside| inside.strip_suffix(']')).unwrap_or(text);
    match bare {
        "" | "*" | "0.0.0.0" => Host::Any { v4: family != Some(6), v6: family == Some(6) },
        "::" => Host::Any { v4: false, v6: true },
        _ => match bare.split('%').next().unwrap_or(bare).parse() {
            Ok(ip) => Host::Ip(ip),
            Err(_) => Host::Name(bare.to_owned()),
        },
    }
}

impl Address {
    /// How well the address fits a client that connects to `ip`:`port`; higher is better, `None` not at all.
    pub(super) fn serves(&self, ip: IpAddr, port: u16, v4v6: bool) -> Option<u8> {
        if !(self.ports.0..=self.ports.1).contains(&port) {
            return None;
        }
        match &self.host {
            Host::Ip(own) => (*own == ip).then_some(2),
            Host::Any { v4, v6 } => ((ip.is_ipv4() && (*v4 || v4v6)) || (ip.is_ipv6() && *v6)).then_some(1),
            Host::Name(name) => (name == "localhost" && ip.is_loopback()).then_some(2),
            Host::Other(_) => None,
        }
    }

    /// Why `bind` does not take the address, which is written as `text`.
    pub(super) fn refused_by_bind(&self, text: &str) -> Option<String> {
        if self.socket == Socket::Datagram {
            return Some("dgram-type address not acceptable".to_owned());
        }
        let port = text.rsplit_once(':').map_or("", |(_, port)| port);
        match (&self.host, self.ports) {
            (Host::Other(_), _) => {
                let descriptor = text.strip_prefix("fd@")?;
                let is_number = descriptor.parse::<u32>().is_ok();
                (!is_number).then(|| format!("file descriptor '{descriptor}' is not a valid integer"))
            }
            (Host::Name(name), _) if name.contains(':') => Some(format!("invalid address: '{name}'")),
            _ if text.ends_with(']') || port.is_empty() => Some("missing port specification".to_owned()),
            _ if port.starts_with(['+', '-']) => Some("port offset not permitted here".to_owned()),
            (_, (0, _)) => Some("invalid port '0'".to_owned()),
            (_, (first, last)) => (first > last).then(|| format!("invalid port range '{first}-{last}'")),
        }
    }

    /// From where it can be reached.
    pub(super) fn reach(&self) -> Reach {
        match &self.host {
            Host::Any { .. } => Reach::Network,
            Host::Ip(ip) if !ip.is_loopback() => Reach::Network,
            Host::Name(name) if name != "localhost" => Reach::Network,
            // Whatever the descriptor was opened for.
            Host::Other(text) if text.starts_with("fd@") => Reach::Unknown,
            Host::Ip(_) | Host::Name(_) | Host::Other(_) => Reach::Machine,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Any { v6: true, .. } => f.write_str("[::]")?,
            Host::Any { .. } => f.write_str("0.0.0.0")?,
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]")?,
            Host::Ip(ip) => write!(f, "{ip}")?,
            Host::Name(name) => f.write_str(name)?,
            Host::Other(text) => return f.write_str(text),
        }
        match self.ports {
            (0, 0) => Ok(()),
            (first, last) if first == last => write!(f, ":{first}"),
            (first, last) => write!(f, ":{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).map(|address| address.to_string()).unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn every_form_is_read() {
        check(":443", "0.0.0.0:443");
        check("*:443", "0.0.0.0:443");
        check("127.0.0.1:8000-8010", "127.0.0.1:8000-8010");
        check("[::1]:443", "[::1]:443");
        check(":::443", "[::]:443");
        check("ipv6@:443", "[::]:443");
        check("quic4@10.0.0.1:443", "10.0.0.1:443");
        check("quic+ipv4@10.0.0.1:443", "10.0.0.1:443");
        check("/run/h.sock", "unix:/run/h.sock");
        check("abns@x", "abns@x");
        check("www.a.test:80", "www.a.test:80");
        check("10.0.0.1", "10.0.0.1");
        check(":http", "");
    }

    #[test]
    fn bind_wants_a_port() {
        for (text, reason) in [
            (":443", None),
            (":443-445", None),
            ("/run/a.sock", None),
            ("fd@3", None),
            ("fd@x", Some("file descriptor 'x' is not a valid integer")),
            (":0", Some("invalid port '0'")),
            (":445-443", Some("invalid port range '445-443'")),
            ("127.0.0.1", Some("missing port specification")),
            ("[::1]", Some("missing port specification")),
            ("ipv4@:", Some("missing port specification")),
            ("::1", Some("invalid address: ':'")),
            (":+443", Some("port offset not permitted here")),
        ] {
            assert_eq!(
                parse(text).and_then(|address| address.refused_by_bind(text)).as_deref(),
                reason,
                "{text}"
            );
        }
    }

    #[test]
    fn the_start_of_an_address_may_tell_its_reach() {
        for (start, reach) in [
            ("127.0.0.1:", Reach::Machine),
            ("[::1]:80", Reach::Machine),
            ("unix@", Reach::Machine),
            ("/run/", Reach::Machine),
            (":", Reach::Network),
            ("*:", Reach::Network),
            ("10.0.0.1:", Reach::Network),
            ("*:80,", Reach::Network),
            ("127.0.0.1:80,", Reach::Unknown),
            ("127.0.0.1:80,/run/", Reach::Unknown),
            ("", Reach::Unknown),
            ("10.", Reach::Unknown),
            ("fd@", Reach::Unknown),
        ] {
            assert_eq!(reach_of_start(start), reach, "{start}");
        }
    }

    #[test]
    fn the_closest_address_serves() {
        let ip = "127.0.0.1".parse().unwrap();
        let serves = |text: &str| parse(text).unwrap().serves(ip, 443, false);
        assert_eq!(serves("127.0.0.1:443"), Some(2));
        assert_eq!(serves(":400-450"), Some(1));
        assert_eq!(serves("[::]:443"), None);
        assert_eq!(serves("127.0.0.2:443"), None);
    }
}
