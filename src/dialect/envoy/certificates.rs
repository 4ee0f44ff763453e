//! Certificates and secrets: inline, in files, by name.

use super::parameters::Parameters;
use super::reader::Reader;
use super::value::{Document, Value};
use crate::certificate;
use crate::endpoint::{Certificate, CertificateUse, KeyType};
use crate::files::Evidence;
use crate::observation::ObservationKind;
use crate::protocol::ProtocolSet;
use crate::setting::Setting;
use crate::span::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The smallest RSA key that Envoy loads, in bits (`source/common/tls/context_impl.cc`).
const MINIMUM_RSA_BITS: u32 = 2048;

/// What became of looking for a secret.
pub(super) enum Secret<'v> {
    /// A static secret of the same bootstrap.
    Static(Value<'v>),
    /// A file that names it.
    File(Arc<crate::source::Source>),
    /// It comes from elsewhere; why it is not known.
    Remote(String),
    /// Nothing gives it: Envoy refuses.
    Missing(String),
}

/// The certificates of a context.
pub(super) struct Certificates {
    pub(super) uses: Setting<Vec<CertificateUse>>,
    /// For each of `uses` the parameters of its own, which go before the context's.
    pub(super) own: Vec<Option<Parameters>>,
}

impl Certificates {
    fn none() -> Self {
        Self { uses: Setting::default(Vec::new(), "no certificate is named".into()), own: Vec::new() }
    }

    fn unknown(at: Location, why: impl Into<String>) -> Self {
        Self { uses: Setting::unknown(Some(at), why.into()), own: Vec::new() }
    }
}

impl<'t> Reader<'_, 't> {
    /// The certificates of a context's `tls_certificates` and secret configurations.
    pub(super) fn certificates(&mut self, common: Option<Value<'t>>, listens: bool) -> Certificates {
        let Some(common) = common else { return Certificates::none() };
        let mut uses = Vec::new();
        let mut place = None;
        for certificate in common.list_of("tls_certificates") {
            place = place.or(Some(certificate.location()));
            uses.extend(self.certificate(certificate, common, listens));
        }
        let mut unknown = None;
        let secrets = common.list_of("tls_certificate_sds_secret_configs");
        if let (true, false, Some(first)) = (listens, uses.is_empty(), secrets.first()) {
            let reason = "SDS and non-SDS TLS certificates may not be mixed in server contexts";
            self.refuse(first.location(), "tls_certificates", reason);
        }
        for config in &secrets {
            let config = *config;
            place = place.or(Some(config.location()));
            match self.secret(config) {
                Secret::Static(secret) => match secret.field("tls_certificate") {
                    Some(certificate) => uses.extend(self.certificate(certificate, common, listens)),
                    None => self.refuse(config.location(), "secret", "the static secret is no certificate"),
                },
                Secret::File(source) => {
                    let document = Document::of_source(&source);
                    let name = config.str_of("name").unwrap_or("");
                    let found = document.root().and_then(|root| named_secret(root, name));
                    if let Some(certificate) = found.and_then(|secret| secret.field("tls_certificate")) {
                        uses.extend(self.certificate(certificate, common, listens));
                    } else {
                        unknown = Some((
                            config.location(),
                            format!("{} holds no certificate \"{name}\"", source.display()),
                        ));
                    }
                }
                Secret::Remote(why) => unknown = Some((config.location(), why)),
                Secret::Missing(name) => {
                    self.refuse(config.location(), "secret", format!("Unknown static secret: {name}"));
                }
            }
        }
        let providers = [
            "tls_certificate_provider_instance",
            "custom_tls_certificate_selector",
            "tls_certificate_certificate_provider",
            "tls_certificate_certificate_provider_instance",
        ];
        if let Some((key, _)) = providers.iter().find_map(|name| common.field_with_name(name)) {
            unknown = Some((key.location(), "a certificate provider gives it at run time".to_owned()));
        }
        if let Some((at, why)) = unknown {
            return Certificates::unknown(at, why);
        }
        if uses.is_empty() && common.may_gain_entries() {
            return Certificates::unknown(common.location(), "template text may name it");
        }
        if !listens && common.list_of("tls_certificates").len() + secrets.len() > 1 {
            let reason = "Multiple TLS certificates are not supported for client contexts";
            self.refuse(place.unwrap_or(common.location()), "tls_certificates", reason);
        }
        match place {
            Some(place) if !uses.is_empty() => {
                let (uses, own) = uses.into_iter().unzip();
                Certificates { uses: Setting::written(uses, place, [].into()), own }
            }
            _ => Certificates::none(),
        }
    }

    /// A policy that wants a staple which a certificate does not have.
    pub(super) fn staples(&mut self, context: Value<'_>, common: Option<Value<'_>>) {
        let policy = context.str_of("ocsp_staple_policy").map(str::to_ascii_uppercase);
        if !matches!(policy.as_deref(), Some("MUST_STAPLE" | "2")) {
            return;
        }
        let certificates = common.map_or_else(Vec::new, |common| common.list_of("tls_certificates"));
        let bare =
            certificates.into_iter().find(|one| one.field("ocsp_staple").is_none() && !one.is_opaque());
        if let Some(bare) = bare {
            let reason = "Required OCSP response is missing from TLS context";
            self.refuse(bare.location(), "ocsp_staple_policy", reason);
        }
    }

    /// One TlsCertificate message with its own parameters; `None` where it names nothing that can be looked at.
    fn certificate(
        &mut self,
        message: Value<'_>,
        common: Value<'_>,
        listens: bool,
    ) -> Option<(CertificateUse, Option<Parameters>)> {
        let chain = message.field("certificate_chain").or_else(|| message.field("pkcs12"));
        let Some(chain) = chain else {
            if !message.is_opaque() {
                let reason = "Server TlsCertificates must have a certificate specified";
                self.refuse(message.location(), "tls_certificates", reason);
            }
            return None;
        };
        let is_pem = message.field("certificate_chain").is_some();
        if is_pem && message.field("pkcs12").is_some() {
            let reason = "Certificate configuration can't have both pkcs12 and certificate_chain";
            self.refuse(message.location(), "tls_certificates", reason);
        }
        let (name, bytes) = self.data(chain);
        let bytes = bytes.filter(|_| is_pem);
        let read = bytes.as_deref().map(certificate::read_pem);
        if matches!(read, Some(Err(_))) {
            let reason = if bytes.is_some_and(|bytes| bytes.is_empty()) {
                format!("Failed to load incomplete certificate from {name}: certificate chain not set")
            } else {
                format!("Failed to load certificate chain from {name}")
            };
            self.refuse(chain.location(), "tls_certificates", reason);
        }
        let certificate = read.and_then(Result::ok).map(Arc::new);
        if let Some(small) = certificate.as_deref().filter(|found| is_too_small(found)) {
            let reason = format!(
                "only RSA certificates with {MINIMUM_RSA_BITS}-bit or larger keys are supported, this one has {}",
                small.key_bits
            );
            self.refuse(chain.location(), "tls_certificates", reason);
        }
        if let Some(curve) = certificate.as_deref().and_then(unsupported_curve) {
            let reason =
                format!("only P-256, P-384 or P-521 ECDSA certificates are supported, this one has {curve}");
            self.refuse(chain.location(), "tls_certificates", reason);
        }
        let no_key =
            ["private_key", "private_key_provider"].iter().all(|field| message.field(field).is_none());
        if is_pem && no_key && !message.is_opaque() {
            self.refuse(
                message.location(),
                "tls_certificates",
                "Failed to load incomplete private key from path: ",
            );
        }
        let own = message.field("tls_params");
        if let (Some(own), false) = (own, listens) {
            let message = "Envoy passes over the tls_params of a client's certificate";
            let kind = ObservationKind::IneffectiveSetting;
            let help = "write them in common_tls_context.tls_params".to_owned();
            self.observe(kind, own.location(), "tls_params", message, "without effect", Some(help));
            self.bounds_of_client(common, own);
        }
        let own = own.filter(|_| listens).map(|own| self.parameters(Some(common), Some(own), listens));
        Some((
            CertificateUse {
                location: chain.location(),
                name,
                certificate,
                protocols: ProtocolSet::ALL,
                led_by: None,
            },
            own,
        ))
    }

    /// A DataSource: how to call it, and its bytes where they are at hand. Never asked for a key.
    pub(super) fn data(&self, source: Value<'_>) -> (String, Option<Vec<u8>>) {
        if let Some(path) = source.str_of("filename") {
            let opaque = source.field("filename").is_some_and(Value::is_opaque);
            let found = if opaque { None } else { self.find(Path::new(path)) };
            let files = self.context.files;
            return match found {
                Some(found) => (files.called(Path::new(path), &found), files.bytes(&found).ok()),
                None => (path.to_owned(), None),
            };
        }
        if let Some(text) = source.str_of("inline_string") {
            return ("inline_string".to_owned(), Some(text.as_bytes().to_vec()));
        }
        if let Some(text) = source.str_of("inline_bytes") {
            return ("inline_bytes".to_owned(), base64(text));
        }
        if let Some(name) = source.str_of("environment_variable") {
            let value = self.context.variables.get(name).map(|value| value.as_bytes().to_vec());
            return (format!("environment variable {name}"), value);
        }
        (String::new(), None)
    }

    /// The secret that a SdsSecretConfig names.
    pub(super) fn secret(&self, config: Value<'_>) -> Secret<'t> {
        let name = config.str_of("name").unwrap_or("");
        // A config dump shows what a management server gave.
        if let Some(secret) = self.secrets.get(name).filter(|_| self.is_wrapped) {
            return Secret::Static(*secret);
        }
        let Some(source) = config.field("sds_config") else {
            let opaque = config.is_opaque();
            return match self.secrets.get(name) {
                Some(secret) => Secret::Static(*secret),
                None if self.model.is_fragment || opaque => {
                    Secret::Remote(format!("the static secret \"{name}\" stands in another file"))
                }
                None => Secret::Missing(name.to_owned()),
            };
        };
        let path = source.at(&["path_config_source", "path"]).or_else(|| source.field("path"));
        let Some(path) = path.and_then(Value::text_str) else {
            return Secret::Remote(format!("the secret \"{name}\" comes from a server"));
        };
        match self.open(path) {
            Some(source) => Secret::File(source),
            None => Secret::Remote(format!("the file {path} with the secret \"{name}\" is not at hand")),
        }
    }

    /// Where a file that the configuration names stands in the tree.
    fn find(&self, path: &Path) -> Option<PathBuf> {
        self.context.files.deployed(path, *self.model.files.first()?, Evidence::Directory)
    }

    /// A file that the configuration names.
    pub(super) fn open(&self, path: &str) -> Option<Arc<crate::source::Source>> {
        self.context.files.read(&self.find(Path::new(path))?).ok()
    }
}

/// A secret in a file of resources, or the only one of a file that is one.
pub(super) fn named_secret<'v>(root: Value<'v>, name: &str) -> Option<Value<'v>> {
    let resources = root.list_of("resources");
    let candidates = if resources.is_empty() { vec![root] } else { resources };
    candidates.into_iter().find(|secret| secret.str_of("name") == Some(name))
}

/// The curve of an ECDSA key that BoringSSL does not take.
fn unsupported_curve(certificate: &Certificate) -> Option<&str> {
    let curve = certificate.curve.as_deref().unwrap_or("a curve without a name");
    let is_known = ["prime256v1", "secp384r1", "secp521r1"].contains(&curve);
    (certificate.key_type == KeyType::Ecdsa && !is_known).then_some(curve)
}

fn is_too_small(certificate: &Certificate) -> bool {
    matches!(certificate.key_type, KeyType::Rsa | KeyType::RsaPss) && certificate.key_bits < MINIMUM_RSA_BITS
}

/// Base64 with either alphabet, as protobuf's JSON takes it; `None` for anything else.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        buffer = (buffer << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_comes_in_two_alphabets() {
        assert_eq!(base64("aGk/Pz8=").as_deref(), Some(&b"hi???"[..]));
        assert_eq!(base64("aGk_Pz8").as_deref(), Some(&b"hi???"[..]));
        assert_eq!(base64("a*"), None);
    }
}
