//! Addresses as Envoy writes them, and as `address:port`.

use super::value::Value;
use std::net::IpAddr;

/// `127.0.0.1:443`, `[::1]:443`, `unix:/path`, `internal:name`; `None` where the message names none.
pub(super) fn of_address<'t>(address: Value<'t>) -> Option<String> {
    if let Some(socket) = address.field("socket_address") {
        // Of a placeholder in quotes the quotes are there too.
        let bare = |text: &'t str| text.trim_matches(['"', '\'']);
        let host = socket.str_of("address").map_or("0.0.0.0", bare);
        let port = socket.str_of("port_value").or_else(|| socket.str_of("named_port")).map_or("0", bare);
        return Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") });
    }
    if let Some(path) = address.at(&["pipe", "path"]).and_then(Value::text_str) {
        return Some(format!("unix:{path}"));
    }
    let internal =
        address.at(&["envoy_internal_address", "server_listener_name"]).and_then(Value::text_str)?;
    Some(format!("internal:{internal}"))
}

/// Whether an address is reachable on the machine alone.
pub(super) fn is_local(address: &str) -> bool {
    if address.starts_with("unix:") || address.starts_with("internal:") {
        return true;
    }
    split(address).is_some_and(|(host, _)| {
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// Whether a placeholder stands for what would say from where an address is reachable: the host, or all of it.
pub(super) fn is_hidden(address: &str) -> bool {
    let is_placeholder =
        |host: &str| host.contains(['{', '<', '$', '@']) || host.contains("__") || host.contains("%%");
    let written = split(address).map_or(address, |(host, _)| host);
    !is_local(address) && is_placeholder(written)
}

/// Host and port of `host:port` or `[host]:port`.
pub(super) fn split(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    Some((host.trim_start_matches('[').trim_end_matches(']'), port))
}

/// How well a listening address serves a connection to `to`: by its own address, or as a wildcard; `None` not at all.
pub(super) fn serves(address: &str, to: IpAddr, port: u16) -> Option<Precision> {
    let (host, listening) = split(address)?;
    if listening.parse::<u16>() != Ok(port) {
        return None;
    }
    let host: IpAddr = host.parse().ok()?;
    if host == to {
        Some(Precision::Exact)
    } else if host.is_unspecified() && (host.is_ipv6() || to.is_ipv4()) {
        Some(Precision::Wildcard)
    } else {
        None
    }
}

/// How closely an address fits, closest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Precision {
    Exact,
    Wildcard,
}

/// Whether two `host:port` mean the same upstream; `localhost` is the loopback address.
pub(super) fn same(written: &str, asked: &str) -> bool {
    if written == asked {
        return true;
    }
    let (Some((host, port)), Some((asked_host, asked_port))) = (split(written), split(asked)) else {
        return false;
    };
    let is_loopback =
        |host: &str| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback());
    port == asked_port
        && (host.eq_ignore_ascii_case(asked_host) || ((host == "localhost") && is_loopback(asked_host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_for_the_host_hides_it() {
        for (address, expected) in [
            ("{{ host }}:443", true),
            ("${HOST}:443", true),
            ("__HOST__:443", true),
            ("127.0.0.1:{{ port }}", false),
            ("0.0.0.0:${PORT}", false),
            ("unix:{{ path }}", false),
            ("a.example:443", false),
        ] {
            assert_eq!(is_hidden(address), expected, "{address}");
        }
    }

    #[test]
    fn a_wildcard_serves_every_address_of_its_family() {
        let to = "127.0.0.1".parse().unwrap();
        assert_eq!(serves("127.0.0.1:443", to, 443), Some(Precision::Exact));
        assert_eq!(serves("0.0.0.0:443", to, 443), Some(Precision::Wildcard));
        assert_eq!(serves("[::]:443", to, 443), Some(Precision::Wildcard));
        assert_eq!(serves("127.0.0.2:443", to, 443), None);
        assert_eq!(serves("0.0.0.0:80", to, 443), None);
        assert!(same("localhost:1", "127.0.0.1:1") && !same("a:1", "b:1"));
    }
}
