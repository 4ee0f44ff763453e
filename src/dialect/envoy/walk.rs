//! Finds listeners, clusters and TLS contexts in whatever they are wrapped in.
//!
//! A bootstrap, a file of resources, a lone resource, a config dump, a patch, a ConfigMap: what a message is, its `@type` says, and
//! where it has none its fields.

use super::endpoints::Party;
use super::is_bootstrap;
use super::reader::Reader;
use super::schema::{BOOTSTRAP, TLS, is_field};
use super::sockets::Socket;
use super::value::{Document, Value};
use crate::budget::Resource;
use crate::endpoint::{Purpose, Role};
use crate::observation::ObservationKind;
use crate::setting::Setting;
use crate::syntax::yaml::Shape;

/// How deep documents may stand in scalars of documents, and files name files.
const MAXIMUM_DEPTH: usize = 4;

/// What a mapping turns out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Cluster,
    DownstreamContext,
    Listener,
    Other,
    UpstreamContext,
}

impl<'t> Reader<'_, 't> {
    /// Looks through a whole document, which Envoy itself reads or somebody else.
    pub(super) fn read_root(&mut self, root: Value<'t>) {
        if is_bootstrap(root) && !self.is_wrapped {
            self.validate(root, BOOTSTRAP);
        }
        self.note_usage(root);
        self.walk(root);
    }

    /// Looks through a value and everything below it.
    pub(super) fn walk(&mut self, value: Value<'t>) {
        let before = self.alias;
        if value.node.is_alias() && before.is_none() {
            self.alias = Some(value.location());
        }
        let place = self.alias.unwrap_or_else(|| value.location());
        if self.context.budget.take(Resource::YamlNodes, 1, place) {
            self.walk_into(value);
        }
        self.alias = before;
    }

    fn walk_into(&mut self, value: Value<'t>) {
        match value.node.shape() {
            Shape::Mapping(_) => self.walk_mapping(value),
            Shape::Sequence(_) => value.items_of().for_each(|item| self.walk(item)),
            Shape::Scalar(scalar) => {
                if scalar.value.contains('\n') && speaks_of_envoy(scalar.value) {
                    self.embedded(value);
                }
            }
        }
    }

    fn walk_mapping(&mut self, value: Value<'t>) {
        if !self.is_wrapped {
            self.validate_any(value);
        }
        let body = value.message().map_or(value, |(_, body)| body);
        match self.named.get(&value.location()).copied().unwrap_or_else(|| classify(value)) {
            Found::Listener => self.listener(body),
            Found::Cluster => self.cluster(body),
            Found::DownstreamContext => self.loose(value, true),
            Found::UpstreamContext => self.loose(value, false),
            Found::Other => {}
        }
        for (key, child) in value.entries() {
            match key.text_str() {
                Some("static_resources" | "staticResources") => self.name_resources(child),
                Some("configPatches") => {
                    // What is merged into it completes each of them.
                    let before = std::mem::replace(&mut self.is_patch, true);
                    self.walk(child);
                    self.is_patch = before;
                    continue;
                }
                Some("<<") => self.merge_key(value, key),
                Some("lds_config" | "ldsConfig" | "cds_config" | "cdsConfig") => self.follow(child),
                Some("downstream_tls_context" | "downstreamTlsContext") => self.loose(child, true),
                Some("upstream_tls_context" | "upstreamTlsContext") => self.loose(child, false),
                Some("tls_socket_config" | "tlsSocketConfig") => {
                    let connects =
                        value.any_type().is_some_and(|name| name.ends_with("UpstreamStartTlsConfig"));
                    self.loose(child, !connects);
                }
                Some("tls_context" | "tlsContext") => self.loose_v2(value, key, child),
                _ => {}
            }
            self.walk(child);
        }
    }

    /// Notes what the lists of a bootstrap hold, whatever fields their items have.
    fn name_resources(&mut self, resources: Value<'t>) {
        for (list, found) in [("listeners", Found::Listener), ("clusters", Found::Cluster)] {
            let items = resources.list_of(list).into_iter().filter(|item| item.any_type().is_none());
            self.named.extend(items.map(|item| (item.location(), found)));
        }
    }

    /// A TLS context that belongs to no listener or cluster that is to be seen: a patch, a template, a filter's own upstream.
    fn loose(&mut self, context: Value<'t>, listens: bool) {
        let (_, body) = context.message().unwrap_or(("", context));
        if context.node.scalar().is_some() || !self.taken.insert(body.location()) {
            return;
        }
        let side = if listens { "DownstreamTlsContext" } else { "UpstreamTlsContext" };
        self.validate(body, &format!("{TLS}{side}"));
        let before = std::mem::replace(&mut self.is_patch, true);
        let sni = match body.str_of("sni").filter(|name| !name.is_empty()) {
            Some(name) => Setting::written(Some(name.to_owned()), body.location(), [].into()),
            None => Setting::default(None, "Envoy sends no name unasked".into()),
        };
        let party = Party {
            role: if listens { Role::Server } else { Role::Client },
            place: context,
            label: format!("{side} without its surroundings"),
            names: Vec::new(),
            siblings: std::rc::Rc::default(),
            is_default: listens,
            addresses: Vec::new(),
            sni,
            follows_host: None,
            refuses: None,
            purpose: Purpose::Unknown,
        };
        self.add(&party, Socket::Tls(body));
        self.is_patch = before;
    }

    /// The field that carried contexts in the v2 API, where nothing else has taken it.
    fn loose_v2(&mut self, owner: Value<'t>, key: Value<'t>, context: Value<'t>) {
        if context.field("common_tls_context").is_none() || self.taken.contains(&context.location()) {
            return;
        }
        let listens = owner.field("filters").is_some() || owner.field("filter_chain_match").is_some();
        self.removed_api(key.location(), "the field tls_context");
        self.loose(context, listens);
    }

    /// A document inside a scalar: a ConfigMap's file, a patch as text.
    ///
    /// Read here, not as a source of its own as the configurations of other servers are: it may stand in a patch, which completes it,
    /// and name the secrets of the document around it.
    fn embedded(&mut self, value: Value<'t>) {
        if self.depth >= MAXIMUM_DEPTH {
            return;
        }
        let text = value.text();
        let document = Document::of_scalar(&text);
        let Some(root) = document.root() else { return };
        self.apart(|reader| reader.read_root(root));
    }

    /// A file of resources that the bootstrap names.
    fn follow(&mut self, config: Value<'t>) {
        let path = config.at(&["path_config_source", "path"]).or_else(|| config.field("path"));
        let Some(path) = path else { return };
        let Some(name) = path.text_str().filter(|_| !path.is_opaque()) else { return };
        if self.depth >= MAXIMUM_DEPTH {
            return;
        }
        let Some(source) = self.open(name) else {
            let message = format!("{name} is not at hand: the listeners or clusters in it are not looked at");
            let kind = ObservationKind::IncludeUnresolved;
            self.observe(kind, path.location(), "path_config_source", message, "not found", None);
            return;
        };
        if self.model.files.contains(&source.id()) {
            return;
        }
        self.model.files.push(source.id());
        let document = Document::of_source(&source);
        let Some(root) = document.root() else { return };
        self.apart(|reader| reader.walk(root));
    }

    /// Reads a document of its own with what is known here, and keeps what it yields.
    fn apart<'d>(&mut self, read: impl FnOnce(&mut Reader<'_, 'd>))
    where
        't: 'd,
    {
        let mut inner = Reader::new(self.context);
        inner.secrets.extend(self.secrets.iter().map(|(name, secret)| (*name, *secret)));
        inner.depth = self.depth + 1;
        inner.is_patch = self.is_patch;
        inner.model.files = std::mem::take(&mut self.model.files);
        inner.model.is_fragment = true;
        read(&mut inner);
        let model = inner.model;
        self.model.files = model.files;
        self.model.endpoints.extend(model.endpoints);
        self.model.observations.extend(model.observations);
        self.model.refusals.extend(model.refusals);
        self.model.speaks_tls |= model.speaks_tls;
    }

    fn merge_key(&mut self, owner: Value<'t>, key: Value<'t>) {
        let name = owner.any_type().unwrap_or("");
        let told = self.model.refusals.iter().any(|refusal| refusal.location == key.location());
        if !name.starts_with(TLS) && !told && !self.is_wrapped {
            let reason = "merge keys are not expanded: \"<<\" is a field that does not exist".to_owned();
            let help = Some("repeat the fields, or use an alias for the whole value".to_owned());
            self.refuse_as(ObservationKind::UnknownField, key.location(), "merge-key", reason, help);
        }
    }
}

/// What a mapping is, by its type, else by its fields.
fn classify(value: Value<'_>) -> Found {
    if let Some((name, _)) = value.message() {
        let short = name.rsplit('.').next().unwrap_or(name);
        return match short {
            "Listener" if is_api(name) => Found::Listener,
            "Cluster" if is_api(name) => Found::Cluster,
            "DownstreamTlsContext" if is_api(name) => Found::DownstreamContext,
            "UpstreamTlsContext" if is_api(name) => Found::UpstreamContext,
            _ => Found::Other,
        };
    }
    let mut has_chains = false;
    let mut cluster_signs = 0;
    for (key, _) in value.node.entries() {
        let Some(key) = key.scalar() else { continue };
        has_chains |= is_field(key.value, "filter_chains") || is_field(key.value, "default_filter_chain");
        cluster_signs += u32::from(CLUSTER_FIELDS.iter().any(|field| is_field(key.value, field)));
    }
    if has_chains {
        Found::Listener
    } else if cluster_signs > 0 {
        Found::Cluster
    } else {
        Found::Other
    }
}

/// Fields that clusters alone have.
const CLUSTER_FIELDS: &[&str] = &[
    "cluster_discovery_type",
    "dns_lookup_family",
    "eds_cluster_config",
    "lb_policy",
    "load_assignment",
    "transport_socket_matches",
];

fn is_api(name: &str) -> bool {
    name.starts_with("envoy.config.")
        || name.starts_with("envoy.extensions.")
        || name.starts_with("envoy.api.")
}

/// Whether a text inside a scalar may be configuration that matters.
pub(super) fn speaks_of_envoy(text: &str) -> bool {
    ["TlsContext", "static_resources", "filter_chains", "transport_socket", "load_assignment"]
        .iter()
        .any(|sign| text.contains(sign))
}
