//! Listeners: filter chains, and which of them a client reaches.

use super::addresses;
use super::endpoints::{NEVER_MATCHES, Party};
use super::names::Names;
use super::purpose;
use super::reader::Reader;
use super::sockets::Socket;
use super::value::Value;
use crate::budget::Resource;
use crate::endpoint::{Purpose, Role, ServedName};
use crate::observation::ObservationKind;
use crate::setting::Setting;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a listener's own fields say about every chain.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a listener")]
struct Surroundings {
    name: String,
    addresses: Vec<String>,
    /// Whether server names are known when chains are matched.
    inspects: bool,
    /// Whether clients may reach other ports than the listener's own.
    keeps_original_port: bool,
    is_quic: bool,
    /// Whether it has no socket of its own, and only takes what another listener hands over.
    is_handed_over: bool,
}

impl<'t> Reader<'_, 't> {
    /// A Listener message.
    pub(super) fn listener(&mut self, listener: Value<'t>) {
        let chains = listener.list_of("filter_chains");
        let default = listener.field("default_filter_chain");
        let surroundings = surroundings(listener);
        if chains.is_empty() && default.is_none() {
            return;
        }
        let is_udp = listener.at(&["address", "socket_address"]).and_then(|socket| socket.str_of("protocol"));
        if is_udp.is_some_and(|protocol| protocol.eq_ignore_ascii_case("udp")) && !surroundings.is_quic {
            return;
        }
        if !self.context.budget.take(Resource::YamlNodes, chains.len() as u64, listener.location()) {
            return;
        }
        self.refuse_equal_chains(&chains);
        let mut has_default = false;
        let mut names = Names::default();
        for chain in &chains {
            let rules = chain.field("filter_chain_match");
            let matched = rules.filter(|rules| never_matches(*rules, &surroundings, true).is_none());
            for name in matched.into_iter().flat_map(|rules| rules.list_of("server_names")) {
                names.add(name.text_str().unwrap_or_default(), chain.location());
            }
        }
        let names = Rc::new(names);
        for chain in &chains {
            self.chain(*chain, &surroundings, &names, &mut has_default);
        }
        if let Some(chain) = default {
            let party = Party {
                label: format!("{}, default filter chain", surroundings.label()),
                is_default: !has_default,
                siblings: names,
                ..party(chain, &surroundings)
            };
            let socket = self.socket(chain, true);
            self.add_chain(&party, socket, &surroundings);
        }
    }

    /// Adds what a chain comes to; in clear that takes a socket of the listener's own.
    fn add_chain(&mut self, party: &Party<'t>, socket: Socket<'t>, surroundings: &Surroundings) {
        if surroundings.is_handed_over && matches!(socket, Socket::Plain) {
            self.model.speaks_tls = true;
        } else {
            self.add(party, socket);
        }
    }

    fn chain(
        &mut self,
        chain: Value<'t>,
        surroundings: &Surroundings,
        siblings: &Rc<Names>,
        has_default: &mut bool,
    ) {
        let socket = self.socket(chain, true);
        let rules = chain.field("filter_chain_match");
        let names = rules.map_or_else(Vec::new, |rules| self.server_names(rules));
        let speaks_tls = !matches!(socket, Socket::Plain);
        let mut party = party(chain, surroundings);
        let never = rules.and_then(|rules| never_matches(rules, surroundings, speaks_tls));
        if let Some((place, why)) = never {
            let message = format!("{why}: no connection is ever matched to this filter chain");
            let help = (!surroundings.inspects)
                .then(|| "add envoy.filters.listener.tls_inspector to listener_filters".to_owned());
            let kind = ObservationKind::EndpointDead;
            self.observe(kind, place.location(), "filter_chain_match", message, "never matches", help);
            party.refuses = Some(NEVER_MATCHES.to_owned());
        }
        let restricted = rules.is_some_and(is_restricted);
        party.is_default = names.is_empty() && !restricted && party.refuses.is_none() && !*has_default;
        *has_default |= party.is_default;
        if let Some(name) = names.first() {
            party.label = format!("{}, filter chain of {}", party.label, name.name);
        }
        party.names = names;
        party.siblings = Rc::clone(siblings);
        self.add_chain(&party, socket, surroundings);
    }

    fn server_names(&mut self, rules: Value<'_>) -> Vec<ServedName> {
        let mut names = Vec::new();
        for item in rules.list_of("server_names") {
            let Some(name) = item.text_str() else { continue };
            let rest = name.strip_prefix("*.").unwrap_or(name);
            if rest.contains('*') && !item.is_opaque() {
                self.refuse(
                    item.location(),
                    "server_names",
                    "partial wildcards are not supported in \"server_names\"",
                );
            }
            names.push(ServedName { name: name.to_owned(), location: item.location() });
        }
        names
    }

    /// Two chains with the same rules, or a name that leads to two chains: Envoy takes neither.
    fn refuse_equal_chains(&mut self, chains: &[Value<'_>]) {
        let mut seen: BTreeMap<String, bool> = BTreeMap::new();
        for chain in chains.iter().filter(|chain| !chain.is_opaque()) {
            let rules = chain.field("filter_chain_match");
            let rest = rules.map_or_else(String::new, |rules| {
                let other = rules.entries().filter(|(key, value)| {
                    !matches!(key.text_str(), Some("server_names" | "serverNames")) && !value.node.is_null()
                });
                other
                    .fold(String::new(), |all, (key, value)| format!("{all}{:?}={:?};", key.node, value.node))
            });
            let names = rules.map_or_else(Vec::new, |rules| rules.list_of("server_names"));
            let keys: Vec<String> = if names.is_empty() {
                vec![rest]
            } else {
                let lower = |name: &Value<'_>| name.text_str().unwrap_or("").to_ascii_lowercase();
                names.iter().map(|name| format!("{} {rest}", lower(name))).collect()
            };
            for key in keys {
                if seen.insert(key, true).is_some() {
                    let at = rules.unwrap_or(*chain).location();
                    let reason = "multiple filter chains with overlapping matching rules are defined";
                    self.refuse(at, "filter_chain_match", reason);
                    return;
                }
            }
        }
    }
}

impl Surroundings {
    fn label(&self) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!(" {}", self.name) };
        match self.addresses.first() {
            Some(address) => format!("listener{name} on {address}"),
            None => format!("listener{name}"),
        }
    }
}

/// What a chain is, before its rules are looked at.
fn party<'v>(chain: Value<'v>, surroundings: &Surroundings) -> Party<'v> {
    let local =
        !surroundings.addresses.is_empty() && surroundings.addresses.iter().all(|at| addresses::is_local(at));
    Party {
        role: Role::Server,
        place: chain,
        label: surroundings.label(),
        names: Vec::new(),
        siblings: Rc::default(),
        is_default: false,
        addresses: surroundings.addresses.clone(),
        sni: Setting::default(None, "servers send no name".into()),
        follows_host: None,
        refuses: None,
        purpose: match purpose::of_chain(chain) {
            Purpose::RedirectOnly => Purpose::RedirectOnly,
            // Bytes that nobody has read are nobody's content, wherever they come from.
            Purpose::PassThrough => Purpose::PassThrough,
            _ if local => Purpose::Local,
            purpose => purpose,
        },
    }
}

fn surroundings(listener: Value<'_>) -> Surroundings {
    let additional = listener.list_of("additional_addresses");
    let all = listener
        .field("address")
        .into_iter()
        .chain(additional.iter().filter_map(|more| more.field("address")));
    let filters = listener.list_of("listener_filters");
    let is_filter = |filter: &Value<'_>, name: &str| {
        let typed = filter.field("typed_config").and_then(Value::message);
        match typed {
            Some((full, _)) => full
                .rsplit('.')
                .next()
                .is_some_and(|short| short.eq_ignore_ascii_case(&name.replace('_', ""))),
            None => filter.str_of("name").is_some_and(|written| written.ends_with(name)),
        }
    };
    let has = |name: &str| filters.iter().any(|filter| is_filter(filter, name));
    let is_quic = listener.at(&["udp_listener_config", "quic_options"]).is_some();
    let binds = |owner: Value<'_>| owner.field("bind_to_port").and_then(Value::boolean) != Some(false);
    let is_handed_over = !binds(listener) || listener.field("deprecated_v1").is_some_and(|old| !binds(old));
    let addresses = if is_handed_over { Vec::new() } else { all.filter_map(addresses::of_address).collect() };
    Surroundings {
        name: listener.str_of("name").unwrap_or("").to_owned(),
        addresses,
        is_handed_over,
        inspects: is_quic || has("tls_inspector") || filters.iter().any(|filter| filter.is_opaque()),
        keeps_original_port: listener.is_true("use_original_dst")
            || has("original_dst")
            || has("proxy_protocol"),
        is_quic,
    }
}

/// Which rule keeps every connection away, and why.
fn never_matches<'v>(
    rules: Value<'v>,
    surroundings: &Surroundings,
    speaks_tls: bool,
) -> Option<(Value<'v>, &'static str)> {
    if !surroundings.inspects {
        let names = rules.field("server_names").filter(|names| !names.list().is_empty());
        let protocols = rules.field("application_protocols").filter(|protocols| !protocols.list().is_empty());
        let transport =
            rules.field("transport_protocol").filter(|protocol| protocol.text_str() == Some("tls"));
        if let Some(rule) = names.or(transport).or(protocols) {
            return Some((rule, "without a tls_inspector listener filter no server name is known"));
        }
    } else if speaks_tls
        && let Some(rule) =
            rules.field("transport_protocol").filter(|rule| rule.text_str() == Some("raw_buffer"))
    {
        return Some((rule, "transport_protocol raw_buffer leaves out clients that speak TLS"));
    }
    let port = rules.field("destination_port")?;
    let own = surroundings.addresses.iter().any(|address| {
        addresses::split(address).is_some_and(|(_, listening)| Some(listening) == port.text_str())
    });
    let elsewhere = !own && !surroundings.keeps_original_port && !surroundings.addresses.is_empty();
    (elsewhere && !port.is_opaque()).then_some((port, "destination_port is not the listener's port"))
}

/// Whether rules leave some clients out by where they come from, or by what they would speak inside TLS.
fn is_restricted(rules: Value<'_>) -> bool {
    let fields = [
        "application_protocols",
        "direct_source_prefix_ranges",
        "prefix_ranges",
        "source_ports",
        "source_prefix_ranges",
        "source_type",
    ];
    fields.iter().any(|field| rules.field(field).is_some_and(|list| !list.list().is_empty()))
        || rules.str_of("transport_protocol") == Some("raw_buffer")
}
