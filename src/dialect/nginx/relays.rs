//! Stream servers that pass connections on as they are: clients meet who listens behind them.

use super::sockets;
use crate::budget::{Budget, Resource};
use crate::endpoint::{Endpoint, Failing, Model, Role, Transport};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// How often a connection is passed on from one local socket to the next.
const MAXIMUM_HOPS: usize = 8;

/// Who passes connections on, and who waits for what.
#[derive(Debug, Default)]
pub(super) struct Relays {
    /// Who passes them on.
    pub(super) passes: Vec<Pass>,
    /// The sockets that take connections with a line of the PROXY protocol in front alone (`listen … proxy_protocol`).
    pub(super) waiting: HashSet<String>,
}

/// A stream server that passes connections on.
#[derive(Debug)]
pub(super) struct Pass {
    /// Its endpoint's place in the model.
    pub(super) endpoint: usize,
    /// Where to, as written.
    pub(super) target: String,
    /// Whether it puts a line of the PROXY protocol in front (`proxy_protocol on`); `None` where that is not known.
    pub(super) sends_line: Option<bool>,
}

impl Relays {
    /// Puts what a client meets behind a stream server that passes connections on in the place of that server.
    pub(super) fn follow(&self, budget: &Budget, model: &mut Model) {
        for _ in 0..MAXIMUM_HOPS {
            if self.passes.is_empty() {
                return;
            }
            let by_address = listeners(model);
            let mut behind: Vec<(usize, Vec<Endpoint>)> = Vec::new();
            for pass in &self.passes {
                let Some(front) = model.endpoints.get(pass.endpoint) else { continue };
                let Some(address) = socket_address(&pass.target) else { continue };
                let Some(socket) =
                    sockets(address).into_iter().find(|socket| by_address.contains_key(socket))
                else {
                    continue;
                };
                let is_own = front.addresses.contains(&pass.target);
                let Some(found) = by_address.get(&socket).filter(|_| !is_own) else { continue };
                if !matches!(front.transport, Transport::Plaintext(_)) {
                    continue;
                }
                if !budget.take(Resource::Endpoints, found.len() as u64 - 1, front.location) {
                    break;
                }
                let found = found.iter().filter_map(|index| model.endpoints.get(*index));
                let met = found.map(|endpoint| self.met(pass, front, endpoint, &socket)).collect();
                behind.push((pass.endpoint, met));
            }
            if !replace(behind, model) {
                break;
            }
        }
    }

    /// What a client of `front` meets: `endpoint`, on the sockets of the other.
    fn met(&self, pass: &Pass, front: &Endpoint, endpoint: &Endpoint, socket: &str) -> Endpoint {
        let fails = match (self.waiting.contains(socket), pass.sends_line) {
            (true, Some(false)) => Some((
                format!("{socket} waits for a line of the PROXY protocol, which this server does not send"),
                "write proxy_protocol on; here, or take proxy_protocol from the listen directive behind it",
            )),
            (false, Some(true)) => Some((
                format!(
                    "{socket} takes the line of the PROXY protocol that this server sends for a broken ClientHello"
                ),
                "add proxy_protocol to the listen directive behind it, or take proxy_protocol on; away",
            )),
            _ => None,
        };
        let speaks_tls = !matches!(endpoint.transport, Transport::Plaintext(_));
        let fails = fails.filter(|_| speaks_tls).map(|(why, help)| Failing {
            why,
            location: front.location,
            help: help.to_owned(),
        });
        Endpoint {
            location: front.location,
            addresses: front.addresses.clone(),
            label: format!("{}, passed on to {}", front.label, pass.target),
            fails: fails.or_else(|| endpoint.fails.clone()),
            ..endpoint.clone()
        }
    }
}

/// Puts what is met in its place; whether that changes anything for who passes connections on to it.
fn replace(behind: Vec<(usize, Vec<Endpoint>)>, model: &mut Model) -> bool {
    let mut changed = false;
    for (index, mut found) in behind {
        let Some(last) = found.pop() else { continue };
        let Some(front) = model.endpoints.get_mut(index) else { continue };
        changed |= front.transport != last.transport;
        *front = last;
        model.endpoints.extend(found);
    }
    changed
}

/// The places of all listening endpoints but QUIC's, by their addresses.
fn listeners(model: &Model) -> HashMap<String, Vec<usize>> {
    let mut by_address: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, endpoint) in model.endpoints.iter().enumerate() {
        if endpoint.role == Role::Server && endpoint.transport != Transport::Quic {
            for address in &endpoint.addresses {
                by_address.entry(address.clone()).or_default().push(index);
            }
        }
    }
    by_address
}

fn socket_address(target: &str) -> Option<(IpAddr, u16)> {
    let (host, port) = target.rsplit_once(':')?;
    let host = if host == "localhost" { "127.0.0.1" } else { host.trim_matches(['[', ']']) };
    Some((host.parse().ok()?, port.parse().ok()?))
}
