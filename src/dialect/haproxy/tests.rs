//! What holds of every refusal that this dialect knows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::super::Context;
use super::read;
use crate::budget::Budget;
use crate::files::{FileTree, Memory};
use crate::server::notes;
use crate::target::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A configuration with what lies beside it.
struct Case {
    target: String,
    text: String,
    files: Vec<(String, String)>,
}

/// Line and reason of every refusal.
type Refusals = BTreeSet<(u32, String)>;

/// A condition that no target answers: HAProxy sets variables of this kind itself.
const UNDECIDED: &str = ".if defined(HAPROXY_UNHEARD_OF)";
const MET: &str = ".if streq(a,a)";
const UNMET: &str = ".if streq(a,b)";

fn cases() -> Vec<Case> {
    let text = include_str!("../../../fixtures/refusals/haproxy.txt");
    let parts = text.split("\n=== ").skip(1);
    let case = |part: &str| {
        let (target, rest) = part.split_once('\n').unwrap();
        let mut files = rest.split("\n--- ");
        let own = files.next().unwrap().to_owned() + "\n";
        let files = files.map(|file| {
            let (path, text) = file.split_once('\n').unwrap();
            // One that ends without a line's end says so.
            let text = text.strip_suffix("<end>").map_or_else(|| format!("{text}\n"), str::to_owned);
            (path.to_owned(), text.replace("<NUL>", "\0"))
        });
        Case { target: target.to_owned(), text: own, files: files.collect() }
    };
    parts.map(case).collect()
}

impl Case {
    /// What is refused of `text` in place of the configuration.
    fn refusals(&self, text: &str) -> Refusals {
        let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/certificates");
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(certificates)
            .unwrap()
            .map(Result::unwrap)
            .map(|entry| {
                (format!("/certificates/{}", entry.file_name().display()), fs::read(entry.path()).unwrap())
            })
            .collect();
        // Of a key only its first line is looked at.
        let certificate = fs::read_to_string("fixtures/certificates/rsa.crt").unwrap();
        let with_key = format!("{certificate}-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n");
        let chain = fs::read_to_string("fixtures/certificates/good.pem").unwrap();
        let (leaf, issuers) = chain.split_at(chain.find("-----END").unwrap());
        let (end, issuers) = issuers.split_at(issuers.find("-----BEGIN").unwrap());
        let issuer_first = format!("{issuers}{leaf}{end}-----BEGIN PRIVATE KEY-----\n");
        files.push(("/certificates/issuer-first.pem".to_owned(), issuer_first.into_bytes()));
        for name in ["rsa.pem", "stapled.pem"] {
            files.push((format!("/certificates/{name}"), with_key.clone().into_bytes()));
        }
        files.extend(self.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
        files.push(("/etc/haproxy/haproxy.cfg".to_owned(), text.as_bytes().to_vec()));
        let tree = Memory::new(files);
        let root = tree.read(Path::new("/etc/haproxy/haproxy.cfg")).unwrap();
        let context = Context {
            files: &tree,
            target: &Target::parse(&self.target).unwrap(),
            variables: &BTreeMap::new(),
            is_whole: true,
            asked: None,
            budget: &Budget::default(),
        };
        let model = read(std::slice::from_ref(&root), context);
        let place = |refusal: &crate::observation::Refusal| {
            let source = tree.source(refusal.location.file);
            (source.position(refusal.location.span.start).line, refusal.reason.clone())
        };
        model.refusals.iter().map(place).collect()
    }

    /// The configuration with lines `from` to `to`, from 0, under a condition.
    fn under(&self, condition: &str, from: usize, to: usize) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let parts = [&lines[..from], &[condition], &lines[from..to], &[".endif"], &lines[to..]];
        parts.concat().join("\n") + "\n"
    }
}

#[test]
fn nothing_is_refused_for_what_a_condition_may_leave_out() {
    let mut wrong = Vec::new();
    for case in cases() {
        // Earlier releases have no conditions.
        if case.target.starts_with("haproxy=2.2") {
            continue;
        }
        let lines = case.text.lines().count();
        let ranges = std::iter::once((0, lines)).chain((0..lines).map(|line| (line, line + 1)));
        for (from, to) in ranges {
            let [open, met, unmet] =
                [UNDECIDED, MET, UNMET].map(|condition| case.refusals(&case.under(condition, from, to)));
            // HAProxy parses lines, and pairs conditions, also where it does not take them; and a line without its section is refused.
            let certain = |(line, reason): &(u32, String)| {
                let is_there = |refusals: &Refusals| refusals.iter().any(|(other, _)| other == line);
                met.contains(&(*line, reason.clone())) && is_there(&unmet)
            };
            let more: Vec<_> = open.iter().filter(|refusal| !certain(refusal)).collect();
            if !more.is_empty() {
                wrong.push(format!("{}\n{more:#?}", case.under(UNDECIDED, from, to)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_target_decides_is_refused() {
    for case in cases().iter().filter(|case| !case.target.starts_with("haproxy=2.2")) {
        let lines = case.text.lines().count();
        let reasons =
            |refusals: Refusals| refusals.into_iter().map(|(_, reason)| reason).collect::<BTreeSet<_>>();
        let plain = reasons(case.refusals(&case.text));
        assert!(!plain.is_empty(), "{}\n{}", case.target, case.text);
        // A condition of a case's own that stays open would take the one around it along.
        if !case.text.contains(".if") && !case.text.contains('"') {
            assert_eq!(reasons(case.refusals(&case.under(".if version_atleast(2.4)", 0, lines))), plain);
        }
    }
}

#[test]
fn every_refusal_is_tried() {
    for case in cases() {
        case.refusals(&case.text);
    }
    let tried = notes::tried();
    let mut untried = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dialect/haproxy")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let is_elsewhere = ["self.notes.refuse", "base.refuse"].iter().any(|call| line.contains(call));
            let calls =
                [".refuse(", ".refuse_in_section(", ".refuse_beside("].iter().any(|call| line.contains(call));
            let is_tried = tried.contains(&(name.clone(), number as u32 + 1));
            if calls && !is_tried && !is_elsewhere && name != "tests.rs" {
                untried.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    untried.sort();
    assert!(untried.is_empty(), "add to fixtures/refusals/haproxy.txt:\n{}", untried.join("\n"));
}
