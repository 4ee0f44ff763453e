//! The examples in every check's page do what the page says.
//!
//! In a page, a fence marked `wrong` holds a configuration in which the check must find something, one marked `right` a
//! configuration in which it must not: "```nginx wrong". Words after that may be `policy=NAME`, `target=NAME` and
//! `with=PATH`, a file of the repository to put beside the example under its own name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "fixtures/case.rs"]
mod case;

use case::{Given, Header};
use std::fmt::Write;
use std::path::Path;
use tlslint::checks;
use tlslint::endpoint::Dialect;

/// A fenced example of a page.
struct Example {
    line: usize,
    dialect: Dialect,
    is_wrong: bool,
    header: Header,
    beside: Vec<String>,
    text: String,
}

#[test]
fn examples_do_what_their_pages_say() {
    let mut wrong = String::new();
    for check in checks::ALL {
        for example in examples(check.id, check.page) {
            let found = example.run();
            let mine: Vec<_> = found.iter().filter(|found| found.check == check.id).collect();
            if mine.is_empty() == example.is_wrong {
                let kind = if example.is_wrong { "wrong" } else { "right" };
                let (line, dialect) = (example.line, example.dialect);
                let _ = writeln!(wrong, "{}.md, the {dialect} example marked {kind} in line {line} yields", check.id);
                for found in &found {
                    let _ = writeln!(wrong, "  {}: {}[{}]: {}", found.line, found.severity, found.check, found.message);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

impl Example {
    fn run(&self) -> Vec<case::Found> {
        let name = match self.dialect {
            Dialect::Ciphers => "example.ciphers",
            Dialect::Envoy if self.text.trim_start().starts_with('{') => "example.json",
            Dialect::Envoy => "example.yaml",
            Dialect::HaProxy => "example.cfg",
            Dialect::Nginx => "example.conf",
            Dialect::OpensslConf => "example.cnf",
        };
        let mut files = vec![(name.to_owned(), self.text.clone().into_bytes())];
        for path in &self.beside {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).unwrap()));
        }
        case::run(&self.header, &Given::File(name), &files)
    }
}

/// The marked fences of a page.
fn examples(id: &str, page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = (1..).zip(page.lines());
    let mut section = "";
    while let Some((number, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let Some(information) = line.strip_prefix("```") else { continue };
        let text: String =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        let words: Vec<_> = information.split_whitespace().collect();
        let Some(is_wrong) = words.get(1).and_then(|word| verdict(word)) else {
            assert!(!section.starts_with("Example"), "{id}.md:{number}: mark the example as wrong or right");
            continue;
        };
        let dialect = language(words[0]);
        let dialect = dialect.unwrap_or_else(|| panic!("{id}.md:{number}: no language {}", words[0]));
        let mut header = Header { dialect: Some(dialect), ..Header::default() };
        let mut beside = Vec::new();
        for word in &words[2..] {
            match word.split_once('=') {
                Some(("policy", value)) => header.policy = Some(value.to_owned()),
                Some(("target", value)) => header.target = Some(value.to_owned()),
                Some(("with", value)) => beside.push(value.to_owned()),
                _ => panic!("{id}.md:{number}: {word:?} says nothing"),
            }
        }
        examples.push(Example { line: number, dialect, is_wrong, header, beside, text });
    }
    examples
}

fn verdict(word: &str) -> Option<bool> {
    match word {
        "right" => Some(false),
        "wrong" => Some(true),
        _ => None,
    }
}

/// The dialect of a fence; `yaml`, `json` and `ini` are what sites that show Markdown can colour.
fn language(word: &str) -> Option<Dialect> {
    match word {
        "ini" => Some(Dialect::OpensslConf),
        "json" | "yaml" => Some(Dialect::Envoy),
        word => Dialect::from_name(word),
    }
}
