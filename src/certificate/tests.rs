use super::*;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};

/// 2026-01-01 00:00 UTC.
const START: i64 = 1_767_225_600;

fn self_signed(key: &PKey<Private>, hash: MessageDigest, names: &[&str]) -> X509 {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "a.example").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(START).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(START + 90 * 86_400).unwrap()).unwrap();
    if !names.is_empty() {
        let mut alternative = SubjectAlternativeName::new();
        for name in names {
            if name.parse::<std::net::IpAddr>().is_ok() {
                alternative.ip(name)
            } else {
                alternative.dns(name)
            };
        }
        let extension = alternative.build(&builder.x509v3_context(None, None)).unwrap();
        builder.append_extension(extension).unwrap();
    }
    builder.sign(key, hash).unwrap();
    builder.build()
}

fn curve(nid: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap()
}

#[test]
fn facts_of_an_ecdsa_certificate() {
    let key = curve(Nid::SECP384R1);
    let names = ["a.example", "*.b.example", "192.0.2.1", "2001:db8::1"];
    let made = self_signed(&key, MessageDigest::sha384(), &names);
    let certificate = read(&made.to_pem().unwrap()).unwrap();
    assert_eq!((certificate.key_type, certificate.key_bits), (KeyType::Ecdsa, 384));
    assert_eq!(certificate.curve.as_deref(), Some("secp384r1"));
    assert_eq!(certificate.signature_hash, "sha384");
    assert_eq!(certificate.alternative_names, names);
    assert_eq!(certificate.common_names, ["a.example"]);
    assert_eq!((certificate.not_before, certificate.not_after), (START, START + 90 * 86_400));
    assert!(certificate.self_signed);
    assert_eq!(read(&made.to_der().unwrap()), Ok(certificate), "DER tells the same");
}

#[test]
fn facts_of_rsa_and_ed25519_certificates() {
    let rsa = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let certificate = read(&self_signed(&rsa, MessageDigest::sha1(), &[]).to_pem().unwrap()).unwrap();
    assert_eq!((certificate.key_type, certificate.key_bits), (KeyType::Rsa, 1024));
    assert_eq!(certificate.signature_hash, "sha1");
    assert!(certificate.alternative_names.is_empty());
    let edwards = PKey::generate_ed25519().unwrap();
    let made = self_signed(&edwards, MessageDigest::null(), &[]);
    let certificate = read(&made.to_pem().unwrap()).unwrap();
    assert_eq!((certificate.key_type, certificate.signature_hash.as_str()), (KeyType::Ed25519, ""));
}

#[test]
fn a_bundle_gives_its_leaf_chain_and_parameters_and_never_its_key() {
    let key = curve(Nid::X9_62_PRIME256V1);
    let [leaf, other] =
        [&["leaf.example"], &["other.example"]].map(|n| self_signed(&key, MessageDigest::sha256(), n));
    let dh = Dh::get_2048_256().unwrap().params_to_pem().unwrap();
    let bundle =
        [key.private_key_to_pem_pkcs8().unwrap(), leaf.to_pem().unwrap(), dh, other.to_pem().unwrap()]
            .concat();
    let certificate = read(&bundle).unwrap();
    assert_eq!(certificate.alternative_names, ["leaf.example"]);
    assert_eq!(certificate.chain, [leaf.to_der().unwrap(), other.to_der().unwrap()]);
    assert_eq!(dh_bits(&bundle), Some(2048));
}

#[test]
fn what_is_no_certificate_says_so() {
    let key = curve(Nid::X9_62_PRIME256V1);
    assert_eq!(read(b""), Err(CertificateError::Absent));
    assert_eq!(read(&key.private_key_to_pem_pkcs8().unwrap()), Err(CertificateError::Absent));
    assert_eq!(read(&key.private_key_to_der().unwrap()), Err(CertificateError::Absent));
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(read(broken), Err(CertificateError::Broken(1)));
    assert_eq!(dh_bits(broken), None);
}
