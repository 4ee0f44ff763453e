//! Reading a policy file: schema version 1, as `docs/policies.md` has it.

use super::error::PolicyError;
use super::locate::{duplicate, locate};
use super::node::{Node, Problem, Read};
use super::requirement::{BASIS, Basis, flag, valued};
use super::selector::{Era, suites};
use super::{Policy, SuiteRules, Tls13Rule, coherence, lists, sections, words};
use crate::source::Source;
use crate::span::FileId;
use crate::suite::Suite;
use crate::syntax::yaml;
use serde_yaml::Value;
use std::collections::BTreeSet;

/// The only version of the schema so far.
const VERSION: u64 = 1;

/// The keys of a policy.
const KEYS: [&str; 23] = [
    "version",
    "id",
    "title",
    "issuer",
    "published",
    "supersedes",
    "license",
    "unverified",
    "sources",
    "notes",
    "extends",
    "without",
    "protocols",
    "suites",
    "tls13",
    "groups",
    "signature-algorithms",
    "server-preference",
    "session-tickets",
    "dh-bits",
    "plaintext",
    "must-be-written",
    "peer",
];

/// Sections that only have requirements about certificates.
const CERTIFICATE: &str = "certificate";

/// How a reader gets at the policy that another extends.
pub(super) type Load<'l> = &'l dyn Fn(&str) -> Result<Policy, PolicyError>;

/// Reads the policy in `text`; `path` stands in messages, and for a policy without an id of its own.
///
/// # Errors
/// With the place of the first thing that is wrong.
pub(super) fn read(path: &str, text: &str, load: Load<'_>) -> Result<Policy, PolicyError> {
    if let Some(at) = yaml::too_deep(text) {
        let message = format!("lists and mappings nest deeper than {}", yaml::MAXIMUM_DEPTH);
        let place = Source::new(FileId(0), path, path, text.as_bytes().to_vec()).position(at.start);
        let (line, column) = (place.line, place.column);
        return Err(PolicyError { path: path.to_owned(), line, column, message, help: None });
    }
    let value: Value = serde_yaml::from_str(text).map_err(|error| broken(path, text, &error))?;
    let root = Node::root(&value);
    policy(path, &root, load).map_err(|problem| match problem {
        Failure::Base(error) => error,
        Failure::Here(problem) => placed(path, text, *problem),
    })
}

enum Failure {
    /// The policy that is extended cannot be read.
    Base(PolicyError),
    Here(Box<Problem>),
}

impl From<Box<Problem>> for Failure {
    fn from(problem: Box<Problem>) -> Self {
        Self::Here(problem)
    }
}

fn broken(path: &str, yaml: &str, error: &serde_yaml::Error) -> PolicyError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let stated = error.location().map(|at| (at.line().max(1) as u32, at.column().max(1) as u32));
    // Of a key that stands twice, the reader only tells where its mapping begins.
    let twice = if message.contains("duplicate entry") { duplicate(yaml) } else { None };
    let (line, column) = twice.or(stated).unwrap_or((1, 1));
    PolicyError { path: path.to_owned(), line, column, message: format!("not YAML: {message}"), help: None }
}

fn placed(path: &str, text: &str, problem: Problem) -> PolicyError {
    let (line, column) = locate(text, &problem.path, problem.part).unwrap_or((1, 1));
    PolicyError { path: path.to_owned(), line, column, message: problem.message, help: problem.help }
}

fn policy(path: &str, root: &Node<'_>, load: Load<'_>) -> Result<Policy, Failure> {
    let known: Vec<&str> = KEYS.iter().copied().chain([CERTIFICATE]).collect();
    root.only(&known)?;
    version(root)?;
    let mut policy = match root.child("extends") {
        None => Policy::empty(),
        Some(node) => base(&node, load)?,
    };
    describe(path, root, &mut policy)?;
    if let Some(node) = root.child("without") {
        for element in node.elements()? {
            lists::drop(&element, &mut policy)?;
        }
    }
    if let Some(node) = root.child("protocols") {
        sections::protocols(&node, &mut policy.protocols)?;
    }
    if let Some(node) = root.child("suites") {
        suite_rules(&node, &mut policy.suites)?;
    }
    if let Some(node) = root.child("tls13") {
        policy.tls13 = tls13(&node, &policy.tls13)?;
    }
    sections::single(root, &mut policy)?;
    if let Some(node) = root.child("peer") {
        sections::peer(&node, &mut policy.peer)?;
    }
    if let Some(node) = root.child(CERTIFICATE) {
        sections::certificate(&node, &mut policy.certificate)?;
    }
    coherence::hold(root, &policy)?;
    Ok(policy)
}

fn version(root: &Node<'_>) -> Read<()> {
    let Some(node) = root.child("version") else {
        return root.problem(
            "the policy has no version of its schema",
            Some(format!("begin with version: {VERSION}")),
        );
    };
    if node.value.as_u64() == Some(VERSION) {
        return Ok(());
    }
    node.problem("unknown version of the schema", Some(format!("this release reads version: {VERSION}")))
}

fn base(node: &Node<'_>, load: Load<'_>) -> Result<Policy, Failure> {
    let name = node.text()?;
    match load(name) {
        // Whose document it is, and of when, a policy says of itself.
        Ok(base) => Ok(Policy {
            extends: Some(base.id.clone()),
            issuer: None,
            published: None,
            supersedes: Vec::new(),
            ..base
        }),
        // The name is at fault: say so where it stands.
        Err(error) if error.line == 0 => Ok(node.problem(error.message, error.help)?),
        Err(error) => Err(Failure::Base(error)),
    }
}

fn describe(path: &str, root: &Node<'_>, policy: &mut Policy) -> Read<()> {
    policy.id = match root.child("id") {
        Some(node) => node.text()?.to_owned(),
        None => path.to_owned(),
    };
    match root.child("title") {
        Some(node) => node.text()?.clone_into(&mut policy.title),
        None => return root.problem("the policy has no title", Some("add title: one line".to_owned())),
    }
    if let Some(node) = root.child("unverified") {
        policy.unverified = match node.value {
            Value::Bool(false) => None,
            Value::Bool(true) => Some("not checked against its source".to_owned()),
            _ => Some(node.text()?.split_whitespace().collect::<Vec<_>>().join(" ")),
        };
    }
    if let Some(node) = root.child("issuer") {
        policy.issuer = Some(node.text()?.to_owned());
    }
    if let Some(node) = root.child("published") {
        policy.published = Some(words::published(&node)?);
    }
    if let Some(node) = root.child("license") {
        policy.license = Some(node.text()?.to_owned());
    }
    let Policy { sources, notes, supersedes, .. } = policy;
    for (key, list) in [("sources", sources), ("notes", notes), ("supersedes", supersedes)] {
        if let Some(node) = root.child(key) {
            let texts: Read<Vec<_>> =
                node.elements()?.iter().map(|element| Ok(element.text()?.trim().to_owned())).collect();
            *list = texts?;
        }
    }
    Ok(())
}

fn suite_rules(node: &Node<'_>, rules: &mut SuiteRules) -> Read<()> {
    let keys =
        ["approved", "good", "sufficient", "at-least-one", "others", "forbidden", "phase-out", "unspecified"];
    node.only(&[&keys[..], &BASIS[..]].concat())?;
    let basis = Basis::default().within(node)?;
    if let Some(approved) = node.child("approved") {
        rules.approved = suites(&approved, Era::UpToTls12, Some(&rules.approved))?;
        rules.good = BTreeSet::new();
    }
    if let Some(good) = node.child("good") {
        let old = std::mem::take(&mut rules.good);
        rules.approved.retain(|suite| !old.contains(suite));
        rules.good = suites(&good, Era::UpToTls12, Some(&old))?;
    }
    if let Some(sufficient) = node.child("sufficient") {
        let old: BTreeSet<Suite> = rules.approved.difference(&rules.good).copied().collect();
        rules.approved = suites(&sufficient, Era::UpToTls12, Some(&old))?;
    }
    rules.approved.extend(&rules.good);
    if let Some(child) = node.child("at-least-one") {
        rules.at_least_one = Some(flag(&child, &basis, rules.at_least_one.as_ref())?);
    }
    if let Some(child) = node.child("others") {
        rules.others = Some(flag(&child, &basis, rules.others.as_ref())?);
    }
    let older = |node: &Node<'_>, old: Option<&BTreeSet<Suite>>| suites(node, Era::UpToTls12, old);
    if let Some(child) = node.child("forbidden") {
        sections::named(&child, &basis, &mut rules.forbidden, &older)?;
    }
    if let Some(child) = node.child("phase-out") {
        sections::named(&child, &basis, &mut rules.phase_out, &older)?;
    }
    if let Some(child) = node.child("unspecified") {
        let any = |node: &Node<'_>, old: Option<&BTreeSet<Suite>>| suites(node, Era::Any, old);
        rules.unspecified = Some(sections::unspecified(&child, &basis, rules.unspecified.as_ref(), &any)?);
    }
    Ok(())
}

fn tls13(node: &Node<'_>, old: &Tls13Rule) -> Read<Tls13Rule> {
    if node.value.is_string() {
        return Ok(match node.word("rule for TLS 1.3", &["any", "unspecified"])? {
            "any" => Tls13Rule::Any,
            _ => Tls13Rule::Unspecified,
        });
    }
    if node.value.is_sequence() {
        return node.problem(
            "a list of TLS 1.3 suites needs its reasons",
            Some("write tls13: { value: [..], strength: .., why: .., source: .. }".to_owned()),
        );
    }
    let old = match old {
        Tls13Rule::Listed(rule) => Some(rule),
        Tls13Rule::Any | Tls13Rule::Unspecified => None,
    };
    valued(node, &Basis::default(), old, |node, old| suites(node, Era::Tls13, old)).map(Tls13Rule::Listed)
}
