//! The blocks of a PEM file that may be decoded; all else is skipped without a look inside.

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A certificate, with or without OpenSSL's trust settings.
    Certificate,
    /// A certificate revocation list.
    Crl,
    /// Diffie-Hellman parameters.
    DhParameters,
}

/// A block with its first and last line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Block<'b> {
    pub(super) kind: Kind,
    pub(super) text: &'b [u8],
}

impl Block<'_> {
    /// Whether what OpenSSL says of trust stands behind the certificate.
    pub(super) fn is_trusted(&self) -> bool {
        self.text.starts_with(b"-----BEGIN TRUSTED CERTIFICATE")
    }
}

/// The labels that OpenSSL takes for each kind (PEM_read_bio_X509(3), PEM_read_bio_DHparams(3)); no label of a key is here.
const LABELS: [(&[u8], Kind); 6] = [
    (b"CERTIFICATE", Kind::Certificate),
    (b"X509 CERTIFICATE", Kind::Certificate),
    (b"TRUSTED CERTIFICATE", Kind::Certificate),
    (b"X509 CRL", Kind::Crl),
    (b"DH PARAMETERS", Kind::DhParameters),
    (b"X9.42 DH PARAMETERS", Kind::DhParameters),
];

/// Whether any line begins a PEM block, of whatever kind.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    lines(bytes).any(|(_, line)| line.starts_with(b"-----BEGIN "))
}

/// The decodable blocks, in the order of the file.
pub(super) fn blocks(bytes: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut lines = lines(bytes);
    std::iter::from_fn(move || {
        loop {
            let (start, line) = lines.next()?;
            let Some(label) = label(line, b"-----BEGIN ") else { continue };
            // A block that never ends, or that another interrupts, is none.
            let end = lines
                .by_ref()
                .find(|(_, line)| line.starts_with(b"-----END ") || line.starts_with(b"-----BEGIN "))
                .filter(|(_, line)| self::label(line, b"-----END ") == Some(label))
                .map(|(at, line)| at + line.len())?;
            let Some((_, kind)) = LABELS.iter().find(|(known, _)| *known == label) else { continue };
            return Some(Block { kind: *kind, text: &bytes[start..end] });
        }
    })
}

fn label<'l>(line: &'l [u8], begins: &[u8]) -> Option<&'l [u8]> {
    line.strip_prefix(begins)?.trim_ascii_end().strip_suffix(b"-----")
}

/// Lines with their offsets, without their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes.split_inclusive(|byte| *byte == b'\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_ascii_end()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        blocks(text.as_bytes()).map(|block| block.kind).collect()
    }

    #[test]
    fn keys_are_passed_over() {
        let text = "x\n-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n\
                    -----BEGIN CERTIFICATE-----\r\nBB\r\n-----END CERTIFICATE-----\r\n\
                    -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nCC\n-----END RSA PRIVATE KEY-----\n\
                    -----BEGIN DH PARAMETERS-----\nDD\n-----END DH PARAMETERS-----";
        assert_eq!(kinds(text), [Kind::Certificate, Kind::DhParameters]);
        for block in blocks(text.as_bytes()) {
            assert!(!String::from_utf8_lossy(block.text).contains("KEY"));
        }
    }

    #[test]
    fn a_block_without_its_end_is_none() {
        assert!(kinds("-----BEGIN CERTIFICATE-----\nAA\n-----END PRIVATE KEY-----\n").is_empty());
        assert!(kinds("-----BEGIN CERTIFICATE-----\nAA\n").is_empty());
    }
}
