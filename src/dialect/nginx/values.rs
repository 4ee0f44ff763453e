//! What directives set: looked up through the blocks around, placeholders filled in where their values are given.

use super::config::{Config, Entry, ScopeId};
use super::units::Place;
use crate::endpoint::Protocols;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::{Setting, Unknown};
use crate::syntax::nginx::Word;
use crate::syntax::template::templates;
use crate::text::Text;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What looking for a directive from a block outwards comes to.
pub(super) enum Found<'c> {
    /// It stands nowhere: the default holds.
    Absent,
    /// Something that cannot be seen may set it.
    Unknown(Arc<Unknown>),
    /// It stands in this block, once or several times.
    Written(ScopeId, Vec<&'c Entry>),
}

/// Reads settings; what many blocks inherit is made once.
pub(super) struct Values<'c> {
    pub(super) config: &'c Config<'c>,
    variables: &'c BTreeMap<String, String>,
    inherited: RefCell<Inherited>,
}

type Cache<T> = HashMap<(ScopeId, &'static str), Setting<T>>;

#[derive(Default)]
struct Inherited {
    protocols: Cache<Protocols>,
    texts: Cache<Text>,
}

impl<'c> Values<'c> {
    pub(super) fn new(config: &'c Config<'c>, variables: &'c BTreeMap<String, String>) -> Self {
        Self { config, variables, inherited: RefCell::default() }
    }

    /// Looks for a directive: the innermost block that has it decides, and nothing is joined across blocks.
    pub(super) fn find(&self, scope: ScopeId, name: &str) -> Found<'c> {
        for id in self.config.around(scope) {
            let block = self.config.scope(id);
            let entries: Vec<&Entry> = block.entries.iter().filter(|entry| entry.name == name).collect();
            if let Some(entry) = entries.iter().find(|entry| entry.conditional) {
                let at = Some(self.config.units.location(entry.place));
                let why = format!("a template decides whether this {name} holds");
                return Found::Unknown(Arc::new(Unknown { at, why }));
            }
            if !entries.is_empty() {
                return Found::Written(id, entries);
            }
            if let Some(unknown) = &block.blind {
                let why = format!("{name} is not set here; {}", unknown.why);
                return Found::Unknown(Arc::new(Unknown { at: unknown.at, why }));
            }
        }
        Found::Absent
    }

    /// `ssl_protocols` and its relatives; several in one block add up.
    pub(super) fn protocols(&self, scope: ScopeId, name: &'static str) -> Option<Setting<Protocols>> {
        let (written, entries) = match self.find(scope, name) {
            Found::Absent => return None,
            Found::Unknown(unknown) => return Some(Setting::Unknown(unknown)),
            Found::Written(written, entries) => (written, entries),
        };
        let make = || self.make_protocols(scope, written, &entries);
        Some(cached(&self.inherited, |inherited| &mut inherited.protocols, (scope, written, name), make))
    }

    fn make_protocols(&self, scope: ScopeId, written: ScopeId, entries: &[&Entry]) -> Setting<Protocols> {
        let mut protocols = Protocols::default();
        for entry in entries {
            if self.config.units.get(entry.place.unit).tree.directive(entry.place.id).conditional_words {
                let at = Some(self.config.units.location(entry.place));
                return Setting::unknown(at, "a template decides which protocols stand here");
            }
            for word in self.config.units.arguments(entry.place) {
                let text = match self.word(entry.place, word) {
                    Ok(text) => text,
                    Err(unknown) => return Setting::Unknown(unknown),
                };
                let location = self.config.units.word_location(entry.place, word);
                for name in text.as_str().split_ascii_whitespace() {
                    let Some(protocol) = protocol(name) else { continue };
                    protocols.set = protocols.set.with(protocol);
                    protocols.brought_by.push((ProtocolSet::EMPTY.with(protocol), location));
                }
            }
        }
        let Some(last) = entries.last() else { return Setting::unknown(None, "nothing is written") };
        let provenance = self.config.provenance(last.chain, written, scope);
        Setting::written(protocols, self.config.units.location(last.place), provenance)
    }

    /// The first argument of a directive.
    pub(super) fn text(&self, scope: ScopeId, name: &'static str) -> Option<Setting<Text>> {
        let (written, entries) = match self.find(scope, name) {
            Found::Absent => return None,
            Found::Unknown(unknown) => return Some(Setting::Unknown(unknown)),
            Found::Written(written, entries) => (written, entries),
        };
        let make = || {
            let Some(entry) = entries.first() else { return Setting::unknown(None, "nothing is written") };
            let Some(word) = self.config.units.arguments(entry.place).first() else {
                return Setting::unknown(
                    Some(self.config.units.location(entry.place)),
                    "the value is missing",
                );
            };
            match self.word(entry.place, word) {
                Ok(text) => {
                    let provenance = self.config.provenance(entry.chain, written, scope);
                    Setting::written(text, self.config.units.location(entry.place), provenance)
                }
                Err(unknown) => Setting::Unknown(unknown),
            }
        };
        Some(cached(&self.inherited, |inherited| &mut inherited.texts, (scope, written, name), make))
    }

    /// A directive that is `on` or `off`.
    pub(super) fn flag(&self, scope: ScopeId, name: &'static str) -> Option<Setting<bool>> {
        let text = self.text(scope, name)?;
        Some(text.map(|text| text.as_str().eq_ignore_ascii_case("on")))
    }

    /// A word's value with placeholders filled in.
    ///
    /// # Errors
    /// Where a placeholder has no value.
    pub(super) fn word(&self, place: Place, word: &Word) -> Result<Text, Arc<Unknown>> {
        let text = self.config.units.text(place, word);
        if !word.is_templated() {
            return Ok(text);
        }
        let location = self.config.units.word_location(place, word);
        if let Some(value) = fill_in(text.as_str(), self.variables) {
            return Ok(Text::replaced(value, location));
        }
        let why = format!("\"{}\" is filled in elsewhere", text.as_str());
        Err(Arc::new(Unknown { at: Some(location), why }))
    }

    /// Whether a directive is set to `on`; unknown counts as `false`.
    pub(super) fn is_on(&self, scope: ScopeId, name: &'static str) -> bool {
        self.flag(scope, name).is_some_and(|setting| setting.value() == Some(&true))
    }
}

/// A setting from another block, which is made once for all that inherit it; one from the block itself is made anew.
fn cached<T: Clone>(
    inherited: &RefCell<Inherited>,
    cache: impl Fn(&mut Inherited) -> &mut Cache<T>,
    (reader, written, name): (ScopeId, ScopeId, &'static str),
    make: impl FnOnce() -> Setting<T>,
) -> Setting<T> {
    if reader == written {
        return make();
    }
    if let Some(setting) = cache(&mut inherited.borrow_mut()).get(&(written, name)) {
        return setting.clone();
    }
    let setting = make();
    cache(&mut inherited.borrow_mut()).insert((written, name), setting.clone());
    setting
}

/// The version that a word of `ssl_protocols` means: letter case aside, as `ngx_conf_set_bitmask_slot` compares.
pub(super) fn protocol(word: &str) -> Option<Protocol> {
    Protocol::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(word))
}

/// `value` with every placeholder filled in; `None` where one has no value.
fn fill_in(value: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut from = 0;
    for template in templates(value) {
        let name =
            template.span.of(value).trim_matches(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
        out.push_str(value.get(from..template.span.start as usize)?);
        out.push_str(variables.get(name).or_else(|| variables.get(name.trim_start_matches('.')))?);
        from = template.span.end as usize;
    }
    let rest = value.get(from..)?;
    if from > 0 {
        out.push_str(rest);
        return Some(out);
    }
    // `$NAME`, `${NAME}`, `@NAME@`, `%%NAME%%`, `__NAME__`: what a value is given for is replaced, and one must be.
    let mut filled = rest.to_owned();
    let mut found = false;
    for (name, given) in variables.iter().rev() {
        for spelling in [
            format!("${{{name}}}"),
            format!("@{name}@"),
            format!("%%{name}%%"),
            format!("__{name}__"),
            format!("${name}"),
        ] {
            found |= filled.contains(&spelling);
            filled = filled.replace(&spelling, given);
        }
    }
    found.then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_take_the_values_that_are_given() {
        let variables =
            BTreeMap::from([("P".to_owned(), "TLSv1.2".to_owned()), ("x.y".to_owned(), "z".to_owned())]);
        for (value, expected) in [
            ("{{ P }}", Some("TLSv1.2")),
            ("{{ .x.y }}/a", Some("z/a")),
            ("<%= @P -%>", Some("TLSv1.2")),
            ("${P}", Some("TLSv1.2")),
            ("@P@", Some("TLSv1.2")),
            ("{{ Q }}", None),
            ("${Q}", None),
        ] {
            assert_eq!(fill_in(value, &variables).as_deref(), expected, "{value}");
        }
    }
}
