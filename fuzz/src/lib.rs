//! What holds for any input: nothing panics, places are places, reports can be read, fixes come to an end, and neither the number of
//! threads nor the company of other files changes what is found.

pub mod parsers;
pub mod readers;
pub mod whole;

use std::borrow::Cow;
use tlslint::span::Span;

/// The input as the program decodes it: a byte that is not UTF-8 becomes one ASCII byte.
pub(crate) fn text(data: &[u8]) -> Cow<'_, str> {
    let source = tlslint::source::Source::new(tlslint::span::FileId(0), "x", "x", data.to_vec());
    Cow::Owned(source.text().to_owned())
}

/// Fails unless `span` lies in `text` and ends between characters.
#[track_caller]
pub(crate) fn place(span: Span, text: &str) {
    assert!(span.start <= span.end, "{span:?} runs backwards");
    assert!(text.get(span.range()).is_some(), "{span:?} is no part of a text of {} bytes", text.len());
}
