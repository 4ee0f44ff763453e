//! The word by which Red Hat's OpenSSL leaves a cipher string to the system's crypto policy.

use super::expansion::{Effect, Expansion, Operator, Reason, Token};
use super::{Choice, Family, Library, openssl_engine};
use crate::span::Span;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What a string starts with whose suites the crypto policy says; elsewhere in a string it is a word that no library knows.
///
/// Source: `load_system_str` in ssl/ssl_ciph.c of Red Hat's builds: the first line of the policy's file takes the place of these bytes, and
/// the rest of the string is appended to it as it stands.
pub const SYSTEM_PROFILE: &str = "PROFILE=SYSTEM";

impl Library {
    /// The same build on a system whose crypto policy says `line`, for as long as the program runs.
    ///
    /// Builds that do not know [`SYSTEM_PROFILE`] stay as they are.
    #[must_use]
    pub fn with_system_ciphers(&'static self, line: &str) -> &'static Self {
        static MADE: Mutex<BTreeMap<(u8, String), &'static Library>> = Mutex::new(BTreeMap::new());
        if !self.switches.system_profile {
            return self;
        }
        let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        made.entry((self.index, line.to_owned())).or_insert_with(|| {
            let system_ciphers: &'static str = String::leak(line.to_owned());
            Box::leak(Box::new(Self { system_ciphers: Some(system_ciphers), ..self.clone() }))
        })
    }
}

impl Choice {
    /// Whether what `string` selects is the system's to say, and the target does not name the system.
    pub fn leaves_to_system(self, string: &str) -> bool {
        let is_open = match self {
            Self::Any(family) => family == Family::OpenSsl,
            Self::Linked => false,
            Self::Named(library) => library.switches.system_profile && library.system_ciphers.is_none(),
        };
        is_open && string.starts_with(SYSTEM_PROFILE)
    }

    /// The same library on a system whose crypto policy says `line`.
    #[must_use]
    pub fn with_system_ciphers(self, line: &str) -> Self {
        match self {
            Self::Named(library) => Self::Named(library.with_system_ciphers(line)),
            other => other,
        }
    }
}

/// Expands a string that starts with [`SYSTEM_PROFILE`]. Without a policy the library's default rules take its place.
pub(super) fn expand(library: &'static Library, string: &str) -> Expansion {
    let line = library.system_ciphers.unwrap_or(library.default_rules);
    let whole = format!("{line}{}", &string[SYSTEM_PROFILE.len()..]);
    let places = Places { string, line: line.len() as u32 };
    places.as_written(openssl_engine::expand(library, &whole))
}

/// Where bytes of the policy's line and of what follows it stand in the string as written.
struct Places<'a> {
    string: &'a str,
    /// The length of the policy's line.
    line: u32,
}

impl Places<'_> {
    /// The expansion with the tokens of the policy put together as one, and every place as it is written.
    fn as_written(&self, mut expansion: Expansion) -> Expansion {
        let policy = expansion.tokens.iter().take_while(|token| token.span.end <= self.line).count();
        let mut rest = expansion.tokens.split_off(policy);
        let merged = (policy > 0).then(|| self.merged(&expansion.tokens));
        let behind = policy - usize::from(merged.is_some());
        let place = |index: usize| if index < policy { 0 } else { index - behind };
        for token in &mut rest {
            token.span = self.span(token.span);
            token.text = token.span.of(self.string).into();
            if let Effect::Unmatched(reason) = &mut token.effect {
                self.retarget(reason, place);
            }
        }
        for selected in &mut expansion.suites {
            selected.token = place(selected.token);
        }
        if let Some(error) = &mut expansion.error {
            error.span = self.span(error.span);
        }
        expansion.tokens = merged.into_iter().chain(rest).collect();
        expansion
    }

    /// What the policy's tokens did together.
    fn merged(&self, tokens: &[Token]) -> Token {
        let span = Span::new(0, SYSTEM_PROFILE.len() as u32);
        let mut merged = Token::new(self.string, span, Operator::Add, Effect::Matched);
        for token in tokens {
            merged.added.retain(|suite| !token.removed.contains(suite));
            merged.added.extend(&token.added);
            if token.operator == Operator::Kill {
                merged.barred.extend(token.removed.iter().chain(&token.barred));
            }
            if token.effect == Effect::Invalid {
                merged.effect = Effect::Invalid;
            }
        }
        merged
    }

    fn span(&self, span: Span) -> Span {
        let word = SYSTEM_PROFILE.len() as u32;
        let behind = |at: u32| at - self.line + word;
        let start = if span.start < self.line { 0 } else { behind(span.start) };
        let end = if span.end <= self.line { word } else { behind(span.end) };
        Span::new(start, end)
    }

    fn retarget(&self, reason: &mut Reason, place: impl Fn(usize) -> usize) {
        match reason {
            Reason::Killed { by } => *by = place(*by),
            Reason::DefaultNotFirst { word }
            | Reason::NameAmongTerms { word }
            | Reason::SystemProfile { word }
            | Reason::Tls13Name { word }
            | Reason::UnknownHere { word, .. }
            | Reason::UnknownWord { word } => *word = self.span(*word),
            _ => {}
        }
    }
}
