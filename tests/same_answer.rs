//! The same files give the same answer however they are asked for, by the real binary.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::{repository, tlslint};
use std::fs;
use std::path::Path;

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
