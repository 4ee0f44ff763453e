//! Files that lines name besides certificates and lists: HAProxy reads them with the line, and does not start without.
//!
//! What is refused is certain: the target is fixed, the path absolute, and its directory there to be seen.

use super::reader::Reader;
use super::release::{self, Keyword, Lookup};
use super::words::Argument;
use crate::certificate;
use crate::files::Kind;
use crate::span::{FileId, Location};
use std::path::{Path, PathBuf};

/// What there is at a path.
pub(super) enum Found {
    /// Something, at this place of the tree.
    At(Kind, PathBuf),
    /// Nothing, for certain.
    Missing,
    /// The files do not tell.
    Unseen,
}

/// Looks for a path of the machine that the configuration runs on.
pub(super) fn find(reader: &Reader<'_>, path: &Path, file: FileId) -> Found {
    let files = reader.context.files;
    if !path.is_absolute() {
        return Found::Unseen;
    }
    match reader.find(path, file).and_then(|path| Some((files.kind(&path)?, path))) {
        Some((kind, path)) => Found::At(kind, path),
        None if reader.is_fixed() && reader.is_missing(&path.to_string_lossy(), file) => Found::Missing,
        None => Found::Unseen,
    }
}

/// Refuses the files of a line that are certainly missing or of no use; `arguments` are its options.
pub(super) fn files(reader: &mut Reader<'_>, table: &'static [Keyword], arguments: &[Argument]) {
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let known = word.text().map(|name| release::look_up(table, name, reader.release));
        let Some(Lookup::Known(entry)) = known else { continue };
        if let Some(value) = rest.first().filter(|_| entry.arguments == 1) {
            file(reader, entry.name, value);
        }
        rest = rest.get(usize::try_from(entry.arguments).unwrap_or(1)..).unwrap_or(&[]);
    }
}

fn file(reader: &mut Reader<'_>, keyword: &str, value: &Argument) {
    let Some(name) = value.text().filter(|name| !name.is_empty()) else { return };
    match keyword {
        "ca-file" | "ca-verify-file" | "crl-file" => {
            let base = reader.global.ca_base.clone();
            let path = based(base.as_deref(), name);
            trust(reader, keyword, &path, value.location);
        }
        "tls-ticket-keys" => {
            if matches!(find(reader, Path::new(name), value.location.file), Found::Missing) {
                reader.refuse(value.location, format!("'{name}' : unable to load ssl tickets keys file"));
            }
        }
        _ => {}
    }
}

/// A file of certificates that are trusted or of lists that revoke some (X509_STORE_load_locations(3)).
fn trust(reader: &mut Reader<'_>, keyword: &str, path: &Path, location: Location) {
    let takes_more = reader.defaults.takes_trusted_directories;
    let is_of_no_use = match find(reader, path, location.file) {
        Found::Unseen => !takes_more && reader.is_fixed() && path.starts_with("@system-ca"),
        Found::Missing => true,
        Found::At(Kind::Directory, _) => !takes_more && reader.is_fixed(),
        Found::At(Kind::File, path) => {
            let bytes = reader.context.files.bytes(&path);
            reader.is_fixed() && bytes.is_ok_and(|bytes| !certificate::is_store(&bytes))
        }
    };
    if is_of_no_use {
        reader.refuse(location, format!("'{keyword}' : unable to load {}", path.display()));
    }
}

/// A path behind `ca-base` or `crt-base`.
fn based(base: Option<&str>, name: &str) -> PathBuf {
    match base {
        Some(base) if !name.starts_with('/') => PathBuf::from(format!("{base}/{name}")),
        _ => PathBuf::from(name),
    }
}

/// Refuses `generate-certificates` without what signs them (ssl_sock_load_ca() in src/ssl_sock.c).
pub(super) fn signer(reader: &mut Reader<'_>, location: Location, file: Option<&Argument>) {
    let Some(file) = file else {
        let reason = "cannot enable certificate generation, no CA certificate File configured".to_owned();
        return reader.refuse(location, reason);
    };
    let Some(name) = file.text() else { return };
    let path = based(reader.global.ca_base.as_deref(), name);
    let lacks = match find(reader, &path, file.location.file) {
        Found::Missing => Some("certificate"),
        Found::At(Kind::File, path) if reader.is_fixed() => {
            let bytes = reader.context.files.bytes(&path).unwrap_or_default();
            match (certificate::read(&bytes), certificate::has_key(&bytes)) {
                (Err(_), _) => Some("certificate"),
                (Ok(_), false) => Some("private key"),
                (Ok(_), true) => None,
            }
        }
        _ => None,
    };
    if let Some(what) = lacks {
        reader.refuse(file.location, format!("Failed to read CA {what} file '{}'", path.display()));
    }
}

/// Refuses a file of `ssl-dh-param-file` that holds no parameters.
pub(super) fn dh_parameters(reader: &mut Reader<'_>, file: &Argument) {
    let Some(name) = file.text().filter(|name| !name.is_empty()) else { return };
    let lacks = match find(reader, Path::new(name), file.location.file) {
        Found::Missing => true,
        Found::At(Kind::File, path) if reader.is_fixed() => {
            let bytes = reader.context.files.bytes(&path);
            bytes.is_ok_and(|bytes| certificate::dh_bits(&bytes).is_none())
        }
        _ => false,
    };
    if lacks {
        let reason = format!("'ssl-dh-param-file': unable to load DH parameters from file <{name}>");
        reader.refuse(file.location, reason);
    }
}
