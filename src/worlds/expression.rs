//! Expressions of template languages, as far as conditions and known values need them.

use crate::span::Location;
use crate::text::Text;

/// A value that a template, a settings file or the repository spells out.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    /// `none`, `nil`, `null`.
    Nothing,
    /// `true` and `false`.
    Flag(bool),
    /// A number, as written.
    Number(String),
    /// A text, quotes and escapes taken off.
    Text(String),
}

impl Value {
    /// Whether a condition takes it for true, in the engine whose `language` this is.
    pub(super) fn is_true(&self, language: Language) -> bool {
        match self {
            Self::Nothing => false,
            Self::Flag(flag) => *flag,
            // Ruby's only falsities are nil and false.
            Self::Number(_) | Self::Text(_) if language == Language::Ruby => true,
            Self::Number(number) => number.parse::<f64>().is_ok_and(|number| number != 0.0),
            Self::Text(text) => !text.is_empty(),
        }
    }

    /// What stands in the rendering for it.
    pub(super) fn printed(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(text) | Self::Text(text) => text.clone(),
        }
    }

    /// Whether two values compare as equal.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => one == two || one.parse::<f64>() == two.parse::<f64>(),
            _ => self == other,
        }
    }
}

/// The template languages, as far as they differ in what a tag means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    /// Go's text/template, Helm, consul-template.
    Go,
    /// Handlebars and Mustache.
    Handlebars,
    /// Jinja, Twig, Liquid.
    Jinja,
    /// ERB, and EJS, which shares its delimiters.
    Ruby,
}

/// How two numbers are compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Order {
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Expression {
    And(Box<[Self; 2]>),
    /// A mapping or list of a file of values, as the lines that it stands in.
    Block(Text),
    /// A name that is called: a macro, a function.
    Call(String, Vec<Self>),
    /// Text, list, number: what a literal is, with its place.
    Literal(Value, Location),
    List(Vec<Self>),
    /// Value and pipeline's name with what else is given to it.
    Filter(Box<Self>, String, Vec<Self>),
    /// Condition, value where it holds, value elsewhere.
    If(Box<[Self; 3]>),
    /// Whether the first is one of the second.
    In(Box<[Self; 2]>),
    Is(Box<Self>, State),
    Equal(Box<[Self; 2]>),
    Name(String),
    Not(Box<Self>),
    /// A value of a file of values, with the place of every byte that is printed for it.
    Placed(Value, Text),
    Compare(Order, Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
    /// Whether the release that stands in the value is below the one that is written, or at most that.
    Version(Order, Box<Self>, String),
    /// Text that is not understood: a name of its own.
    Opaque(String),
}

/// What `is` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Defined,
    Nothing,
}

impl Expression {
    pub(super) fn and(one: Self, two: Self) -> Self {
        Self::And(Box::new([one, two]))
    }

    pub(super) fn or(one: Self, two: Self) -> Self {
        Self::Or(Box::new([one, two]))
    }

    pub(super) fn not(one: Self) -> Self {
        Self::Not(Box::new(one))
    }

    pub(super) fn equal(one: Self, two: Self) -> Self {
        Self::Equal(Box::new([one, two]))
    }

    /// Any of `others` equals it.
    pub(super) fn equals_any(one: &Self, others: Vec<Self>) -> Self {
        let tests = others.into_iter().map(|other| Self::equal(one.clone(), other));
        tests.reduce(Self::or).unwrap_or_else(|| Self::Opaque(one.words()))
    }

    /// The expression in the words of a template, for people and as a name.
    pub(super) fn words(&self) -> String {
        let both = |word: &str, pair: &[Self; 2]| format!("{} {word} {}", pair[0].words(), pair[1].words());
        let list = |items: &[Self]| items.iter().map(Self::words).collect::<Vec<_>>().join(", ");
        match self {
            Self::And(pair) => both("and", pair),
            Self::Call(name, arguments) => format!("{name}({})", list(arguments)),
            Self::Literal(Value::Text(text), _) | Self::Placed(Value::Text(text), _) => format!("'{text}'"),
            Self::Literal(Value::Nothing, _) | Self::Placed(Value::Nothing, _) => "none".to_owned(),
            Self::Literal(value, _) | Self::Placed(value, _) => value.printed(),
            Self::Block(text) => text.as_str().split_whitespace().collect::<Vec<_>>().join(" "),
            Self::List(items) => format!("[{}]", list(items)),
            Self::Filter(value, name, arguments) if arguments.is_empty() => {
                format!("{} | {name}", value.words())
            }
            Self::Filter(value, name, arguments) => {
                format!("{} | {name}({})", value.words(), list(arguments))
            }
            Self::If(parts) => {
                format!("{} if {} else {}", parts[1].words(), parts[0].words(), parts[2].words())
            }
            Self::In(pair) => both("in", pair),
            Self::Is(value, State::Defined) => format!("{} is defined", value.words()),
            Self::Is(value, State::Nothing) => format!("{} is none", value.words()),
            Self::Equal(pair) => both("==", pair),
            Self::Name(name) | Self::Opaque(name) => name.clone(),
            Self::Not(value) => format!("not {}", value.words()),
            Self::Compare(Order::Below, pair) => both("<", pair),
            Self::Compare(Order::AtMost, pair) => both("<=", pair),
            Self::Or(pair) => both("or", pair),
            Self::Version(Order::Below, value, limit) => format!("{} is below {limit}", value.words()),
            Self::Version(Order::AtMost, value, limit) => format!("{} is at most {limit}", value.words()),
        }
    }

    /// Whether the release that stands in `value` compares to `limit` as `sign` says; `None` for a sign that is none.
    pub(super) fn release(sign: &str, value: Self, limit: &str) -> Option<Self> {
        let version = |order| Self::Version(order, Box::new(value), limit.to_owned());
        Some(match sign {
            ">=" | "ge" => Self::not(version(Order::Below)),
            ">" | "gt" => Self::not(version(Order::AtMost)),
            "<" | "lt" => version(Order::Below),
            "<=" | "le" => version(Order::AtMost),
            _ => return None,
        })
    }

    /// The filter that indents the text that is asked for, and by how much.
    pub(super) fn indentation(&self) -> (&str, usize) {
        /// Nobody indents further; a text of many lines would grow without bound.
        const DEEPEST: usize = 64;
        match self {
            Self::Filter(_, name, arguments) if matches!(name.as_str(), "nindent" | "indent") => {
                let depth = match arguments.as_slice() {
                    [Self::Literal(Value::Number(depth), _), ..] => depth.parse().unwrap_or(0),
                    _ => 4,
                };
                (name, depth.min(DEEPEST))
            }
            Self::Filter(inner, ..) => inner.indentation(),
            _ => ("", 0),
        }
    }

    /// The name of the text that it asks for, and with what: a macro, a named template; indentation left aside.
    pub(super) fn named_text(&self) -> Option<(&str, &[Self])> {
        match self {
            Self::Filter(value, name, _) if matches!(name.as_str(), "nindent" | "indent" | "trim") => {
                value.named_text()
            }
            Self::Call(function, arguments) if matches!(function.as_str(), "include" | "template") => {
                match arguments.split_first() {
                    Some((Self::Literal(Value::Text(name), _), rest)) => Some((name, rest)),
                    _ => None,
                }
            }
            Self::Call(name, arguments) => Some((name, arguments)),
            _ => None,
        }
    }

    /// The text of several lines that it prints, indentation left aside: a value or collection of a file of values.
    pub(super) fn lines(&self) -> Option<&Text> {
        match self {
            Self::Filter(value, name, _)
                if matches!(
                    name.as_str(),
                    "nindent" | "indent" | "tpl" | "toYaml" | "trim" | "to_nice_yaml" | "to_yaml"
                ) =>
            {
                value.lines()
            }
            Self::Block(text) => Some(text),
            Self::Placed(_, text) if text.as_str().contains('\n') => Some(text),
            _ => None,
        }
    }

    /// What stands at `path` (`.a.b`) of its value.
    pub(super) fn field(&self, path: &str) -> Self {
        Self::Name(format!("{}{path}", self.words()))
    }

    /// How many parts it has.
    pub(super) fn size(&self) -> usize {
        1 + self.parts().into_iter().map(Self::size).sum::<usize>()
    }

    /// The expressions that it is made of.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::And(pair)
            | Self::In(pair)
            | Self::Equal(pair)
            | Self::Compare(_, pair)
            | Self::Or(pair) => pair.iter().collect(),
            Self::If(parts) => parts.iter().collect(),
            Self::Call(_, items) | Self::List(items) => items.iter().collect(),
            Self::Filter(value, _, arguments) => std::iter::once(&**value).chain(arguments).collect(),
            Self::Is(value, _) | Self::Not(value) | Self::Version(_, value, _) => vec![value],
            Self::Block(_) | Self::Literal(..) | Self::Name(_) | Self::Opaque(_) | Self::Placed(..) => {
                Vec::new()
            }
        }
    }

    /// The same with every name looked up by `find`.
    #[must_use]
    pub(super) fn resolve(&self, find: &dyn Fn(&str) -> Option<Self>) -> Self {
        let pair = |pair: &[Self; 2]| Box::new([pair[0].resolve(find), pair[1].resolve(find)]);
        let list = |items: &[Self]| items.iter().map(|item| item.resolve(find)).collect();
        match self {
            Self::And(both) => Self::And(pair(both)),
            Self::Call(name, arguments) => Self::Call(name.clone(), list(arguments)),
            Self::List(items) => Self::List(list(items)),
            Self::Filter(value, name, arguments) => {
                Self::Filter(Box::new(value.resolve(find)), name.clone(), list(arguments))
            }
            Self::If(parts) => {
                Self::If(Box::new([parts[0].resolve(find), parts[1].resolve(find), parts[2].resolve(find)]))
            }
            Self::In(both) => Self::In(pair(both)),
            Self::Is(value, state) => Self::Is(Box::new(value.resolve(find)), *state),
            Self::Equal(both) => Self::Equal(pair(both)),
            Self::Name(name) => find(name).unwrap_or_else(|| self.clone()),
            Self::Not(value) => Self::not(value.resolve(find)),
            Self::Compare(order, both) => Self::Compare(*order, pair(both)),
            Self::Or(both) => Self::Or(pair(both)),
            Self::Version(order, value, limit) => {
                Self::Version(*order, Box::new(value.resolve(find)), limit.clone())
            }
            Self::Block(_) | Self::Literal(..) | Self::Opaque(_) | Self::Placed(..) => self.clone(),
        }
    }
}

/// A release as a number that compares as releases do: `1.25.1`, `0.9.8f`; `None` for what is no release.
pub(super) fn version(text: &str) -> Option<f64> {
    let text = text.trim().trim_start_matches('v');
    let text = text.split(['-', '+', '~']).next().unwrap_or(text);
    let mut value = 0.0;
    let mut scale = 1e8;
    for part in text.split('.').take(4) {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let letter =
            part.get(digits.len()..)?.bytes().next().map_or(0.0, |letter| f64::from(letter - b'a' + 1));
        value += scale * (f64::from(digits.parse::<u32>().ok()?) + letter / 32.0);
        scale /= 1e4;
    }
    Some(value)
}
