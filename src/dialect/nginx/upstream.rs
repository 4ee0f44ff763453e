//! The connecting side: `proxy_pass`, `grpc_pass`, `uwsgi_pass`, and stream's `proxy_pass` with `proxy_ssl`.

use super::config::{Config, Entry, Kind, ScopeId};
use super::servers::narrowed;
use super::tls::{Context, GRPC, Names, PROXY, Surroundings, UWSGI, build};
use super::values::Found;
use super::variables::{self, Hello};
use crate::budget::Resource;
use crate::endpoint::{Dialect, Endpoint, Model, Purpose, Spelling, Transport};
use crate::library::Parser;
use crate::observation::{Observation, ObservationKind};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::{Setting, Unknown};
use crate::text::Text;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// A directive that passes requests on, with the scheme that means TLS and the names of its settings.
const PASSES: [(&str, &str, &str, Names); 3] = [
    ("proxy_pass", "https://", "http://", PROXY),
    ("grpc_pass", "grpcs://", "grpc://", GRPC),
    ("uwsgi_pass", "suwsgi://", "uwsgi://", UWSGI),
];

/// Where an upstream is, as the directive says.
struct Target {
    transport: Transport,
    /// Host and port as written, scheme and path taken off; `None` where a variable decides.
    authority: Option<String>,
    /// The same, whatever it is.
    shown: String,
    default_port: u16,
}

/// Every connecting endpoint; returns the blocks that connections with TLS take their settings from.
pub(super) fn read(around: &Surroundings<'_>, model: &mut Model) -> HashSet<ScopeId> {
    let config = around.values.config;
    let mut reader = Reader {
        around,
        upstreams: HashMap::new(),
        used: HashSet::new(),
        dead: Vec::new(),
        fixed: HashMap::new(),
        model,
    };
    reader.collect_upstreams();
    for id in 0..config.scopes.len() as ScopeId {
        let kind = config.scope(id).kind;
        for entry in &config.scope(id).entries {
            let Some(pass) = PASSES.iter().find(|(name, ..)| *name == entry.name) else { continue };
            match kind {
                Kind::Location | Kind::If | Kind::LimitExcept => reader.http(id, entry, *pass),
                Kind::StreamServer => reader.stream(id, entry),
                _ => {}
            }
        }
    }
    reader.dead_text();
    reader.used.into_iter().map(|(scope, _)| scope).collect()
}

/// How the settings that go with a directive are spelt.
fn spelling(names: Names) -> &'static Spelling {
    [&super::SPELLING_GRPC, &super::SPELLING_UWSGI]
        .into_iter()
        .find(|spelling| spelling.keys.protocols == names.protocols)
        .unwrap_or(&super::SPELLING_PROXY)
}

struct Reader<'r, 'a> {
    around: &'r Surroundings<'a>,
    /// The addresses of `upstream` blocks by name, stream's apart.
    upstreams: HashMap<(bool, String), Vec<String>>,
    /// Blocks whose `*_ssl_*` settings some connection uses, or may use.
    used: HashSet<(ScopeId, &'static str)>,
    /// Blocks that only pass in clear, with the directive.
    dead: Vec<(ScopeId, Entry, Names)>,
    /// What `set` gives a fixed value in a block.
    fixed: HashMap<ScopeId, Rc<HashMap<String, String>>>,
    model: &'r mut Model,
}

impl Reader<'_, '_> {
    fn collect_upstreams(&mut self) {
        let config = self.around.values.config;
        for id in config.of_kind(Kind::Upstream) {
            let scope = config.scope(id);
            let Some(head) = scope.head else { continue };
            let is_stream = scope.parent.is_some_and(|parent| config.scope(parent).kind == Kind::Stream);
            let name = config.units.argument(head, 0).into_owned();
            let servers =
                config.here(id, "server").map(|entry| config.units.argument(entry.place, 0).into_owned());
            self.upstreams.insert((is_stream, name), servers.map(|server| with_port(&server, 80)).collect());
        }
    }

    fn http(
        &mut self,
        scope: ScopeId,
        entry: &Entry,
        (_, secure, plain, names): (&'static str, &'static str, &'static str, Names),
    ) {
        let config = self.around.values.config;
        let Some(word) = config.units.arguments(entry.place).first() else { return };
        let written = match self.around.values.word(entry.place, word) {
            Ok(text) => self.with_variables(scope, text.as_str()),
            Err(_) => config.units.argument(entry.place, 0).into_owned(),
        };
        let is_secure = written.get(..secure.len()).is_some_and(|start| start.eq_ignore_ascii_case(secure));
        let is_plain = written.get(..plain.len()).is_some_and(|start| start.eq_ignore_ascii_case(plain));
        let rest = written.split_once("://").map_or(written.as_str(), |(_, rest)| rest);
        let authority =
            if rest.starts_with("unix:") { rest } else { rest.split(['/', '?']).next().unwrap_or(rest) };
        let hidden = |text: &str| text.contains(['$', '{', '<', '@']);
        let undecided = !is_secure && !is_plain && hidden(&written);
        let transport = match (is_secure, undecided) {
            (true, _) => Transport::Tls,
            (false, true) => Transport::Unknown,
            (false, false) => Transport::Plaintext(Purpose::Serves),
        };
        let default_port = if is_secure { 443 } else { 80 };
        let shown = authority.to_owned();
        let authority = (!hidden(authority) && !undecided).then(|| shown.clone());
        let target = Target { transport, authority, shown, default_port };
        self.note_use(scope, entry, names, transport);
        self.endpoint(scope, entry, names, &target, false);
    }

    fn stream(&mut self, scope: ScopeId, entry: &Entry) {
        let values = self.around.values;
        let written = values.config.units.argument(entry.place, 0).into_owned();
        let transport = match values.flag(scope, "proxy_ssl") {
            Some(Setting::Unknown(_)) => Transport::Unknown,
            Some(setting) if setting.value() == Some(&true) => Transport::Tls,
            // What comes in by TLS goes on without it.
            _ if self.listens_with_tls(scope) => Transport::Plaintext(Purpose::Serves),
            _ => Transport::Plaintext(Purpose::PassThrough),
        };
        let authority = (!written.contains(['$', '{', '<', '@'])).then(|| written.clone());
        let target = Target { transport, authority, shown: written, default_port: 0 };
        self.note_use(scope, entry, PROXY, transport);
        self.endpoint(scope, entry, PROXY, &target, true);
    }

    fn listens_with_tls(&self, server: ScopeId) -> bool {
        let units = self.around.values.config.units;
        let mut listens = self.around.values.config.here(server, "listen");
        listens.any(|entry| {
            (1..units.arguments(entry.place).len()).any(|at| units.argument(entry.place, at) == "ssl")
        })
    }

    /// Whether a name may be that of an `upstream` block in a file that is not at hand.
    fn may_be_upstream(&self, host: &str, is_stream: bool) -> bool {
        let config = self.around.values.config;
        let outer = if is_stream { Kind::Stream } else { Kind::Http };
        let is_bare = !host.contains(['.', ':', '/']) && host != "localhost";
        is_bare && config.of_kind(outer).any(|id| config.scope(id).blind.is_some())
    }

    /// `url` with the variables filled in that a `set` around gives a fixed value.
    fn with_variables(&mut self, scope: ScopeId, url: &str) -> String {
        if !url.contains('$') {
            return url.to_owned();
        }
        let config = self.around.values.config;
        let mut url = url.to_owned();
        for id in config.around(scope) {
            let fixed =
                Rc::clone(self.fixed.entry(id).or_insert_with(|| Rc::new(fixed_variables(config, id))));
            for name in variables::variables_in(&url) {
                if let Some(value) = fixed.get(&name) {
                    url = variables::replaced(&url, &name, value);
                }
            }
        }
        url
    }

    fn endpoint(&mut self, scope: ScopeId, entry: &Entry, names: Names, target: &Target, is_stream: bool) {
        let around = self.around;
        let config = around.values.config;
        let location = config.units.location(entry.place);
        let host = target.authority.clone();
        let is_unseen = host.as_ref().is_some_and(|host| {
            !self.upstreams.contains_key(&(is_stream, host.clone())) && self.may_be_upstream(host, is_stream)
        });
        let addresses = host.as_ref().map_or_else(
            || vec![target.shown.clone()],
            |host| {
                let known = self.upstreams.get(&(is_stream, host.clone())).cloned();
                let port = if is_unseen { 0 } else { target.default_port };
                known.unwrap_or_else(|| vec![with_port(host, port)])
            },
        );
        let is_local = |address: &String| address.starts_with("unix:") || is_loopback(address);
        let transport = match target.transport {
            Transport::Plaintext(_) if !addresses.is_empty() && addresses.iter().all(is_local) => {
                Transport::Plaintext(Purpose::Local)
            }
            Transport::Plaintext(Purpose::Serves) if is_unseen => Transport::Plaintext(Purpose::Unknown),
            other => other,
        };
        let is_tls = transport == Transport::Tls;
        let mut context = if is_tls {
            build(around, names, scope, self.model)
        } else {
            let mut discarded = Model::default();
            build(around, names, scope, &mut discarded)
        };
        if context.minimum.is_some() || context.maximum.is_some() {
            let minimum = context.minimum.unwrap_or(Protocol::Ssl2);
            let range = ProtocolSet::between(minimum, context.maximum.unwrap_or(Protocol::Tls13));
            context.protocols = context.protocols.map(|protocols| narrowed(protocols, range));
        }
        let sni = self.sni(scope, names, host.as_deref());
        let host_of_block = host.clone();
        let own_host = host.filter(|host| !self.upstreams.contains_key(&(is_stream, host.clone())));
        if let Some(peer) = &mut context.peer {
            peer.expected_name = self.expected_name(scope, names, own_host.as_deref());
        }
        if is_tls && context.peer.as_ref().is_some_and(|peer| peer.chain.value() == Some(&true)) {
            let block = host_of_block.filter(|_| own_host.is_none());
            self.name_that_verifies_nothing(scope, entry, names, block.as_deref());
        }
        if !self.around.budget.take(Resource::Endpoints, 1, location) {
            return;
        }
        let written = config.units.argument(entry.place, 0);
        let Context { protocols, cipher_string, ciphersuites, security_level, groups, .. } = context;
        self.model.endpoints.push(Endpoint {
            dialect: Dialect::Nginx,
            role: Role::Client,
            spelling: spelling(names),
            location,
            label: format!("upstream {written}"),
            names: Vec::new(),
            is_default: false,
            addresses,
            transport,
            library: around.library,
            protocols,
            cipher_string,
            parser: Parser::default(),
            ciphersuites,
            security_level,
            groups,
            signature_algorithms: context.signature_algorithms,
            server_preference: context.server_preference,
            session_tickets: context.session_tickets,
            dh_parameters: context.dh_parameters,
            certificates: context.certificates,
            peer: context.peer,
            sni,
            refuses: None,
            fails: None,
            otherwise: None,
        });
    }

    /// The name that is sent: `proxy_ssl_name`, else the host as `proxy_pass` has it; an address is not sent (N-32).
    fn sni(&self, scope: ScopeId, names: Names, host: Option<&str>) -> Setting<Option<String>> {
        let values = self.around.values;
        let Some(sends) = values.flag(scope, names.server_name) else {
            return Setting::default(None, Cow::Borrowed("default of nginx"));
        };
        if sends.value() != Some(&true) {
            return sends.map(|_| None);
        }
        let unknown = |at, why: String| Setting::Unknown(Arc::new(Unknown { at, why }));
        let from_host = || match host {
            Some(host) => sends.map(|_| sendable(host)),
            None => unknown(sends.location(), "the host name is in a variable".to_owned()),
        };
        match values.text(scope, names.name) {
            None => from_host(),
            Some(setting) => match setting.value().map(Text::as_str) {
                None => setting.map(|_| None),
                Some("$proxy_host") => from_host(),
                Some(name) if name.contains('$') => {
                    let asked = self.around.asked;
                    let filled =
                        asked.and_then(|asked| self.around.variables.fill(name, Hello::Named(asked)));
                    if let Some(name) = filled {
                        return setting.map(|_| sendable(&name));
                    }
                    unknown(setting.location(), format!("the host name is in \"{name}\""))
                }
                Some(_) => setting.map(|name| sendable(name.as_str())),
            },
        }
    }

    /// A name to verify that the request chooses, or that is an `upstream` block's, which no certificate has.
    fn name_that_verifies_nothing(
        &mut self,
        scope: ScopeId,
        entry: &Entry,
        names: Names,
        block: Option<&str>,
    ) {
        let config = self.around.values.config;
        let setting = self.around.values.text(scope, names.name);
        let (location, message, label) = match setting {
            None => {
                let Some(block) = block.filter(|block| !block.contains('.')) else { return };
                let message = format!(
                    "the name that is verified is \"{block}\", that of the upstream block, which a certificate hardly has: requests then end with 502"
                );
                (config.units.location(entry.place), message, "verified as the certificate's name")
            }
            Some(setting) => {
                let text = setting.value().map(|text| text.as_str().to_owned()).unwrap_or_default();
                let Some(location) = setting.location().filter(|_| is_of_request(&text)) else { return };
                let message = format!(
                    "{} {text} lets the request choose the name that is verified: a certificate of any site passes",
                    names.name
                );
                (location, message, "chosen by the request")
            }
        };
        self.model.observations.push(Observation {
            kind: ObservationKind::VerificationWithoutEffect,
            location,
            message,
            label: label.to_owned(),
            related: Vec::new(),
            help: Some(format!("give {} the name of the certificate that is expected", names.name)),
            context: config.context(scope, names.name),
        });
    }

    /// The name that verification compares, sent or not: `proxy_ssl_name`, else the host, unless that is an `upstream` block's name.
    fn expected_name(&self, scope: ScopeId, names: Names, host: Option<&str>) -> Option<String> {
        match self.around.values.text(scope, names.name) {
            None => host.and_then(sendable),
            Some(setting) => match setting.value()?.as_str() {
                "$proxy_host" => host.and_then(sendable),
                name if name.contains('$') => None,
                name => sendable(name),
            },
        }
    }

    /// Notes which blocks' settings this connection uses.
    fn note_use(&mut self, scope: ScopeId, entry: &Entry, names: Names, transport: Transport) {
        let config = self.around.values.config;
        if matches!(transport, Transport::Plaintext(_)) {
            self.dead.push((scope, *entry, names));
        } else {
            self.used.extend(config.around(scope).map(|id| (id, names.protocols)));
        }
    }

    /// `proxy_ssl_*` beside a `proxy_pass http://`: nothing reads it (N-30).
    fn dead_text(&mut self) {
        let config = self.around.values.config;
        for (scope, pass, names) in std::mem::take(&mut self.dead) {
            if self.used.contains(&(scope, names.protocols)) || config.scope(scope).blind.is_some() {
                continue;
            }
            let prefix = names.protocols.trim_end_matches("protocols");
            let settings = config.scope(scope).entries.iter().filter(|entry| entry.name.starts_with(prefix));
            for setting in settings {
                self.model.observations.push(Observation {
                    kind: ObservationKind::SettingIgnored,
                    location: config.units.location(setting.place),
                    message: format!("{} has no effect here: {} connects in clear", setting.name, pass.name),
                    label: "not used".to_owned(),
                    related: vec![(config.units.location(pass.place), "in clear".to_owned())],
                    help: Some(format!("write the secure scheme in {}, or remove the setting", pass.name)),
                    context: config.context(scope, setting.name),
                });
            }
        }
    }
}

/// `ssl_conf_command` lists of which a child's throws the parent's away (N-8).
pub(super) fn discarded_commands(around: &Surroundings<'_>, model: &mut Model) {
    let config = around.values.config;
    for id in 0..config.scopes.len() as ScopeId {
        for names in [super::tls::LISTENING, PROXY, GRPC, UWSGI] {
            let Some(own) = config.here(id, names.conf_command).next() else { continue };
            let Some(parent) = config.scope(id).parent else { continue };
            let Found::Written(_, lost) = around.values.find(parent, names.conf_command) else { continue };
            let kept: HashSet<String> = config
                .here(id, names.conf_command)
                .map(|entry| config.units.argument(entry.place, 0).to_ascii_lowercase())
                .collect();
            let lost: Vec<&Entry> = lost
                .into_iter()
                .filter(|entry| !kept.contains(&config.units.argument(entry.place, 0).to_ascii_lowercase()))
                .collect();
            let Some(first) = lost.first() else { continue };
            let name = config.units.argument(first.place, 0);
            model.observations.push(Observation {
                kind: ObservationKind::SettingIgnored,
                location: config.units.location(own.place),
                message: format!(
                    "this {} throws away the inherited list, \"{name}\" among it: nginx does not join the two",
                    names.conf_command
                ),
                label: "replaces what is inherited".to_owned(),
                related: lost
                    .iter()
                    .map(|entry| (config.units.location(entry.place), "not used here".to_owned()))
                    .collect(),
                help: Some(format!("repeat the inherited {} here", names.conf_command)),
                context: config.context(id, names.conf_command),
            });
        }
    }
}

/// Whether a client's request decides about a name: its host, its headers, its arguments, the name that it asks for.
fn is_of_request(name: &str) -> bool {
    const OF_REQUEST: [&str; 4] = ["$host", "$ssl_server_name", "$ssl_preread_server_name", "$request_uri"];
    const PREFIXES: [&str; 4] = ["$http_", "$arg_", "$cookie_", "$sent_http_"];
    let name = name.replace(['{', '}'], "");
    OF_REQUEST.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The name without a port; `None` for addresses.
fn sendable(host: &str) -> Option<String> {
    if host.starts_with('[') || host.starts_with("unix:") {
        return None;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    (!name.is_empty() && name.parse::<IpAddr>().is_err()).then(|| name.to_owned())
}

fn with_port(host: &str, port: u16) -> String {
    let has_port = match host.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => host.contains(':'),
    };
    let is_hidden = host.contains(['$', '{', '<', '@']);
    if has_port || is_hidden || host.starts_with("unix:") || port == 0 {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    }
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The variables that every `set` of a block gives one fixed value, the first of each name.
fn fixed_variables(config: &Config<'_>, scope: ScopeId) -> HashMap<String, String> {
    let mut fixed = HashMap::new();
    for entry in config.here(scope, "set") {
        let name = config.units.argument(entry.place, 0);
        let value = config.units.argument(entry.place, 1);
        if !value.contains('$') && name.len() > 1 && !entry.conditional {
            let bare = name.trim_start_matches('$').to_owned();
            fixed.entry(bare).or_insert_with(|| value.into_owned());
        }
    }
    fixed
}
