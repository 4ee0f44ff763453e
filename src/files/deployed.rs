//! Where the paths of the machine that a configuration is written for stand in a tree of files.
//!
//! A path is answered by evidence alone: where the user says that it stands, its own place below a root, or the end of it, at least one
//! directory and the name, in a directory around the configuration or in the role that it belongs to. A name alone says nothing: every
//! host has a `site.pem`.

use super::{Kind, normalise};
use std::path::{Component, Path, PathBuf};

/// How much of a path must be found in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Evidence {
    /// All of it.
    Whole,
    /// All of it, or its end: the name with at least the directory in front of it.
    Directory,
    /// All of it, or its end: the name of a directory, in which what is looked for has a name of its own.
    Name,
}

/// A tree, and what is known of the machine.
pub(crate) struct Deployment<'a> {
    /// The roots that hold the configuration.
    pub(crate) roots: &'a [PathBuf],
    /// Directories of the machine, each with where it stands in the tree.
    pub(crate) root_map: &'a [(PathBuf, PathBuf)],
    /// What stands at a path of the tree.
    pub(crate) kind: &'a dyn Fn(&Path) -> Option<Kind>,
}

/// The configuration that names a path.
pub(crate) struct Asker<'a> {
    /// The directories that its relative paths start from.
    pub(crate) starts: &'a [PathBuf],
    /// Those and the directories above that the run may see, nearest first.
    pub(crate) above: &'a [PathBuf],
}

impl Deployment<'_> {
    /// Where `path` stands for `asker`.
    pub(crate) fn find(&self, path: &Path, asker: &Asker<'_>, evidence: Evidence) -> Option<PathBuf> {
        let shortest = match evidence {
            Evidence::Whole => return self.whole(path, asker),
            Evidence::Directory => 2,
            Evidence::Name => 1,
        };
        self.whole(path, asker).or_else(|| self.end(path, asker, shortest))
    }

    fn is(&self, path: &Path) -> bool {
        (self.kind)(path).is_some()
    }

    fn whole(&self, path: &Path, asker: &Asker<'_>) -> Option<PathBuf> {
        if path.is_relative() {
            return asker.starts.iter().map(|start| start.join(path)).find(|path| self.is(path));
        }
        if self.is(path) {
            return Some(path.to_owned());
        }
        let mapped =
            self.root_map.iter().filter_map(|(from, to)| Some(to.join(path.strip_prefix(from).ok()?)));
        let below: PathBuf = names(path).collect();
        let below = self.roots.iter().map(|root| root.join(&below));
        mapped.chain(below).find(|path| self.is(path))
    }

    /// The longest end of `path`, of at least `shortest` names, that stands in a directory of the asker's; the nearest where several do.
    fn end(&self, path: &Path, asker: &Asker<'_>, shortest: usize) -> Option<PathBuf> {
        let path = normalise(path);
        let names: Vec<_> = names(&path).collect();
        let places = asker.above.iter().cloned().chain(role_directories(asker.above));
        let places: Vec<PathBuf> = places.collect();
        let ends = (0..(names.len() + 1).saturating_sub(shortest)).map(|from| names[from..].iter().collect());
        ends.into_iter()
            .flat_map(|end: PathBuf| places.iter().map(move |place| place.join(&end)))
            .find(|path| self.is(path))
    }
}

fn names(path: &Path) -> impl Iterator<Item = Component<'_>> {
    path.components().filter(|part| matches!(part, Component::Normal(_)))
}

/// The directories of a role (Ansible), module (Puppet) or cookbook (Chef) whose files go to the same machines.
const PARTS: [&str; 4] = ["files", "templates", "files/default", "templates/default"];

/// The other directories of the role that `above` lead through.
fn role_directories(above: &[PathBuf]) -> impl Iterator<Item = PathBuf> + '_ {
    let is_part = |directory: &&PathBuf| {
        directory.file_name().is_some_and(|name| name == "files" || name == "templates" || name == "tasks")
    };
    let roles = above.iter().filter(is_part).filter_map(|directory| directory.parent());
    roles.flat_map(|role| PARTS.iter().map(move |part| role.join(part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileTree, Memory};

    /// What `path` is for the configuration in `from`, in a tree of `files`.
    #[track_caller]
    fn check(files: &[&str], (from, path): (&str, &str), expected: Option<&str>) {
        let tree = Memory::new(files.iter().chain([&from]).map(|file| (*file, "")));
        let from = tree.read(Path::new(from)).unwrap().id();
        let found = tree.deployed(Path::new(path), from, Evidence::Directory);
        assert_eq!(found.as_deref(), expected.map(Path::new), "{path}");
    }

    #[test]
    fn a_name_alone_is_no_evidence() {
        let question = ("lb/haproxy.cfg", "/etc/haproxy/site.pem");
        check(&["other/site.pem"], question, None);
        check(&["lb/site.pem"], question, None);
        check(&["lb/haproxy/site.pem"], question, Some("lb/haproxy/site.pem"));
        check(&["haproxy/site.pem"], question, Some("haproxy/site.pem"));
        check(&["other/haproxy/site.pem"], question, None);
    }

    #[test]
    fn the_whole_path_goes_before_its_end_and_the_near_before_the_far() {
        let question = ("a/etc/nginx/nginx.conf", "/etc/nginx/tls/x.conf");
        check(&["etc/nginx/tls/x.conf", "a/tls/x.conf"], question, Some("etc/nginx/tls/x.conf"));
        check(&["tls/x.conf", "a/tls/x.conf"], question, Some("a/tls/x.conf"));
        check(&["b/etc/nginx/tls/x.conf", "tls/x.conf"], question, Some("tls/x.conf"));
    }

    #[test]
    fn files_and_templates_of_a_role_go_together() {
        let question = ("roles/web/templates/nginx.conf.j2", "/etc/nginx/tls/x.conf");
        check(&["roles/web/files/tls/x.conf"], question, Some("roles/web/files/tls/x.conf"));
        check(&["roles/db/files/tls/x.conf"], question, None);
        check(&["roles/web/files/x.conf"], question, None);
    }

    #[test]
    fn relative_paths_start_from_the_file_itself() {
        let question = ("web/nginx.conf", "tls/x.pem");
        check(&["web/tls/x.pem"], question, Some("web/tls/x.pem"));
        check(&["tls/x.pem"], question, Some("tls/x.pem"));
        check(&["x.pem"], ("web/nginx.conf", "x.pem"), None);
    }
}
