//! Matchers of names in certificates that let strangers' names pass.

use super::value::Value;
use regex::Regex;

/// Names that nobody would mean; a pattern that takes them all takes every name.
const STRANGERS: [&str; 3] = ["q7", "probe-of-names.invalid", "x.probe-of-names.test"];
/// Domains under which anybody may have a name.
const OPEN_DOMAINS: [&str; 6] = ["com", "net", "org", "io", "dev", "example"];

/// Why a matcher of a subjectAltName keeps no stranger away; `None` where it does, or where the text does not say.
pub(super) fn of_item(item: Value<'_>) -> Option<String> {
    let matcher = item.field("matcher").unwrap_or(item);
    if matcher.is_opaque() {
        return None;
    }
    // The start of a SPIFFE id says whose it is; the start of a host name does not.
    let is_uri = item.str_of("san_type").is_some_and(|kind| matches!(kind, "URI" | "3"));
    let text = |field: &str| matcher.str_of(field);
    if let Some(suffix) = text("suffix") {
        let labels = suffix.trim_start_matches('.');
        return (!labels.contains('.')).then(|| format!("every name that ends in \"{suffix}\" passes"));
    }
    if let Some(prefix) = text("prefix").filter(|prefix| !is_uri || prefix.is_empty()) {
        return Some(format!("every name that starts with \"{prefix}\" passes, whoever has it"));
    }
    if let Some(part) = text("contains").filter(|_| !is_uri) {
        return Some(format!("every name with \"{part}\" in it passes, whoever has it"));
    }
    let pattern = matcher.at(&["safe_regex", "regex"]).and_then(Value::text_str)?;
    of_regex(pattern)
}

/// The same of a regular expression, which has to match the whole name.
fn of_regex(pattern: &str) -> Option<String> {
    let whole = Regex::new(&format!("^(?:{pattern})$")).ok()?;
    if STRANGERS.iter().all(|name| whole.is_match(name)) {
        return Some(format!("\"{pattern}\" matches every name"));
    }
    let open = OPEN_DOMAINS.iter().find(|domain| whole.is_match(&format!("probe-of-names.{domain}")));
    if let Some(domain) = open {
        return Some(format!("\"{pattern}\" matches every name under {domain}"));
    }
    let stranger = neighbours(pattern).find(|name| whole.is_match(name))?;
    Some(format!("a dot that stands alone matches any character: {stranger} passes too"))
}

/// Names that somebody else may have where a dot of the pattern is not escaped: `apixexample.com` for `api.example.com`.
///
/// Only of patterns that are a name but for their escapes; the last dot stays, since no top-level domain is so long.
fn neighbours(pattern: &str) -> impl Iterator<Item = String> {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$').replace("[.]", "\\.");
    let (mut name, mut open) = (String::new(), Vec::new());
    let mut characters = pattern.chars().peekable();
    while let Some(one) = characters.next() {
        match one {
            '\\' => name.extend(characters.next()),
            '.' if matches!(characters.peek(), Some('*' | '+')) => {
                characters.next();
                name.push_str("any");
            }
            '.' => {
                open.push(name.len());
                name.push('.');
            }
            other => name.push(other),
        }
    }
    let last = name.rfind('.');
    let is_name = name.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '.'));
    let open: Vec<usize> = open.into_iter().filter(|at| is_name && Some(*at) != last).collect();
    open.into_iter().map(move |at| format!("{}x{}", &name[..at], &name[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_keep_nobody_away_are_told() {
        for pattern in
            [".*", ".+", "[a-z0-9.-]+", ".*\\.com", "(.+[.])?com", "api.example.com", "a.b\\.example\\.org"]
        {
            assert!(of_regex(pattern).is_some(), "{pattern}");
        }
        for pattern in [
            "api\\.example\\.com",
            "api[.]example[.]com",
            ".*\\.example\\.com",
            "[a-z]+\\.internal\\.example\\.com",
            "backend3[.]com",
            "(a|b)\\.example\\.com",
            "(",
        ] {
            assert_eq!(of_regex(pattern), None, "{pattern}");
        }
    }
}
