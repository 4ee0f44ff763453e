//! Validation contexts: what a side checks of its peer.

use super::certificates::{Secret, named_secret};
use super::open_names;
use super::reader::Reader;
use super::schema::{TLS, enumeration};
use super::value::{Document, Value};
use crate::endpoint::PeerVerification;
use crate::observation::ObservationKind;
use crate::setting::Setting;
use crate::span::Location;

/// What a validation context asks for.
#[derive(Clone, Debug, Default)]
struct Found {
    place: Option<Location>,
    /// Where the trusted roots are named.
    roots: Option<Location>,
    /// Where `trusted_ca` itself is, which name checks ask for.
    trusted_ca: Option<Location>,
    /// Where names are listed.
    names: Option<Location>,
    /// A matcher among them that lets strangers pass, and why; of several matchers one is enough.
    open_names: Option<(Location, String)>,
    /// Where certificates or keys are pinned.
    pins: Option<Location>,
    accepts_untrusted: Option<Location>,
    needs_roots: Vec<(Location, &'static str)>,
    /// What keeps Envoy from loading the context, roots or not.
    faults: Vec<(Location, &'static str)>,
    unknown: Option<(Location, String)>,
}

impl<'t> Reader<'_, 't> {
    /// What a cluster checks of its upstreams.
    ///
    /// `sni` is the name that goes out, which `auto_sni_san_validation` checks; without one it checks nothing.
    pub(super) fn upstream_verification(
        &mut self,
        context: Value<'t>,
        sni: &Setting<Option<String>>,
        follows_host: Option<Location>,
    ) -> PeerVerification {
        let common = context.field("common_tls_context");
        let found = self.validation(common);
        let automatic = context.field_with_name("auto_sni_san_validation");
        let automatic =
            automatic.filter(|(_, value)| value.boolean() == Some(true)).map(|(key, _)| key.location());
        if let Some(at) = automatic
            && found.unknown.is_none()
            && found.trusted_ca.is_none()
        {
            let reason = if found.place.is_none() {
                "'auto_sni_san_validation' was configured without a validation context"
            } else {
                "'auto_sni_san_validation' was configured without configuring a trusted CA"
            };
            self.refuse(at, "auto_sni_san_validation", reason);
        }
        let is_nameless = sni.value().is_some_and(Option::is_none);
        if let Some(at) = automatic.filter(|_| is_nameless && found.trusted_ca.is_some()) {
            let kind = ObservationKind::VerificationWithoutEffect;
            let message = "auto_sni_san_validation checks the name that Envoy sends, and it sends none";
            let help = Some("write sni, or auto_host_sni: true".to_owned());
            self.observe(kind, at, "auto_sni_san_validation", message, "checks nothing", help);
        }
        let automatic = automatic.filter(|_| !is_nameless).or(follows_host);
        self.tell_of_empty_verification(&found, common);
        let template = common.filter(|common| common.may_gain_entries() && found.place.is_none());
        if let Some(template) = template {
            let unknown = || Setting::unknown(Some(template.location()), "template text may set it");
            return PeerVerification {
                chain: unknown(),
                hostname: unknown(),
                roots: None,
                expected_name: None,
            };
        }
        let yes = |place: Location| Setting::written(true, place, [].into());
        let no = |why: &'static str| match found.place {
            Some(place) => Setting::written(false, place, [].into()),
            None => Setting::default(false, why.into()),
        };
        let default = "Envoy verifies nothing without a validation context";
        let roots = found.trusted_ca;
        if let Some(place) = found.accepts_untrusted {
            let off = || Setting::written(false, place, [].into());
            return PeerVerification { chain: off(), hostname: off(), roots, expected_name: None };
        }
        let hidden = || found.unknown.clone().map(|(at, why)| Setting::unknown(Some(at), why));
        let chain = found.roots.or(found.pins).map(yes).or_else(hidden).unwrap_or_else(|| no(default));
        let listed = found.names.filter(|_| found.open_names.is_none());
        let named = listed.or(found.pins).or(automatic.filter(|_| found.roots.is_some()));
        // The matcher itself says why; here stands that the list as a whole checks nothing.
        let open = || {
            found
                .names
                .filter(|_| found.open_names.is_some())
                .map(|at| Setting::written(false, at, [].into()))
        };
        let hostname = named.map(yes).or_else(open).or_else(hidden).unwrap_or_else(|| no(default));
        PeerVerification { chain, hostname, roots, expected_name: None }
    }

    /// What a listener checks of its clients; `None` where it asks for no certificate.
    pub(super) fn downstream_verification(&mut self, context: Value<'t>) -> Option<PeerVerification> {
        let found = self.validation(context.field("common_tls_context"));
        let asked = context.field_with_name("require_client_certificate");
        let (key, _) = asked.filter(|(_, value)| value.boolean() == Some(true))?;
        let at = key.location();
        if found.roots.is_none() && found.pins.is_none() && found.unknown.is_none() {
            let message = "require_client_certificate without a trusted CA takes any certificate";
            let kind = ObservationKind::VerificationWithoutEffect;
            let help = Some("name trusted_ca in validation_context".to_owned());
            self.observe(kind, at, "require_client_certificate", message, "verifies nothing", help);
        }
        let chain = match (&found.unknown, found.roots.or(found.pins)) {
            (_, Some(place)) if found.accepts_untrusted.is_none() => Setting::written(true, place, [].into()),
            (Some((at, why)), _) => Setting::unknown(Some(*at), why.clone()),
            _ => Setting::written(false, at, [].into()),
        };
        let hostname = Setting::default(false, "clients have no host name".into());
        Some(PeerVerification { chain, hostname, roots: found.trusted_ca, expected_name: None })
    }

    fn validation(&mut self, common: Option<Value<'t>>) -> Found {
        let mut found = Found::default();
        let Some(common) = common else { return found };
        let combined = common.field("combined_validation_context");
        let inline = common.field("validation_context");
        let default = combined.and_then(|combined| combined.field("default_validation_context"));
        for context in inline.into_iter().chain(default) {
            found.place = found.place.or(Some(context.location()));
            self.refuse_broken_roots(context);
            found.add(context);
        }
        if inline.is_some() && combined.is_some() {
            let reason = "validation_context and combined_validation_context exclude each other";
            self.refuse(common.location(), "validation_context", reason);
        }
        let secret = common
            .field("validation_context_sds_secret_config")
            .or_else(|| combined.and_then(|combined| combined.field("validation_context_sds_secret_config")));
        if let Some(config) = secret {
            found.place = found.place.or(Some(config.location()));
            self.add_secret(config, &mut found);
        }
        let providers =
            ["validation_context_certificate_provider", "validation_context_certificate_provider_instance"];
        for provider in providers.iter().filter_map(|name| common.field(name)) {
            found.unknown =
                Some((provider.location(), "a certificate provider decides at run time".to_owned()));
        }
        for (at, reason) in std::mem::take(&mut found.faults) {
            self.refuse(at, "validation_context", reason);
        }
        if found.unknown.is_none() && found.trusted_ca.is_none() {
            for (at, reason) in std::mem::take(&mut found.needs_roots) {
                self.refuse(at, "validation_context", reason);
            }
        }
        found
    }

    /// Refuses roots that are at hand and hold no certificate.
    fn refuse_broken_roots(&mut self, context: Value<'_>) {
        let Some(roots) = context.field("trusted_ca") else { return };
        let (name, bytes) = self.data(roots);
        if bytes.is_some_and(|bytes| crate::certificate::read(&bytes).is_err()) {
            let reason = format!("Failed to load trusted CA certificates from {name}");
            self.refuse(roots.location(), "validation_context", reason);
        }
    }

    fn add_secret(&mut self, config: Value<'t>, found: &mut Found) {
        let name = config.str_of("name").unwrap_or("");
        match self.secret(config) {
            Secret::Static(secret) => {
                if let Some(context) = secret.field("validation_context") {
                    self.refuse_broken_roots(context);
                    found.add(context);
                } else {
                    let reason = format!("Unknown static certificate validation context: {name}");
                    self.refuse(config.location(), "secret", reason);
                }
            }
            Secret::File(source) => {
                let document = Document::of_source(&source);
                let secret = document.root().and_then(|root| named_secret(root, name));
                if let Some(context) = secret.and_then(|secret| secret.field("validation_context")) {
                    self.refuse_broken_roots(context);
                    found.add(context);
                } else {
                    let why = format!("{} holds no validation context \"{name}\"", source.display());
                    found.unknown = Some((config.location(), why));
                }
            }
            Secret::Remote(why) => found.unknown = Some((config.location(), why)),
            Secret::Missing(name) => {
                let reason = format!("Unknown static certificate validation context: {name}");
                self.refuse(config.location(), "secret", reason);
            }
        }
    }

    /// Contexts that are there and verify nothing.
    fn tell_of_empty_verification(&mut self, found: &Found, common: Option<Value<'_>>) {
        let Some(place) = found.place else { return };
        if found.unknown.is_some() || common.is_some_and(Value::is_opaque) {
            return;
        }
        let kind = ObservationKind::VerificationWithoutEffect;
        if let Some((at, why)) = found.open_names.as_ref().filter(|_| found.pins.is_none()) {
            let help =
                "match the whole name with exact, a domain of your own with suffix, and escape dots of regex"
                    .to_owned();
            self.observe(
                kind,
                *at,
                "match_typed_subject_alt_names",
                why.clone(),
                "keeps nobody away",
                Some(help),
            );
        }
        if let Some(at) = found.accepts_untrusted {
            let message = "ACCEPT_UNTRUSTED lets every upstream certificate pass";
            self.observe(kind, at, "trust_chain_verification", message, "verifies nothing", None);
        } else if found.roots.is_none() && found.pins.is_none() {
            let message =
                "this validation context names no trusted CA: Envoy verifies nothing of the upstream";
            let help = "name trusted_ca and match_typed_subject_alt_names".to_owned();
            self.observe(kind, place, "validation_context", message, "verifies nothing", Some(help));
        }
    }
}

impl Found {
    /// Lists that protobuf's constraints do not let through.
    fn add_faults(&mut self, context: Value<'_>) {
        let items = |name: &str| context.list_of(name).into_iter().filter(|item| !item.is_opaque());
        let length = |item: &Value<'_>| item.text_str().map_or(0, str::len);
        let hashes = items("verify_certificate_hash").filter(|item| !(64..=95).contains(&length(item)));
        let reason = "verify_certificate_hash takes a SHA-256 hash in hexadecimal, with or without colons";
        self.faults.extend(hashes.map(|item| (item.location(), reason)));
        let keys = items("verify_certificate_spki").filter(|item| length(item) != 44);
        let reason = "verify_certificate_spki takes a SHA-256 hash in base64";
        self.faults.extend(keys.map(|item| (item.location(), reason)));
        for name in items("match_typed_subject_alt_names") {
            let kind = enumeration(&format!("{TLS}SubjectAltNameMatcher.SanType"));
            let san_type = name.field("san_type").zip(kind).and_then(|(value, kind)| value.enum_value(kind));
            let is_opaque = name.field("san_type").is_some_and(Value::is_opaque);
            if !is_opaque && san_type.is_none_or(|san_type| san_type.number == 0) {
                let reason = "match_typed_subject_alt_names takes a san_type: EMAIL, DNS, URI, IP_ADDRESS or OTHER_NAME";
                self.faults.push((name.location(), reason));
            } else if name.field("matcher").is_none() {
                self.faults.push((name.location(), "match_typed_subject_alt_names takes a matcher"));
            }
        }
    }

    /// Adds what a CertificateValidationContext asks for.
    fn add(&mut self, context: Value<'_>) {
        let place = |name: &str| context.field_with_name(name).map(|(key, _)| key.location());
        let list =
            |name: &str| context.field(name).filter(|list| !list.list().is_empty()).and_then(|_| place(name));
        self.add_faults(context);
        let trusted_ca = place("trusted_ca");
        self.trusted_ca = self.trusted_ca.or(trusted_ca);
        let other_roots = place("system_root_certs").or_else(|| place("ca_certificate_provider_instance"));
        self.roots = self.roots.or(trusted_ca).or(other_roots);
        let names = list("match_typed_subject_alt_names").or_else(|| list("match_subject_alt_names"));
        self.names = self.names.or(names);
        let matchers = ["match_typed_subject_alt_names", "match_subject_alt_names"];
        let open = matchers.iter().flat_map(|name| context.list_of(name));
        let open = open.filter_map(|item| open_names::of_item(item).map(|why| (item.location(), why)));
        self.open_names = self.open_names.take().or_else(|| open.into_iter().next());
        let insecure =
            "SAN-based verification of peer certificates without trusted CA is insecure and not allowed";
        self.needs_roots.extend(names.map(|at| (at, insecure)));
        self.needs_roots.extend(place("crl").map(|at| (at, "Failed to load CRL without trusted CA")));
        let expired =
            place("allow_expired_certificate").filter(|_| context.is_true("allow_expired_certificate"));
        let ignored = "Certificate validity period is always ignored without trusted CA";
        self.needs_roots.extend(expired.map(|at| (at, ignored)));
        self.pins = self.pins.or(list("verify_certificate_hash")).or(list("verify_certificate_spki"));
        let untrusted = context.field("trust_chain_verification").filter(|value| {
            let known = enumeration(&format!("{TLS}CertificateValidationContext.TrustChainVerification"));
            known
                .and_then(|known| value.enum_value(known))
                .is_some_and(|value| value.name == "ACCEPT_UNTRUSTED")
        });
        self.accepts_untrusted = self.accepts_untrusted.or(untrusted.map(Value::location));
        if let Some(at) = place("custom_validator_config") {
            self.unknown = Some((at, "a custom validator decides".to_owned()));
        }
        if context.may_gain_entries() && self.roots.is_none() {
            self.unknown = Some((context.location(), "template text may set it".to_owned()));
        }
    }
}
