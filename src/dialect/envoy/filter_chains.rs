//! The filter chains of a listener, and which of them takes a connection.

use super::addresses;
use super::chain_match::{self, Rules, Sight, arrivals, stored};
use super::connection::Connection;
use super::matcher::{Answer, Matcher};
use super::value::Value;
use crate::endpoint::{Asked, Selection, Taken};
use crate::span::Location;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What decides which filter chain of a listener takes a connection.
#[derive(Debug)]
pub(super) struct FilterChains {
    addresses: Vec<String>,
    sight: Sight,
    by: By,
    default: Option<Location>,
}

#[derive(Debug)]
enum By {
    /// `filter_chain_match` of each chain.
    Rules(Vec<Rules>),
    /// `filter_chain_matcher`, which takes its place, and the chains by their names.
    Matcher { matcher: Matcher, chains: BTreeMap<String, Location> },
}

/// Where and under which names connections reach one filter chain.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The listener's addresses at which some do.
    pub(super) addresses: BTreeSet<String>,
    /// The names that lead there, in lower case, wildcards as `*.example.com`.
    pub(super) names: BTreeSet<String>,
    /// Whether clients that name nobody get there.
    pub(super) is_default: bool,
}

/// A name that no rule asks for.
const NO_NAME: &str = "name.invalid";

/// Which connections count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Speaking {
    Anything,
    Tls,
}

impl FilterChains {
    /// What a listener says; `None` where some of its rules are not known from the text.
    pub(super) fn of(listener: Value<'_>, listening: Vec<String>, sight: Sight) -> Option<Self> {
        let chains = listener.list_of("filter_chains");
        let by = match listener.field("filter_chain_matcher") {
            Some(matcher) => By::Matcher {
                matcher: Matcher::of(matcher),
                chains: chains
                    .iter()
                    .filter_map(|chain| Some((chain.str_of("name")?.to_owned(), chain.location())))
                    .collect(),
            },
            None => By::Rules(chains.iter().map(|chain| Rules::of(*chain)).collect::<Option<_>>()?),
        };
        let default = listener.field("default_filter_chain").map(Value::location);
        Some(Self { addresses: listening, sight, by, default })
    }

    /// The first chain whose rules take what an earlier chain's rules take.
    pub(super) fn doubled(&self) -> Option<Location> {
        match &self.by {
            By::Rules(rules) => chain_match::doubled(rules),
            By::Matcher { .. } => None,
        }
    }

    /// Whether `filter_chain_matcher` decides.
    pub(super) const fn is_by_matcher(&self) -> bool {
        matches!(self.by, By::Matcher { .. })
    }

    /// Whether every connection is looked at that the rules tell apart.
    pub(super) fn is_certain(&self) -> bool {
        match &self.by {
            By::Rules(_) => true,
            By::Matcher { matcher, .. } => matcher.is_plain(),
        }
    }

    /// The names that a matcher asks for; those of `filter_chain_match` stand with each chain.
    pub(super) fn matcher_names(&self) -> Vec<(String, Location)> {
        match &self.by {
            By::Rules(_) => Vec::new(),
            By::Matcher { matcher, .. } => matcher.names(),
        }
    }

    /// Whether no chain takes a connection for a name of `server_names`, at any address.
    pub(super) fn closes(&self, written: &str) -> bool {
        let name = shown_name(stored(written));
        self.listening().into_iter().all(|listening| {
            let connection = self.connection(listening.and_then(|at| place(at)), Some(&name), Speaking::Tls);
            matches!(self.take(&connection), Taken::Nobody)
        })
    }

    /// Where connections reach each filter chain.
    pub(super) fn reached(&self, speaking: Speaking) -> BTreeMap<Location, Reach> {
        let mut reached: BTreeMap<Location, Reach> = BTreeMap::new();
        for listening in self.listening() {
            let address = listening.and_then(|at| place(at));
            let shown = listening.cloned();
            let mut note = |chain: Location, name: Option<String>, is_default: bool| {
                let reach = reached.entry(chain).or_default();
                reach.addresses.extend(shown.clone());
                reach.names.extend(name);
                reach.is_default |= is_default;
            };
            if let By::Rules(rules) = &self.by {
                for arrival in arrivals(rules, address, self.sight) {
                    if arrival.by_tls || speaking == Speaking::Anything {
                        note(arrival.chain, arrival.name.map(shown_name), false);
                    }
                }
            }
            for name in self.asked_names() {
                let connection = self.connection(address, name.as_deref(), speaking);
                if let Taken::By(chain) = self.take(&connection) {
                    note(chain, name.clone(), name.is_none());
                }
            }
            if let Taken::By(chain) = self.take(&self.connection(address, Some(NO_NAME), speaking)) {
                note(chain, None, false);
            }
        }
        reached
    }

    /// The listener's addresses, or one that is not known.
    fn listening(&self) -> Vec<Option<&String>> {
        if self.addresses.is_empty() { vec![None] } else { self.addresses.iter().map(Some).collect() }
    }

    /// No name, and every name that the rules or the matcher ask for.
    fn asked_names(&self) -> Vec<Option<String>> {
        let mut names = vec![None];
        match &self.by {
            // Chains by names were found with their names; what remains goes to the default chain.
            By::Rules(rules) if self.default.is_some() => {
                let all: BTreeSet<_> = rules.iter().flat_map(Rules::names).cloned().map(shown_name).collect();
                names.extend(all.into_iter().map(Some));
            }
            By::Rules(_) => {}
            By::Matcher { matcher, .. } => {
                names.extend(matcher.names().into_iter().map(|(name, _)| Some(name)));
            }
        }
        names
    }

    /// A connection of a client that nothing sets apart but its name.
    fn connection(
        &self,
        address: Option<(IpAddr, u16)>,
        name: Option<&str>,
        speaking: Speaking,
    ) -> Connection {
        let (address, port) = address.unwrap_or((IpAddr::from([0, 0, 0, 0]), 0));
        let transport = match (self.sight.is_quic, self.sight.inspects, speaking) {
            (true, ..) => "quic",
            (false, true, Speaking::Tls) => "tls",
            _ => "raw_buffer",
        };
        // A wildcard stands for some name behind it.
        let name = name
            .map(|name| name.strip_prefix('*').map_or_else(|| name.to_owned(), |rest| format!("some{rest}")));
        Connection {
            address,
            port,
            name: name.filter(|_| self.sight.inspects),
            transport,
            protocols: Vec::new(),
            // Who connects to a loopback address sits on the same machine.
            source: Some(address).filter(IpAddr::is_loopback),
            source_port: None,
        }
    }

    fn take(&self, connection: &Connection) -> Taken {
        let taken = match &self.by {
            By::Rules(rules) => chain_match::select(rules, connection),
            By::Matcher { matcher, chains } => match matcher.answer(connection) {
                Answer::Chain(name) => {
                    return chains.get(&name).map_or(Taken::Nobody, |chain| Taken::By(*chain));
                }
                Answer::Nothing => None,
                Answer::Unknown => return Taken::Unknown,
            },
        };
        taken.or(self.default).map_or(Taken::Nobody, Taken::By)
    }
}

impl Selection for FilterChains {
    fn closeness(&self, asked: &Asked<'_>) -> Option<u8> {
        if asked.is_quic != self.sight.is_quic {
            return None;
        }
        let serving = self.addresses.iter().filter_map(|at| addresses::serves(at, asked.address, asked.port));
        serving.min().map(|precision| precision as u8)
    }

    fn select(&self, asked: &Asked<'_>) -> Taken {
        let name = asked.name.map(str::to_ascii_lowercase);
        let mut connection =
            self.connection(Some((asked.address, asked.port)), name.as_deref(), Speaking::Tls);
        if self.sight.inspects {
            connection.protocols = asked.protocols.to_vec();
        }
        self.take(&connection)
    }
}

/// A name of `server_names` as it is written, from how it is looked up.
fn shown_name(name: String) -> String {
    if name.starts_with('.') { format!("*{name}") } else { name }
}

/// Whether a name of `server_names` is among those that lead to a chain.
pub(super) fn leads(reach: &Reach, written: &str) -> bool {
    reach.names.contains(&shown_name(stored(written)))
}

/// An address that is an IP address and a port.
fn place(address: &str) -> Option<(IpAddr, u16)> {
    let (host, port) = addresses::split(address)?;
    Some((host.parse().ok()?, port.parse().ok()?))
}
