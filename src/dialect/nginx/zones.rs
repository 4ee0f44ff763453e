//! Session caches: what `ssl_session_cache` may say, and zones that several directives share (`ngx_shared_memory_add`).

use super::config::{Config, Kind, ScopeId};
use super::release::Module;
use super::units::Place;
use super::validate::refuse;
use crate::endpoint::Model;
use std::collections::HashMap;

/// The smallest zone, in bytes: eight pages.
const SMALLEST: u64 = 8 * 4096;

/// Whether nginx takes a word of `ssl_session_cache`.
pub(super) fn is_cache(word: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match word.split_once(':') {
        None => ["builtin", "none", "off"].contains(&word),
        Some(("builtin", size)) => number(size),
        Some(("shared", _)) => zone(word).is_some_and(|(_, size)| size >= SMALLEST),
        Some(_) => false,
    }
}

/// The name and the size, in bytes, of `shared:NAME:SIZE`.
fn zone(word: &str) -> Option<(&str, u64)> {
    let (name, size) = word.strip_prefix("shared:")?.split_once(':')?;
    let (digits, unit) = match size.as_bytes().last()? {
        b'k' | b'K' => (size.get(..size.len() - 1)?, 1024),
        b'm' | b'M' => (size.get(..size.len() - 1)?, 1024 * 1024),
        _ => (size, 1),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let size = digits.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(unit)?;
    (!name.is_empty()).then_some((name, size))
}

/// Refuses zones of one name with two sizes, or in two of http, stream and mail; fragments that may be alternatives refuse nothing of
/// each other.
pub(super) fn conflicts(config: &Config<'_>, model: &mut Model) {
    let mut known: HashMap<String, (u64, Option<Module>, Place)> = HashMap::new();
    for id in 0..config.scopes.len() as ScopeId {
        let kind = config.scope(id).kind;
        if kind == Kind::Main {
            continue;
        }
        for entry in config.here(id, "ssl_session_cache").filter(|entry| !entry.conditional) {
            for (index, word) in config.units.arguments(entry.place).iter().enumerate() {
                let value = config.units.argument(entry.place, index);
                let Some((name, size)) = zone(&value).filter(|_| !word.is_templated()) else { continue };
                let earlier = known.entry(name.to_owned()).or_insert((size, kind.module(), entry.place));
                if !config.go_together(earlier.2, entry.place) {
                    continue;
                }
                let reason = if earlier.1 != kind.module() {
                    format!("the shared memory zone \"{name}\" is already declared for a different use")
                } else if earlier.0 != size {
                    format!(
                        "the size {size} of shared memory zone \"{name}\" conflicts with already declared size {}",
                        earlier.0
                    )
                } else {
                    continue;
                };
                refuse(model, config.units.word_location(entry.place, word), reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_words_and_zones_with_a_size() {
        for word in
            ["off", "none", "builtin", "builtin:1000", "shared:SSL:10m", "shared:SSL:32768", "shared:a:64k"]
        {
            assert!(is_cache(word), "{word}");
        }
        for word in
            ["on", "shared:SSL", "shared:SSL:", "shared::1m", "shared:SSL:1k", "shared:SSL:1g", "builtin:x"]
        {
            assert!(!is_cache(word), "{word}");
        }
    }
}
