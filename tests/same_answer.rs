//! The same files give the same answer however they are asked for, by the real binary.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::{command, repository, tlslint};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = "events {}\nhttp {\n    include sites/*.conf;\n}\n";
const SITE: &str = "server {\n    listen 443 ssl;\n    server_name a.example;\n    ssl_certificate a.pem;\n    \
                    ssl_certificate_key a.key;\n    ssl_protocols TLSv1.1 TLSv1.2;\n}\n";

/// Findings as `LINE:COLUMN: SEVERITY … [CHECK]`, without the path in front.
fn findings(directory: &Path, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["check", "--isolated", "--output-format", "concise", "--quiet"], arguments].concat();
    let output = tlslint(directory, &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_once(".conf:").map_or(line, |(_, rest)| rest).to_owned()).collect()
}

#[test]
#[cfg(unix)]
fn a_path_may_be_written_in_any_way() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, text) in [("a/nginx.conf", ROOT), ("a/sites/one.conf", SITE), ("b/notes", "")] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    }
    std::os::unix::fs::symlink("../a/nginx.conf", root.join("b/link.conf")).unwrap();
    std::os::unix::fs::symlink("a", root.join("c")).unwrap();
    let expected = findings(root, &["a/nginx.conf"]);
    assert!(expected.iter().any(|line| line.contains("[protocol-below-floor]")), "{expected:?}");
    let (a, b) = (root.join("a"), root.join("b"));
    let absolute = a.join("nginx.conf");
    for (from, path) in [
        (&a, "nginx.conf"),
        (&a, "."),
        (&b, "../a/nginx.conf"),
        (&b, "../a"),
        (&b, "link.conf"),
        (&b, "../c/nginx.conf"),
        (&b, absolute.to_str().unwrap()),
        (&root.to_owned(), "a"),
        (&root.to_owned(), "b/link.conf"),
        (&root.to_owned(), "b/../a/./nginx.conf"),
    ] {
        assert_eq!(findings(from, &[path]), expected, "{path} from {}", from.display());
    }
}

#[test]
fn every_named_file_has_a_tree_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (path, text) in [
        ("a/nginx.conf", ROOT),
        ("a/sites/one.conf", SITE),
        ("b/nginx.conf", ROOT),
        ("b/sites/one.conf", SITE),
        ("c/x", ""),
    ] {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    }
    let one = findings(&root.join("c"), &["../a/nginx.conf"]);
    let both = findings(&root.join("c"), &["../a/nginx.conf", "../b/nginx.conf"]);
    assert_eq!(both, [one.clone(), one].concat());
}

#[test]
fn certificates_elsewhere_answer_for_nobody() {
    let certificate = fs::read("fixtures/certificates/self-signed.pem").unwrap();
    let configuration = "global\nfrontend f\n    mode http\n    bind :443 ssl crt /etc/haproxy/site.pem ssl-min-ver TLSv1.2\n";
    let told = |place: &str| {
        let files: [(&str, &[u8]); 2] =
            [("lb/haproxy.cfg.j2", configuration.as_bytes()), (place, &certificate)];
        let directory = repository(&files);
        let output = tlslint(directory.path(), &["check", "--isolated", "--output-format", "concise", "."]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| line.contains("self-signed")).map(str::to_owned).collect::<Vec<_>>()
    };
    for elsewhere in [
        "site.pem",
        "lb/site.pem",
        "other/haproxy/site.pem",
        "haproxy/site.pem.ecdsa",
        "lb/haproxy/site.pem.key",
    ] {
        assert_eq!(told(elsewhere), Vec::<String>::new(), "{elsewhere}");
    }
    for place in ["etc/haproxy/site.pem", "haproxy/site.pem", "lb/haproxy/site.pem"] {
        let told = told(place);
        assert!(
            told.iter().any(|line| line.contains(&format!("the certificate {place} is self-signed"))),
            "{place}: {told:?}"
        );
    }
}

/// Suites of which TLS 1.1 has one too.
const OLD_SUITES: &str = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA";

/// What `path` of a repository of `files` is told, with the path in front.
fn told(files: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
    let directory = repository(files);
    let arguments = [&["check", "--isolated", "--output-format", "concise", "--quiet"], arguments].concat();
    let output = tlslint(directory.path(), &arguments);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn server(listen: &str, protocols: &str) -> String {
    format!(
        "server {{\n    listen {listen};\n    server_name a.example;\n    ssl_certificate a.pem;\n    ssl_certificate_key a.key;\n    \
         ssl_protocols {protocols};\n    ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;\n}}\n"
    )
}

#[test]
fn fragments_of_one_directory_share_their_sockets() {
    let (one, two) = (server("443 ssl", "TLSv1.2"), server("443", "TLSv1.2"));
    for directory in ["conf.d", "sites-enabled", "http.d", "vhosts"] {
        let paths = [format!("nginx/{directory}/one.conf"), format!("nginx/{directory}/two.conf")];
        let files = [(paths[0].as_str(), one.as_str()), (paths[1].as_str(), two.as_str())];
        for path in [".", "nginx", &format!("nginx/{directory}"), &paths[1]] {
            assert_eq!(told(&files, &[path]), Vec::<String>::new(), "{directory} by {path}");
        }
    }
    // Files elsewhere have nothing in common, and a file that is kept beside is not included.
    for path in ["nginx/other/one.conf", "nginx/conf.d/one.conf.bak"] {
        let lines = told(&[(path, &one), ("nginx/conf.d/two.conf", &two)], &["nginx/conf.d/two.conf"]);
        assert!(lines.iter().any(|line| line.contains("[plaintext-endpoint]")), "{path}: {lines:?}");
    }
}

#[test]
fn the_default_server_of_a_sibling_decides_where_the_release_has_it_so() {
    let files = [
        ("conf.d/one.conf", &*server("443 ssl default_server", "TLSv1.2")),
        (
            "conf.d/two.conf",
            &*server("443 ssl", "TLSv1.1 TLSv1.2")
                .replace("a.example", "b.example")
                .replace("ECDHE-RSA-AES128-GCM-SHA256", OLD_SUITES),
        ),
    ];
    let floor = |target: &str| {
        let lines = told(&files, &["--target", target, "conf.d/two.conf"]);
        lines.iter().filter(|line| line.contains("[protocol-below-floor]")).count()
    };
    assert_eq!(
        (floor("nginx=1.22,library=openssl-1.1.1"), floor("nginx=1.30,library=openssl-1.1.1")),
        (0, 1)
    );
    // Two that both say that they are the default, or that size one zone in two ways, are alternatives, and no reason not to start.
    let with_zone = |size: &str| {
        let server = server("443 ssl default_server", "TLSv1.2");
        server.replace("listen", &format!("ssl_session_cache shared:SSL:{size};\n    listen"))
    };
    let both = [("conf.d/one.conf", &*with_zone("1m")), ("conf.d/two.conf", &*with_zone("10m"))];
    assert_eq!(told(&both, &["--target", "nginx=1.22,library=openssl-1.1.1", "."]), Vec::<String>::new());
}

#[test]
fn settings_beside_servers_are_those_of_all() {
    let site = server("443 ssl", "TLSv1.2")
        .replace("    ssl_protocols TLSv1.2;\n", "")
        .replace("ECDHE-RSA-AES128-GCM-SHA256", OLD_SUITES);
    let files = [
        ("nginx/conf.d/site.conf", site.as_str()),
        ("nginx/conf.d/tls.conf", "ssl_protocols TLSv1.1 TLSv1.2;\n"),
    ];
    for path in [".", "nginx/conf.d", "nginx/conf.d/site.conf"] {
        let lines = told(&files, &[path]);
        let errors: Vec<_> = lines.iter().filter(|line| line.contains(": error: ")).collect();
        assert!(
            matches!(errors.as_slice(), [line] if line.starts_with("nginx/conf.d/tls.conf:1:15: error: TLSv1.1")),
            "{lines:?}"
        );
    }
}

#[test]
fn parts_of_one_haproxy_text_are_found_by_the_sections_in_their_names() {
    let global = "global\n    ssl-default-bind-options ssl-min-ver TLSv1.1\n    \
                  ssl-default-bind-ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA\n    maxconn {{ maxconn }}\n";
    let web = "frontend web\n    mode http\n    bind :443 ssl crt {{ certificate }}\n";
    let files = [("templates/haproxy_frontend.cfg.j2", web), ("templates/haproxy_global.cfg.j2", global)];
    let whole = told(&files, &["."]);
    assert!(
        whole.iter().any(|line| line.starts_with("templates/haproxy_global.cfg.j2:2:30: error: TLSv1.1")),
        "{whole:?}"
    );
    assert_eq!(told(&files, &["templates"]), whole);
    assert_eq!(told(&files, &["templates/haproxy_frontend.cfg.j2"]), whole);
}

#[test]
fn roots_above_a_directory_are_found_as_those_above_a_file() {
    let root = "events {}\nhttp {\n    ssl_protocols TLSv1.1 TLSv1.2;\n    ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;\n    \
                include sites-enabled/*.conf;\n}\n";
    let site =
        "server {\n    listen 443 ssl;\n    ssl_certificate a.pem;\n    ssl_certificate_key a.key;\n}\n";
    let files = [("etc/nginx/nginx.conf", root), ("etc/nginx/sites-enabled/a.conf", site)];
    let expected = told(&files, &["."]);
    assert_eq!(expected.len(), 1, "{expected:?}");
    for path in
        ["etc/nginx", "etc/nginx/sites-enabled", "etc/nginx/sites-enabled/", "etc/nginx/sites-enabled/a.conf"]
    {
        assert_eq!(told(&files, &[path]), expected, "{path}");
    }
}

/// Findings by the file that they stand in, of a run in `from`; paths as the repository at `root` has them.
fn by_file(root: &Path, from: &Path, arguments: &[&str], input: &[u8]) -> BTreeMap<PathBuf, Vec<String>> {
    let arguments = [&["check", "--isolated", "--output-format", "concise", "--quiet"], arguments].concat();
    let output =
        assert_cmd::Command::from_std(command(from, &arguments)).write_stdin(input).output().unwrap();
    let mut found: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (path, rest) = line.split_once(':').unwrap();
        let path = from.join(path).strip_prefix(root).unwrap().to_owned();
        found.entry(path).or_default().push(rest.to_owned());
    }
    found
}

/// Holds what a file of a repository is told against what it is told alone, by its directory, by a list, from its own directory, by the
/// flags of a hook, and on standard input.
fn agree(root: &Path) {
    let root = &fs::canonicalize(root).unwrap();
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let files = walk.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file());
    let whole = by_file(root, root, &["."], b"");
    assert!(!whole.is_empty());
    let mut list = String::new();
    for path in files {
        let file = path.strip_prefix(root).unwrap();
        let name = file.to_str().unwrap();
        let _ = writeln!(list, "{name}");
        let expected = whole.get(file).cloned().unwrap_or_default();
        let directory = path.parent().unwrap();
        let own = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read(&path).unwrap();
        for (from, arguments) in [
            (root.as_path(), &[name][..]),
            (root, &[directory.strip_prefix(root).unwrap().join(".").to_str().unwrap()]),
            (root, &["--force-exclude", "--allow-empty", name]),
            (root, &["--stdin-filename", name, "-"]),
            (directory, &[own]),
            (directory, &["."]),
        ] {
            let found = by_file(root, from, arguments, &text);
            assert_eq!(found.get(file).cloned().unwrap_or_default(), expected, "{name} by {arguments:?}");
        }
    }
    assert_eq!(by_file(root, root, &["--files-from", "-"], list.as_bytes()), whole);
}

#[test]
fn every_file_of_the_examples_is_told_the_same_however_it_is_asked_for() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/examples");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&examples) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&examples).unwrap().to_owned();
            files.push((name, fs::read(entry.path()).unwrap()));
        }
    }
    let directory = repository(&files);
    agree(directory.path());
    // The same without the roots, so that every file is a fragment.
    for name in ["nginx/nginx.conf", "nginx-good/nginx.conf"] {
        fs::remove_file(directory.path().join(name)).unwrap();
    }
    agree(directory.path());
}

#[test]
fn parts_of_haproxy_are_told_the_same_however_they_are_asked_for() {
    let global = "global\n    ssl-default-bind-options ssl-min-ver TLSv1.1\n";
    let web = "frontend web\n    mode http\n    bind :443 ssl crt a.pem\n";
    let directory = repository(&[
        ("one/haproxy.cfg", global),
        ("one/conf.d/web.cfg", web),
        ("two/10-global.cfg", global),
        ("two/20-web.cfg", web),
        ("three/base.cfg", global),
        ("three/web.cfg", web),
        ("four/haproxy_frontend.cfg", web),
        ("four/haproxy_global.cfg", global),
        ("five/haproxy.cfg", &*format!("{global}{web}")),
        ("five/web.cfg", web),
    ]);
    agree(directory.path());
}

#[test]
fn names_of_directories_say_the_language_from_anywhere() {
    let directory = repository(&[
        ("nginx/sites-enabled/shop", &*server("443 ssl", "TLSv1.1 TLSv1.2")),
        ("nginx/sites-enabled/start.conf", "ssl_protocols TLSv1.1;\n"),
    ]);
    agree(directory.path());
}
