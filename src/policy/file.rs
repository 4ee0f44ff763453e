//! A policy's file, as reports name it: an id alone is what anybody may write into a file.

use openssl::sha::Sha256;
use std::fmt::{self, Write as _};
use std::path::Path;

/// The file that a policy stands in, told by its path and by what it and those that it extends hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyFile {
    /// Its path, from the working directory where it lies below.
    pub path: String,
    /// SHA-256 over its bytes, followed by the digest of the file that it extends, in hexadecimal.
    pub sha256: String,
}

impl PolicyFile {
    /// The file at `path` with this text; `base` is the file that it extends.
    pub(super) fn new(path: &Path, text: &str, base: Option<&Self>) -> Self {
        let mut digest = Sha256::new();
        digest.update(text.as_bytes());
        if let Some(base) = base {
            digest.update(base.sha256.as_bytes());
        }
        let mut sha256 = String::new();
        for byte in digest.finish() {
            let _ = write!(sha256, "{byte:02x}");
        }
        let here = std::env::current_dir().unwrap_or_default();
        let path = path.strip_prefix(&here).unwrap_or(path).display().to_string();
        Self { path, sha256 }
    }
}

impl fmt::Display for PolicyFile {
    /// The path, and as much of the digest as tells one file from another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, sha256 {}", self.path, self.sha256.get(..16).unwrap_or(&self.sha256))
    }
}

/// What to call a policy in a sentence.
pub fn label(id: &str, file: Option<&PolicyFile>, unverified: bool) -> String {
    let file = match file {
        None => String::new(),
        Some(file) => format!(" ({file})"),
    };
    let mark = if unverified { " (unverified)" } else { "" };
    format!("{id}{file}{mark}")
}
