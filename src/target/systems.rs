//! Distributions as targets: `rules/systems/*.yaml`, read only when one is named.

use super::{Release, SystemConf, Target, TargetError};
use crate::library::Choice;
use serde::Deserialize;

include!(concat!(env!("OUT_DIR"), "/systems.rs"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct System {
    name: String,
    title: String,
    nginx: Option<String>,
    haproxy: Option<String>,
    haproxy_features: Option<Vec<String>>,
    library: String,
    security_level: Option<u8>,
    openssl_conf: Option<String>,
    unverified: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

/// The names of all systems, sorted.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    SYSTEMS.iter().map(|(name, _)| *name)
}

/// The target that a system's name means; `alpine` means the newest `alpine-…`.
pub(super) fn find(name: &str) -> Option<Target> {
    let exact = SYSTEMS.iter().find(|(known, _)| *known == name);
    let family = SYSTEMS.iter().rev().find(|(known, _)| known.split('-').next() == Some(name));
    let (_, text) = exact.or(family)?;
    let system: System = serde_yaml::from_str(text).expect("a test reads every file of rules/systems");
    Some(system.into_target().expect("a test reads every file of rules/systems"))
}

impl System {
    fn into_target(self) -> Result<Target, TargetError> {
        let release = |text: Option<String>| {
            text.map(|text| {
                Release::parse(&text).ok_or_else(|| TargetError::new(format!("{text} is no release")))
            })
            .transpose()
        };
        Ok(Target {
            nginx: release(self.nginx)?,
            haproxy: release(self.haproxy)?,
            haproxy_features: self.haproxy_features,
            envoy: None,
            library: Some(Choice::by_id(&self.library).map_err(|error| TargetError::new(error.to_string()))?),
            security_level: self.security_level,
            openssl_conf: self.openssl_conf.map_or(SystemConf::None, |text| SystemConf::Text {
                name: format!("the openssl.cnf of {}", self.title),
                text,
                directory: None,
            }),
            unverified: self.unverified,
            system: Some(self.name),
        })
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
        assert!(find("plan9").is_none());
    }
}
