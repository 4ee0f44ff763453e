//! What is no check and no suite: versions, groups, words of cipher strings, policies, targets.

use crate::cli::{Stop, Streams, terminal};
use crate::group::{Group, Kind};
use crate::library::{Choice, Library, Parser};
use crate::policy::{self, Policy};
use crate::protocol::Protocol;
use crate::report::prose::wrap;
use crate::suite::{Suite, in_kinds};
use crate::target::{self, Target};
use std::fmt::Write as _;

/// What `subject` is, in lines for people; `None` where it is none of these.
pub(super) fn text(subject: &str, columns: usize) -> Option<String> {
    protocol(subject)
        .or_else(|| group(subject))
        .or_else(|| policy(subject, columns))
        .or_else(|| target(subject))
        .or_else(|| super::directives::text(subject, columns))
        .or_else(|| word(subject, columns))
}

pub(super) fn print(text: &str, streams: &mut Streams<'_>) -> Result<(), Stop> {
    Ok(write!(streams.out, "{text}")?)
}

pub(super) fn columns(streams: &Streams<'_>) -> usize {
    terminal::columns(streams.terminal)
}

fn protocol(subject: &str) -> Option<String> {
    let protocol = Protocol::from_name(subject)?;
    let (source, state) = match protocol {
        Protocol::Ssl2 => ("RFC 6176", "prohibited: anybody on the path can decrypt it (DROWN)"),
        Protocol::Ssl3 => {
            ("RFC 6101, RFC 7568", "prohibited: CBC suites can be decrypted (POODLE), the others are broken")
        }
        Protocol::Tls10 => (
            "RFC 2246, RFC 8996",
            "deprecated: MD5 and SHA-1 sign its handshakes, and no suite authenticates as it encrypts",
        ),
        Protocol::Tls11 => (
            "RFC 4346, RFC 8996",
            "deprecated: MD5 and SHA-1 sign its handshakes, and no suite authenticates as it encrypts",
        ),
        Protocol::Tls12 => ("RFC 5246", "current; how good it is depends on the suites"),
        Protocol::Tls13 => {
            ("RFC 8446", "current; all of its suites are forward secret and authenticate as they encrypt")
        }
    };
    let mut text = format!("{protocol}\ndefined by      {source}\nstate           {state}\n\nlibraries\n");
    for builds in Library::all().chunk_by(|a, b| a.release() == b.release()) {
        let Some(first) = builds.first() else { continue };
        let having = builds.iter().filter(|one| Choice::Named(one).builds_protocol(protocol)).count();
        let said = match having {
            0 => "no".to_owned(),
            all if all == builds.len() => "all builds".to_owned(),
            some => format!("{some} of {} builds", builds.len()),
        };
        let _ = writeln!(text, "{:16}{said}", first.release());
    }
    let floor = |id: &str| {
        let policy = Policy::load(id).ok()?;
        let minimum = policy.protocols.minimum.as_ref()?.value;
        (minimum > protocol).then_some(id.to_owned())
    };
    let against: Vec<String> = policy::names().iter().filter_map(|listed| floor(listed.id)).collect();
    let _ = writeln!(text, "\n{} built-in policies have a floor above it", against.len());
    Some(text)
}

fn group(subject: &str) -> Option<String> {
    let group = Group::from_name(subject)?;
    let facts = group.facts();
    let kind = match facts.kind {
        Kind::Curve => "elliptic curve (Weierstrass)",
        Kind::FiniteField => "finite field (RFC 7919)",
        Kind::Hybrid => {
            "a curve together with ML-KEM: secure while either holds, also against quantum computers"
        }
        Kind::Kem => "ML-KEM alone (FIPS 203)",
        Kind::Montgomery => "elliptic curve (RFC 7748)",
    };
    let versions =
        if facts.tls13_only { "TLSv1.3 alone" } else { "TLSv1.3, and ECDHE suites of older versions" };
    let mut names: Vec<&str> = Vec::new();
    for name in facts.names() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let [first, second] = facts.code.to_be_bytes();
    let mut text = format!(
        "{}\nnames           {}\ncode point      0x{first:02X},0x{second:02X}\nkind            {kind}\nstrength        {} bits\nused with       {versions}\n\noffered by default\n",
        facts.name,
        names.join(", "),
        facts.bits,
    );
    for builds in Library::all().chunk_by(|a, b| a.release() == b.release()) {
        let Some(first) = builds.first() else { continue };
        let said = if first.default_groups.contains(&group) { "yes" } else { "no" };
        let _ = writeln!(text, "{:16}{said}", first.release());
    }
    Some(text)
}

fn policy(subject: &str, columns: usize) -> Option<String> {
    let known = policy::names()
        .iter()
        .any(|policy::Listed { id, .. }| *id == subject || id.split('@').next() == Some(subject));
    let policy = known.then(|| Policy::load(subject).ok())??;
    let mut text = format!("{}\n{}\n\n", policy.label(), policy.title);
    for entry in policy.requirements() {
        let words = format!("{} ({}): {} -- {}", entry.id, entry.strength.name(), entry.why, entry.source);
        let _ = writeln!(text, "{}", wrap(&words, columns - 4).join("\n    "));
    }
    let _ = writeln!(text, "\ntlslint policy show {subject} prints it whole");
    Some(text)
}

fn target(subject: &str) -> Option<String> {
    let family = |name: &str| name.rsplit_once('-').is_some_and(|(family, _)| family == subject);
    let known = target::names().any(|name| name == subject || family(name)) || subject.contains('=');
    let target = known.then(|| Target::parse(subject).ok())??;
    let mut text = format!("target {target}\n");
    for (key, value) in target.parts() {
        let _ = writeln!(text, "{key:16}{value}");
    }
    if let Some(unverified) = &target.unverified {
        let _ = writeln!(text, "{:16}{unverified}", "not certain");
    }
    Some(text)
}

/// What a word of a cipher string selects in each release.
fn word(subject: &str, columns: usize) -> Option<String> {
    let known = Library::all().iter().any(|library| library.words().any(|word| word == subject))
        || subject == "DEFAULT";
    if !known {
        return None;
    }
    let mut text = format!("{subject}, a word of cipher strings\n\n");
    for builds in Library::all().chunk_by(|a, b| a.release() == b.release()) {
        let Some(first) = builds.first() else { continue };
        let expansion = first.expand(subject, Parser::Lenient);
        let suites: Vec<Suite> = expansion.suites.iter().map(|selected| selected.suite).collect();
        let said = if suites.is_empty() {
            "nothing".to_owned()
        } else {
            format!("{}: {}", suites.len(), in_kinds(&suites))
        };
        let lines = wrap(&said, columns.saturating_sub(16)).join(&format!("\n{:16}", ""));
        let _ = writeln!(text, "{:16}{lines}", first.release());
    }
    let _ = writeln!(text, "\ntlslint ciphers '{subject}' --library RELEASE names them");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_subject_is_explained() {
        for (subject, expected) in [
            ("TLSv1.1", "RFC 8996"),
            ("X25519MLKEM768", "quantum"),
            ("P-256", "prime256v1"),
            ("mozilla-modern", "protocols.minimum"),
            ("debian-12", "nginx"),
            ("ssl_ciphers", "cipher string"),
            ("ssl-default-bind-options", "HAProxy"),
            ("HIGH", "forward secrecy"),
        ] {
            let text = text(subject, 80).unwrap_or_default();
            assert!(text.contains(expected), "{subject}: {text}");
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(110), "{subject}: {text}");
        }
        assert_eq!(text("no-such-thing", 80), None);
    }
}
