//! From `server` lines to endpoints.

use super::address::Reach;
use super::bind::{CertificateKind, CertificateWord};
use super::certificates;
use super::endpoints::Base;
use super::observe;
use super::proxy::{Kind, Mode, Proxy};
use super::reader::Reader;
use super::server::{self, Server, ServerSettings};
use super::settings::{Verify, range};
use super::spelling;
use crate::budget::Resource;
use crate::endpoint::{
    DhParameters, Dialect, Endpoint, Otherwise, PeerVerification, Protocols, Purpose, Regimes, Role,
    Tls13Suites, Transport,
};
use crate::library::Parser;
use crate::setting::{Setting, Step, Unknown};
use crate::target::Release;
use std::sync::Arc;

/// Whose the defaults are.
const DEFAULT: &str = "default of HAProxy since 2.2";

/// Turns every server of a section into an endpoint.
pub(super) fn endpoints(reader: &mut Reader<'_>, base: &Base, proxy: &Proxy, out: &mut Vec<Endpoint>) {
    for server in &proxy.servers {
        if !reader.context.budget.take(Resource::Endpoints, 1, server.location) {
            return;
        }
        let before = reader.notes.read_for(&[server.location, proxy.head]);
        out.push(endpoint(reader, base, proxy, server));
        reader.notes.back(before);
    }
}

fn endpoint(reader: &mut Reader<'_>, base: &Base, proxy: &Proxy, server: &Server) -> Endpoint {
    let settings = &server.settings;
    let transport = transport(proxy, server);
    let speaks_tls = transport == Transport::Tls;
    let tls = &settings.tls;
    let versions = range(&tls.methods, None, "HAProxy sets no minimum for servers");
    let sends_host = reader.defaults.sends_host && !settings.no_host_sni;
    let peer = peer(reader, settings, sends_host);
    let checks_tls = settings.check_ssl.as_ref().is_some_and(|setting| setting.value() == Some(&true));
    let is_clear = matches!(transport, Transport::Plaintext(_)) && !checks_tls;
    let is_open = settings.open.is_some() || reader.is_templated;
    if speaks_tls {
        let bound = tls.methods.minimum.as_ref().or(tls.methods.maximum.as_ref()).and_then(Setting::location);
        observe::ignored_switches(reader, &versions, bound, "server line");
    }
    // The context is made for health checks as well, and since 2.4 for servers that `no-ssl` turns back (check_config_validity()).
    let turned_back = settings.default_has_ssl && reader.defaults.no_ssl_keeps_ciphers;
    if speaks_tls || checks_tls || turned_back {
        if base.has_none(&versions.protocols) {
            let reason = format!("all SSL/TLS versions are disabled for server '{}'", server.label);
            reader.refuse(server.location, reason);
        }
        base.refuse(reader, tls, server.location);
        if peer.chain.value() == Some(&true) && tls.ca_file.is_none() && !is_open {
            let reason =
                format!("'server {}' : verify is enabled by default but no CA file specified", server.label);
            reader.refuse(server.location, reason);
        }
    }
    if speaks_tls && peer.chain.value() == Some(&true) {
        names_that_verify_nothing(reader, server);
    }
    if matches!(transport, Transport::Plaintext(purpose) if purpose != Purpose::PassThrough) {
        observe::only_checked(reader, server);
    }
    let has_no_groups = reader.context.target.haproxy.is_some_and(|release| release < Release([2, 9, 0]));
    let (cipher_string, ciphersuites) = base.strings(tls, &reader.global.loading);
    let address = server.address.as_ref().map(ToString::to_string);
    let at = address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default();
    let sni = sni(settings, sends_host && server.is_http);
    let protocols = base.protocols(&versions.protocols);
    let otherwise = speaks_tls.then(|| otherwise(reader, server, (&protocols, &ciphersuites), (&peer, &sni)));
    Endpoint {
        dialect: Dialect::HaProxy,
        spelling: if has_no_groups { &spelling::LINE_BEFORE_2_9 } else { &spelling::LINE },
        role: Role::Client,
        location: server.location,
        label: format!("server {}{at}", server.label),
        names: Vec::new(),
        is_default: false,
        addresses: address.into_iter().collect(),
        transport,
        library: base.library,
        protocols,
        cipher_string,
        parser: Parser::default(),
        ciphersuites,
        security_level: base.level_of(&reader.global.loading),
        groups: base.groups(tls, Role::Client),
        signature_algorithms: base.signature_algorithms(tls),
        server_preference: Setting::default(false, "the server's affair".into()),
        session_tickets: Setting::default(true, DEFAULT.into()),
        dh_parameters: Setting::default(DhParameters::Automatic, "the server's affair".into()),
        certificates: if is_clear {
            // Nothing reads it.
            Setting::default(Vec::new(), "HAProxy presents none in clear".into())
        } else {
            certificate(reader, base, settings)
        },
        peer: Some(peer),
        sni,
        refuses: None,
        fails: None,
        otherwise: otherwise.flatten(),
    }
}

/// What releases that send the request's host make of a server, where no target says which release it is.
fn otherwise(
    reader: &Reader<'_>,
    server: &Server,
    (protocols, ciphersuites): (&Setting<Protocols>, &Setting<Tls13Suites>),
    usual: (&PeerVerification, &Setting<Option<String>>),
) -> Option<Box<Otherwise>> {
    let settings = &server.settings;
    if reader.release.is_some() || settings.no_host_sni {
        return None;
    }
    let peer = peer(reader, settings, true);
    let sni = sni(settings, server.is_http);
    if (&peer, &sni) == usual {
        return None;
    }
    Some(Box::new(Otherwise {
        regimes: Regimes { usual: "HAProxy before 3.3", other: "HAProxy since 3.3" },
        protocols: protocols.clone(),
        ciphersuites: ciphersuites.clone(),
        peer: Some(peer),
        sni,
    }))
}

fn transport(proxy: &Proxy, server: &Server) -> Transport {
    match (&server.settings.ssl, &server.settings.open) {
        (Some(Setting::Unknown(_)), _) | (None, Some(_)) => Transport::Unknown,
        (Some(setting), _) if setting.value() == Some(&true) => Transport::Tls,
        _ => Transport::Plaintext(purpose(proxy, server)),
    }
}

fn purpose(proxy: &Proxy, server: &Server) -> Purpose {
    match (&server.address, &proxy.mode) {
        (Some(address), _) if address.reach() == Reach::Machine => Purpose::Local,
        (_, Mode::Http) => Purpose::Serves,
        (_, Mode::Tcp) if proxy.takes_decrypted => Purpose::Serves,
        // The bytes that are relayed may be somebody else's TLS.
        (_, Mode::Tcp) if proxy.kind != Kind::Other => Purpose::PassThrough,
        (_, Mode::Tcp | Mode::Unknown) => Purpose::Unknown,
    }
}

/// Whether the chain and the name are checked: `verify`, else `ssl-server-verify`, else both are asked for.
fn peer(reader: &Reader<'_>, settings: &ServerSettings, sends_host: bool) -> PeerVerification {
    let step = || {
        let location = reader.global.head.or_else(|| settings.ssl.as_ref().and_then(Setting::location));
        location.map(|location| Step { location, what: "set in global".to_owned() })
    };
    let chain = match (&settings.tls.verify, &reader.global.server_verify_none) {
        (Some(verify), _) => verify.map(|verify| *verify == Verify::Required),
        (None, Some(none)) => {
            let chain = none.map(|none| !none);
            step().map_or_else(|| chain.clone(), |step| super::settings::with_step(&chain, &step))
        }
        (None, None) => Setting::default(true, "HAProxy verifies servers by default".into()),
    };
    let hostname = match (&chain, &settings.sni, &settings.verify_host) {
        (Setting::Unknown(unknown), _, _) => Setting::Unknown(Arc::clone(unknown)),
        (chain, _, _) if chain.value() == Some(&false) => chain.clone(),
        (_, _, Some(Setting::Unknown(unknown))) if settings.sni.is_none() => {
            Setting::Unknown(Arc::clone(unknown))
        }
        (_, _, Some(name)) => name.map(|_| true),
        (_, Some(Setting::Written(written)), None) => {
            Setting::written(true, written.location, Arc::clone(&written.provenance))
        }
        (_, Some(Setting::Unknown(unknown)), None) => Setting::Unknown(Arc::clone(unknown)),
        _ if sends_host => Setting::default(true, "HAProxy 3.3 and later check the request's host".into()),
        _ => Setting::default(false, "HAProxy checks no name without verifyhost or sni".into()),
    };
    let roots = settings.tls.ca_file.as_ref().and_then(Setting::location);
    let constant = settings.sni.as_ref().and_then(Setting::value).and_then(|sni| server::constant(sni));
    let name = settings.verify_host.as_ref().and_then(Setting::value).cloned();
    let expected_name = name.or(constant);
    PeerVerification { chain, hostname, roots, expected_name }
}

/// A name to verify that the request chooses, and one that has no say because another is sent (ssl_sock_srv_verifycbk()).
fn names_that_verify_nothing(reader: &mut Reader<'_>, server: &Server) {
    let settings = &server.settings;
    // Without a target: what some release does.
    let sends_host =
        (reader.defaults.sends_host || reader.release.is_none()) && server.is_http && !settings.no_host_sni;
    let is_constant = |sni: &String| server::constant(sni).is_some();
    match (&settings.sni, &settings.verify_host) {
        (Some(Setting::Written(sni)), _) if !is_constant(&sni.value) => {
            let message = format!(
                "sni {} lets the request choose the name that is verified: a certificate of any site passes",
                sni.value
            );
            observe::name_without_effect(reader, sni.location, message, "chosen by the request");
        }
        (Some(Setting::Written(sni)), Some(Setting::Written(host)))
            if server::constant(&sni.value).as_ref() != Some(&host.value) =>
        {
            let message =
                format!("verifyhost has no say: the name that sni sends is verified, {}", sni.value);
            observe::name_without_effect(reader, host.location, message, "not verified");
        }
        (None, Some(Setting::Written(host))) if sends_host => {
            let message =
                "verifyhost has no say: HAProxy 3.3 and later send the request's host and verify that name"
                    .to_owned();
            observe::name_without_effect(reader, host.location, message, "not verified");
        }
        _ => {}
    }
}

/// The name that is sent: a constant, or what the expression yields for each request.
fn sni(settings: &ServerSettings, sends_host: bool) -> Setting<Option<String>> {
    match &settings.sni {
        Some(Setting::Written(written)) => match server::constant(&written.value) {
            Some(name) => Setting::written(Some(name), written.location, Arc::clone(&written.provenance)),
            None => Setting::unknown(
                Some(written.location),
                format!("\"{}\" is worked out for each request", written.value),
            ),
        },
        Some(Setting::Unknown(unknown)) => Setting::Unknown(Arc::clone(unknown)),
        _ if sends_host => {
            let why = "HAProxy 3.3 and later send the request's host".to_owned();
            Setting::Unknown(Arc::new(Unknown { at: None, why }))
        }
        _ => Setting::default(None, "HAProxy sends none before 3.3".into()),
    }
}

/// The client certificate.
fn certificate(
    reader: &mut Reader<'_>,
    base: &Base,
    settings: &ServerSettings,
) -> Setting<Vec<crate::endpoint::CertificateUse>> {
    let Some((location, path, above)) = settings.certificate.clone() else {
        return Setting::default(Vec::new(), "HAProxy presents none unless told".into());
    };
    let word = CertificateWord { kind: CertificateKind::File, location, path, above, options: Vec::new() };
    let level = base.level_of(&reader.global.loading);
    let mut loading = reader.global.loading.clone();
    loading.no_keys |= reader.defaults.server_certificate_is_one_file;
    loading.no_bundles |= reader.defaults.server_certificate_is_one_file;
    let loaded = certificates::load(reader, &[word], level, &loading);
    match loaded.unknown {
        Some(unknown) if loaded.entries.iter().all(|entry| entry.certificate.name.is_empty()) => {
            Setting::Unknown(unknown)
        }
        _ => {
            let uses = loaded.entries.into_iter().map(|entry| entry.certificate).collect();
            Setting::written(uses, location, [].into())
        }
    }
}
