//! Trees to endpoints: what each server means by its configuration (includes, inheritance, defaults by release).

mod ciphers;
mod envoy;
mod haproxy;
mod installed;
mod nginx;
pub mod openssl_conf;

use crate::budget::{Budget, Counted};
use crate::endpoint::{Dialect, Endpoint, Model};
use crate::files::FileTree;
use crate::library::{Choice, SYSTEM_PROFILE};
use crate::observation::{Observation, ObservationKind};
use crate::setting::Setting;
use crate::source::Source;
use crate::target::Target;
use crate::text::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything besides the files themselves that a reading depends on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The files that includes may reach.
    pub files: &'a dyn FileTree,
    /// What the configuration will run on.
    pub target: &'a Target,
    /// Values for template placeholders and environment variables, from `[variables]`.
    pub variables: &'a BTreeMap<String, String>,
    /// Whether the files at hand are all that the server is given, so that what they do not say is nowhere said.
    pub is_whole: bool,
    /// The name that a client asks for, where one question alone is to be answered.
    pub asked: Option<&'a str>,
    /// What the root may take.
    pub budget: &'a Budget,
}

/// A client's question to a listening socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The address that the client connects to.
    pub address: std::net::IpAddr,
    /// The port.
    pub port: u16,
    /// The name in the ClientHello, if any.
    pub sni: Option<String>,
    /// Whether the client speaks QUIC.
    pub quic: bool,
    /// The protocols that the client offers inside TLS (ALPN, RFC 7301), in its order.
    pub alpn: Vec<String>,
}

/// A cipher string as the target's library will read it: unknown where it leaves the suites to the crypto policy of a system that the
/// target does not name.
fn cipher_string(string: Setting<Text>, library: Choice) -> Setting<Text> {
    match string.value() {
        Some(text) if library.leaves_to_system(text.as_str()) => {
            let why =
                format!("{SYSTEM_PROFILE} stands for the crypto policy of a system that no target names");
            Setting::unknown(string.location(), why)
        }
        _ => string,
    }
}

/// Works out the endpoints of one configuration: one root file with all that it includes, or for HAProxy several files in
/// order. A file that is no root is read as a fragment, with what it inherits unknown; several of nginx as what one root includes.
pub fn read(dialect: Dialect, roots: &[Arc<Source>], context: Context<'_>) -> Model {
    let files = Counted::new(context.files, context.budget);
    for root in roots {
        context.budget.note(root);
    }
    let mut model = read_within(dialect, roots, Context { files: &files, ..context });
    for passed in context.budget.passed() {
        model.observations.push(Observation {
            kind: ObservationKind::BudgetPassed,
            location: passed.location,
            message: passed.message(),
            label: "no further".to_owned(),
            related: Vec::new(),
            help: Some(format!(
                "`[limits] {}` in a settings file that --config names allows more",
                passed.resource.key()
            )),
            context: passed.resource.key().to_owned(),
        });
    }
    model
}

fn read_within(dialect: Dialect, roots: &[Arc<Source>], context: Context<'_>) -> Model {
    match dialect {
        Dialect::Ciphers => ciphers::read(roots, context),
        Dialect::Envoy => envoy::read(roots, context),
        Dialect::HaProxy => haproxy::read(roots, context),
        Dialect::Nginx => nginx::read(roots, context),
        Dialect::OpensslConf => openssl_conf::read(roots, context),
    }
}

/// Whether `source` is the file that the server is started with, as far as its own text tells.
pub fn is_root(dialect: Dialect, source: &Source) -> bool {
    match dialect {
        Dialect::Envoy => envoy::is_root(source),
        Dialect::HaProxy => haproxy::is_root(source),
        Dialect::Nginx => nginx::is_root(source),
        Dialect::Ciphers | Dialect::OpensslConf => true,
    }
}

/// The endpoints that answer a client, chosen as the server chooses them; none where nothing listens there.
///
/// Several where what else the client offers decides: the first is for clients that take ECDSA certificates.
pub fn serves<'m>(dialect: Dialect, model: &'m Model, question: &Question) -> Vec<&'m Endpoint> {
    match dialect {
        Dialect::Envoy => envoy::serves(model, question),
        Dialect::HaProxy => haproxy::serves(model, question),
        Dialect::Nginx => nginx::serves(model, question).into_iter().collect(),
        Dialect::Ciphers | Dialect::OpensslConf => Vec::new(),
    }
}

/// The endpoint with which the server connects to `address` (`host:port` as the configuration has it).
pub fn connects<'m>(dialect: Dialect, model: &'m Model, address: &str) -> Option<&'m Endpoint> {
    match dialect {
        Dialect::Envoy => envoy::connects(model, address),
        Dialect::HaProxy => haproxy::connects(model, address),
        Dialect::Nginx => nginx::connects(model, address),
        Dialect::Ciphers | Dialect::OpensslConf => None,
    }
}

/// What is not certain of predictions for the target's release of a server, in words; `None` where it was held against a running one.
pub fn unverified(dialect: Dialect, target: &Target) -> Option<String> {
    match dialect {
        Dialect::Envoy => envoy::unverified(target),
        Dialect::HaProxy => haproxy::unverified(target),
        Dialect::Nginx => nginx::unverified(target),
        Dialect::Ciphers | Dialect::OpensslConf => None,
    }
}
