//! No circle of files: following what files use never leads back.
//!
//! A file uses another by a path (`crate::`, `super::`, `self::`, through names that a parent brings in too), and the file of a type uses
//! every file that gives the type methods, since whoever holds the type calls into them. A module and those inside it count as one
//! another's affair: a parent tells its parts apart, and parts use its words.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module by its path, without `crate`.
type Module = Vec<String>;

/// Files that are still in circles: one that is in none any more leaves the list, and none joins it.
const KNOWN: &[&str] = &[
    "src/dialect/envoy/certificates.rs",
    "src/dialect/envoy/clusters.rs",
    "src/dialect/envoy/endpoints.rs",
    "src/dialect/envoy/listeners.rs",
    "src/dialect/envoy/parameters.rs",
    "src/dialect/envoy/purpose.rs",
    "src/dialect/envoy/reader.rs",
    "src/dialect/envoy/selection.rs",
    "src/dialect/envoy/sockets.rs",
    "src/dialect/envoy/validation.rs",
    "src/dialect/envoy/verification.rs",
    "src/dialect/envoy/walk.rs",
    "src/dialect/haproxy/branches.rs",
    "src/dialect/haproxy/certificates.rs",
    "src/dialect/haproxy/classes.rs",
    "src/dialect/haproxy/condition.rs",
    "src/dialect/haproxy/dh.rs",
    "src/dialect/haproxy/endpoints.rs",
    "src/dialect/haproxy/generated.rs",
    "src/dialect/haproxy/heads.rs",
    "src/dialect/haproxy/inheritance.rs",
    "src/dialect/haproxy/lines.rs",
    "src/dialect/haproxy/listed.rs",
    "src/dialect/haproxy/listening.rs",
    "src/dialect/haproxy/mux.rs",
    "src/dialect/haproxy/named.rs",
    "src/dialect/haproxy/observe.rs",
    "src/dialect/haproxy/paths.rs",
    "src/dialect/haproxy/predicate.rs",
    "src/dialect/haproxy/prepared.rs",
    "src/dialect/haproxy/proxy.rs",
    "src/dialect/haproxy/quic.rs",
    "src/dialect/haproxy/reader.rs",
    "src/dialect/haproxy/rules.rs",
    "src/dialect/haproxy/server.rs",
    "src/dialect/haproxy/store.rs",
    "src/dialect/nginx/commands.rs",
    "src/dialect/nginx/config.rs",
    "src/dialect/nginx/includes.rs",
    "src/dialect/nginx/release.rs",
    "src/dialect/nginx/scope.rs",
    "src/dialect/nginx/tls.rs",
    "src/dialect/nginx/units.rs",
    "src/dialect/nginx/validate.rs",
    "src/dialect/nginx/values.rs",
    "src/dialect/nginx/zones.rs",
    "src/endpoint.rs",
    "src/library/any.rs",
    "src/library/boringssl.rs",
    "src/library/cache.rs",
    "src/library/choice.rs",
    "src/library/ciphersuites.rs",
    "src/library/expansion.rs",
    "src/library/group_list.rs",
    "src/library/handshake.rs",
    "src/library/linked.rs",
    "src/library/list.rs",
    "src/library/obstacle.rs",
    "src/library/offer.rs",
    "src/library/openssl_engine.rs",
    "src/library/profile.rs",
    "src/library/reason.rs",
    "src/library/signatures.rs",
    "src/library/signing.rs",
    "src/library/suite_b.rs",
    "src/library/table.rs",
    "src/policy/summary.rs",
    "src/run/conditions.rs",
    "src/run/coverage.rs",
    "src/run/input.rs",
    "src/run/reading.rs",
    "src/run/siblings.rs",
    "src/syntax/haproxy.rs",
    "src/syntax/template.rs",
    "src/worlds/across.rs",
    "src/worlds/evaluate.rs",
    "src/worlds/fill.rs",
    "src/worlds/print.rs",
];

/// How often a name may be handed on.
const STEPS: usize = 8;

#[test]
fn files_use_no_file_that_leads_back() {
    let tree = Tree::read();
    let found: BTreeSet<String> = tree.circles().into_iter().flatten().collect();
    let known: BTreeSet<String> = KNOWN.iter().map(|file| (*file).to_owned()).collect();
    let new: Vec<_> = found.difference(&known).collect();
    let left: Vec<_> = known.difference(&found).collect();
    assert!(new.is_empty(), "in a circle:\n{}", tree.explain(&new));
    assert!(left.is_empty(), "in no circle any more, so take them off the list: {left:#?}");
}

#[test]
fn every_way_to_use_a_file_is_seen() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        let parents = [("src/a.rs", "")];
        let texts = parents.iter().chain(files).map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
        let found: Vec<_> = Tree::of(&texts.collect()).circles().into_iter().flatten().collect();
        assert_eq!(found, expected, "{files:?}");
    };
    let both = ["src/a/x.rs", "src/a/y.rs"];
    check(&[("src/a/x.rs", "use super::y::Y;"), ("src/a/y.rs", "use crate::a::x::{self, X};")], &both);
    check(&[("src/a/x.rs", "fn f() { super::y::g() }"), ("src/a/y.rs", "use super::{b, x::X};")], &both);
    // A name that the parent brings in.
    let parent = ("src/a.rs", "mod x; mod y; pub use x::X; use y::{Y, Z};");
    check(&[parent, ("src/a/x.rs", "use super::Z;"), ("src/a/y.rs", "use crate::a::X;")], &both);
    // Methods in another file.
    check(&[("src/a/x.rs", "pub struct X;"), ("src/a/y.rs", "use super::x::X;\nimpl X {\n}\n")], &both);
    check(
        &[("src/a/x.rs", "pub struct X;"), ("src/a/y.rs", "use super::x::X;\nimpl Clone for X {\n}\n")],
        &[],
    );
    // One way, parents and tests.
    check(
        &[
            ("src/a/x.rs", "use super::y::Y;"),
            ("src/a/y.rs", "// super::x::X\n\n#[cfg(test)]\nuse super::x::X;"),
        ],
        &[],
    );
    check(
        &[("src/a.rs", "mod x;\nuse x::X;\npub struct A;"), ("src/a/x.rs", "use super::A;\npub struct X;")],
        &[],
    );
}

/// The modules of the crate, and which uses which.
struct Tree {
    files: BTreeMap<Module, PathBuf>,
    uses: BTreeMap<Module, BTreeSet<Module>>,
}

impl Tree {
    fn read() -> Self {
        let mut texts = BTreeMap::new();
        let mut open = vec![PathBuf::from("src")];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs")
                {
                    let text = fs::read_to_string(&path).unwrap();
                    texts.insert(path, text);
                }
            }
        }
        Self::of(&texts)
    }

    fn of(texts: &BTreeMap<PathBuf, String>) -> Self {
        let files: BTreeMap<Module, PathBuf> =
            texts.keys().map(|path| (module_of(path), path.clone())).collect();
        let texts: BTreeMap<Module, String> =
            texts.iter().map(|(path, text)| (module_of(path), code(text))).collect();
        let mut tree = Self { files, uses: BTreeMap::new() };
        let named: BTreeMap<&Module, Vec<Vec<String>>> =
            texts.iter().map(|(module, text)| (module, paths(text))).collect();
        // What a module brings in, by the name that it has there.
        let mut brought: BTreeMap<(Module, String), Module> = BTreeMap::new();
        for (module, paths) in &named {
            for path in paths {
                if let (Some((target, _)), Some(name)) = (tree.resolve(module, path), path.last()) {
                    brought.insert(((*module).clone(), name.clone()), target);
                }
            }
        }
        let mut taken: BTreeSet<(Module, String, Module)> = BTreeSet::new();
        for (module, paths) in &named {
            for path in paths {
                let Some((mut target, rest)) = tree.resolve(module, path) else { continue };
                // Names that a module only brings in are followed to where they are from.
                for _ in 0..STEPS {
                    let further = rest.first().and_then(|name| brought.get(&(target.clone(), name.clone())));
                    let Some(further) = further.filter(|further| **further != target) else { break };
                    target.clone_from(further);
                }
                tree.note(module, &target);
                taken.extend(path.last().map(|name| ((*module).clone(), name.clone(), target)));
            }
        }
        tree.note_methods(&texts, &taken);
        tree
    }

    /// The file of a type uses those that give it methods; `taken` are the names that modules take from others.
    fn note_methods(&mut self, texts: &BTreeMap<Module, String>, taken: &BTreeSet<(Module, String, Module)>) {
        for (module, text) in texts {
            for line in text.lines().filter(|line| line.starts_with("impl") && !line.contains(" for ")) {
                let rest = line.trim_start_matches("impl");
                let rest = if rest.starts_with('<') {
                    rest.split_once("> ").map_or("", |(_, rest)| rest)
                } else {
                    rest
                };
                let name = word(rest.trim_start());
                let owners = taken.iter().filter(|(user, taken, _)| user == module && *taken == name);
                for (_, _, owner) in owners {
                    self.note(owner, module);
                }
            }
        }
    }

    fn note(&mut self, module: &Module, target: &Module) {
        if !related(module, target) {
            self.uses.entry(module.clone()).or_default().insert(target.clone());
        }
    }

    /// The module that a path leads into, and what is left of the path there; `None` where it leads out of the crate.
    fn resolve(&self, from: &Module, path: &[String]) -> Option<(Module, Vec<String>)> {
        let mut base = from.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (base, rest) = (Vec::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|step| step == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            child => {
                base.push(child.to_owned());
                rest = &rest[1..];
                if !self.files.contains_key(&base) {
                    return None;
                }
            }
        }
        while let Some(step) = rest.first() {
            let inner: Module = base.iter().chain([step]).cloned().collect();
            if !self.files.contains_key(&inner) {
                break;
            }
            (base, rest) = (inner, &rest[1..]);
        }
        self.files.contains_key(&base).then(|| (base, rest.to_vec()))
    }

    /// The files of each circle.
    fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&Module, BTreeSet<&Module>> =
            self.uses.keys().map(|module| (module, self.reached(module))).collect();
        let leads_back = |module: &Module| reach.get(module).is_some_and(|reached| reached.contains(module));
        let mut circles: BTreeMap<BTreeSet<&Module>, Vec<String>> = BTreeMap::new();
        for module in self.uses.keys().filter(|module| leads_back(module)) {
            let circle = reach[module]
                .iter()
                .copied()
                .filter(|other| reach.get(other).is_some_and(|back| back.contains(module)));
            let path = self.files[module].to_string_lossy().replace('\\', "/");
            circles.entry(circle.collect()).or_default().push(path);
        }
        circles.into_values().collect()
    }

    fn reached<'t>(&'t self, from: &Module) -> BTreeSet<&'t Module> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Module> = self.uses.get(from).into_iter().flatten().collect();
        while let Some(module) = open.pop() {
            if reached.insert(module) {
                open.extend(self.uses.get(module).into_iter().flatten());
            }
        }
        reached
    }

    fn explain(&self, files: &[&String]) -> String {
        let line = |file: &&String| {
            let uses = self.uses.get(&module_of(Path::new(file))).into_iter().flatten();
            let uses: Vec<_> = uses.map(|module| module.join("::")).collect();
            format!("    \"{file}\", // uses {}", uses.join(", "))
        };
        files.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Whether one of two modules is inside the other.
fn related(one: &Module, other: &Module) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// `src/checks/mod.rs` is `checks`.
fn module_of(path: &Path) -> Module {
    let path = path.with_extension("");
    let mut steps: Module = path.iter().skip(1).map(|step| step.to_string_lossy().into_owned()).collect();
    if steps.last().is_some_and(|last| ["mod", "lib"].contains(&&**last)) {
        steps.pop();
    }
    steps
}

/// The text without comments and without tests at its end.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\n").next().unwrap_or(text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path that a text names: those of `use`, one for each name, and those inside code that start at a module.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = String::new();
    for (at, statement) in text.split(';').enumerate() {
        let start = statement.rfind("use ").filter(|start| {
            let before = statement[..*start].trim_end();
            before.is_empty() || before.ends_with(['}', ')', ']', '{']) || before.ends_with("pub")
        });
        match start {
            Some(start) => {
                expand("", &statement[start + 4..], &mut found);
                rest.push_str(&statement[..start]);
            }
            None => rest.push_str(statement),
        }
        rest.push(if at == 0 { ' ' } else { ';' });
    }
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in rest.match_indices(root) {
            let before = rest[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && !"_:$".contains(c)) {
                let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                let path: String = rest[at..].chars().take_while(|c| is_path(*c)).collect();
                found.push(path.split("::").map(str::to_owned).collect());
            }
        }
    }
    found
}

/// One path for each name of a tree of `use`.
fn expand(prefix: &str, tree: &str, out: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some((before, inner)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree);
        let path = format!("{prefix}{name}").split_whitespace().collect::<String>();
        out.push(path.split("::").filter(|step| !step.is_empty()).map(str::to_owned).collect());
        return;
    };
    let prefix = format!("{prefix}{}", before.trim());
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[start..at], out);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        expand(&prefix, &inner[start..], out);
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
