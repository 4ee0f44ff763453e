//! What changes from one policy to another, told by whether it can break a configuration that complied.

use super::{Entry, Policy, Tls13Rule};
use crate::protocol::Protocol;
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
    /// The difference as a clause: `no longer approved: DHE-RSA-AES128-GCM-SHA256`.
    pub text: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.text)
    }
}

/// The differences from `old` to `new`, those that can break something first.
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    changes.suites("suites.approved", &old.suites.approved, &new.suites.approved);
    changes.tls13(&old.tls13, &new.tls13);
    let (before, after) = (old.requirements(), new.requirements());
    for entry in &before {
        match after.iter().find(|other| other.id == entry.id) {
            Some(other) => changes.entry(entry, other),
            None if entry.id == "tls13" => {}
            None => changes.add(
                lift(&entry.id, Effect::Looser),
                &entry.id,
                format!("no longer required{}", of(entry)),
            ),
        }
    }
    for entry in &after {
        if entry.id != "tls13" && !before.iter().any(|other| other.id == entry.id) {
            let effect = lift(&entry.id, Effect::Stricter);
            changes.add(effect, &entry.id, format!("new, {}{}", entry.strength, of(entry)));
        }
    }
    changes.0.sort_by_key(|change| change.effect);
    changes.0
}

/// A rule of phase-out grants something for a time: a new one is no new restriction by itself.
fn lift(id: &str, effect: Effect) -> Effect {
    if id.starts_with("suites.phase-out") { Effect::Neutral } else { effect }
}

fn of(entry: &Entry) -> String {
    match (&entry.value, &entry.list) {
        (Some(value), _) => format!(": {value}"),
        (None, Some(list)) => format!(": {}", list.join(", ")),
        (None, None) => String::new(),
    }
}

/// What takes a requirement's place, and when.
fn later(entry: &Entry) -> String {
    let Some(next) = entry.then.as_deref() else { return "nothing else".to_owned() };
    let from = next.from.as_deref().unwrap_or_default();
    format!("{}{} from {from}", next.strength, of(next))
}

struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, effect: Effect, id: &str, text: String) {
        self.0.push(Change { effect, id: id.to_owned(), text });
    }

    fn suites(&mut self, id: &str, old: &BTreeSet<Suite>, new: &BTreeSet<Suite>) {
        let names =
            |suites: Vec<&Suite>| suites.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(", ");
        let gone: Vec<_> = old.difference(new).collect();
        if !gone.is_empty() {
            self.add(Effect::Stricter, id, format!("no longer approved: {}", names(gone)));
        }
        let come: Vec<_> = new.difference(old).collect();
        if !come.is_empty() {
            self.add(Effect::Looser, id, format!("newly approved: {}", names(come)));
        }
    }

    fn tls13(&mut self, old: &Tls13Rule, new: &Tls13Rule) {
        match (old, new) {
            (Tls13Rule::Listed(_), Tls13Rule::Listed(_)) => {}
            (Tls13Rule::Listed(_), _) => self.add(Effect::Looser, "tls13", "any suite".to_owned()),
            (_, Tls13Rule::Listed(rule)) => {
                let names: Vec<_> = rule.value.iter().map(|suite| suite.name()).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                self.add(Effect::Stricter, "tls13", format!("only these suites: {names}"));
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
        if old.then != new.then {
            self.add(Effect::Neutral, id, format!("later {}, was {}", later(new), later(old)));
        }
    }

    fn list(&mut self, id: &str, old: &[String], new: &[String]) {
        // What a list that forbids or demands gains is lost to configurations; all other lists grant.
        let (gone_effect, gone_word, come_effect, come_word) = if id.starts_with("suites.forbidden") {
            (Effect::Looser, "no longer forbidden", Effect::Stricter, "newly forbidden")
        } else if id == "protocols.required" {
            (Effect::Looser, "no longer required", Effect::Stricter, "newly required")
        } else {
            (Effect::Stricter, "no longer listed", Effect::Looser, "newly listed")
        };
        let missing = |from: &[String], of: &[String]| {
            of.iter().filter(|name| !from.contains(name)).cloned().collect::<Vec<_>>().join(", ")
        };
        let (gone, come) = (missing(new, old), missing(old, new));
        if !gone.is_empty() {
            self.add(gone_effect, id, format!("{gone_word}: {gone}"));
        }
        if !come.is_empty() {
            self.add(come_effect, id, format!("{come_word}: {come}"));
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
