//! What changes for every endpoint when a configuration moves from one target to another.

use crate::finding::Finding;
use crate::inventory::Row;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that a configuration comes to on one target.
#[derive(Debug, Default)]
pub struct View {
    /// Its endpoints.
    pub rows: Vec<Row>,
    /// Why servers do not start.
    pub refusals: Vec<Refusal>,
    /// What is found, where it is held against policies.
    pub verdicts: Vec<Verdict>,
}

/// Why a server does not start.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Refusal {
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// What it would print.
    pub reason: String,
}

/// A finding, as far as two targets can be of two minds about it.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The check.
    pub check: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// What tells it from others at its place: the requirement, and the facts for machines. Words may name the target.
    #[serde(skip)]
    key: String,
}

impl Verdict {
    /// A finding that stands at a line and column of `path`.
    pub fn of(finding: &Finding, path: &str, (line, column): (u32, u32)) -> Self {
        let requirement = finding.policy.as_ref().map(|cited| (&cited.policy, &cited.requirement));
        Self {
            check: finding.check,
            severity: finding.severity.name(),
            message: finding.message.clone(),
            path: path.to_owned(),
            line,
            column,
            key: format!("{requirement:?} {:?} {}", finding.data, finding.severity),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.check, &self.path, self.line, self.column, &self.key)
            == (other.check, &other.path, other.line, other.column, &other.key)
    }
}

/// What one target has and the other has not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Apart<T> {
    /// Only before.
    pub gone: Vec<T>,
    /// Only after.
    pub new: Vec<T>,
}

/// What changes.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The endpoints of which anything changes, in the order of the files.
    pub endpoints: Vec<Changed>,
    /// Why servers do not start.
    pub refusals: Apart<Refusal>,
    /// What is found.
    pub findings: Apart<Verdict>,
    /// How many endpoints there are after.
    #[serde(skip)]
    pub endpoint_count: usize,
}

/// An endpoint of which something changes.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// `server` or `client`.
    pub role: &'static str,
    /// The names that lead to it.
    pub names: Vec<String>,
    /// Where it listens or connects to.
    pub addresses: Vec<String>,
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// `changed`, or `gone` or `new` for one that is on one target only.
    pub status: &'static str,
    /// What changes of it, one entry for each kind of setting.
    pub changes: Vec<Difference>,
}

/// One kind of setting that changes.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// `protocols`, `suites`, `tls13_suites`, `groups`, `transport` or `verification`.
    pub what: &'static str,
    /// Values of before that are gone.
    pub gone: Vec<String>,
    /// Values that are new.
    pub new: Vec<String>,
    /// The values in their order after, where nothing changes but the order of preference; empty elsewhere.
    pub order: Vec<String>,
}

impl Comparison {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        let refusals = &self.refusals;
        let findings = &self.findings;
        self.endpoints.is_empty()
            && refusals.gone.is_empty()
            && refusals.new.is_empty()
            && findings.gone.is_empty()
            && findings.new.is_empty()
    }
}

/// What changes from `before` to `after`.
pub fn compare(before: View, after: View) -> Comparison {
    let endpoint_count = after.rows.len();
    Comparison {
        endpoints: endpoints(&before.rows, &after.rows),
        refusals: apart(before.refusals, after.refusals, PartialEq::eq),
        findings: apart(before.verdicts, after.verdicts, Verdict::is_same),
        endpoint_count,
    }
}

/// What makes a row of one target that of the other: its place, sockets and names, and its rank among those that share them.
type Key<'r> = (&'r str, u32, u32, &'r str, &'r [String], &'r [String], usize);

fn keyed(rows: &[Row]) -> Vec<(Key<'_>, &Row)> {
    let mut ranks: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    let keys = rows.iter().map(|row| {
        let key = (row.path.as_str(), row.line, row.column, row.role, &*row.addresses, &*row.names, 0);
        let rank = ranks.entry(key).or_default();
        *rank += 1;
        ((key.0, key.1, key.2, key.3, key.4, key.5, *rank), row)
    });
    keys.collect()
}

fn endpoints(before: &[Row], after: &[Row]) -> Vec<Changed> {
    let (before, after) = (keyed(before), keyed(after));
    let old: BTreeMap<Key<'_>, &Row> = before.iter().copied().collect();
    let new: BTreeMap<Key<'_>, &Row> = after.iter().copied().collect();
    let gone = before.iter().filter(|(key, _)| !new.contains_key(key));
    let gone = gone.map(|(key, row)| (*key, changed(row, "gone", Vec::new())));
    let others = after.iter().filter_map(|(key, row)| match old.get(key) {
        None => Some((*key, changed(row, "new", offered(row)))),
        Some(old) => {
            let differences = differences(old, row);
            (!differences.is_empty()).then(|| (*key, changed(row, "changed", differences)))
        }
    });
    let mut all: Vec<(Key<'_>, Changed)> = gone.chain(others).collect();
    all.sort_by_key(|(key, _)| *key);
    all.into_iter().map(|(_, changed)| changed).collect()
}

fn changed(row: &Row, status: &'static str, changes: Vec<Difference>) -> Changed {
    Changed {
        role: row.role,
        names: row.names.clone(),
        addresses: row.addresses.clone(),
        path: row.path.clone(),
        line: row.line,
        column: row.column,
        status,
        changes,
    }
}

/// The values of a row, by kind.
fn values(row: &Row) -> [(&'static str, Vec<String>); 6] {
    let words = |list: &[&'static str]| list.iter().map(|word| (*word).to_owned()).collect();
    let word = |known: Option<bool>| known.map_or("unknown", |yes| if yes { "yes" } else { "no" });
    let verification = row.peer_verification.iter().flat_map(|found| {
        [format!("chain: {}", word(found.chain)), format!("host name: {}", word(found.hostname))]
    });
    [
        ("transport", vec![row.transport.to_owned()]),
        ("protocols", words(&row.protocols)),
        ("suites", words(&row.suites.enabled)),
        ("tls13_suites", words(&row.tls13_suites)),
        ("groups", words(&row.groups)),
        ("verification", verification.collect()),
    ]
}

fn offered(row: &Row) -> Vec<Difference> {
    let values = values(row).into_iter().filter(|(_, values)| !values.is_empty());
    values.map(|(what, new)| Difference { what, gone: Vec::new(), new, order: Vec::new() }).collect()
}

fn differences(before: &Row, after: &Row) -> Vec<Difference> {
    let pairs = values(before).into_iter().zip(values(after));
    let differing = pairs.filter(|((_, before), (_, after))| before != after);
    let told = differing.map(|((what, before), (_, after))| {
        let gone: Vec<String> = before.iter().filter(|value| !after.contains(value)).cloned().collect();
        let new: Vec<String> = after.iter().filter(|value| !before.contains(value)).cloned().collect();
        let order = if gone.is_empty() && new.is_empty() { after } else { Vec::new() };
        Difference { what, gone, new, order }
    });
    told.collect()
}

fn apart<T>(before: Vec<T>, after: Vec<T>, is_same: impl Fn(&T, &T) -> bool) -> Apart<T> {
    let mut gone = before;
    let mut new = Vec::new();
    for one in after {
        match gone.iter().position(|known| is_same(known, &one)) {
            Some(at) => drop(gone.remove(at)),
            None => new.push(one),
        }
    }
    Apart { gone, new }
}
