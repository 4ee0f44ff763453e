//! What a library makes of a cipher string, token by token.

use crate::span::Span;
use crate::suite::Suite;
pub use crate::syntax::cipher_string::Operator;

/// What a library makes of a cipher string.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expansion {
    /// The suites below TLS 1.3, in order of preference; empty on an error.
    pub suites: Vec<Selected>,
    /// Suites of equal preference, as indices into `suites` (BoringSSL's `[A|B]`); every suite stands in exactly one group.
    pub groups: Vec<std::ops::Range<usize>>,
    /// Every item of the string, in the order of the text.
    pub tokens: Vec<Token>,
    /// The level that `@SECLEVEL=n` sets, which stays in force even when the string is an error.
    pub security_level: Option<u8>,
    /// Whether the string starts Suite B (RFC 6460), which replaces every later string of the same context too.
    pub suite_b: bool,
    /// Why the library refuses the string.
    pub error: Option<ExpansionError>,
}

/// A suite with the token that it came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Selected {
    /// The suite.
    pub suite: Suite,
    /// The index, in the expansion's tokens, of the one that added it.
    pub token: usize,
}

/// One item of a cipher string, and what it did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Where it stands in the string, operator and skipped text included.
    pub span: Span,
    /// The same as text.
    pub text: Box<str>,
    /// What it does with the suites that it means.
    pub operator: Operator,
    /// Suites that it added, in the order in which it did.
    pub added: Vec<Suite>,
    /// Suites that were selected until it took them out.
    pub removed: Vec<Suite>,
    /// Suites that were selected and that it moved to the end, or sorted.
    pub moved: Vec<Suite>,
    /// Suites, not selected, that no later token can select any more.
    pub barred: Vec<Suite>,
    /// Whether it did anything, and if not, why.
    pub effect: Effect,
}

/// Whether a token did anything.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// It is what the string was refused for.
    Invalid,
    /// It added, removed, moved or barred at least one suite, or sorted the list.
    Matched,
    /// It set something else: `@SECLEVEL=2`.
    Setting,
    /// It did nothing; the string without it means the same.
    Unmatched(Reason),
}

/// Why a token did nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// Everything that it means is selected already.
    AlreadySelected,
    /// `@STRENGTH` found the list sorted.
    AlreadySorted,
    /// Its terms exclude each other: `AES+3DES`.
    Contradiction,
    /// `DEFAULT` is understood only at the very start.
    DefaultNotFirst {
        /// Where the word stands.
        word: Span,
    },
    /// An earlier token removed everything that it means for good.
    Killed {
        /// The index of that token.
        by: usize,
    },
    /// A suite's own name is no word beside others (BoringSSL).
    NameAmongTerms {
        /// Where the name stands.
        word: Span,
    },
    /// Other builds of this release have what it means.
    NeedsBuild {
        /// Those builds.
        builds: LibrarySet,
    },
    /// No suite of this library is made like that: `kRSA+aECDSA`.
    NoSuchSuite,
    /// It removes or moves only what is selected, and nothing that it means is.
    NotSelected,
    /// A leading `SUITEB…` replaced the whole string.
    ReplacedBySuiteB,
    /// `PROFILE=SYSTEM` stands for the crypto policy only at the very start, and only in Red Hat's builds.
    SystemProfile {
        /// Where the word stands.
        word: Span,
    },
    /// It names a TLS 1.3 suite, which cipher strings do not govern.
    Tls13Name {
        /// Where the name stands.
        word: Span,
    },
    /// This library does not know the word, others do.
    UnknownHere {
        /// Where the word stands.
        word: Span,
        /// Those that do.
        known_in: LibrarySet,
    },
    /// No library knows the word.
    UnknownWord {
        /// Where the word stands.
        word: Span,
    },
}

impl Reason {
    /// The word at fault, where it is narrower than its token.
    pub const fn word(self) -> Option<Span> {
        match self {
            Self::DefaultNotFirst { word }
            | Self::NameAmongTerms { word }
            | Self::SystemProfile { word }
            | Self::Tls13Name { word }
            | Self::UnknownHere { word, .. }
            | Self::UnknownWord { word } => Some(word),
            _ => None,
        }
    }
}

/// A set of libraries, by their places in [`super::Library::all`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LibrarySet(pub(crate) u64);

impl LibrarySet {
    /// The members, in the order of all libraries.
    pub fn iter(self) -> impl Iterator<Item = &'static super::Library> {
        super::Library::all().iter().filter(move |library| self.0 >> library.index & 1 == 1)
    }

    /// Whether nothing is a member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn with(self, library: &super::Library) -> Self {
        Self(self.0 | 1 << library.index)
    }
}

/// Why a library refuses a cipher string.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExpansionError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where it is wrong.
    pub span: Span,
}

/// What is wrong with a refused string, in the libraries' own terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ErrorKind {
    /// A character where a word should stand, an unknown `@` command, or (BoringSSL, strict) an unknown word.
    InvalidCommand,
    /// An operator other than adding, behind a group of equal preference (BoringSSL).
    MixedSpecialOperatorWithGroups,
    /// Nothing is selected.
    NoCipherMatch,
    /// Something else than words and `|` inside a group of equal preference (BoringSSL).
    UnexpectedOperatorInGroup,
}

impl ErrorKind {
    /// The name in reports: `no-cipher-match`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidCommand => "invalid-command",
            Self::MixedSpecialOperatorWithGroups => "mixed-special-operator-with-groups",
            Self::NoCipherMatch => "no-cipher-match",
            Self::UnexpectedOperatorInGroup => "unexpected-operator-in-group",
        }
    }
}

impl Token {
    /// A token that has done nothing yet.
    pub(crate) fn new(string: &str, span: Span, operator: Operator, effect: Effect) -> Self {
        Self {
            span,
            text: span.of(string).into(),
            operator,
            added: Vec::new(),
            removed: Vec::new(),
            moved: Vec::new(),
            barred: Vec::new(),
            effect,
        }
    }
}

impl Expansion {
    /// Whether `suite` is selected.
    pub fn holds(&self, suite: Suite) -> bool {
        self.suites.iter().any(|selected| selected.suite == suite)
    }

    /// The token that added `suite`, where it is selected.
    pub fn origin(&self, suite: Suite) -> Option<&Token> {
        let selected = self.suites.iter().find(|selected| selected.suite == suite)?;
        self.tokens.get(selected.token)
    }

    /// The tokens that did nothing, each with the reason.
    pub fn unmatched(&self) -> impl Iterator<Item = (&Token, Reason)> {
        self.tokens.iter().filter_map(|token| match token.effect {
            Effect::Unmatched(reason) => Some((token, reason)),
            _ => None,
        })
    }
}
