use super::*;
use crate::files::Memory;
use crate::settings::{Choice, Resolver};
use std::path::Path;

/// Runs the findings that `marks` stand for through the comments of `text`: `~` in the text stands in front of a byte at which
/// `protocol-below-floor` is found, `^` of one at which `suite-not-approved` is.
fn check(dialect: Dialect, text: &str, expected: &str) {
    let plain: String = text.chars().filter(|character| !matches!(character, '~' | '^')).collect();
    let files = Memory::new([("x", plain.as_str())]);
    let source = files.read(Path::new("x")).unwrap();
    let mut findings = Vec::new();
    let mut at = 0;
    for character in text.chars() {
        let id = match character {
            '~' => "protocol-below-floor",
            '^' => "suite-not-approved",
            other => {
                at += other.len_utf8() as u32;
                continue;
            }
        };
        let location = Location::new(source.id(), Span::new(at, at + 1));
        findings.push(Finding::new(id, Severity::Error, location, ""));
    }
    let today = Date::parse("2026-11-23").unwrap();
    let scopes = Scopes::new(Resolver::new(Choice::None).unwrap(), crate::scope::Flags::default(), today);
    let read = BTreeMap::from([(source.id(), dialect)]);
    let context = Context { files: &files, read: &read, scopes: &scopes, comments: true, ran: &|_| true };
    apply(&mut findings, &context).unwrap();
    let drawn: Vec<String> = findings
        .iter()
        .map(|finding| {
            let line = source.position(finding.location.span.start).line;
            let what = match (&finding.suppressed, finding.check) {
                (Some(suppression), _) => suppression.reason.clone(),
                (None, "protocol-below-floor" | "suite-not-approved") => "counts".to_owned(),
                (None, check) => check.to_owned(),
            };
            format!("{line} {what}")
        })
        .collect();
    assert_eq!(drawn.join("; "), expected, "{text}");
    fixed(&findings, &source, dialect);
}

/// Taking out unused ignores leaves a text without unused ones, and is done in one go.
fn fixed(findings: &[Finding], source: &Source, dialect: Dialect) {
    let mut text = source.text().to_owned();
    let unused = findings.iter().filter(|finding| finding.check == "unused-ignore");
    let mut edits: Vec<Edit> =
        unused.filter_map(|finding| finding.fix.clone()).flat_map(|fix| fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.location.span));
    for edit in &edits {
        text.replace_range(edit.location.span.range(), &edit.text);
    }
    let after = Source::new(FileId(0), "x", "x", text.into_bytes());
    let names =
        |source: &Source| ignores(dialect, source).iter().map(|ignore| ignore.checks.len()).sum::<usize>();
    let unused = findings.iter().filter(|finding| finding.check == "unused-ignore");
    let removed = unused.map(|finding| finding.message.split(", ").count()).sum::<usize>();
    assert_eq!(names(source) - names(&after), removed, "{}", after.text());
}

#[test]
fn nginx() {
    let check = |text, expected| check(Dialect::Nginx, text, expected);
    check("ssl_protocols ~TLSv1.1; # tlslint: ignore[protocol-below-floor] OPS-12\n", "1 OPS-12");
    check(
        "ssl_protocols\n  ~TLSv1.1\n  TLSv1.2; # tlslint: ignore[protocol-below-floor] OPS-12\n",
        "2 OPS-12",
    );
    check(
        "http { # tlslint: ignore[protocol-below-floor] OPS-12\n  ssl_protocols ~TLSv1.1;\n}\n",
        "2 counts; 1 unused-ignore",
    );
    check(
        "# tlslint: ignore-next[protocol-below-floor, suite-not-approved] OPS-12\nserver {\n  a ~b;\n  c ^d;\n}\nx ~y;\n",
        "3 OPS-12; 4 OPS-12; 6 counts",
    );
    check("server { a ~b; } # tlslint: ignore[protocol-below-floor] one line\n", "1 one line");
    check(
        "server {\n a ~b;\n} # tlslint: ignore[protocol-below-floor] not the block\n",
        "2 counts; 3 unused-ignore",
    );
    check(
        "# tlslint: ignore-file[protocol-below-floor] all terminals\na ~b;\nc ~d;\n",
        "2 all terminals; 3 all terminals",
    );
    check("a ~b;\n# tlslint: ignore-file[protocol-below-floor] too late\n", "1 counts; 2 invalid-ignore");
    check("# tlslint: ignore[protocol-below-floor] alone\na ~b;\n", "2 counts; 1 invalid-ignore");
    check("a ~b; # tlslint: ignore[protocol-below-floor] OPS-12 until 2026-11-23\n", "1 OPS-12");
    check(
        "a ~b; # tlslint: ignore[protocol-below-floor] OPS-12 until 2026-11-22\n",
        "1 counts; 1 expired-ignore",
    );
    check(
        "a ~b; # tlslint: ignore[protocol-below-floor, suite-not-approved] OPS-12\n",
        "1 OPS-12; 1 unused-ignore",
    );
    check(
        "a ^b; # tlslint: ignore[protocol-below-floor ,  suite-not-approved] OPS-12\n",
        "1 OPS-12; 1 unused-ignore",
    );
    check("a \"# tlslint: ignore[protocol-below-floor] in a string\" ~b;\n", "1 counts");
}

#[test]
fn haproxy() {
    let check = |text, expected| check(Dialect::HaProxy, text, expected);
    check("frontend a\n  bind :443 ~ssl # tlslint: ignore[protocol-below-floor] OPS-12\n", "2 OPS-12");
    check(
        "# tlslint: ignore-next[protocol-below-floor] OPS-12\nfrontend a\n  bind ~x\n\nbackend b\n  server ~x\n",
        "3 OPS-12; 6 counts",
    );
    check(
        "frontend a\n  # tlslint: ignore-next[protocol-below-floor] OPS-12\n  bind ~x\n  bind ~y\n",
        "3 OPS-12; 4 counts",
    );
    check("global # tlslint: ignore[value-unknown] nothing\n", "1 unused-ignore");
}

#[test]
fn envoy() {
    let check = |text, expected| check(Dialect::Envoy, text, expected);
    check("a:\n  b: ~x # tlslint: ignore[protocol-below-floor] OPS-12\n", "2 OPS-12");
    check(
        "a:\n  # tlslint: ignore-next[protocol-below-floor] OPS-12\n  b:\n    c: ~x\n  d: ~y\n",
        "4 OPS-12; 5 counts",
    );
    check(
        "a:\n# tlslint: ignore-next[protocol-below-floor] OPS-12\n- b: ~x\n  c: ~y\n- d: ~z\n",
        "3 OPS-12; 4 OPS-12; 5 counts",
    );
    check("{\"a\": \"~x\"}\n", "1 counts");
}

#[test]
fn openssl_conf() {
    let check = |text, expected| check(Dialect::OpensslConf, text, expected);
    check("[a]\nMinProtocol = ~TLSv1 # tlslint: ignore[protocol-below-floor] OPS-12\n", "2 OPS-12");
    check(
        "# tlslint: ignore-next[protocol-below-floor] OPS-12\n[a]\nb = ~c\n[d]\ne = ~f\n",
        "3 OPS-12; 5 counts",
    );
}

#[test]
fn cipher_strings() {
    check(
        Dialect::Ciphers,
        "# tlslint: ignore-next[suite-not-approved] OPS-12\n^HIGH\n^LOW\n",
        "2 OPS-12; 3 counts",
    );
    check(
        Dialect::Ciphers,
        "# tlslint: ignore-file[suite-not-approved] a list of bad ones\n^HIGH\n^LOW\n",
        "2 a list of bad ones; 3 a list of bad ones",
    );
}

/// Adds ignores for all that the marks stand for; afterwards nothing counts.
fn added(dialect: Dialect, text: &str, expected: &str) {
    let plain = text.replace('~', "");
    let source = Source::new(FileId(0), "x", "x", plain.clone().into_bytes());
    let at: Vec<usize> = text.match_indices('~').enumerate().map(|(index, (at, _))| at - index).collect();
    let found = |at: usize| {
        let location = Location::new(FileId(0), Span::new(at as u32, at as u32 + 1));
        Finding::new("protocol-below-floor", Severity::Error, location, "")
    };
    let findings: Vec<Finding> = at.iter().map(|at| found(*at)).collect();
    let added = add(dialect, &source, &findings.iter().collect::<Vec<_>>(), "OPS-12");
    let mut result = plain;
    for edit in added.edits.iter().rev() {
        result.replace_range(edit.location.span.range(), &edit.text);
    }
    assert_eq!(result, expected);
    assert_eq!(added.left, 0);
}

#[test]
fn ignores_are_written_where_they_hold() {
    added(
        Dialect::Nginx,
        "server {\n  a ~b;\n  c\n    ~d;\n}\n",
        "server {\n  a b;  # tlslint: ignore[protocol-below-floor] OPS-12\n  \
         # tlslint: ignore-next[protocol-below-floor] OPS-12\n  c\n    d;\n}\n",
    );
    added(
        Dialect::Nginx,
        "~server {\n  a b; # tlslint: ignore[suite-not-approved] OPS-3\n}\n",
        "server {  # tlslint: ignore[protocol-below-floor] OPS-12\n  a b; # tlslint: ignore[suite-not-approved] OPS-3\n}\n",
    );
    added(
        Dialect::Nginx,
        "a ~b; # tlslint: ignore[suite-not-approved] OPS-3\n",
        "a b; # tlslint: ignore[suite-not-approved, protocol-below-floor] OPS-3\n",
    );
    added(
        Dialect::Envoy,
        "a:\n  - b: ~c\n",
        "a:\n  - b: c  # tlslint: ignore[protocol-below-floor] OPS-12\n",
    );
    added(
        Dialect::HaProxy,
        "frontend a\r\n  bind ~x\r\n",
        "frontend a\r\n  bind x  # tlslint: ignore[protocol-below-floor] OPS-12\r\n",
    );
    added(Dialect::Ciphers, "~HIGH\n", "# tlslint: ignore-next[protocol-below-floor] OPS-12\nHIGH\n");
}

#[test]
fn json_takes_no_comments() {
    let source = Source::new(FileId(0), "x", "x", b"{\"a\": 1}".to_vec());
    let location = Location::new(FileId(0), Span::new(6, 7));
    let finding = Finding::new("protocol-below-floor", Severity::Error, location, "");
    let added = add(Dialect::Envoy, &source, &[&finding], "OPS-12");
    assert_eq!((added.silenced, added.left, added.takes_none), (0, 1, true));
}
