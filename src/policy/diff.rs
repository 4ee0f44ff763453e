//! What changes from one policy to another, told by whether it can break a configuration that complied.

use super::{Entry, Policy, SuiteRules, Tls13Rule};
use crate::protocol::{Protocol, Role};
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::fmt;

/// What a change does to a configuration that complied with the first policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Effect {
    /// It may no longer comply.
    Stricter,
    /// It may do more than before.
    Looser,
    /// Neither, or both: only the words or the dates change.
    Neutral,
}

/// One difference between two policies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// The requirement's place in the policy.
    pub id: String,
    /// The difference as a clause: `no longer approved`.
    pub text: String,
    /// What it is about, where that is a list: `DHE-RSA-AES128-GCM-SHA256`.
    pub names: Vec<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.text)?;
        if self.names.is_empty() { Ok(()) } else { write!(f, ": {}", self.names.join(", ")) }
    }
}

/// The differences from `old` to `new`, those that can break something first.
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    changes.suites(&old.suites, &new.suites);
    changes.tls13(&old.tls13, &new.tls13);
    let (before, after) = (old.requirements(), new.requirements());
    for entry in &before {
        match after.iter().find(|other| other.id == entry.id) {
            Some(other) => changes.entry(entry, other),
            None if entry.id == "tls13" => {}
            None => changes.whole(entry, lift(entry, Effect::Looser), "no longer required"),
        }
    }
    for entry in &after {
        if entry.id != "tls13" && !before.iter().any(|other| other.id == entry.id) {
            let text = format!("new, {}", entry.strength);
            changes.whole(entry, lift(entry, Effect::Stricter), &text);
        }
    }
    changes.0.sort_by_key(|change| change.effect);
    changes.0
}

/// A rule of phase-out that grants something until a day restricts nothing before it; what is gone from one is told of by itself.
fn lift(entry: &Entry, effect: Effect) -> Effect {
    let is_phased = entry.id.contains(".phase-out.") && (effect == Effect::Looser || entry.until.is_some());
    let grants = is_phased || entry.id.ends_with(".unspecified");
    if grants { Effect::Neutral } else { effect }
}

/// What takes a requirement's place, and when.
fn later(entry: &Entry) -> String {
    let Some(next) = entry.then.as_deref() else { return "nothing".to_owned() };
    let value = next.value.clone().or_else(|| next.list.as_ref().map(|list| list.join(", ")));
    let value = value.map_or(String::new(), |value| format!("{value} "));
    let from = next.from.as_deref().unwrap_or_default();
    format!("{value}({}) from {from}", next.strength)
}

struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, effect: Effect, id: &str, text: String) {
        self.list_of(effect, id, text, Vec::new());
    }

    fn list_of(&mut self, effect: Effect, id: &str, text: String, names: Vec<String>) {
        self.0.push(Change { effect, id: id.to_owned(), text, names });
    }

    /// A requirement that only one of the policies has.
    fn whole(&mut self, entry: &Entry, effect: Effect, text: &str) {
        let value = entry.value.as_ref().map_or(String::new(), |value| format!(": {value}"));
        self.list_of(effect, &entry.id, format!("{text}{value}"), entry.list.clone().unwrap_or_default());
    }

    /// What is granted outright, and what is no longer granted at all; what is granted for a time has rules of its own.
    fn suites(&mut self, old: &SuiteRules, new: &SuiteRules) {
        let for_a_time = |rules: &SuiteRules| -> BTreeSet<Suite> {
            rules.phase_out.iter().flat_map(|rule| rule.value.iter().copied()).collect()
        };
        let (before, after) = (for_a_time(old), for_a_time(new));
        let is_gone = |suite: &Suite| !new.approved.contains(suite) && !after.contains(suite);
        let names = |suites: &mut dyn Iterator<Item = Suite>| {
            suites.map(|suite| suite.name().to_owned()).collect::<Vec<_>>()
        };
        let gone = names(&mut old.approved.iter().copied().filter(is_gone));
        let no_grace = names(
            &mut before.iter().copied().filter(|suite| is_gone(suite) && !old.approved.contains(suite)),
        );
        let come = names(&mut new.approved.difference(&old.approved).copied());
        for (effect, id, text, names) in [
            (Effect::Stricter, "suites.approved", "no longer approved", gone),
            (Effect::Stricter, "suites.phase-out", "no longer granted", no_grace),
            (Effect::Looser, "suites.approved", "newly approved", come),
        ] {
            if !names.is_empty() {
                self.list_of(effect, id, text.to_owned(), names);
            }
        }
    }

    fn tls13(&mut self, old: &Tls13Rule, new: &Tls13Rule) {
        match (old, new) {
            (Tls13Rule::Listed(_), Tls13Rule::Listed(_)) => {}
            (Tls13Rule::Listed(_), _) => self.add(Effect::Looser, "tls13", "any suite".to_owned()),
            (_, Tls13Rule::Listed(rule)) => {
                let names: Vec<_> = rule.value.iter().map(|suite| suite.name().to_owned()).collect();
                let text = if names.is_empty() { "no suite at all" } else { "only these suites" };
                self.list_of(Effect::Stricter, "tls13", text.to_owned(), names);
            }
            _ => {}
        }
    }

    fn entry(&mut self, old: &Entry, new: &Entry) {
        let id = &new.id;
        if old.strength != new.strength {
            let effect = if new.strength > old.strength { Effect::Stricter } else { Effect::Looser };
            self.add(effect, id, format!("{} was {}", new.strength, old.strength));
        }
        if let (Some(before), Some(after)) = (&old.value, &new.value)
            && before != after
        {
            self.add(direction(id, before, after), id, format!("{after}, was {before}"));
        }
        if let (Some(before), Some(after)) = (&old.list, &new.list) {
            self.list(id, before, after);
        }
        for (what, before, after) in [("from", &old.from, &new.from), ("until", &old.until, &new.until)] {
            if before != after {
                let day = |date: &Option<String>| date.clone().unwrap_or_else(|| "without a date".to_owned());
                self.add(Effect::Neutral, id, format!("{what} {}, was {}", day(after), day(before)));
            }
        }
        if old.side != new.side {
            let end = |side: Option<Role>| side.map_or("both ends", Role::name);
            self.add(Effect::Neutral, id, format!("binds {}, was {}", end(new.side), end(old.side)));
        }
        if old.then != new.then {
            self.add(Effect::Neutral, id, format!("then {}, was {}", later(new), later(old)));
        }
    }

    fn list(&mut self, id: &str, old: &[String], new: &[String]) {
        // What a list that forbids or demands gains is lost to configurations; all other lists grant.
        let (gone_effect, gone_word, come_effect, come_word) = if id.contains(".forbidden.") {
            (Effect::Looser, "no longer forbidden", Effect::Stricter, "newly forbidden")
        } else if id == "protocols.required" || id == "groups.required" || id == "must-be-written" {
            (Effect::Looser, "no longer required", Effect::Stricter, "newly required")
        } else {
            (Effect::Stricter, "no longer listed", Effect::Looser, "newly listed")
        };
        let missing = |from: &[String], of: &[String]| {
            of.iter().filter(|name| !from.contains(name)).cloned().collect::<Vec<_>>()
        };
        let changes =
            [(gone_effect, gone_word, missing(new, old)), (come_effect, come_word, missing(old, new))];
        for (effect, word, names) in changes.into_iter().filter(|(.., names)| !names.is_empty()) {
            self.list_of(effect, id, word.to_owned(), names);
        }
    }
}

/// Whether a changed value asks for more or for less.
fn direction(id: &str, old: &str, new: &str) -> Effect {
    let rises = match (Protocol::from_name(old), Protocol::from_name(new)) {
        (Some(old), Some(new)) => new > old,
        _ => match (old.parse::<u32>(), new.parse::<u32>()) {
            (Ok(old), Ok(new)) => new > old,
            _ => return Effect::Stricter,
        },
    };
    let more_is_stricter = !matches!(id, "protocols.maximum" | "certificate.lifetime-days");
    if rises == more_is_stricter { Effect::Stricter } else { Effect::Looser }
}
