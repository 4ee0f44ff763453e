//! Values of a document with their places, read the way protobuf's JSON reader takes them.

use super::schema::{Enum, EnumValue, is_field};
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::syntax::yaml::{Node, Shape, Style, Tree, parse};
use crate::text::Text;

/// A parsed text, and where it stands.
pub(super) struct Document<'t> {
    pub(super) tree: Tree<'t>,
    place: Place<'t>,
}

/// Where a text stands.
enum Place<'t> {
    /// In a file, from a byte on.
    File(FileId, u32),
    /// In a scalar of another document.
    Scalar(&'t Text),
}

/// A node of a document.
#[derive(Clone, Copy)]
pub(super) struct Value<'t> {
    pub(super) node: Node<'t>,
    pub(super) document: &'t Document<'t>,
}

impl<'t> Document<'t> {
    pub(super) fn of_tree(tree: Tree<'t>, file: FileId, base: u32) -> Self {
        Self { tree, place: Place::File(file, base) }
    }

    /// The text of a scalar, as a document of its own.
    pub(super) fn of_scalar(text: &'t Text) -> Self {
        Self { tree: parse(text.as_str()).tree, place: Place::Scalar(text) }
    }

    pub(super) fn of_source(source: &'t Source) -> Self {
        Self::of_tree(parse(source.text()).tree, source.id(), 0)
    }

    pub(super) fn root(&'t self) -> Option<Value<'t>> {
        self.tree.root().map(|node| Value { node, document: self })
    }

    pub(super) fn locate(&self, span: Span) -> Location {
        match self.place {
            Place::File(file, base) => Location::new(file, span.shift(base)),
            Place::Scalar(text) => {
                let whole = || text.location().unwrap_or(Location::new(FileId(0), Span::default()));
                text.locate(span).unwrap_or_else(whole)
            }
        }
    }
}

impl<'t> Value<'t> {
    fn of(self, node: Node<'t>) -> Self {
        Self { node, document: self.document }
    }

    pub(super) fn location(self) -> Location {
        self.document.locate(self.node.span())
    }

    /// The value of a field in either spelling; null counts as absent.
    pub(super) fn field(self, name: &str) -> Option<Self> {
        self.field_with_name(name).map(|(_, value)| value)
    }

    /// The name as written, and the value.
    pub(super) fn field_with_name(self, name: &str) -> Option<(Self, Self)> {
        let found =
            self.node.entries().rfind(|(key, _)| key.scalar().is_some_and(|key| is_field(key.value, name)));
        found.map(|(key, value)| (self.of(key), self.of(value))).filter(|(_, value)| !value.node.is_null())
    }

    /// A value behind several fields.
    pub(super) fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |value, name| value.field(name))
    }

    pub(super) fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        self.node.entries().map(move |(key, value)| (self.of(key), self.of(value)))
    }

    /// The items of a sequence.
    pub(super) fn items_of(self) -> impl Iterator<Item = Self> {
        self.node.items().map(move |item| self.of(item))
    }

    /// The items of a repeated field; a single value is a list of one, null items count for nothing.
    pub(super) fn list(self) -> Vec<Self> {
        match self.node.shape() {
            Shape::Sequence(items) => {
                items.flat_map(|item| self.of(item).list()).filter(|item| !item.node.is_null()).collect()
            }
            _ if self.node.is_null() => Vec::new(),
            _ => vec![self],
        }
    }

    /// The items of a repeated field, none where it is absent.
    ///
    /// A field that stands in both spellings has the items of both; in JSON, so has one that stands twice.
    pub(super) fn list_of(self, name: &str) -> Vec<Self> {
        let mut written: Vec<(&str, Self)> = Vec::new();
        for (key, value) in self.entries() {
            let Some(key) = key.text_str().filter(|key| is_field(key, name)) else { continue };
            if !self.document.tree.margins.is_json {
                written.retain(|(earlier, _)| *earlier != key);
            }
            written.push((key, value));
        }
        written.into_iter().flat_map(|(_, value)| value.list()).collect()
    }

    /// The value of a scalar, as text.
    pub(super) fn text_str(self) -> Option<&'t str> {
        self.node.scalar().map(|scalar| scalar.value)
    }

    /// The text of a field.
    pub(super) fn str_of(self, name: &str) -> Option<&'t str> {
        self.field(name).and_then(Self::text_str)
    }

    /// The value of a scalar with the place of every byte.
    pub(super) fn text(self) -> Text {
        match self.document.place {
            Place::File(file, 0) => self.node.text(file),
            Place::File(..) | Place::Scalar(_) => self.moved(),
        }
    }

    /// The text with each place looked up in what the document stands in.
    fn moved(self) -> Text {
        let inner = self.node.text(FileId(0));
        let mut out = Text::default();
        for (at, character) in inner.as_str().char_indices() {
            let range = Span::new(at as u32, (at + character.len_utf8()) as u32);
            let span = inner.locate(range).map_or(Span::default(), |place| place.span);
            let place = self.document.locate(span);
            let mut buffer = [0; 4];
            let written = character.encode_utf8(&mut buffer);
            if place.span.len() as usize == written.len() {
                out.push_verbatim(written, place.file, place.span.start);
            } else {
                out.push_replaced(written, place);
            }
        }
        if inner.as_str().is_empty() {
            out.push_replaced("", self.location());
        }
        out
    }

    /// Whether a placeholder touches the value.
    pub(super) fn is_opaque(self) -> bool {
        self.node.is_opaque()
    }

    /// Whether a placeholder may print entries of it.
    pub(super) fn may_gain_entries(self) -> bool {
        self.node.may_gain_entries()
    }

    /// The last segment of an `@type`, which must have one: `envoy.config.listener.v3.Listener`.
    pub(super) fn any_type(self) -> Option<&'t str> {
        let (_, url) = self.node.entry("@type")?;
        url.scalar()?.value.rsplit_once('/').map(|(_, name)| name)
    }

    /// The message inside an Any: its full name and its fields, TypedStruct unwrapped.
    pub(super) fn message(self) -> Option<(&'t str, Self)> {
        let name = self.any_type()?;
        if !name.ends_with(".TypedStruct") {
            return Some((name, self));
        }
        let url = self.str_of("type_url")?;
        let inner = self.field("value").unwrap_or(self);
        Some((url.rsplit_once('/').map_or(url, |(_, name)| name), inner))
    }

    /// A boolean as YAML 1.1 and `absl::SimpleAtob` take it: `on` only bare, `1` only in quotes; `None` for anything else.
    pub(super) fn boolean(self) -> Option<bool> {
        if let Some(inner) = self.field("value") {
            return inner.boolean();
        }
        let word = self.node.scalar()?.value.to_ascii_lowercase();
        match (word.as_str(), self.is_quoted()) {
            ("true" | "yes" | "y" | "t", _) | ("on", false) | ("1", true) => Some(true),
            ("false" | "no" | "n" | "f", _) | ("off", false) | ("0", true) => Some(false),
            _ => None,
        }
    }

    /// Whether a field is written and true.
    pub(super) fn is_true(self, name: &str) -> bool {
        self.field(name).and_then(Self::boolean) == Some(true)
    }

    /// A name in any letter case, a number (in YAML also 0x3 and 03), or a decimal number in quotes.
    pub(super) fn enum_value(self, known: &Enum) -> Option<&'static EnumValue> {
        let scalar = self.node.scalar()?;
        let by_number = |number: u32| known.values.iter().find(|value| value.number == number);
        let number =
            if scalar.style == Style::Plain { yaml_integer(scalar.value) } else { scalar.value.parse().ok() };
        match number {
            Some(number) => u32::try_from(number).ok().and_then(by_number),
            None => known.values.iter().find(|value| value.name.eq_ignore_ascii_case(scalar.value)),
        }
    }

    /// Whether a string field would take the value: bare numbers and the booleans of YAML 1.1 are none.
    pub(super) fn is_string(self) -> bool {
        self.node.scalar().is_some_and(|scalar| {
            scalar.style != Style::Plain
                || (!is_yaml_boolean(scalar.value) && yaml_integer(scalar.value).is_none())
        })
    }

    /// Whether a number field would take the value, bare or in quotes; an `integer` has nothing behind the point.
    pub(super) fn is_number(self, integer: bool) -> bool {
        let Some(scalar) = self.node.scalar() else { return false };
        if yaml_integer(scalar.value).is_some() {
            return true;
        }
        let starts = scalar.value.trim_start_matches(['-', '+']);
        match scalar.value.parse::<f64>() {
            Ok(number) if starts.starts_with(|first: char| first.is_ascii_digit()) => {
                !integer || number.fract() == 0.0
            }
            _ => !integer && matches!(scalar.value, "NaN" | "Infinity" | "-Infinity"),
        }
    }

    fn is_quoted(self) -> bool {
        self.node.scalar().is_some_and(|scalar| scalar.style != Style::Plain)
    }
}

/// Plain words that yaml-cpp takes for booleans: lower case, upper case, or capitalised.
fn is_yaml_boolean(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let capitalised = word.chars().next().is_some_and(char::is_uppercase) && word.get(1..) == lower.get(1..);
    let same_case = word == lower || word == word.to_ascii_uppercase() || capitalised;
    same_case && matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "true" | "false" | "on" | "off")
}

/// A plain integer as yaml-cpp reads it: decimal, 0x hexadecimal, leading zero octal.
fn yaml_integer(word: &str) -> Option<i64> {
    let (sign, digits) =
        word.strip_prefix('-').map_or((1, word.strip_prefix('+').unwrap_or(word)), |rest| (-1, rest));
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let magnitude = if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"))
    {
        i64::from_str_radix(hexadecimal, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    magnitude.ok().map(|magnitude| sign * magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_those_of_yaml_cpp() {
        assert!(
            is_yaml_boolean("on") && is_yaml_boolean("Yes") && is_yaml_boolean("N") && !is_yaml_boolean("oN")
        );
        assert_eq!(yaml_integer("0x3"), Some(3));
        assert_eq!(yaml_integer("010"), Some(8));
        assert_eq!(yaml_integer("3.0"), None);
    }
}
