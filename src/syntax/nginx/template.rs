//! Placeholders: those of template engines, and those that are written with ordinary characters.

use super::tree::Placeholders;
use crate::syntax::template::{Template, templates};

/// The placeholders of a file that have delimiters of their own.
#[derive(Default)]
pub(super) struct Templates(Vec<Template>);

impl Templates {
    /// Those of `text`.
    pub(super) fn of(text: &str) -> Self {
        Self(templates(text))
    }

    /// The one that starts at byte `offset`.
    pub(super) fn at(&self, offset: u32) -> Option<Template> {
        let found = self.0.binary_search_by_key(&offset, |template| template.span.start).ok()?;
        self.0.get(found).copied()
    }
}

/// The placeholders in `value` that are written with ordinary characters: `$NAME`, `${NAME}`, `@NAME@`, `%%NAME%%`,
/// `__NAME__`, and the `...` of examples.
///
/// A name in capitals is an environment variable's, as envsubst and shells fill in; nginx's own are in small letters.
pub(super) fn placeholders(value: &str) -> Placeholders {
    if value == "..." || value == "…" {
        return Placeholders::All;
    }
    let mut found = Placeholders::None;
    for (at, _) in value.match_indices(['$', '@', '%', '_']) {
        let Some(length) = value.get(at..).and_then(placeholder_length) else { continue };
        if length == value.len() {
            return Placeholders::All;
        }
        found = Placeholders::Some;
    }
    found
}

/// How far the end of `${NAME:-default}` is looked for, in bytes.
const LONGEST_PLACEHOLDER: usize = 128;

fn placeholder_length(text: &str) -> Option<usize> {
    let between = |open: &str, close: &str| {
        let body = text.strip_prefix(open)?;
        let name = capitals(body, close == "__");
        (name > 0 && body.get(name..)?.starts_with(close)).then_some(open.len() + name + close.len())
    };
    if let Some(body) = text.strip_prefix("${") {
        let name = capitals(body, false);
        if name == 0 || !body.get(name..)?.starts_with(['}', ':', '-', '?']) {
            return None;
        }
        let end = body.bytes().take(LONGEST_PLACEHOLDER).position(|byte| byte == b'}')?;
        return Some(end + 3);
    }
    if let Some(body) = text.strip_prefix('$') {
        let name = capitals(body, false);
        let ends = !body.get(name..)?.starts_with(|c: char| c.is_ascii_lowercase());
        return (name > 1 && ends).then_some(name + 1);
    }
    if let Some(body) = text.strip_prefix('@') {
        let name = body.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)))?;
        return (name > 0 && body.get(name..)?.starts_with('@')).then_some(name + 2);
    }
    if let Some(body) = text.strip_prefix("%%") {
        let name = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
        return (name > 0 && body.get(name..)?.starts_with("%%")).then_some(name + 4);
    }
    between("__", "__")
}

/// The length of a name in capitals; with `single`, one that two underscores end.
fn capitals(text: &str, single: bool) -> usize {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return 0;
    }
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        let ends = single && text.get(length..).is_some_and(|rest| rest.starts_with("__"));
        if ends || !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
            break;
        }
        length += 1;
    }
    length
}
