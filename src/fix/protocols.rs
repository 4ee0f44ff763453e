//! Narrower protocol settings.

use super::Subject;
use crate::endpoint::{Dialect, Protocols};
use crate::files::FileTree;
use crate::finding::{Applicability, Edit, Fix};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::{Setting, Written};
use crate::source::Source;
use crate::span::{Location, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

const CHECKS: &[&str] = &["protocol-below-floor"];

/// A fix for every setting that admits protocols below the floor, with the places of the findings that it mends.
pub(super) fn fixes(
    subjects: &[Subject<'_>],
    files: &dyn FileTree,
) -> Vec<(&'static [&'static str], Vec<Location>, Fix)> {
    let mut settings: BTreeMap<Location, (&Subject<'_>, &Arc<Written<Protocols>>, Protocol)> =
        BTreeMap::new();
    for subject in subjects {
        let Setting::Written(written) = &subject.endpoint.protocols else { continue };
        let floors =
            subject.policies.iter().filter_map(|policy| Some(policy.protocols.minimum.as_ref()?.value));
        let Some(floor) = floors.max() else { continue };
        let known = settings.entry(written.location).or_insert((subject, written, floor));
        known.2 = known.2.max(floor);
    }
    settings
        .into_values()
        .filter_map(|(subject, written, floor)| fix(subject, written, floor, files))
        .map(|(places, fix)| (CHECKS, places, fix))
        .collect()
}

fn fix(
    subject: &Subject<'_>,
    written: &Written<Protocols>,
    floor: Protocol,
    files: &dyn FileTree,
) -> Option<(Vec<Location>, Fix)> {
    let below = |set: ProtocolSet| set.iter().any(|protocol| protocol < floor);
    let brought = written.value.brought_by.iter().filter(|(set, _)| below(*set));
    let places: Vec<Location> = brought.map(|(_, place)| *place).collect();
    let first = *places.first()?;
    let source = files.source(first.file);
    if places.iter().any(|place| place.file != first.file) {
        return None;
    }
    let keeps = written.value.set.iter().any(|protocol| protocol >= floor);
    let edits = match subject.endpoint.dialect {
        Dialect::Nginx if keeps => {
            places.iter().map(|place| without(&source, *place)).collect::<Option<Vec<_>>>()?
        }
        Dialect::Nginx => {
            let wanted = ProtocolSet::between(floor, Protocol::Tls13);
            let (last, others) = places.split_last()?;
            let words = wanted.iter().map(Protocol::name).collect::<Vec<_>>().join(" ");
            is_name(last.span.of(source.text())).then_some(())?;
            let others = others.iter().map(|place| without(&source, *place)).collect::<Option<Vec<_>>>()?;
            others.into_iter().chain([Edit::replace(*last, words)]).collect()
        }
        Dialect::Envoy | Dialect::HaProxy | Dialect::OpensslConf => vec![raised(&source, first, floor)?],
        Dialect::Ciphers => return None,
    };
    let applicability = if keeps { Applicability::Safe } else { Applicability::Unsafe };
    let message = if keeps {
        format!("allow nothing below {floor}")
    } else {
        format!("allow {floor} and later in its place")
    };
    Some((places, Fix { applicability, message, edits }))
}

/// Takes a word out of a list, with the blanks in front of it.
fn without(source: &Source, place: Location) -> Option<Edit> {
    let text = source.text();
    is_name(place.span.of(text)).then_some(())?;
    let before = &text[..place.span.start as usize];
    let start = before.trim_end_matches([' ', '\t']).len() as u32;
    Some(Edit::replace(Location::new(place.file, Span::new(start, place.span.end)), ""))
}

fn is_name(word: &str) -> bool {
    Protocol::from_name(word).is_some()
}

/// Puts the floor where a lower minimum stands, spelt as it is.
fn raised(source: &Source, place: Location, floor: Protocol) -> Option<Edit> {
    let words = place.span.of(source.text());
    let word = words.split([' ', '\t', '=', ':']).next_back()?.trim_matches(['"', '\'']);
    let plain = word.replace("v1_", "v1.");
    Protocol::from_name(&plain)?;
    let at = place.span.start + words.rfind(word)? as u32;
    let name = if word.contains('_') { floor.name().replace("v1.", "v1_") } else { floor.name().to_owned() };
    let name = if word == "TLSv1_0" || word.contains('_') { name } else { floor.name().to_owned() };
    Some(Edit::replace(Location::new(place.file, Span::new(at, at + word.len() as u32)), name))
}
