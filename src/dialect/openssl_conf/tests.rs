use super::*;
use crate::files::Memory;
use crate::protocol::Protocol;
use crate::setting::Setting;

const HEAD: &str = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n";

fn read(text: &str, application: Option<&str>, after: AfterBadValue) -> SystemDefaults {
    let conf = SystemConf::Text { name: "test".into(), text: text.into(), directory: Some("etc".into()) };
    let files = Memory::new([("etc/more.cnf", "[c]\nGroups = P-384\n")]);
    system_defaults(&conf, application, after, &|string| string != "NOPE", Some(&files))
}

fn shown(text: &str) -> String {
    show(&read(text, None, AfterBadValue::GoesOn))
}

fn show(defaults: &SystemDefaults) -> String {
    let text = |setting: &Option<Setting<crate::text::Text>>| match setting {
        None => "-".to_owned(),
        Some(setting) => setting.value().map_or("?".to_owned(), |text| text.as_str().to_owned()),
    };
    format!(
        "{} | {} | {} | {} | level {:?}",
        defaults.protocols(),
        text(&defaults.cipher_string),
        text(&defaults.ciphersuites),
        text(&defaults.groups),
        defaults.security_level
    )
}

#[test]
fn the_chain_of_sections_is_followed() {
    let conf = format!("{HEAD}MinProtocol = TLSv1.2\nCipherString = DEFAULT@SECLEVEL=2\n");
    assert_eq!(shown(&conf), "TLSv1.2 TLSv1.3 | DEFAULT@SECLEVEL=2 | - | - | level Some(2)");
    let other = conf.replace("system_default", "server");
    assert_eq!(shown(&other), "SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 | - | - | - | level None");
    assert_eq!(shown(&conf.replace("[c]", "[d]")), shown(&other), "a missing section undoes everything");
}

#[test]
fn an_application_takes_the_section_of_its_name() {
    let conf = format!(
        "nginx = x\n{HEAD}MinProtocol = TLSv1.2\n[x]\nssl_conf = y\n[y]\nsystem_default = z\n[z]\nMinProtocol = TLSv1.3\n"
    );
    assert_eq!(read(&conf, Some("nginx"), AfterBadValue::GoesOn).protocols().to_string(), "TLSv1.3");
    assert_eq!(read(&conf, None, AfterBadValue::GoesOn).protocols().to_string(), "TLSv1.2 TLSv1.3");
}

#[test]
fn a_bad_value_ends_the_section_only_before_3_0() {
    let conf = format!("{HEAD}Ciphersuites = A\nMinProtocol = tlsv1.2\nCipherString = HIGH\n");
    let full = SSL3_TO_TLS13;
    assert_eq!(
        show(&read(&conf, None, AfterBadValue::GoesOn)),
        format!("{full} | HIGH | A | - | level None")
    );
    assert_eq!(show(&read(&conf, None, AfterBadValue::Stops)), format!("{full} | - | A | - | level None"));
    let unmatched = format!("{HEAD}CipherString = NOPE\nGroups = X25519\n");
    assert_eq!(shown(&unmatched), format!("{full} | - | - | X25519 | level None"));
}

const SSL3_TO_TLS13: &str = "SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";

#[test]
fn protocol_words_switch_versions_on_and_off() {
    let conf =
        |words: &str| shown(&format!("{HEAD}Protocol = {words}\n")).split(" |").next().unwrap().to_owned();
    assert_eq!(conf("-TLSv1.2"), "SSLv3 TLSv1 TLSv1.1 TLSv1.3");
    assert_eq!(conf("-ALL, TLSv1.2, +tlsv1.3"), "TLSv1.2 TLSv1.3");
    assert_eq!(conf("ALL, -TLSv1, -SSLv3"), "TLSv1.1 TLSv1.2 TLSv1.3");
    let defaults = read(&format!("{HEAD}Protocol = -TLSv1.2\n"), None, AfterBadValue::GoesOn);
    let range = crate::protocol::ProtocolSet::between(Protocol::Tls12, Protocol::Tls13);
    assert_eq!(defaults.without_switched_off(range).to_string(), "TLSv1.3");
}

#[test]
fn variables_includes_and_repeated_names_work() {
    assert_eq!(
        shown(&format!(
            "{HEAD}level = 1\nx.level = y\nCipherString = HIGH@SECLEVEL=$level\n.include more.cnf\n"
        )),
        format!("{SSL3_TO_TLS13} | HIGH@SECLEVEL=1 | - | P-384 | level Some(1)"),
    );
    assert_eq!(
        shown(&format!("{HEAD}CipherString = ${{ENV::X}}\n1.Groups = P-256\n2.groups = X25519\n")),
        format!("{SSL3_TO_TLS13} | ? | - | X25519 | level None"),
    );
    assert_eq!(
        shown(&format!("{HEAD}CipherString = LOW@SECLEVEL=0\na.CipherString = HIGH\n")),
        format!("{SSL3_TO_TLS13} | HIGH | - | - | level Some(0)"),
        "a level outlives a later string",
    );
}

#[test]
fn a_file_that_does_not_read_sets_nothing() {
    assert_eq!(shown(&format!("{HEAD}CipherString = HIGH\noops\n")), shown(""));
    assert_eq!(shown(&format!("{HEAD}CipherString = $nothing\n")), shown(""));
}
