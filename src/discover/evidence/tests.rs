use super::*;
use Dialect::{Envoy, HaProxy, Nginx, OpensslConf};

#[track_caller]
fn check(path: &str, text: &str, expected: impl Into<Option<Dialect>>) {
    let found = judge(Path::new(path), text).map(|judgement| judgement.dialect);
    assert_eq!(found, expected.into(), "{path}: {text:?}");
}

#[test]
fn a_name_is_enough_where_nothing_speaks_against_it() {
    check("etc/nginx/nginx.conf", "", Nginx);
    check("roles/web/templates/nginx.conf.j2", "", Nginx);
    check("haproxy.cfg.erb", "", HaProxy);
    check("etc/ssl/openssl.cnf", "", OpensslConf);
    check("tls.ciphers", "HIGH:!aNULL\n", Dialect::Ciphers);
    check("logrotate.d/nginx.conf", "/var/log/nginx/*.log {\n  daily\n  rotate 7\n  missingok\n}\n", None);
    check("supervisor/nginx.conf", "[program:nginx]\ncommand=nginx\nautostart=true\n", None);
}

#[test]
fn content_alone_needs_structure_and_two_statements() {
    check("link.conf", "events {}\nhttp {\n    include sites/*.conf;\n}\n", Nginx);
    check("web.conf", "server {\n  listen 443 ssl;\n}\n", Nginx);
    check("lb.cfg", "global\n  daemon\nfrontend f\n  bind :443 ssl crt x\n  mode http\n", HaProxy);
    check(
        "x.cnf",
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1.2\n",
        OpensslConf,
    );
    check("lb.cfg", "listen p\n  balance leastconn\n  server a b:1 check\n", HaProxy);
    check("one.conf", "bind 127.0.0.1\n", None);
    check("two.conf", "bind 127.0.0.1:6379\nport 6379\ntimeout 0\nserver-cpulist 0-7\n", None);
    check("setup.cfg", "[metadata]\nname = x\n", None);
    check("snippet.conf", "ssl_protocols TLSv1.2;\nssl_ciphers HIGH;\n", Nginx);
}

#[test]
fn templates_are_judged_without_their_statements() {
    check("x.tmpl", "{{ $cfg := . }}\nserver {\n listen 443 ssl;\n}\n", Nginx);
    check("x.j2", "{% if x %}\nfrontend f\n bind :443 ssl\n mode tcp\n{% endif %}\n", HaProxy);
    check("x.tmpl", "{\"a\": 1}", None);
}

#[test]
fn envoy_is_known_by_keys_and_what_they_hold() {
    let listeners = "static_resources:\n  listeners:\n  - filter_chains:\n    - filters: [{name: envoy.filters.network.tcp_proxy}]\n";
    check("x.yaml", listeners, Envoy);
    check("envoy.yaml", "static_resources:\n  listeners: []\n", Envoy);
    check("values.yaml", "image: nginx\n", None);
    check("templates/x.yaml", "metadata:\n  name: {{ include \"envoy.name\" . }}\n  tls_context: on\n", None);
    let schema = "openAPIV3Schema:\n  properties:\n    static_resources:\n      properties:\n        listeners: {type: array}\n    common_tls_context: {type: object}\n";
    check("crd.yaml", schema, None);
    let filter = "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec:\n  configPatches: []\n";
    check("x.yaml", filter, Envoy);
}

#[test]
fn surroundings_count_with_statements() {
    let site = "server {\n  listen 443 ssl;\n  root /x;\n}\n";
    check("modules/nginx/files/demo", site, Nginx);
    check("sites-enabled/www.example.com", site, Nginx);
    check("templates/www.example.org.j2", site, Nginx);
    check("nginx/gzip.conf", "gzip on;\n", Nginx);
    check(
        "nginx/README.txt",
        &format!("how\nto\nset\nit\nup\nis\ntold\nhere\nat\nlength\nin\nlines\n{site}"),
        None,
    );
    check("nginx/install", &format!("#!/bin/sh\n{site}"), None);
    check("src/nginx_client.js", site, None);
    check("nginx-fail2ban/jail.conf", "[nginx-http-auth]\nenabled = true\nport = http,https\n", None);
}
