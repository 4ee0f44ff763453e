//! What `crt`, `crt-list` and directories of certificates load (src/ssl_ckch.c, src/ssl_crtlist.c).
//!
//! Private keys are never decoded: whether a file holds one is told from the marker line alone.

use super::bind::{Above, CertificateKind, CertificateWord};
use super::global::Loading;
use super::reader::Reader;
use super::settings::{Range, Settings};
use super::store::{self, FileParts, Stored};
use crate::certificate::{self, CertificateError};
use crate::endpoint::{Certificate, CertificateUse};
use crate::files::Kind;
use crate::protocol::ProtocolSet;
use crate::setting::Unknown;
use crate::span::{FileId, Location};
use crate::target::Release;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A certificate with the names and options that it is served under.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) certificate: CertificateUse,
    /// Options of its crt-list line.
    pub(super) options: Option<Settings>,
    /// The list as named and the line in it: HAProxy keeps one set of options for every listener that names the list so.
    pub(super) line: Line,
    /// The versions that its options come to, once its listener is prepared.
    pub(super) range: Option<Range>,
    /// Names of its crt-list line; empty for the certificate's own.
    pub(super) filters: Vec<(String, Location)>,
    /// Diffie-Hellman parameters beside the certificate, in bits.
    pub(super) dh_bits: Option<u32>,
    /// Whether it is for clients that name nobody, since 3.0: the first file of a line, and what `default-crt` names.
    pub(super) is_default: bool,
    /// The number of the word or line that it came by: certificates of one bundle share it.
    pub(super) bundle: usize,
    /// Whether the others of its bundle are in one context with it, so that the library chooses.
    pub(super) shares_context: bool,
}

/// Where options stand: the name of a list, empty for words of the configuration, and the line.
pub(super) type Line = (String, Location);

/// What the certificate words of a line load.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    pub(super) entries: Vec<Entry>,
    /// Where something could not be read, so that there may be more.
    pub(super) unknown: Option<Arc<Unknown>>,
    /// Whether HAProxy refuses any of it; the reason is noted.
    pub(super) is_refused: bool,
}

/// What a file of a certificate holds.
#[derive(Debug)]
pub(super) struct CertificateFile {
    certificate: Result<Arc<Certificate>, CertificateError>,
    /// Diffie-Hellman parameters beside it, in bits.
    dh_bits: Option<u32>,
    has_key: bool,
}

impl Reader<'_> {
    /// What the file at `path` holds; `None` where it cannot be read.
    fn certificate_file(&mut self, path: &Path) -> Option<Rc<CertificateFile>> {
        if let Some(known) = self.certificates.get(path) {
            return Some(Rc::clone(known));
        }
        let bytes = self.context.files.bytes(path).ok()?;
        let file = Rc::new(CertificateFile {
            certificate: certificate::read_pem(&bytes).map(Arc::new),
            dh_bits: certificate::dh_bits(&bytes),
            has_key: certificate::has_key(&bytes),
        });
        self.certificates.insert(path.to_owned(), Rc::clone(&file));
        Some(file)
    }
}

/// Endings of the files of a bundle, in the order in which HAProxy loads them.
const BUNDLE: [&str; 3] = ["dsa", "ecdsa", "rsa"];

/// Files in a directory that are no certificates.
const COMPANIONS: [&str; 4] = ["issuer", "key", "ocsp", "sctl"];

/// Loads everything that `words` name, in order.
pub(super) fn load(
    reader: &mut Reader<'_>,
    words: &[CertificateWord],
    level: u8,
    loading: &Loading,
) -> Loaded {
    let raised = reader.notes.raised();
    let mut loader = Loader { reader, level, loading, loaded: Loaded::default(), bundle: 0 };
    for word in words {
        loader.bundle += 1;
        loader.word(word);
    }
    loader.loaded.is_refused = loader.reader.notes.raised() > raised;
    loader.loaded
}

/// What loads the certificates of a line.
pub(super) struct Loader<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    level: u8,
    loading: &'r Loading,
    loaded: Loaded,
    /// The number of the word or line that is loaded.
    pub(super) bundle: usize,
}

/// How one entry is loaded.
#[derive(Clone)]
pub(super) struct Wanted<'w> {
    pub(super) location: Location,
    pub(super) options: Option<Settings>,
    pub(super) line: Line,
    pub(super) filters: &'w [(String, Location)],
    pub(super) is_default: bool,
    pub(super) parts: FileParts,
    pub(super) above: &'w Above,
    /// The file that names it.
    pub(super) file: FileId,
}

impl Loader<'_, '_> {
    fn word(&mut self, word: &CertificateWord) {
        let path = match &word.path.value {
            Ok(path) => path.as_str().to_owned(),
            Err(unknown) => {
                self.missing(&word.path.location, &unknown.why, word.path.location);
                return;
            }
        };
        if word.kind == CertificateKind::List {
            return self.list(&path, word);
        }
        let texts: Vec<_> = word.options.iter().filter_map(|argument| argument.value.clone().ok()).collect();
        let Ok((options, parts)) = self.options(&texts, word.location) else { return };
        // All parts of a bundle that `crt` names are for clients that name nobody where the first is.
        let is_first = self.loaded.entries.is_empty() && word.kind == CertificateKind::File;
        let is_default = is_first || word.kind == CertificateKind::Default;
        let (location, above, file) = (word.location, &word.above, word.path.location.file);
        let line = (String::new(), location);
        let wanted = Wanted { location, options, line, filters: &[], is_default, parts, above, file };
        self.path(&path, &wanted);
    }

    /// Notes a certificate of which nothing is known.
    pub(super) fn missing(&mut self, name_at: &Location, why: &str, location: Location) {
        self.loaded
            .unknown
            .get_or_insert_with(|| Arc::new(Unknown { at: Some(*name_at), why: why.to_owned() }));
        let certificate = CertificateUse {
            location,
            name: String::new(),
            certificate: None,
            protocols: ProtocolSet::ALL,
            led_by: None,
        };
        self.loaded.entries.push(Entry {
            certificate,
            options: None,
            line: (String::new(), location),
            range: None,
            filters: Vec::new(),
            dh_bits: None,
            is_default: false,
            bundle: self.bundle,
            shares_context: false,
        });
    }

    /// Loads a file, a directory or a bundle.
    pub(super) fn path(&mut self, name: &str, wanted: &Wanted<'_>) {
        let full = store::behind(wanted.above.crt_base.as_deref(), name);
        if let Some(stored) = self.reader.stores.get(&full, wanted.above.stored).cloned() {
            return self.stored(name, &stored, wanted);
        }
        if name.starts_with('@') {
            if self.reader.is_fixed() {
                let reason =
                    format!("unable to stat SSL certificate from file '{name}' : No such file or directory");
                self.reader.refuse(wanted.location, reason);
            }
            return self.entry(name, None, wanted);
        }
        let found = self.reader.find(Path::new(&full), wanted.file);
        let kind = found.as_ref().and_then(|path| self.reader.context.files.kind(path));
        match (found, kind) {
            (Some(path), Some(Kind::File)) => {
                self.stored_later(&full, wanted);
                self.again(&full, wanted);
                self.file(name, &path, wanted);
            }
            (Some(path), Some(Kind::Directory)) => self.directory(name, &path, wanted),
            _ => self.bundle(name, &full, wanted),
        }
    }

    fn bundle(&mut self, name: &str, full: &str, wanted: &Wanted<'_>) {
        // Lists load bundles whatever is set where a bundle is one context.
        let is_listed = !wanted.line.0.is_empty() && self.reader.defaults.bundles_share_context;
        let endings = if self.loading.no_bundles && !is_listed { &[][..] } else { &BUNDLE };
        let parts = endings.iter().filter_map(|ending| {
            let part = format!("{full}.{ending}");
            Some((format!("{name}.{ending}"), self.reader.find_whole(Path::new(&part), wanted.file)?))
        });
        let parts: Vec<_> = parts.collect();
        let first = self.loaded.entries.len();
        for (part, path) in &parts {
            self.file(part, path, wanted);
        }
        for entry in self.loaded.entries.iter_mut().skip(first) {
            entry.shares_context = self.reader.defaults.bundles_share_context;
        }
        if parts.is_empty() {
            self.absent(full, (wanted.location, wanted.file), "certificate");
            self.entry(name, None, wanted);
        }
    }

    /// Refuses a file that was loaded before with other files beside it.
    fn again(&mut self, full: &str, wanted: &Wanted<'_>) {
        let knows_parts = self.reader.release.is_some_and(|release| release >= Release::new(3, 0, 0));
        match self.reader.stores.loaded.get(full) {
            Some((earlier, place))
                if knows_parts && self.reader.is_fixed() && !earlier.fits(&wanted.parts) =>
            {
                let reason = format!("'{full}' is already defined with incompatible parameters");
                self.reader.notes.refuse_beside(wanted.location, &[*place], reason);
            }
            Some(_) => {}
            None => {
                let first = (wanted.parts.clone(), wanted.location);
                self.reader.stores.loaded.insert(full.to_owned(), first);
            }
        }
    }

    /// Refuses a `load` line below for a file that is then loaded already, under the same name (crtstore_load()).
    fn stored_later(&mut self, full: &str, wanted: &Wanted<'_>) {
        let Some(stored) = self.reader.stores.get(full, usize::MAX) else { return };
        let location = stored.path.location;
        let is_told = self.reader.notes.refusals().iter().any(|refusal| refusal.location == location);
        if self.reader.is_fixed() && !is_told {
            let reason = format!("'load' in section 'crt-store': store '{full}' was already defined");
            self.reader.notes.refuse_beside(location, &[wanted.location], reason);
        }
    }

    /// Refuses a certificate with an OCSP response beside it and no issuer, without which HAProxy does not know what the response is about
    /// (ssl_sock_load_ocsp()).
    fn unissued_response(&mut self, name: &str, path: &Path, certificate: &Certificate, wanted: &Wanted<'_>) {
        let beside = |ending: &str| {
            let mut companion = path.as_os_str().to_owned();
            companion.push(ending);
            self.reader.context.files.kind(Path::new(&companion)) == Some(Kind::File)
        };
        let has_response = !self.loading.no_responses && beside(".ocsp");
        let has_issuer = self.reader.global.has_issuers
            || (!self.loading.no_issuers && beside(".issuer"))
            || certificate::holds_issuer(certificate);
        if self.reader.is_fixed() && wanted.parts.looks_beside() && has_response && !has_issuer {
            let reason = format!(
                "'{name}.ocsp' is present and activates OCSP but it is impossible to compute the OCSP certificate ID (maybe the issuer \
                 could not be found)"
            );
            self.reader.refuse(wanted.location, reason);
        }
    }

    /// Loads what a line of a `crt-store` names.
    fn stored(&mut self, name: &str, stored: &Stored, wanted: &Wanted<'_>) {
        if let Err(unknown) = &stored.path.value {
            self.loaded.unknown.get_or_insert_with(|| Arc::clone(unknown));
            return self.entry(name, None, wanted);
        }
        if self.reader.is_fixed() && !stored.parts.fits(&wanted.parts) {
            let reason = format!("'{name}' is already defined with incompatible parameters");
            self.reader.notes.refuse_beside(wanted.location, &[stored.path.location], reason);
        }
        let wanted = Wanted { parts: stored.parts.clone(), ..wanted.clone() };
        let found = self.reader.find(Path::new(&stored.file), stored.path.location.file);
        match found.filter(|path| self.reader.context.files.kind(path) == Some(Kind::File)) {
            Some(path) => self.file(name, &path, &wanted),
            None => self.entry(name, None, &wanted),
        }
    }

    /// Refuses a file that is certainly missing.
    pub(super) fn absent(&mut self, path: &str, (location, file): (Location, FileId), what: &str) {
        if self.reader.is_fixed() && self.reader.is_missing(path, file) {
            let reason = format!("unable to stat SSL {what} from file '{path}' : No such file or directory");
            self.reader.refuse(location, reason);
        }
    }

    fn file(&mut self, name: &str, path: &Path, wanted: &Wanted<'_>) {
        let files = self.reader.context.files;
        let Some(file) = self.reader.certificate_file(path) else { return self.entry(name, None, wanted) };
        match &file.certificate {
            Ok(certificate) => {
                if certificate.issues_next && self.reader.is_fixed() {
                    let reason = format!(
                        "inconsistencies between private key and certificate loaded '{name}': the first certificate is the issuer \
                         of the second"
                    );
                    self.reader.refuse(wanted.location, reason);
                }
                if let Some(reason) = self.too_weak(certificate) {
                    let reason =
                        format!("unable to load SSL certificate into SSL Context '{name}': {reason}");
                    self.reader.refuse(wanted.location, reason);
                }
                let finds_key = wanted.parts.key().is_some()
                    || (wanted.parts.looks_beside()
                        && !self.loading.no_keys
                        && files.kind(&self.key_path(path)).is_some());
                if self.reader.is_fixed() && !file.has_key && !finds_key {
                    let reason = format!(
                        "unable to load a private key for '{name}': neither in it nor in its .key file"
                    );
                    self.reader.refuse(wanted.location, reason);
                }
                self.unissued_response(name, path, certificate, wanted);
                let full = store::behind(wanted.above.crt_base.as_deref(), name);
                let name =
                    if Path::new(&full).is_absolute() { &files.called(Path::new(&full), path) } else { name };
                self.entry(name, Some((Arc::clone(certificate), file.dh_bits)), wanted);
            }
            Err(error) => {
                if self.reader.is_fixed() {
                    self.reader.refuse(
                        wanted.location,
                        format!("unable to load certificate from file '{name}': it {error}"),
                    );
                }
                self.entry(name, None, wanted);
            }
        }
    }

    /// Where a key is looked for that is not in the file itself (`ssl-load-extra-files`); `ssl-load-extra-del-ext` takes `.crt` away
    /// and no other ending.
    fn key_path(&self, path: &Path) -> PathBuf {
        if self.loading.replaces_extension && path.extension().is_some_and(|ending| ending == "crt") {
            return path.with_extension("key");
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".key");
        PathBuf::from(name)
    }

    /// Why the library would not take a certificate at the level in force when it is loaded (ssl_security_cert()).
    fn too_weak(&self, certificate: &Certificate) -> Option<&'static str> {
        if !self.reader.is_fixed() {
            return None;
        }
        let library = self.reader.context.target.library?;
        library.weakness(certificate, self.level)
    }

    fn entry(&mut self, name: &str, found: Option<(Arc<Certificate>, Option<u32>)>, wanted: &Wanted<'_>) {
        let (certificate, dh_bits) = found.map_or((None, None), |(certificate, dh)| (Some(certificate), dh));
        if certificate.is_none() {
            let at = Some(wanted.location);
            let why = format!("{name} is not among the files");
            self.loaded.unknown.get_or_insert_with(|| Arc::new(Unknown { at, why }));
        }
        self.loaded.entries.push(Entry {
            certificate: CertificateUse {
                location: wanted.location,
                name: name.to_owned(),
                certificate,
                protocols: ProtocolSet::ALL,
                led_by: None,
            },
            options: wanted.options.clone(),
            line: wanted.line.clone(),
            range: None,
            filters: wanted.filters.to_vec(),
            dh_bits,
            is_default: wanted.is_default || self.loaded.entries.is_empty(),
            bundle: self.bundle,
            shares_context: false,
        });
    }

    /// Every file of a directory in the order of the names, each by itself.
    fn directory(&mut self, name: &str, directory: &Path, wanted: &Wanted<'_>) {
        let files = self.reader.context.files;
        let wanted = &Wanted { is_default: false, ..wanted.clone() };
        for file in files.list(directory).unwrap_or_default() {
            let ending = file.rsplit_once('.').map(|(_, ending)| ending);
            let is_passed_over = file.starts_with('.') && self.reader.defaults.skips_hidden;
            if is_passed_over || ending.is_some_and(|ending| COMPANIONS.contains(&ending)) {
                continue;
            }
            let path = directory.join(&file);
            if files.kind(&path) == Some(Kind::File) {
                self.bundle += 1;
                self.file(&format!("{}/{file}", name.trim_end_matches('/')), &path, wanted);
            }
        }
    }
}
