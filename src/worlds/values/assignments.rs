//! Values in files of assignments: environments, attributes of Chef, parameters of Puppet. Literals alone are read.

use crate::source::Source;
use crate::span::FileId;
use crate::text::Text;
use crate::worlds::expression::{Expression, Value};
use std::collections::BTreeMap;

/// `NAME=value` by lines, as `${NAME}`.
pub(super) fn environment(source: &Source) -> BTreeMap<String, Expression> {
    let mut found = BTreeMap::new();
    for (start, line) in lines(source.text()) {
        let line = line.trim_end();
        let begin = line.len() - line.trim_start().len();
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim().trim_start_matches("export ").trim();
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            || begin > 0
        {
            continue;
        }
        let at = start + line.len() - value.len();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let inner = match quote {
            Some(quote) => value.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or(""),
            None => value.split(" #").next().unwrap_or(value).trim_end(),
        };
        if inner.contains('$') {
            continue;
        }
        let at = at + usize::from(quote.is_some());
        found.insert(format!("${{{name}}}"), text(inner, source.id(), at));
    }
    found
}

/// `default['nginx']['ssl_protocols'] = 'TLSv1.2'`, as `node['nginx']['ssl_protocols']`.
pub(super) fn chef(source: &Source) -> BTreeMap<String, Expression> {
    const LEVELS: [&str; 7] =
        ["default", "default_unless", "normal", "override", "set", "force_default", "force_override"];
    let mut found = BTreeMap::new();
    for (start, line) in lines(source.text()) {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let Some(open) = code.find('[') else { continue };
        let level = code.get(..open).unwrap_or("").trim_start_matches("node.");
        if !LEVELS.contains(&level) {
            continue;
        }
        let Some((keys, used)) = keys(code.get(open..).unwrap_or("")) else { continue };
        let rest = code.get(open + used..).unwrap_or("");
        let Some(value) = rest.trim_start().strip_prefix('=').filter(|value| !value.starts_with(['=', '~']))
        else {
            continue;
        };
        let at = start + indent + (code.len() - value.len());
        if let Some(value) = ruby(source.text(), at, source.id()) {
            found.insert(format!("node.{}", keys.join(".")), value);
        }
    }
    found
}

/// `$ssl_protocols = 'TLSv1.2'` of classes and their parameters, as `@ssl_protocols` and `$ssl_protocols`.
pub(super) fn puppet(source: &Source) -> BTreeMap<String, Expression> {
    let mut found: BTreeMap<String, Expression> = BTreeMap::new();
    for (start, line) in lines(source.text()) {
        let Some(sigil) = line.find('$').filter(|_| !line.trim_start().starts_with('#')) else { continue };
        let rest = line.get(sigil + 1..).unwrap_or("");
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let Some(value) =
            rest.trim_start().strip_prefix('=').filter(|value| !value.starts_with(['=', '~', '>']))
        else {
            continue;
        };
        if name.is_empty() {
            continue;
        }
        let at = start + (line.len() - value.len());
        let named = value.trim().trim_end_matches(',').rsplit("::").next().unwrap_or("");
        // `$x = $nginx::params::x` takes over what is known already.
        let taken = value.trim().starts_with('$').then(|| found.get(&format!("${named}")).cloned()).flatten();
        if let Some(value) = ruby(source.text(), at, source.id()).or(taken) {
            found.insert(format!("@{name}"), value.clone());
            found.insert(format!("${name}"), value);
        }
    }
    found
}

/// `['a']["b"][:c]`, and how many bytes it takes.
fn keys(text: &str) -> Option<(Vec<String>, usize)> {
    let mut keys = Vec::new();
    let mut at = 0;
    while let Some(inside) = text.get(at..)?.strip_prefix('[') {
        let end = inside.find(']')?;
        let key = inside.get(..end)?.trim().trim_start_matches(':').trim_matches(['\'', '"']);
        keys.push(key.to_owned());
        at += end + 2;
    }
    (!keys.is_empty()).then_some((keys, at))
}

/// A literal of Ruby or Puppet behind byte `at`: a text, `true`, a number, or a list of texts.
fn ruby(whole: &str, at: usize, file: FileId) -> Option<Expression> {
    let rest = whole.get(at..)?;
    let code = rest.trim_start();
    let at = at + (rest.len() - code.len());
    match code.chars().next()? {
        quote @ ('\'' | '"') => {
            let inner = code.get(1..)?.split(quote).next()?;
            let signs: &[char] = if quote == '"' { &['\n', '\\', '#', '$'] } else { &['\n', '\\'] };
            let is_literal = !inner.contains(signs);
            // What is put together with something else is no literal.
            let after = code.get(inner.len() + 2..)?.trim_start_matches([' ', '\t']);
            let ends = after.is_empty() || after.starts_with(['\n', '\r', ',', ')', '#']);
            (is_literal && ends).then(|| text(inner, file, at + 1))
        }
        '[' => list(code.get(1..)?.split(']').next()?, at + 1, file),
        '%' if code.starts_with("%w") => {
            let inner = code.get(3..)?;
            let end = inner.find([')', ']', '}', '|', '!'])?;
            Some(Expression::List(words(inner.get(..end)?, at + 3, file)))
        }
        _ => {
            let word = code.split(['\n', '\r', ',', ')', '#']).next()?.trim_end();
            let value = match word {
                "true" => Value::Flag(true),
                "false" => Value::Flag(false),
                "nil" | "undef" => Value::Nothing,
                number if number.parse::<f64>().is_ok() => Value::Number(number.to_owned()),
                _ => return None,
            };
            Some(Expression::Placed(value, Text::verbatim(word, file, at as u32)))
        }
    }
}

/// Texts between commas.
fn list(inner: &str, at: usize, file: FileId) -> Option<Expression> {
    let mut items = Vec::new();
    let mut offset = 0;
    for part in inner.split_inclusive(',') {
        let word = part.trim_end_matches(',').trim();
        let start = at + offset + (part.len() - part.trim_start().len());
        offset += part.len();
        if word.is_empty() {
            continue;
        }
        let quote = word.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let bare = word.strip_prefix(quote)?.strip_suffix(quote)?;
        if bare.contains(['#', '$', '\\']) {
            return None;
        }
        items.push(text(bare, file, start + 1));
    }
    Some(Expression::List(items))
}

fn words(inner: &str, at: usize, file: FileId) -> Vec<Expression> {
    let base = inner.as_ptr() as usize;
    inner.split_whitespace().map(|word| text(word, file, at + (word.as_ptr() as usize - base))).collect()
}

fn text(value: &str, file: FileId, at: usize) -> Expression {
    Expression::Placed(Value::Text(value.to_owned()), Text::verbatim(value, file, at as u32))
}

/// The lines with the bytes that they start at.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line.trim_end_matches(['\n', '\r']))
    })
}
