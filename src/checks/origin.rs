//! What lets a suite in, and where that stands.

use super::Subject;
use crate::library::offer::Offered;
use crate::setting::Setting;
use crate::span::Location;

/// What lets a suite in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The list for TLS 1.3, which takes names of older suites too.
    Ciphersuites,
    /// A cipher string that nobody wrote; its words stand nowhere, so they are told of together.
    Default,
    /// A token of the written cipher string.
    Token(usize),
}

impl Origin {
    /// What lets `offered` in.
    pub(super) fn of(subject: &Subject<'_>, offered: &Offered) -> Self {
        match (offered.token, &subject.endpoint.cipher_string) {
            (None, _) => Self::Ciphersuites,
            (Some(token), Setting::Written(_)) => Self::Token(token),
            (Some(_), _) => Self::Default,
        }
    }

    /// Its place, and how to call it.
    pub(super) fn place(self, subject: &Subject<'_>) -> (Location, String) {
        let Subject { endpoint, offer, .. } = *subject;
        let string = endpoint.cipher_string.value().map(crate::text::Text::as_str).unwrap_or_default();
        match self {
            Self::Ciphersuites => {
                let location = endpoint.ciphersuites.location().unwrap_or(endpoint.location);
                (location, "the list of TLS 1.3 suites".to_owned())
            }
            Self::Default => (endpoint.location, format!("the default cipher string {string}")),
            Self::Token(token) => {
                let token = offer.expansion.as_ref().and_then(|expansion| expansion.tokens.get(token));
                let located = token.and_then(|token| endpoint.cipher_string.value()?.locate(token.span));
                let location = located.or(endpoint.cipher_string.location()).unwrap_or(endpoint.location);
                (location, token.map_or(string, |token| &token.text).to_owned())
            }
        }
    }
}
