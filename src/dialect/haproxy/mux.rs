//! `proto` on `bind` lines: what is spoken above the socket, ALPN aside (the mux_proto_list entries of src/mux_*.c).

use super::bind::Bind;
use super::proxy::{Kind, Mode, Proxy};
use super::reader::Reader;
use crate::target::Release;

/// What QUIC is called.
const QUIC: &str = "quic";
/// What stands for bytes as they are.
const NONE: &str = "none";
/// Names with the first release that knows them.
const KNOWN: [(&str, Release); 6] = [
    ("fcgi", Release::new(2, 2, 0)),
    ("h1", Release::new(2, 4, 0)),
    ("h2", Release::new(2, 2, 0)),
    (NONE, Release::new(2, 4, 0)),
    (QUIC, Release::new(2, 6, 0)),
    ("spop", Release::new(3, 1, 0)),
];
/// Names that only servers may have.
const OF_SERVERS: [&str; 2] = ["fcgi", "spop"];

/// Whether a release knows the name; later ones than are known may know any.
pub(super) fn is_known(name: &str, release: Option<Release>) -> bool {
    let Some(release) = release.filter(|release| super::release::unverified(*release).is_none()) else {
        return true;
    };
    KNOWN.iter().any(|(known, since)| *known == name && release >= *since)
}

/// Why HAProxy does not start for this line.
pub(super) fn refusals(reader: &mut Reader<'_>, proxy: &Proxy, bind: &Bind) {
    let Some((location, name)) = bind.mux.as_ref().and_then(|mux| Some((mux.location, mux.text()?))) else {
        return;
    };
    let is_usable = match proxy.mode {
        Mode::Http => name != NONE,
        Mode::Tcp => name == NONE,
        Mode::Unknown => true,
    };
    let reason = if !is_known(name, reader.release) {
        format!("'proto' : unknown MUX protocol '{name}'")
    } else if proxy.kind != Kind::Other && (!is_usable || OF_SERVERS.contains(&name)) {
        format!("MUX protocol '{name}' is not usable for 'bind {}'", bind.written)
    } else if (name == QUIC) != bind.is_quic() {
        format!("MUX protocol '{name}' is incompatible with 'bind {}'", bind.written)
    } else {
        return;
    };
    reader.refuse(location, reason);
}
