//! nginx: what a configuration makes of http, stream and mail, release by release.
//!
//! `units` reads the files, `config` puts directives into their blocks, `values` looks settings up through the blocks around,
//! `tls` builds contexts in nginx's order, `servers` and `upstream` make endpoints of them.

mod by_name;
mod commands;
mod condition;
mod config;
mod files;
mod glob;
mod includes;
mod listen;
mod names;
mod observe;
mod purpose;
mod relays;
mod release;
mod scope;
mod servers;
#[cfg(test)]
mod tests;
mod tls;
mod units;
mod upstream;
mod validate;
mod values;
mod variables;
mod zones;

use super::{Context, Question};
use crate::budget::{Budget, Resource};
use crate::endpoint::{Endpoint, Model, Role, Spelling, SpellingKeys, Transport};
use crate::observation::{Observation, ObservationKind};
use crate::protocol::ProtocolSet;
use crate::source::Source;
use crate::span::Location;
use crate::syntax::nginx::{self as syntax, Tree};
use crate::target::Target;
use config::{Config, Kind};
use files::Files;
use relays::Relays;
use release::Running;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use tls::Surroundings;
use units::Units;
use values::Values;

/// How the listening side writes its settings.
static SPELLING: Spelling = Spelling {
    protocols: |set: ProtocolSet| format!("ssl_protocols {set};"),
    cipher_string: |string: &str| format!("ssl_ciphers {string};"),
    groups: Some(|list: &str| format!("ssl_ecdh_curve {list};")),
    verify_chain: "ssl_verify_client on; ssl_client_certificate FILE;",
    verify_hostname: "check $ssl_client_s_dn; nginx itself checks no names of clients",
    redirect: "write `return 301 https://$host$request_uri;` and nothing else in this server, or listen with `ssl`",
    keys: SpellingKeys {
        protocols: "ssl_protocols",
        cipher_string: "ssl_ciphers",
        verify: "ssl_verify_client",
    },
};

macro_rules! connecting {
    ($prefix:literal, $scheme:literal) => {
        Spelling {
            protocols: |set: ProtocolSet| format!(concat!($prefix, "ssl_protocols {};"), set),
            cipher_string: |string: &str| format!(concat!($prefix, "ssl_ciphers {};"), string),
            groups: Some(|list: &str| format!(concat!($prefix, "ssl_conf_command Groups {};"), list)),
            verify_chain: concat!($prefix, "ssl_verify on; ", $prefix, "ssl_trusted_certificate FILE;"),
            verify_hostname: concat!($prefix, "ssl_verify on; ", $prefix, "ssl_name HOST;"),
            redirect: concat!("pass to ", $scheme, " instead"),
            keys: SpellingKeys {
                protocols: concat!($prefix, "ssl_protocols"),
                cipher_string: concat!($prefix, "ssl_ciphers"),
                verify: concat!($prefix, "ssl_verify"),
            },
        }
    };
}

/// How the connecting sides do.
static SPELLING_GRPC: Spelling = connecting!("grpc_", "grpcs://");
static SPELLING_PROXY: Spelling = connecting!("proxy_", "https://");
static SPELLING_UWSGI: Spelling = connecting!("uwsgi_", "suwsgi://");

/// Works out the endpoints of one root file with all that it includes, of a fragment, or of fragments that one root includes side by side.
pub(super) fn read(roots: &[Arc<Source>], context: Context<'_>) -> Model {
    let mut model = Model::default();
    let Some(root) = roots.first() else { return model };
    let units = Units::load(roots, |tree, text| !holds_main_block(tree, text), context.files);
    let running = Running(context.target.nginx);
    let config = Config::read(&units, running, &starts(&units, roots.len()), context.budget, &mut model);
    note_files(&units, context.budget, &mut model);
    zones::conflicts(&config, &mut model);
    let values = Values::new(&config, context.variables);
    let around = Surroundings::new(&values, Files::new(context.files, root.id()), running, context);
    let mut relays = Relays::default();
    for kind in [Kind::Server, Kind::StreamServer, Kind::MailServer] {
        servers::read(&around, kind, &mut relays, &mut model);
    }
    by_name::split(&around, &mut model);
    relays.follow(context.budget, &mut model);
    let used = upstream::read(&around, &mut model);
    includes::drop_idle(&config, &used, &mut model.observations);
    upstream::discarded_commands(&around, &mut model);
    model.is_fragment = config.is_fragment;
    model.speaks_tls = !model.endpoints.is_empty();
    model
}

/// The files, and where they break the grammar.
fn note_files(units: &Units, budget: &Budget, model: &mut Model) {
    for unit in units.iter() {
        let file = unit.source.id();
        model.files.push(file);
        model.templated.extend(unit.tree.is_templated().then_some(file));
        for error in &unit.errors {
            let location = Location::new(file, error.span);
            if !budget.take(Resource::SyntaxErrors, 1, location) {
                break;
            }
            if error.fatal {
                validate::refuse(model, location, error.message.clone());
            }
            model.observations.push(Observation {
                kind: ObservationKind::SyntaxError,
                location,
                message: error.message.clone(),
                label: String::new(),
                related: Vec::new(),
                help: error.help.clone(),
                context: "syntax".to_owned(),
            });
        }
    }
}

/// Whether nginx can be started with the file: a block of the main context stands in it.
pub(super) fn is_root(source: &Source) -> bool {
    let text = source.text();
    // Most files hold none of the words before a brace, and need not be parsed.
    let may_be = MAIN_BLOCKS.iter().any(|name| {
        text.match_indices(name)
            .any(|(at, _)| text.get(at + name.len()..).is_some_and(|rest| rest.trim_start().starts_with('{')))
    });
    may_be && holds_main_block(&syntax::parse(text).tree, text)
}

const MAIN_BLOCKS: [&str; 4] = ["events", "http", "mail", "stream"];

fn holds_main_block(tree: &Tree, text: &str) -> bool {
    top_level(tree, text).any(|(name, is_block)| is_block && MAIN_BLOCKS.contains(&&*name))
}

/// The names of a file's outermost directives, each with whether it has a block.
fn top_level<'t>(tree: &'t Tree, text: &'t str) -> impl Iterator<Item = (std::borrow::Cow<'t, str>, bool)> {
    tree.roots().filter_map(|id| Some((tree.name(id)?.value(text), tree.directive(id).block.is_some())))
}

/// The blocks that each of the first `count` files is read in; none for one that another includes.
fn starts(units: &Units, count: usize) -> Vec<Vec<Kind>> {
    let mut starts: Vec<Vec<Kind>> = units
        .iter()
        .take(count)
        .map(|unit| start(&unit.tree, unit.source.text(), unit.source.path()))
        .collect();
    if count > 1 {
        // Beside files with servers, settings alone are those of all servers.
        let holds_servers = starts.iter().any(|start| *start == [Kind::Http]);
        for (start, unit) in starts.iter_mut().zip(units.iter()) {
            let text = unit.source.text();
            let is_part = |(name, _): (std::borrow::Cow<'_, str>, bool)| {
                matches!(&*name, "listen" | "location" | "server_name" | "return" | "rewrite")
            };
            if holds_servers
                && start.first() == Some(&Kind::Http)
                && !top_level(&unit.tree, text).any(is_part)
            {
                start.truncate(1);
            }
        }
        for included in units.included(count) {
            starts[included].clear();
        }
    }
    starts
}

/// The blocks that a file is read in, outermost first: the main context for a root, the likely surroundings for a fragment.
fn start(tree: &Tree, text: &str, path: &Path) -> Vec<Kind> {
    if holds_main_block(tree, text) {
        return vec![Kind::Main];
    }
    let has = |wanted: &[&str], block: bool| {
        top_level(tree, text).any(|(name, is_block)| is_block == block && wanted.contains(&&*name))
    };
    let begins = |prefixes: &[&str]| {
        top_level(tree, text).any(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
    };
    let in_stream = is_stream(tree, text)
        || path.components().any(|part| part.as_os_str().to_string_lossy().starts_with("stream"));
    if has(&["server", "upstream", "map", "geo", "split_clients", "types"], true)
        || has(&["log_format"], false)
    {
        return vec![if in_stream { Kind::Stream } else { Kind::Http }];
    }
    if has(&["listen", "server_name"], false) || has(&["location"], true) || begins(&["ssl_"]) {
        return if in_stream {
            vec![Kind::Stream, Kind::StreamServer]
        } else {
            vec![Kind::Http, Kind::Server]
        };
    }
    if begins(&["proxy_", "grpc_", "uwsgi_", "fastcgi_"]) {
        return vec![Kind::Http, Kind::Server, Kind::Location];
    }
    vec![Kind::Main]
}

/// Whether servers of the file pass connections on without a scheme, as only stream's do.
fn is_stream(tree: &Tree, text: &str) -> bool {
    tree.iter().any(|(id, directive)| {
        let in_server = directive
            .parent
            .is_none_or(|parent| tree.name(parent).is_some_and(|name| name.value(text) == "server"));
        let Some(name) = tree.name(id).map(|name| name.value(text)) else { return false };
        let first = tree.arguments(id).first();
        match &*name {
            "ssl_preread" => true,
            "proxy_pass" => {
                let target = first.map(|word| word.value(text).into_owned()).unwrap_or_default();
                in_server && directive.parent.is_some() && !target.contains("://") && !target.is_empty()
            }
            _ => false,
        }
    })
}

/// The endpoint that answers a client: the socket by its address, then the server by its name.
pub(super) fn serves<'m>(model: &'m Model, question: &Question) -> Option<&'m Endpoint> {
    let candidates = listening(model, (question.address, question.port), question.quic);
    let servers = candidates.into_iter().map(|endpoint| (endpoint, endpoint.is_default, &*endpoint.names));
    names::Names::of(servers).choose(question.sni.as_deref())
}

/// How the socket is written that takes connections to an address: its own, then the wildcard's.
fn sockets((address, port): (IpAddr, u16)) -> [String; 2] {
    let own = match address {
        IpAddr::V4(address) => format!("{address}:{port}"),
        IpAddr::V6(address) => format!("[{address}]:{port}"),
    };
    [own, if address.is_ipv4() { format!("0.0.0.0:{port}") } else { format!("[::]:{port}") }]
}

/// The endpoints of the socket that takes connections to an address: its own, else the wildcard's.
fn listening(model: &Model, address: (IpAddr, u16), quic: bool) -> Vec<&Endpoint> {
    for wanted in sockets(address) {
        let found: Vec<&Endpoint> = model
            .endpoints
            .iter()
            .filter(|endpoint| {
                endpoint.role == Role::Server && (endpoint.transport == Transport::Quic) == quic
            })
            .filter(|endpoint| endpoint.addresses.contains(&wanted))
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The endpoint with which nginx connects to an address.
pub(super) fn connects<'m>(model: &'m Model, address: &str) -> Option<&'m Endpoint> {
    let clients = || model.endpoints.iter().filter(|endpoint| endpoint.role == Role::Client);
    clients().find(|endpoint| endpoint.addresses.iter().any(|known| known == address))
}

/// What is not certain of predictions for the target's nginx, in words.
pub(super) fn unverified(target: &Target) -> Option<String> {
    release::unverified(target.nginx?)
}
