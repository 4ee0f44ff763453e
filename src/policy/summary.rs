//! A policy as a flat list of requirements, for showing and comparing.

use super::{Listing, NameRule, PlaintextRule, Policy, Requirement, Strength, Tls13Rule};
use crate::group::Group;
use crate::protocol::Role;
use crate::suite::Suite;
use std::collections::BTreeSet;

/// One requirement with its value in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place in the policy: `protocols.minimum`.
    pub id: String,
    /// How strictly.
    pub strength: Strength,
    /// What must hold, where it is one value.
    pub value: Option<String>,
    /// What must hold, where it is a list.
    pub list: Option<Vec<String>>,
    /// Why, in one sentence.
    pub why: String,
    /// The document and its section.
    pub source: String,
    /// The first day on which it holds.
    pub from: Option<String>,
    /// The last day on which what it grants is granted.
    pub until: Option<String>,
    /// The end of connections that it binds; `None` for both.
    pub side: Option<Role>,
    /// What takes its place from its own `from` on.
    pub then: Option<Box<Self>>,
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

impl NameRule {
    /// The word in policy files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlternativeNames => "alternative-names",
            Self::CommonNameToo => "common-name-too",
        }
    }
}

impl std::fmt::Display for NameRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl Policy {
    /// Every requirement, in the order of the schema.
    pub fn requirements(&self) -> Vec<Entry> {
        let mut entries = Entries(Vec::new());
        entries.one(self.protocols.minimum.as_ref());
        entries.one(self.protocols.maximum.as_ref());
        entries.list(self.protocols.required.as_ref(), |versions| {
            versions.iter().map(|version| version.name().to_owned()).collect()
        });
        entries.flag(self.suites.at_least_one.as_ref());
        entries.flag(self.suites.others.as_ref());
        for rule in self.suites.forbidden.iter().chain(&self.suites.phase_out) {
            entries.list(Some(rule), suite_names);
        }
        if let Tls13Rule::Listed(rule) = &self.tls13 {
            entries.list(Some(rule), suite_names);
        }
        entries.list(self.suites.unspecified.as_ref(), suite_names);
        entries.listing(&self.groups.listing, |groups| group_names(groups));
        for rule in [&self.groups.required, &self.groups.at_least_one, &self.groups.first] {
            entries.list(rule.as_ref(), |groups| group_names(groups));
        }
        entries.listing(&self.signature_algorithms, Clone::clone);
        entries.one(self.server_preference.as_ref());
        entries.one(self.session_tickets.as_ref());
        entries.one(self.dh_bits.as_ref());
        entries.one(self.plaintext.as_ref());
        entries.list(self.must_be_written.as_ref(), Clone::clone);
        entries.flag(self.peer.chain.as_ref());
        entries.flag(self.peer.hostname.as_ref());
        entries.flag(self.peer.plaintext_upstream.as_ref());
        let certificate = &self.certificate;
        entries.one(certificate.names.as_ref());
        entries.flag(certificate.mozilla_root.as_ref());
        entries.flag(certificate.not_self_signed.as_ref());
        entries.flag(certificate.not_revoked.as_ref());
        entries.one(certificate.days_left.as_ref());
        entries.one(certificate.lifetime_days.as_ref());
        entries.one(certificate.rsa_bits.as_ref());
        entries.one(certificate.rsa_bits_good.as_ref());
        entries.list(certificate.rsa_sizes.as_ref(), |sizes| sizes.iter().map(u32::to_string).collect());
        entries.list(certificate.curves.as_ref(), Clone::clone);
        entries.list(certificate.key_types.as_ref(), Clone::clone);
        entries.list(certificate.signature_hashes.as_ref(), Clone::clone);
        entries.list(certificate.signature_algorithms.as_ref(), Clone::clone);
        entries.0
    }
}

struct Entries(Vec<Entry>);

impl Entries {
    fn flag(&mut self, requirement: Option<&Requirement<()>>) {
        self.0.extend(requirement.map(|requirement| entry(requirement, &|()| (None, None))));
    }

    fn one<T: std::fmt::Display>(&mut self, requirement: Option<&Requirement<T>>) {
        let words = |value: &T| (Some(value.to_string()), None);
        self.0.extend(requirement.map(|requirement| entry(requirement, &words)));
    }

    fn listing<T>(&mut self, listing: &Listing<T>, names: impl Fn(&Vec<T>) -> Vec<String>) {
        self.list(listing.approved.as_ref(), &names);
        for rule in listing.forbidden.iter().chain(&listing.phase_out).chain(&listing.unspecified) {
            self.list(Some(rule), &names);
        }
    }

    fn list<T>(&mut self, requirement: Option<&Requirement<T>>, names: impl Fn(&T) -> Vec<String>) {
        let words = |value: &T| (None, Some(names(value)));
        self.0.extend(requirement.map(|requirement| entry(requirement, &words)));
    }
}

/// A value in words: as one, or as a list.
type Words = (Option<String>, Option<Vec<String>>);

fn entry<T>(requirement: &Requirement<T>, words: &dyn Fn(&T) -> Words) -> Entry {
    let (value, list) = words(&requirement.value);
    Entry {
        id: requirement.id.clone(),
        strength: requirement.strength,
        value,
        list,
        why: requirement.why.clone(),
        source: requirement.source.clone(),
        from: requirement.from.clone(),
        until: requirement.until.clone(),
        side: requirement.side,
        then: requirement.then.as_deref().map(|next| Box::new(entry(next, words))),
    }
}

fn group_names(groups: &[Group]) -> Vec<String> {
    groups.iter().map(|group| group.name().to_owned()).collect()
}

fn suite_names(suites: &BTreeSet<Suite>) -> Vec<String> {
    suites.iter().map(|suite| suite.name().to_owned()).collect()
}

impl std::fmt::Display for PlaintextRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
