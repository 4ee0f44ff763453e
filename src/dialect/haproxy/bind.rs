//! `bind` lines.

use super::address::{self, Address, Reach, Socket};
use super::global::Loading;
use super::release::{self, Lookup};
use super::settings::{Certainty, Field, Settings, with_step};
use super::words::Argument;
use crate::endpoint::Transport;
use crate::setting::{Setting, Step, Unknown};
use crate::span::Location;
use crate::target::Release;
use std::sync::Arc;

/// One `bind` line with what it inherits.
#[derive(Clone, Debug)]
pub(super) struct Bind {
    /// The whole line.
    pub(super) location: Location,
    /// The address word as written, for messages.
    pub(super) written: String,
    /// Where it listens; empty where a variable or template says.
    pub(super) addresses: Vec<Address>,
    /// From where that can be reached.
    pub(super) reach: Reach,
    /// `ssl`.
    pub(super) ssl: Field<bool>,
    /// `crt`, `crt-list`, `default-crt`, in order.
    pub(super) certificates: Vec<CertificateWord>,
    pub(super) settings: Settings,
    pub(super) accepts_proxy: bool,
    /// `proto`: what is spoken above the socket, ALPN aside.
    pub(super) mux: Option<Argument>,
    pub(super) generates: bool,
    /// `ca-sign-file`.
    pub(super) signs_with: Option<Argument>,
    /// Whether an IPv6 wildcard takes IPv4 too, as the system has it unless `v6only` is set.
    pub(super) v4v6: bool,
    /// What global sections above the line say about certificates.
    pub(super) loading: Loading,
    /// Keywords that a template may add.
    pub(super) open: Option<Arc<Unknown>>,
}

/// A word that names certificates.
#[derive(Clone, Debug)]
pub(super) struct CertificateWord {
    pub(super) kind: CertificateKind,
    /// Keyword and path.
    pub(super) location: Location,
    pub(super) path: Argument,
    pub(super) above: Above,
    /// The words of an `ssl-f-use` line; empty for words of a `bind` line.
    pub(super) options: Vec<Argument>,
}

/// What stands above a word that names certificates and counts for it.
#[derive(Clone, Debug)]
pub(super) struct Above {
    /// `crt-base`.
    pub(super) crt_base: Option<String>,
    /// How many certificates are in stores.
    pub(super) stored: usize,
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CertificateKind {
    /// A file or a directory of them.
    File,
    /// A file that also serves clients that name nobody.
    Default,
    /// A list of files with names and options.
    List,
    /// A file as on a line of a list, named by `ssl-f-use`.
    Used,
}

/// What surrounds a `bind` line.
pub(super) struct Surroundings<'a> {
    pub(super) release: Option<Release>,
    /// `ssl-default-bind-*` as they stand above the line.
    pub(super) defaults: &'a Settings,
    /// The step by which they come.
    pub(super) step: Step,
    pub(super) loading: &'a Loading,
    pub(super) above: Above,
    pub(super) certainty: &'a Certainty,
    pub(super) is_templated: bool,
}

/// Reads the line's arguments: `bind` itself, the address, the options. `start` is what of the address the text itself shows.
pub(super) fn parse(
    location: Location,
    (start, address): (&str, &Argument),
    arguments: &[Argument],
    around: &Surroundings<'_>,
    refuse: &mut dyn FnMut(Location, String),
) -> Bind {
    let mut bind = Bind {
        location,
        written: address.text().unwrap_or_default().to_owned(),
        addresses: Vec::new(),
        reach: address::reach_of_start(start),
        ssl: None,
        certificates: Vec::new(),
        settings: Settings::default(),
        loading: around.loading.clone(),
        accepts_proxy: false,
        mux: None,
        generates: false,
        signs_with: None,
        v4v6: true,
        open: None,
    };
    if let Some(text) = address.text() {
        let text = text.strip_suffix(',').unwrap_or(text);
        for part in text.split(',') {
            let parsed = address::parse(part);
            let fault = match &parsed {
                Some(parsed) => parsed.refused_by_bind(part),
                None => Some("missing port number or invalid address".to_owned()),
            };
            bind.addresses.extend(parsed);
            if let Some(fault) = fault.filter(|_| !around.is_templated) {
                refuse(address.location, format!("'bind' : {fault} in '{part}'"));
            }
        }
    }
    bind.reach = address::reach_of(&bind.addresses).unwrap_or(bind.reach);
    bind.options(arguments.get(2..).unwrap_or(&[]), around, refuse);
    if bind.ssl.is_some() || bind.is_quic() {
        let tickets = bind.settings.no_tickets.clone();
        bind.settings.inherit(around.defaults, &around.step);
        // The global option and the line's add up; there is no way back to tickets before 3.2.
        bind.settings.no_tickets = tickets
            .or_else(|| around.defaults.no_tickets.as_ref().map(|setting| with_step(setting, &around.step)));
        if let Some(unknown) = &bind.open {
            bind.settings.open(unknown);
        }
    }
    bind
}

impl Bind {
    fn options(
        &mut self,
        arguments: &[Argument],
        around: &Surroundings<'_>,
        refuse: &mut dyn FnMut(Location, String),
    ) {
        let mut rest = arguments;
        while let Some((keyword, after)) = rest.split_first() {
            rest = after;
            let name = match &keyword.value {
                Err(unknown) => {
                    self.open.get_or_insert_with(|| Arc::clone(unknown));
                    continue;
                }
                Ok(name) if name.as_str().is_empty() => return,
                Ok(name) => name.as_str(),
            };
            let entry = match release::look_up(release::BIND, name, around.release) {
                Lookup::Known(entry) => entry,
                Lookup::OtherRelease(entry) => {
                    refuse(keyword.location, format!("unknown keyword '{name}' ({})", entry.releases()));
                    return;
                }
                Lookup::Unknown if around.is_templated || self.open.is_some() => continue,
                Lookup::Unknown => {
                    let Some(hint) = release::unknown(release::BIND, name, around.release) else {
                        let why = format!("no release up to 3.4 knows the word {name} on this line");
                        let unknown = Unknown { at: Some(keyword.location), why };
                        self.open.get_or_insert_with(|| Arc::new(unknown));
                        continue;
                    };
                    refuse(keyword.location, format!("unknown keyword '{name}'{hint}"));
                    return;
                }
            };
            let argument = rest.first().filter(|_| entry.arguments == 1);
            let taken = self.option(name, keyword, argument, around).and_then(|()| errors(name, argument));
            let lacks = entry.arguments == 1 && argument.is_none_or(|argument| argument.text() == Some(""));
            let faulty = taken.err().or_else(|| lacks.then(|| format!("'{name}' : missing value")));
            if let Some(reason) = faulty {
                refuse(argument.map_or(keyword.location, |argument| argument.location), reason);
            }
            rest = rest.get(usize::try_from(entry.arguments).unwrap_or(0)..).unwrap_or(&[]);
        }
    }

    fn option(
        &mut self,
        name: &str,
        keyword: &Argument,
        argument: Option<&Argument>,
        around: &Surroundings<'_>,
    ) -> Result<(), String> {
        if let Some(result) = self.settings.keyword(keyword, argument, around.certainty) {
            return result;
        }
        match name {
            "ssl" => self.ssl = Some(Setting::written(true, keyword.location, [].into())),
            "accept-proxy" => self.accepts_proxy = true,
            "proto" => self.mux = argument.cloned(),
            "generate-certificates" => self.generates = true,
            "ca-sign-file" => self.signs_with = argument.cloned(),
            "v4v6" => self.v4v6 = true,
            "v6only" => self.v4v6 = false,
            "crt" | "crt-list" | "default-crt" => {
                let Some(path) = argument.filter(|path| path.text() != Some("")) else {
                    return Err(format!("'{name}' : missing certificate location"));
                };
                let kind = match name {
                    "crt" => CertificateKind::File,
                    "crt-list" => CertificateKind::List,
                    _ => CertificateKind::Default,
                };
                let location =
                    Location::new(keyword.location.file, keyword.location.span.cover(path.location.span));
                let above = around.above.clone();
                self.certificates.push(CertificateWord {
                    kind,
                    location,
                    path: path.clone(),
                    above,
                    options: Vec::new(),
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the line listens for QUIC.
    pub(super) fn is_quic(&self) -> bool {
        self.addresses.iter().any(|address| address.socket == Socket::Quic)
    }

    /// How it speaks, as far as the line tells; `None` for clear text.
    pub(super) fn transport(&self) -> Option<Transport> {
        if self.is_quic() {
            return Some(Transport::Quic);
        }
        match (&self.ssl, &self.open) {
            (Some(_), _) if self.accepts_proxy => Some(Transport::StartTls),
            (Some(_), _) => Some(Transport::Tls),
            (None, Some(_)) => Some(Transport::Unknown),
            (None, None) => None,
        }
    }
}

/// Looks at the errors of verification that `ca-ignore-err` and `crt-ignore-err` pass over: numbers up to 94, and since 2.7 names.
fn errors(name: &str, argument: Option<&Argument>) -> Result<(), String> {
    let text = argument.and_then(Argument::text).filter(|_| name.ends_with("-ignore-err")).unwrap_or("all");
    let is_wrong = |word: &&str| word.parse::<u64>().is_ok_and(|number| number == 0 || number > LAST_ERROR);
    match text.split(',').find(is_wrong).filter(|_| text != "all") {
        Some(word) => Err(format!("'{name}' : error code '{word}' out of range")),
        None => Ok(()),
    }
}

/// The largest number of an error of verification that HAProxy keeps a bit for (SSL_SOCK_VERIFY_CRTFILE_SIZE).
const LAST_ERROR: u64 = 94;
