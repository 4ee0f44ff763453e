//! Makes certificates, and runs the pipeline on a configuration that names one.

use crate::scratch;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{
    X509, X509Builder, X509Crl, X509CrlBuilder, X509Extension, X509Name, X509NameBuilder, X509RevokedBuilder,
};
use std::fs;
use tlslint::date::Date;

/// 2026-01-01 00:00 UTC, when everything here starts.
pub(crate) const START: i64 = 1_767_225_600;

const DAY: i64 = 86_400;

/// A root and an intermediate under it.
pub(crate) struct Authority {
    pub(crate) root: X509,
    pub(crate) middle: X509,
    middle_key: PKey<Private>,
}

/// Which certificates a file holds, and in which order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    Leaf,
    RootFirst,
    Whole,
    WithRoot,
}

/// What a certificate is to be like.
pub(crate) struct Recipe {
    pub(crate) key: PKey<Private>,
    pub(crate) hash: MessageDigest,
    pub(crate) start: i64,
    pub(crate) days: i64,
    pub(crate) names: Vec<&'static str>,
    pub(crate) common_name: &'static str,
    pub(crate) self_signed: bool,
    pub(crate) for_clients: bool,
    pub(crate) chain: Chain,
    pub(crate) revoked: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            key: p256(),
            hash: MessageDigest::sha256(),
            start: START,
            days: 90,
            names: vec!["a.example"],
            common_name: "a.example",
            self_signed: false,
            for_clients: false,
            chain: Chain::Whole,
            revoked: false,
        }
    }
}

/// A certificate and the file that a server would name.
pub(crate) struct Made {
    pub(crate) leaf: X509,
    pub(crate) pem: Vec<u8>,
}

pub(crate) fn p256() -> PKey<Private> {
    curve(Nid::X9_62_PRIME256V1)
}

pub(crate) fn p384() -> PKey<Private> {
    curve(Nid::SECP384R1)
}

pub(crate) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

pub(crate) fn ed25519() -> PKey<Private> {
    PKey::generate_ed25519().unwrap()
}

fn curve(nid: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap()
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::with(p256(), MessageDigest::sha256())
    }

    /// One whose intermediate has this key and is signed with this hash.
    pub(crate) fn with(middle_key: PKey<Private>, hash: MessageDigest) -> Self {
        let root_key = p256();
        let root = authority("test root", &root_key, None, &root_key, MessageDigest::sha256());
        let middle = authority("test intermediate", &middle_key, Some(&root), &root_key, hash);
        Self { root, middle, middle_key }
    }

    pub(crate) fn make(&self, recipe: &Recipe) -> Made {
        let mut builder = builder(recipe.common_name, &recipe.key, recipe.start, recipe.days);
        let (issuer, key) =
            if recipe.self_signed { (None, &recipe.key) } else { (Some(&self.middle), &self.middle_key) };
        match issuer {
            Some(issuer) => builder.set_issuer_name(issuer.subject_name()).unwrap(),
            None => builder.set_issuer_name(&name(recipe.common_name)).unwrap(),
        }
        if !recipe.names.is_empty() {
            let mut names = SubjectAlternativeName::new();
            for name in &recipe.names {
                if name.parse::<std::net::IpAddr>().is_ok() {
                    names.ip(name)
                } else {
                    names.dns(name)
                };
            }
            let extension = names.build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(extension).unwrap();
        }
        if recipe.for_clients {
            builder.append_extension(ExtendedKeyUsage::new().client_auth().build().unwrap()).unwrap();
        }
        // EdDSA brings its own hash, whoever's key it is that signs.
        builder.sign(key, recipe.hash).unwrap();
        let leaf = builder.build();
        let chain: Vec<&X509> = match recipe.chain {
            _ if recipe.self_signed => vec![&leaf],
            Chain::Leaf => vec![&leaf],
            Chain::RootFirst => vec![&leaf, &self.root, &self.middle],
            Chain::Whole => vec![&leaf, &self.middle],
            Chain::WithRoot => vec![&leaf, &self.middle, &self.root],
        };
        let pem = chain.iter().flat_map(|certificate| certificate.to_pem().unwrap()).collect();
        Made { leaf, pem }
    }

    /// The intermediate's list that revokes `leaf`.
    fn revoke(&self, leaf: &X509) -> X509Crl {
        let at = |days: i64| Asn1Time::from_unix(START + days * DAY).unwrap();
        let mut builder = X509CrlBuilder::new().unwrap();
        builder.set_issuer_name(self.middle.subject_name()).unwrap();
        builder.set_last_update(&at(5)).unwrap();
        builder.set_next_update(&at(500)).unwrap();
        let mut revoked = X509RevokedBuilder::new().unwrap();
        revoked.set_serial_number(leaf.serial_number()).unwrap();
        revoked.set_revocation_date(&at(5)).unwrap();
        builder.add_revoked(revoked.build()).unwrap();
        let scratch = X509::builder().unwrap();
        let context = scratch.x509v3_context(Some(&self.middle), None);
        let key = AuthorityKeyIdentifier::new().keyid(true).build(&context).unwrap();
        builder.append_extension(key).unwrap();
        // cRLNumber 1 (RFC 5280, section 5.2.3).
        let number = Asn1OctetString::new_from_bytes(&[0x02, 0x01, 0x01]).unwrap();
        let kind = Asn1Object::from_str("2.5.29.20").unwrap();
        builder.append_extension(X509Extension::new_from_der(&kind, false, &number).unwrap()).unwrap();
        builder.sign(&self.middle_key, MessageDigest::sha256()).unwrap();
        builder.build().unwrap()
    }
}

fn authority(
    common_name: &str,
    key: &PKey<Private>,
    issuer: Option<&X509>,
    signer: &PKey<Private>,
    hash: MessageDigest,
) -> X509 {
    let mut builder = builder(common_name, key, START - 365 * DAY, 3650);
    let own = name(common_name);
    builder.set_issuer_name(issuer.map_or(&own, |issuer| issuer.subject_name())).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None)).unwrap();
    builder.append_extension(identifier).unwrap();
    builder.sign(signer, hash).unwrap();
    builder.build()
}

fn builder(common_name: &str, key: &PKey<Private>, start: i64, days: i64) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name(common_name)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(start).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(start + days * DAY).unwrap()).unwrap();
    builder
}

fn name(common_name: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", common_name).unwrap();
    name.build()
}

/// The checks of certificates that find something in an nginx server which names the file, sorted.
pub(crate) fn check(made: &Made, authority: &Authority, recipe: &Recipe, today: Date) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::write(root.join("a.pem"), &made.pem).unwrap();
    fs::write(root.join("root.pem"), authority.root.to_pem().unwrap()).unwrap();
    fs::write(root.join("nginx.conf"), CONFIGURATION).unwrap();
    let arguments = ["check", "--isolated", "--output-format", "json", "--ca-file", "root.pem", "--as-of"];
    let mut command = scratch::command(root, &arguments);
    command.arg(today.to_string());
    if recipe.revoked {
        fs::write(root.join("list.crl"), authority.revoke(&made.leaf).to_pem().unwrap()).unwrap();
        command.args(["--crl", "list.crl"]);
    }
    let output = command.arg("nginx.conf").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().unwrap();
    let checks = findings.iter().map(|finding| finding["check"].as_str().unwrap().to_owned());
    let mut checks: Vec<_> = checks.filter(|check| check.starts_with("certificate-")).collect();
    checks.sort();
    checks
}

pub(crate) const CONFIGURATION: &str = "\
events {}
http {
    server {
        listen 443 ssl;
        server_name a.example;
        ssl_certificate a.pem;
        ssl_certificate_key a.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
    }
}
";
