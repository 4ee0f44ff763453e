//! What nginx refuses while it reads a directive: a wrong place, a wrong number of arguments, a value it does not know.

use super::config::{Config, Kind, ScopeId};
use super::release::{self, Arguments, Rule};
use super::units::Place;
use super::values;
use crate::endpoint::Model;
use crate::observation::{Observation, ObservationKind, Refusal};
use crate::span::Location;
use crate::syntax::nginx::Word;

/// Notes why nginx does not start, once for each place.
pub(super) fn refuse(model: &mut Model, location: Location, reason: impl Into<String>) {
    let reason = reason.into();
    if !model
        .refusals
        .iter()
        .rev()
        .take(RECENT)
        .any(|known| known.location == location && known.reason == reason)
    {
        model.refusals.push(Refusal { location, reason });
    }
}

/// How many refusals are looked through for the same one: what many blocks inherit is refused for each of them in a row.
const RECENT: usize = 8;

/// Looks at one directive where it stands; whether it counts.
pub(super) fn directive(
    config: &Config<'_>,
    model: &mut Model,
    (place, scope): (Place, ScopeId),
    name: &'static str,
) -> bool {
    let rules = release::rules(name);
    let kind = config.scope(scope).kind;
    let is_guessed = config.is_fragment && config.scope(scope).head.is_none();
    let rule = rules.iter().find(|rule| rule.contexts.contains(&kind));
    let Some(rule) = rule else {
        // The module of a directive without rules is not looked at here.
        let is_misplaced = kind == Kind::Main || rules.iter().any(|rule| Some(rule.module) == kind.module());
        // Parts of a template may stand in any order, and are put together elsewhere.
        let is_template = config.units.get(place.unit).tree.is_templated();
        if !rules.is_empty() && is_misplaced && !is_guessed && kind != Kind::Upstream && !is_template {
            reject(config, model, place, format!("\"{name}\" directive is not allowed here"));
            return false;
        }
        return rules.is_empty() || is_guessed;
    };
    if config.running.surely_lacks(rule) {
        let elsewhere = rules.iter().any(|rule| !config.running.surely_lacks(rule));
        let reason = if elsewhere {
            format!("\"{name}\" directive is not allowed here")
        } else {
            format!("unknown directive \"{name}\"")
        };
        reject(config, model, place, reason);
        return false;
    }
    let tree = &config.units.get(place.unit).tree;
    let directive = tree.directive(place.id);
    let words = tree.arguments(place.id);
    if directive.conditional_words || words.iter().any(Word::is_templated) {
        return true;
    }
    if directive.block.is_some() && name != "location" {
        reject(config, model, place, format!("directive \"{name}\" is not terminated by \";\""));
        return false;
    }
    if !rule.arguments.admit(words.len()) {
        // `ssl_protocols TLSv1.2` without its semicolon: the words of the next line tell more than their number.
        let reason = format!("invalid number of arguments in \"{name}\" directive");
        reject(config, model, place, reason);
        return rule.arguments == Arguments::One;
    }
    values_are_known(config, model, place, rule) && stands_once(config, model, (place, scope), rule)
}

fn values_are_known(config: &Config<'_>, model: &mut Model, place: Place, rule: &Rule) -> bool {
    let name = rule.name;
    let first = config.units.argument(place, 0);
    if rule.arguments == Arguments::Flag
        && !first.eq_ignore_ascii_case("on")
        && !first.eq_ignore_ascii_case("off")
    {
        let reason =
            format!("invalid value \"{first}\" in \"{name}\" directive, it must be \"on\" or \"off\"");
        reject(config, model, place, reason);
        return false;
    }
    if name.ends_with("ssl_protocols") {
        for (index, word) in config.units.arguments(place).iter().enumerate() {
            let value = config.units.argument(place, index);
            if values::protocol(&value).is_none() {
                let location = config.units.word_location(place, word);
                let reason = format!("invalid value \"{value}\"");
                refuse(model, location, reason);
            }
        }
    }
    if name == "ssl_session_cache" {
        for (index, word) in config.units.arguments(place).iter().enumerate() {
            let value = config.units.argument(place, index);
            if !word.is_templated() && !super::zones::is_cache(&value) {
                let reason = format!("invalid session cache \"{value}\"");
                refuse(model, config.units.word_location(place, word), reason);
            }
        }
    }
    if name == "server_name" {
        for (index, word) in config.units.arguments(place).iter().enumerate() {
            let value = config.units.argument(place, index);
            let pattern = value.strip_prefix('~').filter(|_| !word.is_templated());
            if let Some(fault) = pattern.and_then(super::names::fault) {
                let reason =
                    format!("pcre2_compile() failed: {fault} in \"{}\"", value.trim_start_matches('~'));
                refuse(model, config.units.word_location(place, word), reason);
            }
        }
    }
    if name == "ssl_verify_client" && !["off", "on", "optional", "optional_no_ca"].contains(&&*first) {
        reject(config, model, place, format!("invalid value \"{first}\""));
    }
    true
}

/// Directives that may stand several times in a block: each adds to a list.
const LISTS: [&str; 8] = [
    "listen",
    "location",
    "server_name",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_conf_command",
    "ssl_session_ticket_key",
    "ssl_ech_file",
];

fn stands_once(
    config: &Config<'_>,
    model: &mut Model,
    (place, scope): (Place, ScopeId),
    rule: &Rule,
) -> bool {
    let name = rule.name;
    let is_list = LISTS.contains(&name) || name.ends_with("_ssl_conf_command");
    let Some(earlier) = config.here(scope, name).next() else { return true };
    let took_one = name.starts_with("ssl_certificate") && !config.running.has(release::CERTIFICATE_LISTS);
    if is_list && !took_one {
        return true;
    }
    let is_conditional = earlier.conditional || config.units.get(place.unit).tree.is_conditional(place.id);
    if is_conditional {
        return true;
    }
    if name.ends_with("ssl_protocols") {
        let location = config.units.location(place);
        model.observations.push(Observation {
            kind: ObservationKind::SettingRepeated,
            location,
            message: format!("{name} stands twice in this block; nginx adds both up"),
            label: "adds to the one above".to_owned(),
            related: vec![(config.units.location(earlier.place), "the other one".to_owned())],
            help: Some(format!("write one {name} with every version that is meant")),
            context: config.context(scope, name),
        });
        return true;
    }
    reject(config, model, place, format!("\"{name}\" directive is duplicate"));
    false
}

fn reject(config: &Config<'_>, model: &mut Model, place: Place, reason: String) {
    let name = config.units.get(place.unit).tree.name(place.id);
    let word =
        name.map_or_else(|| config.units.location(place), |word| config.units.word_location(place, word));
    refuse(model, word, reason);
}
