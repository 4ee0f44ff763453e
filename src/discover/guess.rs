//! Which language a file is in.

use crate::endpoint::Dialect;
use std::path::Path;

/// Endings of template languages, taken off before the name is looked at.
pub(super) const TEMPLATES: &[&str] = &[
    "j2", "jinja", "jinja2", "erb", "epp", "tmpl", "tpl", "template", "gotmpl", "in", "dist", "example",
    "sample", "ejs", "hbs", "mustache", "ctmpl",
];

/// How much of a file decides its language, in bytes.
const LOOKED_AT: usize = 64 << 10;

/// The name without endings of template languages, in lower case.
pub(super) fn bare_name(path: &Path) -> String {
    let mut name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    while let Some((stem, ending)) = name.rsplit_once('.')
        && !stem.is_empty()
        && TEMPLATES.contains(&unmarked(ending))
    {
        name = stem.to_owned();
    }
    name
}

/// An ending without the mark of an editor or of a version behind it: `cfg~`, `conf-old`, `j2@3f8f2456`.
fn unmarked(ending: &str) -> &str {
    ending.split(|next: char| !next.is_ascii_alphanumeric()).next().unwrap_or(ending)
}

fn parts(path: &Path) -> impl Iterator<Item = String> + '_ {
    path.components().map(|part| part.as_os_str().to_string_lossy().to_lowercase())
}

/// How far the path alone says that a file may be configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Promise {
    /// Its ending is one that configurations have.
    Ending,
    /// It lies among files of nginx or HAProxy, or is a template of something: its text must leave no doubt.
    Surroundings,
    /// None: it is not opened.
    None,
}

fn promise(path: &Path) -> Promise {
    let name = bare_name(path);
    let is_template = path
        .extension()
        .is_some_and(|found| TEMPLATES.contains(&unmarked(&found.to_string_lossy().to_lowercase())));
    match name.rsplit_once('.').map(|(_, ending)| unmarked(ending)) {
        Some(
            "conf" | "cfg" | "cnf" | "cf" | "yaml" | "yml" | "json" | "nginx" | "vhost" | "ciphers"
            | "haproxy" | "config" | "inc",
        ) => Promise::Ending,
        _ if by_name(path).is_some() => Promise::Ending,
        None if is_template => Promise::Ending,
        // A template of a document, a script or a unit; a virtual host is often named for its site.
        Some(
            "css" | "html" | "js" | "md" | "php" | "pl" | "ps1" | "py" | "rb" | "rst" | "service" | "sh"
            | "sql" | "ts" | "xml",
        ) => Promise::None,
        Some(_) if is_template => Promise::Surroundings,
        None | Some("bak" | "def" | "old" | "orig" | "save" | "sed" | "txt") if lies_among_servers(path) => {
            Promise::Surroundings
        }
        None | Some(_) => Promise::None,
    }
}

/// Whether the name or a directory names a server, or is `conf`.
fn lies_among_servers(path: &Path) -> bool {
    let names_one = |part: &str| part.contains("nginx") || part.contains("haproxy");
    parts(path)
        .any(|part| names_one(&part) || matches!(part.as_str(), "conf" | "sites-enabled" | "sites-available"))
}

/// Whether a file that was found in a directory is worth opening at all.
pub(super) fn is_possible(path: &Path) -> bool {
    promise(path) != Promise::None
}

/// The language that the path alone says.
pub fn by_name(path: &Path) -> Option<Dialect> {
    let name = bare_name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "ciphers" => return Some(Dialect::Ciphers),
        "nginx" | "vhost" => return Some(Dialect::Nginx),
        "haproxy" => return Some(Dialect::HaProxy),
        "cnf" if name.contains("openssl") => return Some(Dialect::OpensslConf),
        "config" if matches!(name.as_str(), "openssl.config" | "opensslcnf.config") => {
            return Some(Dialect::OpensslConf);
        }
        _ => {}
    }
    if name == "haproxy.cfg" || (name.starts_with("haproxy") && ending == "cfg") {
        return Some(Dialect::HaProxy);
    }
    if name == "nginx.conf" {
        return Some(Dialect::Nginx);
    }
    // Debian's layout: files of any name in these directories are nginx's.
    let directory: Vec<_> = path.parent().into_iter().flat_map(parts).collect();
    let in_nginx = directory.iter().any(|part| part.starts_with("nginx"));
    let is_site = directory.iter().any(|part| matches!(part.as_str(), "sites-enabled" | "sites-available"));
    let is_apache = directory.iter().any(|part| part.starts_with("apache") || part.starts_with("httpd"));
    if is_site && in_nginx && !is_apache {
        return Some(Dialect::Nginx);
    }
    (in_nginx && ending == "conf").then_some(Dialect::Nginx)
}

/// The language that the text says; `None` for anything else.
pub fn by_content(path: &Path, text: &str) -> Option<Dialect> {
    let text = &text[..text.floor_char_boundary(LOOKED_AT)];
    let name = bare_name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if matches!(ending, "yaml" | "yml" | "json") || is_json(text) {
        return is_envoy(text).then_some(Dialect::Envoy);
    }
    let (score, dialect) = best(text)?;
    (promise(path) != Promise::Surroundings || is_dense(text, score)).then_some(dialect)
}

/// The language that a text without a name leaves no doubt of.
pub(super) fn certain(text: &str) -> Option<Dialect> {
    let text = &text[..text.floor_char_boundary(LOOKED_AT)];
    best(text).filter(|(score, _)| *score > 1 && is_dense(text, *score)).map(|(_, dialect)| dialect)
}

/// The language that most lines look like, with how many do.
fn best(text: &str) -> Option<(usize, Dialect)> {
    let scores = [
        (nginx_lines(text), Dialect::Nginx),
        (haproxy_lines(text), Dialect::HaProxy),
        (openssl_lines(text), Dialect::OpensslConf),
        (usize::from(is_envoy(text)) * 3, Dialect::Envoy),
    ];
    scores.into_iter().filter(|(score, _)| *score > 0).max_by_key(|(score, _)| *score)
}

/// Whether enough lines are typical of a language for a text that nothing else vouches for.
fn is_dense(text: &str, score: usize) -> bool {
    !text.starts_with("#!") && score * DENSITY >= first_words(text).count()
}

/// One line in so many must be typical of a language where nothing else says that a file is in it.
const DENSITY: usize = 4;

/// Whether a text starts as JSON does, and not as a template does.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let is_template = text.starts_with("{{") || text.starts_with("{%") || text.starts_with("{#");
    text.starts_with(['{', '[']) && !is_template
}

fn is_envoy(text: &str) -> bool {
    [
        "type.googleapis.com/envoy.",
        "static_resources",
        "staticResources",
        "envoy.transport_sockets",
        "common_tls_context",
        "commonTlsContext",
        "kind: EnvoyFilter",
        "envoy.api.v2",
        "\"envoy.",
        "tls_context:",
    ]
    .iter()
    .any(|mark| text.contains(mark))
}

fn first_words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let word = line.split([' ', '\t', ';', '{']).next()?;
        (!word.is_empty() && !line.starts_with('#')).then_some((word, line))
    })
}

/// Lines that look like nginx: a directive with its semicolon, or a block that only nginx has.
fn nginx_lines(text: &str) -> usize {
    let is_nginx = |(word, line): &(&str, &str)| match *word {
        "server" | "http" | "events" | "stream" | "mail" | "types" => {
            line.get(word.len()..).is_some_and(|rest| rest.trim_start().starts_with('{'))
        }
        "location" | "upstream" | "map" => line.contains('{'),
        "listen" | "server_name" | "include" | "proxy_pass" | "root" | "return" | "rewrite"
        | "add_header" | "proxy_set_header" | "grpc_pass" | "uwsgi_pass" | "fastcgi_pass" | "try_files"
        | "worker_processes" => line.contains(';'),
        word => {
            (word.starts_with("ssl_") || word.starts_with("proxy_ssl_") || word.starts_with("grpc_ssl_"))
                && line.contains(';')
        }
    };
    first_words(text).filter(is_nginx).count()
}

/// Lines that look like HAProxy: a section, or a keyword that only it has.
fn haproxy_lines(text: &str) -> usize {
    let is_haproxy = |(word, line): &(&str, &str)| match *word {
        "global" | "defaults" | "frontend" | "backend" | "listen" | "userlist" | "resolvers" | "peers"
        | "crt-store" => !line.contains(['{', ';', '=']) || line.contains("{{"),
        "bind" | "server" | "log" => {
            !line.contains([';', '=']) && !line.ends_with('{') && line.contains([' ', '\t'])
        }
        "ssl-default-bind-ciphers"
        | "ssl-default-bind-options"
        | "ssl-default-bind-ciphersuites"
        | "use_backend"
        | "use-server"
        | "default_backend"
        | "default-server"
        | "http-request"
        | "http-response"
        | "tcp-request"
        | "option"
        | "balance"
        | "ssl-default-server-options" => true,
        "timeout" => line.split_ascii_whitespace().count() == 3 && !line.contains(['=', ';']),
        "mode" => matches!(*line, "mode http" | "mode tcp"),
        _ => false,
    };
    first_words(text).filter(is_haproxy).count()
}

/// Lines that look like openssl.cnf: a section of its own, or a command of SSL_CONF_cmd(3).
fn openssl_lines(text: &str) -> usize {
    let is_openssl = |(word, line): &(&str, &str)| {
        let key = word.split('=').next().unwrap_or(word);
        line.contains('=')
            && matches!(
                key,
                "openssl_conf"
                    | "ssl_conf"
                    | "system_default"
                    | "MinProtocol"
                    | "MaxProtocol"
                    | "CipherString"
                    | "Ciphersuites"
                    | "TLS.MinProtocol"
            )
    };
    first_words(text).filter(is_openssl).count() * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: Option<Dialect>) {
        let path = Path::new(path);
        assert_eq!(by_name(path).or_else(|| by_content(path, text)), expected, "{}", path.display());
    }

    #[test]
    fn names_decide_first() {
        check("etc/nginx/nginx.conf", "", Some(Dialect::Nginx));
        check("roles/web/templates/nginx.conf.j2", "", Some(Dialect::Nginx));
        check("nginx/sites-enabled/default", "", Some(Dialect::Nginx));
        check("haproxy.cfg.erb", "", Some(Dialect::HaProxy));
        check("etc/ssl/openssl.cnf", "", Some(Dialect::OpensslConf));
        check("tls.ciphers", "", Some(Dialect::Ciphers));
    }

    #[test]
    fn content_decides_where_names_do_not() {
        check("web.conf", "server {\n  listen 443 ssl;\n}\n", Some(Dialect::Nginx));
        check("lb.cfg", "global\n  daemon\nfrontend f\n  bind :443 ssl crt x\n", Some(Dialect::HaProxy));
        check("x.yaml", "static_resources:\n  listeners: []\n", Some(Dialect::Envoy));
        check("setup.cfg", "[metadata]\nname = x\n", None);
        check("app.conf", "[program:x]\ncommand=/bin/true\n", None);
        check("values.yaml", "image: nginx\n", None);
        check("x.cnf", "openssl_conf = a\n[a]\nssl_conf = b\n", Some(Dialect::OpensslConf));
        check("lb.cfg", "listen p\n  server a b if { x }\n  server c d if { y }\n", Some(Dialect::HaProxy));
    }

    #[test]
    fn a_template_is_no_json() {
        check("x.tmpl", "{{ $cfg := . }}\nserver {\n listen 443 ssl;\n}\n", Some(Dialect::Nginx));
        check("x.j2", "{% if x %}\nfrontend f\n bind :443 ssl\n{% endif %}\n", Some(Dialect::HaProxy));
        check("x.tmpl", "{\"a\": 1}", None);
    }

    #[test]
    fn a_file_without_a_telling_name_must_leave_no_doubt() {
        let site = "server {\n  listen 443 ssl;\n  root /x;\n}\n";
        check("modules/nginx/files/demo", site, Some(Dialect::Nginx));
        check("templates/www.example.org.j2", site, Some(Dialect::Nginx));
        check(
            "nginx/README.txt",
            &format!("how\nto\nset\nit\nup\nis\ntold\nhere\nat\nlength\nin\nlines\n{site}"),
            None,
        );
        check("nginx/install", &format!("#!/bin/sh\n{site}"), None);
        assert!(
            is_possible(Path::new("conf/nginx/site-1")) && is_possible(Path::new("x/www.example.org.j2"))
        );
        assert!(!is_possible(Path::new("src/site")) && !is_possible(Path::new("nginx/page.html.j2")));
    }

    #[test]
    fn a_mark_behind_an_ending_changes_nothing() {
        check("nginx.conf.j2@3f8f2456", "", Some(Dialect::Nginx));
        assert!(is_possible(Path::new("web.conf~")) && is_possible(Path::new("nginx.hbs@3f8f2456")));
    }
}
