//! What a configuration will run on: server release, library release, system-wide openssl.cnf.

mod crypto_policy;
pub mod evidence;
mod releases;
mod systems;

pub use crypto_policy::CryptoPolicy;
pub use systems::names;

use crate::gate::Gate;
use crate::library::Choice;
use crate::printable::printable;
use crate::protocol::ProtocolSet;
use crate::source::MAXIMUM_BYTES;
use std::fmt;
use std::path::Path;

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
    /// The protocols that the system's nginx enables unasked, where they are not those of the release.
    pub nginx_protocols: Option<ProtocolSet>,
    /// HAProxy's release.
    pub haproxy: Option<Release>,
    /// What HAProxy was built with (`haproxy -vv`, the names with a plus), where the system's build is known.
    pub haproxy_features: Option<Vec<String>>,
    /// Envoy's release.
    pub envoy: Option<Release>,
    /// The OpenSSL that nginx and HAProxy link.
    pub library: Option<Choice>,
    /// The security level that the library was built with, where it differs from upstream's.
    pub security_level: Option<u8>,
    /// The system's crypto policy, where it has such policies.
    pub crypto_policy: Option<CryptoPolicy>,
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
            nginx_protocols: None,
            haproxy: None,
            haproxy_features: None,
            envoy: None,
            library: None,
            security_level: None,
            crypto_policy: None,
            openssl_conf: SystemConf::None,
            unverified: None,
        }
    }
}

/// What is wrong with a target's description.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetError {
    /// One line, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl TargetError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.message))?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n  tip: {}", printable(help)))
    }
}

impl std::error::Error for TargetError {}

/// Keys of a target's description.
const KEYS: &[&str] = &["system", "crypto-policy", "nginx", "haproxy", "envoy", "library", "openssl-conf"];

impl Target {
    /// Reads `any`, a system's name, or `KEY=VALUE,…`; later keys win over what a system says.
    ///
    /// # Errors
    /// An unknown key, system, library or release, with the nearest that exists.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        Self::parse_within(text, None)
    }

    /// The same, with every file let through `gate`; without one, through that of its own surroundings.
    ///
    /// # Errors
    /// As [`Target::parse`], and for files that must not be read.
    pub fn parse_within(text: &str, gate: Option<&Gate>) -> Result<Self, TargetError> {
        let mut target = Self::any();
        if text == "any" {
            return Ok(target);
        }
        let mut seen = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or(("system", part));
            let key = key.trim();
            if seen.contains(&key) {
                return Err(TargetError {
                    message: format!("the target has two of {key:?}"),
                    help: Some("name each part once".to_owned()),
                });
            }
            seen.push(key);
            target.set(key, value.trim(), gate)?;
        }
        Ok(target)
    }

    /// What is known of it, for machines: the keys that [`Target::parse`] takes, with their values.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let servers = [("nginx", self.nginx), ("haproxy", self.haproxy), ("envoy", self.envoy)];
        let system = self.system.iter().map(|system| ("system", system.clone()));
        let policy = self.crypto_policy.iter().map(|policy| ("crypto-policy", policy.name.clone()));
        let servers = servers.into_iter().filter_map(|(key, release)| Some((key, release?.to_string())));
        let library = self.library.map(|library| ("library", library.id().to_owned()));
        system.chain(policy).chain(servers).chain(library).collect()
    }

    /// Sets one key.
    ///
    /// # Errors
    /// As [`Target::parse_within`].
    pub fn set(&mut self, key: &str, value: &str, gate: Option<&Gate>) -> Result<(), TargetError> {
        let release = || releases::of_server(key, value).map(Some);
        match key {
            "system" if value == "any" => *self = Self::any(),
            "system" => {
                *self = systems::find(value).ok_or_else(|| TargetError {
                    message: format!("no system is called {value:?}"),
                    help: Some(nearest(value, names())),
                })?;
            }
            "crypto-policy" => self.set_crypto_policy(value)?,
            "nginx" => {
                self.nginx = release()?;
                self.nginx_protocols = None;
            }
            "haproxy" => {
                self.haproxy = release()?;
                // Another release is another build.
                self.haproxy_features = None;
            }
            "envoy" => self.envoy = release()?,
            "library" => {
                self.library = match value {
                    "any" => None,
                    id => {
                        let doubt = releases::of_openssl(id)?;
                        self.unverified = join(self.unverified.take(), doubt);
                        let library =
                            Choice::by_id(id).map_err(|error| TargetError::new(error.to_string()))?;
                        // The policy is the system's, whatever library of Red Hat's reads it.
                        let policy = self.crypto_policy.as_ref().map(CryptoPolicy::back_end).transpose()?;
                        Some(policy.map_or(library, |policy| library.with_system_ciphers(&policy.ciphers())))
                    }
                };
                // What a system was built with says nothing of another library.
                self.security_level = None;
            }
            "openssl-conf" if value == "none" => self.openssl_conf = SystemConf::None,
            "openssl-conf" => {
                let path = Path::new(value);
                let read = match gate {
                    Some(gate) => gate.bytes(path, MAXIMUM_BYTES),
                    None => Gate::around(path).bytes(path, MAXIMUM_BYTES),
                };
                let bytes = read.map_err(|error| {
                    TargetError::new(format!("cannot read openssl-conf {value}: it {error}"))
                })?;
                self.openssl_conf = SystemConf::Text {
                    name: value.to_owned(),
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                    directory: Path::new(value).parent().map(Path::to_owned),
                };
            }
            _ => {
                return Err(TargetError {
                    message: format!("a target has no {key:?}"),
                    help: Some(nearest(key, KEYS.iter().copied())),
                });
            }
        }
        Ok(())
    }
}

impl Target {
    /// Replaces what the system's crypto policy says to its library and its openssl.cnf.
    fn set_crypto_policy(&mut self, name: &str) -> Result<(), TargetError> {
        let (Some(policy), Some(system)) = (&mut self.crypto_policy, &self.system) else {
            return Err(TargetError {
                message: "crypto-policy needs a system that has crypto policies before it".to_owned(),
                help: Some(format!("write system=rhel-9,crypto-policy={name}")),
            });
        };
        name.clone_into(&mut policy.name);
        let back_end = policy.back_end()?;
        self.openssl_conf = back_end.openssl_conf(format!("the crypto policy {name} of {system}"));
        self.library = self.library.map(|library| library.with_system_ciphers(&back_end.ciphers()));
        Ok(())
    }
}

impl fmt::Display for Target {
    /// For the summary line: `nginx 1.28, HAProxy any, OpenSSL 3.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = self.system.as_deref().and_then(systems::find);
        let own = system.as_ref();
        let servers = [
            ("nginx", self.nginx, own.and_then(|own| own.nginx)),
            ("HAProxy", self.haproxy, own.and_then(|own| own.haproxy)),
            ("Envoy", self.envoy, own.and_then(|own| own.envoy)),
        ];
        let named = servers.into_iter().filter(|(_, release, own)| release != own);
        let named = named.filter_map(|(name, release, _)| release.map(|release| format!("{name} {release}")));
        let mut parts: Vec<String> = self.system.iter().cloned().chain(named).collect();
        if self.crypto_policy != own.and_then(|own| own.crypto_policy.clone())
            && let Some(policy) = &self.crypto_policy
        {
            parts.push(format!("crypto policy {}", policy.name));
        }
        // What a system comes with goes without saying.
        let own_library = own.and_then(|own| own.library).map(Choice::id);
        if self.library.map(Choice::id) != own_library {
            parts.push(self.library.map_or_else(|| "any OpenSSL".to_owned(), Choice::name));
        }
        if parts.is_empty() {
            return f.write_str("any");
        }
        f.write_str(&parts.join(", "))
    }
}

fn join(known: Option<String>, more: Option<String>) -> Option<String> {
    let all: Vec<String> = known.into_iter().chain(more).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The nearest name as a help line, else all of them.
fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    let scored = names.clone().map(|name| (strsim::jaro_winkler(word, name), name));
    let near = scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    near.map_or_else(
        || format!("one of {}", names.collect::<Vec<_>>().join(", ")),
        |(_, name)| format!("did you mean {name}?"),
    )
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
