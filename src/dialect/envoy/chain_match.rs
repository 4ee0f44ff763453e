//! `filter_chain_match`: which filter chain takes a connection.
//!
//! Envoy looks at one field after the other and never goes back: what fits best of a field decides which chains are left for the next, and
//! where none of those fits there, none takes the connection. Source: `FilterChainManagerImpl::findFilterChain()` and its relatives in
//! `source/common/listener_manager/filter_chain_manager_impl.cc`, and runs of 1.37 to 1.40.

use super::connection::{Connection, Prefix};
use super::value::Value;
use crate::span::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The rules of one filter chain; empty lists and `None` fit everything that no other chain asks for.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// Where the filter chain stands.
    pub(super) chain: Location,
    port: Option<u16>,
    destinations: Vec<Prefix>,
    /// Lower case; `.example.com` stands for `*.example.com`.
    names: Vec<String>,
    transport: Option<String>,
    protocols: Vec<String>,
    direct_sources: Vec<Prefix>,
    source_type: Option<SourceType>,
    sources: Vec<Prefix>,
    source_ports: Vec<u16>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum SourceType {
    Local,
    External,
}

/// What a listener lets its chains be chosen by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sight {
    /// Whether server names, TLS and the protocols inside it are known when chains are matched.
    pub(super) inspects: bool,
    /// Whether clients may reach other addresses and ports than the listener's own.
    pub(super) keeps_original_port: bool,
    pub(super) is_quic: bool,
}

/// A way in which connections reach a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Arrival {
    pub(super) chain: Location,
    /// The name of `server_names` that leads there, as [`Rules`] hold it.
    pub(super) name: Option<String>,
    /// Whether clients that speak TLS come this way.
    pub(super) by_tls: bool,
}

impl Rules {
    /// The rules of a filter chain; `None` where they cannot be known from the text.
    pub(super) fn of(chain: Value<'_>) -> Option<Self> {
        if chain.is_opaque() {
            return None;
        }
        let mut rules = Self {
            chain: chain.location(),
            port: None,
            destinations: Vec::new(),
            names: Vec::new(),
            transport: None,
            protocols: Vec::new(),
            direct_sources: Vec::new(),
            source_type: None,
            sources: Vec::new(),
            source_ports: Vec::new(),
        };
        let Some(written) = chain.field("filter_chain_match") else { return Some(rules) };
        let prefixes =
            |field: &str| written.list_of(field).into_iter().map(Prefix::of).collect::<Option<Vec<_>>>();
        let words = |field: &str| {
            let words = written.list_of(field).into_iter().map(Value::text_str);
            words.map(|word| Some(word?.to_owned())).collect::<Option<Vec<_>>>()
        };
        rules.port = match written.field("destination_port") {
            Some(port) => Some(port.field("value").unwrap_or(port).text_str()?.parse().ok()?),
            None => None,
        };
        rules.destinations = prefixes("prefix_ranges")?;
        rules.names = words("server_names")?.iter().map(|name| stored(name)).collect();
        rules.transport =
            written.str_of("transport_protocol").filter(|word| !word.is_empty()).map(str::to_owned);
        rules.protocols = words("application_protocols")?;
        rules.direct_sources = prefixes("direct_source_prefix_ranges")?;
        rules.source_type = match written.str_of("source_type").map(str::to_ascii_uppercase).as_deref() {
            None | Some("ANY" | "0") => None,
            Some("SAME_IP_OR_LOOPBACK" | "LOCAL" | "1") => Some(SourceType::Local),
            Some("EXTERNAL" | "2") => Some(SourceType::External),
            Some(_) => return None,
        };
        rules.sources = prefixes("source_prefix_ranges")?;
        rules.source_ports =
            words("source_ports")?.iter().map(|port| port.parse().ok()).collect::<Option<_>>()?;
        Some(rules)
    }
}

impl Rules {
    /// The names that it asks for, as they are looked up.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// A name of `server_names` as it is looked up.
pub(super) fn stored(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.strip_prefix('*').map(str::to_owned).unwrap_or(name)
}

/// The chain that takes a connection.
pub(super) fn select(rules: &[Rules], connection: &Connection) -> Option<Location> {
    let mut left: Vec<&Rules> = rules.iter().collect();
    let local = if connection.is_local() { SourceType::Local } else { SourceType::External };
    let found = keep(&mut left, optional(Some(connection.port)), |rules, key| rules.port == *key)
        && keep_closest(&mut left, Some(connection.address), |rules| &rules.destinations)
        && keep(&mut left, candidates(connection.name.as_deref()), |rules, key| match key {
            Some(name) => rules.names.contains(name),
            None => rules.names.is_empty(),
        })
        && keep(&mut left, optional(Some(connection.transport)), |rules, key| {
            rules.transport.as_deref() == *key
        })
        && keep(&mut left, protocols(connection), |rules, key| match key {
            Some(protocol) => rules.protocols.contains(protocol),
            None => rules.protocols.is_empty(),
        })
        && keep_closest(&mut left, connection.source, |rules| &rules.direct_sources)
        && keep(&mut left, optional(Some(local)), |rules, key| rules.source_type == *key)
        && keep_closest(&mut left, connection.source, |rules| &rules.sources)
        && keep(&mut left, optional(connection.source_port), |rules, key| match key {
            Some(port) => rules.source_ports.contains(port),
            None => rules.source_ports.is_empty(),
        });
    left.first().filter(|_| found).map(|rules| rules.chain)
}

/// What is wanted, then the rules that ask for nothing.
fn optional<K>(wanted: Option<K>) -> impl Iterator<Item = Option<K>> {
    wanted.map(Some).into_iter().chain([None])
}

fn protocols(connection: &Connection) -> impl Iterator<Item = Option<String>> {
    connection.protocols.iter().cloned().map(Some).chain([None])
}

/// A name, the wildcards that stand for it from the longest on, and the rules without names.
fn candidates(name: Option<&str>) -> impl Iterator<Item = Option<String>> {
    let name = name.unwrap_or("");
    let dots = name.char_indices().skip(1).filter(|(at, one)| *one == '.' && at + 1 < name.len());
    let wildcards: Vec<_> = dots.map(|(at, _)| Some(name[at..].to_owned())).collect();
    let exact = (!name.is_empty()).then(|| Some(name.to_owned()));
    exact.into_iter().chain(wildcards).chain([None])
}

/// Keeps the rules of the first key that any has.
fn keep<K>(left: &mut Vec<&Rules>, keys: impl Iterator<Item = K>, has: impl Fn(&Rules, &K) -> bool) -> bool {
    for key in keys {
        if left.iter().any(|rules| has(rules, &key)) {
            left.retain(|rules| has(rules, &key));
            return true;
        }
    }
    false
}

/// Keeps the rules with the longest prefix that holds the address; those without prefixes hold every one.
fn keep_closest(left: &mut Vec<&Rules>, address: Option<IpAddr>, of: fn(&Rules) -> &Vec<Prefix>) -> bool {
    let fits = |prefix: &&Prefix| address.is_some_and(|address| prefix.holds(address));
    let lengths: BTreeSet<u8> =
        left.iter().flat_map(|rules| of(rules)).filter(fits).map(|one| one.length).collect();
    // No prefix stands for 0.0.0.0/0 and ::/0, and goes before these where both are written.
    let shortest = lengths.contains(&0).then_some(Some(0));
    let keys = lengths.into_iter().rev().filter(|length| *length > 0).map(Some).chain([None]).chain(shortest);
    keep(left, keys, |rules, key| match key {
        Some(length) => of(rules).iter().filter(fits).any(|prefix| prefix.length == *length),
        None => of(rules).is_empty(),
    })
}

/// Every way in which clients that connect to `address` reach a chain; `None` is an address that is not known, or any.
pub(super) fn arrivals(rules: &[Rules], address: Option<(IpAddr, u16)>, sight: Sight) -> BTreeSet<Arrival> {
    let mut found = BTreeSet::new();
    let all: Vec<&Rules> = rules.iter().collect();
    for ports in at_port(&all, address.map(|(_, port)| port), sight) {
        for destinations in at_address(&ports, address.map(|(address, _)| address), sight) {
            for (name, named) in by_key(&destinations, |rules| &rules.names) {
                if name.is_none() || sight.inspects {
                    behind_names(&named, name.as_deref(), address, sight, &mut found);
                }
            }
        }
    }
    found
}

/// Goes on with the rules that one name leaves.
fn behind_names(
    left: &[&Rules],
    name: Option<&str>,
    address: Option<(IpAddr, u16)>,
    sight: Sight,
    found: &mut BTreeSet<Arrival>,
) {
    let transports: &[&str] = match (sight.is_quic, sight.inspects) {
        (true, _) => &["quic"],
        (false, true) => &["tls", "raw_buffer"],
        (false, false) => &["raw_buffer"],
    };
    let is_loopback = address.is_some_and(|(address, _)| address.is_loopback());
    for transport in transports {
        let mut left = left.to_vec();
        if !keep(&mut left, optional(Some(*transport)), |rules, key| rules.transport.as_deref() == *key) {
            continue;
        }
        for (protocol, left) in by_key(&left, |rules| &rules.protocols) {
            if protocol.is_some() && !sight.inspects {
                continue;
            }
            for (_, left) in by_key(&left, |rules| &rules.direct_sources) {
                for local in [SourceType::Local, SourceType::External] {
                    let mut left = left.clone();
                    let comes = local == SourceType::Local || !is_loopback;
                    if !comes
                        || !keep(&mut left, optional(Some(local)), |rules, key| rules.source_type == *key)
                    {
                        continue;
                    }
                    let name = name.map(str::to_owned);
                    // Without an inspector, clients that speak TLS look like all others.
                    let by_tls = *transport != "raw_buffer" || !sight.inspects;
                    found.extend(left.iter().map(|rules| Arrival {
                        chain: rules.chain,
                        name: name.clone(),
                        by_tls,
                    }));
                }
            }
        }
    }
}

/// The rules that are left for each port at which clients arrive.
fn at_port<'r>(all: &[&'r Rules], port: Option<u16>, sight: Sight) -> Vec<Vec<&'r Rules>> {
    let groups = grouped(all, |rules| vec![rules.port]);
    match port.filter(|_| !sight.keeps_original_port) {
        Some(port) => groups.get(&Some(port)).or_else(|| groups.get(&None)).into_iter().cloned().collect(),
        None => groups.into_values().collect(),
    }
}

/// The rules that are left for each address at which clients arrive.
fn at_address<'r>(all: &[&'r Rules], address: Option<IpAddr>, sight: Sight) -> Vec<Vec<&'r Rules>> {
    match address.filter(|address| !address.is_unspecified() && !sight.keeps_original_port) {
        Some(address) => {
            let mut left = all.to_vec();
            let any = keep_closest(&mut left, Some(address), |rules| &rules.destinations);
            any.then_some(left).into_iter().collect()
        }
        None => by_key(all, |rules| &rules.destinations).into_values().collect(),
    }
}

/// The rules by each key of a list; those without any under `None`.
fn by_key<'r, K: Ord + Clone + 'r>(
    all: &[&'r Rules],
    of: impl Fn(&'r Rules) -> &'r Vec<K>,
) -> BTreeMap<Option<K>, Vec<&'r Rules>> {
    grouped(all, |rules| {
        let keys = of(rules);
        if keys.is_empty() { vec![None] } else { keys.iter().cloned().map(Some).collect() }
    })
}

fn grouped<'r, K: Ord>(all: &[&'r Rules], keys: impl Fn(&'r Rules) -> Vec<K>) -> BTreeMap<K, Vec<&'r Rules>> {
    let mut groups: BTreeMap<K, Vec<&Rules>> = BTreeMap::new();
    for rules in all {
        for key in keys(rules) {
            groups.entry(key).or_default().push(rules);
        }
    }
    groups
}

/// The first rules that take a connection which rules before them take as well: Envoy refuses such a listener.
pub(super) fn doubled(rules: &[Rules]) -> Option<Location> {
    let mut seen = BTreeSet::new();
    rules.iter().find(|rules| !leaves(rules).all(|leaf| seen.insert(leaf))).map(|rules| rules.chain)
}

/// One key of each field.
type Leaf = (
    (Option<u16>, Option<Prefix>, Option<String>, Option<String>),
    (Option<String>, Option<Prefix>, Option<SourceType>, Option<Prefix>, Option<u16>),
);

/// Every combination of keys that the rules stand under, up to a number that no listener needs.
fn leaves(rules: &Rules) -> impl Iterator<Item = Leaf> {
    const MOST: usize = 10_000;
    fn each<K: Clone>(keys: &[K]) -> Vec<Option<K>> {
        if keys.is_empty() { vec![None] } else { keys.iter().cloned().map(Some).collect() }
    }
    let mut all = Vec::new();
    let (port, transport, source_type) = (rules.port, &rules.transport, rules.source_type);
    'all: for destination in each(&rules.destinations) {
        for name in each(&rules.names) {
            for protocol in each(&rules.protocols) {
                for direct in each(&rules.direct_sources) {
                    for source in each(&rules.sources) {
                        for source_port in each(&rules.source_ports) {
                            if all.len() >= MOST {
                                break 'all;
                            }
                            all.push((
                                (port, destination, name.clone(), transport.clone()),
                                (protocol.clone(), direct, source_type, source, source_port),
                            ));
                        }
                    }
                }
            }
        }
    }
    all.into_iter()
}
