//! Who is trusted, what is revoked, and what day it is.

use super::{CertificateError, all, pem};
use crate::date::Date;
use crate::endpoint::Certificate;
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{CrlStatus, X509, X509Crl, X509PurposeId, X509Ref, X509StoreContext, X509VerifyResult};
use std::fmt;

/// Where the built-in roots come from; a test holds the release against `Cargo.lock`.
pub const ROOTS: &str = "Mozilla's CA program as of 2026-10-23 (webpki-root-certs 1.0.11)";

/// What certificates are judged by.
pub struct Trust {
    /// The day to judge on.
    pub today: Date,
    roots: Option<Vec<X509>>,
    revocations: Vec<X509Crl>,
}

/// What comes of building a chain from a file's certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chain {
    /// It ends in a trusted root.
    Trusted,
    /// It ends in a certificate whose issuer is neither in the file nor a trusted root.
    Incomplete {
        /// The common name, or the whole name, of that issuer.
        issuer: String,
    },
    /// It does not hold; the reason in OpenSSL's words.
    Untrusted {
        /// `self-signed certificate in certificate chain`.
        reason: String,
    },
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots = self.roots.as_ref().map(Vec::len);
        write!(
            f,
            "Trust {{ today: {}, roots: {roots:?}, revocations: {} }}",
            self.today,
            self.revocations.len()
        )
    }
}

impl Trust {
    /// Mozilla's roots, nothing revoked, at the start of `today`.
    pub const fn new(today: Date) -> Self {
        Self { today, roots: None, revocations: Vec::new() }
    }

    /// Trusts the certificates in `bytes`, PEM or DER, instead of Mozilla's roots.
    ///
    /// # Errors
    /// When there is no certificate in it, or one that cannot be decoded.
    pub fn only_roots_of(&mut self, bytes: &[u8]) -> Result<(), CertificateError> {
        let roots = all(bytes)?;
        self.roots.get_or_insert_default().extend(roots);
        Ok(())
    }

    /// Whose roots are trusted, in words: Mozilla's with their date, or those of the given file.
    pub const fn roots_in_words(&self) -> &'static str {
        if self.roots.is_some() { "the given CA file" } else { ROOTS }
    }

    /// Counts what the revocation lists in `bytes`, PEM or DER, revoke; tells how many lists there are.
    pub fn add_revocations(&mut self, bytes: &[u8]) -> usize {
        let before = self.revocations.len();
        let blocks = pem::blocks(bytes).filter(|block| block.kind == pem::Kind::Crl);
        self.revocations.extend(blocks.filter_map(|block| X509Crl::from_pem(block.text).ok()));
        if !pem::is_pem(bytes) {
            self.revocations.extend(X509Crl::from_der(bytes).ok());
        }
        self.revocations.len() - before
    }

    /// Whether clients that trust these roots accept the chain of a server, leaving aside whether the server's own
    /// certificate is within its validity.
    pub fn chain(&self, certificate: &Certificate) -> Chain {
        let untrusted = |reason: &str| Chain::Untrusted { reason: reason.to_owned() };
        let certificates: Vec<_> =
            certificate.chain.iter().filter_map(|der| X509::from_der(der).ok()).collect();
        let Some((leaf, others)) = certificates.split_first() else { return untrusted("no certificate") };
        let Ok(mut found) = self.verify(leaf, others, false) else {
            return untrusted("OpenSSL cannot build a chain");
        };
        if found.is_about_time_of_leaf() {
            let Ok(again) = self.verify(leaf, others, true) else {
                return untrusted("OpenSSL cannot build a chain");
            };
            found = again;
        }
        match found {
            Verified { result: X509VerifyResult::OK, .. } => Chain::Trusted,
            Verified { result, .. } if UNKNOWN_ISSUER.contains(&result.as_raw()) => {
                Chain::Incomplete { issuer: name_of(top(leaf, others).issuer_name()) }
            }
            Verified { result, .. } => untrusted(result.error_string()),
        }
    }

    /// Every certificate of the file that a list of its issuer revokes, by its number from 0, the server's own, and the time of that.
    pub fn revoked(&self, certificate: &Certificate) -> Vec<(usize, String)> {
        if self.revocations.is_empty() {
            return Vec::new();
        }
        let certificates: Vec<_> =
            certificate.chain.iter().filter_map(|der| X509::from_der(der).ok()).collect();
        let revoked = |one| self.revocation(one, &certificates);
        certificates.iter().enumerate().filter_map(|(at, one)| Some((at, revoked(one)?))).collect()
    }

    fn revocation(&self, certificate: &X509, others: &[X509]) -> Option<String> {
        let issuer = others.iter().find(|other| other.issued(certificate) == X509VerifyResult::OK);
        let lists =
            self.revocations.iter().filter(|list| same_name(list.issuer_name(), certificate.issuer_name()));
        // A list that the issuer at hand did not sign says nothing.
        let signed = lists.filter(|list| {
            issuer
                .and_then(|issuer| issuer.public_key().ok())
                .is_none_or(|key| list.verify(&key).unwrap_or(false))
        });
        for list in signed {
            if let CrlStatus::Revoked(revoked) = list.get_by_cert(certificate) {
                return Some(revoked.revocation_date().to_string());
            }
        }
        None
    }

    fn verify(&self, leaf: &X509Ref, others: &[X509], any_time: bool) -> Result<Verified, ErrorStack> {
        let store = self.store(leaf, others, any_time)?;
        let mut untrusted = Stack::new()?;
        for other in others {
            untrusted.push(other.clone())?;
        }
        let mut context = X509StoreContext::new()?;
        context.init(&store, leaf, &untrusted, |context| {
            context.verify_cert()?;
            Ok(Verified { result: context.error(), depth: context.error_depth() })
        })
    }

    /// A store with the roots that can matter: Mozilla's are many, and only those that some certificate names as its issuer
    /// are decoded.
    fn store(&self, leaf: &X509Ref, others: &[X509], any_time: bool) -> Result<X509Store, ErrorStack> {
        let mut builder = X509StoreBuilder::new()?;
        if let Some(roots) = &self.roots {
            roots.iter().try_for_each(|root| builder.add_cert(root.clone()))?;
        } else {
            let issuers: Vec<_> = std::iter::once(leaf)
                .chain(others.iter().map(AsRef::as_ref))
                .filter_map(|certificate| certificate.issuer_name().to_der().ok())
                .collect();
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            for root in roots.filter(|root| issuers.iter().any(|issuer| contains(root, issuer))) {
                builder.add_cert(X509::from_der(root)?)?;
            }
        }
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
        // A time that is set is looked at whatever the flags say (check_cert_time() in OpenSSL's x509_vfy.c).
        if any_time {
            parameters.set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
        } else {
            parameters.set_time(self.time_of(leaf, others));
        }
        builder.set_param(&parameters)?;
        Ok(builder.build())
    }
}

impl Trust {
    /// The time to judge a chain at: the start of the day, or later on it where a certificate was made on this very day.
    fn time_of(&self, leaf: &X509Ref, others: &[X509]) -> i64 {
        let (start, end) = (self.today.midnight(), self.today.plus(1).midnight());
        let all = std::iter::once(leaf).chain(others.iter().map(AsRef::as_ref));
        let begins = all.map(|certificate| super::seconds(certificate.not_before()));
        begins.filter(|begin| *begin < end).fold(start, i64::max)
    }
}

/// Whether each certificate of a file was issued by the next, as servers have to send them (RFC 5246, section 7.4.2).
pub fn is_in_order(certificate: &Certificate) -> bool {
    let certificates: Vec<_> = certificate.chain.iter().filter_map(|der| X509::from_der(der).ok()).collect();
    certificates.windows(2).all(|pair| same_name(pair[0].issuer_name(), pair[1].subject_name()))
}

/// What OpenSSL says when the issuer of the last certificate is not at hand: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
/// .._LOCALLY and X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE.
const UNKNOWN_ISSUER: [i32; 3] = [2, 20, 21];

/// X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
const OUTSIDE_VALIDITY: [i32; 2] = [9, 10];

struct Verified {
    result: X509VerifyResult,
    depth: u32,
}

impl Verified {
    fn is_about_time_of_leaf(&self) -> bool {
        self.depth == 0 && OUTSIDE_VALIDITY.contains(&self.result.as_raw())
    }
}

/// The last certificate that can be reached from the leaf, each step to an issuer in the file.
fn top<'c>(leaf: &'c X509Ref, others: &'c [X509]) -> &'c X509Ref {
    let mut top = leaf;
    for _ in 0..others.len() {
        match others.iter().find(|other| other.issued(top) == X509VerifyResult::OK) {
            Some(issuer) => top = issuer,
            None => break,
        }
    }
    top
}

fn name_of(name: &openssl::x509::X509NameRef) -> String {
    let common = name.entries_by_nid(openssl::nid::Nid::COMMONNAME).next();
    let entry = common.or_else(|| name.entries().last());
    entry.and_then(|entry| entry.data().to_string().ok()).unwrap_or_else(|| "an unnamed issuer".to_owned())
}

fn same_name(a: &openssl::x509::X509NameRef, b: &openssl::x509::X509NameRef) -> bool {
    a.try_cmp(b).is_ok_and(std::cmp::Ordering::is_eq)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}
