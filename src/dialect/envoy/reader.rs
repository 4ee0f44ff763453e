//! What a reading gathers, and the ways to say what is wrong.

use super::purpose::Usage;
use super::value::Value;
use super::walk::Found;
use crate::dialect::Context;
use crate::endpoint::Model;
use crate::observation::{Observation, ObservationKind, Refusal};
use crate::span::Location;
use crate::target::Release;
use std::collections::{BTreeMap, BTreeSet};

/// One reading of one root file.
pub(super) struct Reader<'a, 't> {
    pub(super) context: Context<'a>,
    /// The release that the configuration will run on, where it is known.
    pub(super) release: Option<Release>,
    pub(super) model: Model,
    /// Static secrets of the root, by name.
    pub(super) secrets: BTreeMap<&'t str, Value<'t>>,
    /// TLS contexts that some listener or cluster has taken.
    pub(super) taken: BTreeSet<Location>,
    /// What stands in a list of a bootstrap, and so needs no fields to be known by.
    pub(super) named: BTreeMap<Location, Found>,
    /// What clusters are used for, by name.
    pub(super) usage: BTreeMap<&'t str, Usage>,
    /// Messages that were held against their schema.
    pub(super) validated: BTreeSet<Location>,
    /// The outermost alias around what is being read.
    pub(super) alias: Option<Location>,
    /// Documents around the one being read, against circles.
    pub(super) depth: usize,
    /// Whether contexts may be completed by what is not there.
    pub(super) is_patch: bool,
    /// Whether somebody else than Envoy reads the file.
    pub(super) is_wrapped: bool,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn new(context: Context<'a>) -> Self {
        Self {
            context,
            release: context.target.envoy,
            model: Model::default(),
            secrets: BTreeMap::new(),
            taken: BTreeSet::new(),
            named: BTreeMap::new(),
            usage: BTreeMap::new(),
            validated: BTreeSet::new(),
            alias: None,
            depth: 0,
            is_patch: false,
            is_wrapped: false,
        }
    }

    /// Tells something about a value.
    pub(super) fn observe(
        &mut self,
        kind: ObservationKind,
        location: Location,
        context: &str,
        message: impl Into<String>,
        label: &str,
        help: Option<String>,
    ) {
        self.model.observations.push(Observation {
            kind,
            location,
            message: message.into(),
            label: label.to_owned(),
            related: Vec::new(),
            help,
            context: context.to_owned(),
        });
    }

    /// Tells why Envoy refuses the file or the resource.
    pub(super) fn refuse(&mut self, location: Location, context: &str, reason: impl Into<String>) {
        let reason = reason.into();
        self.refuse_as(ObservationKind::ServerRefusesToStart, location, context, reason, None);
    }

    pub(super) fn refuse_as(
        &mut self,
        kind: ObservationKind,
        location: Location,
        context: &str,
        reason: String,
        help: Option<String>,
    ) {
        let message = format!("Envoy refuses this: {reason}");
        self.observe(kind, location, context, message, "refused", help);
        self.model.refusals.push(Refusal { location, reason });
    }
}
