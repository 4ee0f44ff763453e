//! The versions of lines of certificates, as HAProxy settles them when it prepares a listener (ssl_sock_prepare_ctx() in src/ssl_sock.c).
//!
//! What it settles it writes over the options of the line, of which there is one set for each list, however many listeners name it: the
//! first of them lends its versions to the others.

use super::bind::Bind;
use super::certificates::{Entry, Line};
use super::classes;
use super::reader::Reader;
use super::settings::{Field, Range, Settings, range, with_step};
use crate::protocol::Protocol;
use crate::setting::{Setting, Step};
use std::collections::BTreeMap;

/// What the lines that were prepared so far have come to.
pub(super) type Prepared = BTreeMap<Line, Range>;

/// Settles the versions of every line of a listener that has options.
pub(super) fn ranges(reader: &mut Reader<'_>, bind: &Bind, versions: &Range, entries: &mut [Entry]) {
    let defaults = reader.defaults;
    for (number, entry) in entries.iter_mut().enumerate() {
        let Some(own) = &entry.options else { continue };
        // Nothing is made of the options of a line that nobody meets.
        if number > 0 && !classes::is_served(&defaults, entry) {
            continue;
        }
        let settled =
            reader.prepared.entry(entry.line.clone()).or_insert_with(|| narrowed(own, bind, versions));
        entry.range = Some(settled.clone());
    }
}

/// The range of a line: its own ends, else those that the bind line came to; a line for QUIC is taken as it is written.
fn narrowed(own: &Settings, bind: &Bind, versions: &Range) -> Range {
    let mut methods = own.methods.clone();
    let step = Step { location: bind.location, what: "from the bind line".to_owned() };
    let computed = versions.protocols.value().map(|protocols| protocols.set).filter(|_| !bind.is_quic());
    let fill = |field: &mut Field<Protocol>, written: &Field<_>, end: Option<Protocol>| {
        if field.is_some() {
            return;
        }
        *field = match (written, end, versions.protocols.location()) {
            (Some(setting), _, _) => Some(with_step(setting, &step)),
            (None, Some(end), Some(location)) => Some(Setting::written(end, location, [step.clone()].into())),
            (None, Some(end), None) => Some(Setting::default(end, super::listening::DEFAULT.into())),
            (None, None, _) => None,
        };
    };
    let written = &bind.settings.methods;
    fill(&mut methods.minimum, &written.minimum, computed.and_then(|set| set.iter().next()));
    fill(&mut methods.maximum, &written.maximum, computed.and_then(|set| set.iter().next_back()));
    range(&methods, None, super::listening::DEFAULT)
}
