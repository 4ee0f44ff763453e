//! Languages from end to end: what is found, how it is told, what mends it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tlslint::certificate::Trust;
use tlslint::date::Date;
use tlslint::discover::Disk;
use tlslint::endpoint::Dialect;
use tlslint::files::FileTree;
use tlslint::fix;
use tlslint::report::{self, Format, Look, Report, TargetName};
use tlslint::run::{self, Options, Outcome, Request, Selection};
use tlslint::scope::{Flags, Scopes};
use tlslint::settings::{Choice, Resolver};

/// Fixes that undo each other would go on for ever; the command line makes as many rounds.
const MOST_ROUNDS: usize = 10;

/// nginx.
pub fn nginx(data: &[u8]) {
    check(Dialect::Nginx, "nginx.conf", data);
}

/// HAProxy.
pub fn haproxy(data: &[u8]) {
    check(Dialect::HaProxy, "haproxy.cfg", data);
}

/// Envoy.
pub fn envoy(data: &[u8]) {
    check(Dialect::Envoy, "envoy.yaml", data);
}

/// openssl.cnf.
pub fn openssl_conf(data: &[u8]) {
    check(Dialect::OpensslConf, "openssl.cnf", data);
}

/// Files of cipher strings.
pub fn ciphers(data: &[u8]) {
    check(Dialect::Ciphers, "x.ciphers", data);
}

/// A file by itself, and the same file found in its directory: the first byte chooses its name.
pub fn tree(data: &[u8]) {
    let names = ["nginx.conf", "haproxy.cfg", "envoy.yaml", "openssl.cnf", "x.ciphers"];
    let Some((first, rest)) = data.split_first() else { return };
    let directory = tempfile::tempdir().expect("there is room for a file");
    let path = directory.path().join(names[usize::from(*first) % names.len()]);
    std::fs::create_dir(directory.path().join(".git")).expect("there is room for a directory");
    std::fs::write(&path, rest).expect("there is room for a file");
    let disk = || Disk::new(directory.path(), &[], Vec::new());
    let (alone, found) = (disk(), disk());
    let one = run::run(&options(vec![path], None, None), &alone).expect("there are no settings");
    let all = run::run(&options(vec![directory.path().to_owned()], None, None), &found)
        .expect("there are no settings");
    assert_eq!(written(Format::Concise, &one, &alone), written(Format::Concise, &all, &found));
}

fn check(dialect: Dialect, name: &str, data: &[u8]) {
    let (disk, outcome) = run_on(dialect, name, data);
    places(&outcome, &disk);
    for format in Format::all() {
        reads(format, &written(format, &outcome, &disk), &outcome);
    }
    let alone = pool(1).install(|| told(dialect, name, data));
    let together = pool(8).install(|| told(dialect, name, data));
    assert_eq!(alone, together, "the number of threads decides");
    converges(dialect, name, data, outcome);
}

/// Fixes, the unsafe ones too, leave nothing to fix after some rounds.
fn converges(dialect: Dialect, name: &str, data: &[u8], mut outcome: Outcome) {
    let mut bytes = data.to_vec();
    for _ in 0..MOST_ROUNDS {
        let taken = fix::take(&outcome.findings, true);
        let edits = taken.edits.into_values().next().unwrap_or_default();
        if edits.is_empty() || std::str::from_utf8(&bytes).is_err() {
            return;
        }
        let changed = fix::apply(&bytes, &edits);
        assert!(std::str::from_utf8(&changed).is_ok(), "a fix cuts a character");
        assert_ne!(changed, bytes, "a fix changes nothing");
        bytes = changed;
        let (disk, next) = run_on(dialect, name, &bytes);
        outcome = next;
        places(&outcome, &disk);
    }
    assert!(fix::take(&outcome.findings, true).edits.is_empty(), "fixes come to no end");
}

fn run_on(dialect: Dialect, name: &str, data: &[u8]) -> (Disk, Outcome) {
    let root = root();
    let disk = Disk::new(root, &[], Vec::new());
    let given = (root.join(name), data.to_vec());
    let outcome =
        run::run(&options(Vec::new(), Some(given), Some(dialect)), &disk).expect("there are no settings");
    (disk, outcome)
}

fn told(dialect: Dialect, name: &str, data: &[u8]) -> String {
    let (disk, outcome) = run_on(dialect, name, data);
    written(Format::Json, &outcome, &disk)
}

fn options(
    paths: Vec<PathBuf>,
    standard_input: Option<(PathBuf, Vec<u8>)>,
    dialect: Option<Dialect>,
) -> Options {
    let today = Date::parse("2026-11-23").expect("the day exists");
    let resolver = Resolver::new(Choice::None).expect("no settings hold no mistake");
    let scopes = Scopes::new(resolver, Flags::default(), today);
    Options {
        request: Request { paths, roots: None, standard_input, dialect, force_exclude: false, worlds: true, scopes },
        fixes: true,
        rows: false,
        trust: Trust::new(today),
        selection: Selection::default(),
        comments: true,
    }
}

/// An empty directory, below which includes and certificates are looked for.
fn root() -> &'static Path {
    static ROOT: OnceLock<tempfile::TempDir> = OnceLock::new();
    ROOT.get_or_init(|| tempfile::tempdir().expect("there is room for a directory")).path()
}

fn pool(threads: usize) -> &'static rayon::ThreadPool {
    static POOLS: [OnceLock<rayon::ThreadPool>; 2] = [const { OnceLock::new() }; 2];
    let build = || rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
    POOLS[usize::from(threads > 1)].get_or_init(build)
}

fn written(format: Format, outcome: &Outcome, disk: &Disk) -> String {
    let report = Report {
        findings: &outcome.findings,
        files: disk,
        policies: &[],
        target: TargetName::default(),
        coverage: outcome.coverage,
        softened: &[],
        weakened: &[],
        prefix: "",
        sarif_suppressed: true,
        rows: &outcome.rows,
        requirements: &[],
        baseline: None,
        mended: &[],
        is_unconfigured: true,
        look: Look::default(),
    };
    let mut out = Vec::new();
    report::write(format, &report, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// Fails unless those read the report whom it is for.
fn reads(format: Format, text: &str, outcome: &Outcome) {
    let json = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{format:?}: {error}"));
    };
    match format {
        Format::Gitlab | Format::Json | Format::Rdjson | Format::Sarif => json(text),
        Format::Jsonl => text.lines().for_each(json),
        Format::Checkstyle | Format::Junit => {
            roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        }
        Format::Concise => {
            let told = outcome.findings.iter().filter(|finding| finding.suppressed.is_none()).count();
            assert_eq!(text.lines().count(), told, "a finding is a line");
        }
        Format::Full | Format::Github | Format::Html | Format::Markdown => {}
    }
    assert!(!text.contains('\u{1b}'), "{format:?} passes an escape on");
}

/// Everything that a finding points at stands between characters of its file.
fn places(outcome: &Outcome, disk: &Disk) {
    for finding in &outcome.findings {
        let related = finding.related.iter().map(|related| related.location);
        let edits = finding.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.location));
        let own = finding.places().map(|(location, _)| location);
        for location in own.chain(related).chain(edits) {
            let source = disk.source(location.file);
            assert!(
                source.text().get(location.span.range()).is_some(),
                "{}: {:?} is no part of a text of {} bytes",
                finding.check,
                location.span,
                source.text().len()
            );
        }
        assert!(!finding.message.contains('\n'), "a message is one line: {:?}", finding.message);
    }
}
