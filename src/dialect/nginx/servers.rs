//! The listening side: sockets and names to endpoints.

use super::config::{Kind, ScopeId};
use super::listen::{self, Member, Reach, Socket};
use super::relays::{Pass, Relays};
use super::release;
use super::tls::{Context, LISTENING, Surroundings, build};
use super::values::Found;
use super::{SPELLING, observe, purpose};
use crate::budget::Resource;
use crate::endpoint::{
    Dialect, Endpoint, Failing, Model, Otherwise, Protocols, Purpose, Regimes, ServedName, Tls13Suites,
    Transport,
};
use crate::library::{Parser, handshake};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::Setting;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Every listening endpoint of http, stream or mail; those that pass connections on as they are go to `relays`.
pub(super) fn read(around: &Surroundings<'_>, kind: Kind, relays: &mut Relays, model: &mut Model) {
    let sockets = listen::sockets(around.values, kind, model);
    let waiting = sockets.iter().filter(|socket| socket.waits_for_line);
    relays.waiting.extend(waiting.flat_map(Socket::addresses));
    let mut reader =
        Reader { around, kind, contexts: HashMap::new(), failing: HashMap::new(), relays, model };
    reader.build_contexts(&sockets);
    reader.check_sockets(&sockets);
    let mut of_server: HashMap<ScopeId, Vec<(usize, usize)>> = HashMap::new();
    for (index, socket) in sockets.iter().enumerate() {
        for (position, member) in socket.servers.iter().enumerate() {
            of_server.entry(member.server).or_default().push((index, position));
        }
    }
    for server in around.values.config.of_kind(kind) {
        match of_server.get(&server) {
            Some(places) => reader.server(server, places, &sockets),
            None => reader.unbound(server),
        }
    }
}

/// Directives that say that TLS is meant.
const TELLING: [&str; 6] =
    ["ssl_certificate", "ssl_ciphers", "ssl_conf_command", "ssl_dhparam", "ssl_ecdh_curve", "ssl_protocols"];

struct Reader<'r, 'a> {
    around: &'r Surroundings<'a>,
    kind: Kind,
    contexts: HashMap<ScopeId, Rc<Context>>,
    /// Default servers, and whether the library refuses every hello while their contexts rule.
    failing: HashMap<ScopeId, bool>,
    /// Endpoints that pass connections on as they are.
    relays: &'r mut Relays,
    model: &'r mut Model,
}

/// What tells the endpoints of one server apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Group {
    transport: Transport,
    /// The default server of the socket, unless it is this one.
    other_default: Option<ScopeId>,
    /// Whether that server is the default whatever else there may be, so that what it says rules.
    is_ruled: bool,
}

impl Reader<'_, '_> {
    fn build_contexts(&mut self, sockets: &[Socket]) {
        let config = self.around.values.config;
        let mut wanted: Vec<ScopeId> = config.of_kind(self.kind).collect();
        let in_tls: HashSet<ScopeId> = sockets
            .iter()
            .filter(|socket| self.is_tls(socket) || socket.may_have_ssl || self.kind == Kind::MailServer)
            .flat_map(|socket| socket.servers.iter().map(|member| member.server))
            .collect();
        wanted.retain(|server| {
            in_tls.contains(server)
                || config.scope(*server).blind.is_some()
                || !matches!(self.around.values.find(*server, "ssl_certificate"), Found::Absent)
        });
        for server in wanted {
            let context = Rc::new(build(self.around, LISTENING, server, self.model));
            self.contexts.insert(server, context);
        }
    }

    fn is_tls(&self, socket: &Socket) -> bool {
        socket.is_quic || socket.has_ssl || self.around.values.is_on(socket.default_server(), "ssl")
    }

    /// What `ngx_http_ssl_init` refuses once everything is read.
    fn check_sockets(&mut self, sockets: &[Socket]) {
        let config = self.around.values.config;
        if config.is_fragment {
            return;
        }
        for socket in sockets {
            if !self.is_tls(socket) {
                continue;
            }
            let default = socket.default_server();
            let Some(context) = self.contexts.get(&default).cloned() else { continue };
            let Some(head) = config.scope(default).head else { continue };
            let location = config.units.location(head);
            let what = if socket.is_quic { "quic" } else { "ssl" };
            let lacks = |context: &Context| matches!(context.certificates, Setting::Default { .. });
            let missing =
                format!("no \"ssl_certificate\" is defined for the \"listen ... {what}\" directive");
            if lacks(&context) && !context.rejects {
                super::validate::refuse(self.model, location, missing);
            } else if lacks(&context) {
                for member in &socket.servers {
                    let Some(other) = self.contexts.get(&member.server) else { continue };
                    if let Some(head) =
                        config.scope(member.server).head.filter(|_| lacks(other) && !other.rejects)
                    {
                        super::validate::refuse(self.model, config.units.location(head), missing.clone());
                    }
                }
            } else if socket.is_quic {
                self.check_quic(socket, &context);
            }
        }
    }

    fn check_quic(&mut self, socket: &Socket, context: &Context) {
        let config = self.around.values.config;
        let Some(protocols) = context.protocols.value() else { return };
        let Some(member) =
            socket.servers.get(socket.default.0).filter(|_| !protocols.set.contains(Protocol::Tls13))
        else {
            return;
        };
        let location = context.protocols.location().unwrap_or_else(|| config.units.location(member.place));
        let reason = "\"ssl_protocols\" must enable TLSv1.3 for the \"listen ... quic\" directive";
        super::validate::refuse(self.model, location, reason);
        observe::quic_without_tls13(self.around, member, location, self.model);
    }

    fn server(&mut self, server: ScopeId, places: &[(usize, usize)], sockets: &[Socket]) {
        let config = self.around.values.config;
        if let Some(head) = config.scope(server).head
            && !self.around.budget.take(Resource::Endpoints, 1, config.units.location(head))
        {
            return;
        }
        let mut groups: Vec<(Group, Vec<&Socket>, Member)> = Vec::new();
        for (index, position) in places {
            let Some(socket) = sockets.get(*index) else { continue };
            let Some(member) = socket.servers.get(*position) else { continue };
            let default = socket.default_server();
            let transport = self.transport(server, socket);
            let is_plain = matches!(transport, Transport::Plaintext(_));
            let other_default = (default != server).then_some(default);
            // In clear there is nothing to tell names apart by.
            let is_ruled = !self.around.values.config.is_fragment || socket.names_default();
            let group = Group { transport, other_default: other_default.filter(|_| !is_plain), is_ruled };
            match groups.iter_mut().find(|(known, ..)| *known == group) {
                Some((_, sockets, _)) => sockets.push(socket),
                None => groups.push((group, vec![socket], *member)),
            }
        }
        let several = groups.len() > 1;
        self.unused_settings(server, &groups);
        for (group, sockets, member) in groups {
            let endpoint = self.endpoint(server, group, &sockets, Some(member));
            if let Some(default) = group.other_default.filter(|_| group.is_ruled) {
                let (own, rules) = (self.context(server), self.context(default));
                let on = if several { endpoint.place() } else { String::new() };
                observe::ignored_protocols(self.around, (server, &own), (default, &rules), &on, self.model);
            }
            if self.kind == Kind::StreamServer
                && endpoint.transport == Transport::Plaintext(Purpose::PassThrough)
            {
                self.note_passes(server);
            }
            self.model.endpoints.push(endpoint);
        }
    }

    /// Settings of TLS in a server that listens in clear alone: nobody reads them.
    fn unused_settings(&mut self, server: ScopeId, groups: &[(Group, Vec<&Socket>, Member)]) {
        let config = self.around.values.config;
        let is_clear = |group: &Group| matches!(group.transport, Transport::Plaintext(_));
        let is_certain = config.around(server).all(|scope| config.scope(scope).blind.is_none());
        if is_certain && groups.iter().all(|(group, ..)| is_clear(group)) {
            observe::unused_protocols(self.around, server, self.model);
        }
    }

    /// Notes where the server whose endpoint comes next passes connections on to.
    fn note_passes(&mut self, server: ScopeId) {
        let values = self.around.values;
        let sends_line = match values.flag(server, "proxy_protocol") {
            None => Some(false),
            Some(flag) => flag.value().copied(),
        };
        let targets = values.config.here(server, "proxy_pass");
        let endpoint = self.model.endpoints.len();
        self.relays.passes.extend(targets.map(|entry| Pass {
            endpoint,
            target: values.config.units.argument(entry.place, 0).into_owned(),
            sends_line,
        }));
    }

    /// A server of a fragment, or one whose `listen` is not to be seen.
    fn unbound(&mut self, server: ScopeId) {
        let config = self.around.values.config;
        let scope = config.scope(server);
        let tells =
            |scope: ScopeId| config.scope(scope).entries.iter().any(|entry| TELLING.contains(&entry.name));
        let speaks = tells(server) || (scope.head.is_none() && scope.parent.is_some_and(tells));
        if (scope.blind.is_none() && scope.head.is_some()) || !speaks {
            return;
        }
        let group = Group { transport: Transport::Tls, other_default: None, is_ruled: false };
        let endpoint = self.endpoint(server, group, &[], None);
        self.model.endpoints.push(endpoint);
    }

    fn transport(&self, server: ScopeId, socket: &Socket) -> Transport {
        let values = self.around.values;
        if socket.is_quic {
            return Transport::Quic;
        }
        if self.is_tls(socket) {
            return Transport::Tls;
        }
        if socket.may_have_ssl {
            return Transport::Unknown;
        }
        if self.kind == Kind::MailServer {
            let starttls = values.text(server, "starttls");
            match starttls.as_ref().map(|setting| setting.value().map(crate::text::Text::as_str)) {
                Some(None) => return Transport::Unknown,
                Some(Some("on" | "only")) => return Transport::StartTls,
                None | Some(Some(_)) => {}
            }
        }
        let is_local = socket.reach == Reach::Machine;
        let purpose = match self.kind {
            Kind::StreamServer => purpose::of_stream(values, server, is_local),
            _ if is_local => Purpose::Local,
            Kind::Server => purpose::of_server(values.config, server, socket.default_server() == server),
            _ => Purpose::Serves,
        };
        Transport::Plaintext(match (purpose, socket.reach) {
            (Purpose::Serves, Reach::Unknown) => Purpose::MaybeLocal,
            (purpose, _) => purpose,
        })
    }

    fn endpoint(
        &mut self,
        server: ScopeId,
        group: Group,
        sockets: &[&Socket],
        member: Option<Member>,
    ) -> Endpoint {
        let around = self.around;
        let config = around.values.config;
        let own = self.context(server);
        let default = group.other_default.map(|default| self.context(default));
        let names = self.names(server);
        let addresses: Vec<String> = sockets.iter().flat_map(|socket| socket.addresses()).collect();
        let default = default.filter(|_| group.is_ruled);
        let name_first = around.running.has(release::NAME_CHOSEN_FIRST);
        let effective = effective(around, &own, default.as_deref(), name_first);
        let first =
            names.iter().find(|name| !name.name.is_empty()).map_or("server", |name| name.name.as_str());
        let label = match addresses.first() {
            Some(address) => format!("{first} on {address}"),
            None if config.is_fragment => "whatever includes this file".to_owned(),
            None => "servers in files that are not at hand".to_owned(),
        };
        let place = member.map(|member| member.place).or(config.scope(server).head);
        let location = place.map_or_else(|| self.first_setting(server), |place| config.units.location(place));
        let refuses = effective.rejects.then(|| "ssl_reject_handshake is on".to_owned());
        let otherwise = default.as_deref().and_then(|default| otherwise(around, &own, default, &effective));
        let failing = group.other_default.filter(|default| self.fails_at_once(*default));
        let fails = failing.map(|default| self.failing(default, location));
        Endpoint {
            dialect: Dialect::Nginx,
            role: Role::Server,
            spelling: &SPELLING,
            location,
            label,
            names,
            is_default: group.other_default.is_none(),
            addresses,
            transport: group.transport,
            library: around.library,
            protocols: effective.protocols,
            cipher_string: effective.cipher_string,
            parser: Parser::default(),
            ciphersuites: effective.ciphersuites,
            security_level: effective.security_level,
            groups: effective.groups,
            signature_algorithms: effective.signature_algorithms,
            server_preference: effective.server_preference,
            session_tickets: effective.session_tickets,
            dh_parameters: effective.dh_parameters,
            certificates: effective.certificates,
            peer: effective.peer,
            sni: no_sni(),
            refuses,
            fails,
            otherwise,
        }
    }

    /// What a name's server suffers from under a default server that fails every hello.
    fn failing(&mut self, default: ScopeId, fallback: crate::span::Location) -> Failing {
        let context = self.context(default);
        let settings = [context.protocols.location(), context.cipher_string.location()];
        let head = self.around.values.config.scope(default).head;
        let head = head.map(|head| self.around.values.config.units.location(head));
        Failing {
            why: "the default server of the socket has no protocol, or no suite for its highest, which the library looks at before any name"
                .to_owned(),
            location: settings.into_iter().flatten().next().or(head).unwrap_or(fallback),
            help: "give the default server a protocol that the library permits, with a suite for it".to_owned(),
        }
    }

    /// Whether the library refuses every hello while a server's context rules: it is looked at before any name is.
    fn fails_at_once(&mut self, default: ScopeId) -> bool {
        if self.around.values.config.is_fragment {
            return false;
        }
        if let Some(known) = self.failing.get(&default) {
            return *known;
        }
        let context = self.context(default);
        let context = bounded(&context, &context);
        let library = self.around.library;
        let fails = match (context.protocols.value(), context.cipher_string.value()) {
            (Some(protocols), Some(string)) => {
                let tls13 = match context.ciphersuites.value() {
                    Some(Tls13Suites::Listed(text)) => library.ciphersuites(text.as_str()).tls13().collect(),
                    _ => library.default_tls13().to_vec(),
                };
                let level = context.final_level;
                handshake::lacks_suites_for_highest(
                    library,
                    protocols.set,
                    (string.as_str(), Parser::default()),
                    &tls13,
                    level,
                )
            }
            _ => false,
        };
        self.failing.insert(default, fails);
        fails
    }

    /// The server's context; one that is in no TLS socket and names no certificate has none of its own.
    fn context(&mut self, server: ScopeId) -> Rc<Context> {
        if let Some(context) = self.contexts.get(&server) {
            return Rc::clone(context);
        }
        let context = Rc::new(build(self.around, LISTENING, server, self.model));
        self.contexts.insert(server, Rc::clone(&context));
        context
    }

    fn first_setting(&self, server: ScopeId) -> crate::span::Location {
        let config = self.around.values.config;
        let entries = config.around(server).flat_map(|scope| &config.scope(scope).entries);
        let entry = entries.into_iter().find(|entry| entry.name.starts_with("ssl_"));
        let start = crate::span::Location::new(config.units.get(0).source.id(), crate::span::Span::empty(0));
        entry.map_or(start, |entry| config.units.location(entry.place))
    }

    fn names(&self, server: ScopeId) -> Vec<ServedName> {
        let config = self.around.values.config;
        let mut names = Vec::new();
        if self.kind == Kind::MailServer {
            return names;
        }
        for entry in config.here(server, "server_name") {
            for (index, word) in config.units.arguments(entry.place).iter().enumerate() {
                let location = config.units.word_location(entry.place, word);
                let name = match self.around.values.word(entry.place, word) {
                    Ok(text) => text.as_str().to_owned(),
                    Err(_) => config.units.argument(entry.place, index).into_owned(),
                };
                names.push(ServedName { name, location });
            }
        }
        names
    }
}

/// What releases before 1.29.2 make of a name's server, where no target says which release it is.
fn otherwise(
    around: &Surroundings<'_>,
    own: &Context,
    default: &Context,
    usual: &Context,
) -> Option<Box<Otherwise>> {
    if around.running.0.is_some() {
        return None;
    }
    let other = effective(around, own, Some(default), false);
    if (&other.protocols, &other.ciphersuites) == (&usual.protocols, &usual.ciphersuites) {
        return None;
    }
    Some(Box::new(Otherwise {
        regimes: Regimes { usual: "nginx since 1.29.2", other: "nginx before 1.29.2" },
        protocols: other.protocols,
        ciphersuites: other.ciphersuites,
        peer: usual.peer.clone(),
        sni: no_sni(),
    }))
}

/// The host name that a server sends.
fn no_sni() -> Setting<Option<String>> {
    Setting::default(None, Cow::Borrowed("a server sends none"))
}

/// The settings that a client gets for a name: each from the name's server or from the socket's default server, as releases take it
/// that choose the server by the name first, or do not (N-21 to N-26).
fn effective(
    around: &Surroundings<'_>,
    own: &Context,
    default: Option<&Context>,
    name_first: bool,
) -> Context {
    let Some(default) = default else { return bounded(own, own) };
    if around.values.config.is_fragment {
        return ruled_among_fragments(own, default, name_first);
    }
    if !own.exists && default.exists {
        return bounded(default, default);
    }
    let mut context = own.clone();
    context.groups = default.groups.clone();
    if !name_first {
        context.protocols = default.protocols.clone();
        context.ciphersuites = default.ciphersuites.clone();
        // The version is chosen under the default server's level, before the name is looked at.
        if !around.judges_protocols_late() {
            context.protocols = context.protocols.map(|protocols| {
                let permitted = |protocol: &Protocol| {
                    around.library.permits_protocol(*protocol, default.final_level, Role::Server)
                };
                narrowed(protocols, protocols.set.iter().filter(permitted).collect())
            });
        }
    }
    bounded(&context, default)
}

/// The same where the surroundings are not known: what the default server inherits from there says nothing against what is written.
fn ruled_among_fragments(own: &Context, default: &Context, name_first: bool) -> Context {
    let mut context = own.clone();
    if !name_first && default.protocols.value().is_some() {
        context.protocols = default.protocols.clone();
    }
    bounded(&context, own)
}

/// The context with its protocols cut to the bounds of another.
fn bounded(context: &Context, bounds: &Context) -> Context {
    let mut context = context.clone();
    if bounds.minimum.is_some() || bounds.maximum.is_some() {
        let minimum = bounds.minimum.unwrap_or(Protocol::Ssl2);
        let maximum = bounds.maximum.unwrap_or(Protocol::Tls13);
        let range = ProtocolSet::between(minimum, maximum);
        context.protocols = context.protocols.map(|protocols| narrowed(protocols, range));
    }
    context
}

/// The protocols that are also in `range`.
pub(super) fn narrowed(protocols: &Protocols, range: ProtocolSet) -> Protocols {
    let cut =
        |(brought, location): &(ProtocolSet, crate::span::Location)| (brought.intersection(range), *location);
    let mut brought_by: Vec<_> = protocols.brought_by.iter().map(cut).collect();
    brought_by.retain(|(brought, _)| !brought.is_empty());
    Protocols { set: protocols.set.intersection(range), brought_by }
}
