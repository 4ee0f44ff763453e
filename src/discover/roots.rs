//! Where the tree of files starts that a path belongs to: what includes may reach.

use super::evidence::TEMPLATES;
use crate::gate;
use std::fs;
use std::path::{Path, PathBuf};

/// The directory that holds the repository of `path`; the first of [`roots_of`].
pub fn root_of(path: &Path) -> PathBuf {
    roots_of(path).into_iter().next().unwrap_or_default()
}

/// The directories that files which `path` leads to may lie in, links followed: the nearest one above that holds a `.git`; where there
/// is none, the working directory if `path` lies below it, else the highest of the few directories above that hold a server's main file,
/// else the directory of `path`.
///
/// For a link outside a repository that is where the file behind it lies, and the directory of the link itself. In a repository a link
/// that leads out of it brings nothing with it: anybody may have put it there.
pub fn roots_of(path: &Path) -> Vec<PathBuf> {
    let absolute = gate::plain(path);
    let is_directory = fs::symlink_metadata(&absolute).is_ok_and(|found| found.is_dir());
    let around = if is_directory { Some(absolute.as_path()) } else { absolute.parent() };
    if let Some(repository) = around.and_then(gate::repository_around) {
        return vec![repository];
    }
    let real = fs::canonicalize(&absolute).ok();
    if real.as_ref().is_some_and(|real| real.is_dir()) {
        return real.iter().map(|real| repository(real).unwrap_or_else(|| tree(real))).collect();
    }
    let named = real_parent(&absolute);
    if let Some(repository) = repository(&named) {
        return vec![repository];
    }
    let behind = real.as_deref().and_then(Path::parent).unwrap_or(&named).to_owned();
    let mut roots = vec![repository(&behind).unwrap_or_else(|| tree(&behind))];
    if behind != named {
        roots.push(named);
    }
    roots
}

/// The directory of a path that need not exist, links in it followed as far as it does.
fn real_parent(path: &Path) -> PathBuf {
    let directory = path.parent().unwrap_or(path);
    let there = directory.ancestors().find_map(|known| Some((known, fs::canonicalize(known).ok()?)));
    let Some((known, real)) = there else { return directory.to_owned() };
    let rest = directory.strip_prefix(known).unwrap_or(Path::new(""));
    if rest.as_os_str().is_empty() { real } else { crate::files::normalise(&real.join(rest)) }
}

fn repository(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|ancestor| ancestor.join(".git").exists()).map(Path::to_owned)
}

/// The tree of a directory that is in no repository.
///
/// A working directory that is the file system's root or the user's home is nobody's tree.
fn tree(directory: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let is_tree = |here: &PathBuf| {
        here.parent().is_some() && Some(here) != home.as_ref() && directory.starts_with(here)
    };
    if let Some(here) = std::env::current_dir().ok().filter(is_tree) {
        return here;
    }
    let above = directory.ancestors().take(LEVELS).filter(|above| above.parent().is_some());
    above.filter(|above| holds_main_file(above)).last().unwrap_or(directory).to_owned()
}

/// How many directories, the file's own among them, are looked into for a server's main file.
const LEVELS: usize = 4;

/// Main files by which a directory is known as a server's.
const MAIN_FILES: [&str; 3] = ["envoy.yaml", "haproxy.cfg", "nginx.conf"];

fn holds_main_file(directory: &Path) -> bool {
    // What lies around a tree is not listed: it is asked for by name.
    let is_there = |name: String| fs::symlink_metadata(directory.join(name)).is_ok();
    let templates = |name: &'static str| TEMPLATES.iter().map(move |ending| format!("{name}.{ending}"));
    MAIN_FILES.iter().any(|name| is_there((*name).to_owned()) || templates(name).any(is_there))
}
