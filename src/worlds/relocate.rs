//! From places in renderings back to places in files.

use crate::endpoint::{Endpoint, Groups, Model, Otherwise, PeerVerification, Protocols, Tls13Suites};
use crate::observation::Observation;
use crate::setting::{Setting, Step, Unknown, Written};
use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::collections::HashMap;
use std::sync::Arc;

/// The texts of renderings, by the numbers that they have while they are read.
pub(super) struct Places<'a>(pub(super) &'a HashMap<FileId, (FileId, Text)>);

impl Places<'_> {
    /// The file that a rendering is of; any other is itself.
    pub(super) fn file(&self, file: FileId) -> FileId {
        self.0.get(&file).map_or(file, |(of, _)| *of)
    }

    /// Where a place of a rendering stands in its file; any other is itself.
    pub(super) fn location(&self, location: Location) -> Location {
        let Some((of, text)) = self.0.get(&location.file) else { return location };
        let end = Span::empty(text.as_str().len() as u32);
        let found = text.locate(location.span).or_else(|| text.locate(end));
        found.unwrap_or(Location::new(*of, Span::empty(0)))
    }

    fn text(&self, text: &Text) -> Text {
        text.through(&|file| self.0.get(&file).map(|(_, text)| text))
    }

    /// Leads a setting back; `value` does so for what it holds, and tells the file that this is written in.
    fn setting<T: Clone>(&self, setting: &mut Setting<T>, value: impl FnOnce(&mut T) -> Option<FileId>) {
        match setting {
            Setting::Default { value: default, .. } => {
                value(default);
            }
            Setting::Unknown(unknown) => {
                if let Some(at) = unknown.at {
                    *unknown = Arc::new(Unknown { at: Some(self.location(at)), why: unknown.why.clone() });
                }
            }
            Setting::Written(written) => {
                let Written { value: mut held, location, provenance } = written.as_ref().clone();
                let file = value(&mut held);
                let location = self.location(location);
                let step =
                    |step: &Step| Step { location: self.location(step.location), what: step.what.clone() };
                // What a file of values says takes effect where it is filled in.
                let is_elsewhere = file.is_some_and(|file| file != location.file);
                let filled_in = is_elsewhere.then(|| Step { location, what: "filled in here".to_owned() });
                let provenance = filled_in.into_iter().chain(provenance.iter().map(step)).collect();
                *written = Arc::new(Written { value: held, location, provenance });
            }
        }
    }

    /// Leads every place of a model back.
    pub(super) fn model(&self, model: &mut Model) {
        for endpoint in &mut model.endpoints {
            self.endpoint(endpoint);
        }
        for observation in &mut model.observations {
            self.observation(observation);
        }
        for refusal in &mut model.refusals {
            refusal.location = self.location(refusal.location);
        }
        for file in model.files.iter_mut().chain(&mut model.templated) {
            *file = self.file(*file);
        }
    }

    fn observation(&self, observation: &mut Observation) {
        observation.location = self.location(observation.location);
        for (location, _) in &mut observation.related {
            *location = self.location(*location);
        }
    }

    fn endpoint(&self, endpoint: &mut Endpoint) {
        endpoint.location = self.location(endpoint.location);
        for name in &mut endpoint.names {
            name.location = self.location(name.location);
        }
        let text = |text: &mut Text| self.text_file(text);
        self.protocols(&mut endpoint.protocols);
        self.setting(&mut endpoint.cipher_string, text);
        self.ciphersuites(&mut endpoint.ciphersuites);
        self.setting(&mut endpoint.groups, |Groups { text: list, .. }| text(list));
        self.setting(&mut endpoint.signature_algorithms, text);
        self.setting(&mut endpoint.server_preference, |_| None);
        self.setting(&mut endpoint.session_tickets, |_| None);
        self.setting(&mut endpoint.dh_parameters, |_| None);
        self.setting(&mut endpoint.certificates, |certificates| {
            for certificate in certificates {
                certificate.location = self.location(certificate.location);
            }
            None
        });
        self.setting(&mut endpoint.sni, |_| None);
        if let Some(fails) = &mut endpoint.fails {
            fails.location = self.location(fails.location);
        }
        if let Some(peer) = &mut endpoint.peer {
            self.peer(peer);
        }
        if let Some(otherwise) = &mut endpoint.otherwise {
            self.otherwise(otherwise);
        }
    }

    fn otherwise(&self, otherwise: &mut Otherwise) {
        self.protocols(&mut otherwise.protocols);
        self.ciphersuites(&mut otherwise.ciphersuites);
        self.setting(&mut otherwise.sni, |_| None);
        if let Some(peer) = &mut otherwise.peer {
            self.peer(peer);
        }
    }

    fn protocols(&self, protocols: &mut Setting<Protocols>) {
        self.setting(protocols, |Protocols { brought_by, .. }| {
            for (_, location) in brought_by.iter_mut() {
                *location = self.location(*location);
            }
            brought_by.first().map(|(_, location)| location.file)
        });
    }

    fn ciphersuites(&self, ciphersuites: &mut Setting<Tls13Suites>) {
        self.setting(ciphersuites, |suites| match suites {
            Tls13Suites::Listed(listed) => self.text_file(listed),
            _ => None,
        });
    }

    fn peer(&self, peer: &mut PeerVerification) {
        self.setting(&mut peer.chain, |_| None);
        self.setting(&mut peer.hostname, |_| None);
        peer.roots = peer.roots.map(|roots| self.location(roots));
    }

    /// Relocates a text; the file that it now stands in.
    fn text_file(&self, text: &mut Text) -> Option<FileId> {
        *text = self.text(text);
        text.location().map(|location| location.file)
    }
}
