//! The neutral model: every party as a peer meets it, whichever server's configuration it came from.
//!
//! Dialects build it, checks read it. Nothing here says how a setting is spelt in a file; where it stands, it says exactly.

use crate::group::Group;
use crate::library::{Choice, Parser};
use crate::observation::{Observation, Refusal};
use crate::protocol::ProtocolSet;
pub use crate::protocol::Role;
use crate::setting::Setting;
pub use crate::signature::KeyType;
use crate::signature::Scheme;
use crate::span::Location;
use crate::suite::Suite;
use crate::text::Text;
use std::fmt;
use std::sync::Arc;

/// A configuration language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Dialect {
    /// Files of bare cipher strings.
    Ciphers,
    /// Envoy bootstrap, resources and config dumps, as YAML or JSON.
    Envoy,
    /// HAProxy configuration.
    HaProxy,
    /// nginx configuration.
    Nginx,
    /// openssl.cnf and crypto-policies back ends.
    OpensslConf,
}

impl Dialect {
    /// Every dialect, in the order of their names.
    pub const ALL: [Self; 5] = [Self::Ciphers, Self::Envoy, Self::HaProxy, Self::Nginx, Self::OpensslConf];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ciphers => "ciphers",
            Self::Envoy => "envoy",
            Self::HaProxy => "haproxy",
            Self::Nginx => "nginx",
            Self::OpensslConf => "openssl-conf",
        }
    }

    /// The dialect that `name` means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How an endpoint speaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transport {
    /// In clear.
    Plaintext(Purpose),
    /// QUIC, hence TLS 1.3 (RFC 9001).
    Quic,
    /// In clear until the peer asks for TLS (STARTTLS), or PROXY protocol first: TLS settings apply.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// A variable or template decides.
    Unknown,
}

/// What a plaintext endpoint is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Only reachable on the machine itself: a loopback address or a UNIX socket.
    Local,
    /// Serves content, at an address that the files do not show.
    MaybeLocal,
    /// Relays bytes unread, which may well be TLS between others.
    PassThrough,
    /// As `RedirectOnly`, and gives a few minor answers in clear: health checks, requests for other names.
    RedirectMostly,
    /// Only redirects to HTTPS, answers ACME challenges (RFC 8555, section 8.3), or refuses.
    RedirectOnly,
    /// Serves content, or passes it on.
    Serves,
    /// The files do not show.
    Unknown,
}

/// Configured protocol versions: what the settings say, before the library has its word.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Protocols {
    /// The versions.
    pub set: ProtocolSet,
    /// Which place brings which versions in, for carets: `TLSv1.1` in a list, or the minimum that admits several.
    pub brought_by: Vec<(ProtocolSet, Location)>,
}

/// Where an endpoint's TLS 1.3 suites come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tls13Suites {
    /// Exactly these, whatever the library would offer: a compliance mode.
    Fixed(Vec<Suite>),
    /// The library's default list.
    Library,
    /// A string in the syntax of SSL_CTX_set_ciphersuites(3).
    Listed(Text),
}

/// A list of key-exchange groups in order of preference.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Groups {
    /// The groups that the library knows.
    pub list: Vec<Group>,
    /// Those that are marked for a key share in the ClientHello, which needs one of them then (OpenSSL 3.5, SSL_CTX_set1_groups_list(3)).
    pub key_shares: Vec<Group>,
    /// The list as written, for carets under single names.
    pub text: Text,
    /// Names that no library under `rules/` knows.
    pub unknown: Vec<String>,
}

/// Diffie-Hellman parameters that a server offers for DHE suites below TLS 1.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DhParameters {
    /// Chosen by the library to fit the certificate's key.
    Automatic,
    /// A prime of this many bits.
    Bits(u32),
    /// None: DHE suites are listed and never negotiated.
    None,
    /// A file that the run cannot read.
    Unreadable,
}

/// What a certificate says, read from its file; never anything of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The type of its public key.
    pub key_type: KeyType,
    /// The length of the public key in bits (of the curve's order for ECDSA).
    pub key_bits: u32,
    /// The curve of an ECDSA key, by its OpenSSL short name.
    pub curve: Option<String>,
    /// The hash of the issuer's signature, lower case: `sha256`; empty where the scheme has none of its own (Ed25519).
    pub signature_hash: String,
    /// How the issuer signed, where the registry names it; an ECDSA scheme stands for its hash on any curve, `rsa_pss_rsae_*` for any RSA-PSS.
    pub signature_scheme: Option<Scheme>,
    /// DNS names and addresses of the subjectAltName extension, as written.
    pub alternative_names: Vec<String>,
    /// The subject's common names.
    pub common_names: Vec<String>,
    /// Start of validity, in seconds since 1970-01-01 UTC.
    pub not_before: i64,
    /// End of validity, in seconds since 1970-01-01 UTC.
    pub not_after: i64,
    /// Whether issuer and subject are the same and the signature is its own key's.
    pub self_signed: bool,
    /// Whether OpenSSL takes it for one that signs itself: issuer and subject are the same, and neither names nor kinds of keys say otherwise.
    pub passes_for_self_signed: bool,
    /// Whether the next certificate of the file is signed by this one's key: the file is the wrong way round.
    pub issues_next: bool,
    /// What of Suite B the file's certificates meet.
    pub suite_b: SuiteB,
    /// The whole file's certificates in DER, leaf first, for building chains.
    pub chain: Vec<Vec<u8>>,
    /// What the file's other certificates say, in its order; these have neither a chain nor issuers of their own.
    pub issuers: Vec<Self>,
}

/// Which profiles of Suite B the certificates of a file meet, keys and signatures alike (RFC 6460, section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SuiteB {
    /// P-256 alone.
    pub only_128: bool,
    /// P-384 alone.
    pub only_192: bool,
    /// P-256, and P-384 from some issuer on.
    pub up_128: bool,
}

/// Which names of a certificate count for a host name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameRule {
    /// Those of the subjectAltName extension alone (RFC 9525).
    AlternativeNames,
    /// The common name too, where the extension has no DNS name (RFC 6125, section 6.4.4).
    CommonNameToo,
}

/// One certificate that an endpoint serves or presents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateUse {
    /// Where the file is named.
    pub location: Location,
    /// The path or inline kind as written.
    pub name: String,
    /// What the certificate says; `None` where the file is not in the repository or a variable names it.
    pub certificate: Option<Arc<Certificate>>,
    /// Versions whose clients are served with it, as far as the server decides that and not the library: every one, mostly.
    pub protocols: ProtocolSet,
    /// Suites of which a client has to offer one to be served with it before TLS 1.3; `None` where every client is.
    pub led_by: Option<Arc<[Suite]>>,
}

/// What a client checks of the peer, or a server of its clients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerVerification {
    /// The chain up to a trusted root.
    pub chain: Setting<bool>,
    /// The certificate's names against the host that was meant (RFC 9525).
    pub hostname: Setting<bool>,
    /// Where trusted roots are named, whether or not they are asked.
    pub roots: Option<Location>,
    /// The host name that is compared as soon as chains are verified; `None` where there is none, or the files do not show it.
    pub expected_name: Option<String>,
}

/// A name that clients may ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServedName {
    /// As written: `a.example`, `*.b.example`, `~^c`.
    pub name: String,
    /// Where it was written.
    pub location: Location,
}

/// Why every handshake of an endpoint fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    /// The reason as a clause: `the socket's default server has no suite for TLSv1.3`.
    pub why: String,
    /// What is at fault.
    pub location: Location,
    /// What mends it, as an imperative clause.
    pub help: String,
}

/// How a dialect writes the settings that findings advise: one for its listening side, one for its connecting side.
///
/// Checks put these into help lines, so that they can say what to write without knowing a dialect.
#[derive(Debug)]
pub struct Spelling {
    /// The setting that limits protocols to a set: `ssl_protocols TLSv1.2 TLSv1.3;`.
    pub protocols: fn(ProtocolSet) -> String,
    /// The setting that gives the cipher string: `ssl_ciphers STRING;`.
    pub cipher_string: fn(&str) -> String,
    /// The setting that lists key-exchange groups: `ssl_ecdh_curve LIST;`, the names joined by colons; `None` where there is none.
    pub groups: Option<fn(&str) -> String>,
    /// What makes a client verify the chain: `proxy_ssl_verify on; proxy_ssl_trusted_certificate FILE;`.
    pub verify_chain: &'static str,
    /// What makes a client verify the host name.
    pub verify_hostname: &'static str,
    /// What turns a plaintext listener into one that only redirects, or into a TLS one.
    pub redirect: &'static str,
    /// Keys of the settings, for fingerprints and data: protocols, cipher string, verification.
    pub keys: SpellingKeys,
}

/// The names of settings as a dialect's users know them.
#[derive(Debug)]
pub struct SpellingKeys {
    /// `ssl_protocols`.
    pub protocols: &'static str,
    /// `ssl_ciphers`.
    pub cipher_string: &'static str,
    /// `proxy_ssl_verify`.
    pub verify: &'static str,
}

/// One party as a peer meets it.
///
/// Listening: one socket × one class of names, each setting already taken from the socket or the name as the server release does.
/// Connecting: one upstream.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The language it was written in; for reports, never for verdicts.
    pub dialect: Dialect,
    /// Which end it is.
    pub role: Role,
    /// How its dialect writes settings, for help lines.
    pub spelling: &'static Spelling,
    /// Where it is written: the `listen`, `bind`, filter chain, `proxy_pass`.
    pub location: Location,
    /// How to call it in a sentence: `server a.example on 0.0.0.0:443`.
    pub label: String,
    /// The names that lead to it; empty for the default of a socket, for upstreams, and where it is for names that the files do not show.
    pub names: Vec<ServedName>,
    /// Whether clients without SNI, or with an unknown name, get it.
    pub is_default: bool,
    /// `address:port` pairs, `unix:path`, or the upstream's URL authority.
    pub addresses: Vec<String>,
    /// How it speaks.
    pub transport: Transport,
    /// The library that runs it.
    pub library: Choice,
    /// Configured protocol versions.
    pub protocols: Setting<Protocols>,
    /// The cipher string for TLS 1.2 and older.
    pub cipher_string: Setting<Text>,
    /// How the library reads the cipher string.
    pub parser: Parser,
    /// The TLS 1.3 suites.
    pub ciphersuites: Setting<Tls13Suites>,
    /// The security level in force before the cipher string's own `@SECLEVEL` (SSL_CTX_set_security_level(3)).
    pub security_level: u8,
    /// Key-exchange groups.
    pub groups: Setting<Groups>,
    /// Signature algorithms, in the library's own syntax.
    pub signature_algorithms: Setting<Text>,
    /// Whether the server's order of suites decides.
    pub server_preference: Setting<bool>,
    /// Whether session tickets are issued (RFC 5077; RFC 8446, section 4.6.1).
    pub session_tickets: Setting<bool>,
    /// Diffie-Hellman parameters.
    pub dh_parameters: Setting<DhParameters>,
    /// Certificates served or presented.
    pub certificates: Setting<Vec<CertificateUse>>,
    /// Verification of the peer; `None` for a server that asks clients for nothing.
    pub peer: Option<PeerVerification>,
    /// The host name that a client sends (RFC 6066, section 3); `Written(None)` or a default of `None` sends none.
    pub sni: Setting<Option<String>>,
    /// Why every connection is refused whatever is negotiated, where that is meant (a rejecting default server) or an observation says
    /// it; `None` mostly.
    pub refuses: Option<String>,
    /// Why every handshake fails for what stands elsewhere, whatever this endpoint's own settings say; `None` mostly.
    pub fails: Option<Failing>,
    /// What other releases of the server make of it, where no target names the release and these are of two minds; `None` mostly.
    pub otherwise: Option<Box<Otherwise>>,
}

/// The settings of an endpoint on other releases of its server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Otherwise {
    /// Whose the endpoint is as it stands, and whose these are.
    pub regimes: Regimes,
    /// Protocol versions.
    pub protocols: Setting<Protocols>,
    /// The TLS 1.3 suites.
    pub ciphersuites: Setting<Tls13Suites>,
    /// Verification of the peer.
    pub peer: Option<PeerVerification>,
    /// The host name that a client sends.
    pub sni: Setting<Option<String>>,
}

/// Releases of a server that are of two minds, in words for findings: `nginx since 1.29.2`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Regimes {
    /// Those for which an endpoint stands as it is.
    pub usual: &'static str,
    /// The others.
    pub other: &'static str,
}

impl Endpoint {
    /// The endpoint on the releases of [`Self::otherwise`].
    pub fn on_other_releases(&self) -> Option<Self> {
        let other = self.otherwise.as_deref()?.clone();
        let Otherwise { regimes: _, protocols, ciphersuites, peer, sni } = other;
        Some(Self { protocols, ciphersuites, peer, sni, otherwise: None, ..self.clone() })
    }

    /// Whether the other one is the same party with the same settings from the same places.
    pub fn is_same(&self, other: &Self) -> bool {
        let library = match (&self.library, &other.library) {
            (Choice::Any(one), Choice::Any(two)) => one == two,
            (Choice::Linked, Choice::Linked) => true,
            (Choice::Named(one), Choice::Named(two)) => std::ptr::eq(*one, *two),
            _ => false,
        };
        library
            && (self.location, self.role, self.transport) == (other.location, other.role, other.transport)
            && (&self.label, &self.names, self.is_default) == (&other.label, &other.names, other.is_default)
            && (&self.addresses, &self.refuses, self.parser)
                == (&other.addresses, &other.refuses, other.parser)
            && (&self.protocols, &self.cipher_string) == (&other.protocols, &other.cipher_string)
            && (&self.ciphersuites, self.security_level) == (&other.ciphersuites, other.security_level)
            && (&self.groups, &self.signature_algorithms) == (&other.groups, &other.signature_algorithms)
            && (&self.server_preference, &self.session_tickets)
                == (&other.server_preference, &other.session_tickets)
            && (&self.dh_parameters, &self.certificates) == (&other.dh_parameters, &other.certificates)
            && (&self.peer, &self.sni, &self.fails) == (&other.peer, &other.sni, &other.fails)
            && self.otherwise == other.otherwise
    }

    /// Its addresses, for messages; its label where a variable or template holds them.
    pub fn place(&self) -> String {
        if self.addresses.is_empty() { self.label.clone() } else { self.addresses.join(", ") }
    }
}

/// What a client asks a listener for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The address that it connects to.
    pub address: std::net::IpAddr,
    /// The port.
    pub port: u16,
    /// The name in its ClientHello.
    pub name: Option<&'a str>,
    /// Whether it speaks QUIC.
    pub is_quic: bool,
    /// The protocols that it offers inside TLS (ALPN, RFC 7301), in its order.
    pub protocols: &'a [String],
}

/// What leads the clients of one listener to its endpoints, where it is more than address and name.
pub trait Selection: std::fmt::Debug + Send + Sync {
    /// How closely the listener's address fits, the smallest closest; `None` where the listener does not take the connection.
    fn closeness(&self, asked: &Asked<'_>) -> Option<u8>;

    /// Who takes the connection.
    fn select(&self, asked: &Asked<'_>) -> Taken;
}

/// Who takes a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// The endpoints that stand here.
    By(Location),
    /// Nobody: it is closed.
    Nobody,
    /// The files do not say.
    Unknown,
}

/// What a dialect makes of one root file and all that it includes.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Every endpoint.
    pub endpoints: Vec<Endpoint>,
    /// What leads clients to the endpoints of listeners that choose by more than address and name.
    pub selections: Vec<std::sync::Arc<dyn Selection>>,
    /// Everything else worth telling.
    pub observations: Vec<Observation>,
    /// Why the server does not start, where it does not; the first is what it would print.
    pub refusals: Vec<Refusal>,
    /// Every file that was read, root first.
    pub files: Vec<crate::span::FileId>,
    /// Whether the files hold anything about TLS, listeners or upstreams at all.
    pub speaks_tls: bool,
    /// Whether this is a fragment, whose surroundings are not known.
    pub is_fragment: bool,
    /// The files in which placeholders of a template language stand.
    pub templated: Vec<crate::span::FileId>,
}
