//! What HAProxy accepts and does not do, in neutral terms.

use super::bind::Bind;
use super::proxy::Proxy;
use super::reader::Reader;
use super::release::{self, Keyword, Lookup};
use super::server::Server;
use super::settings::{Methods, Range};
use super::words::Argument;
use crate::observation::{Observation, ObservationKind};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;
use crate::syntax::SyntaxError;
use std::collections::BTreeMap;

impl Reader<'_> {
    /// Reports what breaks the grammar; the real server refuses it.
    pub(super) fn syntax_error(&mut self, error: &SyntaxError) {
        let location = Location::new(self.file(), error.span);
        self.notes.observations.push(Observation {
            kind: ObservationKind::SyntaxError,
            location,
            message: error.message.clone(),
            label: "HAProxy cannot read this".to_owned(),
            related: Vec::new(),
            help: error.help.clone(),
            context: "syntax".to_owned(),
        });
        if error.fatal {
            self.refuse(location, error.message.clone());
        }
    }

    /// Adds an observation unless the same place has said the same already.
    fn observe(
        &mut self,
        kind: ObservationKind,
        location: Location,
        message: String,
        label: &str,
        context: &str,
    ) -> Option<&mut Observation> {
        if self.notes.observations.iter().any(|known| known.kind == kind && known.location == location) {
            return None;
        }
        let (label, context) = (label.to_owned(), context.to_owned());
        self.notes.observations.push(Observation {
            kind,
            location,
            message,
            label,
            related: Vec::new(),
            help: None,
            context,
        });
        self.notes.observations.last_mut()
    }
}

/// A global default below the lines that it was meant for.
pub(super) fn late_global(reader: &mut Reader<'_>, name: &str, arguments: &[Argument]) {
    let for_binds = name.starts_with("ssl-default-bind-");
    let missed: Vec<Location> = if for_binds {
        let binds = reader.proxies.iter().flat_map(|proxy| &proxy.binds);
        binds.filter(|bind| bind.transport().is_some()).map(|bind| bind.location).collect()
    } else {
        let servers = reader.proxies.iter().flat_map(|proxy| &proxy.servers);
        servers.filter(|server| server.settings.ssl.is_some()).map(|server| server.location).collect()
    };
    let (Some(first), Some(keyword)) = (missed.first().copied(), arguments.first()) else { return };
    let what = if for_binds { "bind" } else { "server" };
    let lines = if missed.len() == 1 { "line" } else { "lines" };
    let message = format!("{name} does not reach the {} {what} {lines} above it", missed.len());
    let context = format!("global/{name}");
    let found = reader.observe(
        ObservationKind::SettingIgnored,
        keyword.location,
        message,
        "only for what follows",
        &context,
    );
    if let Some(observation) = found {
        observation.related.push((first, "read before, with the defaults of that moment".to_owned()));
        observation.help = Some(
            "move this global section to the top; HAProxy applies defaults in the order of the text"
                .to_owned(),
        );
    }
}

/// A word that `default-server` does not take and that HAProxy drops with an alert, without stopping.
pub(super) fn dropped(reader: &mut Reader<'_>, location: Location, reason: &str) {
    let message = format!("{reason}; HAProxy prints an alert, drops the word and starts");
    let found = reader.observe(
        ObservationKind::SettingIgnored,
        location,
        message,
        "dropped",
        "default-server/no-tls",
    );
    if let Some(observation) = found {
        observation.help = Some("use `ssl-min-ver` and `ssl-max-ver`, which default-server takes".to_owned());
    }
}

/// `no-*` words beside a bound.
pub(super) fn ignored_switches(reader: &mut Reader<'_>, range: &Range, bound: Option<Location>, who: &str) {
    let served = range.protocols.value().map_or(ProtocolSet::EMPTY, |protocols| protocols.set);
    for (protocol, location) in &range.ignored {
        let word = switch(*protocol);
        let is_served = served.contains(*protocol);
        let (kind, message, label) = if is_served {
            let message = format!(
                "{word} is ignored for this {who}, which speaks {protocol}: a minimum or maximum is set"
            );
            (ObservationKind::SettingIgnored, message, "ignored")
        } else {
            let message =
                format!("{word} changes nothing for this {who}: the minimum and maximum decide alone");
            (ObservationKind::IneffectiveSetting, message, "no effect")
        };
        if let Some(observation) = reader.observe(kind, *location, message, label, &format!("{who}/{word}")) {
            observation.related.extend(bound.map(|bound| (bound, "set here".to_owned())));
            observation.help = is_served.then(|| "HAProxy honours no-* words only where no ssl-min-ver, ssl-max-ver or force-* is set; move the bound instead".to_owned());
        }
    }
}

/// `no-*` words of a `bind` line without bounds, where a crt-list line has one.
pub(super) fn overruled_switches(reader: &mut Reader<'_>, range: &Range, line: &Methods, own: &Methods) {
    let bound = own.minimum.as_ref().or(own.maximum.as_ref()).and_then(Setting::location);
    if bound.is_none() || line.minimum.is_some() || line.maximum.is_some() {
        return;
    }
    let served = range.protocols.value().map_or(ProtocolSet::EMPTY, |protocols| protocols.set);
    let ignored = line.switched_off.iter().filter(|(protocol, _)| served.contains(*protocol)).copied();
    let range = Range { protocols: range.protocols.clone(), ignored: ignored.collect() };
    ignored_switches(reader, &range, bound, "crt-list line");
}

/// A word that stands twice on a line: the last counts, and HAProxy says nothing.
pub(super) fn repeated(reader: &mut Reader<'_>, table: &'static [Keyword], arguments: &[Argument]) {
    let mut seen: BTreeMap<&'static str, Location> = BTreeMap::new();
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let Some(Lookup::Known(entry)) = word.text().map(|name| release::look_up(table, name, None)) else {
            continue;
        };
        let value = rest.first().map_or(word.location, |value| value.location);
        rest = rest.get(usize::try_from(entry.arguments).unwrap_or(1)..).unwrap_or(&[]);
        let is_one = entry.arguments == 1 && ONCE.contains(&entry.name);
        let whole = Location::new(word.location.file, word.location.span.cover(value.span));
        let Some(earlier) = is_one.then(|| seen.insert(entry.name, whole)).flatten() else { continue };
        let message = format!("{} stands twice on this line: HAProxy takes the last", entry.name);
        let context = format!("line/{}", entry.name);
        let found =
            reader.observe(ObservationKind::SettingRepeated, whole, message, "this one counts", &context);
        if let Some(observation) = found {
            observation.related.push((earlier, "passed over".to_owned()));
            observation.help = Some("remove one of the two".to_owned());
        }
    }
}

/// Words with one value of which a line needs one (`crt` and `crt-list` add up).
const ONCE: [&str; 12] = [
    "alpn",
    "ca-file",
    "ciphers",
    "ciphersuites",
    "curves",
    "ecdhe",
    "sigalgs",
    "sni",
    "ssl-max-ver",
    "ssl-min-ver",
    "verify",
    "verifyhost",
];

fn switch(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Ssl2 | Protocol::Ssl3 => "no-sslv3",
        Protocol::Tls10 => "no-tlsv10",
        Protocol::Tls11 => "no-tlsv11",
        Protocol::Tls12 => "no-tlsv12",
        Protocol::Tls13 => "no-tlsv13",
    }
}

/// `crt` without `ssl`.
pub(super) fn certificate_without_tls(reader: &mut Reader<'_>, bind: &Bind) {
    let Some(word) = bind.certificates.first() else { return };
    let message = "this listener names a certificate and speaks in clear: `ssl` is missing".to_owned();
    let found = reader.observe(
        ObservationKind::CertificateWithoutTls,
        word.location,
        message,
        "never served",
        "bind/crt",
    );
    if let Some(observation) = found {
        observation.related.push((bind.location, "in clear without `ssl`".to_owned()));
        observation.help = Some("add `ssl` to the bind line".to_owned());
    }
}

/// A server line whose `check-ssl` covers its health checks alone; a relay has nothing to add to what it passes on.
pub(super) fn only_checked(reader: &mut Reader<'_>, server: &Server) {
    if let Some(Setting::Written(check)) = &server.settings.check_ssl {
        let message =
            format!("check-ssl covers health checks only: traffic to {} goes in clear", server.label);
        let found = reader.observe(
            ObservationKind::SettingIgnored,
            check.location,
            message,
            "health checks only",
            "server/check-ssl",
        );
        if let Some(observation) = found {
            observation.help = Some("add `ssl` to the server line".to_owned());
        }
    }
}

/// `ssl-server-verify none`, and `httpclient.ssl.verify none`.
pub(super) fn verification_switched_off(reader: &mut Reader<'_>) {
    if let Some(location) = reader.global.unverified_client {
        let message =
            "httpclient.ssl.verify none: HAProxy verifies no server that it asks by itself (OCSP, Lua, logs)";
        let kind = ObservationKind::VerificationWithoutEffect;
        let context = "global/httpclient.ssl.verify";
        let found = reader.observe(kind, location, message.to_owned(), "verifies nothing", context);
        if let Some(observation) = found {
            observation.help = Some("remove it: `required` is the default".to_owned());
        }
    }
    let Some(Setting::Written(written)) = reader.global.server_verify_none.clone() else { return };
    if !written.value {
        return;
    }
    let message =
        "ssl-server-verify none switches off verification for every server line without `verify`".to_owned();
    let found = reader.observe(
        ObservationKind::VerificationWithoutEffect,
        written.location,
        message,
        "verifies nothing by default",
        "global/ssl-server-verify",
    );
    if let Some(observation) = found {
        observation.help = Some("remove it, and give server lines `ca-file` and `verifyhost`".to_owned());
    }
}

/// A name that verification does not hold a server to.
pub(super) fn name_without_effect(reader: &mut Reader<'_>, location: Location, message: String, label: &str) {
    let kind = ObservationKind::VerificationWithoutEffect;
    let found = reader.observe(kind, location, message, label, "server/verifyhost");
    if let Some(observation) = found {
        observation.help = Some("give sni str(NAME) the name of the certificate that is expected".to_owned());
    }
}

/// A section of peers that the local one is not among.
pub(super) fn peers_of_others(reader: &mut Reader<'_>, proxy: &Proxy, local: &str) {
    let message = format!(
        "HAProxy removes section 'peers {}', which has no peer named '{local}': nothing listens and nothing connects here",
        proxy.name
    );
    let kind = ObservationKind::SettingIgnored;
    let found = reader.observe(kind, proxy.head, message, "not used", "peers/peer");
    if let Some(observation) = found {
        observation.help =
            Some(format!("add `peer {local}` with this machine's address, or fix `localpeer`"));
    }
}

/// A crt-list that cannot be read.
pub(super) fn unread_list(reader: &mut Reader<'_>, location: Location, why: &str) {
    let message = format!("{why}: its certificates, names and options are not known");
    reader.observe(ObservationKind::IncludeUnresolved, location, message, "not looked at", "bind/crt-list");
}

/// Groups of a crt-list line: a connection has taken the bind line's before its name is known.
pub(super) fn groups_of_list(reader: &mut Reader<'_>, location: Location) {
    let message =
        "HAProxy before 3.2.26 takes the groups of the bind line, whatever curves a crt-list line names"
            .to_owned();
    let found =
        reader.observe(ObservationKind::SettingIgnored, location, message, "ignored", "crt-list/curves");
    if let Some(observation) = found {
        observation.help = Some("set `curves` on the bind line".to_owned());
    }
}
