//! Listeners: filter chains, and which of them a client reaches.

use super::addresses;
use super::chain_match::Sight;
use super::endpoints::{NEVER_MATCHES, Party};
use super::filter_chains::{self, FilterChains, Reach, Speaking};
use super::names::Names;
use super::purpose;
use super::reader::Reader;
use super::sockets::Socket;
use super::value::Value;
use crate::budget::Resource;
use crate::endpoint::{Purpose, Role, Selection, ServedName};
use crate::observation::ObservationKind;
use crate::setting::Setting;
use crate::span::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

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
    /// Whether placeholders hide that it may be reachable on the machine alone.
    is_hidden: bool,
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
        let matched = FilterChains::of(listener, surroundings.addresses.clone(), surroundings.sight());
        if let Some(doubled) = matched.as_ref().and_then(FilterChains::doubled) {
            let at = chains.iter().find(|chain| chain.location() == doubled);
            let at =
                at.map_or(doubled, |chain| chain.field("filter_chain_match").unwrap_or(*chain).location());
            let reason = "multiple filter chains with overlapping matching rules are defined";
            self.refuse(at, "filter_chain_match", reason);
        }
        if listener.field("filter_chain_matcher").is_some() {
            self.chain_names(&chains);
        }
        let ways = Ways::of(matched.as_ref());
        let mut has_default = false;
        let siblings = Rc::new(ways.names(&chains));
        for chain in &chains {
            self.chain(*chain, &surroundings, (&ways, &siblings), &mut has_default);
        }
        if let Some(chain) = default {
            let socket = self.socket(chain, true);
            let reach = ways.to(chain, &socket);
            let mut party = Party {
                label: format!("{}, default filter chain", surroundings.label()),
                is_default: reach.map_or(!has_default, |reach| reach.is_default),
                siblings,
                ..party(chain, &surroundings)
            };
            if let Some(reach) = reach.filter(|reach| !reach.addresses.is_empty()) {
                party.addresses.retain(|address| reach.addresses.contains(address));
            }
            self.add_chain(&party, socket, &surroundings);
        }
        self.model.selections.extend(matched.map(|chains| Arc::new(chains) as Arc<dyn Selection>));
    }

    /// Adds what a chain comes to; in clear that takes a socket of the listener's own.
    fn add_chain(&mut self, party: &Party<'t>, socket: Socket<'t>, surroundings: &Surroundings) {
        if surroundings.is_handed_over && matches!(socket, Socket::Plain) {
            self.model.speaks_tls = true;
        } else {
            self.add(party, socket);
        }
    }

    /// A matcher names chains: each needs a name of its own.
    fn chain_names(&mut self, chains: &[Value<'_>]) {
        let mut seen = BTreeSet::new();
        for chain in chains.iter().filter(|chain| !chain.is_opaque()) {
            let reason = match chain.str_of("name").filter(|name| !name.is_empty()) {
                None => "\"name\" field is required when using a listener matcher".to_owned(),
                Some(name) if !seen.insert(name) => {
                    format!("\"name\" field is duplicated with value '{name}'")
                }
                Some(_) => continue,
            };
            self.refuse(chain.location(), "filter_chain_matcher", reason);
            return;
        }
    }

    fn chain(
        &mut self,
        chain: Value<'t>,
        surroundings: &Surroundings,
        (ways, siblings): (&Ways<'_>, &Rc<Names>),
        has_default: &mut bool,
    ) {
        let socket = self.socket(chain, true);
        let rules = chain.field("filter_chain_match").filter(|_| !ways.by_matcher());
        let mut names = rules.map_or_else(Vec::new, |rules| self.server_names(rules));
        let mut party = party(chain, surroundings);
        match ways.to(chain, &socket) {
            Some(reach) => {
                names.extend(ways.matcher_names());
                names.retain(|name| filter_chains::leads(reach, &name.name));
                party.addresses.retain(|address| reach.addresses.contains(address));
                party.is_default = reach.is_default;
            }
            None if ways.are_known() => {
                let speaks_tls = !matches!(socket, Socket::Plain);
                self.never_matched(chain, rules, surroundings, speaks_tls);
                // Its names stay where nobody else takes them: their clients are sent away.
                names.retain(|name| ways.close(&name.name));
                party.refuses = Some(NEVER_MATCHES.to_owned());
            }
            None => {
                let restricted = rules.is_some_and(is_restricted);
                party.is_default = names.is_empty() && !restricted && !*has_default;
            }
        }
        *has_default |= party.is_default;
        if let Some(name) = names.first() {
            party.label = format!("{}, filter chain of {}", party.label, name.name);
        }
        party.names = names;
        party.siblings = Rc::clone(siblings);
        self.add_chain(&party, socket, surroundings);
    }

    /// Tells of a chain that no connection reaches.
    fn never_matched(
        &mut self,
        chain: Value<'_>,
        rules: Option<Value<'_>>,
        surroundings: &Surroundings,
        speaks_tls: bool,
    ) {
        let own = rules.and_then(|rules| never_matches(rules, surroundings, speaks_tls));
        let (place, why) = own.unwrap_or_else(|| {
            let why = if rules.is_some() {
                "the rules of other filter chains are looked at first and take them all"
            } else {
                "what the listener's matching looks at leads elsewhere"
            };
            (rules.unwrap_or(chain), why)
        });
        let message = format!("{why}: no connection is ever matched to this filter chain");
        let help = (own.is_some() && !surroundings.inspects)
            .then(|| "add envoy.filters.listener.tls_inspector to listener_filters".to_owned());
        let kind = ObservationKind::EndpointDead;
        self.observe(kind, place.location(), "filter_chain_match", message, "never matches", help);
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
}

/// The ways to the chains of one listener, for clients that speak TLS and for all.
struct Ways<'c> {
    chains: Option<&'c FilterChains>,
    by_tls: BTreeMap<Location, Reach>,
    by_anything: BTreeMap<Location, Reach>,
}

impl<'c> Ways<'c> {
    fn of(chains: Option<&'c FilterChains>) -> Self {
        let reached = |speaking| chains.map_or_else(BTreeMap::new, |chains| chains.reached(speaking));
        Self { chains, by_tls: reached(Speaking::Tls), by_anything: reached(Speaking::Anything) }
    }

    /// How connections reach a chain that speaks so; `None` where none does, or where that is not known.
    fn to(&self, chain: Value<'_>, socket: &Socket<'_>) -> Option<&Reach> {
        let speaks_tls = matches!(socket, Socket::Tls(_) | Socket::Quic(_));
        let reached = if speaks_tls { &self.by_tls } else { &self.by_anything };
        reached.get(&chain.location())
    }

    /// Whether a chain without a way is reached by nobody.
    fn are_known(&self) -> bool {
        self.chains.is_some_and(FilterChains::is_certain)
    }

    /// Whether connections for a name are closed.
    fn close(&self, name: &str) -> bool {
        self.chains.is_none_or(|chains| chains.closes(name))
    }

    fn by_matcher(&self) -> bool {
        self.chains.is_some_and(FilterChains::is_by_matcher)
    }

    /// The names that a matcher asks for.
    fn matcher_names(&self) -> impl Iterator<Item = ServedName> {
        let names = self.chains.map_or_else(Vec::new, FilterChains::matcher_names);
        names.into_iter().map(|(name, location)| ServedName { name, location })
    }

    /// The names that lead to each chain; those of the rules of `chains` where the ways are not known.
    fn names(&self, chains: &[Value<'_>]) -> Names {
        let mut names = Names::default();
        for (chain, reach) in &self.by_tls {
            reach.names.iter().for_each(|name| names.add(name, *chain));
        }
        for chain in chains.iter().filter(|_| self.chains.is_none()) {
            let rules = chain.field("filter_chain_match");
            for name in rules.map_or_else(Vec::new, |rules| rules.list_of("server_names")) {
                names.add(name.text_str().unwrap_or_default(), chain.location());
            }
        }
        names
    }
}

impl Surroundings {
    fn sight(&self) -> Sight {
        let Self { inspects, keeps_original_port, is_quic, .. } = *self;
        Sight { inspects, keeps_original_port, is_quic }
    }

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
            Purpose::Serves if surroundings.is_hidden => Purpose::MaybeLocal,
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
    let addresses: Vec<String> =
        if is_handed_over { Vec::new() } else { all.filter_map(addresses::of_address).collect() };
    let is_whole_hidden = addresses.is_empty() && listener.field("address").is_some_and(Value::is_opaque);
    let may_be_local = |address: &String| addresses::is_hidden(address) || addresses::is_local(address);
    let is_hidden = is_whole_hidden || !addresses.is_empty() && addresses.iter().all(may_be_local);
    Surroundings {
        name: listener.str_of("name").unwrap_or("").to_owned(),
        addresses,
        is_handed_over,
        is_hidden,
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
