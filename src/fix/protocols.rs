//! Protocol settings within the policy's bounds: written ones narrowed, defaults replaced.

use super::place::Places;
use super::yaml::{self, MAXIMUM, MINIMUM, New};
use super::{Proposal, Subject};
use crate::endpoint::{Dialect, Endpoint, Protocols};
use crate::finding::{Applicability, Edit, Fix};
use crate::library::offer::Offer;
use crate::policy::Policy;
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::Setting;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

/// The checks whose findings a setting of protocols mends.
pub(super) const CHECKS: &[&str] = &["protocol-below-floor", "protocol-above-ceiling", "ineffective-setting"];
/// The bounds in Envoy's `TlsParameters`.
const BELOW: &[&str] = &["protocol-below-floor"];

/// One setting of protocols, everything that it reaches, and what the policies allow there.
struct Group<'a> {
    /// As each endpoint gets it: other settings may cut it down for some.
    written: Vec<&'a Protocols>,
    subjects: Vec<Subject<'a>>,
    bounds: Bounds,
}

/// The versions between the highest floor and the lowest ceiling.
#[derive(Clone, Copy)]
struct Bounds {
    floor: Protocol,
    ceiling: Protocol,
}

impl Bounds {
    /// What these policies ask for; `None` where they ask for nothing, or for opposites.
    fn of<'p>(policies: impl Iterator<Item = &'p Policy>) -> Option<Self> {
        let mut bounds = Self { floor: Protocol::Ssl2, ceiling: Protocol::Tls13 };
        for policy in policies {
            if let Some(rule) = &policy.protocols.minimum {
                bounds.floor = bounds.floor.max(rule.value);
            }
            if let Some(rule) = &policy.protocols.maximum {
                bounds.ceiling = bounds.ceiling.min(rule.value);
            }
        }
        let asks = bounds.floor > Protocol::Ssl2 || bounds.ceiling < Protocol::Tls13;
        (asks && bounds.floor <= bounds.ceiling).then_some(bounds)
    }

    fn set(self) -> ProtocolSet {
        ProtocolSet::between(self.floor, self.ceiling)
    }
}

/// A fix for every setting that admits what the policies do not.
pub(super) fn fixes(subjects: &[Subject<'_>], places: &Places<'_>) -> Vec<Proposal> {
    let mut groups: BTreeMap<Location, Group<'_>> = BTreeMap::new();
    let mut proposals = Vec::new();
    for subject in subjects {
        match &subject.endpoint.protocols {
            Setting::Default { value, .. } => proposals.extend(of_default(subject, value.set, places)),
            Setting::Unknown(_) => {}
            Setting::Written(written) => {
                let Some(bounds) = Bounds::of(subject.binding()) else { continue };
                let new = || Group { written: Vec::new(), subjects: Vec::new(), bounds };
                let group = groups.entry(written.location).or_insert_with(new);
                group.bounds.floor = group.bounds.floor.max(bounds.floor);
                group.bounds.ceiling = group.bounds.ceiling.min(bounds.ceiling);
                group.written.push(&written.value);
                group.subjects.push(*subject);
            }
        }
    }
    proposals.extend(groups.values().filter_map(|group| group.fix(places)));
    proposals
}

/// Writes the versions that the policies ask for where the server's own choice goes below them.
fn of_default(subject: &Subject<'_>, set: ProtocolSet, places: &Places<'_>) -> Option<Proposal> {
    let endpoint = subject.endpoint;
    let bounds = Bounds::of(subject.binding())?;
    if set.iter().all(|protocol| protocol >= bounds.floor) {
        return None;
    }
    let edit = if endpoint.dialect == Dialect::Envoy {
        let word = |protocol| Some(New::Scalar(version(protocol)?.0));
        let mut entries = vec![(MINIMUM, word(bounds.floor)?)];
        if set.intersection(bounds.set()).is_empty() {
            // Clients end at TLS 1.2 unless they are told to go on; a server's certificate may have bounds of its own.
            (endpoint.role == Role::Client).then_some(())?;
            entries.push((MAXIMUM, word(bounds.ceiling)?));
        }
        places.parameters(endpoint, entries)?
    } else {
        let key = endpoint.spelling.keys.protocols;
        places.insert(endpoint, key, &(endpoint.spelling.protocols)(bounds.set()))?
    };
    let applicability = applicability(std::slice::from_ref(subject), bounds);
    let message = format!("allow nothing below {}", bounds.floor);
    let fix = Fix { applicability, message, edits: vec![edit] };
    Some(Proposal { checks: BELOW, places: vec![endpoint.location], fix })
}

impl Group<'_> {
    fn fix(&self, places: &Places<'_>) -> Option<Proposal> {
        let outside = |set: ProtocolSet| set.iter().any(|protocol| !self.bounds.set().contains(protocol));
        let brought = self.written.iter().flat_map(|written| &written.brought_by);
        let brought: BTreeSet<Location> =
            brought.filter(|(set, _)| outside(*set)).map(|(_, place)| *place).collect();
        let brought: Vec<Location> = brought.into_iter().collect();
        let first = *brought.first()?;
        if brought.iter().any(|place| place.file != first.file) {
            return None;
        }
        let source = places.source(first.file);
        let keeps =
            self.written.iter().all(|written| !written.set.intersection(self.bounds.set()).is_empty());
        let dialect = self.subjects.first()?.endpoint.dialect;
        let below = self.set().iter().any(|protocol| protocol < self.bounds.floor);
        let edits = match dialect {
            Dialect::Nginx => self.in_nginx(&brought, keeps, places)?,
            // Where nothing would be left, crt-lists may have bounds of their own.
            Dialect::HaProxy if below && (keeps || self.subjects.len() == 1) => {
                self.in_haproxy(first, keeps, places)?
            }
            Dialect::Envoy if below => self.in_envoy(first, keeps, &source, places)?,
            Dialect::OpensslConf if below && keeps => self.in_openssl_conf(first, &source, places)?,
            Dialect::Ciphers | Dialect::Envoy | Dialect::HaProxy | Dialect::OpensslConf => return None,
        };
        let applicability =
            if keeps { applicability(&self.subjects, self.bounds) } else { Applicability::Unsafe };
        let Bounds { floor, ceiling } = self.bounds;
        let message = match (keeps, ceiling < Protocol::Tls13) {
            (true, false) => format!("allow nothing below {floor}"),
            (true, true) => format!("allow nothing outside {floor} to {ceiling}"),
            (false, _) => format!("allow {floor} and later in its place"),
        };
        Some(Proposal { checks: CHECKS, places: brought, fix: Fix { applicability, message, edits } })
    }

    /// Every version that some endpoint gets from it.
    fn set(&self) -> ProtocolSet {
        self.written.iter().fold(ProtocolSet::EMPTY, |all, written| all.union(written.set))
    }

    /// Takes words out of `ssl_protocols` and its relatives; a directive without any goes as a whole, if another is left.
    fn in_nginx(&self, brought: &[Location], keeps: bool, places: &Places<'_>) -> Option<Vec<Edit>> {
        let mut directives: BTreeMap<Span, (Vec<Span>, Vec<Location>)> = BTreeMap::new();
        for place in brought {
            let directive = places.directive_at(*place)?;
            if directive.name.ends_with("_conf_command") {
                return self.in_command(*place, keeps);
            }
            let named = directive.arguments.contains(&place.span);
            if !named || !directive.name.ends_with("_protocols") {
                return None;
            }
            directives.entry(directive.span).or_insert((directive.arguments, Vec::new())).1.push(*place);
        }
        let source = places.source(brought.first()?.file);
        let whole: Vec<Span> = directives
            .iter()
            .filter(|(_, (all, gone))| all.len() == gone.len())
            .map(|(span, _)| *span)
            .collect();
        if !keeps && whole.len() < directives.len() {
            return None;
        }
        let mut edits = Vec::new();
        for (span, (_, gone)) in &directives {
            let file = gone.first()?.file;
            if !whole.contains(span) {
                edits.extend(gone.iter().map(|place| without(&source, *place)));
            } else if !keeps && whole.last() == Some(span) {
                let (last, others) = gone.split_last()?;
                edits.extend(others.iter().map(|place| without(&source, *place)));
                edits.push(Edit::replace(*last, self.bounds.set().to_string()));
            } else {
                edits.push(Edit::replace(Location::new(file, with_line(&source, *span)), ""));
            }
        }
        Some(edits)
    }

    /// Takes versions back at the end of `Protocol`'s list.
    fn in_command(&self, value: Location, keeps: bool) -> Option<Vec<Edit>> {
        let gone = self.set().without(self.bounds.set());
        let words = gone.iter().fold(String::new(), |words, protocol| words + ",-" + protocol.name());
        keeps.then(|| vec![Edit::insert_after(value, words)])
    }

    /// Raises `ssl-min-ver`, or writes it in the place of what let old versions in.
    fn in_haproxy(&self, place: Location, keeps: bool, places: &Places<'_>) -> Option<Vec<Edit>> {
        let source = places.source(place.file);
        let text = place.span.of(source.text());
        let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        let floor = self.bounds.floor;
        let minimum = format!("ssl-min-ver {floor}");
        if self.subjects.iter().any(|subject| places.list_ends_below(subject.endpoint.location, floor)) {
            return None;
        }
        match words.as_slice() {
            ["ssl-min-ver", word] => {
                Protocol::from_name(word.trim_matches(['"', '\'']))?;
                let mut edits = vec![spelt(place, text, word, floor.name())?];
                if !keeps {
                    edits.push(raised_maximum(place, &source, self.bounds.ceiling)?);
                }
                Some(edits)
            }
            ["ssl-max-ver", word] => match (Protocol::from_name(word)? < floor, keeps) {
                // What is raised lets in everything below, unless a minimum stands on the line.
                (true, _) if !has_minimum(place, &source) => {
                    Some(vec![Edit::replace(place, format!("{minimum} ssl-max-ver {}", self.bounds.ceiling))])
                }
                (true, _) => Some(vec![spelt(place, text, word, self.bounds.ceiling.name())?]),
                (false, true) => self.minimum_of_each(&minimum, places),
                // The maximum that leaves nothing stands elsewhere.
                (false, false) => None,
            },
            // Either end may be inherited too.
            [force] if force.starts_with("force-") => {
                Some(vec![Edit::replace(place, format!("{minimum} ssl-max-ver {}", self.bounds.ceiling))])
            }
            _ => None,
        }
    }

    /// Writes a minimum on the line of every endpoint: where the maximum stands, others with a lower one may inherit it.
    fn minimum_of_each(&self, minimum: &str, places: &Places<'_>) -> Option<Vec<Edit>> {
        // Endpoints of one line have one edit.
        let places_of_lines: BTreeSet<_> =
            self.subjects.iter().map(|subject| subject.endpoint.location).collect();
        let edits = places_of_lines.into_iter().map(|place| places.words(place, "ssl-min-ver", minimum));
        let by_place: Option<BTreeMap<_, _>> =
            edits.map(|edit| edit.map(|edit| (edit.location, edit))).collect();
        Some(by_place?.into_values().collect())
    }

    /// Raises the minimum; where only a maximum let old versions in, writes one in front of it.
    fn in_envoy(
        &self,
        place: Location,
        keeps: bool,
        source: &Source,
        places: &Places<'_>,
    ) -> Option<Vec<Edit>> {
        let Bounds { floor, ceiling } = self.bounds;
        let at = |span| Location::new(place.file, span);
        let contexts = places.contexts(source);
        let is_maximum = yaml::means(contexts.around(place.span, MAXIMUM)?.key.of(source.text()), MAXIMUM);
        let asked = if is_maximum { MINIMUM } else { MAXIMUM };
        let yaml::Around { key, other } = contexts.around(place.span, asked)?;
        let (minimum, maximum) =
            if is_maximum { (other, Some(place.span)) } else { (Some(place.span), other) };
        let mut edits = vec![match minimum {
            Some(minimum) => enumerated(at(minimum), source, floor)?,
            None => contexts.before(at(key), source, &[(MINIMUM, New::Scalar(version(floor)?.0))])?,
        }];
        if !keeps {
            let maximum = at(maximum?);
            // A maximum that is high enough is not what leaves nothing: a certificate has bounds of its own.
            (named(maximum, source)? < floor).then_some(())?;
            edits.push(enumerated(maximum, source, ceiling)?);
        }
        Some(edits)
    }

    /// Raises `MinProtocol`; beside another command that lets old versions in, writes it.
    fn in_openssl_conf(&self, place: Location, source: &Source, places: &Places<'_>) -> Option<Vec<Edit>> {
        let line = source.line_text(source.position(place.span.start).line);
        let text = place.span.of(source.text());
        let word = text.split([' ', '\t', '=']).next_back()?.trim_matches(['"', '\'']);
        if line.contains("MinProtocol") {
            Protocol::from_name(word)?;
            return Some(vec![spelt(place, text, word, self.bounds.floor.name())?]);
        }
        let setting = format!("MinProtocol = {}", self.bounds.floor);
        Some(vec![places.line(place, "MinProtocol", &setting)?])
    }
}

/// Safe where every endpoint keeps the approved suites that it has.
fn applicability(subjects: &[Subject<'_>], bounds: Bounds) -> Applicability {
    let keeps = subjects.iter().all(|subject| {
        let approved = |endpoint: &Endpoint| -> BTreeSet<Suite> {
            let suites = Offer::of(endpoint).enabled.into_iter().map(|offered| offered.suite);
            suites
                .filter(|suite| subject.binding().any(|policy| policy.suites.approved.contains(suite)))
                .collect()
        };
        let before = subject.endpoint.protocols.value();
        let set = before.map_or(ProtocolSet::EMPTY, |protocols| protocols.set).intersection(bounds.set());
        // TLS 1.2 carries every suite that older versions do.
        if set.contains(Protocol::Tls12) {
            return true;
        }
        let mut after = subject.endpoint.clone();
        after.protocols = Setting::default(Protocols { set, brought_by: Vec::new() }, "narrowed".into());
        !set.is_empty() && approved(subject.endpoint).is_subset(&approved(&after))
    });
    if keeps { Applicability::Safe } else { Applicability::Unsafe }
}

/// Whether the line of a maximum has a minimum.
fn has_minimum(maximum: Location, source: &Source) -> bool {
    let line = source.line_text(source.position(maximum.span.start).line);
    line.split_whitespace().any(|word| word == "ssl-min-ver")
}

/// Raises the `ssl-max-ver` on the line of a minimum.
fn raised_maximum(minimum: Location, source: &Source, ceiling: Protocol) -> Option<Edit> {
    let line = source.line_span(source.position(minimum.span.start).line);
    let (_, rest) = line.of(source.text()).split_once("ssl-max-ver")?;
    let word = rest.split_whitespace().next()?;
    Protocol::from_name(word)?;
    let at = line.end - rest.len() as u32 + rest.find(word)? as u32;
    let span = Span::new(at, at + word.len() as u32);
    Some(Edit::replace(Location::new(minimum.file, span), ceiling.name()))
}

/// Takes a word out of a list, with the blanks in front of it.
fn without(source: &Source, place: Location) -> Edit {
    let before = source.text().get(..place.span.start as usize).unwrap_or("");
    let start = before.trim_end_matches([' ', '\t']).len() as u32;
    Edit::replace(Location::new(place.file, Span::new(start, place.span.end)), "")
}

/// A directive, with its line where nothing else stands there.
fn with_line(source: &Source, span: Span) -> Span {
    let line = source.line_span(source.position(span.start).line);
    let text = source.text();
    let is_alone = Span::new(line.start, span.start).of(text).trim().is_empty()
        && span.end <= line.end
        && Span::new(span.end, line.end).of(text).trim().is_empty();
    let rest = text.get(line.end as usize..).unwrap_or("");
    match rest.find('\n') {
        Some(newline) if is_alone => Span::new(line.start, line.end + newline as u32 + 1),
        _ => span,
    }
}

/// Puts `name` in the place of the last `word` of `text`, which stands at `place`.
fn spelt(place: Location, text: &str, word: &str, name: &str) -> Option<Edit> {
    let at = place.span.start + text.rfind(word)? as u32;
    Some(Edit::replace(Location::new(place.file, Span::new(at, at + word.len() as u32)), name))
}

/// A version as Envoy's enumeration has it, by name or number as the one that stands there.
fn enumerated(place: Location, source: &Source, protocol: Protocol) -> Option<Edit> {
    let text = place.span.of(source.text());
    let word = text.trim_matches(['"', '\'']);
    let (name, number) = version(protocol)?;
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = word.eq_ignore_ascii_case("TLS_AUTO") || named(place, source).is_some();
    if !is_number && !is_name {
        return None;
    }
    spelt(place, text, word, if is_number { number } else { name })
}

/// The version that stands at `place` as Envoy's enumeration has it; `TLS_AUTO` is none.
fn named(place: Location, source: &Source) -> Option<Protocol> {
    let word = place.span.of(source.text()).trim_matches(['"', '\'']);
    Protocol::ALL.into_iter().find(|protocol| {
        version(*protocol).is_some_and(|(name, number)| word.eq_ignore_ascii_case(name) || word == number)
    })
}

/// A version's name and number in Envoy's enumeration (`TlsParameters.TlsProtocol`).
const fn version(protocol: Protocol) -> Option<(&'static str, &'static str)> {
    match protocol {
        Protocol::Ssl2 | Protocol::Ssl3 => None,
        Protocol::Tls10 => Some(("TLSv1_0", "1")),
        Protocol::Tls11 => Some(("TLSv1_1", "2")),
        Protocol::Tls12 => Some(("TLSv1_2", "3")),
        Protocol::Tls13 => Some(("TLSv1_3", "4")),
    }
}
