//! The facts of a cipher suite: what it is, who has it, who approves it.

use crate::cli::{Stop, Streams};
use crate::library::{Library, Parser};
use crate::policy::{self, Policy, Tls13Rule, Verdict};
use crate::suite::Suite;

/// Columns of continued lines.
const INDENT: &str = "                ";

pub(super) fn print(suite: Suite, streams: &mut Streams<'_>) -> Result<(), Stop> {
    facts(suite, streams)?;
    libraries(suite, streams)?;
    policies(suite, streams)
}

fn facts(suite: Suite, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let (facts, out) = (suite.facts(), &mut streams.out);
    writeln!(out, "{}", facts.openssl)?;
    writeln!(out, "IANA name       {}", facts.iana)?;
    if !facts.also.is_empty() {
        writeln!(out, "older names     {}", facts.also.join(", "))?;
    }
    let [first, second] = facts.code.to_be_bytes();
    writeln!(out, "code point      0x{first:02X},0x{second:02X}")?;
    writeln!(out, "defined by      RFC {0}, https://www.rfc-editor.org/rfc/rfc{0}", facts.rfc)?;
    let versions =
        if suite.is_tls13() { "TLSv1.3".to_owned() } else { format!("{} to TLSv1.2", facts.minimum) };
    writeln!(out, "protocols       {versions}")?;
    if !suite.is_tls13() {
        writeln!(out, "key exchange    {}", facts.key_exchange.name())?;
        writeln!(out, "authentication  {}", facts.authentication.name())?;
    }
    writeln!(out, "encryption      {}, {} bits", facts.encryption, facts.bits)?;
    writeln!(
        out,
        "integrity       {}",
        if suite.is_aead() { "part of the encryption (AEAD)" } else { facts.mac }
    )?;
    let secret = if suite.has_forward_secrecy() { "yes" } else { "no: a stolen key opens recorded sessions" };
    writeln!(out, "forward secret  {secret}")?;
    Ok(())
}

/// Which builds of each release have the suite, whether they use it unasked, and up to which security level.
fn libraries(suite: Suite, streams: &mut Streams<'_>) -> Result<(), Stop> {
    writeln!(streams.out, "\nlibraries")?;
    let all = Library::all();
    for builds in all.chunk_by(|a, b| a.release() == b.release()) {
        let having: Vec<&'static Library> = builds.iter().filter(|library| library.has(suite)).collect();
        let Some(first) = having.first() else {
            writeln!(streams.out, "{:16}no", builds[0].release())?;
            continue;
        };
        let mut said = vec![if having.len() == builds.len() {
            "all builds".to_owned()
        } else {
            let suffix =
                |library: &&Library| library.id().strip_prefix(library.release()).unwrap_or("").to_owned();
            format!("only {}", having.iter().map(suffix).collect::<Vec<_>>().join(", "))
        }];
        if !suite.is_tls13() {
            let default = first.expand("DEFAULT", Parser::Lenient).holds(suite);
            said.push(if default { "in DEFAULT" } else { "not in DEFAULT" }.to_owned());
        } else if first.default_tls13().contains(&suite) {
            said.push("offered by default".to_owned());
        }
        said.extend(levels(first, suite));
        writeln!(streams.out, "{:16}{}", first.release(), said.join("; "))?;
    }
    Ok(())
}

/// The security levels at which the suite is used, where the library has levels.
fn levels(library: &Library, suite: Suite) -> Option<String> {
    if !library.has_security_levels() {
        return None;
    }
    let highest = (0..=5).rev().find(|level| library.permits_suite(suite, *level));
    Some(match highest {
        Some(5) => "used at every security level".to_owned(),
        Some(level) => format!("used up to security level {level}"),
        None => "used only where PSK or SRP is set up".to_owned(),
    })
}

/// What each built-in policy says of the suite.
fn policies(suite: Suite, streams: &mut Streams<'_>) -> Result<(), Stop> {
    let (mut approve, mut phase_out, mut forbid) = (Vec::new(), Vec::new(), Vec::new());
    for policy::Listed { id, .. } in policy::names() {
        let Ok(policy) = Policy::load(id) else { continue };
        let list = match verdict(&policy, suite) {
            Some(Verdict::Approved) => &mut approve,
            Some(Verdict::PhaseOut(_)) => &mut phase_out,
            Some(Verdict::Forbidden(_)) => &mut forbid,
            Some(Verdict::NotListed(_) | Verdict::Unknown(_) | Verdict::Unspecified) | None => continue,
        };
        list.push(id);
    }
    writeln!(streams.out, "\npolicies")?;
    for (word, list) in [("approved by", approve), ("to be phased out", phase_out), ("forbidden by", forbid)]
    {
        let words = if list.is_empty() { "none".to_owned() } else { list.join(&format!("\n{INDENT}  ")) };
        writeln!(streams.out, "{word:16}  {words}")?;
    }
    Ok(())
}

/// A policy's word on the suite; for TLS 1.3, whether it lists the suite.
fn verdict(policy: &Policy, suite: Suite) -> Option<Verdict<'_>> {
    if !suite.is_tls13() {
        return Some(policy.suites.verdict(suite));
    }
    match &policy.tls13 {
        Tls13Rule::Any => Some(Verdict::Approved),
        Tls13Rule::Listed(rule) => rule.value.contains(&suite).then_some(Verdict::Approved),
        Tls13Rule::Unspecified => None,
    }
}
