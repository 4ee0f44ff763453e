//! Envoy: bootstraps, resources, config dumps and patches, as YAML or JSON.

mod addresses;
mod certificates;
mod chain_match;
mod clusters;
mod connection;
mod defaults;
mod endpoints;
mod filter_chains;
mod listeners;
mod matcher;
mod names;
mod open_names;
mod parameters;
mod purpose;
mod reader;
mod schema;
mod selection;
mod sockets;
#[cfg(test)]
mod tests;
mod validation;
mod value;
mod verification;
mod walk;

use super::{Context, Question};
use crate::budget::Resource;
use crate::endpoint::{Asked, Endpoint, Model, Role, Taken, Transport};
use crate::observation::{Observation, ObservationKind};
use crate::source::Source;
use crate::span::{Location, Span};
use crate::syntax::Parsed;
use crate::syntax::yaml::{Tree, documents, parse_json_as_protobuf};
use crate::target::{Release, Target};
use addresses::Precision;
use endpoints::NEVER_MATCHES;
use reader::Reader;
use std::sync::Arc;
use value::{Document, Value};

/// Fields that only a bootstrap has at its top.
const BOOTSTRAP_FIELDS: &[&str] =
    &["admin", "dynamic_resources", "layered_runtime", "node", "static_resources", "stats_sinks"];

/// Works out the endpoints of a root file and of the files that it names.
pub(super) fn read(roots: &[Arc<Source>], context: Context<'_>) -> Model {
    let mut model = Model::default();
    for root in roots {
        let read = read_one(root, context);
        model.endpoints.extend(read.endpoints);
        model.selections.extend(read.selections);
        model.observations.extend(read.observations);
        model.refusals.extend(read.refusals);
        model.files.extend(read.files);
        model.speaks_tls |= read.speaks_tls;
        model.is_fragment |= read.is_fragment;
        model.templated.extend(read.templated);
    }
    model
}

/// Whether a file is a bootstrap, a dump or a wrapper, and not a list of resources that some bootstrap names.
pub(super) fn is_root(source: &Source) -> bool {
    let head = source.text();
    BOOTSTRAP_FIELDS.iter().any(|field| head.contains(field)) || !head.contains("resources")
}

fn read_one(source: &Arc<Source>, context: Context<'_>) -> Model {
    let mut documents = documents(source.text());
    let Parsed { tree, errors } = documents.next().map(|(_, first)| first).unwrap_or_default();
    let file = source.id();
    let is_template = !tree.margins.placeholders.is_empty();
    let document = Document::of_tree(tree, file, 0);
    let mut reader = Reader::new(context);
    reader.model.files.push(file);
    reader.model.templated.extend(is_template.then_some(file));
    let root = document.root();
    reader.is_wrapped = root.is_some_and(is_wrapped);
    reader.model.is_fragment = !root.is_some_and(is_bootstrap);
    report_text(&mut reader, source, &document.tree, errors);
    if let Some(root) = root {
        let listed = root.field("static_resources").map_or_else(Vec::new, |all| all.list_of("secrets"));
        for secret in listed.into_iter().chain(dumped_secrets(root)) {
            if let Some(name) = secret.str_of("name") {
                reader.secrets.insert(name, secret);
            }
        }
        reader.read_root(root);
    }
    if reader.is_wrapped {
        read_further_documents(&mut reader.model, context, source, documents);
    }
    let mut model = reader.model;
    let speaks = model.speaks_tls || root.is_some_and(is_bootstrap);
    model.speaks_tls = speaks;
    model
}

/// The secrets that a config dump shows, those of a management server among them.
fn dumped_secrets(root: Value<'_>) -> Vec<Value<'_>> {
    let lists = ["static_secrets", "dynamic_active_secrets"];
    let configs = root.list_of("configs").into_iter();
    let entries = configs.flat_map(|config| lists.into_iter().flat_map(move |list| config.list_of(list)));
    entries.filter_map(|entry| entry.field("secret")).collect()
}

/// The further documents of a file that Envoy itself does not read, such as a list of Kubernetes manifests.
fn read_further_documents<'t>(
    model: &mut Model,
    context: Context<'_>,
    source: &Source,
    documents: impl Iterator<Item = (u32, Parsed<Tree<'t>>)>,
) {
    for (start, parsed) in documents {
        let document = Document::of_tree(parsed.tree, source.id(), start);
        let mut reader = Reader::new(context);
        reader.is_wrapped = true;
        reader.model.is_fragment = true;
        if let Some(root) = document.root() {
            reader.walk(root);
        }
        model.endpoints.extend(reader.model.endpoints);
        model.selections.extend(reader.model.selections);
        model.observations.extend(reader.model.observations);
        model.refusals.extend(reader.model.refusals);
        model.speaks_tls |= reader.model.speaks_tls;
    }
}

/// Whether a top-level mapping is a bootstrap's.
fn is_bootstrap(root: Value<'_>) -> bool {
    BOOTSTRAP_FIELDS.iter().any(|field| root.field_with_name(field).is_some())
}

/// Whether somebody else than Envoy reads the file: Kubernetes, a generator, an administrator.
fn is_wrapped(root: Value<'_>) -> bool {
    (root.field("apiVersion").is_some() && root.field("kind").is_some()) || root.field("configs").is_some()
}

/// What the text itself gives cause for: errors, repeated names, further documents.
fn report_text(
    reader: &mut Reader<'_, '_>,
    source: &Source,
    tree: &Tree<'_>,
    errors: Vec<crate::syntax::SyntaxError>,
) {
    let file = source.id();
    let margins = &tree.margins;
    let expects_json = source.path().extension().is_some_and(|extension| extension == "json");
    if expects_json
        && !margins.is_json
        && !parse_json_as_protobuf(source.text())
        && margins.placeholders.is_empty()
    {
        let at =
            Location::new(file, Span::new(0, source.text().chars().next().map_or(0, char::len_utf8) as u32));
        let reason = "Unable to parse JSON as proto: a file named .json must hold JSON";
        reader.refuse(at, "json", reason);
    }
    for error in errors {
        let location = Location::new(file, error.span);
        if error.fatal {
            let reason = format!("yaml-cpp: {}", error.message);
            reader.model.refusals.push(crate::observation::Refusal { location, reason });
        }
        reader.model.observations.push(Observation {
            kind: ObservationKind::SyntaxError,
            location,
            message: error.message,
            label: "here".to_owned(),
            related: Vec::new(),
            help: error.help,
            context: "yaml".to_owned(),
        });
    }
    // A template under another name becomes YAML before Envoy reads it, and so does what Kubernetes is given.
    let is_final =
        source.path().extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|own| end == *own));
    if margins.broken_by_placeholders
        && is_final
        && !reader.is_wrapped
        && let Some(first) = margins.placeholders.first()
    {
        let reason = "yaml-cpp: the text is a template, and no YAML as it stands".to_owned();
        reader
            .model
            .refusals
            .push(crate::observation::Refusal { location: Location::new(file, *first), reason });
    }
    for (ignored, counts) in &margins.repeated {
        let location = Location::new(file, *counts);
        if !reader.context.budget.take(Resource::SyntaxErrors, 1, location) {
            break;
        }
        reader.model.observations.push(Observation {
            kind: ObservationKind::SettingRepeated,
            location: Location::new(file, *counts),
            message: format!(
                "\"{}\" stands twice in this mapping: Envoy takes the last",
                ignored.of(source.text())
            ),
            label: "this one counts".to_owned(),
            related: vec![(Location::new(file, *ignored), "passed over".to_owned())],
            help: Some("remove one of the two".to_owned()),
            context: "repeated-name".to_owned(),
        });
    }
    if let Some(second) = margins.second_document
        && !reader.is_wrapped
    {
        let location = Location::new(file, second);
        let message = "Envoy reads the first document of a file alone: nothing below this line counts";
        reader.observe(
            ObservationKind::SettingIgnored,
            location,
            "document",
            message,
            "ignored from here on",
            None,
        );
    }
}

/// The endpoints that answer a client: those of the filter chain that takes its connection, by its name where certificates differ.
///
/// Several where certificates have parameters of their own: first that for clients which take ECDSA.
pub(super) fn serves<'m>(model: &'m Model, question: &Question) -> Vec<&'m Endpoint> {
    match chosen_chain(model, question) {
        Taken::Unknown => by_address(model, question),
        Taken::Nobody => Vec::new(),
        Taken::By(chain) => {
            let of_chain = |endpoint: &&Endpoint| endpoint.role == Role::Server && endpoint.location == chain;
            let candidates: Vec<_> = model.endpoints.iter().filter(of_chain).collect();
            let first = candidates.first().copied();
            answering(candidates, question, first)
        }
    }
}

/// The filter chain that takes a connection.
fn chosen_chain(model: &Model, question: &Question) -> Taken {
    let asked = Asked {
        address: question.address,
        port: question.port,
        name: question.sni.as_deref(),
        is_quic: question.quic,
        protocols: &question.alpn,
    };
    let near = model.selections.iter().filter_map(|one| Some((one.closeness(&asked)?, one)));
    let closest = near.min_by_key(|(closeness, _)| *closeness);
    closest.map_or(Taken::Unknown, |(_, one)| one.select(&asked))
}

/// The endpoints whose address and names fit.
fn by_address<'m>(model: &'m Model, question: &Question) -> Vec<&'m Endpoint> {
    let reachable = |endpoint: &&Endpoint| {
        endpoint.role == Role::Server
            && (endpoint.transport == Transport::Quic) == question.quic
            && endpoint.refuses.as_deref() != Some(NEVER_MATCHES)
    };
    let precision = |endpoint: &Endpoint| {
        endpoint
            .addresses
            .iter()
            .filter_map(|at| addresses::serves(at, question.address, question.port))
            .min()
    };
    let at = |wanted: Precision| {
        model.endpoints.iter().filter(reachable).filter(move |endpoint| precision(endpoint) == Some(wanted))
    };
    let closest =
        [Precision::Exact, Precision::Wildcard].into_iter().find(|wanted| at(*wanted).next().is_some());
    answering(closest.map_or_else(Vec::new, |closest| at(closest).collect()), question, None)
}

/// Those of the candidates that answer a client's name, or clients without one, else those that stand with `otherwise`.
fn answering<'m>(
    candidates: Vec<&'m Endpoint>,
    question: &Question,
    otherwise: Option<&'m Endpoint>,
) -> Vec<&'m Endpoint> {
    let named = question.sni.as_deref().and_then(|name| by_name(&candidates, &name.to_ascii_lowercase()));
    let default = || candidates.iter().copied().find(|endpoint| endpoint.is_default);
    let chosen = named.or_else(default).or(otherwise);
    let together = |endpoint: &&Endpoint| {
        chosen.is_some_and(|chosen| {
            chosen.location == endpoint.location
                && chosen.names == endpoint.names
                && chosen.is_default == endpoint.is_default
        })
    };
    candidates.into_iter().filter(together).collect()
}

/// The exact name, else the longest suffix behind `*.`, letter case aside.
fn by_name<'m>(candidates: &[&'m Endpoint], name: &str) -> Option<&'m Endpoint> {
    let mut patterns = vec![name.to_owned()];
    let mut rest = name;
    while let Some((_, suffix)) = rest.split_once('.') {
        patterns.push(format!("*.{suffix}"));
        rest = suffix;
    }
    patterns.push("*".to_owned());
    patterns.iter().find_map(|pattern| {
        let serves =
            |endpoint: &&&Endpoint| endpoint.names.iter().any(|name| name.name.eq_ignore_ascii_case(pattern));
        candidates.iter().find(serves).copied()
    })
}

/// The endpoint with which Envoy connects to `address`.
pub(super) fn connects<'m>(model: &'m Model, address: &str) -> Option<&'m Endpoint> {
    let mut clients = model.endpoints.iter().filter(|endpoint| endpoint.role == Role::Client);
    clients.find(|endpoint| endpoint.addresses.iter().any(|at| addresses::same(at, address)))
}

/// What is not certain of predictions for a release, in words; `None` where it was held against a running one.
pub(super) fn unverified(target: &Target) -> Option<String> {
    let release = target.envoy?;
    let is_certain = release >= Release::new(1, 36, 0) && release < Release::new(1, 41, 0);
    (!is_certain)
        .then(|| format!("Envoy {release} was not run: its defaults come from documentation, or from 1.40"))
}
