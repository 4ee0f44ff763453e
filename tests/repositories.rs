//! Whole trees as repositories have them, by the real binary: fragments, templates, links, files of any name.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::{repository, tlslint};
use std::fs;
use std::path::Path;
use std::process::Output;

const SITE: &str = "server {\n    listen 443 ssl;\n    server_name a.example;\n    ssl_certificate a.pem;\n    ssl_certificate_key a.key;\n    \
                    ssl_protocols TLSv1.2;\n}\n";

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_file_is_counted_as_what_it_is() {
    let directory = repository(&[
        ("nginx/nginx.conf", "events {}\nhttp { include sites/*; }\n"),
        ("nginx/sites/a", SITE),
        ("nginx/files/lone-site", SITE),
        ("roles/web/templates/www.example.org.j2", &format!("{{% if tls %}}\n{SITE}{{% endif %}}\n")),
        ("nginx/gzip.conf", "gzip on;\n"),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("src/main.c", "int main(void) { return 0; }\n"),
    ]);
    let document = json(&tlslint(directory.path(), &["check", "--output-format", "json", "."]));
    let expected = serde_json::json!({
        "whole": 2, "fragments": 1, "templates": 1, "without_endpoints": 1, "in_no_language": 1, "not_opened": 1,
        "refused": 0, "excluded": 0,
    });
    assert_eq!(document["summary"]["files_by_kind"], expected);
    assert_eq!(document["summary"]["files"], 5);
}

#[test]
fn variables_of_the_settings_hold_for_every_command() {
    let site = SITE.replace("TLSv1.2;", "${TLS_PROTOCOLS};");
    let directory = repository(&[
        ("nginx.conf", format!("events {{}}\nhttp {{\n{site}}}\n").as_str()),
        ("tlslint.toml", "target = \"debian-13\"\n[variables]\nTLS_PROTOCOLS = \"TLSv1.3\"\n"),
    ]);
    let question = ["negotiate", "nginx.conf", "--connect", "127.0.0.1:443", "--format", "json"];
    let answer = json(&tlslint(directory.path(), &question));
    assert_eq!(answer["protocols"], serde_json::json!(["TLSv1.3"]));
    let rows = json(&tlslint(directory.path(), &["inventory", "--format", "json", "."]));
    assert_eq!(rows["endpoints"][0]["protocols"], serde_json::json!(["TLSv1.3"]));
    let isolated = json(&tlslint(directory.path(), &[&question[..], &["--isolated"]].concat()));
    assert_eq!(isolated["unknown"][0]["setting"], "protocols");
}

const GLOBAL: &str = "global\n    ssl-default-bind-options ssl-min-ver TLSv1.1\n    ssl-default-bind-ciphers ECDHE-RSA-AES128-GCM-SHA256\n";
const WEB: &str = "frontend web\n    mode http\n    bind :443 ssl crt a.pem\n";

fn concise(directory: &Path, path: &str) -> Vec<String> {
    let output = tlslint(directory, &["check", "--output-format", "concise", "--quiet", path]);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn files_of_one_haproxy_directory_are_one_text() {
    let directory = repository(&[("haproxy.d/10-global.cfg", GLOBAL), ("haproxy.d/20-web.cfg", WEB)]);
    let unserved = "haproxy.d/10-global.cfg:2:30: note: TLSv1.1 is listed and not served: no suite is left [ineffective-setting]";
    assert_eq!(concise(directory.path(), "."), [unserved]);
    // A part alone is judged in its text; what stands in it is told, and what reaches its endpoints from elsewhere.
    assert_eq!(concise(directory.path(), "haproxy.d/20-web.cfg"), [unserved]);
    assert_eq!(concise(directory.path(), "haproxy.d/10-global.cfg"), [unserved]);
    let rows = json(&tlslint(directory.path(), &["inventory", "--format", "json", "haproxy.d"]));
    assert_eq!(rows["endpoints"][0]["protocols"][0], "TLSv1.2");
}

#[test]
fn a_drop_in_directory_comes_behind_the_main_file() {
    let directory = repository(&[("haproxy.cfg", GLOBAL), ("conf.d/web.cfg", WEB)]);
    assert_eq!(concise(directory.path(), ".").len(), 1);
    let document = json(&tlslint(directory.path(), &["check", "--output-format", "json", "."]));
    assert_eq!(document["summary"]["files_by_kind"]["whole"], 2);
    assert_eq!(document["summary"]["not_evaluated"], 0);
}

#[test]
fn a_file_passed_alone_is_judged_with_what_its_root_brings() {
    let root = "events {}\nhttp {\n    ssl_protocols TLSv1.1 TLSv1.2;\n    include sites/*.conf;\n    server { listen 80; }\n}\n";
    let site = SITE.replace("    ssl_protocols TLSv1.2;\n", "");
    // A socket of its own: before nginx 1.29.2 the default server of a socket says which protocols its names get.
    let other = SITE.replace("443", "8443");
    let directory = repository(&[("nginx.conf", root), ("sites/a.conf", &site), ("sites/b.conf", &other)]);
    let found = |path: &str, more: &[&str]| {
        let arguments = [&["check", "--isolated", "--output-format", "json", path], more].concat();
        let report = json(&tlslint(directory.path(), &arguments));
        let findings = report["findings"].as_array().unwrap();
        let place = |finding: &serde_json::Value| {
            format!("{} {}", finding["path"].as_str().unwrap(), finding["check"].as_str().unwrap())
        };
        let floor = |text: &String| text.ends_with("protocol-below-floor");
        findings.iter().map(place).filter(floor).collect::<Vec<_>>()
    };
    // The word at fault stands in the root, and reaches the server of the file that was passed; not that of its neighbour.
    assert_eq!(found("sites/a.conf", &[]), ["nginx.conf protocol-below-floor"]);
    assert_eq!(found("sites/b.conf", &[]), Vec::<String>::new());
    tlslint(directory.path(), &["check", "--isolated", "--fix", "--unsafe-fixes", "sites/a.conf"]);
    assert_eq!(
        fs::read_to_string(directory.path().join("nginx.conf")).unwrap(),
        root,
        "only what was passed is changed"
    );
    let reason = "legacy terminals, OPS-12";
    tlslint(directory.path(), &["check", "--isolated", "--add-ignore", reason, "sites/a.conf"]);
    assert_eq!(fs::read_to_string(directory.path().join("nginx.conf")).unwrap(), root);
    let ignored = root
        .replace("TLSv1.2;", "TLSv1.2;  # tlslint: ignore[protocol-below-floor] legacy terminals, OPS-12");
    fs::write(directory.path().join("nginx.conf"), ignored).unwrap();
    let arguments = ["check", "--isolated", "--output-format", "json", "sites/a.conf"];
    let report = json(&tlslint(directory.path(), &arguments));
    assert!(
        report["findings"].as_array().unwrap().iter().all(|finding| {
            finding["check"] != "protocol-below-floor" || !finding["suppressed"].is_null()
        })
    );
}

const CONFIG_MAPS: &str = "\
apiVersion: v1
kind: ConfigMap
data:
  nginx.conf: |
    events {}
    http {
        ssl_protocols TLSv1.1 TLSv1.2;
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA;
        server {
            listen 443 ssl;
            ssl_certificate a.pem;
            ssl_certificate_key a.key;
        }
        server {
            listen 80;  # tlslint: ignore[plaintext-endpoint] inside the cluster only, OPS-7
            location / { root /srv; }
        }
    }
---
apiVersion: v1
kind: ConfigMap
data:
  haproxy.cfg: \"global\\n  ssl-default-bind-ciphers ECDHE-RSA-AES128-GCM-SHA256\\nfrontend f\\n  bind :443 ssl crt a ssl-min-ver TLSv1.0\\n\"
---
kind: ConfigMap
data:
  ssl-protocols: TLSv1 TLSv1.2
  ssl-ciphers: ECDHE-RSA-AES128-GCM-SHA256
";

#[test]
fn configurations_inside_manifests_are_judged_where_they_stand() {
    let directory = repository(&[("k8s/web.yaml", CONFIG_MAPS)]);
    let lines = concise(directory.path(), ".");
    let starts = [
        "k8s/web.yaml:7:23: error: TLSv1.1 is enabled",
        "k8s/web.yaml:8:49: warning: AES128-SHA is outside",
        "k8s/web.yaml:23:115: note: TLSv1 and TLSv1.1 are listed and not served",
        "k8s/web.yaml:27:18: note: TLSv1 is listed and not served",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    let rows = json(&tlslint(directory.path(), &["inventory", "--format", "json", "."]));
    let places: Vec<_> =
        rows["endpoints"].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(places, [10, 15, 23, 27]);
    assert_eq!(rows["summary"]["files"], 1);
}

#[test]
fn fixes_inside_manifests_keep_the_manifest() {
    let directory = repository(&[("web.yaml", CONFIG_MAPS)]);
    tlslint(directory.path(), &["check", "--fix", "--unsafe-fixes", "."]);
    let after = fs::read_to_string(directory.path().join("web.yaml")).unwrap();
    let expected = CONFIG_MAPS
        .replace("TLSv1.1 TLSv1.2;", "TLSv1.2;")
        .replace(":AES128-SHA;", ";")
        .replace("ssl-min-ver TLSv1.0", "ssl-min-ver TLSv1.2");
    assert_eq!(after, expected);
}

const HELM: &str = "\
{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  labels:
    {{- include \"web.labels\" . | nindent 4 }}
data:
  nginx.conf: |-
    events {}
    http {
      {{- range .Values.servers }}
      server {
        listen 443 ssl;
        server_name {{ .host }};
        ssl_certificate /tls/tls.crt;
        ssl_certificate_key /tls/tls.key;
        ssl_protocols TLSv1.1 TLSv1.2;
        ssl_ciphers {{ $.Values.ciphers }};
      }
      {{- end }}
    }
  envoy.yaml: |
    static_resources:
      listeners:
      - name: web
        address: {socket_address: {address: 0.0.0.0, port_value: 443}}
        filter_chains:
        - transport_socket:
            name: tls
            typed_config:
              \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_params: {tls_minimum_protocol_version: TLSv1_0, cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]}
                tls_certificates: [{certificate_chain: {filename: a}, private_key: {filename: b}}]
{{- end }}
";

#[test]
fn templates_of_manifests_are_read_as_far_as_they_say() {
    let directory = repository(&[("templates/configmap.yaml", HELM)]);
    let lines = concise(directory.path(), ".");
    let starts = [
        "templates/configmap.yaml:17:23: error: TLSv1.1 is enabled",
        "templates/configmap.yaml:18:21: note: ssl_ciphers is not evaluated",
        "templates/configmap.yaml:33:60: note: TLSv1 and TLSv1.1 are listed and not served",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}
