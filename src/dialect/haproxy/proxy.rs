//! Sections that listen or connect: frontend, backend, listen, defaults, and those with listeners of their own.

use super::bind::{Bind, CertificateWord};
use super::rules::Rules;
use super::server::{Server, ServerSettings};
use super::words::Argument;
use crate::endpoint::Purpose;
use crate::setting::Unknown;
use crate::span::Location;
use std::sync::Arc;

/// What kind of section it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Backend,
    Defaults,
    Frontend,
    Listen,
    /// `peers`, `ring`, `log-forward`: listeners and servers, but no HTTP.
    Other,
}

impl Kind {
    /// The kind that a section's keyword starts.
    pub(super) fn of(keyword: &str) -> Option<Self> {
        match keyword {
            "backend" => Some(Self::Backend),
            "defaults" => Some(Self::Defaults),
            "frontend" => Some(Self::Frontend),
            "listen" => Some(Self::Listen),
            "log-forward" | "peers" | "ring" => Some(Self::Other),
            _ => None,
        }
    }

    pub(super) const fn listens(self) -> bool {
        matches!(self, Self::Frontend | Self::Listen | Self::Other)
    }

    pub(super) const fn connects(self) -> bool {
        matches!(self, Self::Backend | Self::Listen | Self::Other)
    }
}

/// What the proxy relays.
#[derive(Clone, Debug, Default)]
pub(super) enum Mode {
    /// `mode http`.
    Http,
    /// `mode tcp`, the default: bytes, which may well be somebody else's TLS.
    #[default]
    Tcp,
    /// The files do not show.
    Unknown,
}

/// One section with what it inherits.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    pub(super) keyword: String,
    pub(super) name: String,
    pub(super) head: Location,
    pub(super) mode: Mode,
    pub(super) default_server: ServerSettings,
    pub(super) binds: Vec<Bind>,
    pub(super) servers: Vec<Server>,
    /// The names of a section's peers, each `None` where it is not known.
    peers: Vec<Option<String>>,
    /// The options of `default-bind`, which go before those of each `bind` line.
    pub(super) default_bind: Vec<Argument>,
    /// Certificates of `ssl-f-use` lines.
    pub(super) used: Vec<CertificateWord>,
    pub(super) rules: Rules,
    /// What its listeners in clear are for, once all sections are read.
    pub(super) purpose: Purpose,
    /// Whether some of what it passes on came in by TLS, which ended here.
    pub(super) takes_decrypted: bool,
}

impl Proxy {
    pub(super) fn new(kind: Kind, keyword: &str, name: &str, head: Location) -> Self {
        Self {
            kind,
            keyword: keyword.to_owned(),
            name: name.to_owned(),
            head,
            mode: Mode::default(),
            default_server: ServerSettings::default(),
            binds: Vec::new(),
            servers: Vec::new(),
            peers: Vec::new(),
            default_bind: Vec::new(),
            used: Vec::new(),
            rules: Rules::default(),
            purpose: Purpose::Unknown,
            takes_decrypted: false,
        }
    }

    /// Notes a peer of the section, this process among them.
    pub(super) fn add_peer(&mut self, name: Option<&Argument>) {
        self.peers.push(name.and_then(Argument::text).map(str::to_owned));
    }

    /// Whether it is a section of peers among which `local` is not: HAProxy then takes it out, with its listeners (src/cfgparse.c, "Removing
    /// incomplete section").
    pub(super) fn lacks_peer(&self, local: &str) -> bool {
        let may_be_local = |peer: &Option<String>| peer.as_ref().is_none_or(|name| name == local);
        self.keyword == "peers" && self.rules.unknown.is_none() && !self.peers.iter().any(may_be_local)
    }

    /// Takes over what a `defaults` section says, but for its `default-server`.
    pub(super) fn inherit_rules(&mut self, defaults: &Self) {
        self.mode = defaults.mode.clone();
        // A `default_backend` in defaults serves only frontends.
        self.rules = defaults.rules.below(self.kind != Kind::Backend);
    }

    /// Notes what a statement means for the purpose of listeners in clear.
    pub(super) fn rule(&mut self, arguments: &[Argument], is_certain: bool) {
        // What the files do not show is no word that means anything.
        let words: Vec<&str> = arguments.iter().map(|argument| argument.text().unwrap_or("?")).collect();
        self.rules.note(&words, is_certain);
        if let Some(unknown) = arguments.iter().find_map(|argument| argument.value.as_ref().err()) {
            self.rules.unknown.get_or_insert_with(|| Arc::clone(unknown));
        }
    }

    /// Notes that a template may put anything here.
    pub(super) fn open(&mut self, unknown: &Arc<Unknown>) {
        self.rules.unknown.get_or_insert_with(|| Arc::clone(unknown));
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules;
    use super::*;
    use crate::span::{FileId, Span};
    use crate::text::Text;

    #[track_caller]
    fn check(lines: &[&str], expected: Purpose) {
        let location = Location::new(FileId(0), Span::empty(0));
        let mut proxy = Proxy::new(Kind::Frontend, "frontend", "f", location);
        proxy.mode = Mode::Http;
        for line in lines {
            let words = line.split_whitespace();
            let arguments: Vec<_> =
                words.map(|word| Argument { location, value: Ok(Text::unplaced(word)) }).collect();
            proxy.rule(&arguments, true);
        }
        let mut proxies = [proxy];
        rules::settle(&mut proxies);
        assert_eq!(proxies[0].purpose, expected, "{lines:?}");
    }

    #[test]
    fn redirects_of_everything_in_clear_serve_nothing() {
        let backend = "default_backend app";
        check(&[backend], Purpose::Serves);
        check(&[backend, "http-request redirect scheme https"], Purpose::RedirectOnly);
        check(&[backend, "redirect scheme https code 301 if !{ ssl_fc }"], Purpose::RedirectOnly);
        check(&[backend, "http-request redirect scheme https unless { ssl_fc }"], Purpose::RedirectOnly);
        check(&[backend, "redirect location https://a.test/"], Purpose::RedirectOnly);
        check(&[], Purpose::RedirectOnly);
    }

    #[test]
    fn acme_challenges_may_stay_in_clear() {
        let acl = "acl acme path_beg /.well-known/acme-challenge/";
        let backend = "use_backend acme if acme";
        check(&[acl, backend, "http-request redirect scheme https unless acme"], Purpose::RedirectOnly);
        check(&[acl, backend, "redirect scheme https if !acme !{ ssl_fc }"], Purpose::RedirectOnly);
        let anonymous = "redirect scheme https if !{ path_beg /.well-known/acme-challenge/ }";
        check(&[backend, anonymous], Purpose::RedirectOnly);
        check(&[backend, "redirect scheme https if !{ path_beg /api }"], Purpose::Serves);
        check(&[acl, backend, "default_backend app", "redirect scheme https if acme"], Purpose::Serves);
        // Nobody is asked for the rest, which HAProxy refuses (503).
        check(&[acl, backend], Purpose::RedirectOnly);
    }

    #[test]
    fn health_checks_beside_redirects_are_minor() {
        let backend = "default_backend app";
        let redirect = "http-request redirect scheme https unless { ssl_fc }";
        check(&["monitor-uri /healthz", backend, redirect], Purpose::RedirectMostly);
        check(&["http-request return status 200 if { path /healthz }", redirect], Purpose::RedirectMostly);
        check(&["http-request return status 200"], Purpose::Serves);
        check(&["http-request return status 404"], Purpose::RedirectOnly);
        check(
            &[backend, "redirect scheme https unless { ssl_fc } or { path /healthz }"],
            Purpose::RedirectMostly,
        );
        check(&[backend, "redirect scheme https unless { ssl_fc } or { path /api }"], Purpose::Serves);
        check(
            &[backend, "redirect scheme https unless { ssl_fc } || { hdr(X-Forwarded-Proto) -i https }"],
            Purpose::RedirectMostly,
        );
        check(
            &["acl local src 127.0.0.0/8", backend, "redirect scheme https if !local"],
            Purpose::RedirectOnly,
        );
        check(
            &[backend, "http-request redirect scheme https if { path_reg ^/a } or !{ ssl_fc }"],
            Purpose::RedirectOnly,
        );
        check(&["stats enable", redirect], Purpose::RedirectOnly);
        check(&["stats uri /status"], Purpose::Serves);
    }

    #[test]
    fn redirects_of_some_requests_leave_the_rest() {
        let backend = "default_backend app";
        check(&[backend, "redirect scheme https if { hdr(host) a.test }"], Purpose::Serves);
        check(&[backend, "redirect scheme https if { ssl_fc }"], Purpose::Serves);
        check(&[backend, "redirect scheme http"], Purpose::Serves);
        check(&["acl tls ssl_fc", backend, "redirect scheme https if !tls"], Purpose::RedirectOnly);
    }
}
