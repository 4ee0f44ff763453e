//! Policies: what must hold, as data, each requirement with its strength, its reason and its source.

mod built_in;
mod coherence;
mod dates;
mod diff;
mod error;
mod file;
mod listing;
mod lists;
mod locate;
mod node;
mod read;
mod requirement;
mod schema;
mod sections;
mod selector;
mod show;
mod sift;
pub mod signature;
mod summary;
mod words;

pub use built_in::{DEFAULT, Listed, names, next, successor, superseded_by, text};
pub use diff::{Change, Effect, diff};
pub use error::{PolicyError, nearest};
pub use file::{PolicyFile, label};
pub use listing::{GroupRules, Listing, Standing};
pub use schema::schema;
pub use summary::Entry;

pub use crate::endpoint::NameRule;
use crate::finding::{Citation, Severity};
use crate::gate::Gate;
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// How binding a requirement is (RFC 2119), weakest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Strength {
    /// MAY, OPTIONAL: worth a note.
    May,
    /// SHOULD, RECOMMENDED: a warning.
    Should,
    /// MUST, REQUIRED, SHALL: an error.
    Must,
}

impl Strength {
    /// The severity of a finding that breaks such a requirement.
    pub const fn severity(self) -> Severity {
        match self {
            Self::May => Severity::Note,
            Self::Should => Severity::Warning,
            Self::Must => Severity::Error,
        }
    }

    /// The RFC 2119 word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::May => "MAY",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A requirement: what must hold, how strictly, why, and by whose word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement<T> {
    /// What must hold.
    pub value: T,
    /// How strictly.
    pub strength: Strength,
    /// Why, in one sentence.
    pub why: String,
    /// The document and its section.
    pub source: String,
    /// Its place in the policy: `protocols.minimum`.
    pub id: String,
    /// The first day on which it holds, as `YYYY-MM-DD`.
    pub from: Option<String>,
    /// The last day on which what it grants is granted, as `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The end of connections that it binds; `None` for both.
    pub side: Option<Role>,
    /// What takes its place from a later day on, its own `from`.
    pub then: Option<Box<Self>>,
}

/// A whole policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// `google-carriers@2024-12`, or the path of the user's file.
    pub id: String,
    /// The file that it stands in; `None` for a built-in one.
    pub file: Option<PolicyFile>,
    /// One line.
    pub title: String,
    /// Who issued the document behind it.
    pub issuer: Option<String>,
    /// When that was published: `2026-07-14`, or as much of it as is known.
    pub published: Option<String>,
    /// Ids of the policies whose place it takes.
    pub supersedes: Vec<String>,
    /// What of it was not checked against its source, in words.
    pub unverified: Option<String>,
    /// The documents behind it.
    pub sources: Vec<String>,
    /// The licence of the source that the lists were taken from, where it has one.
    pub license: Option<String>,
    /// What the documents ask that configuration files cannot show, and other remarks.
    pub notes: Vec<String>,
    /// The policy that it changes.
    pub extends: Option<String>,
    /// The policy as it will hold within a year, where a requirement of it is yet to start; see [`Policy::on`].
    pub upcoming: Option<Arc<Self>>,
    /// The policy as it binds servers and as it binds clients, where a requirement binds one of them alone; see [`Policy::of`].
    pub sides: Option<Arc<[Self; 2]>>,
    /// Protocol versions.
    pub protocols: ProtocolRules,
    /// Cipher suites.
    pub suites: SuiteRules,
    /// TLS 1.3 suites.
    pub tls13: Tls13Rule,
    /// Key-exchange groups.
    pub groups: GroupRules,
    /// Signature algorithms of handshakes, by IANA name.
    pub signature_algorithms: Listing<String>,
    /// Whether the server's order must (`true`) or must not (`false`) decide.
    pub server_preference: Option<Requirement<bool>>,
    /// Whether session tickets may be issued.
    pub session_tickets: Option<Requirement<bool>>,
    /// The smallest Diffie-Hellman prime, in bits.
    pub dh_bits: Option<Requirement<u32>>,
    /// Whether an endpoint may speak in clear.
    pub plaintext: Option<Requirement<PlaintextRule>>,
    /// Settings that must stand in the files, whatever the defaults are, by the words of the schema.
    pub must_be_written: Option<Requirement<Vec<String>>>,
    /// What clients verify.
    pub peer: PeerRules,
    /// What certificates must be.
    pub certificate: CertificateRules,
}

/// Requirements on protocol versions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProtocolRules {
    /// No version below it.
    pub minimum: Option<Requirement<Protocol>>,
    /// No version above it.
    pub maximum: Option<Requirement<Protocol>>,
    /// Versions that must be offered, each of them.
    pub required: Option<Requirement<ProtocolSet>>,
}

/// Requirements on the suites of TLS 1.2 and older.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SuiteRules {
    /// The approved set; empty when the policy names none, and then only `forbidden` decides.
    pub approved: BTreeSet<Suite>,
    /// The part of the approved set that is graded best, in policies with grades; the rest is sufficient.
    pub good: BTreeSet<Suite>,
    /// At least one approved suite is offered.
    pub at_least_one: Option<Requirement<()>>,
    /// Nothing outside the approved set is offered.
    pub others: Option<Requirement<()>>,
    /// Suites that are named as forbidden, in the order of the policy.
    pub forbidden: Vec<Requirement<BTreeSet<Suite>>>,
    /// Suites that are approved for a time or grade only: phase-out.
    pub phase_out: Vec<Requirement<BTreeSet<Suite>>>,
    /// Suites of any version that the document does not know, being older: a note at most.
    pub unspecified: Option<Requirement<BTreeSet<Suite>>>,
}

/// What a policy says of TLS 1.3 suites.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tls13Rule {
    /// All of them are fine.
    Any,
    /// Only these.
    Listed(Requirement<BTreeSet<Suite>>),
    /// Nothing: none is reported.
    Unspecified,
}

/// Which plaintext endpoints a policy suffers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlaintextRule {
    /// Any.
    Allowed,
    /// None at all.
    Forbidden,
    /// Those that only redirect to HTTPS or answer ACME challenges.
    RedirectOnly,
}

/// What clients must verify.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerRules {
    /// The chain up to a trusted root.
    pub chain: Option<Requirement<()>>,
    /// The names against the host.
    pub hostname: Option<Requirement<()>>,
    /// Upstreams in clear.
    pub plaintext_upstream: Option<Requirement<()>>,
}

/// What certificates must be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CertificateRules {
    /// Names cover the served names, by these of its names.
    pub names: Option<Requirement<NameRule>>,
    /// Chains to a root of Mozilla's CA program.
    pub mozilla_root: Option<Requirement<()>>,
    /// Not self-signed.
    pub not_self_signed: Option<Requirement<()>>,
    /// Not revoked.
    pub not_revoked: Option<Requirement<()>>,
    /// Within its validity, with this many days to go.
    pub days_left: Option<Requirement<u32>>,
    /// The longest validity, in days; its steps go by the day of issue.
    pub lifetime_days: Option<Requirement<u32>>,
    /// The smallest RSA key, in bits.
    pub rsa_bits: Option<Requirement<u32>>,
    /// The smallest RSA key that is graded good, in bits; what is shorter is to be phased out.
    pub rsa_bits_good: Option<Requirement<u32>>,
    /// The only sizes of RSA keys, in bits.
    pub rsa_sizes: Option<Requirement<Vec<u32>>>,
    /// Curves of ECDSA keys, by OpenSSL short name.
    pub curves: Option<Requirement<Vec<String>>>,
    /// Key types, lower case: `rsa`, `ecdsa`, `ed25519`.
    pub key_types: Option<Requirement<Vec<String>>>,
    /// Hashes of signatures, lower case: `sha256`.
    pub signature_hashes: Option<Requirement<Vec<String>>>,
    /// How certificates may be signed, by IANA name of the scheme, an ECDSA scheme on any curve: `rsa_pkcs1_sha256`.
    pub signature_algorithms: Option<Requirement<Vec<String>>>,
}

/// A policy's word on one suite of TLS 1.2 or older.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict<'a> {
    /// In the approved set.
    Approved,
    /// Named as forbidden.
    Forbidden(&'a Requirement<BTreeSet<Suite>>),
    /// Not in the approved set, nor named.
    NotListed(&'a Requirement<()>),
    /// Approved, but to be phased out.
    PhaseOut(&'a Requirement<BTreeSet<Suite>>),
    /// Younger than the document, which knows nothing of it.
    Unknown(&'a Requirement<BTreeSet<Suite>>),
    /// The policy has nothing to say.
    Unspecified,
}

impl Policy {
    /// A policy that asks for nothing.
    pub(crate) fn empty() -> Self {
        Self {
            id: String::new(),
            file: None,
            title: String::new(),
            issuer: None,
            published: None,
            supersedes: Vec::new(),
            unverified: None,
            sources: Vec::new(),
            license: None,
            notes: Vec::new(),
            extends: None,
            upcoming: None,
            sides: None,
            protocols: ProtocolRules::default(),
            suites: SuiteRules::default(),
            tls13: Tls13Rule::Unspecified,
            groups: GroupRules::default(),
            signature_algorithms: Listing::default(),
            server_preference: None,
            session_tickets: None,
            dh_bits: None,
            plaintext: None,
            must_be_written: None,
            peer: PeerRules::default(),
            certificate: CertificateRules::default(),
        }
    }

    /// The policy that is built in under this name, or that stands in this file.
    ///
    /// Names are `family@version`; a family alone means its newest version. What holds a `/` or ends in `.yaml` or `.yml`
    /// is a file.
    ///
    /// # Errors
    /// When there is no such policy, or the file breaks the schema, with the place in it.
    pub fn load(name_or_path: &str) -> Result<Self, PolicyError> {
        built_in::load(name_or_path, None, 0, None)
    }

    /// The same, with every file let through `gate`.
    ///
    /// # Errors
    /// As [`Policy::load`], and for files that must not be read.
    pub fn load_within(name_or_path: &str, gate: &Gate) -> Result<Self, PolicyError> {
        built_in::load(name_or_path, None, 0, Some(gate))
    }

    /// Reads a policy from its text; `path` stands in messages and, for a file without an id, as its id.
    ///
    /// # Errors
    /// When the text breaks the schema, with the place in it.
    pub fn parse(path: &str, text: &str) -> Result<Self, PolicyError> {
        built_in::parse(path, text, 0, None)
    }

    /// The id with the year of its document, for what that document does not know: `anssi@1.2 of 2020`.
    pub fn dated(&self) -> String {
        let year = self.published.as_deref().and_then(|day| day.get(..4));
        year.map_or_else(|| self.id.clone(), |year| format!("{} of {year}", self.id))
    }

    /// What to call it where it is named: the id, and whether something in it was not verified.
    pub fn label(&self) -> String {
        label(&self.id, self.file.as_ref(), self.unverified.is_some())
    }
}

impl SuiteRules {
    /// The policy's word on `suite`.
    pub fn verdict(&self, suite: Suite) -> Verdict<'_> {
        if let Some(rule) = self.forbidden.iter().find(|rule| rule.value.contains(&suite)) {
            return Verdict::Forbidden(rule);
        }
        if let Some(rule) = self.phase_out.iter().find(|rule| rule.value.contains(&suite)) {
            return Verdict::PhaseOut(rule);
        }
        if self.approved.contains(&suite) {
            return Verdict::Approved;
        }
        if let Some(rule) = self.unspecified.as_ref().filter(|rule| rule.value.contains(&suite)) {
            return Verdict::Unknown(rule);
        }
        self.others.as_ref().map_or(Verdict::Unspecified, Verdict::NotListed)
    }
}

impl<T> Requirement<T> {
    /// What a finding quotes.
    pub fn cite(&self, policy: &Policy) -> Citation {
        Citation {
            policy: policy.id.clone(),
            requirement: self.id.clone(),
            strength: self.strength.name().to_owned(),
            why: self.why.clone(),
            source: self.source.clone(),
            unverified: policy.unverified.is_some(),
        }
    }
}

#[cfg(test)]
mod tests;
