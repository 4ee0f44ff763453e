//! Includes that lead to nothing, files that programs install, and what the last line says of both, by the real binary.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::{repository, tlslint};

const SERVER: &str =
    "server { listen 443 ssl; server_name a.example; ssl_certificate a.pem; ssl_certificate_key a.key; ";
const SUITES: &str = "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;";

/// Findings as `PATH:LINE: SEVERITY [CHECK] MESSAGE`, and how many values were not evaluated.
fn told(files: &[(&str, &str)], arguments: &[&str]) -> (Vec<String>, u64) {
    let directory = repository(files);
    let output =
        tlslint(directory.path(), &[&["check", "--isolated", "--output-format", "json"], arguments].concat());
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let line = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!(
            "{}:{}: {} [{}] {}",
            text("path"),
            finding["range"]["start"]["line"],
            text("severity"),
            text("check"),
            text("message")
        )
    };
    let findings = document["findings"].as_array().unwrap().iter().map(line).collect();
    (findings, document["summary"]["not_evaluated"].as_u64().unwrap())
}

fn root(server: &str, more: &str) -> String {
    format!("{more}\nevents {{}}\nhttp {{\n{SERVER}\n{server}\n}}\n}}\n")
}

#[test]
fn a_literal_include_of_a_missing_file_keeps_nginx_from_starting() {
    let site = format!("{SERVER}\ninclude snippets/tls.conf;\n}}\n");
    let sites = "events {}\nhttp {\ninclude sites/*.conf;\n}\n";
    let files = |snippet| [("nginx/nginx.conf", sites), ("nginx/sites/a.conf", &*site), (snippet, SUITES)];
    assert_eq!(told(&files("nginx/snippets/tls.conf"), &["."]), (Vec::new(), 0));
    for path in [".", "nginx", "nginx/sites/a.conf", "nginx/nginx.conf"] {
        for target in ["nginx=1.28,library=openssl-3.5", "any"] {
            let more: &[&str] = if target == "any" { &[] } else { &["--target", target] };
            let (lines, _) = told(&files("nginx/snippets/tls-new.conf"), &[&[path], more].concat());
            let errors: Vec<_> = lines.iter().filter(|line| line.contains(": error [")).collect();
            let start = "nginx/sites/a.conf:2: error [server-refuses-to-start] ";
            assert!(
                matches!(errors.as_slice(), [error] if error.starts_with(start) && error.contains("snippets/tls.conf")),
                "{path}: {lines:#?}"
            );
        }
    }
}

#[test]
fn patterns_templates_and_paths_outside_are_notes() {
    for include in
        ["include snippets/*.conf;", "include /etc/nginx/snippets/tls.conf;", "include ../../tls.conf;"]
    {
        let (lines, gaps) = told(&[("nginx/nginx.conf", &root(&format!("{include}\n{SUITES}"), ""))], &["."]);
        assert!(lines.iter().all(|line| line.contains(": note [")), "{include}: {lines:?}");
        assert_eq!((lines.len(), gaps), (1, 0), "no setting depends on it: {include}: {lines:?}");
        let (lines, gaps) = told(&[("nginx/nginx.conf", &root(include, ""))], &["."]);
        assert_eq!((lines.len(), gaps), (1, 1), "it may hold the versions and suites: {include}: {lines:?}");
    }
    let template = root(&format!("include snippets/tls.conf; {SUITES}"), "");
    let (lines, _) = told(&[("nginx/nginx.conf.j2", &template)], &["."]);
    assert!(lines.iter().all(|line| !line.contains("server-refuses-to-start")), "{lines:?}");
    let files = [
        ("nginx/nginx.conf", &*root("include snippets/tls.conf;", "")),
        ("nginx/snippets/tls.conf.j2", SUITES),
    ];
    assert_eq!(told(&files, &["."]), (Vec::new(), 0), "the template stands for the file");
    let files = [
        ("etc/nginx/nginx.conf", &*root("include /etc/nginx/snippets/tls.conf;", "")),
        ("etc/nginx/snippets/other.conf", SUITES),
    ];
    let (lines, _) = told(&files, &["."]);
    assert!(
        lines.iter().any(|line| line.contains("server-refuses-to-start")),
        "the directory is that of the path: {lines:?}"
    );
}

#[test]
fn includes_that_cannot_hold_tls_are_not_told() {
    let inside = format!(
        "{SUITES} location / {{ include fastcgi_params; include snippets/fastcgi-php.conf; include fastcgi_extra.conf; }}"
    );
    let more = "include /etc/nginx/modules-enabled/*.conf;\ninclude /usr/share/nginx/modules/*.conf;";
    assert_eq!(told(&[("nginx.conf", &root(&inside, more))], &["."]), (Vec::new(), 0));
}

#[test]
fn files_that_certbot_installs_are_known() {
    let server =
        "include /etc/letsencrypt/options-ssl-nginx.conf;\nssl_dhparam /etc/letsencrypt/ssl-dhparams.pem;";
    let (lines, gaps) = told(&[("nginx.conf", &root(server, ""))], &["."]);
    assert_eq!(gaps, 0);
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(
            line.starts_with("nginx.conf:5: warning [suite-not-approved] "),
            "told at the include: {line}"
        );
    }
    let nist = told(&[("nginx.conf", &root(server, ""))], &["--policy", "mozilla-intermediate-5.7", "."]);
    assert!(nist.0.iter().all(|line| !line.contains(": error")), "{nist:?}");
}

#[test]
fn what_has_no_place_is_listed_with_verbose() {
    let directory = repository(&[("sites-enabled/a.conf", &*format!("{SERVER}\n}}\n"))]);
    let output =
        tlslint(directory.path(), &["check", "--isolated", "--verbose", "--output-format", "json", "."]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let listed = log.lines().filter(|line| line.contains(" not evaluated: ")).count() as u64;
    assert!(listed > 0, "{log}");
    assert_eq!(document["summary"]["not_evaluated"].as_u64(), Some(listed), "{log}");
}
