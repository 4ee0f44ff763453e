//! The text of a settings file to values that have the shape they should, or to every mistake with its place.

use super::shape::{CHECK_LEVEL, FILE, Key, Shape};
use super::{Error, Mistake};
use crate::checks;
use crate::date::Date;
use crate::source::Source;
use crate::span::{FileId, Span};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table that has the shape it should, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<Field>);

/// One key of a table.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: String,
    /// The key and the value, for messages and edits.
    pub(super) span: Span,
    pub(super) value: Value,
}

/// A value.
#[derive(Debug)]
pub(super) enum Value {
    Boolean(bool),
    Date(Date),
    Number(u64),
    Table(Table),
    Tables(Vec<(Span, Table)>),
    Text(String),
    Texts(Vec<(Span, String)>),
}

impl Table {
    /// The fields in the order of the text.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    pub(super) fn entries_here(&self) -> &[Field] {
        &self.0
    }

    pub(super) fn field(&self, key: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.key == key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match &self.field(key)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        self.field(key).is_some_and(|field| matches!(field.value, Value::Boolean(true)))
    }

    pub(super) fn date(&self, key: &str) -> Option<Date> {
        match self.field(key)?.value {
            Value::Date(date) => Some(date),
            _ => None,
        }
    }

    /// The strings of an array; none where there is no such key.
    pub(super) fn texts(&self, key: &str) -> &[(Span, String)] {
        match self.field(key).map(|field| &field.value) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The fields of a table in this one; none where there is no such key.
    pub(super) fn entries(&self, key: &str) -> &[Field] {
        match self.field(key).map(|field| &field.value) {
            Some(Value::Table(table)) => &table.0,
            _ => &[],
        }
    }

    /// The tables of an array; none where there is no such key.
    pub(super) fn tables(&self, key: &str) -> &[(Span, Self)] {
        match self.field(key).map(|field| &field.value) {
            Some(Value::Tables(tables)) => tables,
            _ => &[],
        }
    }
}

/// Reads the text of the file at `path`.
///
/// # Errors
/// Every mistake in it.
pub(super) fn read(text: &str, path: &Path) -> Result<Table, Error> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { mistakes: Vec::new() };
    for error in errors {
        let message = error.message().replace('\n', ": ");
        reader.mistake(error.span().unwrap_or_default(), message.trim_end_matches(": ").to_owned(), None);
    }
    let read = if reader.mistakes.is_empty() {
        reader.table(table.get_ref(), FILE, "the settings")
    } else {
        Table::default()
    };
    if reader.mistakes.is_empty() {
        return Ok(read);
    }
    let source = Source::new(FileId(0), "", path, text.as_bytes().to_vec());
    let mistakes = reader.mistakes.into_iter().map(|(span, message, help)| Mistake {
        place: Some((path.to_owned(), source.position(span.start))),
        message,
        help,
    });
    let mut mistakes: Vec<Mistake> = mistakes.collect();
    mistakes.sort_by_key(|mistake| mistake.place.as_ref().map(|(_, position)| *position));
    Err(Error { mistakes })
}

struct Reader {
    mistakes: Vec<(Span, String, Option<String>)>,
}

impl Reader {
    fn mistake(&mut self, at: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.mistakes.push((span(&at), message.into(), help));
    }

    fn table(&mut self, table: &DeTable<'_>, keys: &[Key], what: &str) -> Table {
        let mut fields = Vec::new();
        for (name, value) in table {
            let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) else {
                let help = nearest(name.get_ref(), keys.iter().map(|key| key.name));
                self.mistake(name.span(), format!("unknown key `{}` in {what}", name.get_ref()), help);
                continue;
            };
            if let Some(value) = self.value(value, &key.shape, key.name) {
                fields.push(field(name.get_ref(), name.span(), value));
            }
        }
        fields.sort_by_key(|field| field.span.start);
        Table(fields)
    }

    fn required(&mut self, table: &Table, keys: &[Key], at: Range<usize>, what: &str) {
        for key in keys.iter().filter(|key| key.required && table.field(key.name).is_none()) {
            let help = Some(format!("write `{} = {}`", key.name, key.example));
            self.mistake(at.clone(), format!("{what} needs the key `{}`", key.name), help);
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, shape: &Shape, what: &str) -> Option<(Span, Value)> {
        let read = match (shape, value.get_ref()) {
            (Shape::Boolean, DeValue::Boolean(value)) => Value::Boolean(*value),
            (Shape::CheckLevel, DeValue::Table(table)) => {
                let table = self.table(table, CHECK_LEVEL, what);
                self.required(&table, CHECK_LEVEL, value.span(), what);
                self.needs_reason(&table, value.span(), what);
                Value::Table(table)
            }
            (Shape::CheckLevel, DeValue::String(_)) => {
                let (at, level) = self.value(value, &CHECK_LEVEL[0].shape, what)?;
                let table = Table(vec![Field { key: "level".to_owned(), span: at, value: level }]);
                self.needs_reason(&table, value.span(), what);
                Value::Table(table)
            }
            (Shape::Date, DeValue::Datetime(date)) => {
                Value::Date(self.date(&date.to_string(), value.span())?)
            }
            (Shape::Date, DeValue::String(date)) => Value::Date(self.date(date, value.span())?),
            (Shape::Number, DeValue::Integer(number)) => {
                let digits: String = number.as_str().chars().filter(|digit| *digit != '_').collect();
                let Ok(read) = u64::from_str_radix(&digits, number.radix()) else {
                    self.mistake(value.span(), format!("`{what}` is {}", description(shape)), None);
                    return None;
                };
                Value::Number(read)
            }
            (Shape::OneOf(words), DeValue::String(text)) => {
                if !words.contains(&text.as_ref()) {
                    let help = nearest(text, words.iter().copied());
                    self.mistake(
                        value.span(),
                        format!("`{what}` is one of {}, not `{text}`", words.join(", ")),
                        help,
                    );
                    return None;
                }
                Value::Text(text.to_string())
            }
            (Shape::Table(keys), DeValue::Table(table)) => Value::Table(self.table(table, keys, what)),
            (Shape::Tables(keys), DeValue::Array(items)) => {
                let tables = items.iter().filter_map(|item| self.item_table(item, keys, what)).collect();
                Value::Tables(tables)
            }
            (Shape::Map(shape), DeValue::Table(table)) => Value::Table(self.map(table, shape, what)),
            (Shape::MapOfChecks(shape), DeValue::Table(table)) => {
                for name in table.keys().filter(|name| checks::find(name.get_ref()).is_none()) {
                    let help = checks::nearest(name.get_ref()).map(similar);
                    self.mistake(name.span(), format!("unknown check `{}`", name.get_ref()), help);
                }
                Value::Table(self.map(table, shape, what))
            }
            (Shape::Target(keys), DeValue::Table(table)) => {
                Value::Text(target(&self.table(table, keys, what)))
            }
            (Shape::Target(_) | Shape::Text, DeValue::String(text)) => {
                if text.trim().is_empty() {
                    self.mistake(value.span(), format!("`{what}` is empty"), None);
                    return None;
                }
                Value::Text(text.to_string())
            }
            (Shape::Texts, DeValue::Array(items)) => {
                let texts = items.iter().filter_map(|item| match self.value(item, &Shape::Text, what)? {
                    (span, Value::Text(text)) => Some((span, text)),
                    _ => None,
                });
                Value::Texts(texts.collect())
            }
            (shape, _) => {
                self.mistake(value.span(), format!("`{what}` is {}", description(shape)), None);
                return None;
            }
        };
        Some((span(&value.span()), read))
    }

    fn item_table(&mut self, item: &Spanned<DeValue<'_>>, keys: &[Key], what: &str) -> Option<(Span, Table)> {
        let DeValue::Table(table) = item.get_ref() else {
            self.mistake(item.span(), format!("`{what}` is a table"), None);
            return None;
        };
        let table = self.table(table, keys, what);
        self.required(&table, keys, item.span(), &format!("an entry of `{what}`"));
        Some((span(&item.span()), table))
    }

    fn map(&mut self, table: &DeTable<'_>, shape: &Shape, what: &str) -> Table {
        let read = table.iter().filter_map(|(name, value)| {
            let label = format!("{what}.{}", name.get_ref());
            Some(field(name.get_ref(), name.span(), self.value(value, shape, &label)?))
        });
        let mut fields: Vec<Field> = read.collect();
        fields.sort_by_key(|field| field.span.start);
        Table(fields)
    }

    fn needs_reason(&mut self, table: &Table, at: Range<usize>, what: &str) {
        let Some(level) = table.text("level") else { return };
        if level == "error" {
            return;
        }
        let help = Some(format!("write `{{ level = \"{level}\", reason = \"…\" }}`"));
        match table.text("reason") {
            None => self.mistake(at, format!("`{what}` at level {level} needs a reason"), help),
            Some(reason) if crate::suppress::is_placeholder(reason) => {
                self.mistake(at, format!("`{reason}` is no reason for `{what}`"), None);
            }
            Some(_) => {}
        }
    }

    fn date(&mut self, text: &str, at: Range<usize>) -> Option<Date> {
        let date = Date::parse(text);
        if date.is_none() {
            self.mistake(at, format!("`{text}` is no day; write it as 2027-03-31"), None);
        }
        date
    }
}

fn field(name: &str, key: Range<usize>, (value_span, value): (Span, Value)) -> Field {
    Field { key: name.to_owned(), span: span(&key).cover(value_span), value }
}

/// `system=debian-12,nginx=1.28`, as on the command line.
fn target(table: &Table) -> String {
    let parts = table.fields().filter_map(|field| Some(format!("{}={}", field.key, table.text(&field.key)?)));
    parts.collect::<Vec<_>>().join(",")
}

fn description(shape: &Shape) -> &'static str {
    match shape {
        Shape::Boolean => "true or false",
        Shape::CheckLevel => "a level, or a table with a level and a reason",
        Shape::Date => "a day, as in 2027-03-31",
        Shape::Number => "a number without a sign",
        Shape::OneOf(_) | Shape::Text => "a string",
        Shape::Map(_) | Shape::MapOfChecks(_) | Shape::Table(_) => "a table",
        Shape::Tables(_) => "an array of tables",
        Shape::Target(_) => "a string or a table",
        Shape::Texts => "an array of strings",
    }
}

/// The help for a misspelt word.
fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<String> {
    let scored = known.map(|name| (strsim::jaro_winkler(word, name), name));
    scored
        .filter(|(score, _)| *score > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| similar(name))
}

fn similar(name: &str) -> String {
    format!("a similar one exists: `{name}`")
}

fn span(range: &Range<usize>) -> Span {
    Span::new(range.start as u32, range.end.max(range.start) as u32)
}
