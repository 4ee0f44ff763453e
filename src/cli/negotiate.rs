//! `tlslint negotiate`: the offline scanner.

use super::misuse::{self, Socket};
use super::{Failure, OutputFormat, Status, Stop, Streams};
use crate::budget::Budget;
use crate::dialect::{self, Context, Question};
use crate::discover::{self, Disk};
use crate::endpoint::{Dialect, Endpoint, Model, Role, Transport};
use crate::files::Kind;
use crate::gate::repository_around;
use crate::inventory;
use crate::library::offer::Offer;
use crate::printable::{Medium, printable};
use crate::protocol::{Protocol, ProtocolSet};
use crate::scope::Scope;
use crate::setting::Setting;
use crate::source::Source;
use crate::suite::Suite;
use clap::{ArgGroup, Args};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("question").required(true))]
pub(super) struct Arguments {
    /// The configuration; for HAProxy several files, in order
    #[arg(value_name = "CONFIG", required = true)]
    configurations: Vec<PathBuf>,
    /// The socket that a client connects to; a host name is asked for as --sni would, and means any address as ":PORT" does
    #[arg(long, value_name = "[ADDR|HOST]:PORT", group = "question", value_parser = misuse::socket)]
    connect: Option<Socket>,
    /// The upstream that the server connects to
    #[arg(long, value_name = "ADDR:PORT", group = "question")]
    to: Option<String>,
    /// The host name that the client asks for
    #[arg(long, value_name = "NAME", conflicts_with = "no_sni")]
    sni: Option<String>,
    /// The client asks for no host name
    #[arg(long)]
    no_sni: bool,
    /// The client speaks QUIC
    #[arg(long)]
    quic: bool,
    /// The protocols that the client offers inside TLS, in its order: h2,http/1.1
    #[arg(long, value_name = "PROTOCOL", value_delimiter = ',', conflicts_with = "to")]
    alpn: Vec<String>,
    #[command(flatten)]
    target: super::reading::TargetArguments,
    #[command(flatten)]
    reading: super::reading::ReadingArguments,
    /// How to print the answer
    #[arg(short = 'f', long, alias = "output-format", value_enum, default_value = "table")]
    format: OutputFormat,
}

impl Arguments {
    /// The name that the client asks for.
    fn asked(&self) -> Option<String> {
        let host = || self.connect.as_ref()?.host.clone();
        self.sni.clone().or_else(host).filter(|_| !self.no_sni)
    }
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let scopes = arguments.reading.scopes(arguments.target.flags())?;
    let scope = scopes.of(&arguments.configurations[0]).map_err(Failure::from)?;
    let root = discover::root_of(&arguments.configurations[0]);
    // The named configuration's own directory may always be read, whatever repository lies around it.
    let disk = arguments.reading.disk(&root, &scope.settings, &around(arguments));
    let sources = open(arguments, &disk)?;
    let dialect = dialect_of(arguments, &scope, &sources)?;
    let target = scope.target(&arguments.configurations[0]);
    let budget = Budget::new(scope.settings.limits());
    let variables = &scope.variables;
    let asked = arguments.asked();
    let context =
        Context { files: &disk, target, variables, is_whole: true, asked: asked.as_deref(), budget: &budget };
    let model = dialect::read(dialect, &sources, context);
    let endpoints = find(arguments, dialect, &model);
    let answer = answer(&model, &endpoints, &disk);
    match arguments.format {
        OutputFormat::Json => {
            streams.out.set(Medium::Json);
            writeln!(streams.out, "{answer}")?;
        }
        OutputFormat::Table => table(&answer, streams)?,
    }
    if !endpoints.is_empty() || !model.refusals.is_empty() {
        return Ok(Status::Clean);
    }
    streams.tell(format_args!("{}", nobody(arguments, &model)));
    Ok(Status::Findings)
}

/// That nothing answers, and what there is instead.
fn nobody(arguments: &Arguments, model: &Model) -> String {
    let (role, what) = if arguments.to.is_some() {
        (Role::Client, "the server connects to no such upstream")
    } else {
        (Role::Server, "nothing listens there")
    };
    let endpoints = model.endpoints.iter().filter(|endpoint| endpoint.role == role);
    let known: BTreeSet<&str> =
        endpoints.flat_map(|endpoint| endpoint.addresses.iter().map(String::as_str)).collect();
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        return what.to_owned();
    }
    format!("{what}; the configuration has {}", known.join(", "))
}

/// For configurations in no repository, what lies beside their directory: a server's files stand in several. A repository is its own
/// limit, since anybody may have written what is in it.
fn around(arguments: &Arguments) -> Vec<PathBuf> {
    let absolute = arguments.configurations.iter().filter_map(|path| std::path::absolute(path).ok());
    let alone = absolute.filter(|path| path.parent().and_then(repository_around).is_none());
    alone.filter_map(|path| path.parent()?.parent().map(std::path::Path::to_owned)).collect()
}

fn open(arguments: &Arguments, disk: &Disk) -> Result<Vec<Arc<Source>>, Failure> {
    let mut sources = Vec::new();
    for path in &arguments.configurations {
        let is_directory = disk.look(path) == Ok(Kind::Directory);
        let files = if is_directory { configuration_files(path, disk)? } else { vec![path.clone()] };
        for file in files {
            sources.push(
                disk.open(&file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?,
            );
        }
    }
    Ok(sources)
}

/// What HAProxy reads of a directory, sorted (haproxy(1), `-f`).
fn configuration_files(directory: &std::path::Path, disk: &Disk) -> Result<Vec<PathBuf>, Failure> {
    let entries = disk.entries(directory)?.into_iter();
    let read = entries.filter(|entry| discover::is_read_of_directory(&entry.name.to_string_lossy()));
    let files = read.map(|entry| directory.join(entry.name));
    Ok(files.filter(|path| disk.look(path) == Ok(Kind::File)).collect())
}

fn dialect_of(arguments: &Arguments, scope: &Scope, sources: &[Arc<Source>]) -> Result<Dialect, Failure> {
    let named = arguments.reading.dialect();
    let guessed = || {
        let first = sources.first()?;
        let configured = scope.settings.dialect(first.path());
        configured.or_else(|| Some(discover::judge(first.path(), first.text())?.dialect))
    };
    named
        .or_else(guessed)
        .ok_or_else(|| Failure::new("cannot tell the language of this configuration; give --dialect"))
}

fn find<'m>(arguments: &Arguments, dialect: Dialect, model: &'m Model) -> Vec<&'m Endpoint> {
    if let Some(upstream) = &arguments.to {
        return dialect::connects(dialect, model, upstream).into_iter().collect();
    }
    let Some(socket) = &arguments.connect else { return Vec::new() };
    let question = Question {
        address: socket.address.ip(),
        port: socket.address.port(),
        sni: arguments.asked(),
        quic: arguments.quic,
        alpn: arguments.alpn.clone(),
    };
    dialect::serves(dialect, model, &question)
}

/// What the endpoints that answer give all together.
fn answer(model: &Model, endpoints: &[&Endpoint], disk: &Disk) -> Value {
    let refusal = model.refusals.first().map(|refusal| refusal.reason.clone());
    let mut answer = json!({
        "version": 1, "starts": refusal.is_none(), "reason": refusal, "transport": "none", "protocols": [], "suites": {},
        "tls13_suites": [], "groups": {}, "sni": null, "verifies": null, "unknown": [],
    });
    let Some(endpoint) = endpoints.first() else { return answer };
    // Whatever TLS is passed through, this server speaks none of it.
    let is_clear = matches!(endpoint.transport, Transport::Plaintext(_));
    answer["transport"] =
        json!(if is_clear { "plaintext" } else { inventory::transport(endpoint.transport) });
    // Envoy's starttls reads in clear until a filter switches: it takes a ClientHello for data.
    let waits = endpoint.dialect == Dialect::Envoy && endpoint.role == Role::Server;
    if is_clear || (waits && endpoint.transport == Transport::StartTls) {
        return answer;
    }
    let offers: Vec<Offer> = endpoints.iter().map(|endpoint| Offer::of(endpoint)).collect();
    let served = offers.iter().fold(ProtocolSet::EMPTY, |all, offer| all.union(offer.hello));
    for protocol in served.iter() {
        let suites: Vec<&str> =
            offers.iter().flat_map(|offer| offer.suites(protocol)).map(Suite::iana).collect();
        let distinct =
            |(index, name): (usize, &&'static str)| (!suites[..index].contains(name)).then_some(*name);
        let distinct: Vec<&str> = suites.iter().enumerate().filter_map(distinct).collect();
        if protocol == Protocol::Tls13 {
            answer["tls13_suites"] = json!(distinct);
        } else {
            answer["suites"][protocol.name()] = json!(distinct);
        }
        answer["groups"][protocol.name()] = json!(groups(&offers, protocol));
    }
    answer["protocols"] = json!(served.iter().map(Protocol::name).collect::<Vec<_>>());
    answer["sni"] = json!(endpoint.sni.value().cloned().flatten());
    if endpoint.role == Role::Client {
        let peer = endpoint.peer.as_ref();
        let verifies = |setting: Option<&Setting<bool>>| setting.and_then(Setting::value).copied();
        answer["verifies"] = json!({
            "chain": verifies(peer.map(|peer| &peer.chain)), "hostname": verifies(peer.map(|peer| &peer.hostname)),
        });
    }
    answer["unknown"] =
        json!(endpoints.iter().flat_map(|endpoint| inventory::unknown(endpoint, disk)).collect::<Vec<_>>());
    answer
}

/// The groups that decide the key exchange: in TLS 1.3 those for clients that take any certificate, before it those of RSA suites,
/// because an ECDSA certificate has a say in the curves as well.
///
/// They stand in the order of whose preference counts; where that is the client's, as clients mostly have it.
fn groups(offers: &[Offer], protocol: Protocol) -> Vec<&'static str> {
    let found = offers.iter().map(|offer| (offer, offer.groups(protocol)));
    let mut found = found.filter(|(_, groups)| !groups.is_empty());
    let chosen = if protocol == Protocol::Tls13 { found.next() } else { found.next_back() };
    let Some((offer, mut groups)) = chosen else { return Vec::new() };
    if offer.peer_orders_groups.contains(protocol) {
        groups.sort_by_key(|group| group.customary_place());
    }
    groups.into_iter().map(crate::group::Group::iana).collect()
}

fn table(answer: &Value, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let out = &mut *streams.out;
    if let Some(reason) = answer["reason"].as_str() {
        writeln!(out, "the server does not start: {}", printable(reason))?;
    }
    let list = |value: &Value| -> String {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    writeln!(out, "transport   {}", answer["transport"].as_str().unwrap_or_default())?;
    writeln!(out, "protocols   {}", list(&answer["protocols"]))?;
    for (protocol, suites) in answer["suites"].as_object().into_iter().flatten() {
        writeln!(out, "{protocol}")?;
        for suite in suites.as_array().into_iter().flatten().filter_map(Value::as_str) {
            writeln!(out, "            {suite}")?;
        }
    }
    if answer["tls13_suites"].as_array().is_some_and(|suites| !suites.is_empty()) {
        writeln!(out, "TLSv1.3     {}", list(&answer["tls13_suites"]))?;
    }
    for (protocol, groups) in answer["groups"].as_object().into_iter().flatten() {
        writeln!(out, "groups      {protocol}: {}", list(groups))?;
    }
    if !answer["verifies"].is_null() {
        let is_unknown =
            answer["unknown"].as_array().into_iter().flatten().any(|row| row["setting"] == "sni");
        let none = if is_unknown { "not known" } else { "none is sent" };
        writeln!(out, "sni         {}", printable(answer["sni"].as_str().unwrap_or(none)))?;
        let verifies = |what: &str| match answer["verifies"][what].as_bool() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        writeln!(out, "verifies    chain: {}, host name: {}", verifies("chain"), verifies("hostname"))?;
    }
    for unknown in answer["unknown"].as_array().into_iter().flatten() {
        let text = |key: &str| printable(unknown[key].as_str().unwrap_or_default()).into_owned();
        writeln!(out, "unknown     {}: {}", text("setting"), text("why"))?;
    }
    Ok(())
}
