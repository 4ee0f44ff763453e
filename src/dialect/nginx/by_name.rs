//! Certificates that the name in the ClientHello chooses: `ssl_certificate /tls/$ssl_server_name.crt`, which nginx loads during the
//! handshake (ngx_http_ssl_certificate()).

use super::names::Names;
use super::tls::Surroundings;
use super::variables::Hello;
use crate::budget::Resource;
use crate::endpoint::{CertificateUse, Endpoint, Failing, Model, Role, ServedName, Transport};
use crate::setting::Setting;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// How many names that only maps know are told apart on a socket; the others are taken for any name.
const MAXIMUM_MAPPED: usize = 256;

/// Gives every name that is known to lead to such a certificate an endpoint of its own, and the others what the maps' defaults say.
pub(super) fn split(around: &Surroundings<'_>, model: &mut Model) {
    let sockets = Sockets::of(&model.endpoints);
    let chosen =
        (0..model.endpoints.len()).filter(|index| model.endpoints.get(*index).is_some_and(is_chosen));
    let mut looked_up = HashMap::new();
    let plan: Vec<(usize, Vec<String>)> =
        chosen.map(|index| (index, sockets.names(around, &model.endpoints, index, &mut looked_up))).collect();
    for (index, names) in plan {
        let Some(endpoint) = model.endpoints.get_mut(index) else { continue };
        let mut split = Vec::new();
        for name in names {
            if !around.budget.take(Resource::Endpoints, 1, endpoint.location) {
                break;
            }
            split.push(of_name(around, endpoint, &name));
        }
        let names: HashSet<String> =
            split.iter().flat_map(|one| &one.names).map(|name| name.name.to_ascii_lowercase()).collect();
        endpoint.names.retain(|name| !names.contains(&name.name.to_ascii_lowercase()));
        fill(around, endpoint, Hello::Others);
        // Nobody is left who comes to it.
        if endpoint.names.is_empty()
            && !endpoint.is_default
            && let Some(first) = split.pop()
        {
            *endpoint = first;
        }
        model.endpoints.append(&mut split);
    }
}

/// A socket, as names are looked up on it: whether it is QUIC's, and its address.
type Socket = (bool, String);

/// Who shares which socket.
struct Sockets {
    endpoints: HashMap<Socket, Vec<usize>>,
    /// How many servers of a socket have a name.
    owners: HashMap<(Socket, String), u32>,
}

impl Sockets {
    fn of(endpoints: &[Endpoint]) -> Self {
        let mut sockets = Self { endpoints: HashMap::new(), owners: HashMap::new() };
        if !endpoints.iter().any(is_chosen) {
            return sockets;
        }
        for (index, endpoint) in endpoints.iter().enumerate().filter(|(_, one)| one.role == Role::Server) {
            for socket in sockets_of(endpoint) {
                for name in &endpoint.names {
                    *sockets.owners.entry((socket.clone(), name.name.to_ascii_lowercase())).or_default() += 1;
                }
                sockets.endpoints.entry(socket).or_default().push(index);
            }
        }
        sockets
    }

    /// The whole names that lead to an endpoint: its server's, and of those that maps know or that are asked for the ones that come to it.
    fn names(
        &self,
        around: &Surroundings<'_>,
        endpoints: &[Endpoint],
        index: usize,
        looked_up: &mut HashMap<Socket, Names<usize>>,
    ) -> Vec<String> {
        let Some(endpoint) = endpoints.get(index) else { return Vec::new() };
        let is_alone = |name: &String| {
            sockets_of(endpoint).all(|socket| self.owners.get(&(socket, name.clone())) == Some(&1))
        };
        let own = endpoint.names.iter().map(|name| name.name.to_ascii_lowercase());
        let own = own.filter(|name| is_whole(name)).filter(is_alone);
        let uses = endpoint.certificates.value().map_or(&[][..], Vec::as_slice);
        let mapped = uses.iter().filter(|_| endpoint.is_default);
        let mapped =
            mapped.flat_map(|used| around.variables.names_of(&used.name)).filter(|name| is_whole(name));
        let mut further: Vec<&str> = mapped.collect();
        further.sort_unstable();
        further.dedup();
        further.truncate(MAXIMUM_MAPPED);
        let further = further.into_iter().chain(around.asked).map(str::to_ascii_lowercase);
        let further: Vec<String> = further.collect();
        let mut names: Vec<String> = own.collect();
        if let Some(socket) = sockets_of(endpoint).next().filter(|_| !further.is_empty()) {
            let of_socket = || self.lookup(endpoints, &socket);
            let lookup = looked_up.entry(socket.clone()).or_insert_with(of_socket);
            let comes = |name: &String| lookup.choose(Some(name)) == Some(index);
            names.extend(further.into_iter().filter(comes));
        }
        names.sort();
        names.dedup();
        names
    }

    /// The names of a socket, by the ranks of their endpoints.
    fn lookup(&self, endpoints: &[Endpoint], socket: &Socket) -> Names<usize> {
        let sharing = self.endpoints.get(socket).map_or(&[][..], Vec::as_slice);
        let servers = sharing.iter().filter_map(|rank| Some((*rank, endpoints.get(*rank)?)));
        Names::of(servers.map(|(rank, endpoint)| (rank, endpoint.is_default, &*endpoint.names)))
    }
}

fn sockets_of(endpoint: &Endpoint) -> impl Iterator<Item = Socket> {
    let is_quic = endpoint.transport == Transport::Quic;
    endpoint.addresses.iter().map(move |address| (is_quic, address.clone()))
}

/// Whether a name of a server is one host's: neither a pattern nor a word that stands for none.
fn is_whole(name: &str) -> bool {
    name.contains('.') && !name.starts_with(['.', '~']) && !name.contains(['*', '$'])
}

/// Whether a variable names one of its certificates.
fn is_chosen(endpoint: &Endpoint) -> bool {
    endpoint.role == Role::Server
        && matches!(endpoint.transport, Transport::Quic | Transport::Tls)
        && endpoint.certificates.value().is_some_and(|uses| uses.iter().any(is_variable))
}

fn is_variable(used: &CertificateUse) -> bool {
    used.certificate.is_none() && used.name.contains('$')
}

fn of_name(around: &Surroundings<'_>, endpoint: &Endpoint, name: &str) -> Endpoint {
    let written = endpoint.names.iter().find(|own| own.name.eq_ignore_ascii_case(name)).cloned();
    let mut own = endpoint.clone();
    own.label = format!("{name} on {}", endpoint.place());
    own.names =
        vec![written.unwrap_or_else(|| ServedName { name: name.to_owned(), location: endpoint.location })];
    own.is_default = false;
    fill(around, &mut own, Hello::Named(name));
    own
}

/// Fills in the certificates that `hello` leads to; one that is certainly not there fails the handshake.
fn fill(around: &Surroundings<'_>, endpoint: &mut Endpoint, hello: Hello<'_>) {
    let mut missing = None;
    endpoint.certificates = match &endpoint.certificates {
        Setting::Written(written) => {
            let mut filled = |used: &CertificateUse| {
                let path = is_variable(used).then(|| around.variables.fill(&used.name, hello)).flatten()?;
                let found = around.files.certificate(Path::new(&path));
                if found.is_none() && around.files.is_missing(Path::new(&path)) && around.running.0.is_some()
                {
                    missing.get_or_insert((path.clone(), used.location));
                }
                let (name, certificate) =
                    found.map_or((path, None), |(name, certificate)| (name, Some(certificate)));
                Some(CertificateUse { name, certificate, ..used.clone() })
            };
            let uses =
                written.value.iter().map(|used| filled(used).unwrap_or_else(|| used.clone())).collect();
            Setting::written(uses, written.location, written.provenance.clone())
        }
        other => other.clone(),
    };
    if let Some((path, location)) = missing {
        endpoint.fails.get_or_insert_with(|| Failing {
            why: format!("nginx loads {path} during the handshake, and there is no such file"),
            location,
            help: format!(
                "put the certificate and its key there, or name files that exist in place of {path}"
            ),
        });
    }
}
