//! What is read besides configurations.

use crate::{place, text};
use std::path::Path;
use tlslint::endpoint::Dialect;
use tlslint::source::Source;
use tlslint::span::FileId;
use tlslint::{baseline, certificate, discover, policy, settings, suppress};

/// `tlslint.toml`.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = settings::Settings::parse(text, Path::new("/x/tlslint.toml")) {
        assert!(!error.mistakes.is_empty(), "an error says what is wrong");
    }
}

/// Policies and baselines.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = policy::Policy::parse("x.yaml", text);
    let _ = baseline::Baseline::read(text);
}

/// Files of certificates, of lists that revoke them, of parameters.
pub fn pem(data: &[u8]) {
    let _ = certificate::dh_bits(data);
    let _ = certificate::is_store(data);
    let _ = certificate::has_key(data);
    if let Ok(certificate) = certificate::read(data) {
        assert!(!certificate.chain.is_empty(), "a certificate heads its chain");
    }
}

/// Comments that say not to count findings; the first byte chooses the language.
pub fn comments(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let dialect = Dialect::ALL[usize::from(*first) % Dialect::ALL.len()];
    let source = Source::new(FileId(0), "x", "x", rest.to_vec());
    for ignore in suppress::ignores(dialect, &source) {
        place(ignore.location.span, source.text());
        ignore.checks.iter().for_each(|(_, check)| place(check.span, source.text()));
    }
}

/// Which language a file is in, and what stands inside it.
pub fn guess(data: &[u8]) {
    let text = text(data);
    for name in ["x", "x.conf", "x.cfg", "x.yaml", "x.json", "x.cnf", "x.txt", "x.j2"] {
        let source = Source::new(FileId(0), name, name, text.as_bytes().to_vec());
        let _ = discover::judge(source.path(), source.text());
        for found in discover::embedded(&source) {
            let location = found.text.location();
            assert!(location.is_none_or(|location| text.get(location.span.range()).is_some()));
        }
    }
}
