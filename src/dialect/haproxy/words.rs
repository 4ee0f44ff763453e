//! From words as written to arguments as HAProxy sees them: variables and placeholders replaced.

use crate::budget::{Budget, Resource};
use crate::setting::Unknown;
use crate::span::{FileId, Location, Span};
use crate::syntax::haproxy::{Line, Part, Variable, Word};
use crate::target::Release;
use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One argument of a line.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    /// Where the word stands.
    pub(super) location: Location,
    /// What HAProxy makes of it.
    pub(super) value: Result<Text, Arc<Unknown>>,
}

impl Argument {
    /// The value, where it is known.
    pub(super) fn text(&self) -> Option<&str> {
        self.value.as_ref().ok().map(Text::as_str)
    }

    /// Appends `other`; the whole is unknown where either is.
    fn join(&mut self, other: Self) {
        self.location.span = self.location.span.cover(other.location.span);
        match (&mut self.value, other.value) {
            (Ok(text), Ok(more)) => text.push_text(&more),
            (value @ Ok(_), unknown @ Err(_)) => *value = unknown,
            (Err(_), _) => {}
        }
    }

    /// Whether it is known to be `word`.
    pub(super) fn is(&self, word: &str) -> bool {
        self.text() == Some(word)
    }
}

/// The environment, as far as the configuration sets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// Values of variables that were set; `None` for those that were taken away.
    values: BTreeMap<String, Option<String>>,
    /// The only variables that were left where all others were taken away.
    kept: Option<Vec<String>>,
    /// Variables of which a condition decides what they are.
    doubtful: BTreeSet<String>,
}

/// What replaces variables and placeholders.
#[derive(Clone, Copy)]
pub(super) struct Replacer<'a> {
    pub(super) environment: &'a Environment,
    pub(super) variables: &'a BTreeMap<String, String>,
    /// What the root may take.
    pub(super) budget: &'a Budget,
    /// The release, where the target names one: then `${X}` outside double quotes is the text that it sees.
    pub(super) release: Option<Release>,
    /// Whether the file holds other placeholders, so that `${X}` is one too.
    pub(super) is_templated: bool,
}

impl Environment {
    /// Leaves open what a variable is: a condition decides that the target does not answer.
    pub(super) fn doubt(&mut self, name: &str) {
        self.doubtful.insert(name.to_owned());
    }

    /// Whether it is open what the variable is.
    pub(super) fn is_doubtful(&self, name: &str) -> bool {
        self.doubtful.contains(name)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.doubtful.remove(name);
        self.values.insert(name.to_owned(), Some(value.to_owned()));
    }

    pub(super) fn set_default(&mut self, name: &str, value: &str) {
        if self.value(name).is_none() && !self.is_doubtful(name) {
            self.set(name, value);
        }
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.doubtful.remove(name);
        self.values.insert(name.to_owned(), None);
    }

    /// Takes away all variables but those in `kept`.
    pub(super) fn reset(&mut self, kept: &[&str]) {
        self.values.retain(|name, _| kept.contains(&name.as_str()));
        let stays =
            |name: &&&str| self.kept.as_ref().is_none_or(|before| before.iter().any(|old| old == **name));
        self.kept = Some(kept.iter().filter(stays).map(|name| (*name).to_owned()).collect());
    }

    /// The value of a variable that the configuration sets.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).filter(|_| !self.is_doubtful(name))?.as_deref()
    }

    /// Whether the configuration took the variable away.
    fn is_unset(&self, name: &str) -> bool {
        if self.is_doubtful(name) {
            return false;
        }
        match self.values.get(name) {
            Some(value) => value.is_none(),
            None => self.kept.as_ref().is_some_and(|kept| !kept.iter().any(|other| other == name)),
        }
    }
}

/// What keeps a release from reading the line although later ones read it, and where.
pub(super) fn unreadable(line: &Line, release: Release) -> Option<(Span, String)> {
    let variables = line.words.iter().flat_map(|word| &word.parts).filter_map(|part| match part {
        Part::Variable(variable) => Some(variable),
        Part::Placeholder(_) | Part::Template(_) | Part::Text(_) => None,
    });
    variables.into_iter().find_map(|variable| {
        let (reason, what, since) = if variable.name.starts_with('.') {
            ("forbidden first character in environment variable name", "HAProxy's own variables are", "2.4")
        } else if variable.splits {
            ("unmatched brace in environment variable name", "[*] is", "2.3")
        } else if variable.default.is_some() {
            ("unmatched brace in environment variable name", "a default value is", "2.5")
        } else {
            return None;
        };
        let is_late = Release::parse(since).is_some_and(|since| release.0[..2] < since.0[..2]);
        is_late.then(|| (variable.span, format!("{reason}: {what} known since {since}")))
    })
}

impl Replacer<'_> {
    /// The arguments of a line; an empty one ends them, as it ends HAProxy's loops.
    pub(super) fn arguments(&self, file: FileId, line: &Line) -> Vec<Argument> {
        let mut arguments = self.words(file, line);
        let end = arguments.iter().position(|argument| argument.is("")).unwrap_or(arguments.len());
        arguments.truncate(end);
        arguments
    }

    /// The words of a line, replaced.
    pub(super) fn words(&self, file: FileId, line: &Line) -> Vec<Argument> {
        let mut words: Vec<Argument> = Vec::new();
        let mut is_joined = false;
        for word in &line.words {
            let pieces = self.pieces(file, word);
            let mut pieces = pieces.into_iter();
            if is_joined && let (Some(last), Some(first)) = (words.last_mut(), pieces.next()) {
                last.join(first);
            }
            words.extend(pieces);
            is_joined = self.joins_next(word);
        }
        words
    }

    /// An address, in which HAProxy replaces variables outside quotes as well (`env_expand` in str2sa_range).
    pub(super) fn address(&self, file: FileId, word: &Word) -> Argument {
        let mut replaced =
            self.pieces(file, word).into_iter().next().unwrap_or_else(|| empty(file, word.span));
        let Some(text) = replaced.text() else { return replaced };
        if text.contains('$') {
            replaced.value = self.expand(text, replaced.location);
        }
        replaced
    }

    fn expand(&self, text: &str, location: Location) -> Result<Text, Arc<Unknown>> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, after) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
                Some(split) => split,
                None => after.split_at(
                    after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()),
                ),
            };
            let value = self.look_up(name).ok_or_else(|| from_environment(name, location))?;
            if !self.budget.take(Resource::VariableBytes, value.len() as u64, location) {
                let why = format!("there is no room for the variable {name}");
                return Err(Arc::new(Unknown { at: Some(location), why }));
            }
            out.push_str(value);
            rest = after;
        }
        out.push_str(rest);
        Ok(Text::replaced(out, location))
    }

    fn look_up(&self, name: &str) -> Option<&str> {
        if self.environment.is_unset(name) {
            return Some("");
        }
        self.environment.value(name).or_else(|| self.variables.get(name).map(String::as_str))
    }

    /// Whether the word goes on with the next one: from 2.9 to 3.2 a variable that is not set takes its closing quote and the
    /// blanks behind it along (`parse_line` in src/tools.c).
    fn joins_next(&self, word: &Word) -> bool {
        let joins = Release::new(2, 9, 0)..Release::new(3, 3, 0);
        let Some(Part::Variable(variable)) = word.parts.last() else { return false };
        self.release.is_some_and(|release| joins.contains(&release))
            && variable.default.is_none()
            && variable.span.end + 1 == word.span.end
            && self.environment.is_unset(&variable.name)
    }

    /// A word, or several where a variable splits it.
    fn pieces(&self, file: FileId, word: &Word) -> Vec<Argument> {
        let location = Location::new(file, word.span);
        let mut pieces = Vec::new();
        let mut text = Text::default();
        for part in &word.parts {
            let value = match part {
                Part::Text(part) => {
                    text.push_text(part);
                    continue;
                }
                Part::Placeholder(placeholder) => self.placeholder(file, placeholder, word),
                Part::Variable(variable) => self.taken(file, variable),
                Part::Template(span) => {
                    let at = Some(Location::new(file, *span));
                    Err(Arc::new(Unknown { at, why: "a template fills it in".to_owned() }))
                }
            };
            let (value, at) = match value {
                Ok(known) => known,
                Err(unknown) => {
                    pieces.push(Argument { location, value: Err(unknown) });
                    return pieces;
                }
            };
            if !matches!(part, Part::Variable(variable) if variable.splits) {
                text.push_replaced(&value, at);
                continue;
            }
            let mut rest = value.as_str();
            while let Some((piece, after)) = rest.split_once(|c: char| c.is_ascii_whitespace()) {
                text.push_replaced(piece, at);
                pieces.push(Argument { location, value: Ok(std::mem::take(&mut text)) });
                rest = after.trim_ascii_start();
            }
            text.push_replaced(rest, at);
        }
        pieces.push(Argument { location, value: Ok(text) });
        pieces
    }

    /// The value of a variable, which is taken from the budget each time that it is used.
    fn taken(&self, file: FileId, variable: &Variable) -> Result<(String, Location), Arc<Unknown>> {
        let at = Location::new(file, variable.span);
        let value = self.variable(variable).ok_or_else(|| from_environment(&variable.name, at))?;
        if !self.budget.take(Resource::VariableBytes, value.len() as u64, at) {
            let why = format!("there is no room for the variable {}", variable.name);
            return Err(Arc::new(Unknown { at: Some(at), why }));
        }
        Ok((value.to_owned(), at))
    }

    fn variable<'v>(&'v self, variable: &'v Variable) -> Option<&'v str> {
        let default = variable.default.as_ref().map(Text::as_str);
        let is_unset = self.environment.is_unset(&variable.name);
        default.filter(|_| is_unset).or_else(|| self.look_up(&variable.name)).or(default)
    }

    /// `${X}` outside double quotes, `@X@`.
    fn placeholder(
        &self,
        file: FileId,
        text: &Text,
        word: &Word,
    ) -> Result<(String, Location), Arc<Unknown>> {
        let location = text.location().unwrap_or(Location::new(file, word.span));
        let written = text.as_str();
        let name = written.trim_matches(['$', '{', '}', '@']);
        if let Some(value) = self.variables.get(name) {
            return Ok((value.clone(), location));
        }
        let is_text = written.starts_with('$') && self.release.is_some() && !self.is_templated;
        if is_text {
            return Ok((written.to_owned(), location));
        }
        let why = if written.starts_with('$') {
            format!("HAProxy itself replaces {written} only inside double quotes; something before it may")
        } else {
            format!("{written} is filled in before HAProxy reads it")
        };
        Err(Arc::new(Unknown { at: Some(location), why }))
    }
}

fn from_environment(name: &str, location: Location) -> Arc<Unknown> {
    Arc::new(Unknown { at: Some(location), why: format!("the environment variable {name} holds it") })
}

fn empty(file: FileId, span: Span) -> Argument {
    Argument { location: Location::new(file, span), value: Ok(Text::default()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a line after `unsetenv GONE`, `setenv SET val` and `setenv SPACED " a  b"`, as `haproxy -dC` of the release prints
    /// them; a word that the configuration does not decide is `?`.
    #[track_caller]
    fn check(release: &str, line: &str, expected: &[&str]) {
        let mut environment = Environment::default();
        environment.set("SET", "val");
        environment.set("SPACED", " a  b");
        environment.unset("GONE");
        let parsed = crate::syntax::haproxy::parse(FileId(0), line);
        let release = Release::parse(release);
        let variables = BTreeMap::new();
        let replacer = Replacer {
            environment: &environment,
            variables: &variables,
            budget: &Budget::default(),
            release,
            is_templated: false,
        };
        let words = parsed.tree.lines.iter().flat_map(|line| replacer.words(FileId(0), line));
        let words: Vec<_> = words.map(|word| word.text().unwrap_or("?").to_owned()).collect();
        assert_eq!(words, expected, "{line}");
    }

    #[test]
    fn variables_are_replaced_inside_double_quotes() {
        check("3.0.11", r#"bind "$SET" "${SET}x" $SET '$SET'"#, &["bind", "val", "valx", "$SET", "$SET"]);
        check("3.0.11", r#""${GONE-a b}" "${SET-a}" "${ELSE-c}""#, &["a b", "val", "c"]);
        check("3.0.11", r#"a "x$ELSE" b"#, &["a", "?", "b"]);
    }

    #[test]
    fn values_split_where_asked() {
        check("3.0.11", r#"a "x${SPACED[*]}y" b"#, &["a", "x", "a", "by", "b"]);
        check("3.0.11", r#""${SPACED}""#, &[" a  b"]);
    }

    #[test]
    fn a_variable_that_is_not_set_takes_blanks_along_from_2_9_to_3_2() {
        let line = r#"bind "$GONE" ssl"#;
        check("2.6.12", line, &["bind", "", "ssl"]);
        check("3.0.11", line, &["bind", "ssl"]);
        check("3.2.26", line, &["bind", "ssl"]);
        check("3.3.0", line, &["bind", "", "ssl"]);
        check("3.0.11", r#"a"$GONE" "$GONE"  b"#, &["ab"]);
        check("3.0.11", r#"a "${GONE}"b "x$GONE""#, &["a", "b", "x"]);
        check("3.0.11", r#"a "${GONE-}" b"#, &["a", "", "b"]);
    }

    #[test]
    fn variables_are_taken_away_and_kept() {
        let mut environment = Environment::default();
        environment.set("A", "1");
        environment.set("B", "1");
        environment.reset(&["A", "OUTSIDE"]);
        assert_eq!(environment.value("A"), Some("1"));
        assert!(
            environment.is_unset("B") && environment.is_unset("ELSE") && !environment.is_unset("OUTSIDE")
        );
        environment.set_default("B", "2");
        environment.reset(&["B"]);
        assert_eq!(environment.value("B"), Some("2"));
        assert!(environment.is_unset("A") && environment.is_unset("OUTSIDE"));
    }

    #[test]
    fn later_syntax_is_unreadable_before() {
        let first = |line: &str, release: &str| {
            let parsed = crate::syntax::haproxy::parse(FileId(0), line);
            unreadable(&parsed.tree.lines[0], Release::parse(release).unwrap()).map(|(span, _)| span.start)
        };
        assert_eq!(first(r#"a "${X-b}""#, "2.4.30"), Some(3));
        assert_eq!(first(r#"a "${X-b}""#, "2.5.0"), None);
        assert_eq!(first(r#"a "${X[*]}""#, "2.2.9"), Some(3));
        assert_eq!(first(r#"a "$.LINE""#, "2.3.0"), Some(3));
        assert_eq!(first(r#"a "$.LINE $X""#, "2.4.0"), None);
    }
}
