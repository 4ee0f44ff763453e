//! Marks by which editors fold, in comments, hide nothing from anybody.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::tlslint;
use std::collections::BTreeMap;
use std::fs;

const NGINX: &str = "events {}\nhttp {\n    ssl_protocols TLSv1 TLSv1.2;\n    server {\n        listen 443 ssl;\n        \
                     ssl_certificate a.pem;\n        ssl_certificate_key a.key;\n        ssl_ciphers HIGH;\n    }\n    \
                     server {\n        listen 80;\n        location / { root /srv; }\n    }\n}\n";
const HAPROXY: &str = "global\n    ssl-default-bind-options ssl-min-ver TLSv1.0\n    ssl-default-bind-ciphers HIGH\nfrontend web\n    \
                       mode http\n    bind :80\n    bind :443 ssl crt a.pem\n    default_backend app\nbackend app\n    mode http\n    \
                       server one 192.0.2.1:443 ssl verify none\n";
const ENVOY: &str = "static_resources:\n  listeners:\n  - name: web\n    address:\n      socket_address: { address: 0.0.0.0, port_value: 443 }\n    \
                     filter_chains:\n    - transport_socket:\n        name: tls\n        typed_config:\n          \
                     \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n          \
                     common_tls_context:\n            tls_certificates:\n            - certificate_chain: { filename: a.pem }\n              \
                     private_key: { filename: a.key }\n            tls_params:\n              tls_minimum_protocol_version: TLSv1_0\n              \
                     cipher_suites: [AES128-SHA, ECDHE-RSA-AES128-GCM-SHA256]\n";
const OPENSSL: &str = "openssl_conf = default_conf\n[default_conf]\nssl_conf = ssl_sect\n[ssl_sect]\nsystem_default = system_default_sect\n\
                       [system_default_sect]\nMinProtocol = TLSv1\nCipherString = HIGH:@SECLEVEL=0\n";
const CIPHERS: &str = "HIGH:!aNULL\nECDHE-RSA-AES128-GCM-SHA256\nAES128-SHA\n";

const MARKS: [(&str, &str); 12] = [
    ("# {{{", "# }}}"),
    ("# {{{ sites", "# }}} sites"),
    ("# {{{1", "# }}}1"),
    ("#{{{", "#}}}"),
    ("# sites {{", "# }}"),
    ("# {{ sites", "# }} sites"),
    ("# {{- sites", "# -}}"),
    ("# {{!-- sites", "# --}}"),
    ("# {% sites", "# %}"),
    ("# {# sites", "# #}"),
    ("# <% sites", "# %>"),
    ("# <%# sites", "# %>"),
];

/// Findings of every directory below `root`: the line and everything behind it, and the note on coverage of all.
fn findings(root: &std::path::Path) -> BTreeMap<String, Vec<(usize, String)>> {
    let output = tlslint(root, &["check", "--isolated", "--output-format", "concise", "--fail-on", "note"]);
    let mut found: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (path, rest) = line.split_once(':').unwrap();
        let (number, rest) = rest.split_once(':').unwrap();
        let directory = path.split('/').next().unwrap().to_owned();
        found.entry(directory).or_default().push((number.parse().unwrap(), rest.to_owned()));
    }
    found
}

#[test]
fn folds_change_no_finding() {
    for (name, text) in [
        ("nginx.conf", NGINX),
        ("haproxy.cfg", HAPROXY),
        ("envoy.yaml", ENVOY),
        ("openssl.cnf", OPENSSL),
        ("list.ciphers", CIPHERS),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let write = |variant: &str, text: &str| {
            fs::create_dir(directory.path().join(variant)).unwrap();
            fs::write(directory.path().join(variant).join(name), text).unwrap();
        };
        write("plain", text);
        let mut expected = BTreeMap::new();
        for (mark, (open, close)) in MARKS.iter().enumerate() {
            for first in 0..lines.len() {
                for last in [first, first.midpoint(lines.len() - 1), lines.len() - 1] {
                    let variant = format!("{mark}-{first}-{last}");
                    if expected.insert(variant.clone(), (first, last)).is_some() {
                        continue;
                    }
                    let mut folded = lines.clone();
                    folded.insert(last + 1, close);
                    folded.insert(first, open);
                    write(&variant, &(folded.join("\n") + "\n"));
                }
            }
        }
        let found = findings(directory.path());
        let plain = &found["plain"];
        assert!(plain.len() > 1, "{name}: {plain:?}");
        for (variant, (first, last)) in expected {
            let moved = |line: usize| line + usize::from(line > first) + usize::from(line > last + 1);
            let wanted: Vec<_> = plain.iter().map(|(line, rest)| (moved(*line), rest.clone())).collect();
            assert_eq!(found.get(&variant), Some(&wanted), "{name}: {variant}");
        }
    }
}

/// What a tag over several lines holds outside of comments is lost, and that is told.
#[test]
fn what_one_tag_holds_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let text = NGINX.replace("    ssl_protocols", "    {{ open\n    ssl_protocols") + "# close }}\n";
    fs::write(directory.path().join("nginx.conf"), text).unwrap();
    let output = tlslint(directory.path(), &["check", "--isolated", "--output-format", "concise"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("nginx.conf:3:5: note: 14 lines are not read"), "{told}");
    assert!(!String::from_utf8(output.stderr).unwrap().contains(" 0 values not evaluated"));
}
