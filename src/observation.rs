//! What dialects saw, in neutral terms; checks turn it into findings.

use crate::span::Location;

/// Something that a dialect saw and that a check turns into a finding.
///
/// The wording is the dialect's, since only it knows the keywords; level, page and policy are the check's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    /// What kind of thing.
    pub kind: ObservationKind,
    /// The bytes at fault.
    pub location: Location,
    /// One line, no full stop: `ssl_protocols stands twice in this block; nginx adds both up`.
    pub message: String,
    /// A few words for under the caret.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<(Location, String)>,
    /// What to write.
    pub help: Option<String>,
    /// The directive and its context, free of positions; part of the fingerprint: `http/server/ssl_protocols`.
    pub context: String,
}

/// Kinds of observations; each is one check's input.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ObservationKind {
    /// A removed API or directive of another release.
    ApiRemoved,
    /// More was asked for than a root may have.
    BudgetPassed,
    /// A certificate is named but the listener speaks in clear.
    CertificateWithoutTls,
    /// No handshake can succeed.
    EndpointDead,
    /// A file that should be included cannot be.
    IncludeUnresolved,
    /// Written, read, and without effect on this target.
    IneffectiveSetting,
    /// A feature that needs a protocol version which is switched off.
    ProtocolUnavailable,
    /// The server refuses to start (or to accept the resource).
    ServerRefusesToStart,
    /// A setting that the server takes from elsewhere.
    SettingIgnored,
    /// A setting that stands twice where once was meant.
    SettingRepeated,
    /// The text breaks the grammar.
    SyntaxError,
    /// A field that the server's schema does not have.
    UnknownField,
    /// A value that the files do not show.
    ValueUnknown,
    /// Verification that is asked for and verifies nothing.
    VerificationWithoutEffect,
}

/// A reason why the server does not start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What it trips over.
    pub location: Location,
    /// The reason in the server's own terms.
    pub reason: String,
}
