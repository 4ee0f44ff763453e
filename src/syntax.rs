//! Text to trees, one grammar each; nothing here knows of TLS.
//!
//! Parsing never fails: a parser returns what it could read and the errors it met, and goes on after the next separator.

pub mod boring_cipher_string;
pub mod cipher_string;
mod cursor;
pub mod haproxy;
pub mod nginx;
pub mod openssl_conf;
pub mod template;
pub mod yaml;

use crate::span::Span;

/// What a parser made of its input.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parsed<T> {
    /// The tree, as far as the input could be read.
    pub tree: T,
    /// Where the input could not be read, in the order of the text.
    pub errors: Vec<SyntaxError>,
}

/// One place at which the input breaks the grammar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// The bytes at fault.
    pub span: Span,
    /// What is wrong, as a clause without a full stop: `unexpected "}"`.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
    /// Whether the real server refuses the file for it; `false` where the parser recovered from something that the server may accept.
    pub fatal: bool,
}

impl SyntaxError {
    /// An error that stops the real server.
    pub fn fatal(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None, fatal: true }
    }

    /// The same error with a line that says what to write.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
