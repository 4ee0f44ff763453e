//! TLS libraries: what a release makes of a cipher string.

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

/// The library that an expansion is asked of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Choice {
    /// The union over every release and build of a family.
    Any(Family),
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
