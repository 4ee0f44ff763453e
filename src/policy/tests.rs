use super::*;

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse("p.yaml", text)
}

#[test]
fn the_default_says_what_the_page_says() {
    let policy = Policy::load(DEFAULT).unwrap();
    assert_eq!(policy.id, "google-carriers@2024-12");
    assert_eq!(policy.protocols.minimum.as_ref().unwrap().value, Protocol::Tls12);
    assert_eq!(policy.protocols.minimum.as_ref().unwrap().id, "protocols.minimum");
    assert_eq!(policy.suites.approved.len(), 6);
    assert_eq!(policy.suites.at_least_one.as_ref().unwrap().strength, Strength::Must);
    assert_eq!(policy.suites.others.as_ref().unwrap().strength, Strength::Should);
    assert_eq!(policy.tls13, Tls13Rule::Unspecified);
}

#[test]
fn the_strict_reading_differs_in_suites_only() {
    let (plain, strict) = (Policy::load(DEFAULT).unwrap(), Policy::load("google-carriers-strict").unwrap());
    let Tls13Rule::Listed(rule) = &strict.tls13 else { panic!("{:?}", strict.tls13) };
    assert!(rule.value.is_empty());
    assert_eq!(rule.strength, Strength::Must);
    let strength = |policy: &Policy| policy.suites.others.as_ref().unwrap().strength;
    assert_eq!((strength(&plain), strength(&strict)), (Strength::Should, Strength::Must));
    assert_eq!((plain.suites.approved, plain.certificate), (strict.suites.approved, strict.certificate));
}

#[test]
fn every_requirement_of_every_policy_has_its_reasons() {
    for Listed { id, .. } in names() {
        let policy = Policy::load(id).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(policy.id, id);
        assert!(!policy.sources.is_empty(), "{id} names no source");
        assert!(policy.license.is_some(), "{id} says nothing of its source's terms");
        let entries = policy.requirements();
        assert!(!entries.is_empty(), "{id} asks for nothing");
        for entry in entries {
            assert!(entry.why.len() > 10 && entry.source.len() > 3, "{id}: {entry:?}");
        }
    }
}

#[test]
fn a_misspelt_name_gets_the_nearest() {
    let error = Policy::load("google-carrier").unwrap_err();
    assert_eq!((error.line, error.column), (0, 0));
    assert!(error.help.unwrap().starts_with("did you mean google-carriers?"));
}

#[test]
fn a_section_speaks_for_what_stands_in_it() {
    let policy = parse(
        "version: 1\ntitle: t\nprotocols: { minimum: TLSv1.2, maximum: { value: TLSv1.3, why: newest }, \
         strength: must, why: floor, source: here }\n",
    )
    .unwrap();
    let [minimum, maximum] = [policy.protocols.minimum.unwrap(), policy.protocols.maximum.unwrap()];
    assert_eq!((minimum.why.as_str(), maximum.why.as_str()), ("floor", "newest"));
    assert_eq!((minimum.strength, maximum.source.as_str()), (Strength::Must, "here"));
}

#[test]
fn an_extension_adds_removes_and_drops() {
    let policy = parse(
        "version: 1\ntitle: ours\nextends: google-carriers\nwithout: [certificate.mozilla-root]\n\
         suites:\n  approved:\n    add: [ECDHE-RSA-AES256-GCM-SHA384]\n    remove: [{ mac: SHA256 }]\n  others: must\n",
    );
    assert!(policy.unwrap_err().message.contains("must be a mapping"), "a flag is no bare word");
    let policy = parse(
        "version: 1\ntitle: ours\nextends: google-carriers\nwithout: [certificate.mozilla-root]\n\
         suites:\n  approved:\n    add: [ECDHE-RSA-AES256-GCM-SHA384]\n    remove: [{ mac: SHA256 }]\n  others: { strength: must }\n",
    )
    .unwrap();
    assert_eq!(policy.suites.approved.len(), 5);
    assert_eq!(policy.certificate.mozilla_root, None);
    let others = policy.suites.others.unwrap();
    assert_eq!(
        (others.strength, others.why.as_str()),
        (Strength::Must, "servers are asked to support no other suite than the six")
    );
    assert_eq!(policy.extends.as_deref(), Some("google-carriers@2024-12"));
}

#[test]
fn suites_are_told_by_their_properties() {
    let policy = parse(
        "version: 1\ntitle: t\nsuites:\n  forbidden:\n    weak:\n      value: [{ encryption: [3DES-EDE-CBC, RC4] }, NULL-SHA]\n\
         \x20     strength: must not\n      why: broken\n      source: here\n",
    )
    .unwrap();
    let rule = &policy.suites.forbidden[0];
    assert_eq!(rule.id, "suites.forbidden.weak");
    let suite = |name| Suite::from_name(name).unwrap();
    assert!(rule.value.contains(&suite("RC4-MD5")) && rule.value.contains(&suite("DES-CBC3-SHA")));
    assert!(!rule.value.contains(&suite("NULL-MD5")));
    assert!(matches!(policy.suites.verdict(suite("RC4-MD5")), Verdict::Forbidden(_)));
    assert_eq!(policy.suites.verdict(suite("AES128-SHA")), Verdict::Unspecified);
}

#[test]
fn what_is_shown_reads_back_the_same() {
    for Listed { id, .. } in names() {
        let policy = Policy::load(id).unwrap();
        let mut text = Vec::new();
        policy.show(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let again = parse(&text).unwrap_or_else(|error| panic!("{id}: {error}\n{text}"));
        assert_eq!(again, Policy { extends: None, ..policy }, "{id}");
    }
}

#[test]
fn differences_tell_what_breaks() {
    let load = |name| Policy::load(name).unwrap();
    let changes = diff(&load("mozilla-intermediate@5.7"), &load("mozilla-intermediate@5.8"));
    let lines: Vec<_> = changes.iter().map(|change| format!("{:?} {change}", change.effect)).collect();
    assert_eq!(
        lines,
        [
            "Stricter suites.approved: no longer approved: DHE-RSA-AES128-GCM-SHA256, DHE-RSA-AES256-GCM-SHA384, \
             DHE-RSA-CHACHA20-POLY1305",
            "Looser groups: newly listed: X25519MLKEM768",
        ]
    );
    assert!(diff(&load("rfc9325"), &load("rfc9325")).is_empty());
    let changes = diff(&load("bsi-tr-02102-2@2025-01"), &load("bsi-tr-02102-2@2026-01"));
    let lines: Vec<_> =
        changes.iter().map(|change| format!("{:?} {}: {}", change.effect, change.id, change.text)).collect();
    assert_eq!(
        lines,
        [
            "Stricter signature-algorithms: no longer listed",
            "Stricter certificate.signature-algorithms: new, MAY",
            "Neutral protocols.minimum: until 2031-12-31, was without a date",
            "Neutral protocols.minimum: then TLSv1.3 (SHOULD) from 2032-01-01, was nothing",
            "Neutral suites.phase-out.finite-field: new, SHOULD",
            "Neutral groups.unspecified: new, MAY",
            "Neutral signature-algorithms.unspecified: new, MAY",
        ],
        "suites that are granted for a time are not lost yet"
    );
    let changes = diff(&load("google-carriers"), &load("google-carriers-strict"));
    let ids: Vec<_> = changes.iter().map(|change| (change.effect, change.id.as_str())).collect();
    assert_eq!(ids, [(Effect::Stricter, "tls13"), (Effect::Stricter, "suites.others")]);
}

#[test]
fn a_family_without_a_version_is_its_newest() {
    assert_eq!(Policy::load("mozilla-intermediate").unwrap().id, "mozilla-intermediate@6.0");
    assert_eq!(Policy::load("ncsc-nl").unwrap().id, "ncsc-nl@2025");
    assert_eq!(Policy::load("bsi-tr-02102-2").unwrap().id, "bsi-tr-02102-2@2026-01");
    assert_eq!(Policy::load("cnsa-1.0").unwrap().id, "cnsa@1.0", "a dash for the at sign is understood");
    assert_eq!(next("mozilla-intermediate@5.7"), Some("mozilla-intermediate@5.8"));
    assert_eq!(next("mozilla-intermediate"), None);
}

#[test]
fn the_schema_takes_every_policy_and_refuses_a_misspelt_key() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for Listed { id, .. } in names() {
        let value: serde_json::Value = serde_yaml::from_str(built_in::text(id).unwrap()).unwrap();
        if let Err(error) = validator.validate(&value) {
            panic!("{id}: {} at {}", error, error.instance_path());
        }
    }
    for bad in [
        "{version: 1, title: t, protocol: {}}",
        "{version: 2, title: t}",
        "{version: 1, title: t, protocols: {minimum: TLSv1.4}}",
        "{version: 1, title: t, suites: {approved: [ECDHE-RSA-AES129-GCM-SHA256]}}",
        "{version: 1, title: t, suites: {approved: [TLS_AES_128_GCM_SHA256]}}",
    ] {
        let value: serde_json::Value = serde_yaml::from_str(bad).unwrap();
        assert!(!validator.is_valid(&value), "{bad}");
    }
}

#[test]
fn the_example_of_the_documentation_is_a_policy() {
    let page = include_str!("../../docs/policies.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let policy = parse(example).unwrap();
    assert_eq!(policy.suites.approved.len(), 3);
    assert_eq!(policy.certificate.lifetime_days, None);
}

#[test]
fn every_key_is_in_the_documentation() {
    let page = include_str!("../../docs/policies.md");
    let schema = schema();
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("`{key}")), "docs/policies.md does not name {key}");
    }
}

#[test]
fn a_requirement_holds_from_its_day_on() {
    let text = "version: 1\ntitle: t\nprotocols: { minimum: TLSv1.3, strength: must, why: why not, source: here, from: 2027-01-01 }\n";
    let on = |day| parse(text).unwrap().on(crate::date::Date::parse(day).unwrap());
    let early = on("2025-01-01");
    assert_eq!((early.protocols.minimum, early.upcoming), (None, None));
    let near = on("2026-11-23");
    assert_eq!(near.protocols.minimum, None);
    assert!(near.upcoming.unwrap().protocols.minimum.is_some());
    let now = on("2027-01-01");
    assert!(now.protocols.minimum.is_some() && now.upcoming.is_none());
}

#[test]
fn a_requirement_gives_way_to_its_successor() {
    let text = "version: 1\ntitle: t\nprotocols: { strength: must, why: why not, source: here, minimum: { value: TLSv1.2, \
                then: { value: TLSv1.3, from: 2027-01-01 } } }\nsuites: { forbidden: { then: { value: [RC4-MD5], strength: should, \
                why: weak, source: here, then: { strength: must, from: 2027-01-01 } } } }\n";
    let on = |day| parse(text).unwrap().on(crate::date::Date::parse(day).unwrap());
    let rule = |policy: &Policy| {
        let (minimum, forbidden) = (policy.protocols.minimum.clone().unwrap(), &policy.suites.forbidden[0]);
        (minimum.value, minimum.id, forbidden.strength, forbidden.id.clone())
    };
    let ids = ("protocols.minimum".to_owned(), "suites.forbidden.then".to_owned());
    let before = on("2026-12-31");
    assert_eq!(rule(&before), (Protocol::Tls12, ids.0.clone(), Strength::Should, ids.1.clone()));
    assert_eq!(rule(before.upcoming.as_ref().unwrap()).0, Protocol::Tls13);
    let after = on("2027-01-01");
    assert_eq!(rule(&after), (Protocol::Tls13, ids.0, Strength::Must, ids.1));
    assert_eq!(after.upcoming, None);
    let shown = |policy: &Policy| {
        let mut text = Vec::new();
        policy.show(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    assert_eq!(
        parse(&shown(&parse(text).unwrap())).unwrap(),
        Policy { id: "p.yaml".to_owned(), ..parse(text).unwrap() }
    );
}

#[test]
fn a_successor_is_extended_unless_the_value_is_another() {
    let base = "extends: bsi-tr-02102-2@2026-01";
    let load = |minimum: &str| {
        parse(&format!("version: 1\ntitle: t\n{base}\nprotocols: {{ minimum: {minimum} }}\n")).unwrap()
    };
    assert!(load("{ strength: must }").protocols.minimum.unwrap().then.is_some());
    assert!(load("{ value: TLSv1.3 }").protocols.minimum.unwrap().then.is_none());
    assert!(load("TLSv1.3").protocols.minimum.unwrap().then.is_none());
}

#[test]
fn a_policy_that_nests_too_deep_is_told_at_once() {
    let error = parse(&format!("version: 1\ntitle: t\nsuites: {}\n", "[".repeat(100_000))).unwrap_err();
    assert!(error.message.contains("nest deeper than"), "{error}");
    assert_eq!(error.line, 3);
}

/// A policy of groups in all the ways that there are.
const GROUPS: &str = "version: 1\ntitle: t\npublished: 2020\ngroups:\n  strength: must\n  why: why not\n  source: here\n  value: [X25519, P-256]\n  \
                      forbidden: { small: { value: [{ kind: curve, bits-below: 112 }] } }\n  \
                      phase-out: { finite-field: { value: [{ kind: finite-field }], until: 2026-12-31 } }\n  \
                      unspecified: { value: [{ kind: [hybrid, kem] }] }\n";

#[test]
fn a_group_is_listed_refused_or_unknown_to_the_document() {
    let policy = parse(GROUPS).unwrap();
    let standing =
        |name: &str| policy.groups.listing.standing(&crate::group::Group::from_name(name).unwrap());
    assert_eq!(standing("X25519"), Standing::Approved);
    assert!(matches!(standing("P-521"), Standing::NotListed(rule) if rule.id == "groups"));
    assert!(matches!(standing("P-192"), Standing::Forbidden(rule) if rule.id == "groups.forbidden.small"));
    assert!(matches!(standing("ffdhe2048"), Standing::PhaseOut(rule) if rule.until.is_some()));
    assert!(matches!(standing("X25519MLKEM768"), Standing::Unknown(rule) if rule.strength == Strength::May));
    assert_eq!(policy.dated(), "p.yaml of 2020");
}

#[test]
fn what_a_document_does_not_know_it_cannot_refuse() {
    let text = GROUPS.replace("[{ kind: [hybrid, kem] }]", "[X25519MLKEM768], strength: should");
    let error = parse(&text).unwrap_err();
    assert!(error.message.contains("cannot refuse") && error.line == 11, "{error}");
}

#[test]
fn groups_that_are_demanded_may_be_offered() {
    for (demand, fault) in [
        ("required: { value: [P-521] }", "P-521 is required and may not be offered"),
        ("at-least-one: { value: [P-521, P-192] }", "none of the groups of at-least-one may be offered"),
        ("first: { value: [P-384] }", "none of the groups of first may be offered"),
    ] {
        let error = parse(&format!("{GROUPS}  {demand}\n")).unwrap_err();
        assert_eq!((error.message.as_str(), error.line), (fault, 12));
    }
    assert!(parse(&format!("{GROUPS}  required: {{ value: [X25519MLKEM768] }}\n")).is_ok());
}

#[test]
fn a_requirement_may_bind_one_end_alone() {
    let text =
        format!("{GROUPS}  at-least-one: {{ value: [X25519MLKEM768], side: server, from: 2027-01-01 }}\n");
    let on = |day| parse(&text).unwrap().on(crate::date::Date::parse(day).unwrap());
    let asks = |policy: &Policy, role| policy.of(role).groups.at_least_one.is_some();
    let before = on("2026-12-31");
    assert!(!asks(&before, Role::Server));
    let soon = before.of(Role::Server).upcoming.clone().unwrap();
    assert!(soon.groups.at_least_one.is_some());
    assert!(before.of(Role::Client).upcoming.as_ref().is_none_or(|soon| soon.groups.at_least_one.is_none()));
    let after = on("2027-01-01");
    assert_eq!((asks(&after, Role::Server), asks(&after, Role::Client)), (true, false));
}

#[test]
fn the_longest_validity_is_that_of_the_day_of_issue() {
    let text = "version: 1\ntitle: t\ncertificate: { strength: must, why: why not, source: here, lifetime-days: { value: 398, \
                then: { value: 200, from: 2026-03-15, then: { value: 100, from: 2027-03-15 } } } }\n";
    let day = |text| crate::date::Date::parse(text).unwrap();
    let policy = parse(text).unwrap().on(day("2027-06-01"));
    let rule = policy.certificate.lifetime_days.unwrap();
    for (issued, longest) in
        [("2026-03-14", 398), ("2026-03-15", 200), ("2027-03-14", 200), ("2027-03-15", 100)]
    {
        assert_eq!(rule.step(day(issued)).unwrap().value, longest, "{issued}");
    }
}

#[test]
fn a_policy_tells_its_newest_successor() {
    assert_eq!(successor("mozilla-intermediate@5.7"), Some("mozilla-intermediate@6.0"));
    assert_eq!(successor("mozilla-intermediate@6.0"), None);
}
