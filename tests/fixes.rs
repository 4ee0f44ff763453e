//! Fixes by the real binary: what each one writes, and that together they leave nothing to fix.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::repository;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

fn check(directory: &Path, arguments: &[&str]) -> Output {
    let output = scratch::tlslint(directory, &[&["check"], arguments].concat());
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {log}");
    output
}

fn texts(directory: &Path) -> Vec<(String, String)> {
    let files = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| (entry.path().display().to_string(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

/// The removed and added lines of a diff, without its context.
fn changes(output: &Output) -> String {
    let diff = String::from_utf8(output.stdout.clone()).unwrap();
    let is_change =
        |line: &&str| line.starts_with(['-', '+']) && !line.starts_with("---") && !line.starts_with("+++");
    diff.lines().filter(is_change).fold(String::new(), |made, line| made + line + "\n")
}

/// Holds what safe fixes make of the file `name`.
#[track_caller]
fn safe(name: &str, text: &str, expected: &str) {
    safe_under(&[], name, text, expected);
}

#[track_caller]
fn safe_under(flags: &[&str], name: &str, text: &str, expected: &str) {
    let found = repository(&[(name, text)]);
    assert_eq!(
        changes(&check(found.path(), &[&["--isolated", "--diff"], flags].concat())),
        expected,
        "{text}"
    );
    settles(found.path(), flags);
}

/// Holds what all fixes make of the file `name`, of which none is safe.
#[track_caller]
fn unsafely(name: &str, text: &str, expected: &str) {
    unsafely_under(&[], name, text, expected);
}

#[track_caller]
fn unsafely_under(flags: &[&str], name: &str, text: &str, expected: &str) {
    let found = repository(&[(name, text)]);
    let made =
        |more: &[&str]| changes(&check(found.path(), &[&["--isolated", "--diff"], more, flags].concat()));
    assert_eq!(made(&[]), "", "{text}");
    assert_eq!(made(&["--unsafe-fixes"]), expected, "{text}");
    settles(found.path(), flags);
}

/// After fixing no finding has a fix, and fixing again changes nothing.
#[track_caller]
fn settles(directory: &Path, flags: &[&str]) {
    let fix = [&["--isolated", "--fix", "--unsafe-fixes", "-q"], flags].concat();
    check(directory, &fix);
    let once = texts(directory);
    let left = check(directory, &[&["--isolated", "--output-format", "jsonl"], flags].concat());
    for line in String::from_utf8(left.stdout).unwrap().lines() {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(finding["fix"].is_null(), "{line}");
    }
    check(directory, &fix);
    assert_eq!(texts(directory), once, "fixing again changes something");
}

/// A server of nginx around these lines.
fn nginx(lines: &str) -> String {
    format!(
        "events {{}}\nhttp {{\nserver {{\nlisten 443 ssl;\nssl_certificate a.pem;\nssl_certificate_key a.key;\n{lines}\n}}\n}}\n"
    )
}

const GOOD: &str = "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;";

/// Suites for old versions too, and a policy that minds none of them.
const OLD: &str = "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA;";
const VERSIONS_ALONE: [&str; 2] = ["--policy", "rfc8996"];

#[test]
fn words_of_cipher_strings_go_or_stay() {
    let narrowed = |string: &str, expected: &str| {
        let line = format!("ssl_protocols TLSv1.2;\nssl_ciphers {string};");
        safe("nginx.conf", &nginx(&line), &format!("-ssl_ciphers {string};\n+ssl_ciphers {expected};\n"));
    };
    narrowed("ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:!MD5", "ECDHE-RSA-AES128-GCM-SHA256:!MD5");
    narrowed("'ECDHE-RSA-AES128-GCM-SHA256 AES128-SHA'", "'ECDHE-RSA-AES128-GCM-SHA256'");
    narrowed("AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:EDCHE+AES", "ECDHE-RSA-AES128-GCM-SHA256");
    narrowed("ECDHE+AESGCM:ECDHE+CHACHA20", "ECDHE+AESGCM:ECDHE+CHACHA20:!AES256");
    narrowed("TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256");
    // Where classes would be many, what is left is spelt out.
    narrowed(
        "HIGH:!aNULL:!ECDSA:!CHACHA20",
        "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:!aNULL:!ECDSA:!CHACHA20",
    );
}

#[test]
fn a_string_of_which_nothing_can_stay_is_replaced() {
    unsafely(
        "nginx.conf",
        &nginx("ssl_protocols TLSv1.2;\nssl_ciphers AES128-SHA:@SECLEVEL=1;"),
        "-ssl_ciphers AES128-SHA:@SECLEVEL=1;\n+ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
         ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:@SECLEVEL=1;\n",
    );
}

#[test]
fn a_string_that_nobody_wrote_is_written() {
    safe(
        "haproxy.cfg",
        "global\nfrontend a\n  bind :443 ssl crt a.pem  # main\n",
        "-  bind :443 ssl crt a.pem  # main\n+  bind :443 ssl crt a.pem ciphers ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
         ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256  # main\n",
    );
}

#[test]
fn a_hybrid_is_put_first_where_the_library_has_one() {
    let list = |groups: &str| {
        nginx(&format!(
            "ssl_protocols TLSv1.2 TLSv1.3;\nssl_prefer_server_ciphers on;\nssl_ecdh_curve {groups};"
        ))
    };
    let ready = ["--policy", "pq-ready"];
    let on = |target: &'static str| [&ready[..], &["--target", target]].concat();
    let made = "-ssl_ecdh_curve X25519:P-256;\n+ssl_ecdh_curve X25519MLKEM768:X25519:P-256;\n";
    safe_under(&on("debian-13"), "nginx.conf", &list("X25519:P-256"), made);
    safe_under(
        &on("debian-13"),
        "nginx.conf",
        &list("X25519:X25519MLKEM768"),
        "-ssl_ecdh_curve X25519:X25519MLKEM768;\n+ssl_ecdh_curve X25519MLKEM768:X25519;\n",
    );
    unsafely_under(&ready, "nginx.conf", &list("X25519:P-256"), made);
    safe_under(&on("debian-12"), "nginx.conf", &list("X25519:P-256"), "");
    safe_under(&on("debian-13"), "nginx.conf", &list("X25519MLKEM768:X25519"), "");
}

#[test]
fn protocols_are_narrowed() {
    let narrowed =
        |before: &str, changes: &str| safe("nginx.conf", &nginx(&format!("{GOOD}\n{before}")), changes);
    narrowed(
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;  # all",
        "-ssl_protocols TLSv1 TLSv1.1 TLSv1.2;  # all\n+ssl_protocols TLSv1.2;  # all\n",
    );
    narrowed("ssl_protocols TLSv1;\nssl_protocols TLSv1.2;", "-ssl_protocols TLSv1;\n");
    narrowed(
        "ssl_conf_command Protocol ALL;\nssl_protocols TLSv1.2;",
        "-ssl_conf_command Protocol ALL;\n+ssl_conf_command Protocol ALL,-SSLv3,-TLSv1,-TLSv1.1;\n",
    );
    unsafely_under(
        &VERSIONS_ALONE,
        "nginx.conf",
        &nginx(&format!("{OLD}\nssl_protocols TLSv1 TLSv1.1;")),
        "-ssl_protocols TLSv1 TLSv1.1;\n+ssl_protocols TLSv1.2 TLSv1.3;\n",
    );
    let bind = |words: &str| {
        format!(
            "global\n  ssl-default-bind-ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA\nfrontend a\n  bind :443 ssl crt a.pem {words}\n"
        )
    };
    let line = |sign: char, words: &str| format!("{sign}  bind :443 ssl crt a.pem {words}\n");
    let haproxy = |before: &str, after: &str| {
        let changes = line('-', before) + &line('+', after);
        safe_under(&VERSIONS_ALONE, "haproxy.cfg", &bind(before), &changes);
    };
    haproxy("ssl-min-ver TLSv1.0 alpn h2", "ssl-min-ver TLSv1.2 alpn h2");
    unsafely_under(
        &VERSIONS_ALONE,
        "haproxy.cfg",
        &bind("ssl-max-ver TLSv1.1 ssl-min-ver TLSv1.0"),
        &(line('-', "ssl-max-ver TLSv1.1 ssl-min-ver TLSv1.0")
            + &line('+', "ssl-max-ver TLSv1.3 ssl-min-ver TLSv1.2")),
    );
    unsafely_under(
        &VERSIONS_ALONE,
        "haproxy.cfg",
        &bind("force-tlsv10"),
        &(line('-', "force-tlsv10") + &line('+', "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3")),
    );
    safe(
        "openssl.cnf",
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = ECDHE-RSA-AES128-GCM-SHA256\nMinProtocol = TLSv1.1\n",
        "-MinProtocol = TLSv1.1\n+MinProtocol = TLSv1.2\n",
    );
}

#[test]
fn protocols_that_are_on_by_default_are_written() {
    let flags = [&["--target", "nginx=1.22,library=openssl-1.1.1"], &VERSIONS_ALONE[..]].concat();
    safe_under(&flags, "nginx.conf", &nginx(OLD), "+ssl_protocols TLSv1.2 TLSv1.3;\n");
    let one_line = format!(
        "events {{}}\nhttp {{ server {{ listen 443 ssl; {OLD} ssl_certificate a.pem; ssl_certificate_key a.key; }} }}\n"
    );
    let line = one_line.lines().nth(1).unwrap();
    let with = line.replace("listen 443 ssl;", "listen 443 ssl; ssl_protocols TLSv1.2 TLSv1.3;");
    safe_under(&flags, "nginx.conf", &one_line, &format!("-{line}\n+{with}\n"));
    // Two sockets of one server are mended by one line; a template decides whether a third is there at all.
    let two = nginx(&format!("listen [::]:443 ssl;\n{OLD}"));
    safe_under(&flags, "nginx.conf", &two, "+ssl_protocols TLSv1.2 TLSv1.3;\n");
    let templated = format!("server {{\n{{% if tls %}}\nlisten 443 ssl;\n{{% endif %}}\n{OLD}\n}}\n");
    safe_under(&flags, "site.conf.j2", &templated, "");
}

/// A cluster of Envoy with this TLS context, in JSON.
fn cluster(context: &str) -> String {
    let typed = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    let address = r#"{"address": {"socket_address": {"address": "a.example", "port_value": 443}}}"#;
    format!(
        "{{\"static_resources\": {{\"clusters\": [{{\"name\": \"c\", \"type\": \"STRICT_DNS\",\n\
         \"load_assignment\": {{\"cluster_name\": \"c\", \"endpoints\": [{{\"lb_endpoints\": [{{\"endpoint\": {address}}}]}}]}},\n\
         \"transport_socket\": {{\"name\": \"tls\", \"typed_config\": {{\"@type\": \"{typed}\",\n\
         \"common_tls_context\": {context}}}}}}}]}}}}\n"
    )
}

/// A listener of Envoy with these parameters, in YAML.
fn listener(parameters: &str) -> String {
    format!(
        "static_resources:\n  listeners:\n  - name: l\n    address: {{socket_address: {{address: 0.0.0.0, port_value: 443}}}}\n    \
         filter_chains:\n    - transport_socket:\n        name: tls\n        typed_config:\n          \
         \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext\n          \
         common_tls_context:\n            tls_certificates: [{{certificate_chain: {{filename: a}}, private_key: {{filename: b}}}}]\n{parameters}"
    )
}

#[test]
fn lists_of_yaml_and_json_keep_their_layout() {
    let block = "            tls_params:\n              cipher_suites:  # ours\n              - ECDHE-RSA-AES128-GCM-SHA256\n              \
                 - AES128-SHA  # old\n              - \"AES256-SHA\"\n              tls_minimum_protocol_version: TLSv1_0\n";
    safe(
        "envoy.yaml",
        &listener(block),
        "-              - AES128-SHA  # old\n-              - \"AES256-SHA\"\n-              tls_minimum_protocol_version: TLSv1_0\n\
         +              tls_minimum_protocol_version: TLSv1_2\n",
    );
    let flow = |list: &str| format!("            tls_params: {{cipher_suites: [{list}]}}\n");
    let changed = |before: &str, after: &str| {
        safe("envoy.yaml", &listener(&flow(before)), &format!("-{}+{}", flow(before), flow(after)));
    };
    changed("AES128-SHA, ECDHE-RSA-AES128-GCM-SHA256, 'AES256-SHA'", "ECDHE-RSA-AES128-GCM-SHA256");
    changed(
        "ECDHE-RSA-AES128-GCM-SHA256, AES128-SHA, ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES128-GCM-SHA256",
    );
    changed(
        "'[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-AES256-GCM-SHA384]', AES128-SHA",
        "'[ECDHE-RSA-AES128-GCM-SHA256]'",
    );
    changed("ECDHE+AESGCM", "ECDHE+AESGCM, \"!AES256\"");
    let suites = "{\"tls_params\": {\"cipher_suites\": [\n  \"ECDHE-RSA-AES128-GCM-SHA256\",\n  \"AES128-SHA\"\n]}, \"validation_context\": {\n  \
                  \"trusted_ca\": {\"filename\": \"ca.pem\"}}}";
    safe(
        "envoy.json",
        &cluster(suites),
        "-  \"ECDHE-RSA-AES128-GCM-SHA256\",\n-  \"AES128-SHA\"\n+  \"ECDHE-RSA-AES128-GCM-SHA256\"\n\
         +  \"match_typed_subject_alt_names\": [{\"san_type\": \"DNS\", \"matcher\": {\"exact\": \"a.example\"}}],\n",
    );
    let groups = "            tls_params: {ecdh_curves: [X25519, P-521], cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]}\n";
    safe_under(
        &["--policy", "mozilla-intermediate"],
        "envoy.yaml",
        &listener(groups),
        &format!("-{groups}+{}", groups.replace(", P-521", "")),
    );
}

#[test]
fn peers_are_verified_where_roots_and_name_are_known() {
    let location = |lines: &str| {
        format!(
            "events {{}}\nhttp {{\nupstream named {{ server b.example:443; }}\nupstream addressed {{ server 10.0.0.1:443; }}\nserver {{\nlisten 80; return 301 https://$host$request_uri;\nlocation / {{\n{lines}\n}}\n}}\n}}\n"
        )
    };
    let roots = "proxy_ssl_trusted_certificate /etc/ca.pem;";
    let both = |lines: &str, changes: &str| unsafely("nginx.conf", &location(lines), changes);
    both(&format!("{roots}\nproxy_pass https://a.example;"), "+proxy_ssl_verify on;\n");
    both(
        &format!("{roots}\nproxy_ssl_verify off; # why\nproxy_pass https://a.example;"),
        "-proxy_ssl_verify off; # why\n+proxy_ssl_verify on; # why\n",
    );
    both(
        &format!("{roots}\nproxy_pass https://named;"),
        "+proxy_ssl_verify on;\n+proxy_ssl_name b.example;\n",
    );
    both(&format!("{roots}\nproxy_pass https://addressed;"), "");
    both("proxy_pass https://a.example;", "");
    let backend = |words: &str| format!("global\nbackend b\n  server s a.example:443 ssl {words}\n");
    let haproxy = |before: &str, after: &str| {
        let line = |sign: &str, words: &str| format!("{sign}  server s a.example:443 ssl {words}\n");
        let changes = if before == after { String::new() } else { line("-", before) + &line("+", after) };
        safe("haproxy.cfg", &backend(before), &changes);
    };
    haproxy("verify none ca-file ca.pem", "verify required ca-file ca.pem verifyhost a.example");
    haproxy("verify required ca-file ca.pem", "verify required ca-file ca.pem verifyhost a.example");
    haproxy("verify none", "verify none");
}

/// Sites of every kind that the generator knows, in four languages.
fn tree() -> Vec<(String, String)> {
    let pick = |number: usize, words: &[&str]| words[number % words.len()].to_owned();
    let strings = [
        "HIGH:!aNULL",
        "ECDHE+AESGCM:EDH+AESGCM",
        "AES128-SHA",
        "RC4:HIGH:!MD5",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "FOO:ECDHE+CHACHA20",
        "ALL:+HIGH",
    ];
    let versions = ["TLSv1 TLSv1.1 TLSv1.2", "TLSv1", "TLSv1.2 TLSv1.3", "TLSv1.3", "SSLv3 TLSv1.2"];
    let mut files = vec![(
        "nginx/nginx.conf".to_owned(),
        "events {}\nhttp {\n  ssl_ciphers HIGH;\n  include sites/*.conf;\n}\n".to_owned(),
    )];
    let mut binds = String::from("global\n  ssl-default-bind-options ssl-min-ver TLSv1.1\nfrontend f\n");
    for number in 0..60 {
        let mut site = format!(
            "server {{\n  listen 443 ssl;\n  server_name s{number}.example;\n  ssl_certificate a; ssl_certificate_key b;\n"
        );
        if number % 3 > 0 {
            let _ = writeln!(site, "  ssl_protocols {};", pick(number, &versions));
        }
        if number % 4 > 0 {
            let quote = pick(number, &["", "'", "\""]);
            let _ = writeln!(site, "  ssl_ciphers {quote}{}{quote};  # kept", pick(number / 2, &strings));
        }
        let host = pick(number, &["a.example", "10.0.0.1", "$where"]);
        let roots = if number % 2 > 0 { "proxy_ssl_trusted_certificate ca.pem; " } else { "" };
        let _ = writeln!(site, "  location / {{ {roots}proxy_pass https://{host}; }}\n}}");
        files.push((format!("nginx/sites/{number:03}.conf"), site));
        let bound = pick(
            number,
            &[
                "",
                "ssl-max-ver TLSv1.1",
                "force-tlsv11",
                "no-tlsv12",
                "ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.2",
            ],
        );
        let _ = writeln!(
            binds,
            "  bind :{} ssl crt a.pem {bound} ciphers {}",
            1000 + number,
            pick(number, &strings)
        );
        if number < 15 {
            let list = pick(number, &strings)
                .replace(':', ", ")
                .replace(", !", ", '!")
                .replace("aNULL", "aNULL'")
                .replace("MD5", "MD5'")
                .replace(", +HIGH", "");
            files.push((
                format!("envoy/{number}.yaml"),
                listener(&format!("            tls_params: {{cipher_suites: [{list}]}}\n")),
            ));
        }
    }
    files.push(("haproxy.cfg".to_owned(), binds));
    files
}

#[test]
fn a_tree_settles_under_any_policy() {
    for policy in ["google-carriers", "mozilla-modern"] {
        let found = repository(&tree());
        settles(found.path(), &["--policy", policy]);
    }
}
