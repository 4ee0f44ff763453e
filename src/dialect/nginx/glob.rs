//! `glob(3)` over the files that a run may see.

use crate::files::{FileTree, Kind};
use std::path::{Component, Path, PathBuf};

/// Whether nginx takes `path` for a pattern (`ngx_conf_include` in `src/core/ngx_conf_file.c`).
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files that `pattern` matches, sorted by their bytes.
pub(super) fn expand(pattern: &Path, files: &dyn FileTree) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let Component::Normal(name) = component else {
            for path in &mut found {
                path.push(component);
            }
            continue;
        };
        let name = name.to_string_lossy();
        if is_pattern(&name) {
            found = found.iter().flat_map(|directory| entries(directory, &name, files)).collect();
        } else {
            for path in &mut found {
                path.push(&*name);
            }
        }
    }
    found.retain(|path| match files.kind(path) {
        Some(kind) => kind == Kind::File,
        None => is_listed(path, files),
    });
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found
}

/// Whether a directory has the name, though nothing can be seen behind it: a link that leads nowhere or too far.
fn is_listed(path: &Path, files: &dyn FileTree) -> bool {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    files.list(here).is_ok_and(|names| names.iter().any(|known| *known == name.to_string_lossy()))
}

fn entries(directory: &Path, pattern: &str, files: &dyn FileTree) -> Vec<PathBuf> {
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let names = files.list(here).unwrap_or_default();
    let shown = |name: &String| !name.starts_with('.') || pattern.starts_with('.');
    names
        .into_iter()
        .filter(shown)
        .filter(|name| matches(pattern, name))
        .map(|name| directory.join(name))
        .collect()
}

/// Whether one name matches: `*`, `?`, `[a-z]`, `[!a]`, and `\` before a character that means itself.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut read) = (0, 0);
    let mut retry = None;
    while let Some(&c) = name.get(read) {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            retry = Some((at, read));
        } else if let Some(next) = one(&pattern, at, c) {
            at = next;
            read += 1;
        } else if let Some((star, from)) = retry {
            at = star;
            read = from + 1;
            retry = Some((star, read));
        } else {
            return false;
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

/// Where the pattern goes on behind an element that matches `c`.
fn one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match *pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => class(pattern, at, c),
        '\\' => (*pattern.get(at + 1)? == c).then_some(at + 2),
        plain => (plain == c).then_some(at + 1),
    }
}

fn class(pattern: &[char], open: usize, c: char) -> Option<usize> {
    let negated = matches!(pattern.get(open + 1), Some('!' | '^'));
    let first = open + 1 + usize::from(negated);
    let close = pattern.iter().skip(first + 1).position(|c| *c == ']').map(|found| found + first + 1);
    let Some(close) = close else { return (c == '[').then_some(open + 1) };
    let members = pattern.get(first..close)?;
    let mut inside = false;
    let mut at = 0;
    while let Some(&low) = members.get(at) {
        if let (Some('-'), Some(&high)) = (members.get(at + 1), members.get(at + 2)) {
            inside |= (low..=high).contains(&c);
            at += 3;
        } else {
            inside |= low == c;
            at += 1;
        }
    }
    (inside != negated).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    #[test]
    fn names_match_as_the_shell_has_it() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("*", "", true),
            ("a*b*c", "axbyc", true),
            ("a*b*c", "axbyd", false),
            ("[0-9]?-*", "10-a", true),
            ("[!0-9]*", "10-a", false),
            ("[]a]", "]", true),
            ("[", "[", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn paths_come_sorted_and_hidden_files_stay_away() {
        let tree = Memory::new(
            ["d/b/x.conf", "d/a/y.conf", "d/a/.z.conf", "d/a-b/w.conf", "d/x.conf"].map(|p| (p, "")),
        );
        let found = expand(Path::new("d/*/*.conf"), &tree);
        let found: Vec<_> = found.iter().map(|path| path.to_string_lossy()).collect();
        assert_eq!(found, ["d/a-b/w.conf", "d/a/y.conf", "d/b/x.conf"]);
        assert!(expand(Path::new("e/*"), &tree).is_empty());
    }
}
