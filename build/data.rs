//! Reading a file of `rules/` and writing a generated one.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Reads one file of data; the build runs again when it changes.
pub(crate) fn read<T: DeserializeOwned>(path: &str) -> T {
    println!("cargo::rerun-if-changed={path}");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The YAML files of a directory in the order of their names; the build runs again when one comes or goes.
pub(crate) fn files(directory: &str) -> Vec<PathBuf> {
    println!("cargo::rerun-if-changed={directory}");
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{directory}: {error}")).path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths
}

/// An expression for the text of a file that is compiled in as it stands.
pub(crate) fn included(path: &Path) -> String {
    let path = std::path::absolute(path).expect("the working directory is known");
    format!("include_str!({:?})", path.display().to_string())
}

/// The variant of `Protocol` that a name means.
pub(crate) fn protocol(name: &str) -> &'static str {
    match name {
        "SSLv2" => "Protocol::Ssl2",
        "SSLv3" => "Protocol::Ssl3",
        "TLSv1" => "Protocol::Tls10",
        "TLSv1.1" => "Protocol::Tls11",
        "TLSv1.2" => "Protocol::Tls12",
        "TLSv1.3" => "Protocol::Tls13",
        other => panic!("{other} is no protocol"),
    }
}

/// Writes one generated file into the build's output directory.
pub(crate) fn write(name: &str, text: &str) {
    let directory = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    std::fs::write(Path::new(&directory).join(name), text).expect("the output directory is writable");
}
