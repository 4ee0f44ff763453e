//! BoringSSL's and AWS-LC's reading of cipher strings: ssl_create_cipher_list() in ssl/ssl_cipher.cc.

use super::Parser;
use super::expansion::{Effect, ErrorKind, Expansion, ExpansionError, Operator, Reason, Token};
use super::list::List;
use super::reason;
use super::table::{Bits, Library, Meaning};
use crate::span::Span;
use crate::syntax::boring_cipher_string::{Piece, Reader};

/// Expands `string` as `library` does, from scratch.
pub(super) fn expand(library: &'static Library, string: &str, parser: Parser) -> Expansion {
    let strict = parser == Parser::Strict;
    let mut run = Run {
        library,
        string,
        strict,
        list: List::new(library),
        joined: Bits::default(),
        has_group: false,
        out: Expansion::default(),
    };
    let start = run.prefix();
    run.rules(start);
    run.finish()
}

struct Run<'a> {
    library: &'static Library,
    string: &'a str,
    strict: bool,
    list: List,
    /// Entries that are preferred like the one after them.
    joined: Bits,
    has_group: bool,
    out: Expansion,
}

/// How an item's words were read.
enum Words {
    /// These suites are meant; deprecated ones only where they were asked for.
    Known(Bits),
    /// Nothing is, and the item is dropped.
    Dropped(Reason),
    /// The string is refused for what stands there.
    Invalid(Span),
}

impl<'a> Run<'a> {
    /// Runs the default rules where the string starts with a word that means them; returns where the rest starts.
    fn prefix(&mut self) -> u32 {
        let switches = self.library.switches;
        let words: &[&str] = if switches.all_high_fips_prefix {
            &["ALL", "DEFAULT", "FIPS", "HIGH"]
        } else if switches.default_prefix {
            &["DEFAULT"]
        } else {
            &[]
        };
        let Some(word) = words.iter().find(|word| self.string.starts_with(**word)) else { return 0 };
        let mut token =
            Token::new(self.string, Span::new(0, word.len() as u32), Operator::Add, Effect::Matched);
        if let Some(Meaning::Alias { matches, .. }) = self.library.look_up(self.library.default_rules) {
            let matches = matches.without(&self.deprecated());
            self.list.apply(Operator::Add, &matches, 0, &mut token);
        }
        self.out.tokens.push(token);
        let rest = word.len() as u32;
        rest + u32::from(self.string.as_bytes().get(word.len()) == Some(&b':'))
    }

    /// Reads pieces from byte `start` to the end, or to the first error.
    fn rules(&mut self, start: u32) {
        let mut reader = Reader::new(self.string, start, self.strict);
        while let Some((piece, start)) = reader.piece() {
            let done = match piece {
                Piece::GroupStart => {
                    self.has_group = true;
                    Ok(())
                }
                Piece::GroupEnd => {
                    self.joined = self.joined.without(&self.list.last().map_or(Bits::default(), Bits::only));
                    Ok(())
                }
                Piece::UnexpectedInGroup => Err((ErrorKind::UnexpectedOperatorInGroup, reader.here())),
                Piece::Item(operator) if self.has_group && operator != Operator::Add => {
                    Err((ErrorKind::MixedSpecialOperatorWithGroups, Span::new(start, reader.offset())))
                }
                Piece::Item(Operator::Special) => self.command(&mut reader, start),
                Piece::Item(operator) => self.item(&mut reader, operator, start),
            };
            if let Err((kind, span)) = done {
                let item = Span::new(start.min(span.start), span.end);
                let operator = if let Piece::Item(operator) = piece { operator } else { Operator::Add };
                self.out.tokens.push(Token::new(self.string, item, operator, Effect::Invalid));
                self.out.error = Some(ExpansionError { kind, span });
                return;
            }
        }
        if reader.in_group() {
            let span = Span::empty(self.string.len() as u32);
            self.out.error = Some(ExpansionError { kind: ErrorKind::InvalidCommand, span });
        }
    }

    fn item(
        &mut self,
        reader: &mut Reader<'a>,
        operator: Operator,
        start: u32,
    ) -> Result<(), (ErrorKind, Span)> {
        let index = self.out.tokens.len() as u32;
        let words = self.words(reader, operator);
        let span = Span::new(start, reader.offset());
        let token = match words {
            Words::Invalid(span) => return Err((ErrorKind::InvalidCommand, span)),
            Words::Dropped(reason) => Token::new(self.string, span, operator, Effect::Unmatched(reason)),
            Words::Known(matches) => {
                let mut token = Token::new(self.string, span, operator, Effect::Matched);
                let before = *self.list.selected();
                self.list.apply(operator, &matches, index, &mut token);
                if reader.in_group() {
                    self.joined = self.joined.or(&self.list.selected().without(&before));
                }
                token.settle(|token| reason::of_no_effect(self.library, &self.list, token, &matches));
                token
            }
        };
        self.out.tokens.push(token);
        Ok(())
    }

    fn words(&self, reader: &mut Reader<'a>, operator: Operator) -> Words {
        let mut matches = Bits::below(self.library.entries.len());
        let (mut minimum, mut with_deprecated, mut dropped, mut first) = (0u8, false, None, true);
        loop {
            let Some((word, span)) = reader.word() else { return Words::Invalid(reader.here()) };
            let several = !first || reader.before_conjunction();
            match self.library.look_up(word) {
                Some(Meaning::Alias { criteria, matches: meant, with_deprecated: also }) => {
                    // The version is compared on its own: two different ones drop the item, and where it has to stand last, any word does.
                    let compared = criteria.minimum != 0 || self.library.switches.version_word_only_last;
                    if minimum != 0 && compared && minimum != criteria.minimum {
                        dropped = dropped.or(Some(Reason::Contradiction));
                    }
                    minimum |= criteria.minimum;
                    matches = matches.and(meant);
                    with_deprecated |= also;
                }
                Some(Meaning::Suite(at)) if !several => return Words::Known(Bits::only(*at)),
                Some(Meaning::Tls13) if !several => return Words::Dropped(Reason::Tls13Name { word: span }),
                _ if self.strict => return Words::Invalid(span),
                // Suites' own names are no words beside others.
                Some(Meaning::Suite(_) | Meaning::Tls13) => {
                    dropped = dropped.or(Some(Reason::NameAmongTerms { word: span }));
                }
                None => dropped = dropped.or_else(|| Some(reason::of_unknown(self.library, word, span))),
            }
            first = false;
            if !reader.conjunction() {
                break;
            }
        }
        if let Some(reason) = dropped {
            return Words::Dropped(reason);
        }
        let deprecated =
            if operator == Operator::Add && !with_deprecated { self.deprecated() } else { Bits::default() };
        Words::Known(matches.without(&deprecated))
    }

    /// `@STRENGTH`, the only command.
    fn command(&mut self, reader: &mut Reader<'a>, start: u32) -> Result<(), (ErrorKind, Span)> {
        let Some((word, span)) = reader.word() else {
            return Err((ErrorKind::InvalidCommand, reader.here()));
        };
        if word != "STRENGTH" {
            return Err((ErrorKind::InvalidCommand, span));
        }
        reader.skip_item();
        let whole = Span::new(start, reader.offset());
        let mut token = Token::new(self.string, whole, Operator::Special, Effect::Matched);
        self.list.sort_by_strength(&mut token);
        token.settle(|_| Reason::AlreadySorted);
        self.out.tokens.push(token);
        Ok(())
    }

    /// The entries that only their own names, or words that include them, add.
    fn deprecated(&self) -> Bits {
        let mut bits = Bits::default();
        for (at, _) in self.library.entries.iter().enumerate().filter(|(_, entry)| entry.deprecated) {
            bits.insert(at as u8);
        }
        bits
    }

    fn finish(mut self) -> Expansion {
        let empty_is_fine =
            self.library.switches.empty_is_fine_when_lenient && !self.strict && self.string.is_empty();
        if self.list.selected().is_empty() && !empty_is_fine {
            let span = Span::new(0, self.string.len() as u32);
            self.out.error.get_or_insert(ExpansionError { kind: ErrorKind::NoCipherMatch, span });
        }
        if self.out.error.is_none() {
            self.list.collect(&mut self.out);
            let mut start = 0;
            for (index, at) in self.list.places().enumerate() {
                if !self.joined.holds(at) {
                    self.out.groups.push(start..index + 1);
                    start = index + 1;
                }
            }
        }
        self.out
    }
}
