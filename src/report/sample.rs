//! One small run with everything in it that a format has to cope with, for the tests of all formats.

use super::{Coverage, Format, Look, PolicyName, Report, TargetName, Weakened, write};
use crate::files::{FileTree, Memory};
use crate::finding::{Applicability, Citation, Edit, Finding, Fix, Severity, Suppression};
use crate::span::{Location, Span};
use std::path::Path;

const MAIN: &str = "\
http {
\tssl_protocols TLSv1.1 TLSv1.2;
    include sites/*.conf;
    # ünïcode ahead of a caret: \u{1b}[31mred
    server { listen 80; server_name ü.example; }
}
";

const SITE: &str = "\
server {
    listen 443 ssl;
    ssl_ciphers HIGH:!aNULL;
    ssl_ciphers HIGH:!aNULL;
    proxy_pass https://up.example;
}
";

/// Runs `test` on the sample.
pub(super) fn with(test: impl FnOnce(&Report<'_>)) {
    let files = Memory::new([("conf/nginx.conf", MAIN), ("conf/sites/a, b.conf", SITE)]);
    let findings = findings(&files);
    let policies = [PolicyName {
        id: "google-carriers@2024-12".into(),
        title: "Google Pay Carriers".into(),
        unverified: None,
        superseded_by: None,
        file: None,
    }];
    let weakened = [Weakened {
        check: "certificate-self-signed".into(),
        level: "off".into(),
        reason: "by arrangement, contract 12".into(),
    }];
    test(&Report {
        findings: &findings,
        files: &files,
        policies: &policies,
        target: TargetName {
            words: "nginx 1.28, OpenSSL any".into(),
            parts: vec![("nginx", "1.28".into()), ("library", "any".into())],
            unverified: None,
        },
        coverage: Coverage {
            files: 14,
            templates: 1,
            fragments: 3,
            in_no_language: 2,
            servers: 7,
            clients: 2,
            plaintext: 1,
            passed_through: 0,
            worlds: super::Worlds::default(),
            not_evaluated: 2,
            ..Coverage::default()
        },
        weakened: &weakened,
        softened: &[],
        prefix: "infra",
        sarif_suppressed: false,
        rows: &[],
        requirements: &[],
        baseline: None,
        mended: &[],
        is_unconfigured: false,
        look: Look::default(),
    });
}

/// What `format` makes of the sample.
pub(super) fn written(format: Format) -> String {
    written_with(format, |look| look)
}

/// What `format` makes of the sample with another look.
pub(super) fn written_with(format: Format, change: impl FnOnce(Look) -> Look) -> String {
    let mut out = Vec::new();
    with(|report| {
        let report = Report { look: change(report.look), target: report.target.clone(), ..*report };
        write(format, &report, &mut out).unwrap();
    });
    String::from_utf8(out).unwrap()
}

fn findings(files: &Memory) -> Vec<Finding> {
    let main = files.read(Path::new("conf/nginx.conf")).unwrap();
    let site = files.read(Path::new("conf/sites/a, b.conf")).unwrap();
    let at = |source: &crate::source::Source, word: &str, nth: usize| {
        let (start, _) = source.text().match_indices(word).nth(nth).unwrap();
        Location::new(source.id(), Span::new(start as u32, (start + word.len()) as u32))
    };
    let mut protocol = Finding::new(
        "protocol-below-floor",
        Severity::Error,
        at(&main, "TLSv1.1", 0),
        "TLSv1.1 is enabled, below the floor TLSv1.2 of google-carriers",
    )
    .label("enables TLSv1.1")
    .related(at(&main, "http", 0), "inherited from http")
    .related(at(&site, "listen 443 ssl", 0), "reaches this server")
    .help("write `ssl_protocols TLSv1.2 TLSv1.3;`")
    .cites(Citation {
        policy: "google-carriers@2024-12".into(),
        requirement: "protocols.minimum".into(),
        strength: "MUST".into(),
        why: "all API endpoints must be served using HTTPS with TLS 1.2 or higher".into(),
        source: "Google Pay Carriers, Transport layer security (2024-12-03)".into(),
        unverified: false,
    })
    .data("protocols", ["TLSv1.1".to_owned()])
    .fix(Fix {
        applicability: Applicability::Safe,
        message: "remove TLSv1.1".into(),
        edits: vec![Edit::replace(at(&main, "TLSv1.1 ", 0), "")],
    });
    protocol.context = "http/ssl_protocols".into();
    protocol.endpoints = vec!["server a.example on 0.0.0.0:443".into()];

    let plain = Finding::new(
        "plaintext-endpoint",
        Severity::Error,
        at(&main, "listen 80", 0),
        "server ü.example on 0.0.0.0:80 speaks <plain> HTTP & \"serves\" 100% of it\r\nin clear",
    )
    .label("no ssl");

    let suites = |nth| {
        let mut finding = Finding::new(
            "suite-not-approved",
            Severity::Warning,
            at(&site, "HIGH", nth),
            "HIGH adds 65 suites outside google-carriers",
        )
        .label("adds 65 suites")
        .data("suites", ["AES256-SHA".to_owned(), "AES128-SHA".to_owned()]);
        finding.context = "server/ssl_ciphers".into();
        finding
    };
    let mut suppressed = suites(0);
    suppressed.suppressed = Some(Suppression {
        kind: "comment",
        reason: "legacy terminals, OPS-12".into(),
        until: Some("2027-03-31".into()),
    });
    let note = Finding::new(
        "value-unknown",
        Severity::Note,
        Location::new(site.id(), Span::empty(site.text().len() as u32)),
        "the file ends before its settings are known",
    );
    let mut unsafe_fix = Finding::new(
        "peer-not-verified",
        Severity::Warning,
        at(&site, "proxy_pass https://up.example", 0),
        "the certificate of up.example is not verified",
    );
    unsafe_fix.fix = Some(Fix {
        applicability: Applicability::Unsafe,
        message: "verify the peer".into(),
        edits: vec![Edit::insert_after(
            at(&site, "proxy_pass https://up.example;", 0),
            "\n    proxy_ssl_verify on;",
        )],
    });
    vec![protocol, plain, suppressed, suites(1), unsafe_fix, note]
}
