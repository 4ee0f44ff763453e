//! Transport sockets: which of them speak TLS, and the context inside.

use super::reader::Reader;
use super::schema::TLS;
use super::value::Value;
use crate::observation::ObservationKind;
use crate::span::Location;

/// What a transport socket does.
#[derive(Clone, Copy)]
pub(super) enum Socket<'t> {
    /// No transport socket, or raw_buffer.
    Plain,
    /// TLS with this context.
    Tls(Value<'t>),
    /// QUIC with this context.
    Quic(Value<'t>),
    /// In clear until a filter switches.
    StartTls(Value<'t>),
    /// Template text, ALTS, or another type that this module does not know; where, and why.
    Unknown(Location, &'static str),
}

/// How deep wrappers may nest.
const MAXIMUM_WRAPPERS: usize = 8;

impl<'t> Reader<'_, 't> {
    /// The transport socket of a filter chain (`listens`) or a cluster.
    pub(super) fn socket(&mut self, owner: Value<'t>, listens: bool) -> Socket<'t> {
        if let Some((key, context)) = owner.field_with_name("tls_context") {
            self.removed_api(key.location(), "the field tls_context");
            self.take(context);
            return Socket::Tls(context);
        }
        match owner.field("transport_socket") {
            Some(socket) => self.transport_socket(socket, listens, 0),
            None if owner.is_opaque() => Socket::Unknown(owner.location(), "template text may set it"),
            None => Socket::Plain,
        }
    }

    /// A TransportSocket message.
    pub(super) fn transport_socket(&mut self, socket: Value<'t>, listens: bool, depth: usize) -> Socket<'t> {
        let Some(config) = socket.field("typed_config") else {
            if socket.is_opaque() {
                return Socket::Unknown(socket.location(), "it is template text");
            }
            let name = socket.str_of("name").unwrap_or("");
            let reason = format!("Didn't find a registered implementation for '{name}' with type URL: ''");
            self.refuse(socket.location(), "transport_socket", reason);
            return Socket::Unknown(socket.location(), "it has no typed_config");
        };
        let Some((name, body)) = config.message() else {
            if !config.is_opaque() {
                let reason = "typed_config has no \"@type\" with a type URL";
                self.refuse(config.location(), "transport_socket", reason);
            }
            return Socket::Unknown(config.location(), "its type is not known");
        };
        if depth >= MAXIMUM_WRAPPERS {
            return Socket::Unknown(config.location(), "wrappers nest too deep");
        }
        let side = if listens { "DownstreamTlsContext" } else { "UpstreamTlsContext" };
        let other = if listens { "UpstreamTlsContext" } else { "DownstreamTlsContext" };
        if let Some(context) = name.strip_prefix(TLS) {
            if context == other {
                let reason =
                    format!("Didn't find a registered implementation for this side with type URL: '{name}'");
                self.refuse(config.location(), "transport_socket", reason);
            }
            if context == side || context == other {
                self.take(body);
                self.validate(body, name);
                return Socket::Tls(body);
            }
        }
        if name.starts_with("envoy.api.v2.auth.") && name.ends_with("TlsContext") {
            self.removed_api(config.location(), name);
            self.take(body);
            return Socket::Tls(body);
        }
        self.wrapper(name, body, config, listens, depth)
    }

    fn wrapper(
        &mut self,
        name: &str,
        body: Value<'t>,
        config: Value<'t>,
        listens: bool,
        depth: usize,
    ) -> Socket<'t> {
        let short = name.rsplit('.').next().unwrap_or(name);
        match short {
            "QuicDownstreamTransport" | "QuicUpstreamTransport" => {
                let field = if listens { "downstream_tls_context" } else { "upstream_tls_context" };
                self.validate(body, name);
                match body.field(field) {
                    Some(context) => {
                        self.take(context);
                        Socket::Quic(context)
                    }
                    None => Socket::Unknown(config.location(), "it has no TLS context"),
                }
            }
            "StartTlsConfig" | "UpstreamStartTlsConfig" => match body.field("tls_socket_config") {
                Some(context) => {
                    self.take(context);
                    let side = if listens { "DownstreamTlsContext" } else { "UpstreamTlsContext" };
                    self.validate(context, &format!("{TLS}{side}"));
                    Socket::StartTls(context)
                }
                None => Socket::Plain,
            },
            "RawBuffer" => Socket::Plain,
            "Alts" => Socket::Unknown(config.location(), "ALTS is not TLS"),
            _ => match body.field("transport_socket") {
                Some(inner) => self.transport_socket(inner, listens, depth + 1),
                None => Socket::Unknown(config.location(), "its type is not one of TLS"),
            },
        }
    }

    /// Notes a context as dealt with.
    fn take(&mut self, context: Value<'_>) {
        self.taken.insert(context.location());
    }

    /// Refuses a field or type of the v2 API.
    pub(super) fn removed_api(&mut self, at: Location, what: &str) {
        let reason = format!("{what} belongs to the v2 API, which Envoy 1.18 removed");
        let help = "move the context into transport_socket.typed_config with a v3 \"@type\"".to_owned();
        self.refuse_as(ObservationKind::ApiRemoved, at, "v2", reason, Some(help));
    }
}
