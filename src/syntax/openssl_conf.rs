//! The file format of `openssl.cnf`: sections, assignments, includes, pragmas.
//!
//! Source: `crypto/conf/conf_def.c` of OpenSSL 3.5, and config(5).

use crate::span::{FileId, Location, Span};
use crate::syntax::{Parsed, SyntaxError};
use crate::text::Text;
use nom::IResult;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{anychar, char};
use nom::combinator::{opt, recognize};
use nom::multi::{many0, many1};
use nom::sequence::{delimited, preceded};

/// A whole file, line by line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conf {
    /// The lines that say something, in the order of the text.
    pub lines: Vec<Line>,
    /// Comments from their `#` to the end of their line, in the order of the text.
    pub comments: Vec<Span>,
}

/// One logical line: physical lines that end in `\` go on with the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Everything but the blanks and the comment around it.
    pub span: Span,
    /// What the line says.
    pub kind: LineKind,
}

/// What a line says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// `name = value`, or `section::name = value`.
    Assignment {
        /// The section in front of `::`; `None` for the one that the line stands in.
        section: Option<Text>,
        /// The name, escapes left as they are.
        name: Text,
        /// The value, in pieces.
        value: Value,
    },
    /// `.include path`, with or without `=`.
    Include(Value),
    /// `.pragma name:value`, with or without `=`.
    Pragma(Text),
    /// `[ name ]`.
    Section(Text),
}

/// The right side of an assignment: text and variables, to be joined when the variables are known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Value {
    /// The pieces, in order.
    pub parts: Vec<Part>,
    /// From the first piece's first byte to the last one's last.
    pub span: Span,
}

/// A piece of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Text with its quotes and escapes taken off.
    Text(Text),
    /// `$name`, `${name}`, `$(name)`, `${section::name}`.
    Variable {
        /// The section in front of `::`; `ENV` is the environment.
        section: Option<String>,
        /// The variable.
        name: String,
        /// From the `$` on.
        location: Location,
    },
}

/// Reads the file `file`, whose content is `text`.
///
/// Never fails: a line that is no assignment, section or include becomes an error, and reading goes on with the next one
/// (OpenSSL gives the whole file up).
pub fn parse(text: &str, file: FileId) -> Parsed<Conf> {
    let mut conf = Conf::default();
    let mut errors = Vec::new();
    for raw in logical_lines(text, file) {
        let Some(line) = trimmed(without_comment(&raw, &mut conf.comments)) else { continue };
        let source = Logical { text: &raw, file };
        match line_kind(line, &source) {
            Ok(kind) => conf.lines.push(Line { span: source.locate(line).span, kind }),
            Err(error) => errors.push(error),
        }
    }
    Parsed { tree: conf, errors }
}

/// A logical line, and where its bytes stand.
struct Logical<'a> {
    text: &'a Text,
    file: FileId,
}

impl Logical<'_> {
    /// The range of the line that `part`, a slice of it, covers.
    fn range(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.text.as_str().as_ptr() as usize;
        Span::new(start as u32, (start + part.len()) as u32)
    }

    fn locate(&self, part: &str) -> Location {
        self.text.locate(self.range(part)).unwrap_or(Location::new(self.file, Span::default()))
    }

    fn text(&self, part: &str) -> Text {
        let mut text = Text::default();
        self.push(&mut text, part);
        text
    }

    /// Appends `part` byte for byte; where a continuation splits it, each side keeps its own place.
    fn push(&self, text: &mut Text, part: &str) {
        let base = self.range(part).start;
        let place = |at: usize| self.text.locate(Span::empty(base + at as u32)).map_or(0, |at| at.span.start);
        if place(part.len()) == place(0) + part.len() as u32 {
            return text.push_verbatim(part, self.file, place(0));
        }
        for (at, character) in part.char_indices() {
            text.push_verbatim(character.encode_utf8(&mut [0; 4]), self.file, place(at));
        }
    }

    fn error(&self, at: &str, message: &str) -> SyntaxError {
        SyntaxError::fatal(self.locate(at).span, message)
    }
}

/// Joins physical lines that end in a backslash which no other backslash precedes.
fn logical_lines(text: &str, file: FileId) -> Vec<Text> {
    let mut lines = Vec::new();
    let mut line = Text::default();
    let mut offset = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for physical in text.get(offset..).unwrap_or("").split_inclusive('\n') {
        let content = physical.trim_end_matches(['\r', '\n']);
        let goes_on = content.strip_suffix('\\').filter(|head| !head.ends_with('\\'));
        line.push_verbatim(goes_on.unwrap_or(content), file, offset as u32);
        if goes_on.is_none() {
            lines.push(std::mem::take(&mut line));
        }
        offset += physical.len();
    }
    if !line.as_str().is_empty() {
        lines.push(line);
    }
    lines
}

/// The line up to the first `#` that stands in no quotes and behind no backslash.
fn without_comment<'a>(line: &'a Text, comments: &mut Vec<Span>) -> &'a str {
    let text = line.as_str();
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => {
                bytes.next();
            }
            (b'#', None) => {
                comments.extend(line.locate(Span::new(at as u32, text.len() as u32)).map(|place| place.span));
                return text.get(..at).unwrap_or(text);
            }
            (b'"' | b'\'' | b'`', None) => quote = Some(byte),
            (closing, Some(open)) if closing == open => quote = None,
            _ => {}
        }
    }
    text
}

fn trimmed(line: &str) -> Option<&str> {
    let line = line.trim_matches(is_blank);
    (!line.is_empty()).then_some(line)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}')
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || !character.is_ascii() || "_!.%&*+,/;?@^~|-".contains(character)
}

fn is_variable_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn line_kind(line: &str, source: &Logical<'_>) -> Result<LineKind, SyntaxError> {
    if line.starts_with('[') {
        let Ok((_, name)) = section(line) else {
            return Err(source.error(line, "a section has no closing \"]\""));
        };
        return Ok(LineKind::Section(source.text(name.trim_matches(is_blank))));
    }
    if let Ok((rest, word)) = directive(line) {
        return Ok(match word {
            ".include" => LineKind::Include(value(rest, source)?),
            _ => LineKind::Pragma(source.text(rest)),
        });
    }
    let Ok((right, (section, name))) = left_side(line) else {
        return Err(source
            .error(line, "a line is neither `name = value` nor `[ section ]`")
            .with_help("OpenSSL gives up the whole file here"));
    };
    Ok(LineKind::Assignment {
        section: section.map(|section| source.text(section)),
        name: source.text(name),
        value: value(right.trim_start_matches(is_blank), source)?,
    })
}

/// `[ name ]`; what follows the bracket is not looked at.
fn section(input: &str) -> IResult<&str, &str> {
    let inside = recognize(many0(alt((name, take_while1(is_blank)))));
    delimited(char('['), inside, char(']')).parse(input)
}

fn name(input: &str) -> IResult<&str, &str> {
    let escaped = recognize(preceded(char('\\'), anychar));
    recognize(many1(alt((take_while1(is_name_character), escaped)))).parse(input)
}

/// `.include` or `.pragma`, with the blank or `=` behind it.
fn directive(input: &str) -> IResult<&str, &str> {
    let (rest, word) = alt((tag(".include"), tag(".pragma"))).parse(input)?;
    let (rest, blanks) = take_while(is_blank).parse(rest)?;
    let (rest, equals) = opt(char('=')).parse(rest)?;
    if blanks.is_empty() && equals.is_none() {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Space)));
    }
    Ok((rest.trim_start_matches(is_blank), word))
}

/// `name =` or `section::name =`.
fn left_side(input: &str) -> IResult<&str, (Option<&str>, &str)> {
    let (rest, first) = recognize(opt(name)).parse(input)?;
    let (rest, second) = opt(preceded(tag("::"), recognize(opt(name)))).parse(rest)?;
    let (rest, _) = take_while(is_blank).parse(rest)?;
    let (rest, _) = char('=').parse(rest)?;
    Ok((rest, second.map_or((None, first), |second| (Some(first), second))))
}

/// Quotes and escapes taken off, variables kept apart.
fn value(input: &str, source: &Logical<'_>) -> Result<Value, SyntaxError> {
    let mut parts = Vec::new();
    let mut text = Text::default();
    let mut rest = input;
    while let Some(first) = rest.chars().next() {
        match first {
            '"' | '\'' | '`' => rest = quoted(rest, first, &mut text, source),
            '\\' => rest = escape(rest, &mut text, source),
            '$' => {
                let Ok((after, (section, name))) = variable(rest) else {
                    return Err(source.error(rest, "a variable has no closing brace"));
                };
                if !text.as_str().is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                let written = rest.get(..rest.len() - after.len()).unwrap_or(rest);
                parts.push(Part::Variable {
                    section: section.map(str::to_owned),
                    name: name.to_owned(),
                    location: source.locate(written),
                });
                rest = after;
            }
            _ => {
                let (plain, after) =
                    rest.split_at(rest.find(['"', '\'', '`', '\\', '$']).unwrap_or(rest.len()));
                source.push(&mut text, plain);
                rest = after;
            }
        }
    }
    if !text.as_str().is_empty() || parts.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(Value { parts, span: source.locate(input).span })
}

/// Quoted text: only a backslash means something inside, and it stands for the next character.
fn quoted<'a>(input: &'a str, quote: char, text: &mut Text, source: &Logical<'_>) -> &'a str {
    let mut rest = input.get(1..).unwrap_or("");
    loop {
        let (plain, after) = rest.split_at(rest.find([quote, '\\']).unwrap_or(rest.len()));
        source.push(text, plain);
        let Some(inner) = after.strip_prefix('\\') else { return after.get(1..).unwrap_or("") };
        let length = inner.chars().next().map_or(0, char::len_utf8);
        let (literal, next) = inner.split_at(length);
        text.push_replaced(literal, source.locate(after.get(..=length).unwrap_or(after)));
        rest = next;
    }
}

/// A backslash outside quotes: `\n`, `\r`, `\b`, `\t`, or the next character itself.
fn escape<'a>(input: &'a str, text: &mut Text, source: &Logical<'_>) -> &'a str {
    let inner = input.get(1..).unwrap_or("");
    let length = inner.chars().next().map_or(0, char::len_utf8);
    let (literal, rest) = inner.split_at(length);
    let decoded = match literal {
        "b" => "\u{8}",
        "n" => "\n",
        "r" => "\r",
        "t" => "\t",
        other => other,
    };
    text.push_replaced(decoded, source.locate(input.get(..=length).unwrap_or(input)));
    rest
}

fn variable(input: &str) -> IResult<&str, (Option<&str>, &str)> {
    let (rest, _) = char('$').parse(input)?;
    match rest.chars().next() {
        Some('{') => delimited(char('{'), variable_name, char('}')).parse(rest),
        Some('(') => delimited(char('('), variable_name, char(')')).parse(rest),
        _ => variable_name(rest),
    }
}

fn variable_name(input: &str) -> IResult<&str, (Option<&str>, &str)> {
    let (rest, first) = take_while(is_variable_character).parse(input)?;
    let (rest, second) = opt(preceded(tag("::"), take_while(is_variable_character))).parse(rest)?;
    Ok((rest, second.map_or((None, first), |second| (Some(first), second))))
}

#[cfg(test)]
mod tests;
