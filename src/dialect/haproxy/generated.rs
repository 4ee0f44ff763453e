//! `generate-certificates`: what clients meet that name a host which no certificate has (ssl_sock_do_create_cert() in src/ssl_sock.c).
//!
//! HAProxy makes a context for each name, with the first certificate's key. Of the `bind` line it has what a connection has when it starts:
//! versions, groups and whose preference counts; suites, schemes and the level are a fresh context's.

use super::bind::Bind;
use super::certificates::Entry;
use super::dh;
use super::endpoints::Base;
use super::global::Loading;
use super::listening::negated;
use super::reader::Reader;
use super::settings::Settings;
use crate::endpoint::Endpoint;
use crate::protocol::Role;
use crate::setting::Setting;

/// Completes `endpoint`, which has the socket and the versions of the line.
pub(super) fn complete(
    reader: &Reader<'_>,
    base: &Base,
    bind: &Bind,
    entries: &[Entry],
    endpoint: &mut Endpoint,
) {
    // The key's own length decides about Diffie-Hellman parameters; no file does.
    let first = entries.first().map(|entry| Entry { dh_bits: None, ..entry.clone() });
    let loading = Loading { dh_file: None, ..bind.loading.clone() };
    let keys: Vec<_> = first.iter().collect();
    endpoint.dh_parameters = dh::parameters(reader, &loading, &keys, base.level);
    endpoint.certificates = match (&first, &bind.open) {
        (Some(entry), _) => {
            Setting::written(vec![entry.certificate.clone()], entry.certificate.location, [].into())
        }
        (None, Some(unknown)) => Setting::Unknown(unknown.clone()),
        (None, None) => Setting::unknown(Some(bind.location), "no certificate is named"),
    };
    (endpoint.cipher_string, endpoint.ciphersuites) = base.strings(&Settings::default(), &loading);
    endpoint.signature_algorithms = base.signature_algorithms(&Settings::default());
    endpoint.groups = base.groups(&bind.settings, Role::Server);
    endpoint.server_preference = negated(bind.settings.prefer_client.as_ref());
    endpoint.session_tickets = negated(bind.settings.no_tickets.as_ref());
}
