//! What XML 1.0 needs: escapes, and no character that it cannot hold.

/// `text` fit for an attribute or for content.
///
/// Ends of line become references, because attribute values are normalised when they are read (XML 1.0, section 3.3.3).
/// Characters outside the production `Char` (section 2.2) cannot be written at all and become U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_read_back() {
        let text = "a<b>&\"'\t\r\nü";
        let document = format!("<x a=\"{0}\">{0}</x>", escape(text));
        let parsed = roxmltree::Document::parse(&document).unwrap();
        assert_eq!(parsed.root_element().attribute("a"), Some(text));
        assert_eq!(parsed.root_element().text(), Some(text));
        assert_eq!(escape("\u{1b}\u{0}"), "\u{FFFD}\u{FFFD}");
    }
}
