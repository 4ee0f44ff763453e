//! What a filter chain in clear does with what comes in, and which clusters get bytes that nobody has read.

use super::reader::Reader;
use super::value::Value;
use crate::endpoint::Purpose;
use crate::handling::{self, Answer, Deed, Which, path_of_pattern, takes_every_path};

/// What clusters are used for by the filter chains that name them.
#[derive(Clone, Copy, Default)]
pub(super) struct Usage {
    /// Some chain relays bytes to it as they come.
    relayed: bool,
    /// Some chain or route sends it what has been read or decrypted.
    read: bool,
}

impl Usage {
    /// What a cluster in clear is for.
    pub(super) fn purpose(self) -> Purpose {
        if self.relayed && !self.read { Purpose::PassThrough } else { Purpose::Serves }
    }
}

impl<'t> Reader<'_, 't> {
    /// Notes what the listeners of a document use clusters for.
    pub(super) fn note_usage(&mut self, root: Value<'t>) {
        for chain in listeners(root).into_iter().flat_map(chains) {
            let is_plain = is_plain(chain);
            for filter in chain.list_of("filters") {
                let Some((name, body)) = filter.field("typed_config").and_then(Value::message) else {
                    continue;
                };
                let is_relay = is_plain && name.ends_with(".TcpProxy");
                for cluster in clusters(body) {
                    let usage = self.usage.entry(cluster).or_default();
                    usage.relayed |= is_relay;
                    usage.read |= !is_relay;
                }
            }
        }
    }
}

/// The listeners of a bootstrap, of a file of resources, of a dump, or the one that the document is.
fn listeners(root: Value<'_>) -> Vec<Value<'_>> {
    let mut found = root.field("static_resources").map_or_else(Vec::new, |all| all.list_of("listeners"));
    found.extend(root.list_of("resources"));
    for config in root.list_of("configs") {
        found.extend(config.list_of("static_listeners").iter().filter_map(|one| one.field("listener")));
        let dynamic = config.list_of("dynamic_listeners");
        found.extend(dynamic.iter().filter_map(|one| one.at(&["active_state", "listener"])));
    }
    found.push(root);
    found
}

fn chains(listener: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    listener.list_of("filter_chains").into_iter().chain(listener.field("default_filter_chain"))
}

fn is_plain(chain: Value<'_>) -> bool {
    let Some(socket) = chain.field("transport_socket") else { return chain.field("tls_context").is_none() };
    let config = socket.field("typed_config").and_then(Value::message);
    config.is_some_and(|(name, _)| name.ends_with(".RawBuffer"))
}

/// The clusters that a filter sends to, by its routes where it has some.
fn clusters(body: Value<'_>) -> Vec<&str> {
    let hosts = body.field("route_config").map_or_else(Vec::new, |routes| routes.list_of("virtual_hosts"));
    let routes = hosts.into_iter().flat_map(|host| host.list_of("routes"));
    let routes = routes.filter_map(|route| route.field("route"));
    [body].into_iter().chain(routes).flat_map(targets).collect()
}

/// The clusters that one message names.
fn targets(owner: Value<'_>) -> Vec<&str> {
    let weighted = owner.field("weighted_clusters").map_or_else(Vec::new, |all| all.list_of("clusters"));
    owner
        .str_of("cluster")
        .into_iter()
        .chain(weighted.into_iter().filter_map(|one| one.str_of("name")))
        .collect()
}

/// What a chain in clear is for.
pub(super) fn of_chain(chain: Value<'_>) -> Purpose {
    let filters = chain.list_of("filters");
    let Some(last) = filters.last() else { return Purpose::Unknown };
    let Some((name, manager)) = last.field("typed_config").and_then(Value::message) else {
        return Purpose::Unknown;
    };
    if name.ends_with(".TcpProxy") {
        return Purpose::PassThrough;
    }
    if !name.ends_with(".HttpConnectionManager") {
        return Purpose::Serves;
    }
    let Some(routes) = manager.field("route_config") else { return Purpose::Unknown };
    let filters = manager.list_of("http_filters");
    let mut answers: Vec<Answer> = filters.into_iter().filter_map(health_checks).collect();
    // What no host and no route takes is refused (404).
    answers.extend(routes.list_of("virtual_hosts").into_iter().flat_map(of_host));
    let purpose = handling::purpose(&answers);
    let hidden = chain.is_opaque() || routes.is_opaque();
    if hidden && purpose != Purpose::RedirectOnly { Purpose::Unknown } else { purpose }
}

/// What a health check filter answers itself, where it passes nothing on.
fn health_checks(filter: Value<'_>) -> Option<Answer> {
    let (name, body) = filter.field("typed_config").and_then(Value::message)?;
    let answers = name.ends_with(".HealthCheck") && !body.is_true("pass_through_mode");
    answers.then_some(Answer { which: Which::Some, deed: Deed::Fixed })
}

fn of_host(host: Value<'_>) -> Vec<Answer> {
    let redirects = |word: &str| host.str_of("require_tls").is_some_and(|set| set.eq_ignore_ascii_case(word));
    if redirects("ALL") {
        return vec![Answer { which: Which::All, deed: Deed::Redirect }];
    }
    let inside = redirects("EXTERNAL_ONLY");
    let mut answers = Vec::new();
    for route in host.list_of("routes") {
        let (which, takes_all) = matched(route.field("match"));
        // Requests from inside the network are let through.
        let which = if inside { Which::Forwarded } else { which };
        answers.push(Answer { which, deed: deed(route) });
        if takes_all {
            break;
        }
    }
    answers
}

/// The requests that a route takes, and whether it leaves none to those behind it.
fn matched(rules: Option<Value<'_>>) -> (Which, bool) {
    let Some(rules) = rules else { return (Which::Some, false) };
    let conditions =
        ["headers", "query_parameters", "runtime_fraction", "tls_context", "grpc", "dynamic_metadata"];
    let is_narrowed = conditions.iter().any(|field| rules.field(field).is_some());
    let plain = ["prefix", "path", "path_separated_prefix"]
        .iter()
        .find_map(|kind| Some((*kind, rules.str_of(kind)?)));
    let pattern = rules.at(&["safe_regex", "regex"]).and_then(Value::text_str);
    match (plain, pattern) {
        (Some(("prefix", "/" | "")), _) => (Which::All, !is_narrowed),
        (Some((_, path)), _) => (Which::path(path), false),
        (None, Some(pattern)) if takes_every_path(pattern).is_some() => (Which::All, !is_narrowed),
        (None, Some(pattern)) => {
            (path_of_pattern(pattern).map_or(Which::Some, |path| Which::path(&path)), false)
        }
        (None, None) => (Which::Some, false),
    }
}

fn deed(route: Value<'_>) -> Deed {
    if let Some(redirect) = route.field("redirect") {
        let scheme = redirect.str_of("scheme_redirect");
        let leads_to_https = redirect.is_true("https_redirect")
            || scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        return if leads_to_https { Deed::Redirect } else { Deed::Content };
    }
    if let Some(response) = route.field("direct_response") {
        let status = response.str_of("status").and_then(|status| status.parse::<u16>().ok());
        return if status.is_some_and(|status| status >= 400) { Deed::Refuse } else { Deed::Fixed };
    }
    if route.is_opaque() { Deed::Unknown } else { Deed::Content }
}
