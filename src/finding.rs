//! One diagnostic, free of any output format.

use crate::printable::printable;
use crate::span::{FileId, Location, Span};
use std::borrow::Cow;
use std::fmt;

/// How much a finding matters, mildest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be changed.
    Warning,
    /// Must be changed.
    Error,
}

impl Severity {
    /// The word in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity that `name` means.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|severity| severity.name() == name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One diagnostic.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The check's id.
    pub check: &'static str,
    /// How much it matters, policy and settings considered.
    pub severity: Severity,
    /// One line, without a full stop; names what is wrong and what it is held against.
    pub message: String,
    /// A few words for under the caret.
    pub label: String,
    /// The bytes at fault.
    pub location: Location,
    /// Further places at fault, in the order of the text, where one cause has several.
    pub marks: Vec<Mark>,
    /// What it comes from, where others may come from the same; findings of one cause are told as one.
    pub cause: Option<Box<Cause>>,
    /// Other places that matter: the include, the inheriting block, the default that is overridden.
    pub related: Vec<Related>,
    /// What to write instead.
    pub help: Option<String>,
    /// The requirement that is broken.
    pub policy: Option<Citation>,
    /// The endpoints it reaches, in the order of the files.
    pub endpoints: Vec<String>,
    /// The files that those endpoints are written in, each once.
    pub reaches: Vec<FileId>,
    /// Facts for machines: `suites`, `protocols`, …
    pub data: Vec<(&'static str, Vec<String>)>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// The directive and its context without positions, for fingerprints that survive moved lines: `server/ssl_ciphers`.
    pub context: String,
    /// The renderings of a template in which it holds, as bits (`worlds::Renderings`), while its root is judged; all bits elsewhere.
    pub renderings: u64,
    /// When it holds, in words, where it holds in some renderings of a template alone: at least one of these; empty for always.
    pub when: Vec<String>,
    /// The releases that it holds on, where it holds on some of those that no target excludes: `nginx before 1.29.2`.
    pub releases: Option<&'static str>,
    /// Why it is not counted, where a comment, a setting or a baseline says so.
    pub suppressed: Option<Suppression>,
}

/// A further place at fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The bytes.
    pub location: Location,
    /// A few words for under the caret; empty where the bytes say it themselves.
    pub label: String,
    /// As [`Finding::context`], for this place.
    pub context: String,
}

/// What several findings may come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// What it is.
    pub origin: Origin,
    /// What is at fault by name: suites, versions, hosts.
    pub subjects: Vec<String>,
    /// What many subjects are called: `suites of ssl_ciphers`.
    pub noun: String,
    /// What stands in front of one subject and behind it.
    pub one: [String; 2],
    /// What stands in front of several and behind them.
    pub many: [String; 2],
    /// Why it is so, where that differs from place to place.
    pub why: Option<String>,
}

/// What one thing that somebody would change findings come from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// A certificate, by its bytes and what is wrong with it.
    Certificate(String),
    /// A default that holds throughout a file.
    Default(FileId),
    /// A setting by its place.
    Setting(Location),
}

/// What the place of an include is told as.
pub const INCLUDED: &str = "included here";

/// Another place that matters to a finding.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What is there, as a label.
    pub message: String,
}

/// The requirement of a policy that a finding cites.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Citation {
    /// The policy's id with its version.
    pub policy: String,
    /// The requirement's place in the policy: `suites.others`.
    pub requirement: String,
    /// RFC 2119 word, upper case.
    pub strength: String,
    /// Why it is required, in the policy's words.
    pub why: String,
    /// The document behind it.
    pub source: String,
    /// Whether something in the policy was not checked against its source.
    pub unverified: bool,
}

/// Whether an edit can be made without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applicability {
    /// Approved suites do not shrink and the server still starts.
    Safe,
    /// Anything else.
    Unsafe,
}

/// An edit that mends a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// Whether it can be made without asking.
    pub applicability: Applicability,
    /// What it does, as an imperative clause: `remove AES128-SHA`.
    pub message: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// A replacement of bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Edit {
    /// The bytes to replace; empty to insert.
    pub location: Location,
    /// What to put there.
    pub text: String,
}

/// Why a finding is not counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppression {
    /// `comment`, `settings` or `baseline`.
    pub kind: &'static str,
    /// The reason that was given.
    pub reason: String,
    /// The day after which it no longer counts, as `YYYY-MM-DD`.
    pub until: Option<String>,
}

impl Finding {
    /// Makes every text that is told one line, whatever the words that it quotes hold: values may have ends of lines in quotes.
    pub fn on_one_line(&mut self) {
        let related = self.related.iter_mut().map(|one| &mut one.message);
        let fix = self.fix.iter_mut().map(|fix| &mut fix.message);
        let own = [&mut self.message, &mut self.label].into_iter();
        for text in own.chain(&mut self.help).chain(&mut self.endpoints).chain(related).chain(fix) {
            if let Cow::Owned(line) = printable(text) {
                *text = line;
            }
        }
    }

    /// A finding with nothing but what it must have.
    pub fn new(
        check: &'static str,
        severity: Severity,
        location: Location,
        message: impl Into<String>,
    ) -> Self {
        Self {
            check,
            severity,
            message: message.into(),
            label: String::new(),
            location,
            marks: Vec::new(),
            cause: None,
            related: Vec::new(),
            help: None,
            policy: None,
            endpoints: Vec::new(),
            reaches: Vec::new(),
            data: Vec::new(),
            fix: None,
            context: String::new(),
            renderings: u64::MAX,
            when: Vec::new(),
            releases: None,
            suppressed: None,
        }
    }

    /// Every place at fault with the words for under its caret, the first first.
    pub fn places(&self) -> impl Iterator<Item = (Location, &str)> {
        let marks = self.marks.iter().map(|mark| (mark.location, mark.label.as_str()));
        std::iter::once((self.location, self.label.as_str())).chain(marks)
    }

    /// The words for under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn related(mut self, location: Location, message: impl Into<String>) -> Self {
        self.related.push(Related { location, message: message.into() });
        self
    }

    /// The line that says what to write.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The finding once for each of its places, as if it had that one alone.
    pub fn each_place(&self) -> impl Iterator<Item = Self> {
        let own = (self.location, &self.context);
        let marks = self.marks.iter().map(|mark| (mark.location, &mark.context));
        std::iter::once(own).chain(marks).map(|(location, context)| Self {
            location,
            context: context.clone(),
            marks: Vec::new(),
            ..Self::new(self.check, self.severity, location, self.message.clone())
        })
    }

    /// What it comes from.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The requirement that is broken.
    #[must_use]
    pub fn cites(mut self, citation: Citation) -> Self {
        self.policy = Some(citation);
        self
    }

    /// An edit that mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// A fact for machines.
    #[must_use]
    pub fn data(mut self, key: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        self.data.push((key, values.into_iter().collect()));
        self
    }
}

impl Cause {
    /// One that is told as `{subjects} is outside …` or `{subjects} are outside …`.
    pub fn new(
        origin: Origin,
        subjects: Vec<String>,
        noun: impl Into<String>,
        [one, many]: [String; 2],
    ) -> Self {
        let [one, many] = [one, many].map(|behind| [String::new(), behind]);
        Self { origin, subjects, noun: noun.into(), one, many, why: None }
    }

    /// The same, with words in front of one subject and of several.
    #[must_use]
    pub fn behind(mut self, one: impl Into<String>, many: impl Into<String>) -> Self {
        [self.one[0], self.many[0]] = [one.into(), many.into()];
        self
    }

    /// The same, with the reason.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

impl Edit {
    /// Puts `text` in place of the bytes at `location`.
    pub fn replace(location: Location, text: impl Into<String>) -> Self {
        Self { location, text: text.into() }
    }

    /// Puts `text` behind the bytes at `location`.
    pub fn insert_after(location: Location, text: impl Into<String>) -> Self {
        Self { location: Location::new(location.file, Span::empty(location.span.end)), text: text.into() }
    }
}
