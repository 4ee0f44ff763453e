//! Every configuration under `fixtures/checks` against what is drawn in it; `fixtures/README.md` says how to draw.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "fixtures/case.rs"]
mod case;
#[path = "fixtures/drawing.rs"]
mod drawing;
#[path = "fixtures/pages.rs"]
mod pages;

mod scratch;

use case::{Found, Given, Header};
use drawing::Expected;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A fixture: one file, or a directory with a root and what it includes.
struct Fixture {
    path: PathBuf,
    header: Header,
    /// The names of its files with their bytes; `.expected` files are not among them.
    files: Vec<(String, Vec<u8>)>,
    /// The text of its `.expected` file.
    list: Option<String>,
}

#[test]
fn fixtures_find_what_is_drawn_in_them() {
    let mut wrong = String::new();
    for fixture in fixtures() {
        let found = fixture.run();
        let expected = fixture.expected();
        if !agree(&expected, &found) {
            if std::env::var_os("TLSLINT_UPDATE").is_some() {
                fixture.update(&found);
            }
            wrong.push_str(&fixture.explain(&expected, &found));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What a fix must not bring.
const REFUSALS: [&str; 4] =
    ["server-refuses-to-start", "syntax-error", "cipher-string-invalid", "unknown-field"];

#[test]
fn each_fix_alone_mends_its_finding_and_is_what_help_says() {
    let (mut tried, mut wrong) = (0, String::new());
    for fixture in fixtures() {
        let before = fixture.run();
        let refused = |found: &[Found]| found.iter().filter(|one| REFUSALS.contains(&&*one.check)).count();
        for mended in fixture.mended() {
            let after = fixture.run_on(&mended.files);
            let is_same = |one: &&Found| (&one.check, &one.message) == (&mended.check, &mended.message);
            let number = |found: &[Found]| found.iter().filter(is_same).count();
            let help = mended.help.as_deref().unwrap_or_default();
            let says = ["write `", "add `", "remove `"].iter().any(|verb| help.starts_with(verb));
            if number(&after) >= number(&before) || refused(&after) > refused(&before) || !says {
                let _ = writeln!(
                    wrong,
                    "{}: {} [{}]: {help}; {} before, {} after, refused {} and {}",
                    fixture.path.display(),
                    mended.message,
                    mended.check,
                    number(&before),
                    number(&after),
                    refused(&before),
                    refused(&after)
                );
            }
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried} fixes were tried");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_help_says_to_write_in_place_of_a_line_is_accepted_there() {
    let (mut tried, mut wrong) = (0, String::new());
    for fixture in fixtures() {
        let before = fixture.run();
        for found in &before {
            let Some(files) = fixture.advised(found) else { continue };
            let after = fixture.run_on(&files);
            let is_same =
                |one: &&Found| one.check == found.check && one.line == found.line && one.path == found.path;
            let number = |found: &[Found]| found.iter().filter(is_same).count();
            let refused =
                |found: &[Found]| found.iter().filter(|one| REFUSALS.contains(&&*one.check)).count();
            if number(&after) >= number(&before) || refused(&after) > refused(&before) {
                let help = found.help.as_deref().unwrap_or_default();
                let _ = writeln!(
                    wrong,
                    "{}:{}: {} [{}]: {help}",
                    fixture.path.display(),
                    found.line,
                    found.message,
                    found.check
                );
            }
            tried += 1;
        }
    }
    assert!(tried > 15, "only {tried} helps were tried");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_check_has_fixtures_that_draw_it() {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let directories: Vec<_> = directories().iter().map(|directory| name(directory)).collect();
    let ids: Vec<_> = tlslint::checks::ALL.iter().map(|check| check.id).collect();
    assert_eq!(directories, ids);
    let drawn: BTreeSet<_> = fixtures()
        .iter()
        .flat_map(|fixture| {
            let directory = fixture.path.parent().map(name);
            fixture.expected().into_iter().filter(move |one| Some(&one.finding.check) == directory.as_ref())
        })
        .map(|one| one.finding.check)
        .collect();
    let undrawn: Vec<_> = ids.iter().filter(|id| !drawn.contains(**id)).collect();
    assert!(undrawn.is_empty(), "{undrawn:?}");
}

impl Fixture {
    fn run(&self) -> Vec<Found> {
        self.run_on(&self.files)
    }

    fn run_on(&self, files: &[(String, Vec<u8>)]) -> Vec<Found> {
        case::run(&self.header, &self.given(), files)
    }

    fn mended(&self) -> Vec<case::Mended> {
        case::mended(&self.header, &self.given(), &self.files)
    }

    fn given(&self) -> Given<'_> {
        match self.files.as_slice() {
            [(name, _)] if !self.path.is_dir() => Given::File(name),
            _ => Given::Tree,
        }
    }

    /// The files with the line of a finding replaced by what its help says to write there; `None` where help speaks of something else than a
    /// whole line, or a fix writes it.
    fn advised(&self, found: &Found) -> Option<Vec<(String, Vec<u8>)>> {
        let written = found.help.as_deref()?.strip_prefix("write ")?;
        let line_starts = [
            "ssl_protocols ",
            "ssl_ciphers ",
            "proxy_ssl_",
            "grpc_ssl_",
            "ssl-default-",
            "CipherString",
            "MinProtocol",
        ];
        let start = line_starts.iter().find(|start| written.starts_with(**start))?;
        let mut files = self.files.clone();
        let (_, bytes) = files.iter_mut().find(|(name, _)| *name == found.path)?;
        let text = String::from_utf8(bytes.clone()).ok()?;
        let mut lines: Vec<&str> = text.lines().collect();
        let line = lines.get_mut(found.line as usize - 1)?;
        let keyword = start.trim_end_matches(['_', ' ']);
        if !line.trim_start().starts_with(keyword) || written.contains(" and ") {
            return None;
        }
        *line = written;
        *bytes = (lines.join("\n") + "\n").into_bytes();
        Some(files)
    }

    fn expected(&self) -> Vec<Expected> {
        let texts = self.texts();
        let drawn = texts.iter().flat_map(|(name, text)| drawing::read(name, text));
        drawn.chain(self.list.iter().flat_map(|list| drawing::read_list(list))).collect()
    }

    /// The files that are configurations, as text.
    fn texts(&self) -> Vec<(String, String)> {
        let text =
            |(name, bytes): &(String, Vec<u8>)| (name.clone(), String::from_utf8_lossy(bytes).into_owned());
        self.files.iter().map(text).collect()
    }

    /// Draws what is found into the files; for the eyes of whoever changes what is found.
    fn update(&self, found: &[Found]) {
        let base =
            if self.path.is_dir() { self.path.clone() } else { self.path.parent().unwrap().to_owned() };
        // Lists are kept by hand.
        if self.list.is_some() {
            return;
        }
        for (name, bytes) in &self.files {
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            let new = drawing::redraw(name, text, found);
            if new != text && found.iter().any(|one| one.path == *name) {
                fs::write(base.join(name), new).unwrap();
            }
        }
    }

    /// What differs, and every file concerned as it would have to be drawn.
    fn explain(&self, expected: &[Expected], found: &[Found]) -> String {
        let mut out = format!("\n{}:\n", self.path.display());
        for one in expected.iter().filter(|one| !found.iter().any(|found| one.admits(found))) {
            let _ = write!(out, "  drawn, not found: {}", drawing::list(std::slice::from_ref(&one.finding)));
        }
        for one in found.iter().filter(|found| !expected.iter().any(|one| one.admits(found))) {
            let _ = write!(out, "  found, not drawn: {}", drawing::list(std::slice::from_ref(one)));
            let _ = write!(
                out,
                "{}",
                one.help.iter().fold(String::new(), |out, help| out + "    help: " + help + "\n")
            );
        }
        if self.list.is_some() {
            let _ = write!(out, "  as a list:\n{}", drawing::list(found));
            return out;
        }
        let concerned: BTreeSet<_> = found
            .iter()
            .chain(expected.iter().map(|one| &one.finding))
            .map(|one| one.path.as_str())
            .collect();
        for (name, text) in self.texts().iter().filter(|(name, _)| concerned.contains(name.as_str())) {
            let _ = write!(out, "  {name} as found:\n{}", drawing::redraw(name, text, found));
        }
        out
    }
}

/// Whether each expectation has one finding of its own and none is left.
fn agree(expected: &[Expected], found: &[Found]) -> bool {
    let mut left: Vec<_> = found.iter().collect();
    // Longer beginnings are pickier, so they choose first.
    let mut expected: Vec<_> = expected.iter().collect();
    expected.sort_by_key(|one| std::cmp::Reverse(one.finding.message.len()));
    for one in expected {
        let Some(at) = left.iter().position(|found| one.admits(found)) else { return false };
        left.swap_remove(at);
    }
    left.is_empty()
}

fn directories() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
    let entries = fs::read_dir(root).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut directories: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    directories.sort();
    directories
}

fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for directory in directories() {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let mut entries: Vec<_> = entries.filter(|path| !is_list(path)).collect();
        entries.sort();
        fixtures.extend(entries.iter().map(|path| read(path)));
    }
    fixtures
}

fn is_list(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "expected")
}

fn read(path: &Path) -> Fixture {
    let base = if path.is_dir() { path } else { path.parent().unwrap() };
    let mut files = Vec::new();
    let mut list = None;
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        if is_list(entry.path()) {
            list = Some(fs::read_to_string(entry.path()).unwrap());
            continue;
        }
        let name = entry.path().strip_prefix(base).unwrap().to_string_lossy().into_owned();
        files.push((name, fs::read(entry.path()).unwrap()));
    }
    if !path.is_dir() {
        let beside = PathBuf::from(format!("{}.expected", path.display()));
        list = fs::read_to_string(beside).ok();
    }
    let first_line = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        Header::parse(text.lines().next().unwrap_or_default())
    };
    let from_list = list.as_deref().and_then(|list| first_line(list.as_bytes()));
    let header = from_list.or_else(|| files.iter().find_map(|(_, bytes)| first_line(bytes)));
    Fixture { path: path.to_owned(), header: header.unwrap_or_default(), files, list }
}
