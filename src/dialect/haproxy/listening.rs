//! From `bind` lines to endpoints: one for each class of names that is served alike.

use super::address::Reach;
use super::bind::{Bind, CertificateWord};
use super::certificates::{self, Entry, Loaded};
use super::classes::{self, Class};
use super::dh;
use super::endpoints::Base;
use super::generated;
use super::mux;
use super::named;
use super::observe;
use super::prepared;
use super::proxy::Proxy;
use super::quic;
use super::reader::Reader;
use super::settings::{Range, Settings, Verify, range};
use super::spelling;
use crate::budget::Resource;
use crate::endpoint::{
    CertificateUse, DhParameters, Dialect, Endpoint, Failing, PeerVerification, Protocols, Purpose, Role,
    Tls13Suites, Transport,
};
use crate::library::{Parser, handshake};
use crate::protocol::ProtocolSet;
use crate::setting::{Setting, Step};
use std::sync::Arc;

/// Whose the defaults are.
pub(super) const DEFAULT: &str = "default of HAProxy since 2.2";

/// Turns every listener of a section into endpoints.
pub(super) fn endpoints(reader: &mut Reader<'_>, base: &Base, proxy: &Proxy, out: &mut Vec<Endpoint>) {
    if !proxy.binds.iter().any(|bind| bind.ssl.is_some()) {
        // They are read all the same, and only then held against a level.
        let loading = reader.global.loading.clone();
        certificates::load(reader, &proxy.used, 0, &loading);
    }
    for bind in &proxy.binds {
        if !reader.context.budget.take(Resource::Endpoints, 1, bind.location) {
            return;
        }
        let before = reader.notes.read_for(&[bind.location, proxy.head]);
        mux::refusals(reader, proxy, bind);
        match bind.transport() {
            None => {
                observe::certificate_without_tls(reader, bind);
                // Read all the same while the line is parsed, and refused where there is no key or a level forbids them.
                load(reader, base, bind, &bind.certificates);
                out.push(plaintext(base, proxy, bind));
            }
            Some(transport) => secured(reader, base, proxy, bind, transport, out),
        }
        reader.notes.back(before);
    }
}

fn plaintext(base: &Base, proxy: &Proxy, bind: &Bind) -> Endpoint {
    let purpose = match (proxy.purpose, bind.reach) {
        (purpose @ (Purpose::PassThrough | Purpose::RedirectOnly), _) => purpose,
        (_, Reach::Machine) => Purpose::Local,
        (Purpose::Serves, Reach::Unknown) => Purpose::MaybeLocal,
        (purpose, _) => purpose,
    };
    blank(base, proxy, bind, Transport::Plaintext(purpose))
}

fn secured(
    reader: &mut Reader<'_>,
    base: &Base,
    proxy: &Proxy,
    bind: &Bind,
    transport: Transport,
    out: &mut Vec<Endpoint>,
) {
    let words: Vec<_> = bind.certificates.iter().chain(&proxy.used).cloned().collect();
    let mut loaded = load(reader, base, bind, &words);
    let versions = range(&bind.settings.methods, Some(reader.defaults.bind_minimum), DEFAULT);
    let bound = bind
        .settings
        .methods
        .minimum
        .as_ref()
        .or(bind.settings.methods.maximum.as_ref())
        .and_then(Setting::location);
    observe::ignored_switches(reader, &versions, bound, "bind line");
    prepared::ranges(reader, bind, &versions, &mut loaded.entries);
    refusals(reader, base, bind, &versions, &loaded);
    quic::refusals(reader, proxy, bind);
    let is_dead = transport != Transport::Quic && fails_at_once(base, bind, &versions);
    let at_fault =
        versions.protocols.location().or(bind.settings.ciphers.as_ref().and_then(Setting::location));
    let dead = is_dead.then(|| Failing {
        why: FAILS_AT_ONCE.to_owned(),
        location: at_fault.unwrap_or(bind.location),
        help: "give the bind line a protocol that the library permits, with a suite for it".to_owned(),
    });
    // It does not even start.
    let refused =
        (base.has_none(&versions.protocols) && !bind.is_quic()).then(|| "HAProxy does not start".to_owned());
    for class in classes::classes(reader, bind, &loaded.entries) {
        for answer in class.answers(&loaded.entries) {
            let met = (&class, answer.as_slice());
            let mut endpoint = endpoint(reader, base, proxy, bind, transport, &versions, &loaded, met);
            endpoint.fails = dead.clone().or(endpoint.fails);
            endpoint.refuses = refused.clone().or(endpoint.refuses);
            out.push(endpoint);
            if !reader.context.budget.take(Resource::Endpoints, 1, bind.location) {
                return;
            }
        }
    }
    if bind.generates {
        let mut generated = blank(base, proxy, bind, transport);
        let of_line = if bind.is_quic() { quic::protocols(None) } else { versions.protocols.clone() };
        generated.protocols = base.protocols(&of_line);
        generated.is_default = false;
        generated.spelling = &spelling::GENERATED;
        generated.fails = dead;
        generated::complete(reader, base, bind, &loaded.entries, &mut generated);
        out.push(generated);
    }
    let is_strict = bind.settings.strict_sni.as_ref().and_then(Setting::value) == Some(&true);
    if is_strict {
        let mut rejecting = blank(base, proxy, bind, transport);
        // `blank` enables no protocol: the line's settings are judged where a name is served.
        rejecting.is_default = true;
        rejecting.refuses = Some("strict-sni refuses clients that name no host or an unknown one".to_owned());
        out.push(rejecting);
    }
}

fn load(reader: &mut Reader<'_>, base: &Base, bind: &Bind, words: &[CertificateWord]) -> Loaded {
    certificates::load(reader, words, base.level_of(&bind.loading), &bind.loading)
}

/// Why no name of a line is served, whatever its certificates' lines say.
const FAILS_AT_ONCE: &str =
    "the bind line has no protocol, or no suite for its highest, which the library looks at before any name";

/// Whether the library refuses every hello while the line's own context rules, as it does until a name is looked at.
fn fails_at_once(base: &Base, bind: &Bind, versions: &Range) -> bool {
    let (string, suites) = base.strings(&bind.settings, &bind.loading);
    let is_empty =
        |protocols: &Setting<Protocols>| protocols.value().is_some_and(|known| known.set.is_empty());
    if is_empty(&versions.protocols) {
        // It does not even start.
        return false;
    }
    let protocols = base.protocols(&versions.protocols);
    let (Some(protocols), Some(string), Some(suites)) = (protocols.value(), string.value(), suites.value())
    else {
        return false;
    };
    let tls13: Vec<_> = match suites {
        Tls13Suites::Listed(text) => base.library.ciphersuites(text.as_str()).tls13().collect(),
        Tls13Suites::Fixed(_) | Tls13Suites::Library => base.library.default_tls13().to_vec(),
    };
    let own = base.library.expand(string.as_str(), Parser::default()).security_level;
    let level = own.unwrap_or_else(|| base.level_of(&bind.loading));
    let string = (string.as_str(), Parser::default());
    handshake::lacks_suites_for_highest(base.library, protocols.set, string, &tls13, level)
}

/// Why HAProxy does not start for this line.
fn refusals(reader: &mut Reader<'_>, base: &Base, bind: &Bind, versions: &Range, loaded: &Loaded) {
    if base.has_none(&versions.protocols) && !bind.is_quic() {
        let reason = format!("all SSL/TLS versions are disabled for bind '{}'", bind.written);
        reader.refuse(bind.location, reason);
    }
    let is_open = bind.open.is_some() || reader.is_templated;
    let is_strict = bind.settings.strict_sni.is_some();
    let is_empty = loaded.entries.is_empty() && loaded.unknown.is_none() && !loaded.is_refused;
    if is_empty && !is_open && (!is_strict || bind.generates) {
        let reason = format!("no SSL certificate specified for bind '{}' (use 'crt')", bind.written);
        reader.refuse(bind.location, reason);
    }
    if bind.generates && !is_open {
        named::signer(reader, bind.location, bind.signs_with.as_ref());
    }
    let unverified = || format!("verify is enabled but no CA file specified for bind '{}'", bind.written);
    if bind.settings.verifies() && bind.settings.roots().is_none() && !is_open {
        reader.refuse(bind.location, unverified());
    }
    base.refuse(reader, &bind.settings, bind.location);
    for entry in &loaded.entries {
        let (Some(own), Some(range)) = (entry.options.clone(), &entry.range) else { continue };
        let place = entry.certificate.location;
        if own.verifies() && own.roots().or(bind.settings.roots()).is_none() && !is_open {
            reader.refuse(place, unverified());
        }
        base.refuse(reader, &own, place);
        let groups = own.curves.as_ref().or(own.ecdhe.as_ref()).and_then(Setting::location);
        if let Some(location) = groups.filter(|_| !reader.defaults.groups_of_line) {
            observe::groups_of_list(reader, location);
        }
        observe::overruled_switches(reader, range, &bind.settings.methods, &own.methods);
        if base.has_none(&range.protocols) {
            reader.refuse(place, format!("all SSL/TLS versions are disabled for bind '{}'", bind.written));
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "each is a different thing that an endpoint is made of")]
fn endpoint(
    reader: &Reader<'_>,
    base: &Base,
    proxy: &Proxy,
    bind: &Bind,
    transport: Transport,
    versions: &Range,
    loaded: &Loaded,
    (class, numbers): (&Class, &[usize]),
) -> Endpoint {
    let entries: Vec<_> = numbers.iter().filter_map(|number| loaded.entries.get(*number)).collect();
    let own = entries.iter().find_map(|entry| entry.options.as_ref());
    let mut settings = own.cloned().unwrap_or_default();
    settings
        .inherit(&bind.settings, &Step { location: bind.location, what: "from the bind line".to_owned() });
    if !reader.defaults.groups_of_line {
        settings.curves.clone_from(&bind.settings.curves);
        settings.ecdhe.clone_from(&bind.settings.ecdhe);
    }
    let of_line = class.is_default && class.names.is_empty() && !reader.defaults.default_certificate_versions;
    let range = entries.iter().find_map(|entry| entry.range.as_ref()).filter(|_| !of_line);
    let (cipher_string, ciphersuites) =
        base.strings(if own.is_some() { &settings } else { &bind.settings }, &bind.loading);
    let mut endpoint = blank(base, proxy, bind, transport);
    endpoint.names.clone_from(&class.names);
    endpoint.is_default = class.is_default;
    endpoint.protocols = if transport == Transport::Quic {
        endpoint.fails = quic::fails(&settings, bind.location);
        endpoint.refuses = quic::refuses(reader);
        base.protocols(&quic::protocols(range))
    } else {
        base.protocols(&range.unwrap_or(versions).protocols)
    };
    endpoint.cipher_string = cipher_string;
    endpoint.ciphersuites = ciphersuites;
    endpoint.security_level = base.level_of(&bind.loading);
    endpoint.groups = base.groups(&settings, Role::Server);
    endpoint.signature_algorithms = base.signature_algorithms(&settings);
    endpoint.server_preference = negated(settings.prefer_client.as_ref());
    endpoint.session_tickets = negated(settings.no_tickets.as_ref());
    endpoint.dh_parameters = dh::parameters(reader, &bind.loading, &entries, base.level_of(&bind.loading));
    endpoint.certificates = certificates_of(&entries, class, loaded, bind);
    // Clients of other versions come to another line, whatever this one says.
    let met = endpoint.certificates.value().filter(|uses| !uses.is_empty());
    if let Some(uses) = met {
        let given = uses.iter().fold(ProtocolSet::EMPTY, |set, used| set.union(used.protocols));
        endpoint.protocols = endpoint.protocols.map(|protocols| Protocols {
            set: protocols.set.intersection(given),
            brought_by: protocols.brought_by.clone(),
        });
    }
    endpoint.peer = peer(&settings);
    if let Some(name) = class.names.iter().find(|name| !name.name.starts_with('!')) {
        endpoint.label = format!("{} on {}", name.name, endpoint.label);
    }
    endpoint
}

pub(super) fn negated(field: Option<&Setting<bool>>) -> Setting<bool> {
    match field {
        Some(setting) => setting.map(|value| !value),
        None => Setting::default(true, DEFAULT.into()),
    }
}

fn certificates_of(
    entries: &[&Entry],
    class: &Class,
    loaded: &Loaded,
    bind: &Bind,
) -> Setting<Vec<CertificateUse>> {
    if let (true, Some(unknown)) = (entries.is_empty(), loaded.unknown.as_ref().or(bind.open.as_ref())) {
        return Setting::Unknown(Arc::clone(unknown));
    }
    if entries.is_empty() {
        return Setting::unknown(Some(bind.location), "no certificate is named");
    }
    let uses: Vec<_> = entries.iter().map(|entry| class.met(entry, &loaded.entries)).collect();
    if uses.iter().any(|used| used.name.is_empty())
        && let Some(unknown) = &loaded.unknown
    {
        return Setting::Unknown(Arc::clone(unknown));
    }
    let location = uses.first().map_or(bind.location, |used| used.location);
    Setting::written(uses, location, [].into())
}

/// `verify` of a listener: client certificates.
fn peer(settings: &Settings) -> Option<PeerVerification> {
    let verify = settings.verify.as_ref()?;
    let chain = verify.map(|verify| *verify != Verify::None);
    if chain.value() == Some(&false) {
        return None;
    }
    let hostname = Setting::default(false, "clients have no host name".into());
    let roots = settings.roots().and_then(Setting::location);
    Some(PeerVerification { chain, hostname, roots, expected_name: None })
}

/// An endpoint of which only the socket is known.
fn blank(base: &Base, proxy: &Proxy, bind: &Bind, transport: Transport) -> Endpoint {
    let mut addresses: Vec<String> = bind.addresses.iter().map(ToString::to_string).collect();
    if bind.v4v6 {
        let mapped = addresses
            .iter()
            .filter_map(|address| address.strip_prefix("[::]").map(|port| format!("0.0.0.0{port}")));
        let mapped: Vec<_> = mapped.collect();
        addresses.extend(mapped);
    }
    let shown = addresses.first().map_or(bind.written.as_str(), String::as_str);
    let label = match (proxy.name.as_str(), shown) {
        ("", "") => "this listener".to_owned(),
        ("", shown) => shown.to_owned(),
        (name, "") => format!("{} {name}", proxy.keyword),
        (name, shown) => format!("{} {name} on {shown}", proxy.keyword),
    };
    let empty = Setting::default(Protocols::default(), DEFAULT.into());
    let (cipher_string, ciphersuites) = base.strings(&Settings::default(), &bind.loading);
    Endpoint {
        dialect: Dialect::HaProxy,
        spelling: &spelling::LINE,
        role: Role::Server,
        location: bind.location,
        label,
        names: Vec::new(),
        is_default: true,
        addresses,
        transport,
        library: base.library,
        protocols: empty,
        cipher_string,
        parser: Parser::default(),
        ciphersuites,
        security_level: base.level,
        groups: base.groups(&Settings::default(), Role::Server),
        signature_algorithms: base.signature_algorithms(&Settings::default()),
        server_preference: Setting::default(true, DEFAULT.into()),
        session_tickets: Setting::default(true, DEFAULT.into()),
        dh_parameters: Setting::default(DhParameters::None, DEFAULT.into()),
        certificates: Setting::default(Vec::new(), DEFAULT.into()),
        peer: None,
        sni: Setting::default(None, DEFAULT.into()),
        refuses: None,
        fails: None,
        otherwise: None,
    }
}
