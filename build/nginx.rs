//! `rules/servers/nginx.yaml` → `nginx.rs`: nginx's defaults by release, and the directives that each release knows.

use super::data::{protocol, read, write};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    server: String,
    first: String,
    last: String,
    verified: Vec<String>,
    defaults: Vec<Defaults>,
    changes: BTreeMap<String, Change>,
    directives: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    from: String,
    protocols: Vec<String>,
    ciphers: String,
    curve: String,
    upstream_ciphers: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    from: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Directive {
    name: String,
    module: String,
    contexts: Vec<String>,
    arguments: String,
    since: Option<String>,
    until: Option<String>,
}

pub(crate) fn generate() {
    let path = "rules/servers/nginx.yaml";
    let mut file: File = read(path);
    assert_eq!(file.server, "nginx", "{path}");

    let mut out = String::new();
    let _ = writeln!(out, "/// The last release that the rules cover.");
    let _ = writeln!(out, "pub(super) const LAST: Release = {};", release(&file.last));
    let _ = writeln!(out, "/// The first release that the rules cover.");
    let _ = writeln!(out, "const FIRST: Release = {};", release(&file.first));
    let verified: Vec<_> = file.verified.iter().map(|name| release(name)).collect();
    let _ = writeln!(out, "const VERIFIED: &[Release] = &[{}];", verified.join(", "));
    out.push_str("static DEFAULTS: &[Defaults] = &[\n");
    for row in &file.defaults {
        let protocols: Vec<_> = row.protocols.iter().map(|name| protocol(name)).collect();
        let _ = writeln!(
            out,
            "    Defaults {{ from: {}, protocols: &[{}], ciphers: {:?}, curve: {:?}, upstream_ciphers: {:?} }},",
            release(&row.from),
            protocols.join(", "),
            row.ciphers,
            row.curve,
            row.upstream_ciphers,
        );
    }
    out.push_str("];\n");
    for (name, change) in &file.changes {
        let _ = writeln!(out, "/// {}.", change.source);
        let _ =
            writeln!(out, "pub(super) const {}: Release = {};", name.to_uppercase(), release(&change.from));
    }
    file.directives.sort_by(|a, b| (&a.name, &a.module).cmp(&(&b.name, &b.module)));
    out.push_str("static DIRECTIVES: &[Rule] = &[\n");
    for row in &file.directives {
        let contexts: Vec<_> = row.contexts.iter().map(|name| context(&row.module, name)).collect();
        let _ = writeln!(
            out,
            "    Rule {{ name: {:?}, module: Module::{}, contexts: &[{}], arguments: Arguments::{}, since: {}, until: {} }},",
            row.name,
            capital(&row.module),
            contexts.join(", "),
            row.arguments.split('-').map(capital).collect::<String>(),
            row.since.as_deref().map_or("Release([0; 3])".to_owned(), release),
            row.until.as_deref().map_or("Release([u16::MAX; 3])".to_owned(), release),
        );
    }
    out.push_str("];\n");
    write("nginx.rs", &out);
}

/// `1.22.1` as a constant expression.
fn release(text: &str) -> String {
    let numbers: Vec<u16> =
        text.split('.').map(|part| part.parse().expect("a release is three numbers")).collect();
    let numbers: [u16; 3] = numbers.try_into().expect("a release is three numbers");
    format!("Release({numbers:?})")
}

fn context(module: &str, name: &str) -> &'static str {
    match (module, name) {
        ("http", "http") => "Kind::Http",
        ("http", "server") => "Kind::Server",
        ("http", "location") => "Kind::Location",
        ("http", "if") => "Kind::If",
        ("http", "limit_except") => "Kind::LimitExcept",
        ("stream", "stream") => "Kind::Stream",
        ("stream", "server") => "Kind::StreamServer",
        ("mail", "mail") => "Kind::Mail",
        ("mail", "server") => "Kind::MailServer",
        other => panic!("{other:?} is no context"),
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
