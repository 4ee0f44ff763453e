//! Clusters: upstream addresses, and the transport socket of each.

use super::addresses;
use super::endpoints::Party;
use super::reader::Reader;
use super::sockets::Socket;
use super::value::Value;
use crate::endpoint::{Purpose, Role};
use crate::setting::Setting;
use crate::span::Location;
use crate::syntax::yaml::Node;

/// One upstream address.
#[derive(Clone)]
struct Host<'t> {
    address: String,
    /// The name that `auto_host_sni` sends; `None` for bare addresses.
    name: Option<String>,
    /// What transport socket matches look at.
    metadata: Option<Value<'t>>,
}

/// The key of endpoint metadata that transport socket matches compare with.
const MATCH_METADATA: &str = "envoy.transport_socket_match";

impl<'t> Reader<'_, 't> {
    /// A Cluster message.
    pub(super) fn cluster(&mut self, cluster: Value<'t>) {
        let mut rest = hosts(cluster);
        let named_hosts = !rest.is_empty();
        for candidate in cluster.list_of("transport_socket_matches") {
            let wanted = candidate.field("match");
            let (chosen, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|host| matches(wanted, host));
            rest = others;
            let Some(socket) = candidate.field("transport_socket") else { continue };
            let found = self.transport_socket(socket, false, 0);
            self.upstreams(cluster, candidate, found, chosen);
        }
        let has_matches = cluster.field("transport_socket_matches").is_some();
        if rest.is_empty() && named_hosts && has_matches && cluster.field("transport_socket").is_none() {
            return;
        }
        let socket = self.socket(cluster, false);
        let is_plain = matches!(socket, Socket::Plain);
        if is_plain && rest.is_empty() {
            return;
        }
        self.upstreams(cluster, cluster, socket, rest);
    }

    /// One endpoint for all hosts, or one for each name where the name goes out as SNI.
    fn upstreams(&mut self, cluster: Value<'t>, place: Value<'t>, socket: Socket<'t>, hosts: Vec<Host<'t>>) {
        let context = match socket {
            Socket::Tls(context) | Socket::Quic(context) | Socket::StartTls(context) => Some(context),
            Socket::Plain | Socket::Unknown(..) => None,
        };
        let automatic = context.and_then(|context| written_true(context, "auto_host_sni"));
        let mut groups: Vec<(Option<String>, Vec<String>)> = Vec::new();
        for host in hosts {
            let name = host.name.filter(|_| automatic.is_some());
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, addresses)) => addresses.push(host.address),
                None => groups.push((name, vec![host.address])),
            }
        }
        if groups.is_empty() {
            groups.push((None, Vec::new()));
        }
        let usage = cluster.str_of("name").and_then(|name| self.usage.get(name)).copied().unwrap_or_default();
        for (name, addresses) in groups {
            let is_local =
                !addresses.is_empty() && addresses.iter().all(|address| addresses::is_local(address));
            let (sni, follows_host) = sni(cluster, context, automatic, name.as_deref());
            let party = Party {
                role: Role::Client,
                place,
                label: format!("cluster {}", cluster.str_of("name").unwrap_or("without a name")),
                names: Vec::new(),
                siblings: std::rc::Rc::default(),
                is_default: false,
                addresses,
                sni,
                follows_host,
                refuses: None,
                purpose: if is_local { Purpose::Local } else { usage.purpose() },
            };
            self.add(&party, socket);
        }
    }
}

/// What a client sends as its server name, and where the same name is checked.
fn sni(
    cluster: Value<'_>,
    context: Option<Value<'_>>,
    automatic: Option<Location>,
    host: Option<&str>,
) -> (Setting<Option<String>>, Option<Location>) {
    let options = http_options(cluster);
    let from_request = options.and_then(|options| written_true(options, "auto_sni"));
    let checked = options.and_then(|options| written_true(options, "auto_san_validation"));
    if let Some(at) = from_request {
        let why = "auto_sni takes it from the host of each request";
        return (Setting::unknown(Some(at), why), checked);
    }
    if let (Some(at), Some(host)) = (automatic, host) {
        return (Setting::written(Some(host.to_owned()), at, [].into()), None);
    }
    let written = context.and_then(|context| context.field("sni"));
    let setting = match written {
        Some(sni) if sni.is_opaque() => Setting::unknown(Some(sni.location()), "sni is template text"),
        Some(sni) => {
            let name = sni.text_str().filter(|name| !name.is_empty()).map(str::to_owned);
            Setting::written(name, sni.location(), [].into())
        }
        None => Setting::default(None, "Envoy sends no name unasked".into()),
    };
    (setting, None)
}

/// `upstream_http_protocol_options`, of the cluster itself or of its extension.
fn http_options(cluster: Value<'_>) -> Option<Value<'_>> {
    let own = cluster.field("upstream_http_protocol_options");
    own.or_else(|| {
        let extensions = cluster.field("typed_extension_protocol_options")?;
        extensions.entries().find_map(|(_, options)| options.field("upstream_http_protocol_options"))
    })
}

fn written_true(message: Value<'_>, field: &str) -> Option<Location> {
    let (key, value) = message.field_with_name(field)?;
    (value.boolean() == Some(true)).then(|| key.location())
}

fn hosts(cluster: Value<'_>) -> Vec<Host<'_>> {
    let kind = cluster.str_of("type").unwrap_or("STATIC").to_ascii_uppercase();
    let resolves = matches!(kind.as_str(), "STRICT_DNS" | "LOGICAL_DNS" | "1" | "2")
        || cluster.field("cluster_type").is_some();
    let localities = cluster.at(&["load_assignment", "endpoints"]).map_or_else(Vec::new, Value::list);
    let mut found = Vec::new();
    for locality in localities {
        for entry in locality.list_of("lb_endpoints") {
            let Some(endpoint) = entry.field("endpoint") else { continue };
            let Some(address) = endpoint.field("address").and_then(addresses::of_address) else { continue };
            let written = endpoint.str_of("hostname").filter(|name| !name.is_empty()).map(str::to_owned);
            let from_dns = addresses::split(&address)
                .map(|(host, _)| host.to_owned())
                .filter(|host| resolves && host.parse::<std::net::IpAddr>().is_err());
            let metadata =
                entry.at(&["metadata", "filter_metadata"]).and_then(|all| all.field(MATCH_METADATA));
            found.push(Host { name: written.or(from_dns), address, metadata });
        }
    }
    found
}

/// Whether every field of a match stands in the host's metadata with the same value.
fn matches(wanted: Option<Value<'_>>, host: &Host<'_>) -> bool {
    let Some(wanted) = wanted else { return true };
    wanted.entries().all(|(key, value)| {
        let Some(key) = key.text_str() else { return false };
        let found = host.metadata.and_then(|metadata| metadata.node.get(key));
        let text = |node: Node<'_>| node.scalar().map(|scalar| scalar.value.to_owned());
        found.is_some_and(|found| match (text(found), text(value.node)) {
            (Some(found), Some(wanted)) => found == wanted,
            _ => format!("{found:?}") == format!("{:?}", value.node),
        })
    })
}
