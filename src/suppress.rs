//! Findings that a comment says not to count.

/// Whether `reason` says nothing: a placeholder, or no words at all.
pub fn is_placeholder(reason: &str) -> bool {
    let bare: String = reason.chars().filter(|character| character.is_alphanumeric()).collect();
    let placeholders =
        ["", "todo", "fixme", "xxx", "tbd", "reason", "none", "na", "temp", "temporary", "ignore", "why"];
    placeholders.contains(&bare.to_lowercase().as_str())
}
