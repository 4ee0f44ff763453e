//! Listeners for QUIC (RFC 9001): what they take of their line, and what keeps HAProxy from starting with them.

use super::address::Socket;
use super::bind::Bind;
use super::predicate::has_feature;
use super::proxy::{Mode, Proxy};
use super::reader::Reader;
use super::settings::{Range, Settings};
use crate::endpoint::{Failing, Protocols};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;
use crate::target::Release;

/// The first release that knows `quic4@` (str2sa_range() in src/tools.c).
const SINCE: Release = Release::new(2, 4, 0);
/// The first release that looks at `accept-proxy` there (check_config_validity() in src/cfgparse.c).
const LOOKS_AT_PROXY_SINCE: Release = Release::new(3, 0, 0);
/// What HTTP/3 is called in ALPN (RFC 9114, section 3.1).
const HTTP3: &str = "h3";

/// Why HAProxy does not start for this line.
pub(super) fn refusals(reader: &mut Reader<'_>, proxy: &Proxy, bind: &Bind) {
    if !bind.is_quic() {
        return;
    }
    let release = reader.release;
    let has = |feature| has_feature(reader.context.target.haproxy_features.as_deref(), feature);
    let is_whole = !reader.is_fragment && !reader.is_templated;
    let is_mixed = bind.addresses.iter().any(|address| address.socket != Socket::Quic);
    let reason = if release.is_some_and(|release| release < SINCE) {
        "'bind' : QUIC is not known before 2.4".to_owned()
    } else if has("QUIC") == Some(false) {
        "'bind' : this HAProxy was built without QUIC".to_owned()
    } else if is_mixed {
        format!("'bind {}' : cannot mix datagram and stream protocols", bind.written)
    } else if bind.accepts_proxy && release.is_none_or(|release| release >= LOOKS_AT_PROXY_SINCE) {
        "'accept-proxy' option cannot be used with a QUIC listener".to_owned()
    } else if matches!(proxy.mode, Mode::Tcp) {
        format!("MUX protocol 'quic' is not usable for 'bind {}', which needs 'mode http'", bind.written)
    } else if has("QUIC_OPENSSL_COMPAT") == Some(true)
        && is_whole
        && !reader.global.has_limited_quic
        && !reader.global.has_no_quic
    {
        "'bind' : the TLS library does not support QUIC without the global option 'limited-quic'".to_owned()
    } else {
        return;
    };
    reader.refuse(bind.location, reason);
}

/// Why nothing listens, where that is meant.
pub(super) fn refuses(reader: &Reader<'_>) -> Option<String> {
    let is_off = reader.global.has_no_quic;
    is_off.then(|| "HAProxy does not listen for QUIC (no-quic, tune.quic.listen off)".to_owned())
}

/// Why no client gets through a handshake, with these settings for its name.
pub(super) fn fails(settings: &Settings, line: Location) -> Option<Failing> {
    let alpn = settings.alpn.as_ref()?;
    let offered = alpn.value()?.as_str();
    let speaks = offered.split(',').any(|protocol| protocol == HTTP3);
    (!speaks).then(|| Failing {
        why: format!("\"alpn {offered}\" leaves out {HTTP3}, which clients of QUIC ask for"),
        location: alpn.location().unwrap_or(line),
        help: format!("write alpn {HTTP3}"),
    })
}

/// TLS 1.3, whatever the line says (RFC 9001, section 4.2); a line of certificates with options of its own goes by `own`.
pub(super) fn protocols(own: Option<&Range>) -> Setting<Protocols> {
    let set = ProtocolSet::EMPTY.with(Protocol::Tls13);
    if let Some(Setting::Written(written)) = own.map(|own| &own.protocols)
        && !written.value.set.contains(Protocol::Tls13)
    {
        let none = Protocols { set: ProtocolSet::EMPTY, brought_by: Vec::new() };
        return Setting::written(none, written.location, written.provenance.clone());
    }
    Setting::default(Protocols { set, brought_by: Vec::new() }, "QUIC is TLS 1.3".into())
}
