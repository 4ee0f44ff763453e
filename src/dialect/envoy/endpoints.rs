//! From a TLS context to an endpoint.

use super::certificates::Certificates;
use super::names::Names;
use super::parameters::{Parameters, library};
use super::reader::Reader;
use super::selection;
use super::sockets::Socket;
use super::value::Value;
use crate::budget::Resource;
use crate::endpoint::{
    CertificateUse, DhParameters, Dialect, Endpoint, PeerVerification, Protocols, Purpose, Role, ServedName,
    Spelling, SpellingKeys, Transport,
};
use crate::library::Parser;
use crate::observation::ObservationKind;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;
use crate::text::Text;
use std::rc::Rc;

/// Why an endpoint refuses whose filter chain no connection is ever matched to.
pub(super) const NEVER_MATCHES: &str = "no connection is ever matched to this filter chain";

/// How Envoy's users write what findings advise.
pub(super) static SPELLING: Spelling = Spelling {
    protocols: |set| {
        let word = |protocol: Option<Protocol>| match protocol {
            Some(Protocol::Tls13) => "TLSv1_3",
            Some(Protocol::Tls11) => "TLSv1_1",
            Some(Protocol::Tls12) | None => "TLSv1_2",
            Some(_) => "TLSv1_0",
        };
        let (minimum, maximum) = (word(set.iter().next()), word(set.iter().next_back()));
        format!(
            "tls_params: {{tls_minimum_protocol_version: {minimum}, tls_maximum_protocol_version: {maximum}}}"
        )
    },
    cipher_string: |string| format!("tls_params: {{cipher_suites: [{}]}}", string.replace(':', ", ")),
    groups: Some(|list| format!("tls_params: {{ecdh_curves: [{}]}}", list.replace(':', ", "))),
    verify_chain: "common_tls_context: {validation_context: {trusted_ca: {filename: FILE}}}",
    verify_hostname: "validation_context: {match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: NAME}}]}",
    redirect: "give the filter chain a transport_socket with a DownstreamTlsContext, or make every route a redirect with https_redirect: true",
    keys: SpellingKeys {
        protocols: "tls_params",
        cipher_string: "cipher_suites",
        verify: "validation_context",
    },
};

/// What an endpoint is, TLS aside.
pub(super) struct Party<'t> {
    pub(super) role: Role,
    /// The filter chain or the cluster.
    pub(super) place: Value<'t>,
    pub(super) label: String,
    pub(super) names: Vec<ServedName>,
    /// The names that lead to the filter chains of its listener.
    pub(super) siblings: Rc<Names>,
    pub(super) is_default: bool,
    pub(super) addresses: Vec<String>,
    pub(super) sni: Setting<Option<String>>,
    /// Where a client checks the name that it sends, beyond its validation context.
    pub(super) follows_host: Option<Location>,
    pub(super) refuses: Option<String>,
    /// What it is for if it speaks in clear.
    pub(super) purpose: Purpose,
}

impl<'t> Reader<'_, 't> {
    /// Adds the endpoint, or one for each certificate where certificates have parameters of their own.
    pub(super) fn add(&mut self, party: &Party<'t>, socket: Socket<'t>) {
        self.model.speaks_tls = true;
        if !self.context.budget.take(Resource::Endpoints, 1, party.place.location()) {
            return;
        }
        let (context, transport) = match socket {
            Socket::Plain => {
                let endpoint = self.plain(party);
                self.model.endpoints.push(endpoint);
                return;
            }
            Socket::Unknown(at, why) => {
                let endpoint = self.hidden(party, at, why);
                self.model.endpoints.push(endpoint);
                return;
            }
            Socket::Tls(context) => (context, Transport::Tls),
            Socket::Quic(context) => (context, Transport::Quic),
            Socket::StartTls(context) => (context, Transport::StartTls),
        };
        let listens = party.role == Role::Server;
        let common = context.field("common_tls_context");
        let before = (self.model.refusals.len(), self.model.observations.len(), self.model.endpoints.len());
        let Certificates { uses, own } = self.certificates(common, listens);
        if listens && uses.value().is_some_and(Vec::is_empty) && !self.model_is_partial(context) {
            let reason = "No TLS certificates found for server context";
            self.refuse(context.location(), "tls_certificates", reason);
        }
        if listens {
            self.staples(context, common);
        }
        let peer = if listens {
            self.downstream_verification(context)
        } else {
            Some(self.upstream_verification(context, &party.sni, party.follows_host))
        };
        let known = uses.value().map_or(&[][..], Vec::as_slice);
        let has_own = own.iter().any(Option::is_some);
        let is_shared = !has_own || own.iter().any(Option::is_none);
        let mut shared = self.parameters(common, None, listens);
        if is_shared {
            self.report_empty_range(common, &mut shared, listens);
        }
        let leading = has_own.then(|| self.leading(&shared));
        let scans_all = context.is_true("full_scan_certs_on_sni_mismatch");
        for class in selection::classes(party, known, has_own, scans_all) {
            for chosen in class.answers(has_own) {
                let own = chosen.first().and_then(|index| own.get(*index)).and_then(Clone::clone);
                let parameters = own.unwrap_or_else(|| shared.clone());
                let suites = self.ecdsa_suites(&parameters).unwrap_or_default();
                let use_of = |index: &usize| {
                    let mut used = known.get(*index)?.clone();
                    if let (Some(leading), Some(is_led_to)) = (&leading, class.is_led_to(*index)) {
                        leading.restrict(&mut used, is_led_to, &suites);
                    }
                    Some(used)
                };
                let of_chosen = || chosen.iter().filter_map(use_of);
                let served = match &uses {
                    Setting::Written(all) => Setting::written(of_chosen().collect(), all.location, [].into()),
                    other => other.clone(),
                };
                let mut endpoint = self.secured(party, context, transport, parameters, served, peer.clone());
                if let Some(used) = of_chosen().next().filter(|_| has_own) {
                    endpoint.label = format!("{}, certificate {}", endpoint.label, used.name);
                }
                endpoint.names.clone_from(&class.names);
                endpoint.is_default = class.is_default;
                self.model.endpoints.push(endpoint);
            }
        }
        if common.is_some_and(waits_for_secrets) {
            self.start_without(before);
        }
    }

    /// A context whose secrets come later does not keep Envoy from starting: what is wrong with it kills its endpoint alone.
    fn start_without(&mut self, (refusals, observations, endpoints): (usize, usize, usize)) {
        let Some(refusal) = self.model.refusals.drain(refusals..).next() else { return };
        for observation in self.model.observations.iter_mut().skip(observations) {
            if observation.kind == ObservationKind::ServerRefusesToStart {
                observation.kind = ObservationKind::EndpointDead;
            }
        }
        for endpoint in self.model.endpoints.iter_mut().skip(endpoints) {
            endpoint.refuses = Some(refusal.reason.clone());
        }
    }

    /// Whether the context may be completed by text that is not there.
    fn model_is_partial(&self, context: Value<'_>) -> bool {
        context.is_opaque() || self.is_patch
    }

    fn secured(
        &mut self,
        party: &Party<'t>,
        context: Value<'t>,
        transport: Transport,
        parameters: Parameters,
        certificates: Setting<Vec<CertificateUse>>,
        peer: Option<PeerVerification>,
    ) -> Endpoint {
        self.tell_of_ineffective(context, transport, &parameters);
        let mut refuses = party.refuses.clone().or(parameters.dead);
        let protocols = if transport == Transport::Quic {
            refuses.clone_from(&party.refuses);
            let set = ProtocolSet::EMPTY.with(Protocol::Tls13);
            Setting::default(Protocols { set, brought_by: Vec::new() }, "QUIC is TLS 1.3 (RFC 9001)".into())
        } else {
            parameters.protocols
        };
        let prefers_client = context.field_with_name("prefer_client_ciphers");
        let server_preference = match prefers_client.and_then(|(key, value)| Some((key, value.boolean()?))) {
            Some((key, prefers)) => Setting::written(!prefers, key.location(), [].into()),
            None => Setting::default(true, "default of Envoy".into()),
        };
        let tickets = context.field_with_name("disable_stateless_session_resumption");
        let session_tickets = match tickets.and_then(|(key, value)| Some((key, value.boolean()?))) {
            Some((key, disabled)) => Setting::written(!disabled, key.location(), [].into()),
            None => Setting::default(true, "default of Envoy".into()),
        };
        Endpoint {
            transport,
            protocols,
            cipher_string: parameters.cipher_string,
            ciphersuites: parameters.ciphersuites,
            groups: parameters.groups,
            signature_algorithms: parameters.signature_algorithms,
            server_preference,
            session_tickets,
            certificates,
            peer,
            refuses,
            ..self.plain_of(party)
        }
    }

    fn tell_of_ineffective(&mut self, context: Value<'t>, transport: Transport, parameters: &Parameters) {
        let kind = ObservationKind::IneffectiveSetting;
        let require_sni =
            context.field_with_name("require_sni").filter(|(_, value)| value.boolean() == Some(true));
        if let Some((key, _)) = require_sni {
            let message = "Envoy does not implement require_sni: clients without SNI are served";
            let help =
                "match server_names in filter_chain_match, with a tls_inspector listener filter".to_owned();
            self.observe(
                ObservationKind::SettingIgnored,
                key.location(),
                "require_sni",
                message,
                "without effect",
                Some(help),
            );
        }
        let versions = parameters.protocols.value().map(|protocols| protocols.set);
        let only_tls13 = versions == Some(ProtocolSet::EMPTY.with(Protocol::Tls13));
        if let Setting::Written(list) = &parameters.cipher_string
            && matches!(parameters.ciphersuites, Setting::Default { .. })
            && (only_tls13 || transport == Transport::Quic)
        {
            let message =
                "cipher_suites governs TLS 1.2 and older only, and this context speaks TLS 1.3 alone";
            self.observe(kind, list.location, "cipher_suites", message, "without effect", None);
        }
        if transport == Transport::Quic
            && let Setting::Written(written) = &parameters.protocols
            && !written.value.set.contains(Protocol::Tls13)
        {
            let message = "a QUIC listener speaks TLS 1.3, whatever tls_maximum_protocol_version says";
            self.observe(kind, written.location, "tls_params", message, "without effect", None);
        }
    }

    fn plain(&self, party: &Party<'t>) -> Endpoint {
        Endpoint { transport: Transport::Plaintext(party.purpose), ..self.plain_of(party) }
    }

    /// An endpoint of which only the place is known.
    fn hidden(&self, party: &Party<'t>, at: Location, why: &str) -> Endpoint {
        fn unknown<T>(at: Location, why: &str) -> Setting<T> {
            Setting::unknown(Some(at), format!("the transport socket is not known: {why}"))
        }
        let mut endpoint = self.plain_of(party);
        endpoint.transport = Transport::Unknown;
        endpoint.protocols = unknown(at, why);
        endpoint.cipher_string = unknown(at, why);
        endpoint.ciphersuites = unknown(at, why);
        endpoint.groups = unknown(at, why);
        endpoint.certificates = unknown(at, why);
        if party.role == Role::Client {
            endpoint.peer = Some(PeerVerification {
                chain: unknown(at, why),
                hostname: unknown(at, why),
                roots: None,
                expected_name: None,
            });
        }
        endpoint
    }

    fn plain_of(&self, party: &Party<'t>) -> Endpoint {
        let nothing = "the endpoint speaks in clear";
        Endpoint {
            dialect: Dialect::Envoy,
            role: party.role,
            spelling: &SPELLING,
            location: party.place.location(),
            label: party.label.clone(),
            names: party.names.clone(),
            is_default: party.is_default,
            addresses: party.addresses.clone(),
            transport: Transport::Plaintext(party.purpose),
            library: library(self.release),
            protocols: Setting::default(Protocols::default(), nothing.into()),
            cipher_string: Setting::default(Text::unplaced(""), nothing.into()),
            parser: Parser::Strict,
            ciphersuites: Setting::default(crate::endpoint::Tls13Suites::Fixed(Vec::new()), nothing.into()),
            security_level: 0,
            groups: Setting::default(crate::endpoint::Groups::default(), nothing.into()),
            signature_algorithms: Setting::default(Text::unplaced(""), nothing.into()),
            server_preference: Setting::default(true, nothing.into()),
            session_tickets: Setting::default(false, nothing.into()),
            dh_parameters: Setting::default(DhParameters::None, "BoringSSL has no DHE suites".into()),
            certificates: Setting::default(Vec::new(), nothing.into()),
            peer: None,
            sni: party.sni.clone(),
            refuses: party.refuses.clone(),
            fails: None,
            otherwise: None,
        }
    }
}

/// Whether a context takes a secret from a file or a server, which Envoy reads after it has started.
fn waits_for_secrets(common: Value<'_>) -> bool {
    let certificates = common.list_of("tls_certificate_sds_secret_configs");
    let validation = common.field("validation_context_sds_secret_config");
    let combined = common.at(&["combined_validation_context", "validation_context_sds_secret_config"]);
    let mut secrets = certificates.into_iter().chain(validation).chain(combined);
    secrets.any(|secret| secret.field("sds_config").is_some())
}
