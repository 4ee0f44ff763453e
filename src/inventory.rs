//! Every endpoint as a row: what it is, what it offers, and what of that is not known.

use crate::endpoint::{Certificate, Endpoint, KeyType, Model, Purpose, Transport};
use crate::files::FileTree;
use crate::group::Group;
use crate::library::obstacle::{Obstacle, hybrids, usable};
use crate::library::offer::{Offer, Offered};
use crate::protocol::{Protocol, Role};
use crate::setting::Setting;
use crate::span::Location;
use crate::suite::Suite;
use crate::target::Target;
use serde::Serialize;

/// Which names suites get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// The registry's: `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.
    Iana,
    /// OpenSSL's: `ECDHE-RSA-AES128-GCM-SHA256`.
    Openssl,
}

/// One endpoint of an inventory (PCI DSS 4.0.1, 12.3.3: every use of cryptography with its place).
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What to call it in a sentence; findings name it so.
    #[serde(skip)]
    pub label: String,
    /// The language it was written in.
    pub dialect: &'static str,
    /// `server` or `client`.
    pub role: &'static str,
    /// The names that lead to it.
    pub names: Vec<String>,
    /// Where it listens or connects to.
    pub addresses: Vec<String>,
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// `tls`, `plaintext`, `quic`, `starttls` or `unknown`.
    pub transport: &'static str,
    /// Enabled protocols.
    pub protocols: Vec<&'static str>,
    /// Suites below TLS 1.3.
    pub suites: Suites,
    /// Enabled TLS 1.3 suites.
    pub tls13_suites: Vec<&'static str>,
    /// Groups, in order of preference.
    pub groups: Vec<&'static str>,
    /// Whether a hybrid group of RFC 10024 can be negotiated; `None` for endpoints in clear.
    pub hybrid: Option<Hybrid>,
    /// What it checks of its peer; `None` for servers that ask for nothing and endpoints in clear.
    pub peer_verification: Option<Verification>,
    /// Its first certificate that could be read.
    pub certificate: Option<CertificateRow>,
    /// Why the server does not start.
    pub refuses_to_start: Option<String>,
    /// Settings that the files do not show.
    pub unknown: Vec<UnknownRow>,
    /// What it runs on.
    pub target: TargetRow,
    /// What it is for, by the settings.
    pub purpose: Option<String>,
}

/// The three sets that are called "the suites".
#[derive(Clone, Debug, Serialize)]
pub struct Suites {
    /// What the cipher string selects.
    pub declared: Vec<&'static str>,
    /// What is left on the target.
    pub enabled: Vec<&'static str>,
    /// What the certificates can serve; `None` where they are not known.
    pub reachable: Option<Vec<&'static str>>,
}

/// Whether key exchange holds against quantum computers.
#[derive(Clone, Debug, Serialize)]
pub struct Hybrid {
    /// Whether one is offered; `None` where the files do not show.
    pub offered: Option<bool>,
    /// Whether one comes first; `None` where the peer's order decides, or the files do not show.
    pub preferred: Option<bool>,
    /// Whether the library of the target has none, so that no setting helps.
    pub impossible: bool,
    /// What stands in the way of one.
    pub obstacle: Option<String>,
}

/// What an endpoint checks of its peer; `None` where it is not known.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// The chain up to a trusted root.
    pub chain: Option<bool>,
    /// The names against the host.
    pub hostname: Option<bool>,
}

/// The facts of a certificate that an inventory lists.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateRow {
    /// The file as the configuration names it.
    pub name: String,
    /// Key type, lower case.
    pub key_type: &'static str,
    /// Key length in bits.
    pub key_bits: u32,
    /// Hash of the signature.
    pub signature_hash: String,
    /// Names that it is for.
    pub names: Vec<String>,
    /// End of validity, in seconds since 1970-01-01 UTC.
    pub not_after: i64,
}

/// A setting that the files do not show.
#[derive(Clone, Debug, Serialize)]
pub struct UnknownRow {
    /// Which setting.
    pub setting: &'static str,
    /// Why.
    pub why: String,
    /// The line that makes it unknown, where there is one.
    pub line: Option<u32>,
}

/// What an endpoint runs on, as far as it is known.
#[derive(Clone, Debug, Serialize)]
pub struct TargetRow {
    /// The server's release.
    pub server: Option<String>,
    /// The library's id.
    pub library: String,
    /// The system.
    pub system: Option<String>,
}

/// The row of one endpoint.
pub fn row(model: &Model, endpoint: &Endpoint, files: &dyn FileTree, target: &Target, names: Names) -> Row {
    let place = files.written(endpoint.location);
    let source = files.source(place.file);
    let position = source.position(place.span.start);
    let in_clear = matches!(endpoint.transport, Transport::Plaintext(_));
    let offer = Offer::of(endpoint);
    let unless_clear = |list: Vec<&'static str>| if in_clear { Vec::new() } else { list };
    let server = match endpoint.dialect {
        crate::endpoint::Dialect::Nginx => target.nginx,
        crate::endpoint::Dialect::HaProxy => target.haproxy,
        crate::endpoint::Dialect::Envoy => target.envoy,
        crate::endpoint::Dialect::Ciphers | crate::endpoint::Dialect::OpensslConf => None,
    };
    Row {
        label: endpoint.label.clone(),
        dialect: endpoint.dialect.name(),
        role: endpoint.role.name(),
        names: endpoint.names.iter().map(|name| name.name.clone()).collect(),
        addresses: endpoint.addresses.clone(),
        path: source.display().to_owned(),
        line: position.line,
        column: position.column,
        transport: transport(endpoint.transport),
        protocols: unless_clear(offer.protocols.iter().map(Protocol::name).collect()),
        suites: suites(&offer, endpoint.role, in_clear, names),
        tls13_suites: unless_clear(tls13(&offer, names)),
        groups: unless_clear(groups(&offer)),
        hybrid: (!in_clear).then(|| hybrid(endpoint, &offer)),
        peer_verification: endpoint.peer.as_ref().filter(|_| !in_clear).map(|peer| Verification {
            chain: peer.chain.value().copied(),
            hostname: peer.hostname.value().copied(),
        }),
        certificate: certificate(endpoint),
        refuses_to_start: model.refusals.first().map(|refusal| refusal.reason.clone()),
        unknown: if in_clear { Vec::new() } else { unknown(endpoint, files) },
        target: TargetRow {
            server: server.map(|release| release.to_string()),
            library: endpoint.library.id().to_owned(),
            system: target.system.clone(),
        },
        purpose: None,
    }
}

/// The word for a transport.
pub fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Plaintext(Purpose::PassThrough) => "pass-through",
        Transport::Plaintext(_) => "plaintext",
        Transport::Quic => "quic",
        Transport::StartTls => "starttls",
        Transport::Tls => "tls",
        Transport::Unknown => "unknown",
    }
}

fn name(suite: Suite, names: Names) -> &'static str {
    match names {
        Names::Iana => suite.iana(),
        Names::Openssl => suite.name(),
    }
}

fn suites(offer: &Offer, role: Role, in_clear: bool, names: Names) -> Suites {
    if in_clear {
        return Suites { declared: Vec::new(), enabled: Vec::new(), reachable: None };
    }
    let list =
        |offered: &[Offered]| offered.iter().map(|offered| name(offered.suite, names)).collect::<Vec<_>>();
    let declared = offer.expansion.iter().flat_map(|expansion| &expansion.suites);
    Suites {
        declared: declared.map(|selected| name(selected.suite, names)).collect(),
        enabled: list(&offer.enabled),
        reachable: (offer.certificates_known && role == Role::Server).then(|| list(&offer.enabled)),
    }
}

fn tls13(offer: &Offer, names: Names) -> Vec<&'static str> {
    offer.suites(Protocol::Tls13).into_iter().map(|suite| name(suite, names)).collect()
}

/// The groups that some handshake can use; where the protocols are not known, all that are set.
fn groups(offer: &Offer) -> Vec<&'static str> {
    let is_known = offer.declared_protocols.is_some();
    let is_used = |group: &Group| {
        offer.protocols.iter().any(|protocol| offer.groups(protocol).contains(group)) || !is_known
    };
    offer.groups.iter().filter(|group| is_used(group)).map(|group| group.name()).collect()
}

fn hybrid(endpoint: &Endpoint, offer: &Offer) -> Hybrid {
    let (wanted, usable) = (hybrids(), usable(offer));
    let is_known = endpoint.groups.value().is_some() && offer.declared_protocols.is_some();
    let offered = is_known.then(|| usable.iter().any(|group| wanted.contains(group)));
    let is_first = usable.first().is_some_and(|group| wanted.contains(group));
    let decides = !offer.peer_orders_groups.contains(Protocol::Tls13) || offered == Some(false);
    Hybrid {
        offered,
        preferred: offered.filter(|_| decides).map(|_| is_first),
        impossible: !endpoint.library.has_one(&wanted),
        obstacle: Obstacle::of(endpoint, offer, &wanted).map(|obstacle| obstacle.words(endpoint)),
    }
}

fn certificate(endpoint: &Endpoint) -> Option<CertificateRow> {
    let uses = endpoint.certificates.value()?;
    let (file, found) = uses.iter().find_map(|one| Some((one, one.certificate.as_ref()?)))?;
    let Certificate { key_bits, signature_hash, alternative_names, not_after, .. } = &**found;
    Some(CertificateRow {
        name: file.name.clone(),
        key_type: key_type(found.key_type),
        key_bits: *key_bits,
        signature_hash: signature_hash.clone(),
        names: alternative_names.clone(),
        not_after: *not_after,
    })
}

fn key_type(key: KeyType) -> &'static str {
    match key {
        KeyType::Dsa => "dsa",
        KeyType::Ecdsa => "ecdsa",
        KeyType::Ed25519 => "ed25519",
        KeyType::Ed448 => "ed448",
        KeyType::Other => "other",
        KeyType::Rsa => "rsa",
        KeyType::RsaPss => "rsa-pss",
    }
}

/// A certificate of a server that is named and not at hand: which of the suites it serves is not known.
fn unread(endpoint: &Endpoint) -> Option<(String, Option<Location>)> {
    let uses = endpoint.certificates.value().filter(|_| endpoint.role == Role::Server)?;
    let unread = uses.iter().find(|used| used.certificate.is_none())?;
    let why = format!(
        "{} was not read: whether its key serves the suites for RSA or those for ECDSA is not known",
        unread.name
    );
    Some((why, Some(unread.location)))
}

/// The settings of an endpoint that the files do not show.
pub fn unknown(endpoint: &Endpoint, files: &dyn FileTree) -> Vec<UnknownRow> {
    fn reason<T>(setting: &Setting<T>) -> Option<(String, Option<Location>)> {
        match setting {
            Setting::Unknown(unknown) => Some((unknown.why.clone(), unknown.at)),
            Setting::Default { .. } | Setting::Written(_) => None,
        }
    }
    let peer = endpoint.peer.as_ref();
    let settings = [
        ("protocols", reason(&endpoint.protocols)),
        ("cipher_string", reason(&endpoint.cipher_string)),
        ("ciphersuites", reason(&endpoint.ciphersuites)),
        ("groups", reason(&endpoint.groups)),
        ("certificates", reason(&endpoint.certificates)),
        ("dh_parameters", reason(&endpoint.dh_parameters)),
        ("peer_verification", peer.and_then(|peer| reason(&peer.chain))),
        ("peer_hostname", peer.and_then(|peer| reason(&peer.hostname))),
        ("sni", reason(&endpoint.sni).filter(|_| endpoint.role == Role::Client)),
        ("certificates", unread(endpoint)),
    ];
    let rows = settings.into_iter().filter_map(|(setting, reason)| {
        let (why, at) = reason?;
        let line =
            at.map(|at| files.written(at)).map(|at| files.source(at.file).position(at.span.start).line);
        Some(UnknownRow { setting, why, line })
    });
    rows.collect()
}
