//! Configurations in memory, and what becomes of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::super::{Context, Question};
use super::{connects, is_root, read, serves};
use crate::endpoint::{Endpoint, Model, Purpose, Transport};
use crate::files::{FileTree, Memory};
use crate::library::offer::Offer;
use crate::observation::ObservationKind;
use crate::setting::Setting;
use crate::target::Target;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads the first file, the others beside it.
fn model(files: &[(&str, &str)], target: &str) -> Model {
    let tree = Memory::new(files.iter().map(|(path, text)| (*path, *text)));
    let root = tree.read(Path::new(files[0].0)).unwrap();
    let target = if target.is_empty() { Target::any() } else { Target::parse(target).unwrap() };
    let variables = BTreeMap::from([("protocols".to_owned(), "TLSv1.1 TLSv1.2".to_owned())]);
    read(
        std::slice::from_ref(&root),
        Context {
            files: &tree,
            target: &target,
            variables: &variables,
            is_whole: false,
            asked: None,
            budget: &crate::budget::Budget::default(),
        },
    )
}

fn protocols(endpoint: &Endpoint) -> String {
    match &endpoint.protocols {
        Setting::Unknown(unknown) => format!("unknown: {}", unknown.why),
        setting => setting.value().unwrap().set.to_string(),
    }
}

fn at<'m>(model: &'m Model, port: u16, sni: &str) -> &'m Endpoint {
    let sni = Some(sni.to_owned()).filter(|name| !name.is_empty());
    let address = "127.0.0.1".parse().unwrap();
    serves(model, &Question { address, port, sni, quic: false, alpn: Vec::new() }).unwrap()
}

const TWO_NAMES: &str = "events {} http { ssl_certificate a; ssl_certificate_key a; \
    server { listen 443 ssl; server_name a.test; ssl_protocols TLSv1.3; } \
    server { listen 443 ssl; server_name b.test *.c.test; ssl_protocols TLSv1.2; } }";

#[test]
fn the_name_decides_from_1_29_2_on_and_the_socket_before() {
    let newer = model(&[("nginx.conf", TWO_NAMES)], "nginx=1.29.2,library=openssl-3.5");
    let older = model(&[("nginx.conf", TWO_NAMES)], "nginx=1.29.1,library=openssl-3.5");
    for (name, new, old) in
        [("", "TLSv1.3", "TLSv1.3"), ("b.test", "TLSv1.2", "TLSv1.3"), ("x.C.test", "TLSv1.2", "TLSv1.3")]
    {
        assert_eq!(protocols(at(&newer, 443, name)), new, "{name}");
        assert_eq!(protocols(at(&older, 443, name)), old, "{name}");
    }
    assert!(older.observations.iter().any(|seen| seen.kind == ObservationKind::SettingIgnored));
    assert!(newer.observations.is_empty());
}

#[test]
fn includes_start_from_the_root_and_come_sorted() {
    let files = [
        ("etc/nginx.conf", "http { include conf.d/*.conf; }"),
        (
            "etc/conf.d/b.conf",
            "server { listen 8443 ssl; include tls.inc; ssl_certificate c; ssl_certificate_key c; }",
        ),
        ("etc/conf.d/a.conf", "ssl_protocols TLSv1.2;"),
        ("etc/tls.inc", "ssl_ciphers HIGH;"),
        ("etc/conf.d/tls.inc", "ssl_ciphers LOW;"),
    ];
    let model = model(&files, "debian-12");
    let endpoint = at(&model, 8443, "");
    assert_eq!(protocols(endpoint), "TLSv1.2");
    assert_eq!(endpoint.cipher_string.value().unwrap().as_str(), "HIGH");
    let steps: Vec<_> = endpoint.protocols.provenance().iter().map(|step| step.what.as_str()).collect();
    assert_eq!(steps, ["included here", "inherited from http"]);
    assert!(model.refusals.is_empty(), "{:?}", model.refusals);
}

#[test]
fn an_include_loop_ends() {
    let files =
        [("nginx.conf", "http { include a.conf; }"), ("a.conf", "include a.conf; include nginx.conf;")];
    let model = model(&files, "");
    assert!(
        model.refusals.iter().any(|refusal| refusal.reason.contains("includes itself")),
        "{:?}",
        model.refusals
    );
}

#[test]
fn what_cannot_be_seen_is_unknown() {
    let missing = "http { server { listen 443 ssl; include /etc/nginx/tls.conf; ssl_certificate a; ssl_certificate_key a; } }";
    let seen = model(&[("nginx.conf", missing)], "");
    assert!(protocols(at(&seen, 443, "")).starts_with("unknown: "), "a file that is not there may set it");
    let fragment = model(&[("site.conf", "server { listen 443 ssl; ssl_ciphers HIGH; }")], "");
    assert!(fragment.is_fragment);
    assert!(protocols(at(&fragment, 443, "")).starts_with("unknown: "), "the http block may set it");
    assert_eq!(at(&fragment, 443, "").cipher_string.value().unwrap().as_str(), "HIGH");
    let bare = model(&[("tls.conf", "ssl_protocols TLSv1;")], "");
    assert_eq!(protocols(&bare.endpoints[0]), "TLSv1");
}

#[test]
fn packaged_files_are_not_missed() {
    let text = "http { include /etc/nginx/mime.types; server { listen 443 ssl; ssl_certificate a; ssl_certificate_key a; } }";
    let model = model(&[("nginx.conf", text)], "nginx=1.30.6,library=openssl-3.6");
    assert_eq!(protocols(at(&model, 443, "")), "TLSv1.2 TLSv1.3");
    assert!(model.observations.is_empty());
}

#[test]
fn templates_take_values_from_the_settings() {
    let server = |protocols: &str| {
        format!(
            "http {{ server {{ listen 443 ssl; {protocols} ssl_certificate a; ssl_certificate_key a; }} }}"
        )
    };
    for (written, expected) in [
        ("ssl_protocols {{ protocols }};", "TLSv1.1 TLSv1.2"),
        ("ssl_protocols {{ other }};", "unknown: \"{{ other }}\" is filled in elsewhere"),
        (
            "{% if x %}ssl_protocols TLSv1;{% endif %}",
            "unknown: a template decides whether this ssl_protocols holds",
        ),
        (
            "{{ tls }}\n",
            "unknown: ssl_protocols is not set here; a template placeholder stands here, which may set anything",
        ),
    ] {
        let model = model(&[("nginx.conf", &server(written))], "");
        assert_eq!(protocols(at(&model, 443, "")), expected, "{written}");
    }
}

#[test]
fn refusals_are_nginx_own() {
    let in_server = |text: &str| format!("events {{}} http {{ server {{ listen 443 ssl; {text} }} }}");
    let certificate = "ssl_certificate a; ssl_certificate_key a;";
    for (text, reason) in [
        ("ssl_ciphers HIGH; ssl_ciphers LOW;", "\"ssl_ciphers\" directive is duplicate"),
        ("ssl_protocols TLSv1.4;", "invalid value \"TLSv1.4\""),
        ("location / { ssl_protocols TLSv1.2; }", "\"ssl_protocols\" directive is not allowed here"),
        ("ssl_ciphers A B;", "invalid number of arguments in \"ssl_ciphers\" directive"),
        ("ssl_prefer_server_ciphers yes;", "it must be \"on\" or \"off\""),
        ("listen 127.0.0.1:80 nope;", "invalid parameter \"nope\""),
        ("ssl_ecdh_curve nope;", "SSL_CTX_set1_curves_list(\"nope\") failed"),
        ("ssl_conf_command Nope x;", "unknown cmd name"),
        ("ssl_conf_command RxCertificateCompression on;", "unknown cmd name"),
        ("ssl_conf_command ECDHParameters X25519:P-256;", "bad value"),
        ("ssl_conf_command ECDHParameters auto;", "bad value"),
        ("ssl_conf_command MinProtocol tlsv1.2;", "bad value"),
        ("ssl_verify_client on;", "for ssl_verify_client"),
        ("include missing.conf;", "open() \"missing.conf\" failed"),
    ] {
        let model = model(&[("nginx.conf", &in_server(&format!("{certificate} {text}")))], "debian-12");
        let found = model.refusals.iter().any(|refusal| refusal.reason.contains(reason));
        assert!(found, "{text}: {:?}", model.refusals);
    }
    let without = model(&[("nginx.conf", &in_server(""))], "debian-12");
    assert!(without.refusals[0].reason.starts_with("no \"ssl_certificate\" is defined"));
    let later = model(&[("nginx.conf", &in_server("ssl on;"))], "nginx=1.26.3,library=openssl-3.5");
    assert_eq!(later.refusals[0].reason, "unknown directive \"ssl\"");
}

#[test]
fn plaintext_listeners_say_what_they_are_for() {
    let purpose = |body: &str| {
        let text = format!("http {{ server {{ listen 80; {body} }} }}");
        match model(&[("nginx.conf", &text)], "").endpoints[0].transport {
            Transport::Plaintext(purpose) => purpose,
            other => panic!("{body}: {other:?}"),
        }
    };
    let to_https = "return 301 https://$host$request_uri;";
    let certbot = "if ($host = a.test) { return 301 https://$host$request_uri; } server_name a.test;";
    for redirects in [
        to_https,
        "return 444;",
        "location / { return 308 https://a.test; } location /.well-known/acme-challenge/ { root /x; }",
        "location /.well-known/ { root /x; } location / { return 301 https://a.test; }",
        r"location ~ /\.well-known { root /x; } location ~ ^/(.*) { return 301 https://a.test/$1; }",
        "if ($scheme = http) { return 301 https://$host$request_uri; } root /x;",
        "if ($scheme != \"https\") { rewrite ^ https://$host$request_uri? permanent; } root /x;",
        "if ($host = a.test) { return 301 https://$host; } return 404;",
        certbot,
        r"if ($host ~ ^[^.]+\.a\.test$) { return 301 https://$host$request_uri; } server_name *.a.test;",
        "if ($request_uri !~ ^/.well-known/) { return 301 https://a.test; } root /x;",
        "rewrite ^(.*)$ https://a.test$1 permanent;",
        r"rewrite ^/(?!\.well-known/acme-challenge)(.*) https://a.test/$1 permanent; root /x;",
        "location / { deny all; }",
        "error_page 404 /404.html; location = /404.html { internal; root /x; } location / { return 404; }",
        "allow 127.0.0.1; deny all; root /x;",
    ] {
        assert_eq!(purpose(redirects), Purpose::RedirectOnly, "{redirects}");
    }
    for mostly in [
        &format!("location = /healthz {{ return 200 ok; }} location / {{ {to_https} }}"),
        &format!("if ($uri = /healthz) {{ return 200 ok; }} {to_https}"),
        &format!(
            "error_page 500 502 /50x.html; location = /50x.html {{ root /x; }} location / {{ {to_https} }}"
        ),
        &format!("location /nginx_status {{ stub_status; }} location / {{ {to_https} }}"),
        &format!("location /health {{ proxy_pass http://b; }} location / {{ {to_https} }}"),
        &format!("{certbot} root /x;"),
        &format!("if ($http_x_forwarded_proto != \"https\") {{ {to_https} }} root /x;"),
    ] {
        assert_eq!(purpose(mostly), Purpose::RedirectMostly, "{mostly}");
    }
    for serves in [
        "root /x;",
        "return 200 ok;",
        "return 301 http://a.test;",
        "location / { proxy_pass http://b; }",
        "location = / { return 301 https://a.test; } location /a { return 301 https://a.test; }",
        "location / { location /api { proxy_pass http://b; } return 301 https://a.test; }",
        "if ($host = a.test) { return 301 https://a.test; } server_name a.test b.test; root /x;",
        "if ($bad_agent) { return 403; } root /x;",
        "if ($https = on) { return 301 https://a.test; } root /x;",
        "location / { allow 10.0.0.0/8; deny all; }",
        "location /api { proxy_pass http://b; } location / { return 301 https://a.test; }",
    ] {
        assert_eq!(purpose(serves), Purpose::Serves, "{serves}");
    }
    let by_variable =
        "set $go 1; if ($uri = /x) { set $go 0; } if ($go) { return 301 https://a.test; } root /x;";
    assert_eq!(purpose(by_variable), Purpose::Unknown);
    assert_eq!(purpose("include missing.conf;"), Purpose::Unknown);
}

#[test]
fn upstreams_speak_tls_by_their_scheme() {
    let text = "http { proxy_ssl_server_name on; upstream be.test { server 10.0.0.1:8443; } server { listen 80; \
        set $up https://10.0.0.2:1; \
        location /a { proxy_pass https://be.test; } location /b { proxy_pass http://10.0.0.3; proxy_ssl_verify on; } \
        location /c { proxy_pass $up; } location /d { proxy_pass https://$host; } } }";
    let model = model(&[("nginx.conf", text)], "debian-12");
    let first = connects(&model, "10.0.0.1:8443").unwrap();
    assert_eq!(first.transport, Transport::Tls);
    assert_eq!(first.sni.value(), Some(&Some("be.test".to_owned())));
    assert_eq!(first.peer.as_ref().unwrap().chain.value(), Some(&false));
    assert!(matches!(connects(&model, "10.0.0.3:80").unwrap().transport, Transport::Plaintext(_)));
    assert_eq!(connects(&model, "10.0.0.2:1").unwrap().sni.value(), Some(&None), "an address is not sent");
    let ignored: Vec<_> =
        model.observations.iter().filter(|seen| seen.kind == ObservationKind::SettingIgnored).collect();
    assert_eq!(ignored.len(), 1);
}

#[test]
fn commands_come_last_and_replace_inherited_ones() {
    let text = "http { ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; server { listen 443 ssl; ssl_certificate a; \
        ssl_certificate_key a; ssl_protocols TLSv1.3; ssl_conf_command Protocol ALL,-TLSv1.3; \
        ssl_conf_command MinProtocol TLSv1.2; } }";
    let model = model(&[("nginx.conf", text)], "debian-12");
    let offer = Offer::of(at(&model, 443, ""));
    assert_eq!(offer.declared_protocols.unwrap().to_string(), "TLSv1.2");
    assert_eq!(offer.tls13.unwrap().len(), 3);
    assert!(model.observations.iter().any(|seen| seen.message.contains("throws away")));
}

#[test]
fn commands_that_mean_nothing_here_leave_what_was_there() {
    let server = |commands: &str| {
        format!(
            "events {{}} http {{ server {{ listen 443 ssl; ssl_certificate a; ssl_certificate_key a; ssl_protocols TLSv1 TLSv1.2; {commands} }} }}"
        )
    };
    for (commands, expected) in [
        ("ssl_conf_command MinProtocol TLSv1.2; ssl_conf_command MinProtocol DTLSv1;", "TLSv1.2"),
        ("ssl_conf_command MinProtocol TLSv1.2; ssl_conf_command MinProtocol None;", "TLSv1 TLSv1.2"),
        ("ssl_conf_command MinProtocol {{ floor }};", "unknown: \"{{ floor }}\" is filled in elsewhere"),
        ("ssl_conf_command ECDHParameters automatic;", "TLSv1 TLSv1.2"),
    ] {
        let model = model(&[("nginx.conf", &server(commands))], "nginx=1.22.1,library=openssl-3.0");
        assert_eq!(protocols(at(&model, 443, "")), expected, "{commands}");
        assert!(model.refusals.is_empty(), "{commands}: {:?}", model.refusals);
        assert_eq!(at(&model, 443, "").groups.location(), None, "{commands}");
    }
}

#[test]
fn a_stream_that_passes_tls_on_is_what_it_passes_on_to() {
    let text = "stream { server { listen 1; ssl_preread on; proxy_pass 127.0.0.1:2; } \
        server { listen 127.0.0.1:2 ssl; ssl_protocols TLSv1.2; ssl_certificate a; ssl_certificate_key a; } }";
    let model = model(&[("nginx.conf", text)], "debian-12");
    assert_eq!(at(&model, 1, "a.test").transport, Transport::Tls);
    assert_eq!(protocols(at(&model, 1, "a.test")), "TLSv1.2");
}

#[test]
fn roots_are_told_from_fragments() {
    for (text, expected) in [
        ("events {}", true),
        ("user x;\nhttp {\n}", true),
        ("server { listen 80; return 301 https://x; }", false),
        ("# http {}\nssl_protocols TLSv1.2;", false),
    ] {
        let tree = Memory::new([("a.conf", text)]);
        assert_eq!(is_root(&tree.read(Path::new("a.conf")).unwrap()), expected, "{text}");
    }
}

#[test]
fn a_variable_has_the_value_of_the_first_set_of_the_nearest_block() {
    let sets: Vec<_> = (0..40).map(|number| format!("set $v{number} u{number}.example;")).collect();
    let sets = sets.concat();
    let text = format!(
        "events {{}} http {{ server {{ listen 80; {sets} set $v39 late.example; \
         location / {{ proxy_pass https://$v39:8443; }} \
         location /b {{ set $v39 near.example; proxy_pass https://${{v39}}/x; }} }} }}"
    );
    let model = model(&[("nginx.conf", &text)], "");
    let clients = model.endpoints.iter().filter(|endpoint| endpoint.role == crate::protocol::Role::Client);
    let addresses: Vec<_> = clients.flat_map(|endpoint| endpoint.addresses.clone()).collect();
    assert_eq!(addresses, ["u39.example:8443", "near.example:443"]);
}
