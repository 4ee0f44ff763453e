//! The words of a comment: `tlslint: ignore[check, check] reason until 2027-03-31`.

use crate::checks;
use crate::date::Date;
use crate::span::Span;

/// What a comment asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Words {
    /// From `tlslint:` to the end of the comment.
    pub(super) span: Span,
    /// Which part of the file it is about.
    pub(super) reach: Reach,
    /// The checks, with the places of their ids.
    pub(super) checks: Vec<(String, Span)>,
    /// Why.
    pub(super) reason: String,
    /// The last day on which it holds.
    pub(super) until: Option<Date>,
    /// What is wrong with it; then it does nothing.
    pub(super) mistakes: Vec<Mistake>,
}

/// What is wrong with a comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
}

/// Which part of a file a comment is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// `ignore-file`: all of it.
    File,
    /// `ignore`: the comment's own line.
    Line,
    /// `ignore-next`: the directive or block behind the comment.
    Next,
}

impl Reach {
    /// The word in comments.
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "ignore-file",
            Self::Line => "ignore",
            Self::Next => "ignore-next",
        }
    }
}

const MARK: &str = "tlslint:";
const EXAMPLE: &str =
    "write `tlslint: ignore[check-id] reason`, with `until 2027-03-31` behind it where it is for a time";

/// Reads the comment at `comment`; `None` where it does not speak to tlslint.
pub(super) fn read(text: &str, comment: Span) -> Option<Words> {
    let words = comment.of(text);
    let mark = words.match_indices(MARK).find(|(at, _)| words[..*at].trim_end().ends_with('#'))?.0;
    let span = Span::new(comment.start + mark as u32, comment.start + words.trim_end().len() as u32);
    let mut reader = Reader { text, at: span.start + MARK.len() as u32, end: span.end };
    let mut read = Words {
        span,
        reach: Reach::Line,
        checks: Vec::new(),
        reason: String::new(),
        until: None,
        mistakes: Vec::new(),
    };
    reader.blanks();
    let word = reader.word();
    let reaches = [Reach::File, Reach::Line, Reach::Next];
    let Some(reach) = reaches.into_iter().find(|reach| reach.word() == word.of(text)) else {
        read.mistake(word, format!("`{}` is nothing that tlslint knows", word.of(text)));
        return Some(read);
    };
    read.reach = reach;
    reader.blanks();
    if !reader.take('[') {
        read.mistake(word, format!("`{}` names no check", reach.word()));
        return Some(read);
    }
    reader.checks(&mut read);
    reader.reason(&mut read);
    Some(read)
}

impl Words {
    fn mistake(&mut self, span: Span, message: String) {
        self.mistakes.push(Mistake { span, message, help: EXAMPLE.to_owned() });
    }
}

struct Reader<'t> {
    text: &'t str,
    at: u32,
    end: u32,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        Span::new(self.at.min(self.end), self.end).of(self.text)
    }

    fn blanks(&mut self) {
        self.at += (self.rest().len() - self.rest().trim_start().len()) as u32;
    }

    fn take(&mut self, character: char) -> bool {
        let found = self.rest().starts_with(character);
        self.at += u32::from(found);
        found
    }

    /// Letters, digits and `-` from here on.
    fn word(&mut self) -> Span {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
        let span = Span::new(self.at, self.at + length as u32);
        self.at = span.end;
        span
    }

    /// The list behind `[`, up to and with `]`.
    fn checks(&mut self, read: &mut Words) {
        loop {
            self.blanks();
            let word = self.word();
            let id = word.of(self.text);
            if id.is_empty() {
                let next = self.rest().chars().next().map_or(0, char::len_utf8) as u32;
                let place = Span::new(word.start, word.start + next);
                read.mistake(place, "the name of a check is missing".to_owned());
            } else if checks::find(id).is_some() {
                read.checks.push((id.to_owned(), word));
            } else {
                let message = format!("no check is called `{id}`");
                let help = checks::nearest(id).map_or_else(
                    || "tlslint checks lists them".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                read.mistakes.push(Mistake { span: word, message, help });
            }
            self.blanks();
            if !self.take(',') {
                break;
            }
        }
        if !self.take(']') {
            read.mistake(Span::new(self.at, self.at), "`]` is missing behind the checks".to_owned());
        }
    }

    fn reason(&mut self, read: &mut Words) {
        self.blanks();
        let rest = self.rest().trim_end();
        let (reason, until) = match rest.rsplit_once("until ") {
            Some((reason, day)) if reason.is_empty() || reason.ends_with([' ', '\t']) => {
                (reason, Some(day.trim()))
            }
            _ => (rest, None),
        };
        let place = Span::new(self.at, self.at + rest.len() as u32);
        match until.map(|day| (day, Date::parse(day))) {
            Some((_, Some(day))) => read.until = Some(day),
            // Words that merely contain "until" are part of the reason.
            Some((day, None)) if day.starts_with(|c: char| c.is_ascii_digit()) => {
                read.mistake(place, format!("`{day}` is no day"));
            }
            _ => {}
        }
        let reason = if read.until.is_some() { reason } else { rest };
        let reason = reason.trim_end_matches([' ', '\t', ',', ';']).trim_start_matches(['-', ':', ' ']);
        if super::is_placeholder(reason) && read.mistakes.is_empty() {
            let what = if reason.is_empty() {
                "the reason is missing".to_owned()
            } else {
                format!("`{reason}` is no reason")
            };
            read.mistake(if reason.is_empty() { read.span } else { place }, what);
        }
        reason.clone_into(&mut read.reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(comment: &str, expected: &str) {
        let read = read(comment, Span::new(0, comment.len() as u32));
        let drawn = read.map_or("nothing".to_owned(), |words| {
            let checks: Vec<&str> = words.checks.iter().map(|(id, _)| id.as_str()).collect();
            let until = words.until.map_or(String::new(), |until| format!(" until {until}"));
            let mistakes: Vec<String> = words
                .mistakes
                .iter()
                .map(|mistake| format!("{}: {}", mistake.span.of(comment), mistake.message))
                .collect();
            if mistakes.is_empty() {
                format!("{} {} because {}{until}", words.reach.word(), checks.join("+"), words.reason)
            } else {
                mistakes.join("; ")
            }
        });
        assert_eq!(drawn, expected, "{comment}");
    }

    #[test]
    fn comments_are_read() {
        check("# an ordinary comment", "nothing");
        check("# see tlslint: ignore", "nothing");
        check(
            "# tlslint: ignore[protocol-below-floor] legacy terminals, OPS-12 until 2027-03-31",
            "ignore protocol-below-floor because legacy terminals, OPS-12 until 2027-03-31",
        );
        check(
            "#tlslint:ignore-next[ protocol-below-floor ,suite-not-approved ]: valid until the move",
            "ignore-next protocol-below-floor+suite-not-approved because valid until the move",
        );
        check(
            "# old # tlslint: ignore-file[value-unknown] set by the deployment",
            "ignore-file value-unknown because set by the deployment",
        );
    }

    #[test]
    fn mistakes_are_told() {
        check("# tlslint: ignore legacy", "ignore: `ignore` names no check");
        check("# tlslint: ignore[] legacy", "]: the name of a check is missing");
        check(
            "# tlslint: ignore[*] all of them",
            "*: the name of a check is missing; : `]` is missing behind the checks",
        );
        check(
            "# tlslint: ignore[\u{1F600}] all of them",
            "\u{1F600}: the name of a check is missing; : `]` is missing behind the checks",
        );
        check("# tlslint: ignore[all] all of them", "all: no check is called `all`");
        check("# tlslint: disable[x] y", "disable: `disable` is nothing that tlslint knows");
        check("# tlslint: ignore[value-unknown]", "tlslint: ignore[value-unknown]: the reason is missing");
        check("# tlslint: ignore[value-unknown] TODO", "TODO: `TODO` is no reason");
        check(
            "# tlslint: ignore[value-unknown] until 2027-03-31",
            "tlslint: ignore[value-unknown] until 2027-03-31: the reason is missing",
        );
        check(
            "# tlslint: ignore[value-unknown] OPS-1 until 2027-02-30",
            "OPS-1 until 2027-02-30: `2027-02-30` is no day",
        );
        check("# tlslint: ignore[value-unknown OPS-1", ": `]` is missing behind the checks");
    }
}
