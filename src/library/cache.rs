//! Expansions that were asked for before.

use super::{Choice, Expansion, Parser};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

/// Longer strings are rare and would be kept for nothing.
const LONGEST: usize = 4096;

/// A long-lived editor session must not grow for ever.
const MOST: usize = 4096;

type Expansions = HashMap<(Choice, Parser), HashMap<Box<str>, Arc<Expansion>>>;

/// The expansion of `string`, worked out once.
pub(super) fn expansion(
    choice: Choice,
    string: &str,
    parser: Parser,
    work_out: impl FnOnce() -> Expansion,
) -> Arc<Expansion> {
    static EXPANSIONS: OnceLock<RwLock<Expansions>> = OnceLock::new();
    if string.len() > LONGEST {
        return Arc::new(work_out());
    }
    let expansions = EXPANSIONS.get_or_init(RwLock::default);
    let known = expansions.read().ok().and_then(|all| all.get(&(choice, parser))?.get(string).cloned());
    if let Some(known) = known {
        return known;
    }
    let expansion = Arc::new(work_out());
    // A poisoned lock only means that another thread's panic left the cache as it was: go on without it.
    if let Ok(mut all) = expansions.write() {
        let strings = all.entry((choice, parser)).or_default();
        if strings.len() >= MOST {
            strings.clear();
        }
        strings.insert(string.into(), Arc::clone(&expansion));
    }
    expansion
}
