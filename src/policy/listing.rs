//! Lists with a word on every member: key-exchange groups, signature algorithms.

use super::Requirement;
use crate::group::Group;

/// What a policy says of the members of a set, such as groups.
///
/// Not listed is not forbidden, and what a document does not know it does not refuse: see [`Standing`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing<T> {
    /// What may be offered; `None` where the policy names no list.
    pub approved: Option<Requirement<Vec<T>>>,
    /// What is named as forbidden, in the order of the policy.
    pub forbidden: Vec<Requirement<Vec<T>>>,
    /// What is suffered for a time or grade only.
    pub phase_out: Vec<Requirement<Vec<T>>>,
    /// What the document does not know, being older: a note at most.
    pub unspecified: Option<Requirement<Vec<T>>>,
}

/// Requirements on key-exchange groups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupRules {
    /// A word on each group.
    pub listing: Listing<Group>,
    /// Groups that must be offered, each of them.
    pub required: Option<Requirement<Vec<Group>>>,
    /// Groups of which at least one must be offered.
    pub at_least_one: Option<Requirement<Vec<Group>>>,
    /// Groups of which one must come first.
    pub first: Option<Requirement<Vec<Group>>>,
}

/// A policy's word on one member of a [`Listing`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing<'a, T> {
    /// Listed.
    Approved,
    /// Named as forbidden.
    Forbidden(&'a Requirement<Vec<T>>),
    /// There is a list, and it is not on it.
    NotListed(&'a Requirement<Vec<T>>),
    /// Suffered, but to be phased out.
    PhaseOut(&'a Requirement<Vec<T>>),
    /// The policy has nothing to say.
    Silent,
    /// Younger than the document, which knows nothing of it.
    Unknown(&'a Requirement<Vec<T>>),
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { approved: None, forbidden: Vec::new(), phase_out: Vec::new(), unspecified: None }
    }
}

impl<T: PartialEq> Listing<T> {
    /// The policy's word on `member`.
    pub fn standing(&self, member: &T) -> Standing<'_, T> {
        let names = |rule: &&Requirement<Vec<T>>| rule.value.contains(member);
        if let Some(rule) = self.forbidden.iter().find(names) {
            return Standing::Forbidden(rule);
        }
        if let Some(rule) = self.phase_out.iter().find(names) {
            return Standing::PhaseOut(rule);
        }
        match (&self.approved, self.unspecified.as_ref().filter(names)) {
            (Some(rule), _) if rule.value.contains(member) => Standing::Approved,
            (_, Some(rule)) => Standing::Unknown(rule),
            (Some(rule), None) => Standing::NotListed(rule),
            (None, None) => Standing::Silent,
        }
    }

    /// Whether the policy lets the member be: it is listed, to be phased out, unknown to the document, or not spoken of.
    pub fn suffers(&self, member: &T) -> bool {
        !matches!(self.standing(member), Standing::Forbidden(_) | Standing::NotListed(_))
    }

    /// Whether the policy says anything at all.
    pub const fn is_empty(&self) -> bool {
        self.approved.is_none()
            && self.forbidden.is_empty()
            && self.phase_out.is_empty()
            && self.unspecified.is_none()
    }
}
