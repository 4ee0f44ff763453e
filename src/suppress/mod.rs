//! Findings that a comment or the settings say not to count.
//!
//! A comment names its checks and gives its reason; there is no way to silence everything. One that silences nothing, or whose
//! day has passed, is a finding itself.

mod add;
mod comment;
mod extents;
mod places;
#[cfg(test)]
mod tests;

use crate::date::Date;
use crate::endpoint::Dialect;
use crate::files::FileTree;
use crate::finding::{Applicability, Edit, Finding, Fix, Severity, Suppression};
use crate::scope::Scopes;
use crate::settings::{self, Origin};
use crate::source::Source;
use crate::span::{FileId, Location, Span};
pub use add::{Added, add};
pub use comment::Reach;
use comment::Words;
use places::Places;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A comment that says not to count findings.
#[derive(Clone, PartialEq, Debug)]
pub struct Ignore {
    /// From `tlslint:` to the end of the comment.
    pub location: Location,
    /// Which part of the file it is about.
    pub reach: Reach,
    /// The checks that it names, with the places of their ids.
    pub checks: Vec<(String, Location)>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// The whole comment, `#` and all.
    comment: Span,
    /// The bytes that findings must start in.
    covers: Vec<Span>,
    /// What is wrong with it, as findings; then it does nothing.
    mistakes: Vec<Finding>,
}

/// Whether `reason` says nothing: a placeholder, or no words at all.
pub fn is_placeholder(reason: &str) -> bool {
    let bare: String = reason.chars().filter(|character| character.is_alphanumeric()).collect();
    let placeholders =
        ["", "todo", "fixme", "xxx", "tbd", "reason", "none", "na", "temp", "temporary", "ignore", "why"];
    placeholders.contains(&bare.to_lowercase().as_str())
}

/// The ignores of a file, in the order of the text.
pub fn ignores(dialect: Dialect, source: &Source) -> Vec<Ignore> {
    // Most files have none, and then nothing is parsed.
    if !source.text().contains("tlslint:") {
        return Vec::new();
    }
    let extents = extents::of(dialect, source);
    let read = extents.comments.iter().filter_map(|comment| {
        let words = comment::read(source.text(), *comment)?;
        Some(ignore(source, &extents, *comment, words))
    });
    read.collect()
}

fn ignore(source: &Source, extents: &extents::Extents, comment: Span, words: Words) -> Ignore {
    let at = |span| Location::new(source.id(), span);
    let mut mistakes: Vec<Finding> = words
        .mistakes
        .into_iter()
        .map(|mistake| invalid(at(mistake.span), mistake.message).help(mistake.help))
        .collect();
    let covers = covered(source, extents, comment, words.reach);
    if covers.is_empty() && mistakes.is_empty() {
        let finding = match words.reach {
            Reach::File => invalid(at(words.span), "ignore-file stands behind directives".to_owned())
                .help("move it to the top of the file"),
            Reach::Line => invalid(at(words.span), "ignore stands on a line of its own".to_owned())
                .help("write ignore-next, or put it behind the directive"),
            Reach::Next => {
                invalid(at(words.span), "no directive follows ignore-next".to_owned()).help("remove it")
            }
        };
        mistakes.push(finding);
    }
    Ignore {
        location: at(words.span),
        reach: words.reach,
        checks: words.checks.into_iter().map(|(id, span)| (id, at(span))).collect(),
        reason: words.reason,
        until: words.until,
        comment,
        covers,
        mistakes,
    }
}

fn invalid(location: Location, message: String) -> Finding {
    let mut finding =
        Finding::new("invalid-ignore", Severity::Warning, location, message).label("does nothing");
    finding.context = String::from("tlslint:");
    finding
}

/// The bytes in which findings are meant.
fn covered(source: &Source, extents: &extents::Extents, comment: Span, reach: Reach) -> Vec<Span> {
    let length = source.text().len() as u32;
    match reach {
        Reach::File => {
            let is_top = extents.statements.first().is_none_or(|statement| statement.start > comment.start);
            is_top.then(|| Span::new(0, length + 1)).into_iter().collect()
        }
        Reach::Line => {
            let line = source.line_span(source.position(comment.start).line);
            if Span::new(line.start, comment.start).of(source.text()).trim().is_empty() {
                return Vec::new();
            }
            // A directive over several lines that ends here is meant as a whole; a block that ends here is not.
            let long = extents.innermost_over(line.start).filter(|span| span.end <= comment.start);
            long.into_iter().chain([Span::new(line.start, line.end + 1)]).collect()
        }
        Reach::Next => {
            let next = extents.next(comment.start);
            next.map(|span| Span::new(span.start, span.end.max(span.start + 1))).into_iter().collect()
        }
    }
}

/// What suppressing goes by.
pub struct Context<'a> {
    /// The files.
    pub files: &'a dyn FileTree,
    /// Those whose comments are read, each with its language.
    pub read: &'a BTreeMap<FileId, Dialect>,
    /// Settings by file, and the day.
    pub scopes: &'a Scopes,
    /// Whether comments count (`--no-ignores`).
    pub comments: bool,
    /// Whether a check was run; an ignore of one that was not may be of use yet.
    pub ran: &'a dyn Fn(&str) -> bool,
}

/// Marks the findings that comments and settings say not to count, makes others milder, and adds findings about comments and
/// overrides that are wrong, past their day, or of no use. Those that the settings switch off stay, marked.
///
/// # Errors
/// Mistakes in settings around files that only includes reached.
pub fn apply(findings: &mut Vec<Finding>, context: &Context<'_>) -> Result<(), settings::Error> {
    if context.comments {
        let mut about_comments = Vec::new();
        let mut places = Places::of(findings);
        for (file, dialect) in context.read {
            let source = context.files.source(*file);
            for ignore in ignores(*dialect, &source) {
                ignore.apply(findings, &mut places, &source, context, &mut about_comments);
            }
        }
        findings.append(&mut about_comments);
    }
    for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
        level(finding, context)?;
    }
    findings.extend(expired_overrides(context));
    Ok(())
}

impl Ignore {
    fn apply(
        self,
        findings: &mut [Finding],
        places: &mut Places,
        source: &Arc<Source>,
        context: &Context<'_>,
        about: &mut Vec<Finding>,
    ) {
        if !self.mistakes.is_empty() {
            about.extend(self.mistakes);
            return;
        }
        if let Some(until) = self.until.filter(|until| *until < context.scopes.today()) {
            about.push(expired(self.location, until, &self.reason));
            return;
        }
        let mut unused = Vec::new();
        for (id, place) in &self.checks {
            let mut is_used = false;
            for covered in &self.covers {
                is_used |= places.take(self.location.file, id, *covered, |index| {
                    let Some(finding) = findings.get_mut(index) else { return };
                    finding.suppressed.get_or_insert_with(|| Suppression {
                        kind: "comment",
                        reason: self.reason.clone(),
                        until: self.until.map(|until| until.to_string()),
                    });
                });
            }
            if !is_used && (context.ran)(id) {
                unused.push((id, *place));
            }
        }
        about.extend(self.unused(&unused, source));
    }

    fn covers(&self, finding: &Finding) -> bool {
        let Location { file, span } = finding.location;
        file == self.location.file && self.covers.iter().any(|covered| covered.contains(span.start))
    }

    /// One finding for the checks that silence nothing, whose fix takes them out.
    fn unused(&self, unused: &[(&String, Location)], source: &Source) -> Option<Finding> {
        let (_, first) = unused.first()?;
        let names: Vec<&str> = unused.iter().map(|(id, _)| id.as_str()).collect();
        let all = unused.len() == self.checks.len();
        let (location, edits) = if all {
            (self.location, vec![Edit::replace(Location::new(first.file, self.whole(source)), "")])
        } else {
            (
                *first,
                unused.iter().map(|(_, place)| Edit::replace(self.without(*place, source), "")).collect(),
            )
        };
        let message = format!("nothing here to ignore for {}", names.join(", "));
        let mut finding = Finding::new("unused-ignore", Severity::Warning, location, message)
            .label("of no use")
            .help(if all { "remove the comment" } else { "remove the name" })
            .fix(Fix {
                applicability: Applicability::Safe,
                message: format!("remove {}", names.join(", ")),
                edits,
            });
        finding.context = String::from("tlslint:");
        Some(finding)
    }

    /// The comment with the blanks in front of it; its whole line where nothing else stands there.
    fn whole(&self, source: &Source) -> Span {
        let text = source.text();
        // Other words may stand in front of the mark: those stay.
        let mark = Span::new(self.comment.start, self.location.span.start).of(text);
        let hash = mark.rfind('#').unwrap_or(0) as u32 + self.comment.start;
        let line = source.line_span(source.position(hash).line);
        let before = Span::new(line.start, hash).of(text);
        let kept = line.start + before.trim_end().len() as u32;
        if kept > line.start {
            return Span::new(kept, self.location.span.end);
        }
        let rest = &text[line.end as usize..];
        let newline = if rest.starts_with("\r\n") { 2 } else { u32::from(rest.starts_with('\n')) };
        Span::new(line.start, line.end + newline)
    }

    /// A name with the comma that belongs to it.
    fn without(&self, name: Location, source: &Source) -> Location {
        let text = source.text();
        let behind = &text[name.span.end as usize..];
        let blanks = behind.len() - behind.trim_start().len();
        let rest = behind.trim_start();
        let is_first = self.checks.first().is_some_and(|(_, first)| *first == name);
        let span = if is_first && rest.starts_with(',') {
            let after = &rest[1..];
            let more = after.len() - after.trim_start().len();
            Span::new(name.span.start, name.span.end + (blanks + 1 + more) as u32)
        } else {
            let before = text[..name.span.start as usize].trim_end();
            Span::new(before.trim_end_matches(',').len() as u32, name.span.end)
        };
        Location::new(name.file, span)
    }
}

fn expired(location: Location, until: Date, reason: &str) -> Finding {
    let message = format!("held until {until} and holds no longer: {reason}");
    let mut finding = Finding::new("expired-ignore", Severity::Error, location, message)
        .label("past its day")
        .help("mend what it ignores, or give it another day with its reason");
    finding.context = String::from("tlslint:");
    finding
}

/// Gives a finding the level that the settings around its file say.
fn level(finding: &mut Finding, context: &Context<'_>) -> Result<(), settings::Error> {
    let source = context.files.source(finding.location.file);
    let scope = context.scopes.of(source.path())?;
    let Some(level) = scope.settings.level(finding.check, source.path(), context.scopes.today()) else {
        return Ok(());
    };
    match level.severity {
        Some(severity) => finding.severity = severity,
        None => {
            finding.suppressed = Some(Suppression {
                kind: "settings",
                reason: level.reason.to_owned(),
                until: level.until.map(|until| until.to_string()),
            });
        }
    }
    Ok(())
}

fn expired_overrides(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scope in context.scopes.all() {
        for over in scope.settings.expired(context.scopes.today()) {
            let (Origin::File { path, span, .. }, Some(until)) = (&over.origin, over.value.until) else {
                continue;
            };
            let Ok(source) = context.files.read(path) else { continue };
            findings.push(expired(Location::new(source.id(), *span), until, &over.value.reason));
        }
    }
    findings
}

/// The checks that this part of the program reports; the others come from endpoints and observations.
pub const CHECKS: [&str; 3] = ["expired-ignore", "invalid-ignore", "unused-ignore"];

#[cfg(test)]
#[test]
fn own_checks_exist() {
    assert!(CHECKS.iter().all(|id| crate::checks::find(id).is_some()));
}
