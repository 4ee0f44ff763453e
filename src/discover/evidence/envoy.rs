//! Envoy: keys with what its messages hold under them, in YAML or JSON.

use super::facts::Facts;
use crate::syntax::yaml::{Node, Shape, documents};

/// Words one of which stands in every text that is worth parsing.
const HINTS: [&str; 12] = [
    "envoy",
    "static_resources",
    "staticResources",
    "filter_chains",
    "filterChains",
    "tls_context",
    "tlsContext",
    "load_assignment",
    "loadAssignment",
    "transport_socket",
    "transportSocket",
    "EnvoyFilter",
];

/// How deep documents may stand in scalars of documents.
const DEEPEST: usize = 4;

/// Counts what `text` holds of Envoy.
pub(super) fn facts(text: &str) -> Facts {
    let mut finder = Finder::default();
    if HINTS.iter().any(|hint| text.contains(hint)) {
        finder.read(text, 0);
        if finder.is_broken && finder.facts.structures == 0 {
            finder.keys(text);
        }
    }
    let mut facts = finder.facts;
    // Keys of other people's stand around a configuration as they like: there is no density.
    facts.known = usize::from(facts.structures > 0);
    facts
}

#[derive(Default)]
struct Finder {
    facts: Facts,
    /// Whether some document does not parse, so that what stands behind the place is not seen.
    is_broken: bool,
}

impl Finder {
    fn read(&mut self, text: &str, depth: usize) {
        for (_, parsed) in documents(text) {
            self.is_broken |= !parsed.errors.is_empty();
            if let Some(root) = parsed.tree.root() {
                self.walk(root, depth);
            }
        }
    }

    fn walk(&mut self, node: Node<'_>, depth: usize) {
        if node.is_alias() {
            return;
        }
        if let Some(scalar) = node.scalar() {
            let may_hold =
                scalar.value.contains('\n') && HINTS.iter().any(|hint| scalar.value.contains(hint));
            if may_hold && depth < DEEPEST {
                let broken = std::mem::replace(&mut self.is_broken, false);
                self.read(scalar.value, depth + 1);
                self.is_broken = broken;
            }
            return;
        }
        self.kind(node);
        for (key, value) in node.entries() {
            let Some(key) = key.scalar() else { continue };
            // A schema names keys and holds nothing under them.
            if matches!(key.value, "openAPIV3Schema" | "properties" | "$defs" | "definitions") {
                continue;
            }
            self.entry(key.value, value);
            self.walk(value, depth);
        }
        node.items().for_each(|item| self.walk(item, depth));
    }

    /// A resource of Kubernetes that holds patches of Envoy's configuration.
    fn kind(&mut self, node: Node<'_>) {
        let text = |name| node.get(name).and_then(Node::scalar).map_or("", |scalar| scalar.value);
        let kind = text("kind");
        if matches!(kind, "EnvoyFilter" | "EnvoyPatchPolicy")
            && node.get("spec").is_some_and(|spec| has_entries(spec))
        {
            self.structure(kind);
            self.facts.own.insert(text("apiVersion").to_owned());
        }
    }

    fn entry(&mut self, key: &str, value: Node<'_>) {
        let name = snake_case(key);
        let scalar = value.scalar().map(|scalar| scalar.value);
        if is_type_key(&name) {
            if let Some(message) = scalar.and_then(|text| text.strip_prefix("type.googleapis.com/envoy.")) {
                self.structure(message);
                self.facts.own.insert(name);
                self.tls(message.ends_with("TlsContext") || message.ends_with(".Secret"), message);
            }
            return;
        }
        if MESSAGES.iter().any(|(message, fields)| *message == name && holds_one_of(value, fields)) {
            self.structure(&name);
            self.tls(name.contains("tls"), &name);
        } else if FIELDS.contains(&name.as_str())
            && (scalar.is_some_and(|text| !text.is_empty()) || holds_something(value))
        {
            self.tls(name.starts_with("tls_"), &name);
            self.facts.own.insert(name);
        } else if name == "name" && scalar.is_some_and(|text| text.starts_with("envoy.")) {
            self.facts.own.insert("name".to_owned());
        }
    }

    /// The keys of a text that does not parse, line by line.
    fn keys(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.trim_start_matches([' ', '\t', '-', '{', '[']);
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) =
                (key.trim().trim_matches(['"', '\'']), value.trim().trim_matches(['"', '\'', ',']));
            let name = snake_case(key);
            if is_type_key(&name) && value.starts_with("type.googleapis.com/envoy.") {
                self.structure(value);
                self.facts.own.insert(name);
            } else if MESSAGES.iter().any(|(message, _)| *message == name) && value.is_empty() {
                self.structure(&name);
                self.tls(name.contains("tls"), &name);
            } else if FIELDS.contains(&name.as_str()) {
                self.facts.own.insert(name);
            } else if name == "kind" && matches!(value, "EnvoyFilter" | "EnvoyPatchPolicy") {
                self.structure(value);
                self.facts.own.insert(name);
            }
        }
    }

    fn structure(&mut self, name: &str) {
        self.facts.structures += 1;
        self.facts.own.insert(name.to_owned());
    }

    fn tls(&mut self, is_one: bool, name: &str) {
        if is_one {
            self.facts.tls.insert(name.to_owned());
        }
    }
}

/// Fields that hold messages, with fields of which a message there has at least one.
const MESSAGES: [(&str, &[&str]); 14] = [
    ("common_tls_context", COMMON_TLS),
    ("dynamic_resources", &["ads_config", "cds_config", "lds_config"]),
    (
        "filter_chain_match",
        &["server_names", "transport_protocol", "application_protocols", "destination_port", "prefix_ranges"],
    ),
    ("filter_chains", &["filters", "filter_chain_match", "transport_socket", "tls_context"]),
    ("http_filters", &["typed_config", "config", "config_discovery"]),
    ("load_assignment", &["cluster_name", "endpoints"]),
    ("route_config", &["virtual_hosts"]),
    ("static_resources", &["listeners", "clusters", "secrets"]),
    ("tls_context", &["common_tls_context", "sni", "require_client_certificate"]),
    ("downstream_tls_context", &["common_tls_context", "require_client_certificate"]),
    ("upstream_tls_context", &["common_tls_context", "sni"]),
    ("transport_socket", &["typed_config", "config"]),
    ("transport_socket_matches", &["transport_socket", "match"]),
    ("tls_certificates", &["certificate_chain", "private_key"]),
];

/// Fields of CommonTlsContext.
const COMMON_TLS: &[&str] = &[
    "alpn_protocols",
    "combined_validation_context",
    "tls_certificate_certificate_provider_instance",
    "tls_certificate_sds_secret_configs",
    "tls_certificates",
    "tls_params",
    "validation_context",
    "validation_context_sds_secret_config",
];

/// Fields that hardly anybody else has.
const FIELDS: [&str; 28] = [
    "alpn_protocols",
    "bind_to_port",
    "certificate_chain",
    "cluster_discovery_type",
    "combined_validation_context",
    "connect_timeout",
    "dns_lookup_family",
    "eds_cluster_config",
    "lb_endpoints",
    "lb_policy",
    "listener_filters",
    "per_connection_buffer_limit_bytes",
    "require_client_certificate",
    "sds_config",
    "socket_address",
    "stat_prefix",
    "tls_certificate_sds_secret_configs",
    "tls_maximum_protocol_version",
    "tls_minimum_protocol_version",
    "tls_params",
    "trusted_ca",
    "typed_config",
    "typed_extension_protocol_options",
    "validation_context",
    "validation_context_sds_secret_config",
    "verify_certificate_hash",
    "match_typed_subject_alt_names",
    "virtual_hosts",
];

fn is_type_key(name: &str) -> bool {
    matches!(name, "@type" | "type_url" | "resource_type")
}

/// Whether a mapping, or a mapping in a list, has a field of one of these names.
fn holds_one_of(value: Node<'_>, fields: &[&str]) -> bool {
    let has = |node: Node<'_>| {
        node.entries()
            .any(|(key, _)| key.scalar().is_some_and(|key| fields.contains(&&*snake_case(key.value))))
    };
    has(value) || value.items().any(has)
}

fn holds_something(value: Node<'_>) -> bool {
    has_entries(value) || value.items().next().is_some()
}

fn has_entries(value: Node<'_>) -> bool {
    matches!(value.shape(), Shape::Mapping(_)) && value.entries().next().is_some()
}

/// `commonTlsContext`, as JSON has it, in the form that .proto files have.
fn snake_case(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    for next in key.chars() {
        if next.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(next.to_ascii_lowercase());
    }
    name
}
