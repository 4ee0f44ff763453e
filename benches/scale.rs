//! Inputs in which something stands very often, at two sizes: twice the input takes twice the time, fixes among it.

use divan::{Bencher, black_box};
use std::fmt::Write as _;
use std::path::Path;
use tlslint::certificate::Trust;
use tlslint::date::Date;
use tlslint::discover::Disk;
use tlslint::run::{self, Options, Request, Selection};
use tlslint::scope::{Flags, Scopes};
use tlslint::settings::{Choice, Resolver};

const SIZES: [usize; 2] = [1_000, 2_000];

fn main() {
    divan::main();
}

/// Runs over one file, everything that it takes to report the findings in full included.
fn run_on(bencher: Bencher<'_, '_>, name: &str, text: &str) {
    let today = Date::parse("2026-11-23").expect("the day exists");
    bencher.bench(|| {
        let resolver = Resolver::new(Choice::None).expect("no settings hold no mistake");
        let options = Options {
            request: Request {
                paths: Vec::new(),
                roots: None,
                standard_input: Some((name.into(), text.as_bytes().to_vec())),
                dialect: None,
                force_exclude: false,
                worlds: true,
                scopes: Scopes::new(resolver, Flags::default(), today),
            },
            fixes: true,
            rows: false,
            trust: Trust::new(today),
            selection: Selection::default(),
            comments: true,
        };
        let disk = Disk::new(Path::new("fixtures/examples"), &[], Vec::new());
        black_box(run::run(&options, &disk)).expect("there are no settings").findings.len()
    });
}

/// `head`, `line` with its number in the place of each `@`, `tail`.
fn repeated(count: usize, head: &str, line: &str, tail: &str) -> String {
    let mut text = String::from(head);
    for number in 0..count {
        writeln!(text, "{}", line.replace('@', &(1024 + number).to_string()))
            .expect("strings take everything");
    }
    text + tail
}

#[divan::bench(args = SIZES)]
fn stray_braces(bencher: Bencher<'_, '_>, count: usize) {
    run_on(bencher, "nginx.conf", &repeated(count, "events {}\nhttp {}\n", "}", ""));
}

#[divan::bench(args = SIZES)]
fn unclosed_placeholders(bencher: Bencher<'_, '_>, count: usize) {
    run_on(bencher, "nginx.conf", &repeated(count, "events {}\nhttp {}\n", "{{ a ", ""));
}

#[divan::bench(args = SIZES)]
fn ignore_comments(bencher: Bencher<'_, '_>, count: usize) {
    let line = "server { listen @ ssl;\nssl_protocols TLSv1; # tlslint: ignore[protocol-below-floor] old terminals\n}";
    run_on(bencher, "nginx.conf", &repeated(count, "events {}\nhttp {\n", line, "}\n"));
}

#[divan::bench(args = SIZES)]
fn stream_passes(bencher: Bencher<'_, '_>, count: usize) {
    let line = "server { listen @; proxy_pass 127.0.0.1:3@; }";
    run_on(bencher, "nginx.conf", &repeated(count, "events {}\nstream {\n", line, "}\n"));
}

#[divan::bench(args = SIZES)]
fn variables(bencher: Bencher<'_, '_>, count: usize) {
    let line = "set $a@ b@.example; location /@ { proxy_pass https://$a@; }";
    run_on(bencher, "nginx.conf", &repeated(count, "events {}\nhttp { server { listen 80;\n", line, "}}\n"));
}

#[divan::bench(args = SIZES)]
fn defaults_sections(bencher: Bencher<'_, '_>, count: usize) {
    run_on(bencher, "haproxy.cfg", &repeated(count, "global\ndefaults d\n", "defaults d@ from d", ""));
}

#[divan::bench(args = SIZES)]
fn unknown_words(bencher: Bencher<'_, '_>, count: usize) {
    run_on(bencher, "haproxy.cfg", &repeated(count, "global\n", " ssl-default-bynd-@ x", ""));
}

#[divan::bench(args = SIZES)]
fn binds(bencher: Bencher<'_, '_>, count: usize) {
    let line = " bind :@ ssl crt a.pem ssl-min-ver TLSv1.0";
    run_on(bencher, "haproxy.cfg", &repeated(count, "global\nfrontend f\n", line, ""));
}

#[divan::bench(args = SIZES)]
fn filter_chains(bencher: Bencher<'_, '_>, count: usize) {
    let head = "static_resources:\n  listeners:\n  - address: { socket_address: { address: 0.0.0.0, port_value: 443 } }\n    \
                filter_chains:\n";
    let line = "    - filter_chain_match: { server_names: [\"a@.example\"] }\n      transport_socket:\n        name: tls\n        \
                typed_config:\n          \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n          \
                common_tls_context: { tls_params: { tls_minimum_protocol_version: TLSv1_0 } }"
        .replace("\"@type\"", "\"\\u0040type\"");
    run_on(bencher, "envoy.yaml", &repeated(count, head, &line, ""));
}

#[divan::bench(args = SIZES)]
fn config_maps(bencher: Bencher<'_, '_>, count: usize) {
    let line = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a@ }\ndata:\n  nginx.conf: |\n    events {}\n    \
                http { server { listen @ ssl; ssl_protocols TLSv1; } }";
    run_on(bencher, "maps.yaml", &repeated(count, "", line, ""));
}

#[divan::bench(args = SIZES)]
fn openssl_sections(bencher: Bencher<'_, '_>, count: usize) {
    let line = "a@ = t@\n[t@]\nMinProtocol = TLSv1\n[s]";
    run_on(bencher, "openssl.cnf", &repeated(count, "openssl_conf = i\n[i]\nssl_conf = s\n[s]\n", line, ""));
}
