//! Which Diffie-Hellman parameters a listener has for DHE suites (ssl_sock_load_dh_params() in src/ssl_sock.c).

use super::certificates::Entry;
use super::global::Loading;
use super::reader::Reader;
use super::words::Argument;
use crate::certificate;
use crate::dialect::installed;
use crate::endpoint::DhParameters;
use crate::files::Kind;
use crate::library::security::minimum_dh_bits;
use crate::setting::{Setting, Unknown};
use crate::signature::KeyType;
use std::path::Path;
use std::sync::Arc;

/// Parameters for DHE suites: beside the certificate, `ssl-dh-param-file`, `tune.ssl.default-dh-param`, the release's default.
///
/// Parameters that the level in force when they are loaded refuses leave automatic ones before 2.6 and none since.
pub(super) fn parameters(
    reader: &Reader<'_>,
    loading: &Loading,
    entries: &[&Entry],
    level: u8,
) -> Setting<DhParameters> {
    let automatic = reader.defaults.dh_bits > 0;
    let loaded = |bits: u32| match (bits < minimum_dh_bits(level), automatic) {
        (false, _) => DhParameters::Bits(bits),
        (true, true) => DhParameters::Automatic,
        (true, false) => DhParameters::None,
    };
    // Those beside a certificate that no DHE suite can be proved with are never asked for.
    let proves = |entry: &&&Entry| entry.shares_context || length(entry) > 0;
    let beside = entries.iter().filter(proves).find_map(|entry| entry.dh_bits.map(|bits| (entry, bits)));
    if let Some((entry, bits)) = beside {
        return Setting::written(loaded(bits), entry.certificate.location, [].into());
    }
    if let Some(file) = &loading.dh_file {
        return match of_file(reader, file) {
            Ok(bits) => {
                Setting::written(bits.map_or(DhParameters::Unreadable, loaded), file.location, [].into())
            }
            Err(unknown) => Setting::Unknown(unknown),
        };
    }
    let set = loading.dh_bits.as_ref();
    if automatic && set.is_none_or(|bits| bits.value().is_none_or(|bits| *bits > 1024)) {
        return handed_out(reader, entries);
    }
    match set {
        Some(bits) => bits.map(|bits| loaded(fitted(reader, *bits, entries))),
        None => Setting::default(DhParameters::None, "HAProxy has none by default since 2.6".into()),
    }
}

/// What the callback of releases before 2.6 hands out when a handshake asks, which no level refuses until then: it knows what the last
/// `global` section has said, wherever the `bind` line stands.
fn handed_out(reader: &Reader<'_>, entries: &[&Entry]) -> Setting<DhParameters> {
    let last = &reader.global.loading;
    match (&last.dh_bits, &last.dh_file) {
        (Some(bits), _) => bits.map(|bits| DhParameters::Bits(fitted(reader, *bits, entries))),
        // A file keeps the default from being set, though it comes too late to be used itself.
        (None, Some(file)) => Setting::written(DhParameters::None, file.location, [].into()),
        (None, None) => {
            let own = DhParameters::Bits(fitted(reader, reader.defaults.dh_bits, entries));
            Setting::default(own, "default of HAProxy before 2.6".into())
        }
    }
}

/// The length of HAProxy's own prime under a setting of `bits`: no longer than an RSA or DSA key, 1024 for every other key, and beside
/// an EC key what the release has (ssl_get_tmp_dh() in src/ssl_sock.c).
fn fitted(reader: &Reader<'_>, bits: u32, entries: &[&Entry]) -> u32 {
    let limit = |entry: &&Entry| {
        let known = entry.certificate.certificate.as_deref();
        let is_ec = known.is_some_and(|known| known.key_type == KeyType::Ecdsa);
        if is_ec && reader.defaults.dh_beside_ec_is_set { bits } else { length(entry).min(bits) }
    };
    match entries.iter().map(limit).max().unwrap_or(bits) {
        4096.. => 4096,
        2048.. => 2048,
        _ => 1024,
    }
}

/// The length of a key that a DHE suite is proved with; 0 for any other key.
fn length(entry: &Entry) -> u32 {
    match entry.certificate.certificate.as_deref() {
        None => u32::MAX,
        Some(known) if matches!(known.key_type, KeyType::Rsa | KeyType::Dsa) => known.key_bits,
        Some(_) => 0,
    }
}

/// The length of the prime in a file of parameters; `None` where it cannot be read.
fn of_file(reader: &Reader<'_>, file: &Argument) -> Result<Option<u32>, Arc<Unknown>> {
    let path = file.value.as_ref().map_err(Arc::clone)?.as_str();
    let files = reader.context.files;
    let found =
        reader.find(Path::new(path), file.location.file).filter(|path| files.kind(path) == Some(Kind::File));
    let bytes = found.and_then(|path| files.bytes(&path).ok());
    Ok(match bytes {
        Some(bytes) => certificate::dh_bits(&bytes),
        None => installed::dh_bits(Path::new(path)),
    })
}
