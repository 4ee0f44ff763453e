//! The expressions of `.if` and `.elif` (src/cfgcond.c), as far as the target answers them.

use super::words::Environment;
use crate::target::Release;
use std::collections::BTreeMap;

/// What an expression may ask about.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) release: Option<Release>,
    /// OpenSSL's release.
    pub(super) library: Option<Release>,
    pub(super) environment: &'a Environment,
    pub(super) variables: &'a BTreeMap<String, String>,
    /// Whether the target is fixed: then a variable that nothing sets counts as not set.
    pub(super) is_fixed: bool,
}

/// The expression does not parse; HAProxy refuses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unparsable;

/// Evaluates an expression; `Ok(None)` where the target does not tell.
///
/// # Errors
/// When HAProxy would refuse it.
pub(super) fn evaluate(expression: &str, facts: Facts<'_>) -> Result<Option<bool>, Unparsable> {
    let expression = expression.trim();
    if expression.is_empty() {
        return Ok(Some(false));
    }
    let mut parser = Parser { rest: expression, facts, depth: 0 };
    let value = parser.alternatives()?;
    if parser.rest.trim().is_empty() { Ok(value) } else { Err(Unparsable) }
}

/// The deepest nesting of parentheses that is followed (`MAX_CFG_RECURSION` is far above what people write).
const DEEPEST: u32 = 64;

struct Parser<'a> {
    rest: &'a str,
    facts: Facts<'a>,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn skip(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// `a || b`: true wins over unknown.
    fn alternatives(&mut self) -> Result<Option<bool>, Unparsable> {
        let mut value = self.conjunction()?;
        while self.skip("||") {
            let next = self.conjunction()?;
            value = match (value, next) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Ok(value)
    }

    /// `a && b`: false wins over unknown.
    fn conjunction(&mut self) -> Result<Option<bool>, Unparsable> {
        let mut value = self.term()?;
        while self.skip("&&") {
            let next = self.term()?;
            value = match (value, next) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Ok(value)
    }

    fn term(&mut self) -> Result<Option<bool>, Unparsable> {
        let mut negated = false;
        while self.skip("!") {
            negated = !negated;
        }
        let value = if self.skip("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(Unparsable);
            }
            let value = self.alternatives()?;
            self.depth -= 1;
            if !self.skip(")") {
                return Err(Unparsable);
            }
            value
        } else {
            self.atom()?
        };
        Ok(value.map(|value| value != negated))
    }

    fn atom(&mut self) -> Result<Option<bool>, Unparsable> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).ok_or(Unparsable)?;
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            self.rest = rest;
            return word.parse::<u64>().map(|number| Some(number != 0)).map_err(|_| Unparsable);
        }
        self.rest = rest;
        let arguments =
            if word == "fips_mode" && !self.rest.starts_with('(') { Vec::new() } else { self.arguments()? };
        self.predicate(word, &arguments)
    }

    fn arguments(&mut self) -> Result<Vec<&'a str>, Unparsable> {
        let inside = self.rest.strip_prefix('(').ok_or(Unparsable)?;
        let (inside, rest) = inside.split_once(')').ok_or(Unparsable)?;
        self.rest = rest;
        Ok(inside.split(',').map(|argument| argument.trim().trim_matches(['"', '\''])).collect())
    }

    fn predicate(&self, name: &str, arguments: &[&str]) -> Result<Option<bool>, Unparsable> {
        let facts = self.facts;
        let at_least = |release: Option<Release>, text: &str| {
            let asked = version(text).ok_or(Unparsable)?;
            Ok(release.map(|release| release >= asked))
        };
        match (name, arguments) {
            ("defined", [variable]) => Ok(self.is_defined(variable)),
            ("feature", [feature]) => Ok(has_feature(feature)),
            ("streq", [a, b]) => Ok(Some(a == b)),
            ("strneq", [a, b]) => Ok(Some(a != b)),
            ("strstr", [a, b]) => Ok(Some(a.contains(b))),
            ("version_atleast", [text]) => at_least(facts.release, text),
            ("version_before", [text]) => Ok(at_least(facts.release, text)?.map(|value| !value)),
            ("openssl_version_atleast", [text]) => at_least(facts.library, text),
            ("openssl_version_before", [text]) => Ok(at_least(facts.library, text)?.map(|value| !value)),
            ("ssllib_name_startswith", [text]) => Ok(facts.library.map(|_| "OpenSSL".starts_with(text))),
            ("awslc_api_atleast" | "awslc_api_before" | "enabled", [_]) | ("fips_mode", _) => Ok(None),
            _ => Err(Unparsable),
        }
    }

    fn is_defined(&self, variable: &str) -> Option<bool> {
        let set =
            self.facts.environment.value(variable).is_some() || self.facts.variables.contains_key(variable);
        // HAProxy sets these itself (src/haproxy.c).
        let own = ["HAPROXY_LOCALPEER", "HAPROXY_CFGFILES", "HAPROXY_HTTP_LOG_FMT", "HAPROXY_TCP_LOG_FMT"];
        if set || own.contains(&variable) {
            return Some(true);
        }
        self.facts.is_fixed.then_some(false)
    }
}

/// Features that every build with TLS on Linux has; the others depend on the build.
fn has_feature(name: &str) -> Option<bool> {
    match name {
        "EPOLL" | "OPENSSL" | "POLL" | "THREAD" => Some(true),
        "BORINGSSL" | "KQUEUE" | "OPENSSL_AWSLC" | "OPENSSL_WOLFSSL" => Some(false),
        _ => None,
    }
}

/// `2.5`, `2.5-dev0`, `1.1.1k`: the numbers, missing ones as 0.
fn version(text: &str) -> Option<Release> {
    let mut numbers = [0; 3];
    for (slot, part) in numbers.iter_mut().zip(text.split(['.', '-'])) {
        let digits =
            part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| part.get(..end).unwrap_or(part));
        match digits.parse() {
            Ok(number) => *slot = number,
            Err(_) if part.starts_with("dev") => break,
            Err(_) => return None,
        }
    }
    Some(Release(numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: Result<Option<bool>, Unparsable>) {
        let mut environment = Environment::default();
        environment.set("SET", "1");
        let variables = BTreeMap::new();
        let (release, library) = (Release::parse("3.0.11"), Some(Release::new(3, 5, 9)));
        let facts =
            Facts { release, library, environment: &environment, variables: &variables, is_fixed: true };
        assert_eq!(evaluate(expression, facts), expected, "{expression}");
    }

    #[test]
    fn predicates_are_answered_for_the_target() {
        check("version_atleast(2.9)", Ok(Some(true)));
        check("version_before(3.0-dev2)", Ok(Some(false)));
        check("openssl_version_atleast(3.6.0)", Ok(Some(false)));
        check("defined(SET)", Ok(Some(true)));
        check("defined(NOT_SET)", Ok(Some(false)));
        check("feature(OPENSSL)", Ok(Some(true)));
        check("feature(LUA)", Ok(None));
        check("streq(\"a\",a)", Ok(Some(true)));
        check("0", Ok(Some(false)));
        check("", Ok(Some(false)));
    }

    #[test]
    fn operators_know_of_unknowns() {
        check("feature(LUA) && 0", Ok(Some(false)));
        check("feature(LUA) || 1", Ok(Some(true)));
        check("!feature(LUA) && 1", Ok(None));
        check("!(0 || !1) && version_atleast(2.4)", Ok(Some(true)));
    }

    #[test]
    fn nonsense_is_refused() {
        check("nonsense", Err(Unparsable));
        check("version_atleast(x)", Err(Unparsable));
        check("1 1", Err(Unparsable));
        check(&"(".repeat(10_000), Err(Unparsable));
    }
}
