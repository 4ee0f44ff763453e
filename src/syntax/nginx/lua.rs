//! The body of a `*_by_lua_block`, as `ngx_http_lua_lex.c` of the Lua module reads it.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take, take_till, take_until, take_while};
use nom::character::complete::{anychar, char};
use nom::combinator::{cut, recognize, value};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

/// Reads the body up to, not including, the `}` that closes it; fails where there is none.
///
/// Braces inside strings, long brackets and comments do not count. A string or bracket that nothing closes fails at
/// once, so that the input is read once.
pub(super) fn body(input: &str) -> IResult<&str, &str> {
    scan(input, piece)
}

/// The same, with braces alone counted: what is left to try where the body is no Lua.
pub(super) fn balanced(input: &str) -> IResult<&str, &str> {
    scan(input, brace)
}

fn scan<'a>(input: &'a str, piece: fn(&'a str) -> IResult<&'a str, Piece>) -> IResult<&'a str, &'a str> {
    let mut rest = input;
    let mut depth = 0_u32;
    loop {
        let (next, piece) = piece(rest)?;
        match piece {
            Piece::Open => depth += 1,
            Piece::Close if depth == 0 => return take(input.len() - rest.len()).parse(input),
            Piece::Close => depth -= 1,
            Piece::Other => {}
        }
        rest = next;
    }
}

#[derive(Clone, Copy)]
enum Piece {
    Open,
    Close,
    Other,
}

fn piece(input: &str) -> IResult<&str, Piece> {
    let other = alt((comment, string, long_bracket, is_not("{}-'\"["), recognize(anychar)));
    alt((value(Piece::Open, char('{')), value(Piece::Close, char('}')), value(Piece::Other, other)))
        .parse(input)
}

fn brace(input: &str) -> IResult<&str, Piece> {
    alt((value(Piece::Open, char('{')), value(Piece::Close, char('}')), value(Piece::Other, is_not("{}"))))
        .parse(input)
}

/// `-- …` to the end of the line, or `--[[ … ]]`.
fn comment(input: &str) -> IResult<&str, &str> {
    preceded(tag("--"), alt((long_bracket, take_till(|c| c == '\n')))).parse(input)
}

fn string(input: &str) -> IResult<&str, &str> {
    let escape = || recognize(pair(char('\\'), anychar));
    alt((
        recognize(delimited(char('"'), many0_count(alt((escape(), is_not("\"\\")))), cut(char('"')))),
        recognize(delimited(char('\''), many0_count(alt((escape(), is_not("'\\")))), cut(char('\'')))),
    ))
    .parse(input)
}

/// `[[ … ]]`, `[=[ … ]=]` and so on.
fn long_bracket(input: &str) -> IResult<&str, &str> {
    let (rest, equals) = delimited(char('['), take_while(|c| c == '='), char('[')).parse(input)?;
    let close = format!("]{equals}]");
    let (rest, _) = cut(terminated(take_until(close.as_str()), tag(close.as_str()))).parse(rest)?;
    take(input.len() - rest.len()).parse(input)
}
