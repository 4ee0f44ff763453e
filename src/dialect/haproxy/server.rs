//! `server`, `server-template` and `default-server` lines.

use super::address::{self, Address};
use super::bind::Above;
use super::release::{self, Lookup};
use super::settings::{Certainty, Field, Settings};
use super::words::Argument;
use crate::setting::{Setting, Step, Unknown};
use crate::span::Location;
use crate::target::Release;
use std::sync::Arc;

/// The first release that takes `set-proxy-v2-tlv-fmt` as the last word of a line.
const TLV_MAY_LACK: Release = Release::new(3, 2, 0);
/// The first release that takes QUIC addresses of servers.
pub(super) const QUIC_SINCE: Release = Release::new(3, 3, 0);

/// What `server` and `default-server` lines have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerSettings {
    pub(super) tls: Settings,
    /// `ssl` and `no-ssl`.
    pub(super) ssl: Field<bool>,
    /// Whether `default-server` has `ssl`, which makes HAProxy prepare a context whatever the line says.
    pub(super) default_has_ssl: bool,
    /// `check-ssl` and `no-check-ssl`.
    pub(super) check_ssl: Field<bool>,
    /// `sni`: the expression.
    pub(super) sni: Field<String>,
    /// `no-sni-auto`.
    pub(super) no_host_sni: bool,
    pub(super) verify_host: Field<String>,
    /// `crt`.
    pub(super) certificate: Option<(Location, Argument, Above)>,
    /// Keywords that a template may add.
    pub(super) open: Option<Arc<Unknown>>,
}

/// One `server` line with what it inherits.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The whole line.
    pub(super) location: Location,
    /// Backend and server: `app/web1`.
    pub(super) label: String,
    /// `None` where a variable or template says.
    pub(super) address: Option<Address>,
    pub(super) settings: ServerSettings,
    /// Whether the proxy speaks HTTP to it.
    pub(super) is_http: bool,
}

/// What surrounds a line.
pub(super) struct Surroundings<'a> {
    pub(super) release: Option<Release>,
    /// `ssl-default-server-*` as they stand above the line.
    pub(super) defaults: &'a Settings,
    /// The step by which they come.
    pub(super) step: Step,
    pub(super) above: Above,
    pub(super) certainty: &'a Certainty,
    pub(super) is_templated: bool,
    /// Whether this is `default-server`.
    pub(super) is_default: bool,
    /// Whether `no-ssl` leaves the cipher string of a server that has spoken TLS so far.
    pub(super) no_ssl_keeps_ciphers: bool,
}

/// What a line does wrong.
pub(super) enum Fault {
    /// HAProxy does not start.
    Refused(String),
    /// HAProxy prints an alert, drops the word and starts.
    Dropped(String),
}

/// Reads the address of a server line.
pub(super) fn address(argument: &Argument) -> Option<Address> {
    address::parse(argument.text()?)
}

impl ServerSettings {
    /// Reads the options of a line on top of what it has inherited.
    pub(super) fn options(
        &mut self,
        arguments: &[Argument],
        around: &Surroundings<'_>,
        fault: &mut dyn FnMut(Location, Fault),
    ) {
        let mut rest = arguments;
        while let Some((keyword, after)) = rest.split_first() {
            rest = after;
            let name = match &keyword.value {
                Err(unknown) => {
                    self.open.get_or_insert_with(|| Arc::clone(unknown));
                    continue;
                }
                Ok(name) if name.as_str().is_empty() => break,
                // `set-proxy-v2-tlv-fmt(0x20)` has its number in the word.
                Ok(name) => name.as_str().split('(').next().unwrap_or_default(),
            };
            let entry = match release::look_up(release::SERVER, name, around.release) {
                Lookup::Known(entry) => entry,
                Lookup::OtherRelease(entry) => {
                    fault(
                        keyword.location,
                        Fault::Refused(format!("unknown keyword '{name}' ({})", entry.releases())),
                    );
                    break;
                }
                Lookup::Unknown if around.is_templated || self.open.is_some() => continue,
                Lookup::Unknown => {
                    let Some(hint) = release::unknown(release::SERVER, name, around.release) else {
                        let why = format!("no release up to 3.4 knows the word {name} on this line");
                        let unknown = Unknown { at: Some(keyword.location), why };
                        self.open.get_or_insert_with(|| Arc::new(unknown));
                        continue;
                    };
                    fault(keyword.location, Fault::Refused(format!("unknown keyword '{name}'{hint}")));
                    break;
                }
            };
            let taken = usize::try_from(entry.arguments).unwrap_or_else(|_| variable_arguments(rest));
            let argument = rest.first().filter(|_| taken > 0);
            rest = rest.get(taken..).unwrap_or(&[]);
            if around.is_default && !entry.in_default {
                let reason = format!("'{name}' option is not accepted in default-server sections");
                fault(keyword.location, Fault::Dropped(reason));
                continue;
            }
            let taken = self.option(name, keyword, argument, around);
            // The last word of a line may stand without its value (srv_parse_set_proxy_v2_tlv_fmt() of 3.2 looks at none).
            let may_lack = name == "set-proxy-v2-tlv-fmt"
                && around.release.is_none_or(|release| release >= TLV_MAY_LACK);
            let lacks = entry.arguments == 1
                && !may_lack
                && argument.is_none_or(|argument| argument.text() == Some(""));
            let faulty = taken.err().or_else(|| lacks.then(|| format!("'{name}' : missing value")));
            if let Some(reason) = faulty {
                let location = argument.map_or(keyword.location, |argument| argument.location);
                fault(location, Fault::Refused(reason));
            }
        }
        if let Some(unknown) = self.open.clone() {
            self.tls.open(&unknown);
            self.sni.get_or_insert_with(|| Setting::Unknown(Arc::clone(&unknown)));
            self.verify_host.get_or_insert(Setting::Unknown(unknown));
        }
    }

    fn option(
        &mut self,
        name: &str,
        keyword: &Argument,
        argument: Option<&Argument>,
        around: &Surroundings<'_>,
    ) -> Result<(), String> {
        if name == "verify" && argument.is_some_and(|argument| argument.is("optional")) {
            return Err(
                "'verify' : unknown verify method 'optional', only 'none' and 'required' are supported"
                    .to_owned(),
            );
        }
        if let Some(result) = self.tls.keyword(keyword, argument, around.certainty) {
            return result;
        }
        let string = |missing: &str| match argument.map(|argument| &argument.value) {
            Some(Ok(text)) if !text.as_str().is_empty() => {
                let location = argument.map_or(keyword.location, |argument| argument.location);
                Ok(Some(around.certainty.setting(text.as_str().to_owned(), location)))
            }
            Some(Err(unknown)) => Ok(Some(Setting::Unknown(Arc::clone(unknown)))),
            _ => Err(format!("'{name}' : {missing}")),
        };
        match name {
            "ssl" => {
                self.ssl = Some(around.certainty.setting(true, keyword.location));
                // `ssl` takes over the global defaults where it stands, also in `default-server` (ssl_sock_init_srv).
                self.tls.inherit(around.defaults, &around.step);
            }
            "no-ssl" => {
                let keeps = around.no_ssl_keeps_ciphers
                    && self.ssl.as_ref().is_some_and(|ssl| ssl.value() != Some(&false));
                if keeps {
                    self.tls.inherit(around.defaults, &around.step);
                } else {
                    self.tls.ciphers = None;
                }
                self.ssl = Some(around.certainty.setting(false, keyword.location));
            }
            "check-ssl" => {
                self.check_ssl = Some(around.certainty.setting(true, keyword.location));
                self.tls.inherit(around.defaults, &around.step);
            }
            "no-check-ssl" => {
                self.check_ssl = None;
                self.tls.ciphers = None;
            }
            "check-proto" | "proto" => {
                if let Some(mux) = argument.and_then(Argument::text)
                    && !super::mux::is_known(mux, around.release)
                {
                    return Err(format!("'{name}' : unknown MUX protocol '{mux}'"));
                }
            }
            "no-sni-auto" => self.no_host_sni = true,
            "sni-auto" => self.no_host_sni = false,
            "sni" => self.sni = string("missing sni expression")?,
            "verifyhost" => self.verify_host = string("missing hostname to verify against")?,
            "crt" => {
                let Some(path) = argument.filter(|path| path.text() != Some("")) else {
                    return Err("'crt' : missing file name".to_owned());
                };
                let location =
                    Location::new(keyword.location.file, keyword.location.span.cover(path.location.span));
                self.certificate = Some((location, path.clone(), around.above.clone()));
            }
            _ => {}
        }
        Ok(())
    }

    /// What a server line, or a section's `default-server`, starts from (srv_ssl_settings_cpy).
    pub(super) fn inherited(parent: &Self, step: &Step) -> Self {
        fn take<T: Clone>(field: Option<&Setting<T>>, step: &Step) -> Field<T> {
            field.map(|setting| super::settings::with_step(setting, step))
        }
        let mut tls = Settings::default();
        tls.inherit(&parent.tls, step);
        // Groups and signature algorithms are not copied from `default-server`.
        tls.curves = None;
        tls.sigalgs = None;
        Self {
            tls,
            ssl: take(parent.ssl.as_ref(), step),
            default_has_ssl: parent.ssl.as_ref().and_then(Setting::value) == Some(&true),
            check_ssl: take(parent.check_ssl.as_ref(), step),
            sni: take(parent.sni.as_ref(), step),
            no_host_sni: parent.no_host_sni,
            verify_host: take(parent.verify_host.as_ref(), step),
            certificate: parent.certificate.clone(),
            open: None,
        }
    }
}

/// How many words `source` takes: an address, then `usesrc` or `interface` with one each.
fn variable_arguments(rest: &[Argument]) -> usize {
    let mut taken = 1;
    while rest.get(taken).is_some_and(|argument| argument.is("usesrc") || argument.is("interface")) {
        taken += 2;
    }
    taken
}

/// The name that an `sni` expression always yields, where it is a constant: `str(a.example)`, perhaps in lower or upper case.
pub(super) fn constant(expression: &str) -> Option<String> {
    let (inside, converters) = expression.strip_prefix("str(")?.split_once(')')?;
    let mut converters = converters.split(',');
    if inside.contains(',') || converters.next() != Some("") {
        return None;
    }
    let name = inside.trim_matches(['"', '\'']).to_owned();
    converters.try_fold(name, |name, converter| match converter.trim() {
        "lower" => Some(name.to_ascii_lowercase()),
        "upper" => Some(name.to_ascii_uppercase()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_may_change_their_case() {
        assert_eq!(constant("str(A.test)").as_deref(), Some("A.test"));
        assert_eq!(constant("str('A.test'),lower").as_deref(), Some("a.test"));
        assert_eq!(constant("str(A.test),lower,upper").as_deref(), Some("A.TEST"));
        assert_eq!(constant("str(A.test),host_only"), None);
        assert_eq!(constant("req.hdr(host)"), None);
    }
}
