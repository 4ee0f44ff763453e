//! OpenSSL's reading of cipher strings: ssl_create_cipher_list() in ssl/ssl_ciph.c.

use super::expansion::{Effect, ErrorKind, Expansion, ExpansionError, Operator, Reason, Token};
use super::list::List;
use super::reason;
use super::table::{Bits, Criteria, Library, Meaning};
use crate::span::Span;
use crate::syntax::cipher_string::{Alphabet, Reader};

/// Expands `string` as `library` does, from scratch.
pub(super) fn expand(library: &'static Library, string: &str) -> Expansion {
    let mut run = Run::new(library, string);
    if library.switches.suite_b
        && let Some((prefix, rules)) = suite_b(library, string)
    {
        run.replace_by(prefix, rules);
    } else {
        let start = run.default_prefix();
        run.rules(start);
    }
    run.finish()
}

/// What a term of an item has to say, put together with the terms before it.
#[derive(Clone, Copy, Default)]
struct Conjunction {
    criteria: Criteria,
    /// The only term's own matches, as far as the build script could work them out.
    whole: Option<Bits>,
    /// The suite that the last term names.
    suite: Option<u8>,
    terms: usize,
}

struct Run<'a> {
    library: &'static Library,
    string: &'a str,
    list: List,
    out: Expansion,
}

/// How an item's words were read.
enum Words {
    /// A character where a word should stand.
    Invalid(Span),
    /// Something is meant.
    Known(Conjunction),
    /// Nothing is: the item is dropped, with the text up to the next separator.
    Dropped(Reason),
}

impl<'a> Run<'a> {
    fn new(library: &'static Library, string: &'a str) -> Self {
        Self { library, string, list: List::new(library), out: Expansion::default() }
    }

    /// Runs the default rules where the string starts with `DEFAULT`; returns where the rest starts.
    fn default_prefix(&mut self) -> u32 {
        let length = "DEFAULT".len();
        if !self.library.switches.default_prefix || !starts_with(self.library, self.string, "DEFAULT") {
            return 0;
        }
        let mut token = Token::new(self.string, Span::new(0, length as u32), Operator::Add, Effect::Matched);
        let mut inner = Run {
            library: self.library,
            string: self.library.default_rules,
            list: List::new(self.library),
            out: Expansion::default(),
        };
        inner.rules(0);
        self.list = inner.list;
        self.list.credit(0);
        token.added = self.list.places().map(|at| self.library.entries[at as usize].suite).collect();
        self.out.tokens.push(token);
        let rest = length as u32;
        rest + u32::from(self.string.as_bytes().get(length) == Some(&b':'))
    }

    /// Suite B: other rules take the place of the whole string.
    fn replace_by(&mut self, prefix: usize, rules: &str) {
        let index = self.out.tokens.len() as u32;
        let mut token = Token::new(self.string, Span::new(0, prefix as u32), Operator::Add, Effect::Matched);
        for name in rules.split(':') {
            if let Some(Meaning::Suite(at)) = self.library.look_up(name) {
                self.list.apply(Operator::Add, &Bits::only(*at), index, &mut token);
            }
        }
        self.out.tokens.push(token);
        self.out.suite_b = true;
        let rest = Span::new(prefix as u32, self.string.len() as u32);
        if !rest.is_empty() {
            let effect = Effect::Unmatched(Reason::ReplacedBySuiteB);
            self.out.tokens.push(Token::new(self.string, rest, Operator::Add, effect));
        }
    }

    /// Reads items from byte `start` to the end, or to the first character that fails the whole string.
    fn rules(&mut self, start: u32) {
        let switches = self.library.switches;
        let alphabet = Alphabet {
            equals_sign: !switches.words_without_equals_sign,
            underscore: switches.underscore_in_words,
        };
        let mut reader = Reader::new(self.string, start, alphabet);
        while let Some((operator, start)) = reader.item() {
            let done = match operator {
                Operator::Special => self.command(&mut reader, start),
                _ => self.item(&mut reader, operator, start),
            };
            if let Err(span) = done {
                self.fail(Span::new(start, span.end), operator, span);
                return;
            }
        }
    }

    /// Records the error and the item that it stands in.
    fn fail(&mut self, item: Span, operator: Operator, at: Span) {
        self.out.tokens.push(Token::new(self.string, item, operator, Effect::Invalid));
        self.out.error.get_or_insert(ExpansionError { kind: ErrorKind::InvalidCommand, span: at });
    }

    fn item(&mut self, reader: &mut Reader<'a>, operator: Operator, start: u32) -> Result<(), Span> {
        let index = self.out.tokens.len() as u32;
        let mut end = reader.offset();
        let token = match self.words(reader, &mut end) {
            Words::Invalid(span) => return Err(span),
            Words::Dropped(reason) => {
                reader.skip_item();
                let span = Span::new(start, reader.offset());
                Token::new(self.string, span, operator, Effect::Unmatched(reason))
            }
            Words::Known(meant) => {
                let matches = meant.matches(self.library);
                let mut token = Token::new(self.string, Span::new(start, end), operator, Effect::Matched);
                self.list.apply(operator, &matches, index, &mut token);
                token.settle(|token| reason::of_no_effect(self.library, &self.list, token, &matches));
                token
            }
        };
        self.out.tokens.push(token);
        Ok(())
    }

    /// Reads an item's words; `end` becomes the end of the last one.
    fn words(&self, reader: &mut Reader<'a>, end: &mut u32) -> Words {
        let mut meant = Conjunction::default();
        loop {
            let Some((word, span)) = reader.word() else { return Words::Invalid(reader.here()) };
            *end = span.end;
            let more = reader.conjunction();
            let Some(meaning) = self.library.look_up(word) else {
                return Words::Dropped(reason::of_unknown(self.library, word, span));
            };
            if !meant.narrow(self.library, meaning) {
                return Words::Dropped(Reason::Contradiction);
            }
            if !more {
                return Words::Known(meant);
            }
        }
    }

    /// `@STRENGTH` and `@SECLEVEL=n`; any other command is an error, and reading goes on.
    fn command(&mut self, reader: &mut Reader<'a>, start: u32) -> Result<(), Span> {
        let Some((word, span)) = reader.word() else { return Err(reader.here()) };
        reader.skip_item();
        let whole = Span::new(start, reader.offset());
        let mut token = Token::new(self.string, whole, Operator::Special, Effect::Setting);
        if self.is_word(word, "STRENGTH") {
            self.list.sort_by_strength(&mut token);
            token.settle(|_| Reason::AlreadySorted);
        } else if let Some(level) = self.security_level(word) {
            self.out.security_level = Some(level);
        } else {
            self.fail(whole, Operator::Special, span);
            return Ok(());
        }
        self.out.tokens.push(token);
        Ok(())
    }

    /// The level that `SECLEVEL=n` sets, `n` being one digit from 0 to 5.
    fn security_level(&self, word: &str) -> Option<u8> {
        let (name, digits) = word.split_at_checked("SECLEVEL=".len())?;
        let &[digit @ b'0'..=b'5'] = digits.as_bytes() else { return None };
        (self.library.switches.security_level && self.is_word(name, "SECLEVEL=")).then_some(digit - b'0')
    }

    fn is_word(&self, word: &str, wanted: &str) -> bool {
        word == wanted || (self.library.switches.letter_case_ignored && word.eq_ignore_ascii_case(wanted))
    }

    fn finish(mut self) -> Expansion {
        if self.list.selected().is_empty() {
            let span = Span::new(0, self.string.len() as u32);
            self.out.error.get_or_insert(ExpansionError { kind: ErrorKind::NoCipherMatch, span });
        }
        if self.out.error.is_none() {
            self.list.collect(&mut self.out);
            self.out.groups = (0..self.out.suites.len()).map(|at| at..at + 1).collect();
        }
        self.out
    }
}

impl Library {
    /// Whether the words of one item, joined by `+`, mean any suite of this build.
    pub(super) fn means_something(&'static self, words: &str) -> bool {
        let mut meant = Conjunction::default();
        words.split('+').all(|word| self.look_up(word).is_some_and(|meaning| meant.narrow(self, meaning)))
            && !meant.matches(self).is_empty()
    }
}

impl Conjunction {
    /// Adds a term; `false` where it excludes the terms before it.
    fn narrow(&mut self, library: &Library, meaning: &'static Meaning) -> bool {
        self.terms += 1;
        self.suite = None;
        self.whole = None;
        let term = match meaning {
            Meaning::Alias { criteria, matches, .. } => {
                self.whole = (self.terms == 1).then_some(*matches);
                *criteria
            }
            Meaning::Suite(at) => {
                self.suite = Some(*at);
                // The version of a suite that is named does not narrow the item.
                Criteria { minimum: 0, ..library.entries[*at as usize].criteria }
            }
            Meaning::Tls13 => return false,
        };
        self.narrow_by(library, &term)
    }

    fn narrow_by(&mut self, library: &Library, term: &Criteria) -> bool {
        let so_far = &mut self.criteria;
        if so_far.class == 0 && term.class != 0 && library.switches.not_default_erased_by_class {
            so_far.not_default = 0;
        }
        narrow(&mut so_far.key_exchange, term.key_exchange)
            && narrow(&mut so_far.authentication, term.authentication)
            && narrow(&mut so_far.encryption, term.encryption)
            && narrow(&mut so_far.mac, term.mac)
            && narrow(&mut so_far.export, term.export)
            && narrow(&mut so_far.class, term.class)
            && narrow(&mut so_far.not_default, term.not_default)
            && narrow(&mut so_far.minimum, term.minimum)
    }

    /// The suites that are meant.
    fn matches(&self, library: &Library) -> Bits {
        if let Some(bits) = self.whole {
            return bits;
        }
        match self.suite {
            Some(at) if library.switches.name_pins_suite => {
                let fits = self.criteria.fits(&library.entries[at as usize].criteria);
                if fits { Bits::only(at) } else { Bits::default() }
            }
            _ => library.matches(&self.criteria),
        }
    }
}

/// Narrows one category; `false` where nothing is left of it.
fn narrow<T: Copy + PartialEq + std::ops::BitAnd<Output = T> + Default>(so_far: &mut T, term: T) -> bool {
    let none = T::default();
    if term == none {
        return true;
    }
    *so_far = if *so_far == none { term } else { *so_far & term };
    *so_far != none
}

/// The length of a Suite B prefix, and the rules that take the place of the string.
fn suite_b(library: &Library, string: &str) -> Option<(usize, &'static str)> {
    const BOTH: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
    const PREFIXES: [(&str, &str); 4] = [
        ("SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("SUITEB128C2", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("SUITEB128", BOTH),
        ("SUITEB192", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ];
    let (prefix, rules) = PREFIXES.into_iter().find(|(prefix, _)| starts_with(library, string, prefix))?;
    Some((prefix.len(), rules))
}

fn starts_with(library: &Library, string: &str, prefix: &str) -> bool {
    string.get(..prefix.len()).is_some_and(|start| {
        start == prefix || (library.switches.letter_case_ignored && start.eq_ignore_ascii_case(prefix))
    })
}
