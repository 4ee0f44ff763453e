//! Checks: what is held against endpoints and observations, each in a file of its own with its page beside it.
//!
//! A check sees endpoints, what they offer, and the policy; never a dialect or a tree. The modules below are empty but for
//! their documentation, the checks' pages.

mod advice;
mod bounds;
mod cause;
mod death;
mod findings;
mod groups;
mod lost;
mod origin;
mod schemes;
mod served;
mod unserved;
mod unserved_tls13;

use crate::certificate::Trust;
use crate::endpoint::{Dialect, Endpoint, Transport};
use crate::finding::{Finding, Severity};
use crate::library::offer::Offer;
use crate::library::offers::Offers;
use crate::observation::{Observation, ObservationKind, Refusal};
use crate::policy::Policy;
pub use advice::Advised;
pub use cause::join;
pub use findings::Findings;

/// The checks that tell what was not evaluated.
pub const GAPS: [&str; 2] = [include_unresolved::CHECK.id, value_unknown::CHECK.id];

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Its id, named for what it reports.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// The severity of its findings where no requirement of a policy decides it.
    pub level: Severity,
    /// Looks at one endpoint under one policy.
    pub endpoint: Option<fn(&Subject<'_>, &mut Findings)>,
    /// The kind of observations that it reports as they are.
    pub observation: Option<ObservationKind>,
}

impl Check {
    /// The text of a section of its page.
    pub fn section(&self, title: &str) -> Option<&'static str> {
        let (_, rest) = self.page.split_once(&format!("\n## {title}\n"))?;
        Some(rest.split("\n## ").next().unwrap_or(rest).trim())
    }

    /// Its page without the words behind the languages of examples, by which tests run them.
    pub fn readable(&self) -> String {
        let mut text = String::with_capacity(self.page.len());
        for line in self.page.lines() {
            let is_fence = line.starts_with("```");
            text.push_str(if is_fence { line.split_whitespace().next().unwrap_or(line) } else { line });
            text.push('\n');
        }
        text
    }

    /// The documents that its page refers to, as the page has them.
    pub fn references(&self) -> impl Iterator<Item = &'static str> {
        let lines = self.section("References").unwrap_or_default().lines();
        lines.map(|line| line.trim_start_matches(['-', ' ']).trim()).filter(|line| !line.is_empty())
    }

    /// The languages that it finds something in: those of the wrong examples on its page.
    pub fn dialects(&self) -> impl Iterator<Item = Dialect> {
        Dialect::ALL.into_iter().filter(|dialect| {
            let names: &[&str] = match dialect {
                Dialect::Ciphers => &["ciphers"],
                Dialect::Envoy => &["yaml", "json"],
                Dialect::HaProxy => &["haproxy"],
                Dialect::Nginx => &["nginx"],
                Dialect::OpensslConf => &["ini"],
            };
            names.iter().any(|name| self.page.contains(&format!("```{name} wrong")))
        })
    }
}

/// An endpoint as checks see it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its settings.
    pub endpoint: &'a Endpoint,
    /// What it offers.
    pub offer: &'a Offer,
    /// What it is held against.
    pub policy: &'a Policy,
    /// What certificates and dates are judged by.
    pub trust: &'a Trust,
    /// What endpoints before were advised to write.
    pub advised: &'a Advised,
}

/// What endpoints of one run have in common, worked out once.
#[derive(Debug, Default)]
pub struct Shared<'e> {
    offers: Offers<'e>,
    advised: Advised,
}

impl Subject<'_> {
    /// Whether it speaks TLS in some way.
    pub fn speaks_tls(&self) -> bool {
        matches!(self.endpoint.transport, Transport::Tls | Transport::StartTls | Transport::Quic)
    }
}

macro_rules! checks {
    ($($module:ident),* $(,)?) => {
        $(
            #[allow(rustdoc::invalid_codeblock_attributes, reason = "examples say how to run them: `policy=NAME`")]
            #[doc = include_str!(concat!(stringify!($module), ".md"))]
            pub mod $module;
        )*

        /// Every check, by id.
        pub static ALL: &[&Check] = &[$(&$module::CHECK),*];
    };
}

checks! {
    api_removed,
    budget_passed,
    certificate_expired,
    certificate_incomplete_chain,
    certificate_name_mismatch,
    certificate_revoked,
    certificate_self_signed,
    certificate_untrusted,
    certificate_weak_key,
    certificate_weak_signature,
    certificate_without_tls,
    cipher_string_invalid,
    cipher_token_unmatched,
    dh_parameters_weak,
    dhe_without_parameters,
    endpoint_dead,
    expired_ignore,
    group_missing,
    group_not_approved,
    hostname_not_verified,
    include_unresolved,
    ineffective_setting,
    invalid_ignore,
    no_approved_suite,
    peer_not_verified,
    plaintext_endpoint,
    plaintext_upstream,
    protocol_above_ceiling,
    protocol_below_floor,
    protocol_missing,
    protocol_unavailable,
    requirement_expires,
    server_preference,
    server_refuses_to_start,
    session_tickets,
    setting_ignored,
    setting_not_written,
    setting_repeated,
    signature_algorithm_not_approved,
    suite_not_approved,
    suite_phase_out,
    syntax_error,
    tls13_suite_not_approved,
    unknown_field,
    unused_ignore,
    value_unknown,
    verification_without_effect,
}

/// The check with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.id == id)
}

/// The id nearest to a misspelt one.
pub fn nearest(id: &str) -> Option<&'static str> {
    let scored = ALL.iter().map(|check| (strsim::jaro_winkler(id, check.id), check.id));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| id)
}

/// Checks whose findings only repeat what the other says better on the same bytes.
const ECHOES: &[(&str, &str)] = &[
    (endpoint_dead::CHECK.id, server_refuses_to_start::CHECK.id),
    (server_refuses_to_start::CHECK.id, api_removed::CHECK.id),
    (server_refuses_to_start::CHECK.id, cipher_string_invalid::CHECK.id),
    (server_refuses_to_start::CHECK.id, include_unresolved::CHECK.id),
    (server_refuses_to_start::CHECK.id, syntax_error::CHECK.id),
    (server_refuses_to_start::CHECK.id, unknown_field::CHECK.id),
    (value_unknown::CHECK.id, include_unresolved::CHECK.id),
    (value_unknown::CHECK.id, server_refuses_to_start::CHECK.id),
    (verification_without_effect::CHECK.id, hostname_not_verified::CHECK.id),
    (verification_without_effect::CHECK.id, peer_not_verified::CHECK.id),
];

/// Takes out findings that only repeat another at the same place; the last step.
pub fn settle(findings: &mut Findings) {
    findings.drop_working();
    for (echo, original) in ECHOES {
        findings.drop_echoes(echo, original);
    }
}

/// Which checks run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checks {
    /// Every one.
    All,
    /// Those of [`GAPS`] alone.
    OfGaps,
}

/// Runs checks over one endpoint.
///
/// `shared` is what was worked out for the endpoints before.
pub fn judge<'e>(
    endpoint: &'e Endpoint,
    policies: &[Policy],
    trust: &Trust,
    shared: &Shared<'e>,
    findings: &mut Findings,
    scope: Checks,
) {
    let offer = shared.offers.of(endpoint);
    let checks = ALL.iter().filter(|check| scope == Checks::All || GAPS.contains(&check.id));
    for policy in policies {
        let subject = Subject {
            endpoint,
            offer: &offer,
            policy: policy.of(endpoint.role),
            trust,
            advised: &shared.advised,
        };
        for run in checks.clone().filter_map(|check| check.endpoint) {
            run(&subject, findings);
        }
    }
}

/// Turns an observation into a finding of its check.
pub fn observe(observation: &Observation, findings: &mut Findings) {
    let Some(check) = ALL.iter().find(|check| check.observation == Some(observation.kind)) else { return };
    let mut finding = Finding::new(check.id, check.level, observation.location, observation.message.clone())
        .label(observation.label.clone());
    for (location, message) in &observation.related {
        finding = finding.related(*location, message.clone());
    }
    finding.help.clone_from(&observation.help);
    finding.context.clone_from(&observation.context);
    findings.add(finding);
}

/// How the reason for a refusal is introduced.
const DOES_NOT_START: &str = "the server does not start: ";

/// Whether findings of a check say that the text itself is at fault: it breaks its grammar, or the server refuses it.
pub fn is_about_text(check: &str) -> bool {
    [server_refuses_to_start::CHECK.id, syntax_error::CHECK.id].contains(&check)
}

/// The most that a finding may be where an open condition decides whether it holds: that something is refused is an error only where it
/// is certain.
pub fn most_in_doubt(check: &str) -> Severity {
    match check {
        _ if check == server_refuses_to_start::CHECK.id => Severity::Note,
        _ if check == cipher_string_invalid::CHECK.id => Severity::Warning,
        _ => Severity::Error,
    }
}

/// Says of a refused template only what stands in the way: what becomes of it is not known.
pub fn restrain_refusal(finding: &mut Finding) {
    if let Some(reason) = finding.message.strip_prefix(DOES_NOT_START) {
        finding.message = format!("a server given this text as it stands refuses it: {reason}");
        finding.severity = Severity::Note;
    }
}

/// Takes an error back to a note where a brace of nginx has no partner: of a text that templates are put together to, another part has it.
pub fn restrain_braces(finding: &mut Finding) {
    let is_of_braces = finding.message.contains("`}`") && finding.check == syntax_error::CHECK.id;
    if is_of_braces && finding.severity > Severity::Note {
        finding.severity = Severity::Note;
        finding.message = format!("{}; another template may have the other brace", finding.message);
    }
}

/// Reports why a server does not start.
pub fn refuse(refusal: &Refusal, findings: &mut Findings) {
    let check = &server_refuses_to_start::CHECK;
    let message = format!("{DOES_NOT_START}{}", refusal.reason);
    findings.add(Finding::new(check.id, check.level, refusal.location, message).label("refused"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_sorted_and_have_pages() {
        assert!(ALL.is_sorted_by_key(|check| check.id));
        for check in ALL {
            assert!(
                check.page.starts_with(&format!("# {}\n", check.id)),
                "{}: the page starts with the id",
                check.id
            );
            for section in [
                "## What it finds",
                "## Why it matters",
                "## Example and instead",
                "## How it decides",
                "## Settings",
                "## References",
            ] {
                assert!(check.page.contains(section), "{}: the page lacks {section:?}", check.id);
            }
            let about_comments = ["expired-ignore", "invalid-ignore", "unused-ignore"].contains(&check.id);
            assert!(
                about_comments || check.endpoint.is_some() || check.observation.is_some(),
                "{} looks at something",
                check.id
            );
        }
    }

    #[test]
    fn every_kind_of_observation_has_at_most_one_check() {
        let mut kinds: Vec<_> = ALL.iter().filter_map(|check| check.observation).collect();
        kinds.sort();
        assert!(kinds.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
