//! What the listening side shows besides its endpoints.

use super::config::ScopeId;
use super::listen::Member;
use super::release;
use super::tls::{Context, Surroundings};
use crate::endpoint::Model;
use crate::observation::{Observation, ObservationKind};
use crate::setting::Setting;
use crate::span::Location;

/// `ssl_protocols` and `ssl_ciphers` of a server without a TLS listener.
pub(super) fn unused_protocols(around: &Surroundings<'_>, server: ScopeId, model: &mut Model) {
    let config = around.values.config;
    let written = ["ssl_ciphers", "ssl_protocols"].into_iter().flat_map(|name| config.here(server, name));
    for entry in written.filter(|entry| !entry.conditional) {
        model.observations.push(Observation {
            kind: ObservationKind::IneffectiveSetting,
            location: config.units.location(entry.place),
            message: format!("{} has no effect here: the server has no listener with TLS", entry.name),
            label: "nobody reads it".to_owned(),
            related: Vec::new(),
            help: Some("add `ssl` to a listen directive, or remove the setting".to_owned()),
            context: config.context(server, entry.name),
        });
    }
}

/// Before 1.29.2 the default server's `ssl_protocols` hold for every name of the socket (N-21, N-22).
pub(super) fn ignored_protocols(
    around: &Surroundings<'_>,
    (server, own): (ScopeId, &Context),
    (default, rules): (ScopeId, &Context),
    on: &str,
    model: &mut Model,
) {
    let place = if on.is_empty() { "here".to_owned() } else { format!("on {on}") };
    let config = around.values.config;
    if around.running.0.is_some_and(|release| release >= release::NAME_CHOSEN_FIRST) {
        return;
    }
    let Setting::Written(written) = &own.protocols else { return };
    let Some(ruling) = rules.protocols.value() else { return };
    let is_own = config.here(server, "ssl_protocols").next().is_some();
    if !is_own || ruling.set == written.value.set {
        return;
    }
    let mut related = Vec::new();
    if let Some(location) = rules.protocols.location() {
        related.push((location, format!("{} holds instead", ruling.set)));
    }
    if let Some(head) = config.scope(default).head {
        related.push((config.units.location(head), "the default server of the socket".to_owned()));
    }
    model.observations.push(Observation {
        kind: ObservationKind::SettingIgnored,
        location: written.location,
        message: format!(
            "ssl_protocols has no effect {place}: before nginx 1.29.2 the socket's default server decides, with {}",
            ruling.set
        ),
        label: "not used".to_owned(),
        related,
        help: Some("set ssl_protocols in the default server, or in http".to_owned()),
        context: config.context(server, "ssl_protocols"),
    });
}

/// A QUIC socket whose default server leaves TLS 1.3 out.
pub(super) fn quic_without_tls13(
    around: &Surroundings<'_>,
    member: &Member,
    location: Location,
    model: &mut Model,
) {
    let config = around.values.config;
    model.observations.push(Observation {
        kind: ObservationKind::ProtocolUnavailable,
        location,
        message: "QUIC needs TLSv1.3, which is not among the protocols of this server".to_owned(),
        label: "without TLSv1.3".to_owned(),
        related: vec![(config.units.location(member.place), "QUIC is asked for here".to_owned())],
        help: Some("add TLSv1.3 to ssl_protocols, or take `quic` away".to_owned()),
        context: config.context(member.server, "ssl_protocols"),
    });
}
