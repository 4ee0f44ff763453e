use super::*;
use std::fs;

fn parse(text: &str) -> Settings {
    Settings::parse(text, Path::new("/r/tlslint.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn mistakes(text: &str) -> String {
    Settings::parse(text, Path::new("/r/tlslint.toml")).unwrap_err().to_string()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

const EXAMPLE: &str = r#"
policy = "mozilla-intermediate@5.7"
target = { system = "debian-12", nginx = "1.28" }
fail-on = "error"
[files]
exclude = ["tests/bad/**"]
dialects = { "*.vhost" = "nginx" }
root-map = { "/etc/nginx" = "deploy/nginx" }
include-root = ["../tls-includes"]
certificate-root = "certs"
[checks]
plaintext-endpoint = { level = "off", reason = "by arrangement, contract 12" }
value-unknown = "error"
[[override]]
files = ["legacy/**"]
policy = "mozilla-old@5.7"
checks = { protocol-below-floor = "note" }
reason = "payment terminals, OPS-12"
until = 2027-03-31
[variables]
ssl_protocols = "TLSv1.2 TLSv1.3"
[[purpose]]
names = ["*.api.example"]
purpose = "partners' API"
"#;

#[test]
fn every_setting_is_read() {
    let settings = parse(EXAMPLE);
    assert_eq!(settings.policy.as_ref().unwrap().value, "mozilla-intermediate@5.7");
    assert_eq!(settings.policy.as_ref().unwrap().origin.to_string(), "/r/tlslint.toml:2:1");
    assert_eq!(settings.target.as_ref().unwrap().value, "system=debian-12,nginx=1.28");
    assert_eq!(settings.fail_on.as_ref().unwrap().value, Severity::Error);
    assert!(settings.excludes(Path::new("/r/tests/bad/x.conf")));
    assert!(!settings.excludes(Path::new("/r/tests/x.conf")));
    assert_eq!(settings.dialect(Path::new("/r/a/b.vhost")), Some(Dialect::Nginx));
    assert_eq!(settings.root_map[0].value, ("/etc/nginx".into(), "/r/deploy/nginx".into()));
    assert_eq!(settings.include_roots[0].value, Path::new("/tls-includes"));
    assert_eq!(settings.certificate_root.as_ref().unwrap().value, Path::new("/r/certs"));
    assert_eq!(settings.variables["ssl_protocols"].value, "TLSv1.2 TLSv1.3");
    assert_eq!(settings.purpose(Path::new("/r/x"), &["a.api.example"]), Some("partners' API"));
    assert_eq!(settings.purpose(Path::new("/r/x"), &["b.example"]), None);
}

#[test]
fn overrides_hold_until_their_last_day() {
    let settings = parse(EXAMPLE);
    let policy = |path: &str, today: &str| settings.policy(Path::new(path), day(today)).unwrap().value;
    assert_eq!(policy("/r/legacy/a.conf", "2027-03-31"), "mozilla-old@5.7");
    assert_eq!(policy("/r/legacy/a.conf", "2027-04-01"), "mozilla-intermediate@5.7");
    assert_eq!(policy("/r/a.conf", "2027-03-31"), "mozilla-intermediate@5.7");
    assert_eq!(settings.expired(day("2027-03-31")).count(), 0);
    assert_eq!(settings.expired(day("2027-04-01")).count(), 1);
    let level =
        settings.level("protocol-below-floor", Path::new("/r/legacy/a.conf"), day("2027-01-01")).unwrap();
    assert_eq!((level.severity, level.reason), (Some(Severity::Note), "payment terminals, OPS-12"));
    let level =
        settings.level("plaintext-endpoint", Path::new("/r/legacy/a.conf"), day("2027-01-01")).unwrap();
    assert_eq!((level.severity, level.reason), (None, "by arrangement, contract 12"));
}

#[test]
fn mistakes_have_a_place_and_a_tip() {
    for (text, expected) in [
        (
            "polcy = \"x\"",
            "/r/tlslint.toml:1:1: unknown key `polcy` in the settings\n  tip: a similar one exists: `policy`",
        ),
        (
            "\n[checks]\nprotocol-below-flor = \"error\"",
            "/r/tlslint.toml:3:1: unknown check `protocol-below-flor`\n  tip: a similar one exists: `protocol-below-floor`",
        ),
        (
            "[checks]\nplaintext-endpoint = \"off\"",
            "/r/tlslint.toml:2:22: `checks.plaintext-endpoint` at level off needs a reason\n  \
             tip: write `{ level = \"off\", reason = \"…\" }`",
        ),
        (
            "[checks]\nplaintext-endpoint = { level = \"off\", reason = \"TODO\" }",
            "/r/tlslint.toml:2:22: `TODO` is no reason for `checks.plaintext-endpoint`",
        ),
        (
            "fail-on = \"warn\"",
            "/r/tlslint.toml:1:11: `fail-on` is one of error, warning, note, not `warn`\n  tip: a similar one exists: `warning`",
        ),
        ("root = 1", "/r/tlslint.toml:1:8: `root` is true or false"),
        ("policy = \" \"", "/r/tlslint.toml:1:10: `policy` is empty"),
        (
            "[files]\nexclude = [\"a[\"]",
            "/r/tlslint.toml:2:12: `a[` is no pattern: unclosed character class; missing ']'",
        ),
        (
            "[[override]]\nfiles = [\"a\"]",
            "/r/tlslint.toml:1:1: an entry of `override` needs the key `reason`\n  tip: write `reason = \"payment terminals, OPS-12\"`",
        ),
        (
            "[[override]]\nfiles = [\"a\"]\nreason = \"OPS-1 needs it\"\nuntil = \"2027-02-30\"",
            "/r/tlslint.toml:4:9: `2027-02-30` is no day; write it as 2027-03-31",
        ),
        (
            "target = { nginxx = \"1\" }",
            "/r/tlslint.toml:1:12: unknown key `nginxx` in target\n  tip: a similar one exists: `nginx`",
        ),
    ] {
        assert_eq!(mistakes(text), expected, "{text}");
    }
    assert!(mistakes("policy = \n").starts_with("/r/tlslint.toml:1:"), "{}", mistakes("policy = \n"));
}

#[test]
fn every_mistake_is_told() {
    assert_eq!(mistakes("a = 1\nb = 2\n").lines().count(), 2);
}

#[test]
fn the_nearest_ancestor_decides_up_to_a_git_root() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for (path, text) in [
        ("tlslint.toml", "policy = \"outer\""),
        ("repository/.git/HEAD", ""),
        (
            "repository/sub/.tlslint.toml",
            "extend = \"../base.toml\"\npolicy = \"inner\"\n[files]\nexclude = [\"b\"]",
        ),
        ("repository/base.toml", "policy = \"base\"\nfail-on = \"note\"\n[files]\nexclude = [\"a\"]"),
        ("circle/tlslint.toml", "extend = \"tlslint.toml\""),
        ("plain/x.conf", ""),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let resolver = Resolver::new(Choice::Nearest).unwrap();
    let policy =
        |path: &str| resolver.of(&root.join(path)).unwrap().policy.as_ref().map(|set| set.value.clone());
    assert_eq!(policy("plain/x.conf").as_deref(), Some("outer"));
    assert_eq!(policy("repository/x.conf"), None, "the git root ends the search");
    assert_eq!(policy("repository/sub/deep/x.conf").as_deref(), Some("inner"));
    let inner = resolver.of(&root.join("repository/sub")).unwrap();
    assert_eq!(inner.fail_on.as_ref().unwrap().value, Severity::Note, "extended");
    let excluded: Vec<_> = inner.exclude.iter().map(|set| set.value.as_str()).collect();
    assert_eq!(excluded, ["a", "b"]);
    assert!(inner.excludes(&root.join("repository/a/x.conf")), "patterns start from their own file");
    assert!(
        resolver
            .of(&root.join("circle/x.conf"))
            .unwrap_err()
            .to_string()
            .ends_with("by way of others or at once")
    );
    let fixed = Resolver::new(Choice::None).unwrap();
    assert_eq!(*fixed.of(&root.join("plain/x.conf")).unwrap(), Settings::default());
    assert!(Resolver::new(Choice::File(root.join("missing.toml"))).is_err());
}

#[test]
fn what_holds_is_shown_with_its_origin() {
    let mut out = Vec::new();
    show(&parse(EXAMPLE), &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn the_template_is_valid_and_names_every_key() {
    let text = template("google-carriers@2024-12", &["14 nginx files".to_owned()], (None, &[]));
    let settings = parse(&text);
    assert_eq!(settings.policy.unwrap().value, "google-carriers@2024-12");
    for key in shape::FILE {
        assert!(text.contains(key.name), "{}", key.name);
    }
    // Every example holds by itself.
    for block in text.split("\n\n").skip(1) {
        let uncommented: Vec<&str> = block
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .filter(|line| line.contains(" = ") || line.starts_with('['))
            .collect();
        parse(&uncommented.join("\n"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_template_has_the_target_that_was_found_with_its_reasons() {
    let reasons = ["nginx 1.28 by Dockerfile:1 (FROM nginx:1.28)".to_owned()];
    let text = template("google-carriers@2024-12", &[], (Some("nginx=1.28"), &reasons));
    assert_eq!(parse(&text).target.unwrap().value, "nginx=1.28");
    assert!(
        text.contains("# Found: nginx 1.28 by Dockerfile:1 (FROM nginx:1.28)\ntarget = \"nginx=1.28\"\n")
    );
    let odd = ["nginx 1.28 by a\nb:1 (FROM \"nginx\")".to_owned()];
    assert_eq!(parse(&template("google-carriers@2024-12", &[], (None, &odd))).target, None);
}

#[test]
fn the_committed_schema_is_the_codes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tlslint.schema.json");
    let generated = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("TLSLINT_UPDATE").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == generated,
        "run the tests with TLSLINT_UPDATE=1 and commit docs/tlslint.schema.json"
    );
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let as_json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    let mut example = as_json(EXAMPLE);
    // Editors hand a TOML date to the schema as a string.
    example["override"][0]["until"] = "2027-03-31".into();
    let errors: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for wrong in ["polcy = \"x\"", "root = 1", "[checks]\nnone = \"off\"", "[[override]]\nfiles = []"] {
        assert!(!validator.is_valid(&as_json(wrong)), "{wrong}");
    }
}
