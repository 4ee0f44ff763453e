//! What SSL_CONF_cmd(3) makes of a command's value with `SSL_CONF_FLAG_FILE`, whoever hands it on: openssl.cnf, or nginx's
//! `ssl_conf_command`. Source: `ssl/ssl_conf.c` of OpenSSL 1.1.1 and 3.5.

use crate::group::Kind;
use crate::library::Choice;
use crate::protocol::{Protocol, ProtocolSet};

/// What `MinProtocol` and `MaxProtocol` do to their bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// Leave it as it was: versions of DTLS mean nothing to a TLS context.
    Keeps,
    /// Take it away (`None`), or set it.
    Sets(Option<Protocol>),
}

impl Bound {
    /// What the library makes of a word, exact in its letters; `None` where it refuses the word.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "DTLSv1" | "DTLSv1.2" => Some(Self::Keeps),
            "None" => Some(Self::Sets(None)),
            _ => {
                versions().find(|protocol| protocol.name() == word).map(|protocol| Self::Sets(Some(protocol)))
            }
        }
    }
}

/// Whether a word of `Protocol` switches versions on, and which; `None` where the library refuses the word.
///
/// SSL 2.0 and versions of DTLS are known, and mean nothing to a TLS context.
pub fn switched(word: &str) -> Option<(bool, ProtocolSet)> {
    let (on, name) = signed(word);
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is("ALL") {
        return Some((on, versions().collect()));
    }
    if ["SSLv2", "DTLSv1", "DTLSv1.2"].into_iter().any(is) {
        return Some((on, ProtocolSet::EMPTY));
    }
    let known = versions().find(|protocol| is(protocol.name()))?;
    Some((on, ProtocolSet::EMPTY.with(known)))
}

/// A word of `Protocol` or `Options` without its sign, and whether it switches something on.
pub fn signed(word: &str) -> (bool, &str) {
    match word.strip_prefix('-') {
        Some(name) => (false, name),
        None => (true, word.strip_prefix('+').unwrap_or(word)),
    }
}

/// Whether `ECDHParameters` has a value that stands for the library's own choice: it changes nothing.
pub fn is_automatic(value: &str) -> bool {
    ["automatic", "+automatic"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Whether the library takes the value of `ECDHParameters` as the name of one group: before OpenSSL 3.0, of one curve
/// (EC_KEY_new_by_curve_name(3)).
pub fn is_one_group(value: &str, library: Choice) -> bool {
    let is_old = library.id().starts_with("openssl-1");
    let is_curve = || library.group(value).is_some_and(|group| group.facts().kind == Kind::Curve);
    !value.contains(':') && !library.group_list(value).refused && (!is_old || is_curve())
}

/// Whether a command, in lower case, changes neither protocols nor suites nor groups nor Diffie-Hellman parameters.
pub fn is_harmless(command: &str) -> bool {
    HARMLESS.binary_search(&command).is_ok()
}

/// Lower case, sorted.
const HARMLESS: &[&str] = &[
    "certificate",
    "chaincafile",
    "chaincapath",
    "chaincastore",
    "clientcafile",
    "clientcapath",
    "clientcastore",
    "numtickets",
    "privatekey",
    "recordpadding",
    "requestcafile",
    "requestcapath",
    "requestcastore",
    "serverinfofile",
    "verifycafile",
    "verifycapath",
    "verifycastore",
    "verifymode",
];

/// The versions that a TLS context knows.
fn versions() -> impl Iterator<Item = Protocol> {
    Protocol::ALL.into_iter().filter(|protocol| *protocol >= Protocol::Ssl3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_group_is_what_each_release_takes_for_one() {
        // Run with openssl ciphers(1) of 1.1.1w, 3.0.15 and 3.5.1.
        for (value, old, new) in [
            ("P-256", true, true),
            ("prime256v1", true, true),
            ("secp256r1", false, true),
            ("p-256", false, false),
            ("X25519", false, true),
            ("ffdhe2048", false, true),
            ("P-256:P-384", false, false),
            ("auto", false, false),
        ] {
            let takes = |library| is_one_group(value, Choice::by_id(library).expect("the library exists"));
            assert_eq!((takes("openssl-1.1.1"), takes("openssl-3.0")), (old, new), "{value}");
        }
        assert!(is_automatic("+AUTOMATIC") && is_automatic("automatic") && !is_automatic("auto"));
    }

    #[test]
    fn harmless_commands_are_found() {
        assert!(HARMLESS.is_sorted());
        assert!(is_harmless("verifymode") && !is_harmless("rxcertificatecompression"));
    }
}
