//! `tls_params`: protocols, suites, groups, signature algorithms.

use super::defaults::{self, Compliance};
use super::reader::Reader;
use super::schema::{self, TLS};
use super::value::Value;
use crate::endpoint::{Groups, Protocols, Tls13Suites};
use crate::group::Group;
use crate::library::{Choice, Family, Parser};
use crate::observation::{ObservationKind, Refusal};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;
use crate::suite::Suite;
use crate::target::Release;
use crate::text::Text;

/// The settings of one TLS context.
#[derive(Clone)]
pub(super) struct Parameters {
    pub(super) protocols: Setting<Protocols>,
    pub(super) cipher_string: Setting<Text>,
    pub(super) ciphersuites: Setting<Tls13Suites>,
    pub(super) groups: Setting<Groups>,
    pub(super) signature_algorithms: Setting<Text>,
    /// Whether the range reaches TLS 1.3, policies aside.
    pub(super) takes_tls13: bool,
    /// Why no version is left.
    pub(super) dead: Option<String>,
}

/// The BoringSSL that a release links: from 1.36 on it was run, where it changed before that is not known.
pub(super) fn library(release: Option<Release>) -> Choice {
    let id = match release {
        None => return Choice::Any(Family::BoringSsl),
        Some(release) if release < Release::new(1, 31, 0) => "boringssl-21",
        Some(_) => "boringssl-35",
    };
    Choice::by_id(id).unwrap_or(Choice::Any(Family::BoringSsl))
}

impl Reader<'_, '_> {
    /// The parameters of a context; `own` are those of a single certificate, which go before the context's.
    pub(super) fn parameters(
        &mut self,
        common: Option<Value<'_>>,
        own: Option<Value<'_>>,
        listens: bool,
    ) -> Parameters {
        let params = common.and_then(|common| common.field("tls_params"));
        let opaque = params.or(common).filter(|value| value.may_gain_entries());
        let layers: Vec<Value<'_>> = own.into_iter().chain(params).collect();
        let mut parameters = Parameters {
            protocols: self.protocols(&layers, opaque, listens),
            cipher_string: self.cipher_string(&layers, opaque, listens),
            ciphersuites: Setting::default(Tls13Suites::Library, "BoringSSL's own list".into()),
            groups: self.groups(&layers, opaque),
            signature_algorithms: self.signature_algorithms(&layers, opaque),
            takes_tls13: true,
            dead: None,
        };
        let range = parameters.protocols.value();
        parameters.takes_tls13 = range.is_none_or(|range| range.set.contains(Protocol::Tls13));
        if let Some(own) = own {
            // Looked at before any policy takes their place.
            self.refuse_crossed_bounds(own, &parameters.protocols);
        }
        if let Some((policy, place)) = params.and_then(|params| self.compliance(params)) {
            parameters.comply(policy, place, own);
        }
        if let Some((policy, place)) = own.and_then(|own| self.compliance(own)) {
            parameters.comply(policy, place, None);
        }
        parameters
    }

    /// The policy in force; its settings replace the others.
    fn compliance(&self, params: Value<'_>) -> Option<(&'static Compliance, Location)> {
        let (_, list) = params.field_with_name("compliance_policies")?;
        let known = schema::enumeration(&format!("{TLS}TlsParameters.CompliancePolicy"))?;
        let name = list.list().first()?.enum_value(known)?.name;
        Some((defaults::compliance(name, self.release)?, list.location()))
    }

    fn protocols(
        &mut self,
        layers: &[Value<'_>],
        opaque: Option<Value<'_>>,
        listens: bool,
    ) -> Setting<Protocols> {
        let defaults = defaults::of_side(listens, self.release);
        let mut place: Option<Location> = None;
        let mut range = |field: &str, default: Protocol| {
            let mut bound = None;
            let mut written = None;
            for layer in layers {
                let Some(value) = layer.field(field) else { continue };
                if value.is_opaque() {
                    return Err(Setting::unknown(
                        Some(value.location()),
                        format!("{field} is template text"),
                    ));
                }
                let Some(protocol) = protocol(value) else { continue };
                bound = bound.or(Some(protocol));
                written = written.or(Some(value.location()));
            }
            place = place.or(written);
            Ok((bound.unwrap_or(default), written))
        };
        let minimum = range("tls_minimum_protocol_version", defaults.minimum);
        let maximum = range("tls_maximum_protocol_version", defaults.maximum);
        let ((minimum, minimum_place), (maximum, maximum_place)) = match (minimum, maximum) {
            (Ok(minimum), Ok(maximum)) => (minimum, maximum),
            (Err(unknown), _) | (_, Err(unknown)) => return unknown,
        };
        let set = ProtocolSet::between(minimum, maximum);
        let Some(place) = place else {
            if let Some(opaque) = opaque {
                return Setting::unknown(Some(opaque.location()), "template text may set the versions");
            }
            return Setting::default(Protocols { set, brought_by: Vec::new() }, defaults.whose().into());
        };
        let below = ProtocolSet::between(Protocol::Ssl3, defaults.minimum);
        let mut brought_by = Vec::new();
        if let Some(at) = minimum_place {
            brought_by.push((set.intersection(below), at));
        }
        if let Some(at) = maximum_place {
            let above = ProtocolSet::between(defaults.maximum, Protocol::Tls13);
            brought_by.push((set.intersection(above), at));
        }
        brought_by.retain(|(versions, _)| !versions.is_empty());
        Setting::written(Protocols { set, brought_by }, place, [].into())
    }

    /// Looks at the parameters of a client's certificate, of which Envoy holds the bounds against the context's and no more.
    pub(super) fn bounds_of_client(&mut self, common: Value<'_>, own: Value<'_>) {
        let layers: Vec<Value<'_>> = std::iter::once(own).chain(common.field("tls_params")).collect();
        let protocols = self.protocols(&layers, None, false);
        self.refuse_crossed_bounds(own, &protocols);
    }

    fn refuse_crossed_bounds(&mut self, own: Value<'_>, protocols: &Setting<Protocols>) {
        if protocols.value().is_some_and(|protocols| protocols.set.is_empty()) {
            let reason = "Per-certificate tls_params: effective min protocol version exceeds effective max";
            self.refuse(own.location(), "tls_params", reason);
        }
    }

    /// Tells of a context whose parameters leave no version.
    pub(super) fn report_empty_range(
        &mut self,
        common: Option<Value<'_>>,
        parameters: &mut Parameters,
        listens: bool,
    ) {
        let is_empty = parameters.protocols.value().is_some_and(|protocols| protocols.set.is_empty());
        let Some(place) = parameters.protocols.location().filter(|_| is_empty) else { return };
        let maximum = common.and_then(|common| common.at(&["tls_params", "tls_maximum_protocol_version"]));
        let wrote_maximum = maximum.and_then(protocol).is_some();
        let defaults = defaults::of_side(listens, self.release);
        let maximum = defaults.maximum.name();
        let reason = if wrote_maximum {
            "the minimum protocol version is above the maximum".to_owned()
        } else {
            format!("the minimum protocol version is above the default maximum, {maximum}")
        };
        let side = if listens {
            "every handshake is closed"
        } else {
            "every connection fails without a ClientHello"
        };
        let help = (!wrote_maximum).then(|| "raise tls_maximum_protocol_version as well".to_owned());
        let message = format!("{reason}: Envoy accepts that, and {side}");
        self.observe(ObservationKind::EndpointDead, place, "tls_params", message, "no version is left", help);
        parameters.dead = Some(reason);
    }

    fn cipher_string(
        &mut self,
        layers: &[Value<'_>],
        opaque: Option<Value<'_>>,
        listens: bool,
    ) -> Setting<Text> {
        let list = match joined(layers, "cipher_suites", opaque) {
            Ok(Some(list)) => list,
            Ok(None) => {
                let defaults = defaults::of_side(listens, self.release);
                return Setting::default(Text::unplaced(defaults.cipher_suites), defaults.whose().into());
            }
            Err(hidden) => return hidden.setting(),
        };
        let expansion = library(self.release).expand(list.text.as_str(), Parser::Strict);
        if let Some(error) = &expansion.error {
            // A check of its own says which word is at fault.
            let location = list.text.locate(error.span).unwrap_or(list.location);
            let reason = format!("Failed to initialize cipher suites {}", list.text.as_str());
            self.model.refusals.push(Refusal { location, reason });
        }
        Setting::written(list.text, list.location, [].into())
    }

    fn groups(&mut self, layers: &[Value<'_>], opaque: Option<Value<'_>>) -> Setting<Groups> {
        let list = match joined(layers, "ecdh_curves", opaque) {
            Ok(Some(list)) => list,
            Ok(None) => {
                let (names, source) = defaults::curves(self.release);
                return Setting::default(
                    groups_of(names.iter().copied(), Text::unplaced(names.join(":"))),
                    source.into(),
                );
            }
            Err(hidden) => return hidden.setting(),
        };
        let mut start = 0;
        for name in list.text.as_str().split(':') {
            let span = crate::span::Span::new(start, start + name.len() as u32);
            start += name.len() as u32 + 1;
            if !defaults::takes_curve(name, self.release) {
                let at = list.text.locate(span).unwrap_or(list.location);
                self.refuse(
                    at,
                    "ecdh_curves",
                    format!("Failed to initialize ECDH curves: \"{name}\" is unknown"),
                );
            }
        }
        let value = groups_of(list.text.as_str().split(':'), list.text.clone());
        let repeated =
            value.list.iter().enumerate().find(|(index, group)| value.list[..*index].contains(group));
        if let Some((_, group)) = repeated.filter(|_| !defaults::takes_curves_twice(self.release)) {
            let reason = format!("Failed to initialize ECDH curves: {group} stands twice");
            self.refuse(list.location, "ecdh_curves", reason);
        }
        Setting::written(value, list.location, [].into())
    }

    fn signature_algorithms(&mut self, layers: &[Value<'_>], opaque: Option<Value<'_>>) -> Setting<Text> {
        match joined(layers, "signature_algorithms", opaque) {
            Ok(Some(list)) => {
                let library = library(self.release);
                let mut names = list.text.as_str().split(':');
                if library.signature_list(list.text.as_str()).refused {
                    let fault = match names.find(|name| library.signature_list(name).refused) {
                        Some(unknown) => format!("\"{unknown}\" is unknown"),
                        None => "one stands twice".to_owned(),
                    };
                    let reason = format!("Failed to initialize TLS signature algorithms: {fault}");
                    self.refuse(list.location, "signature_algorithms", reason);
                }
                Setting::written(list.text, list.location, [].into())
            }
            Ok(None) => Setting::default(Text::unplaced(""), "BoringSSL's own list".into()),
            Err(hidden) => hidden.setting(),
        }
    }
}

impl Parameters {
    /// Puts a compliance policy in the place of what is written, except for what a certificate's own parameters set.
    fn comply(&mut self, policy: &Compliance, place: Location, own: Option<Value<'_>>) {
        let sets = |field: &str| own.is_some_and(|own| !own.list_of(field).is_empty());
        let set = ProtocolSet::between(policy.minimum, policy.maximum);
        if !sets("tls_minimum_protocol_version") && !sets("tls_maximum_protocol_version") {
            self.protocols =
                Setting::written(Protocols { set, brought_by: vec![(set, place)] }, place, [].into());
        }
        if !sets("cipher_suites") {
            let text = Text::replaced(policy.cipher_suites, place);
            self.cipher_string = Setting::written(text, place, [].into());
        }
        if !sets("signature_algorithms") {
            let names = Text::replaced(policy.signature_algorithms.join(":"), place);
            self.signature_algorithms = Setting::written(names, place, [].into());
        }
        let suites = policy.tls13.iter().filter_map(|name| Suite::from_name(name)).collect();
        self.ciphersuites = Setting::written(Tls13Suites::Fixed(suites), place, [].into());
        if !sets("ecdh_curves") {
            let names = Text::replaced(policy.curves.join(":"), place);
            let groups = groups_of(policy.curves.iter().copied(), names);
            self.groups = Setting::written(groups, place, [].into());
        }
    }
}

/// The elements of a repeated string, joined with colons; `None` where the list is absent or empty.
fn joined(layers: &[Value<'_>], field: &str, opaque: Option<Value<'_>>) -> Result<Option<Joined>, Hidden> {
    for layer in layers {
        let Some(list) = layer.field(field) else { continue };
        if list.is_opaque() {
            return Err(Hidden { at: list.location(), why: format!("{field} is template text") });
        }
        let mut text = Text::default();
        for item in layer.list_of(field) {
            if !text.as_str().is_empty() {
                text.push_replaced(":", item.location());
            }
            text.push_text(&item.text());
        }
        if !text.as_str().is_empty() {
            return Ok(Some(Joined { text, location: list.location() }));
        }
    }
    match opaque {
        Some(opaque) => Err(Hidden { at: opaque.location(), why: format!("template text may set {field}") }),
        None => Ok(None),
    }
}

/// A list as BoringSSL gets it.
struct Joined {
    text: Text,
    location: Location,
}

/// Why a value is not known.
struct Hidden {
    at: Location,
    why: String,
}

impl Hidden {
    fn setting<T>(self) -> Setting<T> {
        Setting::unknown(Some(self.at), self.why)
    }
}

/// The version that a TlsProtocol means; `TLS_AUTO` means that of an absent field.
fn protocol(value: Value<'_>) -> Option<Protocol> {
    let known = schema::enumeration(&format!("{TLS}TlsParameters.TlsProtocol"))?;
    match value.enum_value(known)?.name {
        "TLSv1_0" => Some(Protocol::Tls10),
        "TLSv1_1" => Some(Protocol::Tls11),
        "TLSv1_2" => Some(Protocol::Tls12),
        "TLSv1_3" => Some(Protocol::Tls13),
        _ => None,
    }
}

fn groups_of<'n>(names: impl Iterator<Item = &'n str>, text: Text) -> Groups {
    let mut groups = Groups { text, ..Groups::default() };
    for name in names {
        match Group::from_name(name) {
            Some(group) => groups.list.push(group),
            None => groups.unknown.push(name.to_owned()),
        }
    }
    groups
}
