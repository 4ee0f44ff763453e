//! The OpenSSL that this program links, asked itself.

#![allow(unsafe_code, reason = "the safe crate has no binding for listing a context's ciphers")]

use super::expansion::{ErrorKind, Expansion, ExpansionError, Selected};
use super::table::{Entry, Meaning, Word};
use super::{Library, Parser};
use crate::span::Span;
use crate::suite::Suite;
use openssl::ssl::{SslContextBuilder, SslMethod};
use std::sync::OnceLock;

/// Starts the library without its configuration file, whatever `OPENSSL_CONF` says: the same files give the same answers on every
/// machine. Counts only before anything else asks the library.
pub fn without_configuration() {
    /// `OPENSSL_INIT_NO_LOAD_CONFIG` of openssl/crypto.h.
    const NO_LOAD_CONFIG: u64 = 0x80;
    // SAFETY: the call takes no memory of ours; the settings may be null (OPENSSL_init_crypto(3)).
    unsafe { OPENSSL_init_crypto(NO_LOAD_CONFIG, std::ptr::null()) };
}

/// The linked library's version: `OpenSSL 3.0.19 27 Jan 2026`.
pub(super) fn version() -> &'static str {
    openssl::version::version()
}

/// The security level of a fresh context: what the distribution built in, and its openssl.cnf.
pub(super) fn security_level() -> Option<u8> {
    let context = SslContextBuilder::new(SslMethod::tls()).ok()?;
    // SAFETY: `context` holds a live SSL_CTX; the call reads a number of it.
    u8::try_from(unsafe { SSL_CTX_get_security_level(context.as_ptr()) }).ok()
}

/// What the linked library's release does: the data of the build that has all its suites, less what it was built without.
///
/// The vendored build, for one, has no CAMELLIA.
pub fn data() -> &'static Library {
    static DATA: OnceLock<&'static Library> = OnceLock::new();
    DATA.get_or_init(|| {
        let release = release();
        let present = suites("ALL:COMPLEMENTOFALL").unwrap_or_default();
        let builds = Library::all().iter().filter(|library| library.release == release.release);
        let full = |library: &&'static Library| present.iter().all(|suite| library.has(*suite));
        let nearest = builds.filter(full).min_by_key(|library| library.entries.len()).unwrap_or(release);
        if nearest.entries.len() <= present.len() { nearest } else { without_missing(nearest, &present) }
    })
}

/// The release that is linked, as a plain build.
fn release() -> &'static Library {
    let number = openssl::version::number();
    let (major, minor, fix) = (number >> 28, number >> 20 & 0xFF, number >> 12 & 0xFF);
    let id = if major >= 3 {
        format!("openssl-{major}.{minor}")
    } else {
        format!("openssl-{major}.{minor}.{fix}")
    };
    match super::Choice::by_id(&id) {
        Ok(super::Choice::Named(library)) => library,
        // Older than everything that has data: the oldest stands for it.
        _ => &Library::all()[0],
    }
}

/// The same library built without the ciphers whose suites are not `present`.
///
/// Its tables live as long as the program does: there is one linked library.
fn without_missing(library: &'static Library, present: &[Suite]) -> &'static Library {
    let (kept, dropped): (Vec<&Entry>, Vec<&Entry>) =
        library.entries.iter().partition(|entry| present.contains(&entry.suite));
    let ciphers = |entries: &[&Entry]| entries.iter().fold(0, |all, entry| all | entry.criteria.encryption);
    let missing = ciphers(&dropped) & !ciphers(&kept);
    let entries: &'static [Entry] = Vec::leak(kept.into_iter().cloned().collect());
    let has = |(suite, _): &&(Suite, u16)| suite.is_tls13() || present.contains(suite);
    let strengths: &'static [(Suite, u16)] =
        Vec::leak(library.strengths.iter().filter(has).copied().collect());
    let mut library = Library { entries, strengths, words: &[], ..library.clone() };
    let words = release_words(&library, missing);
    library.words = Vec::leak(words);
    Box::leak(Box::new(library))
}

/// The words of a library with fewer entries: names of suites that are left, and aliases for which some cipher is.
fn release_words(library: &Library, missing: u32) -> Vec<Word> {
    let full = Library::find(library.id).expect("a clone keeps its id");
    let meaning = |word: &Word| match &word.meaning {
        Meaning::Alias { criteria, .. }
            if criteria.encryption != 0 && criteria.encryption & !missing == 0 =>
        {
            None
        }
        Meaning::Alias { criteria, with_deprecated, .. } => Some(Meaning::Alias {
            criteria: *criteria,
            matches: library.matches(criteria),
            with_deprecated: *with_deprecated,
        }),
        Meaning::Suite(at) => {
            let suite = full.entries[*at as usize].suite;
            let at = library.entries.iter().position(|entry| entry.suite == suite)?;
            Some(Meaning::Suite(at as u8))
        }
        Meaning::Tls13 => Some(Meaning::Tls13),
    };
    let words = full.words.iter();
    words.filter_map(|word| Some(Word { name: word.name, meaning: meaning(word)? })).collect()
}

/// What the linked library selects; the tokens are those of its release's data, which says what brought a suite in.
pub(super) fn expand(string: &str) -> Expansion {
    let mut expansion = data().expand(string, Parser::Strict);
    let whole = Span::new(0, string.len() as u32);
    match suites(string) {
        Ok(suites) => {
            let origin =
                |suite: &Suite| expansion.tokens.iter().rposition(|token| token.added.contains(suite));
            expansion.suites = suites
                .into_iter()
                .map(|suite| Selected { suite, token: origin(&suite).unwrap_or(0) })
                .collect();
            expansion.groups = (0..expansion.suites.len()).map(|at| at..at + 1).collect();
            expansion.error = None;
        }
        Err(kind) => {
            expansion.suites.clear();
            expansion.groups.clear();
            expansion.error = Some(match expansion.error {
                Some(error) if error.kind == kind => error,
                _ => ExpansionError { kind, span: whole },
            });
        }
    }
    expansion
}

/// The suites below TLS 1.3 that the linked library selects, in its order; such as `rules/suites.yaml` does not hold are left out.
///
/// # Errors
/// What the library answers when it refuses the string.
pub fn suites(string: &str) -> Result<Vec<Suite>, ErrorKind> {
    let string = string.split('\0').next().unwrap_or(string);
    let mut context = SslContextBuilder::new(SslMethod::tls()).map_err(|_| ErrorKind::NoCipherMatch)?;
    context.set_cipher_list(string).map_err(|stack| {
        let invalid = stack.errors().iter().any(|error| error.reason() == Some("invalid command"));
        if invalid { ErrorKind::InvalidCommand } else { ErrorKind::NoCipherMatch }
    })?;
    Ok(ciphers(&context).into_iter().filter(|suite| !suite.is_tls13()).collect())
}

unsafe extern "C" {
    /// OPENSSL_init_crypto(3), since OpenSSL 1.1.0.
    fn OPENSSL_init_crypto(options: u64, settings: *const std::ffi::c_void) -> std::ffi::c_int;

    /// SSL_CTX_get_security_level(3): the level of the context, 0 to 5.
    fn SSL_CTX_get_security_level(context: *const openssl_sys::SSL_CTX) -> std::ffi::c_int;

    /// SSL_CTX_get_ciphers(3): the context's own list, which it keeps; null where there is none.
    fn SSL_CTX_get_ciphers(context: *const openssl_sys::SSL_CTX) -> *mut openssl_sys::OPENSSL_STACK;
}

/// Every suite that a context lists, in its order.
fn ciphers(context: &SslContextBuilder) -> Vec<Suite> {
    // SAFETY: `context` holds a live SSL_CTX.
    let stack = unsafe { SSL_CTX_get_ciphers(context.as_ptr()) };
    // SAFETY: `stack` belongs to `context`, which is borrowed for the whole function and which nothing changes meanwhile; where it is null,
    // OPENSSL_sk_num says -1. Every element below that count is a pointer to one of the library's static SSL_CIPHERs.
    let code = |at| unsafe {
        let cipher = openssl_sys::OPENSSL_sk_value(stack, at);
        openssl_sys::SSL_CIPHER_get_protocol_id(cipher.cast())
    };
    // SAFETY: as above; the call reads the count and nothing else.
    let count = unsafe { openssl_sys::OPENSSL_sk_num(stack) };
    (0..count).filter_map(|at| Suite::from_code(code(at))).collect()
}
