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

/// Why HAProxy does not start for this line.
pub(super) fn refusals(reader: &mut Reader<'_>, proxy: &Proxy, bind: &Bind) {
    let Some((location, name)) = bind.mux.as_ref().and_then(|mux| Some((mux.location, mux.text()?))) else {
        return;
    };
    let release = reader.release;
    let is_known =
        KNOWN.iter().any(|(known, since)| *known == name && release.is_none_or(|release| release >= *since));
    let is_newer = release.is_none_or(|release| super::release::unverified(release).is_some());
    let is_usable = match proxy.mode {
        Mode::Http => name != NONE,
        Mode::Tcp => name == NONE,
        Mode::Unknown => true,
    };
    let reason = if !is_known && !is_newer {
        format!("'proto' : unknown MUX protocol '{name}'")
    } else if is_known && proxy.kind != Kind::Other && (!is_usable || OF_SERVERS.contains(&name)) {
        format!("MUX protocol '{name}' is not usable for 'bind {}'", bind.written)
    } else if is_known && (name == QUIC) != bind.is_quic() {
        format!("MUX protocol '{name}' is incompatible with 'bind {}'", bind.written)
    } else {
        return;
    };
    reader.refuse(location, reason);
}
