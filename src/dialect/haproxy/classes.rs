//! Which certificates the clients of a name meet: ssl_sock_chose_sni_ctx() in src/ssl_clienthello.c, ssl_sock_switchctx_cbk() before 3.0.
//!
//! Every line of certificates has a context of its own. Of those for a name, a client gets one by the key it can take: ECDSA if it offers such
//! signatures and suites, RSA if it offers such signatures or, below TLS 1.2, none; else any other.

use super::bind::Bind;
use super::certificates::Entry;
use super::reader::Reader;
use super::release::Defaults;
use crate::endpoint::{Certificate, CertificateUse, KeyType, ServedName};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use std::collections::{BTreeMap, BTreeSet};

/// The clients of some names that meet the same certificates.
pub(super) struct Class {
    pub(super) names: Vec<ServedName>,
    pub(super) is_default: bool,
    /// Numbers of entries, at most one for each kind of key, that for clients that take ECDSA first.
    entries: Vec<usize>,
}

impl Class {
    /// The certificates of each endpoint: one for all of them, or one for each where lines have options of their own.
    pub(super) fn answers(&self, entries: &[Entry]) -> Vec<Vec<usize>> {
        let line = |number: &usize| entries.get(*number).map(|entry| (entry.options.is_some(), entry.bundle));
        let first = self.entries.first().and_then(line);
        let has_options = |number: &usize| entries.get(*number).is_some_and(|entry| entry.options.is_some());
        let alike = |number: &usize| !has_options(number) || line(number) == first;
        let none_has = !self.entries.iter().any(has_options);
        if none_has || self.entries.iter().all(|number| has_options(number) && alike(number)) {
            return vec![self.entries.clone()];
        }
        self.entries.iter().map(|number| vec![*number]).collect()
    }

    /// The certificate as clients of the class meet it: below TLS 1.2 they name no signatures, and are taken to know RSA alone.
    pub(super) fn met(&self, entry: &Entry, entries: &[Entry]) -> CertificateUse {
        let mut used = entry.certificate.clone();
        let others = self.entries.iter().filter_map(|number| entries.get(*number));
        let has_apart = |kind: Kind| {
            let mut apart = others.clone().filter(|other| !other.shares_context);
            apart.any(|other| kind_of(other).is_none_or(|own| own == kind))
        };
        let is_passed_over = match kind_of(entry) {
            Some(Kind::Ecdsa) => has_apart(Kind::Rsa) || has_apart(Kind::Other),
            Some(Kind::Other) => has_apart(Kind::Rsa),
            Some(Kind::Rsa) | None => false,
        };
        if is_passed_over {
            used.protocols = ProtocolSet::between(Protocol::Tls12, Protocol::Tls13);
        }
        used
    }

    fn of(mut numbers: Vec<usize>, entries: &[Entry], defaults: &Defaults) -> Self {
        let kind = |number: &usize| entries.get(*number).and_then(kind_of);
        if defaults.pss_is_rsa && numbers.iter().any(|number| kind(number) == Some(Kind::Rsa)) {
            // Whoever could take it takes RSA.
            numbers.retain(|number| !entries.get(*number).is_some_and(is_pss));
        }
        numbers.sort_by_key(|number| kind(number) != Some(Kind::Ecdsa));
        Self { names: Vec::new(), is_default: false, entries: numbers }
    }
}

/// The kinds of keys that HAProxy tells apart; RSA-PSS is none of the first two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Ecdsa,
    Other,
    Rsa,
}

/// The kind of an entry's key; `None` where the certificate is not at hand.
fn kind_of(entry: &Entry) -> Option<Kind> {
    let certificate = entry.certificate.certificate.as_ref()?;
    Some(match certificate.key_type {
        KeyType::Ecdsa => Kind::Ecdsa,
        KeyType::Rsa => Kind::Rsa,
        _ => Kind::Other,
    })
}

/// Whether an entry's key signs with RSA-PSS alone.
fn is_pss(entry: &Entry) -> bool {
    entry.certificate.certificate.as_ref().is_some_and(|known| known.key_type == KeyType::RsaPss)
}

/// Sorts names by the certificates that they lead to.
pub(super) fn classes(reader: &Reader<'_>, bind: &Bind, entries: &[Entry]) -> Vec<Class> {
    let defaults = &reader.defaults;
    let mut classes: Vec<Class> = Vec::new();
    for (name, numbers) in by_name(entries) {
        let class = Class::of(numbers, entries, defaults);
        match classes.iter_mut().find(|known| known.entries == class.entries) {
            Some(known) => known.names.push(name),
            None => classes.push(Class { names: vec![name], ..class }),
        }
    }
    for class in &mut classes {
        let excluded: Vec<_> =
            class.entries.iter().filter_map(|number| entries.get(*number)).flat_map(excluded).collect();
        class.names.extend(excluded);
    }
    let is_strict = bind.settings.strict_sni.as_ref().and_then(Setting::value) == Some(&true);
    if is_strict {
        let may_serve = |entry: &Entry| may_have_any_name(entry) || is_any(entry);
        if classes.is_empty() && entries.first().is_none_or(may_serve) {
            // Nothing is known of the names; whoever gets in meets these.
            classes.push(Class::of((0..entries.len().min(1)).collect(), entries, defaults));
        }
        return classes;
    }
    add_default(reader, entries, &mut classes);
    // The default last: readers meet the names first.
    classes.sort_by_key(|class| class.is_default);
    classes
}

fn add_default(reader: &Reader<'_>, entries: &[Entry], classes: &mut Vec<Class>) {
    let defaults = &reader.defaults;
    let default = Class::of(default_entries(reader, entries), entries, defaults);
    // Options for names that are not known, those of a certificate that is not at hand, hold for somebody all the same.
    let is_covered =
        |number: &usize| reader.defaults.default_certificate_versions && default.entries.contains(number);
    let nameless =
        entries.iter().enumerate().filter(|(_, entry)| entry.options.is_some() && may_have_any_name(entry));
    let nameless = nameless.map(|(number, _)| number).filter(|number| !is_covered(number));
    classes.extend(nameless.map(|number| Class::of(vec![number], entries, defaults)));
    let has_options = |number: &usize| entries.get(*number).is_some_and(|entry| entry.options.is_some());
    let versions_differ =
        !reader.defaults.default_certificate_versions && default.entries.iter().any(has_options);
    let same = |class: &&mut Class| class.entries == default.entries;
    match classes.iter_mut().find(|class| same(class) && !versions_differ) {
        Some(class) => class.is_default = true,
        None => classes.push(Class { is_default: true, ..default }),
    }
}

/// Whether a line is for every name.
fn is_any(entry: &Entry) -> bool {
    entry.filters.iter().any(|(name, _)| name == "*")
}

/// Whether nobody says for which names it is: those of a certificate that is not at hand.
fn may_have_any_name(entry: &Entry) -> bool {
    entry.filters.is_empty() && entry.certificate.certificate.is_none()
}

/// The certificates for clients that name no host or an unknown one.
fn default_entries(reader: &Reader<'_>, entries: &[Entry]) -> Vec<usize> {
    let Some(first) = entries.first() else { return Vec::new() };
    if !reader.defaults.default_certificate_versions {
        let of_first = |entry: &Entry| first.shares_context && entry.bundle == first.bundle;
        let together = entries.iter().enumerate().skip(1).filter(|(_, entry)| of_first(entry));
        return std::iter::once(0).chain(together.map(|(number, _)| number)).collect();
    }
    let mut numbers = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        if entry.is_default || is_any(entry) {
            add(entries, &mut numbers, number);
        }
    }
    numbers
}

/// The certificates that each name leads to, names in the order of the text: its own, and of other kinds those of a wildcard over it.
fn by_name(entries: &[Entry]) -> Vec<(ServedName, Vec<usize>)> {
    let mut order: Vec<ServedName> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut exact: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut wild: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        for name in names(entry) {
            let lower = name.name.to_ascii_lowercase();
            let numbers = match (lower.strip_prefix('!'), lower.strip_prefix('*')) {
                (Some(excluded), _) if excluded.starts_with('*') => continue,
                // It stands for itself where another line serves it.
                (Some(excluded), _) => exact.entry(excluded.to_owned()).or_default(),
                (None, Some("")) => continue,
                (None, Some(parent)) => wild.entry(parent.to_owned()).or_default(),
                (None, None) => exact.entry(lower.clone()).or_default(),
            };
            if !name.name.starts_with('!') {
                add(entries, numbers, number);
            }
            let bare = name.name.trim_start_matches('!');
            if seen.insert(bare.to_ascii_lowercase()) {
                order.push(ServedName { name: bare.to_owned(), location: name.location });
            }
        }
    }
    let numbers = |name: &ServedName| {
        let lower = name.name.to_ascii_lowercase();
        if let Some(parent) = lower.strip_prefix('*') {
            return wild.get(parent).cloned().unwrap_or_default();
        }
        let mut numbers = exact.get(&lower).cloned().unwrap_or_default();
        let above = lower.find('.').and_then(|dot| wild.get(lower.get(dot..)?));
        for number in above.into_iter().flatten() {
            if !entries.get(*number).is_some_and(|entry| excludes(entry, &lower)) {
                add(entries, &mut numbers, *number);
            }
        }
        numbers
    };
    let with_numbers = order.into_iter().map(|name| (numbers(&name), name));
    with_numbers.filter(|(numbers, _)| !numbers.is_empty()).map(|(numbers, name)| (name, numbers)).collect()
}

/// Whether an entry's line takes a name out of its wildcards.
fn excludes(entry: &Entry, name: &str) -> bool {
    let takes_out = |filter: &str| filter.strip_prefix('!').is_some_and(|own| own.eq_ignore_ascii_case(name));
    entry.filters.iter().any(|(filter, _)| takes_out(filter))
}

/// Adds a certificate unless there is one with the same kind of key.
fn add(entries: &[Entry], numbers: &mut Vec<usize>, number: usize) {
    let kind = |number: usize| entries.get(number).map(kind_of);
    if !numbers.iter().any(|known| kind(*known) == kind(number)) {
        numbers.push(number);
    }
}

/// Whether any name leads to an entry's context, so that HAProxy prepares it even where it is not the first of its line: before 3.0
/// a filter of `*` stands for no name, and one of `!*.a.test` never does (`ckch_inst_add_cert_sni()`).
pub(super) fn is_served(defaults: &Defaults, entry: &Entry) -> bool {
    let names = names(entry);
    let is_unknown = names.is_empty() && entry.certificate.certificate.is_none();
    let adds = |name: &ServedName| match name.name.as_str() {
        "*" => defaults.default_certificate_versions,
        name => !name.starts_with("!*"),
    };
    is_unknown || names.iter().any(adds)
}

/// The names of an entry: its crt-list line's, else the certificate's.
fn names(entry: &Entry) -> Vec<ServedName> {
    if !entry.filters.is_empty() {
        let filters = entry.filters.iter();
        return filters
            .map(|(name, location)| ServedName { name: name.clone(), location: *location })
            .collect();
    }
    let location = entry.certificate.location;
    let certificate: Option<&Certificate> = entry.certificate.certificate.as_deref();
    let names =
        certificate.map(|certificate| certificate.alternative_names.iter().chain(&certificate.common_names));
    let mut found: Vec<ServedName> = Vec::new();
    for name in names.into_iter().flatten() {
        let is_address = name.parse::<std::net::IpAddr>().is_ok();
        if !is_address && !found.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            found.push(ServedName { name: name.clone(), location });
        }
    }
    found
}

/// The names that an entry's line takes out of its wildcards.
fn excluded(entry: &Entry) -> impl Iterator<Item = ServedName> + use<> {
    let own = names(entry).into_iter();
    own.filter(|name| name.name.starts_with('!'))
}
