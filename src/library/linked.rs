//! The OpenSSL that this program links, asked itself.

#![allow(unsafe_code, reason = "the safe crate has no binding for listing a context's ciphers")]

use super::expansion::{ErrorKind, Expansion, ExpansionError, Selected};
use super::{Library, Parser};
use crate::span::Span;
use crate::suite::Suite;
use openssl::ssl::{SslContextBuilder, SslMethod};

/// The linked library's version: `OpenSSL 3.0.19 27 Jan 2026`.
pub(super) fn version() -> &'static str {
    openssl::version::version()
}

/// The data of the release that is linked, as a plain build.
pub(super) fn data() -> &'static Library {
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
