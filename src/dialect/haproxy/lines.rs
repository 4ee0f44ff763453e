//! Lines of `global`, and `bind`, `server` and `default-server` lines in their sections.

use super::bind;
use super::global::Outcome;
use super::named;
use super::observe;
use super::proxy::Mode;
use super::reader::Reader;
use super::release;
use super::server::{self, Fault, Server, ServerSettings};
use super::settings::Certainty;
use super::words::Argument;
use crate::setting::Step;
use crate::span::Location;
use crate::syntax::haproxy::{Line, Part, Word};
use crate::target::Release;
use std::sync::Arc;

/// Words of `global` that count threads: since 2.7 they stand before every other section (src/thread.c).
const THREADS: [&str; 3] = ["nbthread", "thread-group", "thread-groups"];

impl Reader<'_> {
    pub(super) fn global_statement(&mut self, name: &str, arguments: &[Argument], certainty: &Certainty) {
        let value = |at: usize| arguments.get(at).and_then(Argument::text);
        let is_doubtful = matches!(certainty, Certainty::Maybe(_));
        let takes_more = self.release.is_none_or(|release| release < Release::new(3, 0, 0));
        let is_wrong = match name {
            "presetenv" | "setenv" => arguments.len() < 3 || arguments.len() > 3 && !takes_more,
            "unsetenv" => arguments.len() < 2,
            _ => false,
        };
        if is_wrong
            && !self.is_templated
            && let Some(keyword) = arguments.first()
        {
            let wanted = if name == "unsetenv" { "at least one variable name" } else { "a name and a value" };
            self.refuse(keyword.location, format!("'{name}' expects {wanted}"));
        }
        match (name, value(1), value(2)) {
            ("presetenv" | "setenv", Some(name), _) if is_doubtful => self.environment.doubt(name),
            ("unsetenv", ..) if is_doubtful => {
                arguments.iter().skip(1).filter_map(Argument::text).for_each(|name| {
                    self.environment.doubt(name);
                });
            }
            ("resetenv", ..) if is_doubtful => {}
            ("setenv", Some(name), Some(value)) => self.environment.set(name, value),
            ("presetenv", Some(name), Some(value)) => self.environment.set_default(name, value),
            ("unsetenv", ..) => arguments.iter().skip(1).filter_map(Argument::text).for_each(|name| {
                self.environment.unset(name);
            }),
            ("resetenv", ..) => {
                let kept: Vec<_> = arguments.iter().skip(1).filter_map(Argument::text).collect();
                self.environment.reset(&kept);
            }
            _ => {}
        }
        if self.first_other.is_some() && THREADS.contains(&name) {
            let knows =
                self.is_fixed() && self.release.is_some_and(|release| release >= Release::new(2, 7, 0));
            if let Some(keyword) = arguments.first().filter(|_| knows) {
                let reason = format!("'{name}' not allowed if a non-global section was previously defined");
                self.notes.refuse_beside(keyword.location, self.first_other.as_slice(), reason);
            }
        }
        if name.starts_with("ssl-default-") {
            observe::late_global(self, name, arguments);
        }
        let outcome = self.global.statement(arguments, certainty, self.release, self.is_templated);
        if let Outcome::Refused(location, reason) = outcome {
            self.refuse(location, reason);
        }
        if let ("ssl-dh-param-file", Some(file)) = (name, arguments.get(1)) {
            named::dh_parameters(self, file);
        }
    }

    pub(super) fn bind(
        &mut self,
        line: &Line,
        arguments: &[Argument],
        certainty: &Certainty,
        inner: Option<Location>,
    ) {
        let location = self.at(line.span);
        let expected = "'bind' expects an address and a port";
        let Some(word) = line.words.get(1) else {
            return self.refuse(location, expected.to_owned());
        };
        let address = self.replacer().address(self.file(), word);
        if address.is("") {
            return self.refuse(location, expected.to_owned());
        }
        observe::repeated(self, release::BIND, arguments.get(2..).unwrap_or(&[]));
        let inherited = self.proxies.last().map_or(&[][..], |proxy| &proxy.default_bind).iter();
        let (head, own) = arguments.split_at(arguments.len().min(2));
        let arguments: Vec<_> = head.iter().chain(inherited).chain(own).cloned().collect();
        let around = bind::Surroundings {
            release: self.release,
            defaults: &self.global.bind,
            step: self.global_step(),
            loading: &self.global.loading,
            above: self.above(),
            // Options of a line in a branch hold for the line; only branches inside it make them doubtful.
            certainty: &inner.map_or(Certainty::Certain, |_| certainty.clone()),
            is_templated: self.is_templated,
        };
        let mut refused = Vec::new();
        let start = match word.parts.first() {
            Some(Part::Text(text)) => text.as_str(),
            _ => "",
        };
        let mut bind = bind::parse(location, (start, &address), &arguments, &around, &mut |at, reason| {
            refused.push((at, reason));
        });
        if let (Some(_), Certainty::Maybe(unknown)) = (inner, certainty) {
            bind.settings.open(unknown);
        }
        for (at, reason) in refused {
            self.refuse(at, reason);
        }
        named::files(self, release::BIND, arguments.get(2..).unwrap_or(&[]));
        if let Some(proxy) = self.proxies.last_mut() {
            proxy.binds.push(bind);
        }
    }

    pub(super) fn default_server(
        &mut self,
        arguments: &[Argument],
        certainty: &Certainty,
        is_defaults: bool,
    ) {
        let proxy = if is_defaults { self.default_sections.last() } else { self.proxies.last() };
        let Some(mut settings) = proxy.map(|proxy| proxy.default_server.clone()) else { return };
        self.server_options(&mut settings, arguments.get(1..).unwrap_or(&[]), certainty, true);
        let proxy = if is_defaults { self.default_sections.last_mut() } else { self.proxies.last_mut() };
        if let Some(proxy) = proxy {
            proxy.default_server = settings;
        }
    }

    pub(super) fn server(
        &mut self,
        name: &str,
        line: &Line,
        arguments: &[Argument],
        certainty: &Certainty,
        inner: Option<Location>,
    ) {
        let location = self.at(line.span);
        let at = if name == "server-template" { 3 } else { 2 };
        let Some(proxy) = self.proxies.last_mut() else { return };
        proxy.add_peer(arguments.get(1));
        let Some(proxy) = self.proxies.last() else { return };
        if proxy.keyword == "peers" && line.words.len() <= at {
            // The peer that this process is itself.
            return;
        }
        let address = line.words.get(at).map(|word| self.replacer().address(self.file(), word));
        let address = address.as_ref().and_then(server::address);
        let is_quic = address.as_ref().is_some_and(|address| address.socket == super::address::Socket::Quic);
        // A name that is not known goes by what stands in its place.
        let text = self.context.files.source(self.file());
        let written = line.words.get(1).map_or("", |word| word.span.of(text.text()));
        let own = arguments.get(1).and_then(Argument::text).unwrap_or(written);
        let label = if proxy.name.is_empty() { own.to_owned() } else { format!("{}/{own}", proxy.name) };
        let step = Step {
            location: proxy.head,
            what: format!("by default-server of {} {}", proxy.keyword, proxy.name),
        };
        let mut settings = ServerSettings::inherited(&proxy.default_server, &step);
        settings.open.clone_from(&proxy.default_server.open);
        // A placeholder that ends the line may hold options behind the name or the address.
        let last = arguments.len().checked_sub(1).filter(|last| (1..=at).contains(last));
        let is_template = |word: &Word| word.parts.iter().all(|part| matches!(part, Part::Template(_)));
        if let Some(last) = last.filter(|last| line.words.get(*last).is_some_and(is_template))
            && let Some(Err(unknown)) = arguments.get(last).map(|argument| &argument.value)
        {
            settings.open.get_or_insert_with(|| Arc::clone(unknown));
        }
        let is_http = matches!(proxy.mode, Mode::Http);
        let certainty = inner.map_or(Certainty::Certain, |_| certainty.clone());
        if is_quic && self.release.is_some_and(|release| release < server::QUIC_SINCE) {
            self.refuse(location, "QUIC is not supported for servers before 3.3".to_owned());
        }
        self.server_options(&mut settings, arguments.get(at + 1..).unwrap_or(&[]), &certainty, false);
        let server = Server { location, label, address, settings, is_http };
        if let Some(proxy) = self.proxies.last_mut() {
            proxy.servers.push(server);
        }
    }

    fn server_options(
        &mut self,
        settings: &mut ServerSettings,
        arguments: &[Argument],
        certainty: &Certainty,
        is_default: bool,
    ) {
        observe::repeated(self, release::SERVER, arguments);
        let around = server::Surroundings {
            release: self.release,
            defaults: &self.global.server,
            step: self.global_step(),
            above: self.above(),
            certainty,
            is_templated: self.is_templated,
            is_default,
            no_ssl_keeps_ciphers: self.defaults.no_ssl_keeps_ciphers,
        };
        let mut faults = Vec::new();
        settings.options(arguments, &around, &mut |at, fault| faults.push((at, fault)));
        named::files(self, release::SERVER, arguments);
        for (at, fault) in faults {
            match fault {
                Fault::Refused(reason) => self.refuse(at, reason),
                Fault::Dropped(reason) => observe::dropped(self, at, &reason),
            }
        }
    }
}
