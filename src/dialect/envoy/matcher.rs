//! `filter_chain_matcher`: a tree of matchers that names the filter chain of a connection.
//!
//! A matcher whose action or tree finds nothing leaves the connection to what follows it. Source: `source/common/matcher/` of Envoy, and runs
//! of 1.40.

use super::connection::{Connection, Prefix};
use super::value::Value;
use crate::span::Location;
use regex::Regex;

/// How deep matchers may stand in matchers.
const MAXIMUM_DEPTH: usize = 32;

/// A matcher.
#[derive(Debug)]
pub(super) struct Matcher {
    kind: Kind,
    otherwise: Option<Box<OnMatch>>,
}

#[derive(Debug)]
enum Kind {
    List(Vec<(Predicate, OnMatch)>),
    /// Looks a value up: the whole of it, or the longest key that it starts with.
    Map {
        input: Input,
        entries: Vec<(String, Location, OnMatch)>,
        by_prefix: bool,
    },
    Ranges {
        input: Input,
        ranges: Vec<(Prefix, usize)>,
        actions: Vec<(OnMatch, bool)>,
    },
    Domains {
        domains: Vec<(String, Location, usize)>,
        actions: Vec<OnMatch>,
    },
    /// Something that is not known here.
    Unknown,
}

#[derive(Debug)]
enum OnMatch {
    Chain(String),
    Matcher(Matcher),
    Unknown,
}

#[derive(Debug)]
enum Predicate {
    Single { input: Input, test: Test, at: Location },
    Any(Vec<Predicate>),
    All(Vec<Predicate>),
    Not(Box<Predicate>),
    Unknown,
}

#[derive(Debug)]
enum Test {
    Exact(String, bool),
    Prefix(String, bool),
    Suffix(String, bool),
    Contains(String, bool),
    Regex(Regex),
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Input {
    ApplicationProtocol,
    DestinationIp,
    DestinationPort,
    DirectSourceIp,
    ServerName,
    SourceIp,
    SourcePort,
    SourceType,
    TransportProtocol,
    Unknown,
}

/// What a matcher makes of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// The chain with this name.
    Chain(String),
    Nothing,
    /// The text does not say.
    Unknown,
}

impl Matcher {
    /// Reads an `xds.type.matcher.v3.Matcher`.
    pub(super) fn of(matcher: Value<'_>) -> Self {
        Self::at_depth(matcher, 0)
    }

    fn at_depth(matcher: Value<'_>, depth: usize) -> Self {
        let otherwise = matcher.field("on_no_match").map(|action| Box::new(on_match(action, depth)));
        let kind = if matcher.is_opaque() || depth > MAXIMUM_DEPTH {
            Kind::Unknown
        } else if let Some(list) = matcher.field("matcher_list") {
            Kind::List(list.list_of("matchers").into_iter().map(|item| field_matcher(item, depth)).collect())
        } else if let Some(tree) = matcher.field("matcher_tree") {
            tree_of(tree, depth)
        } else {
            Kind::List(Vec::new())
        };
        Self { kind, otherwise }
    }

    /// The filter chain of a connection.
    pub(super) fn answer(&self, connection: &Connection) -> Answer {
        match self.matched(connection) {
            Answer::Nothing => {
                self.otherwise.as_ref().map_or(Answer::Nothing, |action| action.answer(connection))
            }
            found => found,
        }
    }

    fn matched(&self, connection: &Connection) -> Answer {
        match &self.kind {
            Kind::List(matchers) => {
                first(matchers.iter().map(|(predicate, action)| match predicate.holds(connection) {
                    Some(true) => action.answer(connection),
                    Some(false) => Answer::Nothing,
                    None => Answer::Unknown,
                }))
            }
            Kind::Map { input, entries, by_prefix } => {
                let Some(value) = input.of(connection) else { return input.absent() };
                let fits = |key: &str| if *by_prefix { value.starts_with(key) } else { value == *key };
                let found = entries.iter().filter(|(key, ..)| fits(key)).max_by_key(|(key, ..)| key.len());
                found.map_or(Answer::Nothing, |(_, _, action)| action.answer(connection))
            }
            Kind::Ranges { input, ranges, actions } => {
                let Some(address) = input.of(connection).and_then(|text| text.parse().ok()) else {
                    return input.absent();
                };
                let mut fitting: Vec<_> = ranges.iter().filter(|(range, _)| range.holds(address)).collect();
                fitting.sort_by_key(|(range, _)| std::cmp::Reverse(range.length));
                for (_, index) in fitting {
                    let Some((action, exclusive)) = actions.get(*index) else { continue };
                    match action.answer(connection) {
                        Answer::Nothing if !exclusive => {}
                        answer => return answer,
                    }
                }
                Answer::Nothing
            }
            Kind::Domains { domains, actions } => {
                let Some(name) = &connection.name else { return Answer::Nothing };
                let mut fitting: Vec<_> = domains
                    .iter()
                    .filter_map(|(domain, _, index)| Some((reach(domain, name)?, *index)))
                    .collect();
                fitting.sort_by_key(|(reach, _)| std::cmp::Reverse(*reach));
                first(
                    fitting
                        .iter()
                        .filter_map(|(_, index)| actions.get(*index))
                        .map(|action| action.answer(connection)),
                )
            }
            Kind::Unknown => Answer::Unknown,
        }
    }

    /// Whether nothing but names, ports and transports decides.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |input: &Input| {
            matches!(input, Input::DestinationPort | Input::ServerName | Input::TransportProtocol)
        };
        let kind = match &self.kind {
            Kind::List(matchers) => {
                matchers.iter().all(|(predicate, action)| predicate.is_plain(&plain) && action.is_plain())
            }
            Kind::Map { input, entries, by_prefix } if !by_prefix || *input != Input::ServerName => {
                plain(input) && entries.iter().all(|(.., action)| action.is_plain())
            }
            Kind::Domains { actions, .. } => actions.iter().all(OnMatch::is_plain),
            Kind::Map { .. } | Kind::Ranges { .. } | Kind::Unknown => false,
        };
        kind && self.otherwise.as_ref().is_none_or(|action| action.is_plain())
    }

    /// Every server name that the tree asks for, in lower case, wildcards as `*.example.com`, with its place.
    pub(super) fn names(&self) -> Vec<(String, Location)> {
        let mut names = Vec::new();
        self.collect_names(&mut names);
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names.dedup_by(|a, b| a.0 == b.0);
        names
    }

    fn collect_names(&self, names: &mut Vec<(String, Location)>) {
        match &self.kind {
            Kind::List(matchers) => {
                for (predicate, action) in matchers {
                    predicate.collect_names(names);
                    action.collect_names(names);
                }
            }
            Kind::Map { input, entries, by_prefix } => {
                for (key, at, action) in entries {
                    if *input == Input::ServerName && !by_prefix {
                        names.push((key.clone(), *at));
                    }
                    action.collect_names(names);
                }
            }
            Kind::Ranges { actions, .. } => {
                for (action, _) in actions {
                    action.collect_names(names);
                }
            }
            Kind::Domains { domains, actions } => {
                names.extend(domains.iter().map(|(domain, at, _)| (domain.clone(), *at)));
                for action in actions {
                    action.collect_names(names);
                }
            }
            Kind::Unknown => {}
        }
        if let Some(action) = &self.otherwise {
            action.collect_names(names);
        }
    }
}

/// The first answer that is one.
fn first(answers: impl Iterator<Item = Answer>) -> Answer {
    let mut answers = answers;
    answers.find(|answer| *answer != Answer::Nothing).unwrap_or(Answer::Nothing)
}

/// How closely a domain stands for a name: itself, or `*.` with all that may come before; the longest is closest.
fn reach(domain: &str, name: &str) -> Option<usize> {
    match domain.strip_prefix('*') {
        Some(suffix) => (name.len() > suffix.len() && name.ends_with(suffix)).then_some(suffix.len()),
        None => (domain == name).then_some(usize::MAX),
    }
}

impl OnMatch {
    fn is_plain(&self) -> bool {
        match self {
            Self::Chain(_) => true,
            Self::Matcher(matcher) => matcher.is_plain(),
            Self::Unknown => false,
        }
    }

    fn answer(&self, connection: &Connection) -> Answer {
        match self {
            Self::Chain(name) => Answer::Chain(name.clone()),
            Self::Matcher(matcher) => matcher.answer(connection),
            Self::Unknown => Answer::Unknown,
        }
    }

    fn collect_names(&self, names: &mut Vec<(String, Location)>) {
        if let Self::Matcher(matcher) = self {
            matcher.collect_names(names);
        }
    }
}

impl Predicate {
    fn is_plain(&self, plain: &impl Fn(&Input) -> bool) -> bool {
        match self {
            Self::Single { input, test, .. } => {
                let is_whole = match test {
                    Test::Exact(..) => true,
                    Test::Suffix(suffix, _) => suffix.starts_with('.'),
                    _ => false,
                };
                plain(input) && (is_whole || *input != Input::ServerName) && !matches!(test, Test::Unknown)
            }
            Self::Any(all) | Self::All(all) => all.iter().all(|one| one.is_plain(plain)),
            Self::Not(one) => one.is_plain(plain),
            Self::Unknown => false,
        }
    }

    /// Whether a connection meets it; `None` where the text does not say.
    fn holds(&self, connection: &Connection) -> Option<bool> {
        match self {
            Self::Single { input, test, .. } => match input.of(connection) {
                Some(value) => test.holds(&value),
                None if *input == Input::Unknown => None,
                None => Some(false),
            },
            Self::Any(all) => {
                let answers: Vec<_> = all.iter().map(|one| one.holds(connection)).collect();
                let unknown = answers.contains(&None);
                if answers.contains(&Some(true)) { Some(true) } else { (!unknown).then_some(false) }
            }
            Self::All(all) => {
                let answers: Vec<_> = all.iter().map(|one| one.holds(connection)).collect();
                let unknown = answers.contains(&None);
                if answers.contains(&Some(false)) { Some(false) } else { (!unknown).then_some(true) }
            }
            Self::Not(one) => one.holds(connection).map(|holds| !holds),
            Self::Unknown => None,
        }
    }

    fn collect_names(&self, names: &mut Vec<(String, Location)>) {
        match self {
            Self::Single { input: Input::ServerName, test, at } => match test {
                Test::Exact(name, _) => names.push((name.to_ascii_lowercase(), *at)),
                Test::Suffix(suffix, _) if suffix.starts_with('.') => {
                    names.push((format!("*{}", suffix.to_ascii_lowercase()), *at));
                }
                _ => {}
            },
            Self::Any(all) | Self::All(all) => {
                for one in all {
                    one.collect_names(names);
                }
            }
            Self::Not(one) => one.collect_names(names),
            Self::Single { .. } | Self::Unknown => {}
        }
    }
}

impl Test {
    fn holds(&self, value: &str) -> Option<bool> {
        let folded =
            |text: &str, ignores: bool| if ignores { text.to_ascii_lowercase() } else { text.to_owned() };
        Some(match self {
            Self::Exact(text, ignores) => folded(value, *ignores) == folded(text, *ignores),
            Self::Prefix(text, ignores) => folded(value, *ignores).starts_with(&folded(text, *ignores)),
            Self::Suffix(text, ignores) => folded(value, *ignores).ends_with(&folded(text, *ignores)),
            Self::Contains(text, ignores) => folded(value, *ignores).contains(&folded(text, *ignores)),
            Self::Regex(regex) => regex.is_match(value),
            Self::Unknown => return None,
        })
    }
}

impl Input {
    /// The input that an extension names by its type.
    fn of_extension(input: Option<Value<'_>>) -> Self {
        let typed = input.and_then(|input| input.field("typed_config")).and_then(Value::message);
        let Some((name, _)) = typed else { return Self::Unknown };
        match name.rsplit('.').next() {
            Some("ApplicationProtocolInput") => Self::ApplicationProtocol,
            Some("DestinationIPInput") => Self::DestinationIp,
            Some("DestinationPortInput") => Self::DestinationPort,
            Some("DirectSourceIPInput") => Self::DirectSourceIp,
            Some("ServerNameInput") => Self::ServerName,
            Some("SourceIPInput") => Self::SourceIp,
            Some("SourcePortInput") => Self::SourcePort,
            Some("SourceTypeInput") => Self::SourceType,
            Some("TransportProtocolInput") => Self::TransportProtocol,
            _ => Self::Unknown,
        }
    }

    /// What a connection has of it; `None` where it has nothing, or nothing that a rule would name.
    fn of(self, connection: &Connection) -> Option<String> {
        match self {
            Self::ApplicationProtocol => {
                let quoted = connection.protocols.iter().map(|one| format!("'{one}'"));
                Some(quoted.collect::<Vec<_>>().join(",")).filter(|all| !all.is_empty())
            }
            Self::DestinationIp => Some(connection.address.to_string()),
            Self::DestinationPort => Some(connection.port.to_string()),
            Self::ServerName => connection.name.clone(),
            Self::DirectSourceIp | Self::SourceIp => connection.source.map(|source| source.to_string()),
            Self::SourcePort => connection.source_port.map(|port| port.to_string()),
            Self::SourceType => connection.is_local().then(|| "local".to_owned()),
            Self::TransportProtocol => Some(connection.transport.to_owned()),
            Self::Unknown => None,
        }
    }

    /// The answer of a look-up without a value.
    const fn absent(self) -> Answer {
        if matches!(self, Self::Unknown) { Answer::Unknown } else { Answer::Nothing }
    }
}

fn on_match(action: Value<'_>, depth: usize) -> OnMatch {
    if let Some(matcher) = action.field("matcher") {
        return OnMatch::Matcher(Matcher::at_depth(matcher, depth + 1));
    }
    let named = action.at(&["action", "typed_config"]).and_then(Value::message);
    match named {
        Some((kind, value)) if kind.ends_with(".StringValue") && !action.is_opaque() => {
            OnMatch::Chain(value.str_of("value").unwrap_or("").to_owned())
        }
        _ => OnMatch::Unknown,
    }
}

fn field_matcher(item: Value<'_>, depth: usize) -> (Predicate, OnMatch) {
    let predicate = item.field("predicate").map_or(Predicate::Unknown, |one| predicate(one, depth));
    (predicate, item.field("on_match").map_or(OnMatch::Unknown, |action| on_match(action, depth)))
}

fn predicate(written: Value<'_>, depth: usize) -> Predicate {
    if depth > MAXIMUM_DEPTH || written.is_opaque() {
        return Predicate::Unknown;
    }
    let all = |list: Value<'_>| {
        list.list_of("predicate").into_iter().map(|one| predicate(one, depth + 1)).collect()
    };
    if let Some(single) = written.field("single_predicate") {
        let test = single.field("value_match").map_or(Test::Unknown, test_of);
        Predicate::Single { input: Input::of_extension(single.field("input")), test, at: single.location() }
    } else if let Some(list) = written.field("or_matcher") {
        Predicate::Any(all(list))
    } else if let Some(list) = written.field("and_matcher") {
        Predicate::All(all(list))
    } else if let Some(one) = written.field("not_matcher") {
        Predicate::Not(Box::new(predicate(one, depth + 1)))
    } else {
        Predicate::Unknown
    }
}

fn test_of(written: Value<'_>) -> Test {
    let ignores = written.is_true("ignore_case");
    let text = |field: &str| written.str_of(field).map(str::to_owned);
    if let Some(exact) = text("exact") {
        Test::Exact(exact, ignores)
    } else if let Some(prefix) = text("prefix") {
        Test::Prefix(prefix, ignores)
    } else if let Some(suffix) = text("suffix") {
        Test::Suffix(suffix, ignores)
    } else if let Some(contains) = text("contains") {
        Test::Contains(contains, ignores)
    } else if let Some(regex) = written.at(&["safe_regex", "regex"]).and_then(Value::text_str) {
        // RE2 matches the whole value, and knows about what this does.
        Regex::new(&format!("^(?:{regex})$")).map_or(Test::Unknown, Test::Regex)
    } else {
        Test::Unknown
    }
}

fn tree_of(tree: Value<'_>, depth: usize) -> Kind {
    let input = Input::of_extension(tree.field("input"));
    for (field, by_prefix) in [("exact_match_map", false), ("prefix_match_map", true)] {
        let Some(map) = tree.field(field).and_then(|map| map.field("map")) else { continue };
        let entry = |(key, action): (Value<'_>, Value<'_>)| {
            Some((key.text_str()?.to_owned(), key.location(), on_match(action, depth)))
        };
        return Kind::Map { input, entries: map.entries().filter_map(entry).collect(), by_prefix };
    }
    let custom = tree.at(&["custom_match", "typed_config"]).and_then(Value::message);
    let Some((name, body)) = custom else { return Kind::Unknown };
    match name.rsplit('.').next() {
        Some("IPMatcher") => ranges_of(input, body, depth),
        Some("ServerNameMatcher") if input == Input::ServerName => domains_of(body, depth),
        _ => Kind::Unknown,
    }
}

fn ranges_of(input: Input, body: Value<'_>, depth: usize) -> Kind {
    let (mut ranges, mut actions) = (Vec::new(), Vec::new());
    for item in body.list_of("range_matchers") {
        let own: Option<Vec<Prefix>> = item.list_of("ranges").into_iter().map(Prefix::of).collect();
        let Some(own) = own else { return Kind::Unknown };
        ranges.extend(own.into_iter().map(|range| (range, actions.len())));
        let action = item.field("on_match").map_or(OnMatch::Unknown, |action| on_match(action, depth));
        actions.push((action, item.is_true("exclusive")));
    }
    Kind::Ranges { input, ranges, actions }
}

fn domains_of(body: Value<'_>, depth: usize) -> Kind {
    let (mut domains, mut actions) = (Vec::new(), Vec::new());
    for item in body.list_of("domain_matchers") {
        for domain in item.list_of("domains") {
            let Some(text) = domain.text_str() else { return Kind::Unknown };
            domains.push((text.to_ascii_lowercase(), domain.location(), actions.len()));
        }
        actions.push(item.field("on_match").map_or(OnMatch::Unknown, |action| on_match(action, depth)));
    }
    Kind::Domains { domains, actions }
}
