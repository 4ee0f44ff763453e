//! Values in YAML and JSON.

use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::syntax::yaml::{Node, Scalar, Shape, Style, parse_as_it_stands};
use crate::text::Text;
use crate::worlds::expression::{Expression, Value};
use crate::worlds::infix;
use std::collections::BTreeMap;

/// How deep names may nest.
const DEEPEST: usize = 8;

/// The prefix of Cookiecutter's names, whose lists are choices.
pub(super) const CHOICES: &str = "cookiecutter.";

/// How many names of one file are known.
const MOST_NAMES: usize = 20_000;

/// Every name of the document, joined by dots, behind `prefix`; those below `below` alone. With `blocks`, mappings and lists of them
/// are known as the text that they stand there as.
pub(super) fn names(
    source: &Source,
    prefix: &str,
    below: &str,
    blocks: bool,
) -> BTreeMap<String, Expression> {
    let parsed = parse_as_it_stands(source.text());
    let mut walk = Walk { source, blocks, is_filled_in: prefix.is_empty(), found: BTreeMap::new() };
    let root = parsed.tree.root();
    let root = if below.is_empty() { root } else { root.and_then(|root| root.get(below)) };
    if let Some(root) = root {
        walk.entries(root, prefix, 0);
    }
    walk.found
}

/// Hiera's names, as templates of the module call them.
pub(super) fn hiera(source: &Source) -> BTreeMap<String, Expression> {
    let mut found = BTreeMap::new();
    for (name, value) in names(source, "scope.", "", false) {
        let last = name.rsplit("::").next().unwrap_or(&name).to_owned();
        if name.contains("::") {
            found.insert(format!("@{last}"), value.clone());
            found.insert(format!("${last}"), value.clone());
        }
        found.insert(name, value);
    }
    found
}

/// The environments of a Compose file's services, as `${NAME}`.
pub(super) fn compose(source: &Source) -> BTreeMap<String, Expression> {
    let parsed = parse_as_it_stands(source.text());
    let mut found = BTreeMap::new();
    let services = parsed.tree.root().and_then(|root| root.get("services"));
    let environments =
        services.into_iter().flat_map(Node::entries).filter_map(|(_, service)| service.get("environment"));
    for environment in environments {
        for (name, value) in environment.entries() {
            let Some((name, value)) = name.scalar().zip(scalar(value, source.id())) else { continue };
            found.insert(format!("${{{}}}", name.value), value);
        }
        for item in environment.items() {
            let text = item.text(source.id());
            let Some(at) = text.as_str().find('=') else { continue };
            let name = text.as_str().get(..at).unwrap_or("").to_owned();
            let value = text.part(Span::new(at as u32 + 1, text.as_str().len() as u32));
            found.insert(
                format!("${{{name}}}"),
                Expression::Placed(Value::Text(value.as_str().to_owned()), value),
            );
        }
    }
    // What the environment of the machine decides is not known.
    found.retain(|_, value| !matches!(value, Expression::Placed(Value::Text(text), _) if text.contains('$')));
    found
}

struct Walk<'s> {
    source: &'s Source,
    blocks: bool,
    /// Whether values are templates themselves, as Ansible's are.
    is_filled_in: bool,
    found: BTreeMap<String, Expression>,
}

impl Walk<'_> {
    fn entries(&mut self, node: Node<'_>, prefix: &str, depth: usize) {
        for (key, value) in node.entries() {
            let Some(key) = key.scalar() else { continue };
            if self.found.len() >= MOST_NAMES {
                return;
            }
            let name = format!("{prefix}{}", key.value);
            match value.shape() {
                Shape::Scalar(_) => {
                    let known = scalar(value, self.source.id());
                    let known = known
                        .and_then(|known| if self.is_filled_in { filled_in(known) } else { Some(known) });
                    self.found.extend(known.map(|known| (name, known)));
                }
                Shape::Sequence(items) => {
                    let items: Option<Vec<_>> = items
                        .map(|item| {
                            let known = scalar(item, self.source.id())?;
                            if self.is_filled_in { filled_in(known) } else { Some(known) }
                        })
                        .collect();
                    match items {
                        // Of choices the first is taken unasked.
                        Some(mut items) if prefix == CHOICES => {
                            items.truncate(1);
                            self.found.extend(items.pop().map(|first| (name, first)));
                        }
                        Some(items) => {
                            self.found.insert(name, Expression::List(items));
                        }
                        None => self.block(value, name),
                    }
                }
                Shape::Mapping(_) if value.is_alias() => {}
                Shape::Mapping(_) => {
                    if depth < DEEPEST {
                        self.entries(value, &format!("{name}."), depth + 1);
                    }
                    self.block(value, name);
                }
            }
        }
    }

    /// A collection as the lines that it stands in, without their indentation.
    fn block(&mut self, node: Node<'_>, name: String) {
        if !self.blocks || node.is_alias() || node.is_opaque() {
            return;
        }
        let (text, span) = (self.source.text(), node.span());
        let before = text.get(..span.start as usize).unwrap_or("");
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let mut out = Text::default();
        let mut at = span.start;
        for line in span.of(text).trim_end().split_inclusive('\n') {
            let blank = if at == span.start { 0 } else { line.len() - line.trim_start_matches(' ').len() };
            let cut = blank.min(column);
            out.push_verbatim(line.get(cut..).unwrap_or(""), self.source.id(), at + cut as u32);
            at += line.len() as u32;
        }
        self.found.insert(name, Expression::Block(out));
    }
}

/// A scalar with the place of every byte; `None` for what only a key opens.
fn scalar(node: Node<'_>, file: FileId) -> Option<Expression> {
    let Scalar { value, style } = node.scalar()?;
    let text = node.text(file);
    let written = match (style, value) {
        (Style::Plain, "true" | "True" | "yes" | "on") => Value::Flag(true),
        (Style::Plain, "false" | "False" | "no" | "off") => Value::Flag(false),
        (Style::Plain, "" | "~" | "null") => Value::Nothing,
        (Style::Plain, number) if is_number(number) => Value::Number(number.to_owned()),
        // The text of a vault.
        (Style::Block, text) if text.starts_with("$ANSIBLE_VAULT") => return None,
        _ => Value::Text(value.to_owned()),
    };
    let text = if written.printed() == text.as_str() {
        text
    } else {
        Text::replaced(written.printed(), text.location().unwrap_or(Location::new(file, node.span())))
    };
    Some(Expression::Placed(written, text))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || first == '-') && text.parse::<f64>().is_ok()
}

/// A value of Ansible's, which may name others; `None` for what has tags that are no outputs.
fn filled_in(known: Expression) -> Option<Expression> {
    let Expression::Placed(Value::Text(value), text) = &known else { return Some(known) };
    if !value.contains("{{") && !value.contains("{%") {
        return Some(known);
    }
    if value.contains("{%") {
        return None;
    }
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        let start = rest.find("{{").map_or(value.len(), |offset| at + offset);
        if start > at {
            let part = text.part(Span::new(at as u32, start as u32));
            parts.push(Expression::Placed(Value::Text(part.as_str().to_owned()), part));
        }
        let Some(inside) = value.get(start + 2..).filter(|_| start < value.len()) else { break };
        let end = inside.find("}}")?;
        let place = text.locate(Span::new(start as u32 + 2, (start + 2 + end) as u32))?;
        parts.push(infix::parse(inside.get(..end)?, place.file, place.span.start));
        at = start + 2 + end + 2;
    }
    match parts.len() {
        1 => parts.pop(),
        _ => Some(Expression::Call("~".to_owned(), parts)),
    }
}
