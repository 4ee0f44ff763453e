//! Which files HAProxy is given together: several `-f` are one text, and so is a directory (haproxy(1)).

use super::Disk;
use super::evidence::bare_name;
use crate::files::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A file of HAProxy's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its path, absolute or relative as those of all others are.
    pub path: PathBuf,
    /// Whether it has a `global` section.
    pub is_root: bool,
}

/// Groups `parts` by the texts that they make, each in the order in which HAProxy reads it; indices into `parts`.
///
/// One text are the `*.cfg` of a directory `conf.d`, `haproxy.d` and the like, behind a `haproxy.cfg` beside that directory; those of
/// a directory in which all names start with numbers and no file but the first has a `global` section; those of one whose only `global`
/// section comes first, in a file that is not called `haproxy.cfg`; and those that are named for the sections in them. Every other file is
/// a text of its own, whatever was named: the answer is the same for a file, its directory, and the repository.
pub fn texts(parts: &[Part]) -> Vec<Vec<usize>> {
    let mut directories: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        if is_configuration(&part.path) {
            directories.entry(part.path.parent().unwrap_or(Path::new(""))).or_default().push(index);
        }
    }
    let mut texts = Vec::new();
    for (directory, mut files) in directories {
        files.sort_by_key(|index| bare_name(&parts[*index].path));
        let main = directory.parent().filter(|_| is_drop_in(directory));
        let main = main.and_then(|above| main_file(parts, above));
        let led = global_section(parts, &files);
        let is_complete = files.first().is_some_and(|first| bare_name(&parts[*first].path) == "haproxy.cfg");
        if is_drop_in(directory)
            || (is_numbered(parts, &files) && led != Global::Elsewhere)
            || (files.len() > 1 && led == Global::First && !is_complete)
        {
            texts.push(main.into_iter().chain(files).collect::<Vec<_>>());
        } else if let Some(sections) = sections(parts, files) {
            texts.push(sections);
        }
    }
    // A main file with two such directories beside it is read with the first alone.
    let mut taken = BTreeSet::new();
    texts.retain_mut(|text| {
        text.retain(|index| !taken.contains(index));
        taken.extend(text.iter().copied());
        !text.is_empty()
    });
    texts.extend((0..parts.len()).filter(|index| !taken.contains(index)).map(|index| vec![index]));
    texts.sort();
    texts
}

/// The files on disk that may make one text with the one at `path`, as far as their places say.
pub fn neighbours(path: &Path, disk: &Disk) -> Vec<PathBuf> {
    let listed = |directory: &Path| listed(directory, disk);
    let is = |path: &Path, kind: Kind| disk.look(path) == Ok(kind);
    let beside = path.parent().map(listed).unwrap_or_default();
    let drop_ins = beside.iter().filter(|path| is_drop_in(path) && is(path, Kind::Directory));
    let drop_ins = drop_ins.flat_map(|path| listed(path));
    let above = path.parent().filter(|directory| is_drop_in(directory)).and_then(Path::parent);
    let main = above.map(listed).unwrap_or_default().into_iter();
    let main: Vec<_> = main.filter(|path| bare_name(path) == "haproxy.cfg").collect();
    let mut found: Vec<_> = drop_ins.chain(beside.iter().cloned()).chain(main).collect();
    found.retain(|found| found != path && is_configuration(found) && is(found, Kind::File));
    found.sort();
    found
}

/// What a directory holds; nothing where it cannot be read, which is told where it is walked.
fn listed(directory: &Path, disk: &Disk) -> Vec<PathBuf> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = disk.entries(directory).unwrap_or_default();
    entries.into_iter().map(|entry| directory.join(entry.name)).collect()
}

/// Whether HAProxy reads a file of this name where it is given its directory, template or not.
fn is_configuration(path: &Path) -> bool {
    is_read_of_directory(&bare_name(path))
}

/// Whether HAProxy reads a file of this name where it is given its directory (cfgfiles_expand_directories() in src/haproxy.c).
pub fn is_read_of_directory(name: &str) -> bool {
    // It looks at the first ".cfg" of the name alone.
    let ending = name.find(".cfg").and_then(|at| name.get(at..));
    !name.starts_with('.') && ending == Some(".cfg")
}

fn is_drop_in(directory: &Path) -> bool {
    directory.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".d"))
}

/// The `haproxy.cfg` of a directory.
fn main_file(parts: &[Part], directory: &Path) -> Option<usize> {
    parts
        .iter()
        .position(|part| part.path.parent() == Some(directory) && bare_name(&part.path) == "haproxy.cfg")
}

fn is_numbered(parts: &[Part], files: &[usize]) -> bool {
    files.len() > 1
        && files
            .iter()
            .all(|index| bare_name(&parts[*index].path).starts_with(|first: char| first.is_ascii_digit()))
}

/// Where the `global` sections of several files are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Global {
    /// In others than the first: each file may well be a configuration by itself.
    Elsewhere,
    /// In the first file alone.
    First,
    /// Nowhere.
    None,
}

fn global_section(parts: &[Part], files: &[usize]) -> Global {
    let mut are_roots = files.iter().map(|index| parts[*index].is_root);
    let first = are_roots.next();
    match (first, are_roots.any(|is_root| is_root)) {
        (_, true) => Global::Elsewhere,
        (Some(true), false) => Global::First,
        (_, false) => Global::None,
    }
}

/// Words of names that say which sections a file holds, in the order in which HAProxy wants them.
const SECTIONS: [&[&str]; 3] = [
    &["global"],
    &["default", "defaults"],
    &[
        "backend",
        "backends",
        "frontend",
        "frontends",
        "listen",
        "listener",
        "listeners",
        "peers",
        "resolvers",
        "stats",
        "userlist",
    ],
];

/// The place of a file among parts that are named for their sections: `haproxy_global.cfg.j2` before `haproxy_frontend.cfg.j2`.
fn section(path: &Path) -> Option<usize> {
    let name = bare_name(path);
    let mut words = name.trim_end_matches(".cfg").split(|next: char| !next.is_ascii_alphanumeric());
    words.find_map(|word| SECTIONS.iter().position(|sections| sections.contains(&word)))
}

/// Those of `files` that are named for their sections, in order; `None` where they are no parts of one text.
fn sections(parts: &[Part], files: Vec<usize>) -> Option<Vec<usize>> {
    let named = files.into_iter().filter_map(|index| Some((section(&parts[index].path)?, index)));
    let mut named: Vec<(usize, usize)> = named.collect();
    named.sort_by_key(|(rank, _)| *rank);
    let complete = named.iter().filter(|(_, index)| parts[*index].is_root).count();
    let leads = named.first().is_some_and(|(_, index)| parts[*index].is_root) || complete == 0;
    (named.len() > 1 && complete < 2 && leads).then(|| named.into_iter().map(|(_, index)| index).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `+` marks a file with a `global` section.
    #[track_caller]
    fn check(files: &[&str], expected: &[&str]) {
        let parts: Vec<_> = files
            .iter()
            .map(|file| Part {
                path: PathBuf::from(file.trim_start_matches('+')),
                is_root: file.starts_with('+'),
            })
            .collect();
        let found = texts(&parts);
        let found: Vec<String> = found
            .into_iter()
            .map(|text| {
                text.iter()
                    .map(|index| parts[*index].path.display().to_string())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn drop_in_directories_are_one_text_behind_the_main_file() {
        check(&["etc/conf.d/b.cfg", "etc/conf.d/a.cfg"], &["etc/conf.d/a.cfg etc/conf.d/b.cfg"]);
        check(
            &["+etc/haproxy.cfg", "etc/conf.d/a.cfg", "etc/conf.d/notes.txt"],
            &["etc/haproxy.cfg etc/conf.d/a.cfg", "etc/conf.d/notes.txt"],
        );
        check(&["+haproxy.cfg", "conf.d/a.cfg"], &["haproxy.cfg conf.d/a.cfg"]);
    }

    #[test]
    fn numbers_say_an_order() {
        check(&["x/20-web.cfg.j2", "+x/10-global.cfg.j2"], &["x/10-global.cfg.j2 x/20-web.cfg.j2"]);
        check(&["x/20-web.cfg", "+x/global.cfg"], &["x/20-web.cfg", "x/global.cfg"]);
        check(&["+x/1.cfg", "+x/2.cfg"], &["x/1.cfg", "x/2.cfg"]);
    }

    #[test]
    fn a_directory_is_one_text_where_its_global_section_leads() {
        check(&["+x/base.cfg", "x/web.cfg"], &["x/base.cfg x/web.cfg"]);
        check(&["+x/one.cfg", "+x/two.cfg"], &["x/one.cfg", "x/two.cfg"]);
        check(&["x/back.cfg", "+x/main.cfg"], &["x/back.cfg", "x/main.cfg"]);
        check(&["+x/haproxy.cfg", "x/other.cfg"], &["x/haproxy.cfg", "x/other.cfg"]);
    }

    #[test]
    fn parts_named_for_their_sections_are_one_text() {
        check(
            &["x/haproxy_frontend.cfg.j2", "+x/haproxy_global.cfg.j2", "x/haproxy_defaults.cfg.j2"],
            &["x/haproxy_global.cfg.j2 x/haproxy_defaults.cfg.j2 x/haproxy_frontend.cfg.j2"],
        );
        check(&["x/backend.cfg", "x/frontend.cfg"], &["x/backend.cfg x/frontend.cfg"]);
        check(&["+x/a_frontend.cfg", "+x/b_frontend.cfg"], &["x/a_frontend.cfg", "x/b_frontend.cfg"]);
    }
}
