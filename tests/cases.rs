//! Recorded cases: what `tlslint negotiate` says is what live servers did.

#![expect(clippy::unwrap_used, reason = "a case that cannot be read fails the test")]

mod scratch;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One question to one release of a server, and what it answered.
struct Unit {
    name: String,
    arguments: Vec<String>,
    expected: Expected,
}

enum Expected {
    Endpoint(Value),
    Refusal,
    Upstream(Value),
}

/// Units whose answer is not in the configuration.
const UNPREDICTABLE: [(&str, &str); 2] = [
    // The name is in $http_host: the recorded one is what that client happened to ask for.
    ("079-upstream-sni", "u2"),
    // The library says no hello at all, and the connection is closed; the recording calls that plaintext.
    ("111-openssl-cnf-seclevel-proxy", "level2"),
];

#[test]
fn envoy() {
    check("envoy", "envoy.yaml");
}

#[test]
fn nginx() {
    check("nginx", "nginx.conf");
}

#[test]
fn haproxy() {
    check("haproxy", "haproxy.cfg");
}

#[track_caller]
fn check(server: &str, main: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut differences = Vec::new();
    let mut count = 0;
    for case in directories(&root.join("cases").join(server)) {
        let top = tempfile::tempdir().unwrap();
        // Only what lies beside the configuration's directory may be read.
        let (work, certificates) = (top.path().join("case"), top.path().join("certificates"));
        fs::create_dir(&work).unwrap();
        fs::create_dir(&certificates).unwrap();
        lay_out(&root.join("certificates"), &certificates, &certificates);
        bundle(&certificates);
        lay_out(&case, &work, &certificates);
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let asked: Value = serde_json::from_slice(&fs::read(case.join("case.json")).unwrap()).unwrap();
        let config = &asked["config"];
        for unit in units(&case, server, &work) {
            count += 1;
            let answer =
                ask(&configurations(&work, config.as_str().unwrap_or(main)), server, &unit.arguments);
            for difference in differences_of(&answer, &unit.expected) {
                let known = UNPREDICTABLE.contains(&(name.as_str(), unit.name.rsplit(' ').next().unwrap()));
                if !known {
                    differences.push(format!("{name}, {}: {difference}", unit.name));
                }
            }
        }
    }
    assert!(count > 0, "there are cases");
    assert!(differences.is_empty(), "{} of {count}:\n{}", differences.len(), differences.join("\n"));
}

/// The files or directories that the server is started with.
fn configurations(work: &Path, main: &str) -> Vec<PathBuf> {
    let asked: Value = serde_json::from_slice(&fs::read(work.join("case.json")).unwrap()).unwrap();
    let given = list(&asked["args"]).iter().map(text).filter(|argument| *argument != "-f");
    let given: Vec<_> = given.map(PathBuf::from).collect();
    // Only HAProxy is started with files as its arguments.
    if given.is_empty() || !main.starts_with("haproxy") { vec![work.join(main)] } else { given }
}

/// Puts a key and a bundle beside every certificate, as HAProxy wants them. Of a key only its first line matters, since nothing reads keys.
fn bundle(certificates: &Path) {
    for entry in fs::read_dir(certificates).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "crt") && !path.with_extension("pem").exists() {
            let key = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";
            fs::write(path.with_extension("key"), key).unwrap();
            fs::write(path.with_extension("pem"), fs::read_to_string(&path).unwrap() + key).unwrap();
        }
    }
}

fn directories(of: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// Copies a case with its placeholders filled in.
fn lay_out(case: &Path, work: &Path, certificates: &Path) {
    for entry in fs::read_dir(case).unwrap() {
        let path = entry.unwrap().path();
        let to = work.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&to).unwrap();
            lay_out(&path, &to, certificates);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let filled =
            String::from_utf8(bytes.clone()).map(|text| fill(&text, work, certificates).into_bytes());
        fs::write(to, filled.unwrap_or(bytes)).unwrap();
    }
}

fn fill(text: &str, work: &Path, certificates: &Path) -> String {
    let mut text =
        text.replace("@DIR@", &work.to_string_lossy()).replace("@CERTS@", &certificates.to_string_lossy());
    for number in 1..10 {
        text = text.replace(&format!("@P{number}@"), &(10_000 + number).to_string());
        text = text.replace(&format!("@U{number}@"), &(20_000 + number).to_string());
    }
    while let Some((before, rest)) = text.split_once("@CONTENT:") {
        let (name, after) = rest.split_once('@').unwrap();
        text = format!("{before}{}{after}", fs::read_to_string(certificates.join(name)).unwrap());
    }
    text
}

fn units(case: &Path, server: &str, work: &Path) -> Vec<Unit> {
    let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(case.join(name)).unwrap()).unwrap() };
    let (asked, expected) = (read("case.json"), read("expected.json"));
    let mut units = Vec::new();
    for result in list(&expected["results"]) {
        let target = vec!["--target".to_owned(), target(result, &asked, server, work)];
        let release = text(&result["server"]);
        let mut add = |name: &str, more: Vec<String>, expected: Expected| {
            units.push(Unit {
                name: format!("{release} {name}"),
                arguments: [target.clone(), more].concat(),
                expected,
            });
        };
        if result["starts"] == false {
            add("start", vec!["--connect".to_owned(), "127.0.0.1:10001".to_owned()], Expected::Refusal);
        }
        for endpoint in list(&result["endpoints"]) {
            let probe = named(&asked["probes"], text(&endpoint["probe"]));
            let host = probe["host"].as_str().unwrap_or("127.0.0.1");
            let mut more =
                vec!["--connect".to_owned(), format!("{host}:{}", port(&probe["port"], 'P', 10_000))];
            match probe["sni"].as_str() {
                Some(name) => more.extend(["--sni".to_owned(), name.to_owned()]),
                None => more.push("--no-sni".to_owned()),
            }
            more.extend((probe["quic"] == true).then(|| "--quic".to_owned()));
            add(text(&endpoint["probe"]), more, Expected::Endpoint(endpoint.clone()));
        }
        for upstream in list(&result["upstreams"]) {
            let target = named(&asked["upstreams"], text(&upstream["upstream"]));
            let more = vec!["--to".to_owned(), format!("127.0.0.1:{}", port(&target["port"], 'U', 20_000))];
            add(text(&upstream["upstream"]), more, Expected::Upstream(upstream["client_hello"].clone()));
        }
    }
    units
}

/// The build that a result was taken on.
fn target(result: &Value, asked: &Value, server: &str, work: &Path) -> String {
    let release = text(&result["server"]).split(' ').nth(1).unwrap().to_owned();
    let mut parts = match text(&result["build"]) {
        "bullseye" => vec!["system=debian-11".to_owned()],
        "bookworm" => vec!["system=debian-12".to_owned()],
        "trixie" => vec!["system=debian-13".to_owned()],
        _ if server == "envoy" => vec![format!("envoy={release}")],
        _ => {
            let library = text(&result["tls_library"]).split(' ').nth(1).unwrap();
            let line: Vec<&str> = library.split('.').take(2).collect();
            vec![format!("{server}={release}"), format!("library=openssl-{}", line.join("."))]
        }
    };
    match asked["env"]["OPENSSL_CONF"].as_str() {
        None => {}
        Some("none") => parts.push("openssl-conf=none".to_owned()),
        Some(file) => parts.push(format!("openssl-conf={}", work.join(file).display())),
    }
    parts.join(",")
}

fn ask(configurations: &[PathBuf], server: &str, arguments: &[String]) -> Value {
    let question = ["negotiate", "--dialect", server, "--isolated", "--format", "json"];
    let mut command = scratch::command(Path::new("."), &question);
    let output = command.args(arguments).args(configurations).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn differences_of(answer: &Value, expected: &Expected) -> Vec<String> {
    let starts = answer["starts"] == true;
    match expected {
        Expected::Refusal => starts.then(|| "predicted to start".to_owned()).into_iter().collect(),
        Expected::Upstream(Value::Null) => Vec::new(),
        _ if !starts => vec![format!("predicted not to start: {}", answer["reason"])],
        Expected::Endpoint(real) => endpoint_differences(answer, real),
        Expected::Upstream(real) => upstream_differences(answer, real),
    }
}

fn endpoint_differences(answer: &Value, real: &Value) -> Vec<String> {
    if real["quic"].is_object() {
        return differ("quic suites", &set(&answer["tls13_suites"]), &set(&real["quic"]["suites"]));
    }
    let mut found = differ("protocols", &set(&answer["protocols"]), &set(&real["protocols"]));
    for (protocol, suites) in real["tls12_and_below"].as_object().unwrap() {
        found.extend(differ(protocol, &set(&answer["suites"][protocol]), &set(suites)));
    }
    found.extend(differ("TLSv1.3", &set(&answer["tls13_suites"]), &set(&real["tls13"])));
    found
}

fn upstream_differences(answer: &Value, real: &Value) -> Vec<String> {
    if real["plaintext"] == true {
        let is_plain = answer["transport"] == "plaintext";
        return (!is_plain).then(|| format!("transport {}", answer["transport"])).into_iter().collect();
    }
    let versions = set(&real["versions"]);
    let offered = set(&answer["protocols"]);
    let mut found = Vec::new();
    // Without the extension supported_versions only the highest shows.
    match versions.iter().next().and_then(|version| version.strip_prefix("<=")) {
        Some(highest) if offered.last().is_some_and(|last| last == highest) => {}
        Some(highest) => found.push(format!("highest version {offered:?}, not {highest}")),
        None => found.extend(differ("versions", &offered, &versions)),
    }
    if answer["sni"] != real["sni"] {
        found.push(format!("name {}, not {}", answer["sni"], real["sni"]));
    }
    let mut suites = set(&answer["tls13_suites"]);
    for listed in answer["suites"].as_object().unwrap().values() {
        suites.extend(set(listed));
    }
    found.extend(differ("suites", &suites, &set(&real["suites"])));
    found
}

fn differ(what: &str, predicted: &BTreeSet<String>, real: &BTreeSet<String>) -> Vec<String> {
    if predicted == real {
        return Vec::new();
    }
    let extra: Vec<_> = predicted.difference(real).collect();
    let missing: Vec<_> = real.difference(predicted).collect();
    vec![format!("{what}: predicted but not real {extra:?}, real but not predicted {missing:?}")]
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn set(value: &Value) -> BTreeSet<String> {
    list(value).iter().map(|item| text(item).to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn named<'v>(of: &'v Value, name: &str) -> &'v Value {
    list(of).iter().find(|item| item["name"] == name).unwrap()
}

fn port(name: &Value, letter: char, base: u32) -> u32 {
    base + text(name).trim_start_matches(letter).parse::<u32>().unwrap()
}
