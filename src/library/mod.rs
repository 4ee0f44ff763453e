//! TLS libraries: what a release makes of a cipher string.
//!
//! One engine; every release is a file under `rules/libraries`, compiled in by the build script.

mod any;
mod boringssl;
mod cache;
pub mod cause;
mod choice;
mod ciphersuites;
mod expansion;
pub mod group_list;
pub mod handshake;
pub mod linked;
mod list;
pub mod obstacle;
pub mod offer;
pub mod offers;
mod openssl_engine;
mod profile;
mod reason;
pub mod security;
mod signatures;
mod signing;
mod suite_b;
mod table;

pub use choice::{Choice, UnknownLibrary};
pub use ciphersuites::Ciphersuites;
pub use expansion::{
    Effect, ErrorKind, Expansion, ExpansionError, LibrarySet, Operator, Reason, Selected, Token,
};
pub use group_list::GroupList;
pub use profile::SYSTEM_PROFILE;
pub use reason::nearest_word;
pub use signatures::SignatureList;
pub use table::Library;

/// A line of libraries that read cipher strings alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Family {
    /// AWS-LC.
    AwsLc,
    /// BoringSSL.
    BoringSsl,
    /// OpenSSL.
    OpenSsl,
}

/// How BoringSSL and AWS-LC treat unknown words; OpenSSL has one parser.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Parser {
    /// Unknown words are skipped.
    Lenient,
    /// Unknown words are errors, as Envoy asks for.
    #[default]
    Strict,
}

impl Library {
    /// What the build makes of a cipher string, worked out from scratch.
    pub fn expand(&'static self, string: &str, parser: Parser) -> Expansion {
        match self.family {
            Family::OpenSsl if self.switches.system_profile && string.starts_with(SYSTEM_PROFILE) => {
                profile::expand(self, string)
            }
            Family::OpenSsl => openssl_engine::expand(self, string),
            Family::AwsLc | Family::BoringSsl => boringssl::expand(self, string, parser),
        }
    }
}

#[cfg(test)]
mod tests;
