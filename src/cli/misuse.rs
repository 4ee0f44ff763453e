//! What is wrong with a command line, in one form: what it is, and one tip.

use super::Failure;
use crate::checks;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The id of a check.
pub(super) fn check_id(text: &str) -> Result<String, String> {
    if checks::ALL.iter().any(|check| check.id == text) {
        return Ok(text.to_owned());
    }
    let scored = checks::ALL.iter().map(|check| (strsim::jaro_winkler(text, check.id), check.id));
    let near = scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    Err(match near {
        Some((_, id)) => format!("no check has this id\n\n  tip: did you mean '{id}'?"),
        None => "no check has this id\n\n  tip: `tlslint checks` lists them".to_owned(),
    })
}

/// A flag that would do nothing.
pub(super) fn without_effect(flag: &str, tip: &str) -> Failure {
    Failure::new(format!("{flag} has no effect here\n  tip: {tip}"))
}

/// A socket that a client connects to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Socket {
    pub(super) address: SocketAddr,
    /// The host that was named in the place of an address.
    pub(super) host: Option<String>,
}

/// `ADDR:PORT`, `:PORT` and `HOST:PORT`; the last two mean any address of this machine.
pub(super) fn socket(text: &str) -> Result<Socket, String> {
    if let Ok(address) = text.parse() {
        return Ok(Socket { address, host: None });
    }
    let wanted = "write ADDR:PORT, HOST:PORT or :PORT, such as 192.0.2.1:443, a.example:443 or [::1]:443";
    let wrong = |what: &str| format!("{what}\n\n  tip: {wanted}");
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("a port is missing"))?;
    let port: u16 = port.parse().map_err(|_| wrong("the port is no number up to 65535"))?;
    let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if !is_name {
        return Err(wrong("this is neither an address nor a host name"));
    }
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let host = (!host.is_empty() && host != "localhost").then(|| host.to_owned());
    Ok(Socket { address, host })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_addresses_hosts_or_ports() {
        let read = |text: &str| socket(text).map(|found| (found.address.to_string(), found.host));
        assert_eq!(read("192.0.2.1:443"), Ok(("192.0.2.1:443".to_owned(), None)));
        assert_eq!(read("[::1]:443"), Ok(("[::1]:443".to_owned(), None)));
        assert_eq!(read(":443"), Ok(("127.0.0.1:443".to_owned(), None)));
        assert_eq!(read("localhost:443"), Ok(("127.0.0.1:443".to_owned(), None)));
        assert_eq!(read("a.example:443"), Ok(("127.0.0.1:443".to_owned(), Some("a.example".to_owned()))));
        for wrong in ["443", "a.example", "a:x", "a b:1", "::1:443:"] {
            assert!(read(wrong).unwrap_err().contains("tip:"), "{wrong}");
        }
    }

    #[test]
    fn a_misspelt_check_gets_one_tip() {
        assert!(
            check_id("protocol-below-flor").unwrap_err().contains("did you mean 'protocol-below-floor'?")
        );
        assert!(check_id("zzz").unwrap_err().contains("tlslint checks"));
        assert_eq!(check_id("suite-phase-out"), Ok("suite-phase-out".to_owned()));
    }
}
