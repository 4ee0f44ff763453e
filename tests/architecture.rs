//! Holds the import table: which module may use which, and which crate may be used where.
//!
//! The rooms, low to high, are in ARCHITECTURE.md; a line of code should know its room.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by height; those of one row may use each other.
const ROWS: &[&[&str]] = &[
    &["date", "span", "text", "files", "gate", "printable", "source", "finding", "budget"],
    &["syntax"],
    &["suite", "protocol", "group", "signature"],
    &["setting", "observation"],
    &["library", "endpoint", "handling"],
    &["target", "policy", "certificate"],
    &["server"],
    &["dialect"],
    &["checks", "worlds"],
    &[
        "suppress",
        "baseline",
        "fix",
        "fingerprint",
        "inventory",
        "cyclonedx",
        "upgrade",
        "report",
        "discover",
        "scope",
        "settings",
    ],
    &["run", "lsp"],
    &["cli"],
];

/// Which files may name which crate.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/completions.rs"]),
    ("clap_mangen", &["src/cli/man.rs"]),
    ("crossbeam_channel", &["src/lsp/"]),
    ("granit_parser", &["src/syntax/yaml"]),
    ("lsp_server", &["src/lsp/", "src/cli/lsp.rs"]),
    ("lsp_types", &["src/lsp/"]),
    ("mimalloc", &["src/main.rs"]),
    ("unicode_width", &["src/report/prose"]),
    ("nom", &["src/syntax/"]),
    ("openssl", &["src/certificate", "src/library/linked.rs", "src/policy/file.rs"]),
    ("openssl_sys", &["src/library/linked.rs"]),
    ("rustix", &["src/gate/", "src/fix/replace.rs", "src/cli/output.rs", "src/cli/terminal.rs"]),
    ("serde_yaml", &["src/policy/", "src/target/", "build/"]),
    ("walkdir", &[]),
];

/// Lines of a source file at most; a check's at most.
const LONGEST: usize = 500;
const LONGEST_CHECK: usize = 120;

#[test]
fn modules_use_only_lower_rooms() {
    let mut wrong = Vec::new();
    for file in sources("src") {
        let Some(module) = module_of(&file) else { continue };
        let Some(height) = height(&module) else {
            wrong.push(format!("{}: module {module} stands in no row of the table", file.display()));
            continue;
        };
        for (line, used) in uses(&code(&file), "crate") {
            match self::height(&used) {
                Some(other) if other <= height => {}
                Some(_) => wrong.push(format!("{}:{line}: {module} is below {used}", file.display())),
                None => {
                    wrong.push(format!("{}:{line}: {used} stands in no row of the table", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn checks_never_see_a_dialect_or_a_tree() {
    for file in sources("src/checks") {
        for (line, used) in uses(&code(&file), "crate") {
            assert!(
                !["dialect", "syntax", "discover", "target"].contains(&&*used),
                "{}:{line}: a check uses {used}",
                file.display()
            );
        }
    }
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().chain(sources("build")) {
        let path = file.to_string_lossy().replace('\\', "/");
        let text = code(&file);
        for (name, rooms) in CRATES {
            if rooms.iter().any(|room| path.starts_with(room)) {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                let mentions = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
                if mentions {
                    wrong.push(format!("{path}:{}: {name} belongs in {}", number + 1, rooms.join(", ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for file in ["src", "build", "tests", "benches"].into_iter().flat_map(sources) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        let is_check = file.starts_with("src/checks")
            && !["mod.rs", "findings.rs", "tests.rs"].iter().any(|name| file.ends_with(name));
        let longest = if is_check { LONGEST_CHECK } else { LONGEST };
        if lines > longest {
            wrong.push(format!("{}: {lines} lines, at most {longest}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_named_for_nothing() {
    for file in sources("src") {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "common", "helpers", "helper", "manager", "types"].contains(&&*stem),
            "{}",
            file.display()
        );
    }
}

#[test]
fn unsafe_code_is_isolated() {
    for file in sources("src") {
        let text = fs::read_to_string(&file).unwrap();
        let isolated = file.ends_with("library/linked.rs");
        assert!(isolated || !text.contains("allow(unsafe_code"), "{}", file.display());
    }
}

#[test]
fn every_dependency_says_why() {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let mut in_dependencies = false;
    let mut explained = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.starts_with('#') {
            assert!(explained, "no comment above: {line}");
            explained = false;
        } else {
            explained = line.starts_with('#') || (explained && !line.is_empty());
        }
    }
}

#[test]
fn the_lock_file_names_no_other_source() {
    let lock = fs::read_to_string("Cargo.lock").unwrap();
    let sources: BTreeMap<&str, usize> = lock.lines().filter(|line| line.starts_with("source = ")).fold(
        BTreeMap::new(),
        |mut counts, line| {
            *counts.entry(line).or_default() += 1;
            counts
        },
    );
    assert_eq!(sources.len(), 1, "one registry: {sources:?}");
}

/// Rust files below a directory, sorted.
fn sources(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The top module of a file: `src/checks/x.rs` is `checks`; the crate's own two files are none.
fn module_of(file: &Path) -> Option<String> {
    let first =
        file.strip_prefix("src").ok()?.components().next()?.as_os_str().to_string_lossy().into_owned();
    let name = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
    (!["main", "lib"].contains(&&*name)).then_some(name)
}

fn height(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The text without tests at its end and without comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let is_tests = file.file_stem().is_some_and(|stem| stem == "tests");
    let text = if is_tests { "" } else { text.split("\n#[cfg(test)]\n").next().unwrap_or(&text) };
    text.lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `crate::MODULE` with its line, also in `use crate::{a::b, c}`.
fn uses(text: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&format!("{root}::")) {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        let rest = &text[at + root.len() + 2..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for character in list.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.push((line, first_word(&word)));
                        word.clear();
                    }
                    other if depth == 0 => word.push(other),
                    _ => {}
                }
            }
            found.push((line, first_word(&word)));
        } else {
            found.push((line, first_word(rest)));
        }
    }
    found.retain(|(_, module)| module.starts_with(|c: char| c.is_lowercase()));
    found
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
