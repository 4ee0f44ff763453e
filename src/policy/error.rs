//! What is wrong with a policy file, and where.

use crate::printable::printable;
use std::fmt;

/// Why a policy cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyError {
    /// The file as it was named, or the name that is no policy's.
    pub path: String,
    /// Line, from 1; 0 where no place in a file is at fault.
    pub line: u32,
    /// Column in code points, from 1; 0 where no place in a file is at fault.
    pub column: u32,
    /// One line, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.path))?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", printable(&self.message))?;
        match &self.help {
            Some(help) => write!(f, "\n  tip: {}", printable(help)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PolicyError {}

/// The member of `known` that `word` most likely means.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = word.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name)
}
