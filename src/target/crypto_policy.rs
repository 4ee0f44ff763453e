//! What a system's crypto policy writes for OpenSSL: `rules/crypto-policies/*.yaml`, read only when a system that has them is named.

use super::{SystemConf, TargetError, nearest};
use serde::Deserialize;
use std::collections::BTreeMap;

include!(concat!(env!("OUT_DIR"), "/crypto_policies.rs"));

/// The crypto policy of a system, as `update-crypto-policies --show` names it: `DEFAULT`, `LEGACY:AD-SUPPORT`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CryptoPolicy {
    /// The file of `rules/crypto-policies` that describes the system's policies.
    pub(super) release: String,
    /// The policy, with its subpolicies behind colons.
    pub name: String,
}

#[derive(Deserialize)]
struct File {
    policies: BTreeMap<String, BackEnd>,
}

/// What a policy writes for OpenSSL, each list joined by colons there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BackEnd {
    ciphers: Vec<String>,
    ciphersuites: Vec<String>,
    minimum: String,
    maximum: String,
    signature_algorithms: Option<Vec<String>>,
    groups: Option<Vec<String>>,
}

impl CryptoPolicy {
    /// What the policy writes.
    ///
    /// # Errors
    /// The system has no such policy.
    pub(super) fn back_end(&self) -> Result<BackEnd, TargetError> {
        let (_, text) = CRYPTO_POLICIES
            .iter()
            .find(|(release, _)| *release == self.release)
            .expect("a test reads every file of rules/systems");
        let mut file: File = serde_yaml::from_str(text).expect("a test reads every file of rules/systems");
        file.policies.remove(&self.name).ok_or_else(|| TargetError {
            message: format!("the system has no crypto policy {:?}", self.name),
            help: Some(nearest(&self.name, file.policies.keys().map(String::as_str))),
        })
    }
}

impl BackEnd {
    /// What `PROFILE=SYSTEM` stands for.
    pub(super) fn ciphers(&self) -> String {
        self.ciphers.join(":")
    }

    /// The system-wide openssl.cnf, which includes what the policy writes.
    pub(super) fn openssl_conf(&self, name: String) -> SystemConf {
        let mut text = String::from(
            "openssl_conf = openssl_init\n[openssl_init]\nssl_conf = ssl_module\n\
             [ssl_module]\nsystem_default = crypto_policy\n[crypto_policy]\n",
        );
        let mut line = |key: &str, value: &str| text.extend([key, " = ", value, "\n"]);
        line("CipherString", &self.ciphers());
        line("Ciphersuites", &self.ciphersuites.join(":"));
        line("TLS.MinProtocol", &self.minimum);
        line("TLS.MaxProtocol", &self.maximum);
        for (key, list) in [("SignatureAlgorithms", &self.signature_algorithms), ("Groups", &self.groups)] {
            if let Some(list) = list {
                line(key, &list.join(":"));
            }
        }
        SystemConf::Text { name, text, directory: None }
    }
}
