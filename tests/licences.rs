//! Every crate that can become part of the binary has a licence that `deny.toml` allows, and none is one that it bans.
//!
//! cargo-deny reads the same file and looks at more, but takes minutes to install; this needs only what the build has fetched.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// What `cargo metadata` knows of this machine's dependencies.
fn packages() -> Vec<serde_json::Value> {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--all-features"])
        .args(["--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array_mut().map(std::mem::take).unwrap()
}

fn deny() -> toml::Table {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap().parse().unwrap()
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let deny = deny();
    let allowed: Vec<&str> =
        deny["licenses"]["allow"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let packages = packages();
    assert!(packages.len() > 50, "{}", packages.len());
    let mut refused = Vec::new();
    for package in &packages {
        let expression = package["license"].as_str().unwrap_or("none");
        if !Expression::new(expression).holds(&allowed) {
            refused.push(format!("{}: {expression}", package["name"]));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn no_dependency_is_banned() {
    let deny = deny();
    let banned =
        deny["bans"]["deny"].as_array().unwrap().iter().map(|entry| entry["crate"].as_str().unwrap());
    let banned: Vec<&str> = banned.collect();
    let found: Vec<_> = packages()
        .into_iter()
        .filter(|package| banned.contains(&package["name"].as_str().unwrap()))
        .map(|package| package["name"].clone())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    for (expression, holds) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("(GPL-3.0-only OR MIT) AND Zlib", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
        ("Apache-2.0 WITH GCC-exception-3.1", false),
        ("GPL-3.0-only/MIT", true),
        ("GPL-3.0-only OR MIT AND GPL-2.0-only", false),
        ("none", false),
    ] {
        let allowed = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"];
        assert_eq!(Expression::new(expression).holds(&allowed), holds, "{expression}");
    }
}

/// An SPDX licence expression (SPDX 2.3, annex D), read from the left; AND binds closer than OR.
struct Expression {
    words: Vec<String>,
    at: usize,
}

impl Expression {
    fn new(text: &str) -> Self {
        // The slash is what crates wrote before there were expressions.
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        Self { words: spaced.split_whitespace().map(str::to_owned).collect(), at: 0 }
    }

    fn holds(mut self, allowed: &[&str]) -> bool {
        self.either(allowed) && self.at == self.words.len()
    }

    fn either(&mut self, allowed: &[&str]) -> bool {
        let mut holds = self.both(allowed);
        while self.take("OR") {
            holds |= self.both(allowed);
        }
        holds
    }

    fn both(&mut self, allowed: &[&str]) -> bool {
        let mut holds = self.one(allowed);
        while self.take("AND") {
            holds &= self.one(allowed);
        }
        holds
    }

    fn one(&mut self, allowed: &[&str]) -> bool {
        if self.take("(") {
            let holds = self.either(allowed);
            return self.take(")") && holds;
        }
        let mut name = self.word();
        if self.take("WITH") {
            name = format!("{name} WITH {}", self.word());
        }
        allowed.contains(&name.as_str())
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.at).is_some_and(|next| next == word);
        self.at += usize::from(is_next);
        is_next
    }

    fn word(&mut self) -> String {
        self.at += 1;
        self.words.get(self.at - 1).cloned().unwrap_or_default()
    }
}
