//! `listen`: the sockets of each server, and which server is the default on each.

use super::config::{Config, Entry, Kind, ScopeId};
use super::units::Place;
use super::validate::refuse;
use super::values::Values;
use crate::endpoint::Model;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One address and port, with the servers that share it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of `listen` of its own")]
pub(super) struct Socket {
    /// As reports print it: `0.0.0.0:443`, `[::]:443`, `unix:/run/x`.
    pub(super) address: String,
    pub(super) is_quic: bool,
    /// Whether `ssl` stands on any `listen` of the address: it then holds for every server there (N-15).
    pub(super) has_ssl: bool,
    /// Whether a placeholder may stand for `ssl`.
    pub(super) may_have_ssl: bool,
    /// The servers, in the order of the text.
    pub(super) servers: Vec<Member>,
    /// The default server's place in `servers`, and whether `default_server` says so.
    pub(super) default: (usize, bool),
    /// Whether several fragments say so, of which only one can be.
    is_contested: bool,
    /// Where options of the socket itself (`backlog=` and the like) were given.
    options: Option<Place>,
    /// From where it can be reached.
    pub(super) reach: Reach,
    /// Whether `ipv6only=off` lets an IPv6 wildcard take IPv4 too.
    takes_ipv4: bool,
    /// Whether connections have to begin with a line of the PROXY protocol (`proxy_protocol`).
    pub(super) waits_for_line: bool,
}

/// From where an address can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// From the machine itself only.
    Machine,
    Network,
    /// A placeholder says.
    Unknown,
}

/// A server on a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) server: ScopeId,
    /// The `listen` directive; the server's own where there is none.
    pub(super) place: Place,
}

impl Socket {
    /// Its address, and that of IPv4 where it takes connections to it too.
    pub(super) fn addresses(&self) -> Vec<String> {
        let port = self.address.strip_prefix("[::]").filter(|_| self.takes_ipv4);
        let mapped = port.map(|port| format!("0.0.0.0{port}"));
        std::iter::once(self.address.clone()).chain(mapped).collect()
    }

    /// The default server.
    pub(super) fn default_server(&self) -> ScopeId {
        self.servers.get(self.default.0).map_or(0, |member| member.server)
    }

    /// Whether the default server is known for certain where the files may not show every server.
    pub(super) fn names_default(&self) -> bool {
        self.default.1 && !self.is_contested
    }
}

/// What one `listen` says.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of `listen` of its own")]
struct Listen {
    addresses: Vec<(String, Reach)>,
    has_ssl: bool,
    may_have_ssl: bool,
    is_quic: bool,
    is_udp: bool,
    is_default: bool,
    has_options: bool,
    takes_ipv4: bool,
    waits_for_line: bool,
    /// Whether everything of it is known.
    is_known: bool,
}

/// The sockets of one part of nginx (http, stream or mail), in the order in which they are first named.
pub(super) fn sockets(values: &Values<'_>, kind: Kind, model: &mut Model) -> Vec<Socket> {
    let config = values.config;
    let mut sockets: Vec<Socket> = Vec::new();
    let mut known: HashMap<(bool, String), usize> = HashMap::new();
    for server in config.of_kind(kind) {
        let entries: Vec<Entry> = config.here(server, "listen").copied().collect();
        if entries.is_empty() {
            implied(config, kind, server, model, (&mut sockets, &mut known));
        }
        for entry in entries {
            let Some(listen) = read(values, entry.place, kind, model) else { continue };
            for (address, reach) in &listen.addresses {
                let member = Member { server, place: entry.place };
                let parts = (address.as_str(), *reach);
                add(config, parts, &listen, (member, entry.conditional), model, (&mut sockets, &mut known));
            }
        }
    }
    sockets
}

type Table<'t> = (&'t mut Vec<Socket>, &'t mut HashMap<(bool, String), usize>);

/// A server without `listen`: port 80 in http, refused elsewhere.
fn implied(config: &Config<'_>, kind: Kind, server: ScopeId, model: &mut Model, table: Table<'_>) {
    let scope = config.scope(server);
    let Some(head) = scope.head else { return };
    if scope.blind.is_some() {
        return;
    }
    if kind != Kind::Server {
        let part = if kind == Kind::StreamServer { "stream" } else { "mail" };
        let location = config.units.location(head);
        refuse(model, location, format!("no \"listen\" is defined for {part} server"));
        return;
    }
    let listen = Listen { is_known: true, ..Listen::default() };
    let member = Member { server, place: head };
    add(config, ("0.0.0.0:80", Reach::Network), &listen, (member, scope.conditional), model, table);
}

fn add(
    config: &Config<'_>,
    (address, reach): (&str, Reach),
    listen: &Listen,
    (member, conditional): (Member, bool),
    model: &mut Model,
    (sockets, known): Table<'_>,
) {
    if listen.is_udp {
        return;
    }
    let location = config.units.location(member.place);
    let index = *known.entry((listen.is_quic, address.to_owned())).or_insert_with(|| {
        sockets.push(Socket {
            address: address.to_owned(),
            is_quic: listen.is_quic,
            has_ssl: false,
            may_have_ssl: false,
            servers: Vec::new(),
            default: (0, false),
            is_contested: false,
            options: None,
            reach,
            takes_ipv4: false,
            waits_for_line: false,
        });
        sockets.len() - 1
    });
    let Some(socket) = sockets.get_mut(index) else { return };
    let is_guessed = config.is_fragment && config.scope(member.server).head.is_none();
    let is_certain = listen.is_known && !conditional && !is_guessed;
    if socket.servers.last().is_some_and(|last| last.server == member.server) {
        if is_certain {
            refuse(model, location, format!("a duplicate listen {address}"));
        }
        return;
    }
    socket.servers.push(member);
    socket.has_ssl |= listen.has_ssl;
    socket.takes_ipv4 |= listen.takes_ipv4;
    socket.waits_for_line |= listen.waits_for_line && !conditional;
    socket.may_have_ssl |= listen.may_have_ssl || conditional;
    if listen.is_default {
        if let (true, Some(earlier)) = (socket.default.1, socket.servers.get(socket.default.0)) {
            let certain = config.go_together(earlier.place, member.place);
            socket.is_contested |= !certain;
            if is_certain && certain {
                refuse(model, location, format!("a duplicate default server for {address}"));
            }
        }
        socket.default = (socket.servers.len() - 1, true);
    }
    if listen.has_options {
        if socket.options.is_some_and(|earlier| config.go_together(earlier, member.place)) && is_certain {
            refuse(model, location, format!("duplicate listen options for {address}"));
        }
        socket.options = Some(member.place);
    }
}

fn read(values: &Values<'_>, place: Place, kind: Kind, model: &mut Model) -> Option<Listen> {
    let config = values.config;
    let words = config.units.arguments(place);
    let (first, rest) = words.split_first()?;
    let tree = &config.units.get(place.unit).tree;
    let conditional_words = tree.directive(place.id).conditional_words;
    let address = values.word(place, first);
    let mut listen = Listen {
        may_have_ssl: conditional_words,
        is_known: address.is_ok() && !conditional_words,
        ..Listen::default()
    };
    listen.addresses = if let Ok(text) = &address {
        addresses(text.as_str())
    } else {
        let written = config.units.argument(place, 0).into_owned();
        let reach = reach_of_start(&written);
        vec![(written, reach)]
    };
    if listen.addresses.is_empty() {
        let reason =
            format!("invalid address in \"{}\" of the \"listen\" directive", config.units.argument(place, 0));
        refuse(model, config.units.word_location(place, first), reason);
        return None;
    }
    for word in rest {
        let Ok(text) = values.word(place, word) else {
            listen.may_have_ssl = true;
            listen.is_known = false;
            continue;
        };
        for option in text.as_str().split_ascii_whitespace() {
            if !listen.option(option, values, kind) && listen.is_known {
                let location = config.units.word_location(place, word);
                refuse(model, location, format!("invalid parameter \"{option}\""));
            }
        }
    }
    Some(listen)
}

impl Listen {
    /// Takes one parameter; whether nginx knows it.
    fn option(&mut self, option: &str, values: &Values<'_>, kind: Kind) -> bool {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        self.takes_ipv4 |= name == "ipv6only" && value == "off";
        match name {
            "ssl" => self.has_ssl = true,
            "quic" => {
                self.is_quic = true;
                return kind == Kind::Server && values.config.running.has(super::release::LISTEN_QUIC);
            }
            "udp" if kind == Kind::StreamServer => self.is_udp = true,
            "default_server" | "default" => self.is_default = true,
            "accept_filter" | "backlog" | "bind" | "deferred" | "fastopen" | "ipv6only" | "multipath"
            | "rcvbuf" | "reuseport" | "setfib" | "sndbuf" | "so_keepalive" => self.has_options = true,
            "proxy_protocol" => self.waits_for_line = true,
            "http2" | "http3" | "spdy" => {}
            _ => return false,
        }
        true
    }
}

/// From where an address with a placeholder can be reached, by what stands before that.
fn reach_of_start(written: &str) -> Reach {
    let known = written.split(['{', '<', '$', '@', '%']).next().unwrap_or(written);
    let known = known.split_once("__").map_or(known, |(known, _)| known);
    if known.starts_with("unix:") || known.starts_with("127.") {
        return Reach::Machine;
    }
    // A host is whole when its port has begun.
    let whole = known.rsplit_once(':').filter(|(host, _)| !host.starts_with('[') || host.ends_with(']'));
    let read = whole.map(|(host, _)| addresses(&format!("{host}:80")));
    read.and_then(|read| read.first().map(|(_, reach)| *reach)).unwrap_or(Reach::Unknown)
}

/// The addresses that the first argument of `listen` means, each with from where it can be reached; none where it is no address.
fn addresses(value: &str) -> Vec<(String, Reach)> {
    if let Some(path) = value.strip_prefix("unix:") {
        return if path.is_empty() { Vec::new() } else { vec![(value.to_owned(), Reach::Machine)] };
    }
    let (host, ports) = if let Some(rest) = value.strip_prefix('[') {
        let Some((host, rest)) = rest.split_once(']') else { return Vec::new() };
        (host, if rest.is_empty() { "80" } else { rest.strip_prefix(':').unwrap_or("") })
    } else if let Some((host, ports)) = value.rsplit_once(':') {
        (host, ports)
    } else if ports(value).is_some() {
        ("*", value)
    } else if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    } else {
        (value, "80")
    };
    let Some((first, last)) = self::ports(ports) else { return Vec::new() };
    let ip: Option<IpAddr> = match host {
        "*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        host if value.starts_with('[') => host.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        host => host.parse().ok(),
    };
    if ip.is_none() && (host.is_empty() || value.starts_with('[')) {
        return Vec::new();
    }
    let reach = if ip.is_some_and(|ip| ip.is_loopback()) { Reach::Machine } else { Reach::Network };
    let print = |port: u16| match ip {
        Some(IpAddr::V6(ip)) => format!("[{ip}]:{port}"),
        Some(IpAddr::V4(ip)) => format!("{ip}:{port}"),
        None => format!("{host}:{port}"),
    };
    (first..=last).map(|port| (print(port), reach)).collect()
}

/// `443` or, from nginx 1.15.10 on, `8000-8010`.
fn ports(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u16>().ok())
            .flatten()
    };
    let (first, last) = (number(first)?, number(last)?);
    (first > 0 && first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_in_one_way() {
        for (value, expected) in [
            ("443", "0.0.0.0:443"),
            ("*:443", "0.0.0.0:443"),
            ("127.0.0.1", "127.0.0.1:80"),
            ("[::]:443", "[::]:443"),
            ("[::1]", "[::1]:80"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("a.example:1", "a.example:1"),
            ("unix:/run/a", "unix:/run/a"),
        ] {
            assert_eq!(addresses(value).first().map(|found| found.0.as_str()), Some(expected), "{value}");
        }
        for (start, reach) in [
            ("127.0.0.1:{{ port }}", Reach::Machine),
            ("127.0.0.{{ n }}:80", Reach::Machine),
            ("[::1]:{{ port }}", Reach::Machine),
            ("localhost:<%= port %>", Reach::Machine),
            ("unix:/run/${NAME}.sock", Reach::Machine),
            ("unix:@PATH@", Reach::Machine),
            ("*:{{ port }}", Reach::Network),
            ("[::]:__PORT__", Reach::Network),
            ("10.0.0.1:{{ port }}", Reach::Network),
            ("[::{{ n }}]:80", Reach::Unknown),
            ("{{ port }}", Reach::Unknown),
            ("{{ address }}:80", Reach::Unknown),
            ("80{{ n }}", Reach::Unknown),
        ] {
            assert_eq!(reach_of_start(start), reach, "{start}");
        }
        assert_eq!(addresses("8000-8002").len(), 3);
        for wrong in ["0", "99999", "1.2.3.4:x", "[::]443x:", ":443"] {
            assert!(addresses(wrong).is_empty(), "{wrong}");
        }
    }
}
