//! HAProxy: sections in the order of the text, defaults that apply from where they stand, certificates by name.
//!
//! The rules were read from the sources of 2.2 to 3.4 (src/cfgparse*.c, src/ssl_sock.c, src/ssl_crtlist.c, src/server.c) and
//! held against running servers of 2.2, 2.6, 3.0 and 3.2.

mod address;
mod bind;
mod branches;
mod certificates;
mod classes;
mod clear;
mod condition;
mod connecting;
mod dh;
mod endpoints;
mod generated;
mod global;
mod heads;
mod inheritance;
mod lines;
mod listed;
mod listening;
mod mux;
mod named;
mod observe;
mod paths;
mod predicate;
mod prepared;
mod proxy;
mod quic;
mod reader;
mod release;
mod rules;
mod server;
mod settings;
mod spelling;
mod store;
#[cfg(test)]
mod tests;
mod words;

use super::{Context, Question};
use crate::endpoint::{Endpoint, Model, Role, Transport};
use crate::library::Choice;
use crate::source::Source;
use crate::syntax::haproxy::{self, LineKind};
use crate::target::{Release, Target};
use reader::Reader;
use std::sync::Arc;

/// Works out the endpoints of files in the order in which HAProxy is given them.
pub(super) fn read(roots: &[Arc<Source>], context: Context<'_>) -> Model {
    let mut reader = Reader::read(roots, context);
    let base = endpoints::Base::of(&reader);
    let mut proxies = std::mem::take(&mut reader.proxies);
    rules::settle(&mut proxies);
    let mut model = Model::default();
    for proxy in &proxies {
        let mut endpoints = Vec::new();
        listening::endpoints(&mut reader, &base, proxy, &mut endpoints);
        connecting::endpoints(&mut reader, &base, proxy, &mut endpoints);
        match reader.global.local_peer.clone().filter(|peer| proxy.lacks_peer(peer)) {
            // Its lines are read and refused like any other's.
            Some(peer) => observe::peers_of_others(&mut reader, proxy, &peer),
            None => model.endpoints.append(&mut endpoints),
        }
    }
    for endpoint in &mut model.endpoints {
        endpoint.spelling = spelling::of(endpoint, context.files);
    }
    observe::verification_switched_off(&mut reader);
    model.speaks_tls = !model.endpoints.is_empty();
    (model.observations, model.refusals) = reader.notes.finish();
    model.files = roots.iter().map(|source| source.id()).chain(reader.files).collect();
    model.is_fragment = reader.is_fragment;
    model.templated = reader.templated;
    model
}

/// Whether a file is one that HAProxy can be started with: it has the global section.
pub(super) fn is_root(source: &Source) -> bool {
    let parsed = haproxy::parse(source.id(), source.text());
    parsed.tree.lines.iter().any(|line| line.kind == LineKind::Section && line.keyword() == Some("global"))
}

/// The listener that answers, and of its classes of names the one that the client's leads to: several endpoints where the kind of key that
/// the client takes decides between crt-list lines.
pub(super) fn serves<'m>(model: &'m Model, question: &Question) -> Vec<&'m Endpoint> {
    let fits = |endpoint: &Endpoint| {
        let is_quic = endpoint.transport == Transport::Quic;
        let addresses = endpoint.addresses.iter().filter_map(|address| address::parse(address));
        let best =
            addresses.filter_map(|address| address.serves(question.address, question.port, false)).max();
        best.filter(|_| endpoint.role == Role::Server && is_quic == question.quic)
    };
    let Some(best) = model.endpoints.iter().filter_map(fits).max() else { return Vec::new() };
    let Some(listener) = model.endpoints.iter().find(|endpoint| fits(endpoint) == Some(best)) else {
        return Vec::new();
    };
    let line = listener.location;
    let classes = || {
        model.endpoints.iter().filter(|endpoint| endpoint.location == line && fits(endpoint) == Some(best))
    };
    let by_name = question.sni.as_deref().and_then(|sni| {
        let is_exact =
            |endpoint: &&Endpoint| endpoint.names.iter().any(|name| name.name.eq_ignore_ascii_case(sni));
        let is_wild = |endpoint: &&Endpoint| matches_wildcard(endpoint, sni);
        classes()
            .find(is_exact)
            .or_else(|| classes().find(is_wild))
            .or_else(|| classes().find(|endpoint| is_for_others(endpoint)))
    });
    let Some(met) = by_name.or_else(|| classes().find(|endpoint| endpoint.is_default)) else {
        // The names of a certificate that the files do not hold may be any.
        return classes().find(|endpoint| endpoint.names.is_empty()).into_iter().collect();
    };
    let is_same = |endpoint: &&Endpoint| endpoint.names == met.names && endpoint.is_default == met.is_default;
    classes().filter(is_same).collect()
}

/// Whether it is for the names that no certificate of its line has, for which HAProxy generates one.
fn is_for_others(endpoint: &Endpoint) -> bool {
    let uses = endpoint.certificates.value();
    let is_known = uses.is_some_and(|uses| uses.iter().all(|used| used.certificate.is_some()));
    endpoint.names.is_empty() && !endpoint.is_default && is_known
}

/// `*.a.example` stands for one label; `!b.a.example` on the same line takes it back.
fn matches_wildcard(endpoint: &Endpoint, sni: &str) -> bool {
    let Some((_, parent)) = sni.split_once('.') else { return false };
    let names = || endpoint.names.iter().map(|name| name.name.as_str());
    let is_excluded =
        names().any(|name| name.strip_prefix('!').is_some_and(|name| name.eq_ignore_ascii_case(sni)));
    !is_excluded
        && names().any(|name| name.strip_prefix("*.").is_some_and(|rest| rest.eq_ignore_ascii_case(parent)))
}

/// The server line for an address.
pub(super) fn connects<'m>(model: &'m Model, address: &str) -> Option<&'m Endpoint> {
    let is_there = |endpoint: &&Endpoint| {
        endpoint.role == Role::Client && endpoint.addresses.iter().any(|known| known == address)
    };
    model.endpoints.iter().find(is_there)
}

/// What is not certain of predictions for the target's release, in words.
pub(super) fn unverified(target: &Target) -> Option<String> {
    release::unverified(target.haproxy?)
}

/// The release of the OpenSSL that the target names.
fn library_release(target: &Target) -> Option<Release> {
    match target.library? {
        Choice::Named(library) => Release::parse(library.release.rsplit_once('-')?.1),
        Choice::Any(_) | Choice::Linked => None,
    }
}
