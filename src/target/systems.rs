//! Distributions as targets: `rules/systems/*.yaml`, read only when one is named.

use super::{CryptoPolicy, Release, SystemConf, Target, TargetError};
use crate::library::Choice;
use crate::protocol::Protocol;
use serde::Deserialize;

include!(concat!(env!("OUT_DIR"), "/systems.rs"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct System {
    #[serde(rename = "name")]
    _name: String,
    title: String,
    /// Other names of the same, which the build script reads.
    #[serde(default, rename = "also")]
    _also: Vec<String>,
    nginx: Option<String>,
    /// The protocols that the package's nginx enables unasked, where it is not built as upstream has it.
    nginx_protocols: Option<Vec<String>>,
    haproxy: Option<String>,
    haproxy_features: Option<Vec<String>>,
    library: String,
    security_level: Option<u8>,
    openssl_conf: Option<String>,
    /// The file of `rules/crypto-policies` that says what the system's policies write.
    crypto_policies: Option<String>,
    unverified: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

/// The names of all systems, sorted.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    SYSTEMS.iter().map(|(name, _)| *name)
}

/// The system with this code name, such as `bookworm`: its title has it in parentheses.
pub(super) fn of_code_name(word: &str) -> Option<&'static str> {
    let is_a_name = word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let titled = format!("({word})\n");
    SYSTEMS.iter().find(|(_, text)| is_a_name && text.contains(&titled)).map(|(name, _)| *name)
}

/// The target that a system's name means; `alpine` means the newest `alpine-…`.
pub(super) fn find(name: &str) -> Option<Target> {
    let exact = SYSTEMS.iter().find(|(known, _)| *known == name);
    let newest = || {
        let family = SYSTEMS.iter().filter_map(|system| {
            let (family, release) = system.0.rsplit_once('-')?;
            (family == name).then_some((Release::parse(release)?, system))
        });
        family.max_by_key(|(release, _)| *release).map(|(_, system)| system)
    };
    let (name, text) = exact.or_else(newest)?;
    let system: System = serde_yaml::from_str(text).expect("a test reads every file of rules/systems");
    Some(system.into_target(name).expect("a test reads every file of rules/systems"))
}

impl System {
    fn into_target(self, name: &str) -> Result<Target, TargetError> {
        let release = |text: Option<String>| {
            text.map(|text| {
                Release::parse(&text).ok_or_else(|| TargetError::new(format!("{text} is no release")))
            })
            .transpose()
        };
        let protocols = |names: Vec<String>| {
            let protocol = |name: String| {
                Protocol::from_name(&name).ok_or_else(|| TargetError::new(format!("{name} is no protocol")))
            };
            names.into_iter().map(protocol).collect()
        };
        let library = Choice::by_id(&self.library).map_err(|error| TargetError::new(error.to_string()))?;
        let mut target = Target {
            nginx: release(self.nginx)?,
            nginx_protocols: self.nginx_protocols.map(protocols).transpose()?,
            haproxy: release(self.haproxy)?,
            haproxy_features: self.haproxy_features,
            envoy: None,
            library: Some(library),
            security_level: self.security_level,
            crypto_policy: None,
            openssl_conf: self.openssl_conf.map_or(SystemConf::None, |text| SystemConf::Text {
                name: format!("the openssl.cnf of {}", self.title),
                text,
                directory: None,
            }),
            unverified: self.unverified,
            system: Some(name.to_owned()),
        };
        if let Some(release) = self.crypto_policies {
            target.crypto_policy = Some(CryptoPolicy { release, name: String::new() });
            target.set_crypto_policy("DEFAULT")?;
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_reads() {
        for name in names() {
            let target = find(name).unwrap();
            assert_eq!(target.system.as_deref(), Some(name));
            assert!(target.library.is_some() && target.nginx.is_some());
        }
    }

    #[test]
    fn a_family_means_its_newest() {
        assert_eq!(find("debian").unwrap().system.as_deref(), Some("debian-13"));
        assert_eq!(find("rhel").unwrap().system.as_deref(), Some("rhel-10"));
        assert_eq!(find("amazon-linux").unwrap().system.as_deref(), Some("amazon-linux-2023"));
        assert!(find("plan9").is_none());
    }

    #[test]
    fn a_crypto_policy_replaces_what_the_system_says() {
        let suites = |target: &Target| {
            let library = target.library.expect("a system names its library");
            library.expand("PROFILE=SYSTEM:!PSK", crate::library::Parser::default()).suites.len()
        };
        let mut target = find("rocky-9").unwrap();
        let default = suites(&target);
        assert!(target.set("crypto-policy", "WHATEVER", None).is_err());
        target.set("crypto-policy", "FUTURE", None).unwrap();
        assert!(suites(&target) < default);
        assert_eq!(target.to_string(), "rocky-9, crypto policy FUTURE");
        assert!(Target::any().set("crypto-policy", "FUTURE", None).is_err());
        assert!(find("debian-12").unwrap().set("crypto-policy", "FUTURE", None).is_err());
    }
}
