//! What expansions say about themselves, and corners that the vectors do not reach.

use super::*;
use crate::protocol::{Protocol, Role};
use crate::suite::Suite;
use proptest::prelude::*;

fn library(id: &str) -> &'static Library {
    Library::find(id).unwrap()
}

fn names(expansion: &Expansion) -> String {
    expansion.suites.iter().map(|selected| selected.suite.name()).collect::<Vec<_>>().join(":")
}

/// Each token with what it did: `added-removed~moved` counts, or the reason for nothing.
fn report(id: &str, string: &str) -> String {
    let parser = if string.starts_with('?') { Parser::Lenient } else { Parser::Strict };
    let expansion = library(id).expand(string.trim_start_matches('?'), parser);
    let mut lines: Vec<String> = expansion
        .tokens
        .iter()
        .map(|token| {
            let effect = match token.effect {
                Effect::Matched => {
                    format!(
                        "+{} -{} ~{} !{}",
                        token.added.len(),
                        token.removed.len(),
                        token.moved.len(),
                        token.barred.len()
                    )
                }
                Effect::Unmatched(reason) => reason_name(reason),
                effect => format!("{effect:?}"),
            };
            format!("{}={effect}", token.text)
        })
        .collect();
    lines.extend(expansion.error.map(|error| format!("{} at {:?}", error.kind.name(), error.span)));
    lines.join(" ")
}

fn reason_name(reason: Reason) -> String {
    match reason {
        Reason::NeedsBuild { builds } => {
            format!("needs({})", builds.iter().map(Library::id).collect::<Vec<_>>().join(","))
        }
        Reason::UnknownHere { known_in, .. } => {
            let mut releases: Vec<_> = known_in.iter().map(Library::release).collect();
            releases.dedup();
            format!("elsewhere({})", releases.join(","))
        }
        Reason::Killed { by } => format!("killed({by})"),
        reason => format!("{reason:?}").split(' ').next().unwrap().to_owned(),
    }
}

#[test]
fn every_token_says_what_it_did() {
    assert_eq!(
        report("openssl-3.0", "HIGH:!aNULL:!MD5"),
        "HIGH=+137 -0 ~0 !0 !aNULL=+0 -12 ~0 !1 !MD5=+0 -0 ~0 !1"
    );
    assert_eq!(
        report("openssl-3.0", "AES128-SHA:+AES128-SHA:-AES128-SHA:kRSA"),
        "AES128-SHA=+1 -0 ~0 !0 +AES128-SHA=+0 -0 ~1 !0 -AES128-SHA=+0 -1 ~0 !0 kRSA=+19 -0 ~0 !0"
    );
}

#[test]
fn a_token_that_did_nothing_says_why() {
    for (id, string, expected) in [
        ("openssl-3.0", "HIGH:AES256", "AlreadySelected"),
        ("openssl-3.0", "HIGH:!AES:AES128", "killed(1)"),
        ("openssl-3.0", "HIGH:3DES", "needs(openssl-3.0+weak,openssl-3.0+weak+legacy)"),
        ("openssl-3.0", "HIGH:RC4", "needs(openssl-3.0+legacy,openssl-3.0+weak+legacy)"),
        ("openssl-3.0", "HIGH:EXPORT", "elsewhere(openssl-1.0.2)"),
        ("openssl-3.0", "HIGH:TLS_RSA_WITH_AES_128_CBC_SHA", "UnknownWord"),
        ("openssl-3.0", "HIGH:FOO!AES", "UnknownWord"),
        ("openssl-3.0", "HIGH:DEFAULT", "DefaultNotFirst"),
        ("openssl-3.0", "HIGH:kRSA+aECDSA", "NoSuchSuite"),
        ("openssl-3.0", "HIGH:HIGH+FIPS", "Contradiction"),
        ("openssl-3.0", "AES128-SHA:-AES256", "NotSelected"),
        ("openssl-3.0", "AES256-SHA:@STRENGTH", "AlreadySorted"),
        ("openssl-3.2", "HIGH:TLS_AES_128_GCM_SHA256", "Tls13Name"),
        ("openssl-3.0", "SUITEB128:HIGH", "ReplacedBySuiteB"),
        ("boringssl-44", "?AES128:AES256-SHA+HIGH", "NameAmongTerms"),
        ("boringssl-44", "AES128:TLS_AES_128_GCM_SHA256", "Tls13Name"),
        ("boringssl-35", "AES256:SSLv3+AES128", "Contradiction"),
    ] {
        let report = report(id, string);
        assert!(report.ends_with(&format!("={expected}")), "{id} {string}: {report}");
    }
}

#[test]
fn errors_point_at_what_is_wrong() {
    for (id, string, expected) in [
        ("openssl-3.0", "HIGH:\t!aNULL", "invalid-command at 5..6"),
        ("openssl-3.0", "\"HIGH\"", "invalid-command at 0..1"),
        ("openssl-3.0", "HIGH:@SECLEVEL=6", "invalid-command at 6..16"),
        ("openssl-3.0", "HIGH:!", "invalid-command at 6..6"),
        ("openssl-3.0", "FOO", "no-cipher-match at 0..3"),
        ("openssl-1.0.2", "HIGH:@SECLEVEL=1", "invalid-command at 6..14"),
        ("boringssl-44", "HIGH:!aNULL", "invalid-command at 6..11"),
        ("boringssl-44", "[AES128:AES256]", "unexpected-operator-in-group at 7..8"),
        ("boringssl-44", "[AES128]:!AES256", "mixed-special-operator-with-groups at 9..10"),
    ] {
        let report = report(id, string);
        assert!(report.ends_with(expected), "{id} {string}: {report}");
    }
}

#[test]
fn export_suites_are_known_where_they_were_built() {
    let weak = library("openssl-1.0.2+weak");
    let holds =
        |string: &str, name: &str| weak.expand(string, Parser::Strict).holds(Suite::from_name(name).unwrap());
    assert!(holds("EXPORT", "EXP-RC4-MD5") && holds("RC4", "EXP-RC4-MD5") && holds("LOW", "DES-CBC-SHA"));
    assert!(
        holds("ALL", "EXP-RC4-MD5") && !holds("DEFAULT", "EXP-RC4-MD5") && !holds("DEFAULT", "DES-CBC-SHA")
    );
    assert_eq!(names(&weak.expand("EXP-DHE-RSA-DES-CBC-SHA", Parser::Strict)), "EXP-EDH-RSA-DES-CBC-SHA");
    assert_eq!(report("openssl-1.0.2", "HIGH:EXPORT"), report("openssl-1.0.2+krb5", "HIGH:EXPORT"));
}

#[test]
fn a_level_survives_the_error_behind_it() {
    assert_eq!(library("openssl-3.0").expand("@SECLEVEL=0:FOO", Parser::Strict).security_level, Some(0));
    assert_eq!(
        library("openssl-3.0").expand("@SECLEVEL=0:HIGH:@FOO", Parser::Strict).security_level,
        Some(0)
    );
}

#[test]
fn releases_between_behave_as_the_one_below() {
    for (id, expected) in [
        ("openssl-3.1", "openssl-3.0"),
        ("openssl-3.0.19", "openssl-3.0"),
        ("openssl-1.1.1w", "openssl-1.1.1"),
        ("openssl-3.4+legacy+weak", "openssl-3.2+weak+legacy"),
        ("boringssl-30", "boringssl-21"),
        ("any", "any"),
        ("linked", "linked"),
    ] {
        assert_eq!(Choice::by_id(id).unwrap().id(), expected, "{id}");
    }
    assert_eq!(Choice::by_id("opensl-3.0").unwrap_err().nearest, Some("openssl-3.0"));
    assert!(Choice::by_id("openssl-1.0.1").is_err());
    assert!(Choice::by_id("openssl-3.0+krb5").is_err());
}

#[test]
fn any_library_selects_what_some_build_would() {
    let any = Choice::Any(Family::OpenSsl);
    let expansion = any.expand("HIGH:3DES:RC4", Parser::Strict);
    let origin =
        |name: &str| expansion.origin(Suite::from_name(name).unwrap()).map(|token| token.text.to_string());
    assert_eq!(origin("ECDHE-RSA-RC4-SHA").as_deref(), Some("RC4"));
    assert_eq!(origin("ECDH-RSA-AES256-SHA").as_deref(), Some("HIGH"));
    assert_eq!(expansion.unmatched().count(), 0);
    assert!(
        any.permits_protocol(Protocol::Tls10, 2, Role::Server)
            && !any.permits_protocol(Protocol::Tls10, 3, Role::Server)
    );
    assert!(!any.builds_protocol(Protocol::Ssl2));
    let anonymous = Suite::from_name("ADH-AES128-SHA").unwrap();
    assert!(any.permits_suite(anonymous, 0, Role::Server) && !any.permits_suite(anonymous, 1, Role::Server));
}

#[test]
fn strings_of_tls13_suites_follow_the_release() {
    let read = |id: &str, string: &str| {
        let read = library(id).ciphersuites(string);
        let tls13: Vec<&str> = read.tls13().map(Suite::name).collect();
        (read.refused, tls13.join(":"), read.older.len(), read.unknown.len())
    };
    let one = "TLS_AES_128_GCM_SHA256";
    assert_eq!(read("openssl-1.1.1", &format!("{one}:FOO")), (true, one.to_owned(), 0, 1));
    assert_eq!(read("openssl-3.0", &format!(" {one} :FOO:")), (false, one.to_owned(), 0, 2));
    assert!(read("openssl-3.0", "FOO").0);
    assert_eq!(read("openssl-3.0", ""), (false, String::new(), 0, 0));
    assert_eq!(read("openssl-3.0", "TLS_RSA_WITH_AES_128_CBC_SHA"), (false, String::new(), 1, 0));
    assert!(read("openssl-3.0", "tls_aes_128_gcm_sha256").0);
    assert!(read("openssl-3.0", "TLS_SHA256_SHA256").0);
    assert!(!read("openssl-3.5", "TLS_SHA256_SHA256").0);
    assert!(read("openssl-1.1.0", one).0);
    assert!(read("boringssl-44", one).0);
}

#[test]
fn aws_lc_reads_tls13_suites_as_a_cipher_string() {
    let (aes128, aes256, chacha) =
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");
    let read = |string: &str| {
        let read = library("aws-lc-5.12").ciphersuites(string);
        let tls13: Vec<&str> = read.tls13().map(Suite::name).collect();
        (!read.refused).then(|| tls13.join(":"))
    };
    let all = format!("{aes128}:{aes256}:{chacha}");
    for string in ["ALL", "DEFAULT", "HIGH", "FIPS", "AESGCM:CHACHA20", "ALL:!3DES", "AES:[CHACHA20]"] {
        assert_eq!(read(string), Some(all.clone()), "{string}");
    }
    assert_eq!(read("AES256:ALL"), Some(format!("{aes256}:{aes128}:{chacha}")));
    assert_eq!(read("ALL:!AES128:FOO"), Some(format!("{aes256}:{chacha}")));
    assert_eq!(read("AES128:CHACHA20:AES256:@STRENGTH"), Some(format!("{chacha}:{aes256}:{aes128}")));
    assert_eq!(read(&format!("[{chacha}|{aes128}]:{aes256}")), Some(format!("{chacha}:{aes128}:{aes256}")));
    assert_eq!(read(&format!("ECDHE-RSA-AES128-GCM-SHA256, {aes128}")), Some(aes128.to_owned()));
    assert_eq!(read(""), Some(String::new()));
    for string in ["ECDHE", "kRSA", "SHA256", "TLSv1.2", "aRSA:FOO", "?", "[AES", "[AES]:!CHACHA20", "@FOO"] {
        assert_eq!(read(string), None, "{string}");
    }
    let without_aes = library("aws-lc-5.12+noaes").ciphersuites("ALL");
    assert_eq!(without_aes.tls13().next().map(Suite::name), Some(chacha));
}

#[test]
fn misspelt_words_have_a_nearest() {
    for (word, expected) in [
        ("HIHG", Some("HIGH")),
        ("high", Some("HIGH")),
        ("ECDHE-RSA-AES128-GCM-SHA265", Some("ECDHE-RSA-AES128-GCM-SHA256")),
        ("XYZZY", None),
    ] {
        assert_eq!(nearest_word(library("openssl-3.0"), word), expected);
    }
}

#[test]
fn groups_of_names_are_the_librarys() {
    let knows = |id: &str, name: &str| Choice::by_id(id).unwrap().group(name).is_some();
    assert!(
        knows("openssl-3.0", "x25519") && !knows("openssl-3.0", "p-256") && knows("openssl-3.2", "p-256")
    );
    assert!(knows("openssl-3.5", "X25519MLKEM768") && !knows("openssl-3.2", "X25519MLKEM768"));
    assert!(!knows("boringssl-44", "X448") && knows("boringssl-44", "P-256"));
    let defaults = |id: &str, tls13| Choice::by_id(id).unwrap().default_groups(Role::Server, tls13).len();
    assert_eq!((defaults("openssl-3.0", true), defaults("openssl-3.0", false)), (10, 5));
}

#[test]
fn long_strings_are_read_to_the_end() {
    let tokens = ["HIGH", "!3DES", "-AES", "+kRSA", "@STRENGTH", "FOO", "DHE+AES", "AES128-SHA"];
    let string: Vec<&str> = tokens.iter().copied().cycle().take(10_000).collect();
    for id in ["openssl-1.0.2", "openssl-3.0", "openssl-4.0"] {
        assert_eq!(library(id).expand(&string.join(":"), Parser::Strict).tokens.len(), 10_000);
    }
    let long = "A".repeat(100_000);
    assert_eq!(
        names(&library("openssl-3.0").expand(&format!("{long}:AES128-SHA"), Parser::Strict)),
        "AES128-SHA"
    );
}

/// Strings that look like cipher strings, and some that do not.
fn strings() -> impl Strategy<Value = String> {
    let words: Vec<&'static str> = Library::all().iter().flat_map(Library::words).collect();
    let word = prop_oneof![
        4 => proptest::sample::select(words),
        2 => proptest::sample::select(vec!["HIGH", "ALL", "AES", "kRSA", "aNULL", "3DES", "DEFAULT", "FOO", "COMPLEMENTOFDEFAULT"]),
    ];
    let sign =
        proptest::sample::select(vec!["", "", "", "!", "-", "+", "@STRENGTH:", "@SECLEVEL=1:", "[", "@"]);
    let joint = proptest::sample::select(vec![":", ":", ":", " ", ",", "+", "|", "]", "", "\t", "é", "\0"]);
    let structured = proptest::collection::vec((sign, word, joint), 0..12)
        .prop_map(|items| items.into_iter().flat_map(|(sign, word, joint)| [sign, word, joint]).collect());
    prop_oneof![6 => structured, 1 => any::<String>()]
}

fn libraries() -> impl Strategy<Value = (&'static Library, Parser)> {
    (proptest::sample::select(Library::all().iter().collect::<Vec<_>>()), any::<bool>())
        .prop_map(|(library, strict)| (library, if strict { Parser::Strict } else { Parser::Lenient }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_suite_has_an_origin_that_added_it(string in strings(), (library, parser) in libraries()) {
        let expansion = library.expand(&string, parser);
        for selected in &expansion.suites {
            prop_assert!(expansion.tokens[selected.token].added.contains(&selected.suite));
        }
        for pair in expansion.tokens.windows(2) {
            prop_assert!(pair[0].span.end <= pair[1].span.start);
        }
        prop_assert_eq!(expansion.groups.iter().map(ExactSizeIterator::len).sum::<usize>(), expansion.suites.len());
    }

    #[test]
    fn any_library_has_an_origin_too(string in strings()) {
        for family in [Family::OpenSsl, Family::BoringSsl] {
            let expansion = super::any::expand(family, &string, Parser::Lenient);
            for selected in &expansion.suites {
                prop_assert!(expansion.tokens[selected.token].added.contains(&selected.suite));
            }
        }
    }

    #[test]
    fn a_token_without_effect_can_go(string in strings(), (library, parser) in libraries()) {
        let expansion = library.expand(&string, parser);
        for (token, _) in expansion.unmatched() {
            let without = [&string[..token.span.start as usize], &string[token.span.end as usize..]].concat();
            if without.is_empty() {
                continue;
            }
            let other = library.expand(&without, parser);
            prop_assert_eq!(names(&other), names(&expansion), "without {}: {:?}", &token.text, without);
            prop_assert_eq!(other.error.map(|error| error.kind), expansion.error.map(|error| error.kind));
        }
    }

    #[test]
    fn what_is_selected_selects_itself(string in strings(), (library, parser) in libraries()) {
        let expansion = library.expand(&string, parser);
        let own: Vec<&str> = expansion.suites.iter().map(|selected| library.name_of(selected.suite)).collect();
        if !own.is_empty() {
            prop_assert_eq!(names(&library.expand(&own.join(":"), parser)), names(&expansion));
        }
    }
}
