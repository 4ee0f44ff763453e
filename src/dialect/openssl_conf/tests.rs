use super::*;
use crate::files::{FileTree, Memory};
use crate::library::Choice;
use crate::protocol::Protocol;
use crate::setting::Setting;

const HEAD: &str = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n";

fn read(text: &str, application: Option<&str>, library: &str) -> SystemDefaults {
    let conf = SystemConf::Text { name: "test".into(), text: text.into(), directory: Some("etc".into()) };
    let files = Memory::new([("etc/more.cnf", "[c]\nGroups = P-384\n")]);
    system_defaults(&conf, application, Choice::by_id(library).unwrap(), Some(&files))
}

fn shown(text: &str) -> String {
    show(&read(text, None, "openssl-3.0"))
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
    assert_eq!(read(&conf, Some("nginx"), "openssl-3.0").protocols().to_string(), "TLSv1.3");
    assert_eq!(read(&conf, None, "openssl-3.0").protocols().to_string(), "TLSv1.2 TLSv1.3");
}

#[test]
fn a_bad_value_ends_the_section_only_before_3_0() {
    let conf =
        format!("{HEAD}Ciphersuites = TLS_AES_128_GCM_SHA256\nMinProtocol = tlsv1.2\nCipherString = HIGH\n");
    let full = SSL3_TO_TLS13;
    assert_eq!(
        show(&read(&conf, None, "openssl-3.0")),
        format!("{full} | HIGH | TLS_AES_128_GCM_SHA256 | - | level None")
    );
    assert_eq!(
        show(&read(&conf, None, "openssl-1.1.1")),
        format!("{full} | - | TLS_AES_128_GCM_SHA256 | - | level None")
    );
    let unmatched = format!("{HEAD}CipherString = NOPE\nGroups = X25519\n");
    assert_eq!(
        shown(&unmatched),
        format!("{full} | NOPE | - | X25519 | level None"),
        "the list is empty then"
    );
}

#[test]
fn a_refused_value_leaves_what_was_there() {
    let full = SSL3_TO_TLS13;
    let after = |lines: &str| shown(&format!("{HEAD}{lines}"));
    assert_eq!(
        after("Groups = X25519\nx.Curves = P-256:NOPE\n"),
        format!("{full} | - | - | X25519 | level None")
    );
    for lines in [
        "Groups = X25519\nECDHParameters = Automatic\n",
        "Groups = X25519\nECDHParameters = P-256:P-384\n",
        "ECDHParameters = X25519\nx.ECDHParameters = auto\n",
    ] {
        assert_eq!(after(lines), format!("{full} | - | - | X25519 | level None"), "{lines}");
    }
    assert_eq!(after("Ciphersuites = TLS_NOPE\n"), format!("{full} | - | - | - | level None"));
    // The level counts although the rest of the string is refused.
    assert_eq!(
        after("CipherString = @SECLEVEL=0:$c\n"),
        shown(""),
        "a variable without a value undoes the file"
    );
    assert_eq!(
        after("CipherString = @SECLEVEL=0:AES128-SHA#\n"),
        format!("{full} | @SECLEVEL=0:AES128-SHA | - | - | level Some(0)"),
        "a comment"
    );
    assert_eq!(
        after("CipherString = @SECLEVEL=0:AES128-SHA/X\n"),
        format!("{full} | - | - | - | level Some(0)")
    );
    let options =
        read(&format!("{HEAD}Options = -SessionTicket, ServerPreference, NOPE, Bugs\n"), None, "openssl-3.0");
    assert_eq!(
        (options.option("sessionticket"), options.option("ServerPreference"), options.option("Bugs")),
        (Some(false), Some(true), None),
        "words up to the unknown one count"
    );
    let list = |list: &str| {
        let conf = format!("{HEAD}SignatureAlgorithms = {list}\n");
        read(&conf, None, "openssl-3.0").signature_algorithms.is_some()
    };
    assert!(list("RSA+SHA256:ed25519") && !list("RSA+SHA256:NOPE"));
}

const SSL3_TO_TLS13: &str = "SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";

#[test]
fn protocol_words_switch_versions_on_and_off() {
    let conf =
        |words: &str| shown(&format!("{HEAD}Protocol = {words}\n")).split(" |").next().unwrap().to_owned();
    assert_eq!(conf("-TLSv1.2"), "SSLv3 TLSv1 TLSv1.1 TLSv1.3");
    assert_eq!(conf("-ALL, TLSv1.2, +tlsv1.3"), "TLSv1.2 TLSv1.3");
    assert_eq!(conf("ALL, -TLSv1, -SSLv3"), "TLSv1.1 TLSv1.2 TLSv1.3");
    let defaults = read(&format!("{HEAD}Protocol = -TLSv1.2\n"), None, "openssl-3.0");
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

/// The model of a file on its own, endpoints and observations line by line.
fn modelled(text: &str) -> String {
    let tree = Memory::new([("openssl.cnf", text)]);
    let variables = std::collections::BTreeMap::new();
    let target = crate::target::Target::any();
    let context = crate::dialect::Context {
        files: &tree,
        target: &target,
        variables: &variables,
        is_whole: false,
        asked: None,
        budget: &crate::budget::Budget::default(),
    };
    let source = FileTree::read(&tree, std::path::Path::new("openssl.cnf")).unwrap();
    let model = super::read(&[source], context);
    let endpoint = |endpoint: &crate::endpoint::Endpoint| {
        let protocols =
            endpoint.protocols.value().map_or("?".to_owned(), |protocols| protocols.set.to_string());
        let string = endpoint.cipher_string.value().map_or("?", |text| text.as_str());
        format!("{}: {protocols}, {string}, level {}", endpoint.label, endpoint.security_level)
    };
    let observation = |seen: &crate::observation::Observation| format!("{:?}: {}", seen.kind, seen.message);
    let lines = model.endpoints.iter().map(endpoint).chain(model.observations.iter().map(observation));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_says_what_applications_get() {
    assert_eq!(
        modelled(&format!("{HEAD}MaxProtocol = TLSv1.2\nMinProtocol = TLSv1\nMinProtocol.x = y\n")),
        "applications that keep OpenSSL's defaults: TLSv1 TLSv1.1 TLSv1.2, DEFAULT, level 0\n\
         SettingIgnored: \"MinProtocol.x\" is no command of SSL_CONF_cmd; OpenSSL passes the line over\n\
         IneffectiveSetting: MinProtocol here means nothing to nginx and HAProxy, which set their own versions\n\
         IneffectiveSetting: MaxProtocol here means nothing to nginx and HAProxy, which set their own versions"
    );
}

#[test]
fn a_back_end_of_crypto_policies_is_a_section_without_its_head() {
    let text = "CipherString = @SECLEVEL=2:HIGH\nTLS.MinProtocol = TLSv1.2\nDTLS.MinProtocol = DTLSv1.2\n";
    assert!(modelled(text).starts_with(
        "applications that keep OpenSSL's defaults: TLSv1.2 TLSv1.3, @SECLEVEL=2:HIGH, level 2"
    ));
}

#[test]
fn a_section_that_nothing_leads_to_is_told() {
    let text = "[system_default_sect]\nMinProtocol = TLSv1.2\n";
    assert!(modelled(text).contains("applications do not get [system_default_sect] unasked"));
    assert!(modelled("openssl_conf = nowhere\n").contains("there is no section [nowhere]"));
}

#[test]
fn template_text_is_unknown_and_breaks_nothing() {
    let text =
        format!("{HEAD}MinProtocol = <%= @minimum %>\n{{% if x %}}\nCipherString = HIGH\n{{% endif %}}\n");
    assert!(
        modelled(&text).starts_with("applications that keep OpenSSL's defaults: ?, HIGH, level 0"),
        "{}",
        modelled(&text)
    );
}
