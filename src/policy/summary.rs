//! A policy as a flat list of requirements, for showing and comparing.

use super::{PlaintextRule, Policy, Requirement, Strength, Tls13Rule};
use crate::suite::Suite;
use std::collections::BTreeSet;

/// One requirement with its value in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place in the policy: `protocols.minimum`.
    pub id: String,
    /// How strictly.
    pub strength: Strength,
    /// What must hold, one word for each part of a list; empty for what only is or is not.
    pub value: Vec<String>,
    /// Why, in one sentence.
    pub why: String,
    /// The document and its section.
    pub source: String,
    /// The first day on which it holds.
    pub from: Option<String>,
    /// The last day on which what it grants is granted.
    pub until: Option<String>,
}

impl PlaintextRule {
    /// The word in policy files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Forbidden => "forbidden",
            Self::RedirectOnly => "redirect-only",
        }
    }
}

impl Policy {
    /// Every requirement, in the order of the schema.
    pub fn requirements(&self) -> Vec<Entry> {
        let mut list = List(Vec::new());
        list.add(self.protocols.minimum.as_ref(), one);
        list.add(self.protocols.maximum.as_ref(), one);
        list.add(self.protocols.required.as_ref(), one);
        list.add(self.suites.at_least_one.as_ref(), nothing);
        list.add(self.suites.others.as_ref(), nothing);
        for rule in self.suites.forbidden.iter().chain(&self.suites.phase_out) {
            list.add(Some(rule), suite_names);
        }
        if let Tls13Rule::Listed(rule) = &self.tls13 {
            list.add(Some(rule), suite_names);
        }
        list.add(self.groups.as_ref(), |groups| groups.iter().map(|group| group.name().to_owned()).collect());
        list.add(self.signature_algorithms.as_ref(), Clone::clone);
        list.add(self.server_preference.as_ref(), one);
        list.add(self.session_tickets.as_ref(), one);
        list.add(self.dh_bits.as_ref(), one);
        list.add(self.plaintext.as_ref(), |rule| vec![rule.name().to_owned()]);
        list.add(self.peer.chain.as_ref(), nothing);
        list.add(self.peer.hostname.as_ref(), nothing);
        list.add(self.peer.plaintext_upstream.as_ref(), nothing);
        let certificate = &self.certificate;
        for flag in [
            &certificate.names,
            &certificate.mozilla_root,
            &certificate.not_self_signed,
            &certificate.not_revoked,
        ] {
            list.add(flag.as_ref(), nothing);
        }
        list.add(certificate.days_left.as_ref(), one);
        list.add(certificate.lifetime_days.as_ref(), one);
        list.add(certificate.rsa_bits.as_ref(), one);
        list.add(certificate.curves.as_ref(), Clone::clone);
        list.add(certificate.key_types.as_ref(), Clone::clone);
        list.add(certificate.signature_hashes.as_ref(), Clone::clone);
        list.0
    }
}

struct List(Vec<Entry>);

impl List {
    fn add<T>(&mut self, requirement: Option<&Requirement<T>>, value: impl Fn(&T) -> Vec<String>) {
        let Some(requirement) = requirement else { return };
        self.0.push(Entry {
            id: requirement.id.clone(),
            strength: requirement.strength,
            value: value(&requirement.value),
            why: requirement.why.clone(),
            source: requirement.source.clone(),
            from: requirement.from.clone(),
            until: requirement.until.clone(),
        });
    }
}

fn one(value: &impl ToString) -> Vec<String> {
    vec![value.to_string()]
}

/// The value of what only is or is not.
fn nothing<T>(_: &T) -> Vec<String> {
    Vec::new()
}

fn suite_names(suites: &BTreeSet<Suite>) -> Vec<String> {
    suites.iter().map(|suite| suite.name().to_owned()).collect()
}
