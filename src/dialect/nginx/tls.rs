//! One TLS context (`SSL_CTX`) as nginx builds it, in the order in which it does: `ngx_http_ssl_merge_srv_conf` in
//! `src/http/modules/ngx_http_ssl_module.c`, its relatives of stream and mail, and `ngx_http_proxy_set_ssl`.

use super::commands;
use super::config::ScopeId;
use super::files::Files;
use super::release::{self, Running};
use super::validate::refuse;
use super::values::{Found, Values};
use super::variables::Variables;
use crate::budget::Budget;
use crate::dialect::openssl_conf::{SystemDefaults, system_defaults};
use crate::endpoint::{
    CertificateUse, DhParameters, Groups, Model, PeerVerification, Protocols, Tls13Suites,
};
use crate::library::security::minimum_dh_bits;
use crate::library::{Choice, Family, Parser};
use crate::protocol::{Protocol, ProtocolSet, Role};
use crate::setting::Setting;
use crate::span::Location;
use crate::text::Text;
use std::borrow::Cow;
use std::path::Path;

/// What every context of a run starts from.
pub(super) struct Surroundings<'a> {
    pub(super) values: &'a Values<'a>,
    pub(super) files: Files<'a>,
    pub(super) running: Running,
    pub(super) library: Choice,
    pub(super) system: SystemDefaults,
    /// The protocols that nginx enables unasked.
    protocols: ProtocolSet,
    /// The security level before any cipher string.
    pub(super) level: u8,
    /// What the root may take.
    pub(super) budget: &'a Budget,
    /// Maps of the name that a client asks for.
    pub(super) variables: Variables,
    /// The name that is asked for, where one is.
    pub(super) asked: Option<&'a str>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(
        values: &'a Values<'a>,
        files: Files<'a>,
        running: Running,
        context: super::Context<'a>,
    ) -> Self {
        let target = context.target;
        let library = target.library.unwrap_or(Choice::Any(Family::OpenSsl));
        let application = running.has(release::OPENSSL_CONF_BY_NAME).then_some("nginx");
        let system = system_defaults(&target.openssl_conf, application, library, Some(files.tree));
        let built_in = target.security_level.unwrap_or_else(|| library.default_security_level());
        let level = system.security_level.unwrap_or(built_in);
        let protocols = target.nginx_protocols.unwrap_or_else(|| running.protocols());
        let variables = Variables::read(values.config.units);
        let (budget, asked) = (context.budget, context.asked);
        Self { values, files, running, library, system, protocols, level, budget, variables, asked }
    }

    /// Whether the library checks protocols against the security level only when it signs, not when it chooses one.
    pub(super) fn judges_protocols_late(&self) -> bool {
        is_older_than_3(self.library) || self.library.id().starts_with("openssl-3.0")
    }
}

/// Whether the library is OpenSSL 1.1.1 or older.
fn is_older_than_3(library: Choice) -> bool {
    library.id().starts_with("openssl-1")
}

/// The directives of one kind of context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Names {
    pub(super) role: Role,
    pub(super) protocols: &'static str,
    pub(super) ciphers: &'static str,
    pub(super) certificate: &'static str,
    pub(super) certificate_key: &'static str,
    pub(super) conf_command: &'static str,
    pub(super) verify: &'static str,
    pub(super) trusted: &'static str,
    pub(super) server_name: &'static str,
    pub(super) name: &'static str,
}

macro_rules! names {
    ($role:expr, $prefix:literal) => {
        Names {
            role: $role,
            protocols: concat!($prefix, "ssl_protocols"),
            ciphers: concat!($prefix, "ssl_ciphers"),
            certificate: concat!($prefix, "ssl_certificate"),
            certificate_key: concat!($prefix, "ssl_certificate_key"),
            conf_command: concat!($prefix, "ssl_conf_command"),
            verify: concat!($prefix, "ssl_verify"),
            trusted: concat!($prefix, "ssl_trusted_certificate"),
            server_name: concat!($prefix, "ssl_server_name"),
            name: concat!($prefix, "ssl_name"),
        }
    };
}

/// The listening side.
pub(super) const LISTENING: Names = names!(Role::Server, "");
/// `proxy_pass`, of http and of stream.
pub(super) const PROXY: Names = names!(Role::Client, "proxy_");
/// `grpc_pass`.
pub(super) const GRPC: Names = names!(Role::Client, "grpc_");
/// `uwsgi_pass`.
pub(super) const UWSGI: Names = names!(Role::Client, "uwsgi_");

/// A context, as far as handshakes depend on it.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// Whether nginx builds it at all: a server without a certificate has none.
    pub(super) exists: bool,
    /// What the context's options leave on.
    pub(super) protocols: Setting<Protocols>,
    /// Bounds, which hold besides the options and stay the default server's for every name.
    pub(super) minimum: Option<Protocol>,
    pub(super) maximum: Option<Protocol>,
    pub(super) cipher_string: Setting<Text>,
    /// Before the cipher string's own `@SECLEVEL`.
    pub(super) security_level: u8,
    /// With it.
    pub(super) final_level: u8,
    pub(super) ciphersuites: Setting<Tls13Suites>,
    pub(super) groups: Setting<Groups>,
    pub(super) signature_algorithms: Setting<Text>,
    pub(super) server_preference: Setting<bool>,
    pub(super) session_tickets: Setting<bool>,
    pub(super) dh_parameters: Setting<DhParameters>,
    pub(super) certificates: Setting<Vec<CertificateUse>>,
    pub(super) peer: Option<PeerVerification>,
    /// `ssl_reject_handshake on`.
    pub(super) rejects: bool,
}

/// Builds the context of `scope` as nginx does. What nginx refuses on the way goes to `model`.
pub(super) fn build(around: &Surroundings<'_>, names: Names, scope: ScopeId, model: &mut Model) -> Context {
    let mut builder = Builder { around, names, scope, model, context: start(around, names, scope) };
    let certificates = builder.certificates();
    builder.context.certificates = certificates;
    let has_certificate = match &builder.context.certificates {
        Setting::Written(written) => !written.value.is_empty(),
        Setting::Unknown(_) => true,
        Setting::Default { .. } => false,
    };
    builder.context.exists = names.role == Role::Client || has_certificate || builder.context.rejects;
    builder.ciphers();
    builder.certificates_are_strong();
    builder.drop_replaced_certificates();
    builder.verification();
    if names.role == Role::Server {
        builder.dh_parameters();
        builder.curves();
    }
    builder.commands();
    builder.context
}

/// The context with everything that one step sets.
fn start(around: &Surroundings<'_>, names: Names, scope: ScopeId) -> Context {
    let values = around.values;
    let is_server = names.role == Role::Server;
    let defaults = around.running.defaults();
    let source = || Cow::from(around.running.default_source());
    let fixed = |value: bool| Setting::default(value, Cow::Borrowed("default of nginx"));
    let flag = |name: &'static str, default: bool| values.flag(scope, name).unwrap_or_else(|| fixed(default));
    let protocols = values.protocols(scope, names.protocols).unwrap_or_else(|| {
        Setting::default(Protocols { set: around.protocols, brought_by: Vec::new() }, source())
    });
    let default_string = if is_server { defaults.ciphers } else { defaults.upstream_ciphers };
    let cipher_string = values.text(scope, names.ciphers).unwrap_or_else(|| {
        Setting::default(Text::unplaced(default_string), Cow::Borrowed("default of nginx"))
    });
    // A leading SUITEB in openssl.cnf takes the place of every later string.
    let cipher_string = around
        .system
        .cipher_string
        .clone()
        .filter(|string| is_suite_b(around, string))
        .unwrap_or(cipher_string);
    let cipher_string = crate::dialect::cipher_string(cipher_string, around.library);
    let ciphersuites = around.system.ciphersuites.as_ref().map_or_else(
        || Setting::default(Tls13Suites::Library, Cow::Borrowed("default of the library")),
        |text| text.map(|text| Tls13Suites::Listed(text.clone())),
    );
    let signature_algorithms = around.system.signature_algorithms.clone();
    let system_order = around.system.option("ServerPreference").unwrap_or(false);
    let system_tickets = around.system.option("SessionTicket").unwrap_or(true);
    Context {
        exists: false,
        protocols,
        minimum: None,
        maximum: None,
        cipher_string,
        security_level: around.level,
        final_level: around.level,
        ciphersuites,
        groups: library_groups(around, names.role),
        signature_algorithms: signature_algorithms
            .unwrap_or_else(|| Setting::default(Text::unplaced(""), Cow::Borrowed("default of the library"))),
        server_preference: if is_server {
            flag("ssl_prefer_server_ciphers", system_order)
        } else {
            fixed(false)
        },
        session_tickets: if is_server { flag("ssl_session_tickets", system_tickets) } else { fixed(true) },
        dh_parameters: Setting::default(DhParameters::None, Cow::Borrowed("default of nginx")),
        certificates: Setting::default(Vec::new(), Cow::Borrowed("default of nginx")),
        peer: None,
        rejects: is_server && values.is_on(scope, "ssl_reject_handshake"),
    }
}

/// Whether a cipher string starts Suite B, which every later string of the context is then replaced by.
pub(super) fn is_suite_b(around: &Surroundings<'_>, string: &Setting<Text>) -> bool {
    string.value().is_some_and(|text| around.library.expand(text.as_str(), Parser::Lenient).suite_b)
}

/// openssl.cnf's groups, else the library's own.
fn library_groups(around: &Surroundings<'_>, role: Role) -> Setting<Groups> {
    if let Some(text) = &around.system.groups {
        return text.map(|text| around.library.groups(text.clone()));
    }
    Setting::default(around.library.own_groups(role), Cow::Borrowed("default of the library"))
}

struct Builder<'b, 'a> {
    around: &'b Surroundings<'a>,
    names: Names,
    scope: ScopeId,
    model: &'b mut Model,
    context: Context,
}

impl Builder<'_, '_> {
    /// Refuses, if nginx builds the context at all.
    fn refuse(&mut self, location: Option<Location>, reason: String) {
        if let Some(location) = location.filter(|_| self.context.exists) {
            refuse(self.model, location, reason);
        }
    }

    fn ciphers(&mut self) {
        let Some(string) = self.context.cipher_string.value() else { return };
        let expansion = self.around.library.expand(string.as_str(), Parser::Lenient);
        if let Some(level) = expansion.security_level {
            self.context.final_level = level;
        }
        if let Some(error) = expansion.error {
            let place = self.context.cipher_string.value().and_then(Text::location);
            let written = string.as_str().to_owned();
            let reason = format!(
                "SSL_CTX_set_cipher_list(\"{written}\") failed: {}",
                error.kind.name().replace('-', " ")
            );
            self.refuse(place, reason);
        }
    }

    fn certificates(&mut self) -> Setting<Vec<CertificateUse>> {
        let (around, names) = (self.around, self.names);
        let none = || Setting::default(Vec::new(), Cow::Borrowed("default of nginx"));
        let (written, entries) = match around.values.find(self.scope, names.certificate) {
            Found::Absent => return none(),
            Found::Unknown(unknown) => return Setting::Unknown(unknown),
            Found::Written(written, entries) => (written, entries),
        };
        let config = around.values.config;
        let Some(first) = entries.first() else { return none() };
        let mut uses = Vec::new();
        for entry in &entries {
            let Some(word) = config.units.arguments(entry.place).first() else { continue };
            let location = config.units.word_location(entry.place, word);
            let name = config.units.argument(entry.place, 0).into_owned();
            if name.is_empty() {
                if names.role == Role::Client && !around.running.has(release::EMPTY_IS_NO_CERTIFICATE) {
                    let reason =
                        "cannot load certificate \"\": an empty name is no certificate since 1.29.0 alone";
                    refuse(self.model, location, reason);
                }
                continue;
            }
            let is_known = !word.is_templated() && !word.variables && !name.starts_with("data:");
            let found = if is_known { around.files.certificate(Path::new(&name)) } else { None };
            let (name, certificate) = match found {
                Some((name, certificate)) => (name, Some(certificate)),
                None => (name, None),
            };
            uses.push(CertificateUse {
                location,
                name,
                certificate,
                protocols: ProtocolSet::ALL,
                led_by: None,
            });
        }
        let keys = match around.values.find(self.scope, names.certificate_key) {
            Found::Absent => Some(0),
            Found::Unknown(_) => None,
            Found::Written(_, keys) => Some(keys.len()),
        };
        let location = config.units.location(first.place);
        if keys.is_some_and(|keys| keys < uses.len()) && names.role == Role::Server {
            let name = uses.last().map_or("", |used| used.name.as_str());
            let reason = format!("no \"{}\" is defined for certificate \"{name}\"", names.certificate_key);
            refuse(self.model, location, reason);
        }
        Setting::written(uses, location, config.provenance(first.chain, written, self.scope))
    }

    /// The security level refuses small keys and weak signatures when the certificate is loaded.
    fn certificates_are_strong(&mut self) {
        let early = !self.around.running.has(release::CIPHERS_BEFORE_CERTIFICATES);
        let level = if early { self.around.level } else { self.context.final_level };
        let Some(uses) = self.context.certificates.value().cloned() else { return };
        for used in uses {
            if self.around.files.holds_none(Path::new(&used.name)) {
                let reason =
                    format!("cannot load certificate \"{}\": PEM_read_bio_X509_AUX() failed", used.name);
                self.refuse(Some(used.location), reason);
            }
            let Some(certificate) = &used.certificate else { continue };
            if certificate.issues_next {
                let reason = format!(
                    "key values mismatch: the first certificate of {} is the issuer of the second, and not the server's own",
                    used.name
                );
                self.refuse(Some(used.location), reason);
            }
            if let Some(weakness) = self.around.library.weakness(certificate, level) {
                let reason = format!("SSL_CTX_use_certificate(\"{}\") failed: {weakness}", used.name);
                self.refuse(Some(used.location), reason);
            }
        }
    }

    /// A context keeps one certificate for each type of key: of several, the last (ssl_set_cert()).
    fn drop_replaced_certificates(&mut self) {
        let Setting::Written(written) = &self.context.certificates else { return };
        let key = |used: &CertificateUse| used.certificate.as_ref().map(|certificate| certificate.key_type);
        let uses = &written.value;
        let is_kept = |index: usize, used: &CertificateUse| {
            let later = uses.get(index + 1..).unwrap_or(&[]);
            key(used).is_none_or(|own| later.iter().all(|other| key(other) != Some(own)))
        };
        let kept: Vec<_> = uses
            .iter()
            .enumerate()
            .filter(|(index, used)| is_kept(*index, used))
            .map(|(_, used)| used.clone())
            .collect();
        if kept.len() < uses.len() {
            self.context.certificates = Setting::written(kept, written.location, written.provenance.clone());
        }
    }

    fn verification(&mut self) {
        let (values, names) = (self.around.values, self.names);
        if names.role == Role::Client {
            self.upstream_verification();
            return;
        }
        let Some(mode) = values.text(self.scope, "ssl_verify_client") else { return };
        let Some(word) = mode.value().map(|text| text.as_str().to_owned()) else { return };
        if word == "off" {
            return;
        }
        let has = |name| !matches!(values.find(self.scope, name), Found::Absent);
        let takes_trusted = self.around.running.has(release::VERIFY_TAKES_TRUSTED);
        let has_authority =
            has("ssl_client_certificate") || (takes_trusted && has("ssl_trusted_certificate"));
        if !has_authority && word != "optional_no_ca" {
            let wanted = if takes_trusted {
                "ssl_client_certificate or ssl_trusted_certificate"
            } else {
                "ssl_client_certificate"
            };
            self.refuse(mode.location(), format!("no {wanted} for ssl_verify_client"));
        }
        let chain = mode.map(|word| word.as_str() != "optional_no_ca");
        let hostname = Setting::default(false, Cow::Borrowed("nginx checks no names of clients"));
        self.context.peer = Some(PeerVerification { chain, hostname, roots: None, expected_name: None });
    }

    fn upstream_verification(&mut self) {
        let values = self.around.values;
        let chain = values
            .flag(self.scope, self.names.verify)
            .unwrap_or_else(|| Setting::default(false, Cow::Borrowed("default of nginx")));
        if chain.value() == Some(&true)
            && matches!(values.find(self.scope, self.names.trusted), Found::Absent)
        {
            let reason = format!("no {} for {}", self.names.trusted, self.names.verify);
            self.refuse(chain.location(), reason);
        }
        // Both are checked together: the name against proxy_ssl_name, whether or not it is sent (N-33).
        let roots = values.text(self.scope, self.names.trusted);
        self.context.peer = Some(PeerVerification {
            hostname: chain.clone(),
            chain,
            roots: roots.filter(|roots| roots.value().is_some()).and_then(|roots| roots.location()),
            expected_name: None,
        });
    }

    fn dh_parameters(&mut self) {
        let Some(file) = self.around.values.text(self.scope, "ssl_dhparam") else { return };
        let Some(path) = file.value() else {
            self.context.dh_parameters = file.map(|_| DhParameters::Unreadable);
            return;
        };
        if path.as_str().is_empty() {
            return;
        }
        let bits = self.around.files.dh_bits(Path::new(path.as_str()));
        let level = self.context.final_level;
        if let Some(bits) = bits
            && bits < minimum_dh_bits(level)
            && !is_older_than_3(self.around.library)
        {
            let reason = format!("SSL_CTX_set0_tmp_dh_pkey(\"{}\") failed: dh key too small", path.as_str());
            self.refuse(path.location(), reason);
        }
        self.context.dh_parameters = file.map(|_| bits.map_or(DhParameters::Unreadable, DhParameters::Bits));
    }

    fn curves(&mut self) {
        let default = self.around.running.defaults().curve;
        let written = self.around.values.text(self.scope, "ssl_ecdh_curve");
        let curves = written.unwrap_or_else(|| {
            Setting::default(Text::unplaced(default), Cow::from(self.around.running.default_source()))
        });
        if curves.value().is_some_and(|text| matches!(text.as_str(), "auto" | "")) {
            return;
        }
        let library = self.around.library;
        if let Some(text) = curves.value().filter(|text| library.group_list(text.as_str()).refused) {
            let reason = format!("SSL_CTX_set1_curves_list(\"{}\") failed", text.as_str());
            self.refuse(text.location(), reason);
        }
        self.context.groups = curves.map(|text| library.groups(text.clone()));
    }

    /// `ssl_conf_command` comes last, and wins.
    fn commands(&mut self) {
        let around = self.around;
        let config = around.values.config;
        let (written, entries) = match around.values.find(self.scope, self.names.conf_command) {
            Found::Written(written, entries) => (written, entries),
            // What is not seen can change anything; the settings that are seen are judged as they stand.
            Found::Absent | Found::Unknown(_) => return,
        };
        for entry in entries {
            let [name, value] = config.units.arguments(entry.place) else { continue };
            let location = config.units.location(entry.place);
            let (Ok(name), value) =
                (around.values.word(entry.place, name), around.values.word(entry.place, value))
            else {
                continue;
            };
            let setting = match value {
                Ok(text) => {
                    Setting::written(text, location, config.provenance(entry.chain, written, self.scope))
                }
                Err(unknown) => Setting::Unknown(unknown),
            };
            let command = commands::Command { name: name.as_str(), value: &setting, location, around };
            if let Err(reason) = command.apply(&mut self.context) {
                let shown = setting.value().map_or("", Text::as_str).to_owned();
                let reason = format!("SSL_CONF_cmd(\"{}\", \"{shown}\") failed: {reason}", name.as_str());
                self.refuse(Some(location), reason);
            }
        }
    }
}
