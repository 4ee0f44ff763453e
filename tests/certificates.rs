//! Certificates that are made here, judged by the whole pipeline and by OpenSSL's own verification.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "certificates/maker.rs"]
mod maker;
mod scratch;

use maker::{Authority, Made, Recipe, START};
use openssl::hash::MessageDigest;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509CheckFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tlslint::certificate::{self, Chain, Trust, covers};
use tlslint::date::Date;
use tlslint::endpoint::NameRule;

const DAY: i64 = 86_400;

/// A day in the middle of the good certificates' life.
fn today() -> Date {
    Date::of(START + 30 * DAY)
}

#[test]
fn each_fault_is_found_and_none_on_the_good_one() {
    let authority = Authority::new();
    let good = || Recipe { names: vec!["a.example", "*.b.example"], ..Recipe::default() };
    let cases: Vec<(&str, Recipe, &[&str])> = vec![
        ("P-256", good(), &[]),
        ("P-384", Recipe { key: maker::p384(), ..good() }, &[]),
        ("RSA 2048", Recipe { key: maker::rsa(2048), ..good() }, &[]),
        ("RSA 4096", Recipe { key: maker::rsa(4096), ..good() }, &[]),
        ("Ed25519", Recipe { key: maker::ed25519(), ..good() }, &[]),
        ("RSA 1024", Recipe { key: maker::rsa(1024), ..good() }, &["certificate-weak-key"]),
        ("SHA-1", Recipe { hash: MessageDigest::sha1(), ..good() }, &["certificate-weak-signature"]),
        ("expired", Recipe { days: 10, ..good() }, &["certificate-expired"]),
        ("not yet valid", Recipe { start: START + 60 * DAY, ..good() }, &["certificate-expired"]),
        ("wildcard", Recipe { names: vec!["*.example.org", "a.example"], ..good() }, &[]),
        ("other name", Recipe { names: vec!["b.example"], ..good() }, &["certificate-name-mismatch"]),
        ("common name only", Recipe { names: vec![], ..good() }, &["certificate-name-mismatch"]),
        ("self-signed", Recipe { self_signed: true, ..good() }, &["certificate-self-signed"]),
        (
            "no intermediate",
            Recipe { chain: maker::Chain::Leaf, ..good() },
            &["certificate-incomplete-chain"],
        ),
        (
            "wrong order",
            Recipe { chain: maker::Chain::RootFirst, ..good() },
            &["certificate-incomplete-chain"],
        ),
        ("revoked", Recipe { revoked: true, ..good() }, &["certificate-revoked"]),
    ];
    for (what, recipe, expected) in cases {
        let made = authority.make(&recipe);
        let mut found = maker::check(&made, &authority, &recipe, today());
        found.dedup();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn intermediates_are_judged_as_the_certificate_under_them() {
    for (key, hash, expected) in [
        (maker::rsa(2048), MessageDigest::sha256(), None),
        (maker::rsa(1024), MessageDigest::sha256(), Some("certificate-weak-key")),
        (maker::p256(), MessageDigest::sha1(), Some("certificate-weak-signature")),
    ] {
        let authority = Authority::with(key, hash);
        let recipe = Recipe::default();
        let found = maker::check(&authority.make(&recipe), &authority, &recipe, today());
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn keys_beside_certificates_are_never_opened() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let authority = Authority::new();
    let recipe = Recipe::default();
    let made = authority.make(&recipe);
    fs::write(root.join("a.pem"), &made.pem).unwrap();
    fs::write(root.join("a.key"), recipe.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    fs::set_permissions(root.join("a.key"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::write(root.join("nginx.conf"), maker::CONFIGURATION).unwrap();
    let accessed = |name: &str| fs::metadata(root.join(name)).unwrap().accessed().unwrap();
    // Reading moves the time of access of a file whose time lies before its change (relatime), so both start in the past.
    for name in ["a.pem", "a.key"] {
        let past = std::time::UNIX_EPOCH + std::time::Duration::from_secs(100_000);
        let file = openable(&root.join(name));
        file.set_times(fs::FileTimes::new().set_accessed(past)).unwrap();
    }
    fs::set_permissions(root.join("a.key"), fs::Permissions::from_mode(0o000)).unwrap();
    let before = ["a.pem", "a.key"].map(accessed);
    let output = scratch::tlslint(root, &["check", "--isolated", "."]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() != Some(2), "{log}");
    assert!(!log.contains("a.key\": ") && !log.contains("Permission"), "{log}");
    assert_eq!(accessed("a.key"), before[1], "the key was read");
    if is_time_of_access_kept(root) {
        assert!(accessed("a.pem") > before[0], "the certificate was not read");
    }
}

#[test]
fn deployed_certificates_are_found_below_the_directory_that_is_named() {
    let (repository, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let made = Authority::new().make(&Recipe { names: vec!["b.example"], ..Recipe::default() });
    fs::create_dir_all(elsewhere.path().join("etc/ssl")).unwrap();
    fs::write(elsewhere.path().join("etc/ssl/a.pem"), &made.pem).unwrap();
    let configuration = maker::CONFIGURATION.replace(" a.pem;", " /etc/ssl/a.pem;");
    fs::write(repository.path().join("nginx.conf"), configuration).unwrap();
    let directory = elsewhere.path().to_str().unwrap();
    let found = |arguments: &[&str]| {
        let output = scratch::tlslint(repository.path(), &[&["check"], arguments].concat());
        String::from_utf8(output.stdout).unwrap().contains("certificate-name-mismatch")
    };
    assert!(!found(&["."]), "a certificate that is not here is unknown");
    assert!(found(&["--certificate-root", directory, "."]));
    fs::write(repository.path().join("tlslint.toml"), format!("[files]\ncertificate-root = {directory:?}\n"))
        .unwrap();
    assert!(!found(&["."]), "what a repository brings along stays in it");
    assert!(found(&["--config", "tlslint.toml", "."]));
    let map = format!("[files]\nroot-map = {{ \"/etc/ssl\" = \"{directory}/etc/ssl\" }}\n");
    fs::write(repository.path().join("tlslint.toml"), map).unwrap();
    assert!(found(&["--config", "tlslint.toml", "."]));
}

#[test]
fn a_trace_of_opened_files_names_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let made = Authority::new().make(&Recipe::default());
    let key = Recipe::default().key.private_key_to_pem_pkcs8().unwrap();
    fs::create_dir(root.join("keys")).unwrap();
    fs::write(root.join("a.pem"), &made.pem).unwrap();
    for name in ["a.key", "keys/b.key", "keys/c.pem"] {
        fs::write(root.join(name), &key).unwrap();
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let configuration = maker::CONFIGURATION.replace("a.key;", "keys/c.pem;");
    assert_ne!(configuration, maker::CONFIGURATION);
    fs::write(root.join("nginx.conf"), configuration).unwrap();
    let mut traced = std::process::Command::new("strace");
    traced.args(["-f", "-e", "trace=open,openat,openat2", "-o", "trace", env!("CARGO_BIN_EXE_tlslint")]);
    let traced = traced.args(["check", "--isolated", "."]).current_dir(root).output();
    // Not every machine has strace or lets it trace.
    let trace = fs::read_to_string(root.join("trace")).unwrap_or_default();
    if traced.is_err() || !trace.contains("nginx.conf") {
        return;
    }
    assert!(trace.contains("a.pem\""), "{trace}");
    for name in ["a.key", "b.key", "c.pem"] {
        assert!(!trace.contains(&format!("{name}\"")), "{name} was opened");
    }
}

/// A handle by which times can be set, whatever the mode.
fn openable(path: &Path) -> fs::File {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::OpenOptions::new().write(true).open(path).unwrap()
}

/// Whether the file system notes reads at all.
fn is_time_of_access_kept(root: &Path) -> bool {
    let path = root.join("probe");
    fs::write(&path, "x").unwrap();
    let past = std::time::UNIX_EPOCH + std::time::Duration::from_secs(100_000);
    openable(&path).set_times(fs::FileTimes::new().set_accessed(past)).unwrap();
    fs::read(&path).unwrap();
    fs::metadata(&path).unwrap().accessed().unwrap() > past
}

#[test]
fn chains_are_judged_as_openssl_judges_them() {
    let authority = Authority::new();
    let stranger = Authority::new();
    for (what, made, roots) in [
        ("whole", authority.make(&Recipe::default()), &authority),
        (
            "with root",
            authority.make(&Recipe { chain: maker::Chain::WithRoot, ..Recipe::default() }),
            &authority,
        ),
        (
            "root first",
            authority.make(&Recipe { chain: maker::Chain::RootFirst, ..Recipe::default() }),
            &authority,
        ),
        (
            "leaf alone",
            authority.make(&Recipe { chain: maker::Chain::Leaf, ..Recipe::default() }),
            &authority,
        ),
        ("self-signed", authority.make(&Recipe { self_signed: true, ..Recipe::default() }), &authority),
        ("other roots", authority.make(&Recipe::default()), &stranger),
        (
            "other roots, whole",
            authority.make(&Recipe { chain: maker::Chain::WithRoot, ..Recipe::default() }),
            &stranger,
        ),
        ("client only", authority.make(&Recipe { for_clients: true, ..Recipe::default() }), &authority),
    ] {
        let mut trust = Trust::new(today());
        trust.only_roots_of(&roots.root.to_pem().unwrap()).unwrap();
        let ours = trust.chain(&certificate::read(&made.pem).unwrap());
        let theirs = openssl_verify(&made, roots);
        assert_eq!(ours == Chain::Trusted, theirs == "ok", "{what}: {ours:?}, OpenSSL: {theirs}");
        if let Chain::Untrusted { reason } = &ours {
            assert_eq!(*reason, theirs, "{what}");
        }
    }
}

#[test]
fn hosts_are_matched_as_openssl_matches_them() {
    let authority = Authority::new();
    let hosts = [
        "a.example",
        "A.Example",
        "b.a.example",
        "c.b.a.example",
        "example",
        "x.example",
        "xn--bcher-kva.example",
        "*.a.example",
        ".a.example",
        "a.example.",
        "192.0.2.1",
        "192.0.2.2",
        "2001:db8::1",
        "common.example",
    ];
    let sets: [&[&str]; 9] = [
        &["a.example"],
        &["*.a.example"],
        &["*.example"],
        &["*"],
        &["x*.example", "a.example"],
        &["a.*.example"],
        &["192.0.2.1", "2001:db8::1"],
        &[],
        &["*.xn--bcher-kva.example", "xn--bcher-kva.example"],
    ];
    for names in sets {
        let made = authority.make(&Recipe {
            names: names.to_vec(),
            common_name: "common.example",
            ..Recipe::default()
        });
        let facts = certificate::read(&made.pem).unwrap();
        for host in hosts {
            // To OpenSSL a wildcard and a final dot are no host, and a leading dot is any host below; to servers they are.
            if host.starts_with(['*', '.']) || host.ends_with('.') {
                continue;
            }
            let theirs = openssl_host(&made.leaf, host, &authority);
            assert_eq!(covers(&facts, host, NameRule::CommonNameToo), theirs, "{names:?} for {host}");
        }
    }
}

/// What X509_verify_cert(3) says for a TLS server at the same moment.
fn openssl_verify(made: &Made, roots: &Authority) -> String {
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time(today().midnight());
    parameters.set_purpose(X509PurposeId::SSL_SERVER).unwrap();
    verify(made.leaf.as_ref(), &X509::stack_from_pem(&made.pem).unwrap(), roots, &parameters)
}

/// What X509_check_host(3) and X509_check_ip(3) say, asked through the verification of a chain that holds.
fn openssl_host(leaf: &X509, host: &str, authority: &Authority) -> bool {
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time(today().midnight());
    parameters.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
    match host.parse() {
        Ok(address) => parameters.set_ip(address).unwrap(),
        Err(_) => parameters.set_host(host).unwrap(),
    }
    verify(leaf, std::slice::from_ref(&authority.middle), authority, &parameters) == "ok"
}

fn verify(
    leaf: &openssl::x509::X509Ref,
    others: &[X509],
    roots: &Authority,
    parameters: &X509VerifyParam,
) -> String {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(roots.root.clone()).unwrap();
    store.set_param(parameters).unwrap();
    let mut untrusted = Stack::new().unwrap();
    for other in others {
        untrusted.push(other.clone()).unwrap();
    }
    let mut context = X509StoreContext::new().unwrap();
    let verified = context.init(&store.build(), leaf, &untrusted, |context| {
        let _ = context.verify_cert()?;
        Ok(context.error().error_string().to_owned())
    });
    verified.unwrap()
}

#[test]
fn the_roots_are_named_with_the_release_that_is_linked() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    let package =
        lock.split("[[package]]").find(|package| package.contains("name = \"webpki-root-certs\"")).unwrap();
    let version = package.lines().find_map(|line| line.strip_prefix("version = ")).unwrap().trim_matches('"');
    assert!(
        certificate::ROOTS.contains(&format!("webpki-root-certs {version}")),
        "change the date with the release"
    );
}
