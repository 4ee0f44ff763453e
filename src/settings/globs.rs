//! Patterns of paths, as settings and the command line write them.

use globset::{GlobBuilder, GlobMatcher};
use std::path::{Path, PathBuf};

/// Braces inside each other, and bytes, that a pattern may have: the library that reads it recurses, and its automaton grows.
const DEEPEST: usize = 8;
const LONGEST: usize = 1024;

/// How many braces stand inside each other.
fn depth(glob: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for character in glob.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A pattern, and the directory that it starts from.
///
/// A pattern without `/` matches the name of a file or directory at any depth; one with `/` matches from the directory on. `*` stays
/// within a name, `**` does not. What lies below a matching directory matches.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    base: PathBuf,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Reads a pattern that starts from the directory `base`.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn new(text: &str, base: &Path) -> Result<Self, String> {
        let anchored = text.trim_start_matches("./").trim_end_matches('/');
        let glob = if anchored.contains('/') {
            anchored.trim_start_matches('/').to_owned()
        } else {
            format!("**/{anchored}")
        };
        if depth(&glob) > DEEPEST {
            return Err(format!("more than {DEEPEST} braces inside each other"));
        }
        if glob.len() > LONGEST {
            return Err(format!("longer than {LONGEST} bytes"));
        }
        let glob = GlobBuilder::new(&glob)
            .literal_separator(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        Ok(Self { text: text.to_owned(), base: base.to_owned(), matcher: glob.compile_matcher() })
    }

    /// Reads a pattern that starts from the working directory.
    ///
    /// # Errors
    /// What is wrong with it, as a clause.
    pub fn from_flag(text: &str) -> Result<Self, String> {
        Self::new(text, &super::absolute(Path::new("")))
    }

    /// Whether `path`, taken from the working directory, matches.
    pub fn matches_relative(&self, path: &Path) -> bool {
        self.matches(&super::absolute(path))
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `path`, or a directory that it lies in, matches. `path` and the base have to start from the same place.
    pub fn matches(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.base) else { return false };
        below.ancestors().any(|part| !part.as_os_str().is_empty() && self.matcher.is_match(part))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.base) == (&other.text, &other.base)
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_at_any_depth_and_paths_from_the_base() {
        let check = |pattern: &str, path: &str, expected: bool| {
            let matches = Pattern::new(pattern, Path::new("/r")).unwrap().matches(Path::new(path));
            assert_eq!(matches, expected, "{pattern} on {path}");
        };
        check("*.vhost", "/r/a/b.vhost", true);
        check("*.vhost", "/x/b.vhost", false);
        check("tests/bad/**", "/r/tests/bad/x/y.conf", true);
        check("tests/bad", "/r/tests/bad/x/y.conf", true);
        check("bad", "/r/tests/bad/x.conf", true);
        check("tests/*.conf", "/r/tests/a/b.conf", false);
        check("./tests/*.conf", "/r/tests/b.conf", true);
        check("**/x.conf", "/r/a/b/x.conf", true);
        assert!(Pattern::new("a[", Path::new("/r")).is_err());
    }
}
