//! openssl.cnf: sections of assignments, and commands of SSL_CONF_cmd(3).

use super::facts::Facts;
use crate::span::FileId;
use crate::syntax::openssl_conf::{LineKind, parse};

/// Commands of SSL_CONF_cmd(3) in files.
const COMMANDS: [&str; 24] = [
    "ciphersuites",
    "cipherstring",
    "clientcafile",
    "clientcapath",
    "clientsignaturealgorithms",
    "chaincafile",
    "curves",
    "dhparameters",
    "dtls.maxprotocol",
    "dtls.minprotocol",
    "ecdhparameters",
    "groups",
    "maxprotocol",
    "minprotocol",
    "options",
    "protocol",
    "recordpadding",
    "rsapskidentity",
    "signaturealgorithms",
    "tls.maxprotocol",
    "tls.minprotocol",
    "verifymode",
    "certificate",
    "privatekey",
];

/// Those that other programs do not have.
const OWN_COMMANDS: [&str; 9] = [
    "cipherstring",
    "ciphersuites",
    "dtls.maxprotocol",
    "dtls.minprotocol",
    "maxprotocol",
    "minprotocol",
    "signaturealgorithms",
    "tls.maxprotocol",
    "tls.minprotocol",
];

/// Names that lead to modules, providers and TLS settings (config(5)).
const MODULES: [&str; 8] = [
    "alg_section",
    "engines",
    "openssl_conf",
    "oid_section",
    "providers",
    "random",
    "ssl_conf",
    "system_default",
];

/// Names of the sections that req(1), ca(1), x509v3_config(5) and providers read.
const OTHERS: [&str; 40] = [
    "activate",
    "authorityinfoaccess",
    "authoritykeyidentifier",
    "basicconstraints",
    "certificate",
    "certificatepolicies",
    "certs",
    "commonname",
    "commonname_max",
    "countryname",
    "crl_dir",
    "crldistributionpoints",
    "crl_extensions",
    "crlnumber",
    "database",
    "default_bits",
    "default_ca",
    "default_crl_days",
    "default_days",
    "default_keyfile",
    "default_md",
    "default_properties",
    "distinguished_name",
    "extendedkeyusage",
    "fips_mode",
    "home",
    "keyusage",
    "nameconstraints",
    "new_certs_dir",
    "policy",
    "private_key",
    "prompt",
    "randfile",
    "req_extensions",
    "serial",
    "string_mask",
    "subjectaltname",
    "subjectkeyidentifier",
    "unique_subject",
    "x509_extensions",
];

/// Counts what `text` holds of openssl.cnf; `is_at_home` where its path speaks for it.
pub(super) fn facts(text: &str, is_at_home: bool) -> Facts {
    let mut facts = Facts::default();
    let lower = text.to_ascii_lowercase();
    if !is_at_home && !OWN_COMMANDS.iter().chain(&MODULES).any(|word| lower.contains(word)) {
        return facts;
    }
    let parsed = parse(text, FileId(0));
    facts.strange = parsed.errors.len();
    let mut others = 0;
    let mut sections = 0;
    for line in &parsed.tree.lines {
        let name = match &line.kind {
            LineKind::Assignment { name, .. } => name.as_str().to_ascii_lowercase(),
            LineKind::Section(_) => {
                sections += 1;
                continue;
            }
            LineKind::Include(_) | LineKind::Pragma(_) => continue,
        };
        let name = name.rsplit_once("::").map_or(name.as_str(), |(_, name)| name);
        let name = name.trim_start_matches(|next: char| next.is_ascii_digit() || next == '.');
        if OWN_COMMANDS.contains(&name) {
            facts.tls.insert(name.to_owned());
        }
        if OWN_COMMANDS.contains(&name) || MODULES.contains(&name) {
            facts.own.insert(name.to_owned());
        }
        let is_known = COMMANDS.contains(&name) || MODULES.contains(&name) || OTHERS.contains(&name);
        facts.known += usize::from(is_known);
        others += usize::from(!is_known);
    }
    // Object identifiers, names of people and of sections are anybody's: of two such lines, one speaks against, but where the name that
    // leads to all of them is there.
    facts.strange += if facts.own.contains("openssl_conf") { 0 } else { others / 2 };
    facts.structures = usize::from(sections > 0 && !facts.own.is_empty());
    facts
}
