//! The words of a line.

use crate::span::Span;
use crate::text::Text;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::{anychar, char, one_of, satisfy};
use nom::combinator::{map, opt, recognize, rest, value, verify};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

/// One word: what stands between two blanks, quotes taken off.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word {
    /// The bytes, quotes included.
    pub span: Span,
    /// What the word is made of; empty for `""`.
    pub parts: Vec<Part>,
}

/// A stretch of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Text that the server takes as it is, and that a template engine, `envsubst` or `sed` may replace before: `${X}` outside
    /// double quotes, `@X@`.
    Placeholder(Text),
    /// A placeholder of a template language, of which nothing is known.
    Template(Span),
    /// Text, escapes replaced.
    Text(Text),
    /// An environment variable inside double quotes.
    Variable(Variable),
}

/// An environment variable inside double quotes: `"$X"`, `"${X-default}"`, `"${X[*]}"`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// From the `$` to the end.
    pub span: Span,
    /// The name; one that starts with a dot is the server's own (`.FILE`, `.LINE`, `.SECTION`).
    pub name: String,
    /// What holds where the variable is not set.
    pub default: Option<Text>,
    /// Whether blanks in the value split the word (`[*]`).
    pub splits: bool,
}

/// Inside which quotes a piece of a line stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Quote {
    /// `"..."`: escapes and variables count.
    Double,
    /// None: escapes and comments count.
    #[default]
    None,
    /// `'...'`: nothing counts.
    Single,
}

impl Word {
    /// The whole word, where it stands in the text as such: no variable, no placeholder.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text.as_str()),
            _ => None,
        }
    }
}

/// What the characters of a line mean, one lexical piece at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    Blank,
    Comment,
    /// A quote that is neither opened nor closed well is the line's affair.
    DoubleQuote,
    /// The end of the line: HAProxy reads nothing behind a carriage return.
    End,
    Escape(char),
    Invalid(Fault),
    Placeholder(&'a str),
    Plain(&'a str),
    SingleQuote,
    Variable {
        name: &'a str,
        default: Option<&'a str>,
        splits: bool,
    },
}

/// What makes a line unreadable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Brace,
    Expansion,
    Hexadecimal,
    VariableName,
}

impl Fault {
    /// HAProxy's own words.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Brace => "unmatched brace in environment variable name",
            Self::Expansion => "truncated or invalid word expansion sequence",
            Self::Hexadecimal => "truncated or invalid hexadecimal sequence",
            Self::VariableName => "forbidden first character in environment variable name",
        }
    }
}

/// Reads one piece of a line that stands inside `quote`.
pub(super) fn token(quote: Quote) -> impl FnMut(&str) -> IResult<&str, Token<'_>> {
    move |input| match quote {
        Quote::None => alt((
            plain(" \t\x0b\x0c\r\"'\\#$@"),
            value(Token::Blank, pair(satisfy(is_blank), take_while(is_space))),
            value(Token::DoubleQuote, char('"')),
            value(Token::SingleQuote, char('\'')),
            value(Token::Comment, preceded(char('#'), rest)),
            escape(false),
            placeholder(true),
            end_or_character,
        ))
        .parse(input),
        Quote::Double => alt((
            plain("\r\"\\$@"),
            value(Token::DoubleQuote, char('"')),
            escape(true),
            variable,
            placeholder(false),
            end_or_character,
        ))
        .parse(input),
        Quote::Single => {
            alt((plain("\r'$@"), value(Token::SingleQuote, char('\'')), placeholder(true), end_or_character))
                .parse(input)
        }
    }
}

/// `isspace` in the C locale without the line ends, which are handled apart.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0b' | '\x0c')
}

/// What belongs to blanks that have begun: a carriage return among them ends nothing.
pub(super) fn is_space(c: char) -> bool {
    is_blank(c) || c == '\r'
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn plain<'a>(
    special: &'static str,
) -> impl Parser<&'a str, Output = Token<'a>, Error = nom::error::Error<&'a str>> {
    map(take_while1(move |c: char| !special.contains(c)), Token::Plain)
}

fn end_or_character(input: &str) -> IResult<&str, Token<'_>> {
    alt((value(Token::End, preceded(char('\r'), rest)), map(recognize(anychar), Token::Plain))).parse(input)
}

fn escape<'a>(
    in_double_quotes: bool,
) -> impl Parser<&'a str, Output = Token<'a>, Error = nom::error::Error<&'a str>> {
    let simple = map(verify(one_of(" \\\"'#tnr$"), move |c| *c != '$' || in_double_quotes), |c| {
        Token::Escape(match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            other => other,
        })
    });
    let digits = take_while_m_n(2, 2, |c: char| c.is_ascii_hexdigit());
    let hexadecimal = preceded(
        char('x'),
        alt((
            map(digits, |digits| Token::Escape(u8::from_str_radix(digits, 16).map_or('\0', char::from))),
            value(Token::Invalid(Fault::Hexadecimal), tag("")),
        )),
    );
    // Before any other character the backslash is an ordinary one.
    preceded(char('\\'), alt((simple, hexadecimal, map(tag(""), |_| Token::Plain("\\")))))
}

/// `${X}` (where `braces` is set) and `@X@`.
fn placeholder<'a>(
    braces: bool,
) -> impl Parser<&'a str, Output = Token<'a>, Error = nom::error::Error<&'a str>> {
    let name = || verify(take_while1(is_name), |name: &str| !name.starts_with(|c: char| c.is_ascii_digit()));
    let in_braces = verify(recognize(delimited(tag("${"), name(), char('}'))), move |_: &str| braces);
    map(alt((in_braces, recognize(delimited(char('@'), name(), char('@'))))), Token::Placeholder)
}

fn variable(input: &str) -> IResult<&str, Token<'_>> {
    let name = recognize(pair(opt(char('.')), take_while(is_name)));
    let mut name = verify(name, |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            || matches!(name, ".LINE" | ".FILE" | ".SECTION")
    });
    let (input, brace) = preceded(char('$'), opt(char('{'))).parse(input)?;
    let Ok((input, name)) = name.parse(input) as IResult<&str, &str> else {
        return Ok((input, Token::Invalid(Fault::VariableName)));
    };
    if brace.is_none() {
        return Ok((input, Token::Variable { name, default: None, splits: false }));
    }
    let (input, opening) = opt(char('[')).parse(input)?;
    let (input, splits) = opt(tag("*]")).parse(input)?;
    if opening.is_some() && splits.is_none() {
        return Ok((input, Token::Invalid(Fault::Expansion)));
    }
    let mut close = pair(opt(preceded(char('-'), take_while(|c| c != '}' && c != '\r'))), char('}'));
    let closed: IResult<&str, (Option<&str>, char)> = close.parse(input);
    match closed {
        Ok((input, (default, _))) => Ok((input, Token::Variable { name, default, splits: splits.is_some() })),
        Err(_) => Ok((input, Token::Invalid(Fault::Brace))),
    }
}
