//! `crt-store` sections: certificates under names of their own (`crtstore_load` in src/ssl_ckch.c, since 3.0), and `ssl-f-use` lines.

use super::bind::{CertificateKind, CertificateWord};
use super::global::Global;
use super::proxy::Kind;
use super::reader::Reader;
use super::release::{self, Lookup};
use super::words::Argument;
use crate::certificate;
use crate::span::Location;
use std::collections::BTreeMap;
use std::path::Path;

/// One `load` line.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// Where the certificate's file is named.
    pub(super) path: Argument,
    /// The file, with `crt-base` in front.
    pub(super) file: String,
    pub(super) parts: FileParts,
    /// How many `load` lines stand above.
    number: usize,
}

/// What is said of a certificate's file besides TLS settings (`struct ckch_conf`).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FileParts {
    source: PartsSource,
    /// The options by name, without the certificate itself and its alias.
    options: BTreeMap<String, String>,
}

/// Where they are said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum PartsSource {
    #[default]
    Nowhere,
    /// On a line of a crt-list, or on an `ssl-f-use` line.
    Line,
    /// On a `load` line.
    Store,
}

impl FileParts {
    /// Notes an option of a crt-list line or an `ssl-f-use` line.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.source = PartsSource::Line;
        self.insert(name, value);
    }

    fn insert(&mut self, name: &str, value: &str) {
        // Stapled answers are not looked for unless told (`ocsp-update.mode`).
        let is_default = name == "ocsp-update" && value == "off";
        if !matches!(name, "alias" | "crt") && !is_default {
            self.options.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The key's file, as written.
    pub(super) fn key(&self) -> Option<&str> {
        self.options.get("key").map(String::as_str)
    }

    /// Whether files beside the certificate are looked for: where none is named (ckch_store_new_load_files_conf()).
    pub(super) fn looks_beside(&self) -> bool {
        let names_file =
            ["issuer", "key", "ocsp", "sctl"].iter().any(|name| self.options.contains_key(*name));
        self.source != PartsSource::Store && !names_file
    }

    /// Whether a file that was loaded with these can be used again with `later` (ckch_conf_cmp()).
    pub(super) fn fits(&self, later: &Self) -> bool {
        match (self.source, later.source) {
            (PartsSource::Nowhere | PartsSource::Store, PartsSource::Nowhere) => true,
            (PartsSource::Nowhere, PartsSource::Line) | (PartsSource::Line, PartsSource::Nowhere) => false,
            _ => self.options == later.options,
        }
    }
}

/// The stores so far, by the names that `crt` takes: `@web/shop`, or the whole path for files of the store without a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Stores {
    by_name: BTreeMap<String, Stored>,
    /// Files that `bind` lines have loaded, by path, each with what was said of it and where it was named first.
    pub(super) loaded: BTreeMap<String, (FileParts, Location)>,
    section: String,
    crt_base: Option<String>,
    key_base: Option<String>,
    /// Whether the section has had a `load` line, behind which no base may stand.
    has_load: bool,
}

impl Stores {
    /// How many certificates are in the stores.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// What a name stands for where `above` certificates are in the stores.
    pub(super) fn get(&self, name: &str, above: usize) -> Option<&Stored> {
        self.by_name.get(name).filter(|stored| stored.number < above)
    }

    fn open(&mut self, name: &str, global: &Global) {
        name.clone_into(&mut self.section);
        self.crt_base.clone_from(&global.crt_base);
        self.key_base.clone_from(&global.key_base);
        self.has_load = false;
    }

    /// The name under which the file of a `load` line is found.
    fn name(&self, alias: Option<&str>, path: &str, global: &Global) -> String {
        match (alias, self.section.as_str()) {
            (Some(alias), section) => format!("@{section}/{alias}"),
            (None, "") => behind(global.crt_base.as_deref(), path),
            (None, section) => format!("@{section}{}{path}", if path.starts_with('/') { "" } else { "/" }),
        }
    }
}

/// A path with what `crt-base` or `key-base` puts in front of it.
pub(super) fn behind(base: Option<&str>, path: &str) -> String {
    match base {
        Some(base) if !path.starts_with(['/', '@']) => format!("{base}/{path}"),
        _ => path.to_owned(),
    }
}

impl Reader<'_> {
    /// Starts a `crt-store` section.
    pub(super) fn store_section(&mut self, arguments: &[Argument]) {
        let name = arguments.get(1).and_then(Argument::text).unwrap_or_default();
        self.stores.open(name, &self.global);
        if let Some(further) = arguments.get(2).filter(|argument| argument.text() != Some("")) {
            self.refuse(further.location, "'crt-store' section only supports a <name> argument".to_owned());
        }
    }

    /// Reads one statement of a `crt-store` section.
    pub(super) fn store_statement(&mut self, arguments: &[Argument]) {
        let Some((keyword, rest)) = arguments.split_first() else { return };
        let mut faults = Vec::new();
        match keyword.text() {
            None => {}
            Some("load") => self.load_line(keyword, rest, &mut faults),
            Some(name @ ("crt-base" | "key-base")) => {
                let base = rest.first().and_then(Argument::text).filter(|base| !base.is_empty());
                if base.is_none() && rest.is_empty() {
                    faults.push((keyword.location, format!("'{name}' requires a <path> argument")));
                } else if self.stores.has_load {
                    let reason = format!("'{name}' can't be used after a load line");
                    faults.push((keyword.location, reason));
                }
                let base = base.map(str::to_owned);
                match name {
                    "crt-base" => self.stores.crt_base = base,
                    _ => self.stores.key_base = base,
                }
            }
            Some(name) => {
                faults.push((keyword.location, format!("unknown keyword '{name}' in 'crt-store' section")));
            }
        }
        if self.is_fixed() {
            for (location, reason) in faults {
                self.refuse(location, reason);
            }
        }
    }

    fn load_line(&mut self, keyword: &Argument, rest: &[Argument], faults: &mut Vec<(Location, String)>) {
        self.stores.has_load = true;
        let (mut path, mut alias) = (None, None);
        let mut parts = FileParts { source: PartsSource::Store, ..FileParts::default() };
        for pair in rest.chunks(2) {
            let [name, values @ ..] = pair else { continue };
            let value = values.first();
            let Some(option) = name.text() else { return };
            let Lookup::Known(_) = release::look_up(release::CRTSTORE, option, self.release) else {
                faults.push((
                    name.location,
                    format!("'load' in section 'crt-store': unknown keyword '{option}'"),
                ));
                return;
            };
            match (option, value) {
                ("crt", value) => path = value.cloned(),
                ("alias", value) => alias = value.and_then(Argument::text),
                (_, value) => parts.insert(option, value.and_then(Argument::text).unwrap_or_default()),
            }
            faults.extend(fault(option, value).map(|reason| (name.location, reason)));
        }
        let Some(path) = path else {
            let reason = "'load' in section 'crt-store': mandatory 'crt' parameter not found".to_owned();
            faults.push((keyword.location, reason));
            return;
        };
        let written = path.text().unwrap_or_default();
        let name = self.stores.name(alias, written, &self.global);
        let file = behind(self.stores.crt_base.as_deref(), written);
        let key = parts.key().map(|key| behind(self.stores.key_base.as_deref(), key));
        let is_unread = |named: &&String| {
            self.is_missing(named, path.location.file)
                || (**named == file && self.is_no_certificate(&path, named))
        };
        for named in std::iter::once(&file).chain(&key).filter(is_unread) {
            faults.push((path.location, format!("'load' : '{named}' cannot be read or parsed")));
        }
        if let Some(earlier) = self.stores.by_name.get(&name).map(|stored| stored.path.location) {
            if self.notes.is_doubtful(earlier) {
                return;
            }
            let reason = format!("'load' in section 'crt-store': store '{name}' was already defined");
            faults.push((path.location, reason));
            return;
        }
        let number = self.stores.len();
        self.stores.by_name.insert(name, Stored { path, file, parts, number });
    }

    /// Whether a file is at hand and holds no certificate.
    fn is_no_certificate(&self, named: &Argument, file: &str) -> bool {
        let found = self.find(Path::new(file), named.location.file);
        let bytes = found.and_then(|path| self.context.files.bytes(&path).ok());
        bytes.is_some_and(|bytes| certificate::read(&bytes).is_err())
    }

    /// Reads an `ssl-f-use` line (`proxy_parse_ssl_f_use` in src/cfgparse-ssl.c, since 3.2). It is for every `bind` line with `ssl` of the
    /// frontend that ends next, whose own certificates come first; of several such lines the last comes first.
    pub(super) fn use_certificate(&mut self, location: Location, arguments: &[Argument], kind: Kind) {
        let mut options = arguments.get(1..).unwrap_or(&[]).to_vec();
        let named: Vec<_> =
            options.iter().enumerate().filter(|(_, option)| option.is("crt")).map(|(at, _)| at).collect();
        let (Some(&first), Some(path)) =
            (named.first(), named.first().and_then(|at| options.get(at + 1)).cloned())
        else {
            return self.refuse(location, "'ssl-f-use' : no 'crt' keyword specified".to_owned());
        };
        if let Some(second) = named.get(1).and_then(|at| options.get(*at)) {
            self.refuse(second.location, "'ssl-f-use' : 'crt' already specified".to_owned());
        }
        // What is left is as on a line of a crt-list.
        options.drain(first..first + 2);
        let word =
            CertificateWord { kind: CertificateKind::Used, location, path, above: self.above(), options };
        match self.proxies.last_mut() {
            Some(proxy) if matches!(kind, Kind::Frontend | Kind::Listen) => proxy.used.insert(0, word),
            _ => self.unused.insert(0, word),
        }
    }
}

/// Why HAProxy does not take an option of a certificate's file.
pub(super) fn fault(option: &str, value: Option<&Argument>) -> Option<String> {
    let text = value.map_or(Some(""), Argument::text)?;
    match option {
        "ocsp-update" if !matches!(text, "on" | "off") => {
            Some(format!("cannot parse 'ocsp-update' value '{text}', 'on' or 'off' is expected"))
        }
        "alias" if text.starts_with('/') => {
            Some(format!("cannot parse 'alias' value '{text}', '/' is forbidden as the first character"))
        }
        "crt" | "key" if text.is_empty() => Some(format!("'{option}' names no file")),
        _ => None,
    }
}
