//! What a configuration will run on: server release, library release, system-wide openssl.cnf.

use crate::library::Choice;
use std::fmt;

/// A release of a server, compared number by number: `1.29.2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Release(pub [u16; 3]);

impl Release {
    /// Reads `1.22`, `1.22.1`; a missing number counts as the largest, so that `1.22` means its last release.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [u16::MAX; 3];
        for (index, part) in text.split('.').enumerate() {
            *numbers.get_mut(index)? = part.parse().ok()?;
        }
        Some(Self(numbers))
    }

    /// The release with these numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self([major, minor, patch])
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.iter().take_while(|number| **number != u16::MAX);
        for (index, number) in known.enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{number}")?;
        }
        Ok(())
    }
}

/// The system-wide openssl.cnf that the server's library reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SystemConf {
    /// None, or one that sets nothing for TLS.
    None,
    /// A file: its path for messages, and its text.
    Text {
        /// Where it came from: a path, or the system's name.
        name: String,
        /// The file's text.
        text: String,
        /// The directory that relative includes start from.
        directory: Option<std::path::PathBuf>,
    },
}

/// What a configuration will run on; parts that are not known are `None` and mean any supported release.
#[derive(Clone, Debug)]
pub struct Target {
    /// The distribution, as `rules/systems` names it.
    pub system: Option<String>,
    /// nginx's release.
    pub nginx: Option<Release>,
    /// HAProxy's release.
    pub haproxy: Option<Release>,
    /// Envoy's release.
    pub envoy: Option<Release>,
    /// The OpenSSL that nginx and HAProxy link.
    pub library: Option<Choice>,
    /// The security level that the library was built with, where it differs from upstream's.
    pub security_level: Option<u8>,
    /// The system-wide openssl.cnf.
    pub openssl_conf: SystemConf,
    /// What was not verified by a run, in words, for the summary line.
    pub unverified: Option<String>,
}

impl Target {
    /// Any supported server and library: a weakness counts when some of them would serve it.
    pub const fn any() -> Self {
        Self {
            system: None,
            nginx: None,
            haproxy: None,
            envoy: None,
            library: None,
            security_level: None,
            openssl_conf: SystemConf::None,
            unverified: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_release_means_its_last() {
        assert!(Release::parse("1.22").unwrap() > Release::parse("1.22.1").unwrap());
        assert!(Release::parse("1.29.2").unwrap() >= Release::new(1, 29, 2));
        assert_eq!(Release::parse("1.22").unwrap().to_string(), "1.22");
        assert_eq!(Release::parse("1.x"), None);
    }
}
