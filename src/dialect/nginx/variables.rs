//! Variables that the name in the ClientHello decides: `$ssl_server_name`, and maps of it to constants (ngx_http_map_module).

use super::units::{Place, Units};
use std::collections::{BTreeSet, HashMap};

/// What a client asks for, as far as a variable needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hello<'a> {
    /// This name.
    Named(&'a str),
    /// A name that stands nowhere, or none.
    Others,
}

/// The maps of a configuration whose values a name decides.
#[derive(Debug, Default)]
pub(super) struct Variables {
    maps: HashMap<String, Map>,
}

/// `map $ssl_server_name $name { … }`.
#[derive(Debug, Default)]
struct Map {
    exact: HashMap<String, String>,
    /// `.a`, `*.a` and `a.*` of a map of host names, without the asterisk and its dot; each with whether the domain itself counts too.
    leading: HashMap<String, (String, bool)>,
    trailing: HashMap<String, String>,
    patterns: Vec<(regex::Regex, String)>,
    default: String,
}

/// The variable itself.
const NAME: &str = "ssl_server_name";

/// How often the value of a map may name another.
const MAXIMUM_DEPTH: usize = 8;

impl Variables {
    /// Reads every map of `units` that a name decides and that is known whole; of two of one name the later.
    pub(super) fn read(units: &Units) -> Self {
        let mut maps = HashMap::new();
        for (number, unit) in (0..).zip(units.iter()) {
            if unit.tree.is_templated() {
                continue;
            }
            for (id, directive) in unit.tree.iter().filter(|(_, directive)| directive.block.is_some()) {
                let is_map = unit.tree.name(id).is_some_and(|name| name.value(unit.source.text()) == "map");
                let place = Place { unit: number, id };
                let [source, target] = [0, 1].map(|index| units.argument(place, index));
                if !is_map || directive.conditional_words || bare(&source) != Some(NAME) {
                    continue;
                }
                let Some(target) = bare(&target) else { continue };
                match Map::read(units, place) {
                    Some(map) => maps.insert(target.to_owned(), map),
                    None => maps.remove(target),
                };
            }
        }
        Self { maps }
    }

    /// `text` with its variables filled in as a client with this hello has them; `None` where something else decides, or there are none.
    pub(super) fn fill(&self, text: &str, hello: Hello<'_>) -> Option<String> {
        let mut text = text.to_owned();
        for _ in 0..MAXIMUM_DEPTH {
            let names = variables_in(&text);
            if names.is_empty() {
                return Some(text);
            }
            for name in names {
                let value = self.value(&name, hello)?;
                text = replaced(&text, &name, &value);
            }
        }
        None
    }

    /// The names that maps behind the variables of `text` give a value of their own.
    pub(super) fn names_of<'v>(&'v self, text: &str) -> impl Iterator<Item = &'v str> {
        let maps: Vec<&Map> = variables_in(text).iter().filter_map(|name| self.maps.get(name)).collect();
        maps.into_iter().flat_map(|map| map.exact.keys().map(String::as_str))
    }

    fn value(&self, name: &str, hello: Hello<'_>) -> Option<String> {
        match (name, hello) {
            (NAME, Hello::Named(name)) => Some(name.to_owned()),
            (NAME, Hello::Others) => None,
            (_, Hello::Named(asked)) => Some(self.maps.get(name)?.value(asked)),
            (_, Hello::Others) => Some(self.maps.get(name)?.default.clone()),
        }
    }
}

impl Map {
    /// Reads one; `None` where a part of it is not to be seen.
    fn read(units: &Units, place: Place) -> Option<Self> {
        let tree = &units.get(place.unit).tree;
        let text = units.get(place.unit).source.text();
        let rows: Vec<Place> = tree.children(place.id).map(|id| Place { unit: place.unit, id }).collect();
        let key = |row: &Place| Some(tree.name(row.id)?.value(text).into_owned());
        let has_hosts = rows
            .iter()
            .any(|row| units.arguments(*row).is_empty() && key(row).is_some_and(|key| key == "hostnames"));
        let mut map = Self::default();
        for row in &rows {
            let key = key(row)?;
            let value = units.argument(*row, 0).into_owned();
            match (key.as_str(), units.arguments(*row).len()) {
                ("hostnames" | "volatile", 0) => {}
                ("include", _) | (_, 0) => return None,
                ("default", _) => map.default = value,
                _ => map.add(&key, value, has_hosts)?,
            }
        }
        Some(map)
    }

    /// Adds a row; `None` for an expression that is not understood.
    fn add(&mut self, key: &str, value: String, has_hosts: bool) -> Option<()> {
        if let Some(pattern) = key.strip_prefix('~') {
            let (pattern, ignores_case) =
                pattern.strip_prefix('*').map_or((pattern, false), |rest| (rest, true));
            let expression = regex::RegexBuilder::new(pattern).case_insensitive(ignores_case).build().ok()?;
            // What a pattern captures may stand in the value.
            if value.contains('$') {
                return None;
            }
            self.patterns.push((expression, value));
            return Some(());
        }
        let key = key.strip_prefix('\\').unwrap_or(key).to_ascii_lowercase();
        if let Some(domain) = key.strip_prefix("*.").filter(|_| has_hosts) {
            self.leading.entry(domain.to_owned()).or_insert((value, false));
        } else if let Some(domain) = key.strip_prefix('.').filter(|_| has_hosts) {
            self.leading.entry(domain.to_owned()).or_insert((value, true));
        } else if let Some(start) = key.strip_suffix(".*").filter(|_| has_hosts) {
            self.trailing.entry(start.to_owned()).or_insert(value);
        } else {
            self.exact.entry(key).or_insert(value);
        }
        Some(())
    }

    /// The value for a name: itself, the longest domain, the longest beginning, the first pattern, the default (ngx_http_map_find()).
    fn value(&self, name: &str) -> String {
        let lower = name.to_ascii_lowercase();
        let lower = lower.trim_end_matches('.');
        let domain = |at: usize| {
            let rest = lower.get(at..)?;
            let (value, counts_itself) = self.leading.get(rest)?;
            (at > 0 || *counts_itself).then_some(value)
        };
        let starts = std::iter::once(0).chain(lower.match_indices('.').map(|(at, _)| at + 1));
        let mut ends = lower.rmatch_indices('.').filter_map(|(at, _)| self.trailing.get(lower.get(..at)?));
        let pattern =
            || self.patterns.iter().find(|(pattern, _)| pattern.is_match(name)).map(|(_, value)| value);
        let found = self.exact.get(lower).or_else(|| starts.into_iter().find_map(domain));
        found.or_else(|| ends.next()).or_else(pattern).unwrap_or(&self.default).clone()
    }
}

/// The name of a variable that is a whole word: `$name` or `${name}`.
fn bare(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .then_some(name)
}

/// The names behind the `$` of a text, each once.
pub(super) fn variables_in(text: &str) -> BTreeSet<String> {
    let names = text.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|next: char| !next.is_ascii_alphanumeric() && next != '_').unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// `text` with `$name` and `${name}` replaced, `$name` where no longer name begins with it.
pub(super) fn replaced(text: &str, name: &str, value: &str) -> String {
    let text = text.replace(&format!("${{{name}}}"), value);
    let name = format!("${name}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(&name) {
        out.push_str(before);
        let goes_on = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(if goes_on { &name } else { value });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_answers_as_nginx_looks_names_up() {
        let mut map = Map { default: "d".to_owned(), ..Map::default() };
        for (key, value) in [
            ("a.test", "exact"),
            (".b.test", "b"),
            ("*.x.b.test", "x"),
            ("mail.*", "mail"),
            ("~^c[0-9]", "pattern"),
            ("~*^UP", "case"),
        ] {
            map.add(key, value.to_owned(), true).unwrap();
        }
        for (name, expected) in [
            ("A.test", "exact"),
            ("b.test", "b"),
            ("y.b.test", "b"),
            ("y.x.b.test", "x"),
            ("x.b.test", "b"),
            ("mail.anything", "mail"),
            ("c1.test", "pattern"),
            ("up.test", "case"),
            ("z.test", "d"),
        ] {
            assert_eq!(map.value(name), expected, "{name}");
        }
    }

    #[test]
    fn variables_are_filled_in_where_a_name_decides_them() {
        let mut map = Map { default: "/tls/other".to_owned(), ..Map::default() };
        map.add("a.test", "/tls/${ssl_server_name}".to_owned(), false).unwrap();
        let variables = Variables { maps: HashMap::from([("base".to_owned(), map)]) };
        let named = |text, name| variables.fill(text, Hello::Named(name));
        assert_eq!(named("$base.crt", "a.test").as_deref(), Some("/tls/a.test.crt"));
        assert_eq!(variables.fill("${base}.crt", Hello::Others).as_deref(), Some("/tls/other.crt"));
        assert_eq!(variables.fill("/$ssl_server_name.crt", Hello::Others), None);
        assert_eq!(named("$base$host", "a.test"), None);
        assert_eq!(variables.names_of("$base.crt").collect::<Vec<_>>(), ["a.test"]);
    }
}
