//! What listeners and servers have in common on their way to endpoints.

use super::global::Loading;
use super::reader::Reader;
use super::settings::{Field, Settings};
use crate::dialect::openssl_conf::{SystemDefaults, system_defaults};
use crate::endpoint::{Groups, Protocols, Tls13Suites};
use crate::group::Kind;
use crate::library::{Choice, Family, Parser};
use crate::protocol::{Protocol, Role};
use crate::setting::Setting;
use crate::span::Location;
use crate::text::Text;

/// How HAProxy spells what findings advise.
/// What the library brings along, before HAProxy has its say.
pub(super) struct Base {
    pub(super) library: Choice,
    pub(super) system: SystemDefaults,
    /// The level of a fresh context.
    pub(super) level: u8,
}

impl Base {
    pub(super) fn of(reader: &Reader<'_>) -> Self {
        let target = reader.context.target;
        let library = target.library.unwrap_or(Choice::Any(Family::OpenSsl));
        let system = system_defaults(&target.openssl_conf, None, library, Some(reader.context.files));
        let built_in = target.security_level.unwrap_or_else(|| library.default_security_level());
        let level = system.security_level.unwrap_or(built_in);
        Self { library, system, level }
    }

    /// The level of a context that HAProxy has made (`ssl-security-level`).
    pub(super) fn level_of(&self, loading: &Loading) -> u8 {
        let set = loading.security_level.as_ref().and_then(Setting::value);
        set.copied().unwrap_or(self.level)
    }

    /// Whether openssl.cnf asks for Suite B, which stays whatever is set later: the library reads no other string any more
    /// (RFC 6460, check_suiteb_cipher_list() in ssl/ssl_ciph.c).
    fn keeps_suite_b(&self) -> bool {
        let string = self.system.cipher_string.as_ref().and_then(Setting::value);
        string.is_some_and(|string| self.library.expand(string.as_str(), Parser::default()).suite_b)
    }

    /// The cipher string, the TLS 1.3 suites, and what the library refuses of them.
    pub(super) fn strings(
        &self,
        settings: &Settings,
        loading: &Loading,
    ) -> (Setting<Text>, Setting<Tls13Suites>) {
        let default = || {
            let source = format!("default of {}", self.library.name());
            Setting::default(Text::unplaced("DEFAULT"), source.into())
        };
        let written = settings.ciphers.clone().filter(|_| !self.keeps_suite_b());
        let string = written.or_else(|| self.system_string(loading)).unwrap_or_else(default);
        let suites = settings.ciphersuites.clone().or_else(|| self.system.ciphersuites.clone());
        let suites = match suites {
            Some(suites) => suites.map(|text| Tls13Suites::Listed(text.clone())),
            None => {
                Setting::default(Tls13Suites::Library, format!("default of {}", self.library.name()).into())
            }
        };
        (crate::dialect::cipher_string(string, self.library), suites)
    }

    /// The cipher string of openssl.cnf, whose level `ssl-security-level` overrules: it is set on a context that has the string already.
    fn system_string(&self, loading: &Loading) -> Field<Text> {
        let string = self.system.cipher_string.clone()?;
        let Some(Setting::Written(level)) = &loading.security_level else { return Some(string) };
        Some(string.map(|string| {
            let mut string = string.clone();
            string.push_replaced(&format!(":@SECLEVEL={}", level.value), level.location);
            string
        }))
    }

    /// The signature algorithms: `sigalgs`, then openssl.cnf's, then the library's own.
    pub(super) fn signature_algorithms(&self, settings: &Settings) -> Setting<Text> {
        let written = settings.sigalgs.clone().or_else(|| self.system.signature_algorithms.clone());
        written.unwrap_or_else(|| {
            Setting::default(Text::default(), format!("default of {}", self.library.name()).into())
        })
    }

    /// The groups: `curves`, then `ecdhe`, then openssl.cnf's, then the library's own.
    pub(super) fn groups(&self, settings: &Settings, role: Role) -> Setting<Groups> {
        let written =
            settings.curves.clone().or_else(|| settings.ecdhe.clone()).or_else(|| self.system.groups.clone());
        if let Some(text) = written {
            return text.map(|text| self.library.groups(text.clone()));
        }
        Setting::default(self.library.own_groups(role), format!("default of {}", self.library.name()).into())
    }

    /// Whether HAProxy finds no version that the library is built with.
    pub(super) fn has_none(&self, protocols: &Setting<Protocols>) -> bool {
        let is_built = |protocol: Protocol| self.library.builds_protocol(protocol);
        protocols.value().is_some_and(|protocols| !protocols.set.iter().any(is_built))
    }

    /// What `Protocol = -…` of openssl.cnf leaves; its bounds do not outlive HAProxy's.
    pub(super) fn protocols(&self, range: &Setting<Protocols>) -> Setting<Protocols> {
        range.map(|protocols| {
            let set = self.system.without_switched_off(protocols.set);
            Protocols { set, ..protocols.clone() }
        })
    }

    /// Why HAProxy does not start for the strings of a listener or server.
    pub(super) fn refuse(&self, reader: &mut Reader<'_>, settings: &Settings, fallback: Location) {
        // Without a target: what every release refuses.
        let is_any = matches!(self.library, Choice::Any(_)) && reader.release.is_none();
        if reader.is_templated || !(is_any || reader.is_fixed() && matches!(self.library, Choice::Named(_))) {
            return;
        }
        let place = |field: &Field<Text>| field.as_ref().and_then(Setting::location).unwrap_or(fallback);
        let value = |field: &Field<Text>| match field {
            Some(Setting::Written(written)) => Some(written.value.as_str().to_owned()),
            _ => None,
        };
        if let Some(string) = value(&settings.ciphers)
            && !self.keeps_suite_b()
            && self.library.expand(&string, Parser::default()).error.is_some()
        {
            reader.refuse(place(&settings.ciphers), format!("unable to set SSL cipher list to '{string}'"));
        }
        if let Some(string) = value(&settings.ciphersuites)
            && self.library.ciphersuites(&string).refused
        {
            reader.refuse(
                place(&settings.ciphersuites),
                format!("unable to set TLS 1.3 cipher suites to '{string}'"),
            );
        }
        for field in [&settings.sigalgs, &settings.client_sigalgs] {
            if let Some(string) = value(field).filter(|string| self.library.signature_list(string).refused) {
                let reason = format!("unable to set SSL Signature Algorithm list to '{string}'");
                reader.refuse(place(field), reason);
            }
        }
        if is_any {
            return;
        }
        for (field, is_ecdhe) in [(&settings.curves, false), (&settings.ecdhe, true)] {
            // Beside curves nothing reads it.
            let Some(string) = value(field).filter(|_| !is_ecdhe || settings.curves.is_none()) else {
                continue;
            };
            let is_one = reader.defaults.ecdhe_is_one_curve && is_ecdhe;
            if self.library.group_list(&string).refused || (is_one && !is_short_name(&string, self.library)) {
                reader.refuse(place(field), format!("unable to set SSL curves list to '{string}'"));
            }
        }
    }
}

/// Whether a name is the short name of one Weierstrass curve, as OBJ_sn2nid(3) and EC_KEY_new_by_curve_name(3) want it.
fn is_short_name(name: &str, library: Choice) -> bool {
    let is_nist = ["P-", "K-", "B-"].iter().any(|prefix| name.starts_with(prefix));
    !is_nist && library.group(name).is_some_and(|group| group.facts().kind == Kind::Curve)
}
