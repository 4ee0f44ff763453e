use super::Check;
use crate::finding::Severity;
use crate::observation::ObservationKind;

pub(super) const CHECK: Check = Check {
    id: "certificate-without-tls",
    summary: "a listener names a certificate and speaks in clear",
    page: include_str!("certificate_without_tls.md"),
    level: Severity::Error,
    endpoint: None,
    observation: Some(ObservationKind::CertificateWithoutTls),
};
