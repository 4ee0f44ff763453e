//! The expressions of `.if` and `.elif` (src/cfgcond.c): numbers, predicates, `!`, `&&`, `||` and parentheses.

use super::predicate::{self, Facts};
use crate::target::Release;

/// The expression does not parse or cannot be evaluated; HAProxy refuses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unparsable;

/// What a part of an expression comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Truth {
    /// It parses, but stops HAProxy where it is evaluated.
    Failing,
    No,
    /// The target does not tell.
    Unknown,
    Yes,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

/// Evaluates an expression; `Ok(None)` where the target does not tell.
///
/// # Errors
/// When HAProxy would refuse it.
pub(super) fn evaluate(expression: &str, facts: Facts<'_>) -> Result<Option<bool>, Unparsable> {
    if expression.is_empty() {
        return Ok(Some(false));
    }
    let truth = if facts.release.is_some_and(|release| release < OPERATORS_SINCE) {
        single(expression, facts)?
    } else {
        let mut parser = Parser { rest: expression, facts };
        let truth = parser.alternatives(DEEPEST)?;
        if !parser.rest.trim_start_matches(is_blank).is_empty() {
            return Err(Unparsable);
        }
        truth
    };
    match truth {
        Truth::Failing => Err(Unparsable),
        Truth::No => Ok(Some(false)),
        Truth::Unknown => Ok(None),
        Truth::Yes => Ok(Some(true)),
    }
}

/// The first release whose expressions have operators.
const OPERATORS_SINCE: Release = Release::new(2, 5, 0);

/// How deep expressions nest: every operator and every parenthesis takes a share (`MAX_CFG_RECURSION`).
const DEEPEST: u32 = 1024;

/// An expression of 2.4: a number, or one predicate, of whose line nothing more is read.
fn single(expression: &str, facts: Facts<'_>) -> Result<Truth, Unparsable> {
    let word = expression.split(' ').next().unwrap_or_default();
    match number(word) {
        Some((value, "")) => Ok(value.into()),
        _ => predicate::evaluate(word, facts).map(|(truth, _)| truth),
    }
}

struct Parser<'a> {
    rest: &'a str,
    facts: Facts<'a>,
}

impl Parser<'_> {
    fn skip(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start_matches(is_blank);
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest).trim_start_matches(is_blank);
        after.is_some()
    }

    /// `a || b`: HAProxy stops at the first that holds.
    fn alternatives(&mut self, mut depth: u32) -> Result<Truth, Unparsable> {
        let mut value = Truth::No;
        loop {
            let next = self.conjunction(depth.checked_sub(1).ok_or(Unparsable)?)?;
            value = match (value, next) {
                (Truth::No, next) => next,
                (Truth::Unknown, Truth::Yes) => Truth::Yes,
                (value, _) => value,
            };
            if !self.skip("||") {
                return Ok(value);
            }
            depth -= 1;
        }
    }

    /// `a && b`: HAProxy stops at the first that does not hold.
    fn conjunction(&mut self, mut depth: u32) -> Result<Truth, Unparsable> {
        let mut value = Truth::Yes;
        loop {
            let next = self.term(depth.checked_sub(1).ok_or(Unparsable)?)?;
            value = match (value, next) {
                (Truth::Yes, next) => next,
                (Truth::Unknown, Truth::No) => Truth::No,
                (value, _) => value,
            };
            if !self.skip("&&") {
                return Ok(value);
            }
            depth -= 1;
        }
    }

    fn term(&mut self, depth: u32) -> Result<Truth, Unparsable> {
        if depth == 0 {
            return Err(Unparsable);
        }
        let mut is_negated = false;
        while self.skip("!") {
            is_negated = !is_negated;
        }
        let truth = self.atom(depth)?;
        Ok(match truth {
            Truth::No if is_negated => Truth::Yes,
            Truth::Yes if is_negated => Truth::No,
            truth => truth,
        })
    }

    fn atom(&mut self, depth: u32) -> Result<Truth, Unparsable> {
        if let Some((value, rest)) = number(self.rest) {
            self.rest = rest;
            return Ok(value.into());
        }
        if self.skip("(") {
            let truth = self.alternatives(depth - 1)?;
            return if self.skip(")") { Ok(truth) } else { Err(Unparsable) };
        }
        let (truth, rest) = predicate::evaluate(self.rest, self.facts)?;
        self.rest = rest;
        Ok(truth)
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether the number that `text` starts with is other than 0, and what follows it; as `strtol` reads numbers in base 0.
fn number(text: &str) -> Option<(bool, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let (digits, base) = match hexadecimal.filter(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit())) {
        Some(digits) => (digits, 16),
        None if unsigned.starts_with('0') => (unsigned, 8),
        None => (unsigned, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    (!digits.is_empty()).then(|| (digits.contains(|c| c != '0'), rest))
}

#[cfg(test)]
mod tests {
    use super::super::words::Environment;
    use super::*;
    use std::collections::BTreeMap;

    #[track_caller]
    fn check_on(release: &str, expression: &str, expected: Result<Option<bool>, Unparsable>) {
        let mut environment = Environment::default();
        environment.set("SET", "1");
        let variables = BTreeMap::new();
        let facts = Facts {
            release: Release::parse(release),
            library: Some(Release::new(3, 5, 0)),
            features: None,
            environment: &environment,
            variables: &variables,
        };
        assert_eq!(evaluate(expression, facts), expected, "{expression}");
    }

    #[track_caller]
    fn check(expression: &str, expected: Result<Option<bool>, Unparsable>) {
        check_on("3.0.11", expression, expected);
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
        check("1 1", Err(Unparsable));
        check("1 ||", Err(Unparsable));
        check("(1", Err(Unparsable));
        check("!", Err(Unparsable));
        check(" ", Err(Unparsable));
        check("defined (SET)", Err(Unparsable));
        check(&"(".repeat(10_000), Err(Unparsable));
    }

    #[test]
    fn the_depth_is_limited() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        check(&nested(340), Ok(Some(true)));
        check(&nested(341), Err(Unparsable));
        check(&["1"; 1022].join("&&"), Ok(Some(true)));
        check(&["1"; 1023].join("&&"), Err(Unparsable));
        check(&["0"; 1022].join("||"), Ok(Some(false)));
        check(&["0"; 1023].join("||"), Err(Unparsable));
    }

    #[test]
    fn what_is_not_evaluated_fails_nothing() {
        check("1 || openssl_version_atleast(x)", Ok(Some(true)));
        check("0 && openssl_version_atleast(x)", Ok(Some(false)));
        check("0 || openssl_version_atleast(x)", Err(Unparsable));
        check("!openssl_version_atleast(x)", Err(Unparsable));
    }

    #[test]
    fn numbers_are_those_of_c() {
        check("-0x0f", Ok(Some(true)));
        check("+00", Ok(Some(false)));
        check("08", Err(Unparsable));
        check("0x", Err(Unparsable));
        check("99999999999999999999999", Ok(Some(true)));
        check("1&&0", Ok(Some(false)));
    }

    #[test]
    fn operators_came_with_2_5() {
        check_on("2.4.30", "!0", Err(Unparsable));
        check_on("2.4.30", "defined(SET) && 0", Ok(Some(true)));
        check_on("2.4.30", "1", Ok(Some(true)));
        check_on("2.6.12", "strstr(abc,b)", Err(Unparsable));
        check_on("3.0.11", "strstr(abc,b)", Ok(Some(true)));
    }
}
