//! What is in another language is left alone, and what is a configuration is read whatever its name, by the real binary.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::{repository, tlslint};
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Every file below `fixtures/foreign`, with its text.
fn foreign() -> Vec<(PathBuf, String)> {
    let root = Path::new("fixtures/foreign");
    let entries = WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.path().strip_prefix(root).unwrap().to_owned(), text)
        })
        .collect()
}

fn lines(directory: &Path, arguments: &[&str]) -> Vec<String> {
    let output = tlslint(directory, &[&["check", "--isolated", "--allow-empty"], arguments].concat());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn look_alikes_are_left_alone() {
    let files = foreign();
    assert!(files.len() > 60, "{}", files.len());
    let directory = repository(&files);
    let names: Vec<_> = files.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    assert_eq!(lines(directory.path(), &["--show-files", "."]), Vec::<String>::new());
    assert_eq!(
        lines(directory.path(), &[&["--show-files"], names.as_slice()].concat()),
        Vec::<String>::new()
    );
    assert_eq!(lines(directory.path(), &["--output-format", "concise", "."]), Vec::<String>::new());
    let by_name = [&["--output-format", "concise"], names.as_slice()].concat();
    assert_eq!(lines(directory.path(), &by_name), Vec::<String>::new());
}

#[test]
fn a_language_that_the_user_says_is_not_doubted() {
    let directory = repository(&foreign());
    let found = lines(directory.path(), &["--dialect", "nginx", "--show-files", "sources/nginx-notes.md"]);
    assert_eq!(found, ["sources/nginx-notes.md\tnginx"]);
    let settings = "[files]\ndialects = { \"*.js\" = \"nginx\" }\n";
    fs::write(directory.path().join("tlslint.toml"), settings).unwrap();
    let output = tlslint(directory.path(), &["check", "--show-files", "."]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "sources/nginx_client.js\tnginx\n");
}

const SITE: &str = "server {\n    listen 443 ssl;\n    server_name a.example;\n    ssl_protocols TLSv1;\n}\n";
const LISTENER: &str = "frontend web\n    mode http\n    bind :443 ssl crt a.pem\n    default_backend app\n";
const CLUSTER: &str = "static_resources:\n  clusters:\n  - name: a\n    connect_timeout: 1s\n    load_assignment: {cluster_name: a}\n";

#[test]
fn configurations_are_read_whatever_their_names() {
    let mut files: Vec<(String, &str, &str)> = Vec::new();
    let nginx = [
        "nginx/example.org",
        "nginx/vhosts/a.example.com",
        "nginx/conf.d/example.com",
        "sites-available/example.org",
        "sites-enabled/www.example.com",
        "sites-enabled/www.example.pl",
        "vhosts.d/shop",
        "conf.d/any",
        "web/a.conf",
        "web/plain",
    ];
    files.extend(nginx.map(|path| (path.to_owned(), SITE, "nginx")));
    let endings = [
        "jnj",
        "tftpl",
        "njk",
        "mako",
        "tt",
        "envsubst",
        "default",
        "local",
        "production",
        "j2",
        "jinja",
        "jinja2",
        "erb",
        "epp",
        "tmpl",
        "tpl",
        "gotmpl",
        "mustache",
        "hbs",
        "template",
        "in",
        "dist",
        "sample",
        "example",
    ];
    for ending in endings {
        files.push((format!("templates/nginx.conf.{ending}"), SITE, "nginx"));
        files.push((format!("templates/haproxy.cfg.{ending}"), LISTENER, "haproxy"));
        files.push((format!("templates/one.yaml.{ending}"), CLUSTER, "envoy"));
    }
    files.push(("haproxy/frontends/web".to_owned(), LISTENER, "haproxy"));
    files.push(("envoy/clusters".to_owned(), CLUSTER, "envoy"));
    files.sort();
    let written: Vec<_> = files.iter().map(|(path, text, _)| (path.as_str(), *text)).collect();
    let directory = repository(&written);
    let expected: Vec<String> = files.iter().map(|(path, _, dialect)| format!("{path}\t{dialect}")).collect();
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(lines(directory.path(), &["--show-files", "."])), expected);
    let names: Vec<_> = files.iter().map(|(path, ..)| path.as_str()).collect();
    assert_eq!(sorted(lines(directory.path(), &[&["--show-files"], names.as_slice()].concat())), expected);
}

#[test]
fn tls_settings_that_nobody_understands_are_named_and_counted() {
    let directory = repository(&[
        ("defaults/main.yml", "nginx_ssl_protocols: \"TLSv1 TLSv1.1\"\n"),
        ("install.sh", "#!/bin/sh\ncat > /etc/x <<EOF\nssl_protocols TLSv1;\nEOF\n"),
        ("data/odd.thing", "one\ntwo\nthree\nfour\nssl-default-bind-options ssl-min-ver TLSv1.0\n"),
        ("src/tables.py", "ssl_protocols TLSv1\n"),
        ("README.md", "ssl_protocols TLSv1;\n"),
        ("nginx.conf", &format!("events {{}}\nhttp {{\n{SITE}}}\n")),
    ]);
    let skipped = lines(directory.path(), &["--show-skipped", "."]);
    let expected = ["data/odd.thing", "defaults/main.yml", "install.sh"];
    assert_eq!(skipped, expected.map(|path| format!("{path}\tTLS settings, not understood")));
    let output = tlslint(directory.path(), &["check", "--isolated", "--output-format", "json", "."]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["summary"]["not_understood"], 3);
    let line = document["summary"]["coverage"].as_str().unwrap();
    assert!(line.contains("3 files with TLS settings were not understood"), "{line}");
}

#[test]
fn a_guess_does_not_shout() {
    let broken = "server {\n  listen 80;\n  server_name a;\n  root /x;\n}\n}\n}\nserver {\n  listen 81;\n  root /y\n}\n";
    let directory = repository(&[("some.conf", broken)]);
    let found = lines(directory.path(), &["--output-format", "concise", "--quiet", "some.conf"]);
    let about_text: Vec<_> = found
        .iter()
        .filter(|line| line.contains("[syntax-error]") || line.contains("[server-refuses-to-start]"))
        .collect();
    assert!(about_text.len() == 1 && about_text[0].contains(": note: "), "{found:?}");
    let told = broken.replace("listen 80;", "listen 443 ssl; ssl_protocols TLSv1;");
    fs::write(directory.path().join("some.conf"), told).unwrap();
    let found = lines(directory.path(), &["--output-format", "concise", "--quiet", "some.conf"]);
    assert!(found.iter().any(|line| line.contains("error") && line.contains("[syntax-error]")), "{found:?}");
}

#[test]
fn nobody_says_that_a_template_does_not_start() {
    let template = "{% if x %}\nserver {\n  listen 443 ssl;\n  ssl_protocols TLSv1.9;\n  server_name {{ name }};\n}\n{% endif %}\n";
    let directory = repository(&[("nginx.conf.j2", template)]);
    let found = lines(directory.path(), &["--output-format", "concise", "--quiet", "."]);
    assert!(found.iter().all(|line| !line.contains("does not start")), "{found:?}");
}
