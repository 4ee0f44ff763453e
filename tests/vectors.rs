//! Every expansion against what real libraries answered: `fixtures/vectors`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use flate2::read::GzDecoder;
use rayon::prelude::*;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tlslint::library::{Choice, ErrorKind, Library, Parser};
use tlslint::protocol::Role;

/// The file's name without `-strict`, and the library that it was taken from.
const BUILDS: [(&str, &str); 21] = [
    ("openssl-1.0.2q-psycopg", "openssl-1.0.2+krb5"),
    ("openssl-1.1.0i-default", "openssl-1.1.0"),
    ("openssl-1.1.0i-full", "openssl-1.1.0+weak"),
    ("openssl-1.1.1g-default", "openssl-1.1.1"),
    ("openssl-1.1.1k-rhel8", "openssl-1.1.1+rhel"),
    ("openssl-1.1.1w-default", "openssl-1.1.1"),
    ("openssl-1.1.1w-full", "openssl-1.1.1+weak"),
    ("openssl-3.0.8-default", "openssl-3.0"),
    ("openssl-3.0.8-full", "openssl-3.0+weak"),
    ("openssl-3.0.8-full-legacy", "openssl-3.0+weak+legacy"),
    ("openssl-3.2.1-default", "openssl-3.2"),
    ("openssl-3.5.8-default", "openssl-3.5"),
    ("openssl-3.5.5-full", "openssl-3.5+weak"),
    ("openssl-3.5.5-full-legacy", "openssl-3.5+weak+legacy"),
    ("openssl-3.6.3-default", "openssl-3.6"),
    ("openssl-4.0.3-default", "openssl-4.0"),
    ("openssl-4.0.3-full", "openssl-4.0+weak"),
    ("boringssl-boring5.4.0-aeshw", "boringssl-44"),
    ("boringssl-boring5.4.0-noaeshw", "boringssl-44+noaes"),
    ("boringssl-boring4.22.0-aeshw", "boringssl-21"),
    ("awslc-0.47.0-aeshw", "aws-lc-5.12"),
];

#[test]
fn every_string_means_what_the_real_library_said() {
    let count: usize = files("vectors-").par_iter().map(|(key, path)| strings_of(key, path)).sum();
    assert_eq!(count, 81_609);
}

/// Holds one library's strings against its answers; returns how many there are.
fn strings_of(key: &str, path: &Path) -> usize {
    let parser = if key.ends_with("-strict") { Parser::Strict } else { Parser::Lenient };
    let lines = lines(path);
    let library = match lines[0]["meta"]["system_ciphers"].as_str() {
        // What the crypto policy of the system said.
        Some(ciphers) => library(key.rsplit_once('-').unwrap().0).with_system_ciphers(ciphers),
        None => library(key.trim_end_matches("-strict").trim_end_matches("-nofile")),
    };
    let names = strings(&lines[0]["meta"]["names"]);
    let lists = lines[1]["lists"].as_array().unwrap();
    for row in &lines[2..] {
        let string = row["s"].as_str().unwrap();
        let expansion = library.expand(string, parser);
        if let Some(error) = row["error"].as_str() {
            let kind = expansion.error.map(|error| error.kind);
            assert_eq!(kind, Some(kind_of(error)), "{key}: {string:?}");
            continue;
        }
        assert_eq!(expansion.error, None, "{key}: {string:?}");
        let wanted = groups(&lists[row["l"].as_u64().unwrap() as usize], &names);
        let got: Vec<Vec<String>> = expansion
            .groups
            .iter()
            .map(|group| {
                let suites = expansion.suites[group.clone()].iter();
                suites.map(|selected| library.name_of(selected.suite).to_owned()).collect()
            })
            .collect();
        assert_eq!(got, wanted, "{key}: {string:?}");
        if let Some(level) = row["seclevel"].as_u64() {
            assert_eq!(expansion.security_level.map(u64::from), Some(level), "{key}: {string:?}");
        }
    }
    lines.len() - 2
}

#[test]
fn every_level_leaves_what_the_real_library_left() {
    let mut count = 0;
    for (key, path) in files("supported-") {
        let library = Choice::by_id(library(&key).id()).unwrap();
        let lines = lines(&path);
        let lists = strings(&lines[0]["lists"]);
        for row in &lines[1..] {
            let string = row["s"].as_str().unwrap();
            let role = if row["side"] == "server" { Role::Server } else { Role::Client };
            let before = row["ctx_seclevel"].as_u64().unwrap() as u8;
            let expansion = library.expand(string, Parser::Strict);
            count += 1;
            if let Some(error) = row["error"].as_str() {
                assert_eq!(expansion.error.map(|error| error.kind), Some(kind_of(error)), "{key}: {row}");
                continue;
            }
            let level = expansion.security_level.unwrap_or(before);
            assert_eq!(u64::from(level), row["final_seclevel"].as_u64().unwrap(), "{key}: {row}");
            let left: Vec<&str> =
                library.enabled(&expansion, level, role).map(|selected| selected.suite.name()).collect();
            assert_eq!(left.join(":"), lists[row["l"].as_u64().unwrap() as usize], "{key}: {row}");
            if let Some(tls13) = row["tls13"].as_array() {
                let kept: Vec<&str> = library
                    .default_tls13()
                    .iter()
                    .filter(|suite| library.permits_suite(**suite, level, role))
                    .map(|suite| suite.name())
                    .collect();
                assert_eq!(
                    kept,
                    tls13.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>(),
                    "{key}: {row}"
                );
            }
        }
    }
    assert_eq!(count, 8 * 1320);
}

/// The vector files whose names start with `prefix`, by the rest of their names.
fn files(prefix: &str) -> Vec<(String, PathBuf)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_prefix(prefix)?.strip_suffix(".jsonl.gz")?;
            Some((name.to_owned(), path.clone()))
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn library(key: &str) -> &'static Library {
    let (_, id) =
        BUILDS.iter().find(|(known, _)| *known == key).unwrap_or_else(|| panic!("{key} is no known build"));
    Library::find(id).unwrap_or_else(|| panic!("{id} is no library"))
}

fn lines(path: &Path) -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap_or("").to_owned()).collect()
}

/// A list of indices into the names, or `A:[B|C]:D`.
fn groups(list: &Value, names: &[String]) -> Vec<Vec<String>> {
    if let Some(text) = list.as_str() {
        let parts = text.split(':').filter(|part| !part.is_empty());
        return parts
            .map(|part| part.trim_matches(['[', ']']).split('|').map(str::to_owned).collect())
            .collect();
    }
    list.as_array()
        .unwrap()
        .iter()
        .map(|index| vec![names[index.as_u64().unwrap() as usize].clone()])
        .collect()
}

fn kind_of(error: &str) -> ErrorKind {
    match error {
        "invalid command" | "INVALID_COMMAND" => ErrorKind::InvalidCommand,
        "no cipher match" | "NO_CIPHER_MATCH" => ErrorKind::NoCipherMatch,
        "UNEXPECTED_OPERATOR_IN_GROUP" => ErrorKind::UnexpectedOperatorInGroup,
        "MIXED_SPECIAL_OPERATOR_WITH_GROUPS" => ErrorKind::MixedSpecialOperatorWithGroups,
        other => panic!("{other} is no known error"),
    }
}
