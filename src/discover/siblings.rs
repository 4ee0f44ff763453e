//! Files of nginx that one include takes together: those of a directory made for that.

use super::Disk;
use super::evidence::{Judgement, bare_name, judge, judge_sibling};
use crate::endpoint::Dialect;
use crate::files::Kind;
use std::path::{Path, PathBuf};

/// Directories whose files a root includes by `*` or `*.conf`, in the packages of nginx and of distributions.
const SHARED: [&str; 9] = [
    "conf.d",
    "http.d",
    "servers",
    "sites.d",
    "stream.d",
    "streams-enabled",
    "vhost.d",
    "vhosts",
    "vhosts.d",
];

/// Endings of files that are kept and not included.
const KEPT: [&str; 8] = ["bak", "disabled", "dpkg-dist", "off", "old", "orig", "rpmnew", "save"];

/// The directory of `path`, where the files in it are included together.
pub fn shared_directory(path: &Path) -> Option<&Path> {
    let directory = path.parent()?;
    let name = directory.file_name()?.to_string_lossy().to_lowercase();
    (SHARED.contains(&name.as_str()) || name.starts_with("sites-"))
        .then_some(directory)
        .filter(|_| is_taken(path))
}

/// The files on disk that an include of everything in `directory` takes, in order.
pub fn siblings(directory: &Path, disk: &Disk) -> Vec<PathBuf> {
    let entries = disk.entries(directory).unwrap_or_default();
    let mut found: Vec<PathBuf> = entries.into_iter().map(|entry| directory.join(entry.name)).collect();
    found.retain(|found| is_taken(found) && disk.look(found) == Ok(Kind::File));
    found.sort();
    found
}

/// The language of a file that nobody could tell by itself, by those of the files beside it that one include takes with it.
pub fn judge_beside(path: &Path, text: &str, disk: &Disk) -> Option<Judgement> {
    let path = std::path::absolute(path).ok()?;
    let directory = shared_directory(&path)?;
    let judged = judge_sibling(&disk.place(&path), text)?;
    let is_nginx = |sibling: &PathBuf| {
        let head = disk.peek(sibling).ok().flatten().unwrap_or_default();
        judge(&disk.place(sibling), &head).is_some_and(|found| found.dialect == Dialect::Nginx)
    };
    let beside = siblings(directory, disk);
    let mut others = beside.iter().filter(|sibling| **sibling != path).take(MOST_BESIDE);
    others.any(is_nginx).then_some(judged)
}

/// How many files beside one are looked into to tell its language.
const MOST_BESIDE: usize = 64;

/// Whether an include of the whole directory takes a file of this name.
fn is_taken(path: &Path) -> bool {
    let name = bare_name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    !name.starts_with('.') && !name.ends_with('~') && !KEPT.contains(&ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_for_includes_are_shared() {
        for (path, expected) in [
            ("etc/nginx/conf.d/a.conf", true),
            ("sites-available/example.org", true),
            ("vhosts/a.conf.j2", true),
            ("conf.d/a.conf.bak", false),
            ("conf.d/.a.conf", false),
            ("snippets/tls.conf", false),
        ] {
            assert_eq!(shared_directory(Path::new(path)).is_some(), expected, "{path}");
        }
    }
}
