//! The `global` section.

use super::release::{self, Lookup};
use super::settings::{Certainty, Field, Settings};
use super::words::Argument;
use crate::setting::{Setting, Unknown};
use crate::span::Location;
use crate::target::Release;
use std::sync::Arc;

/// What `global` sections have set so far.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive of its own")]
pub(super) struct Global {
    /// `ssl-default-bind-*`.
    pub(super) bind: Settings,
    /// `ssl-default-server-*`.
    pub(super) server: Settings,
    pub(super) loading: Loading,
    /// `ssl-server-verify none`.
    pub(super) server_verify_none: Field<bool>,
    pub(super) crt_base: Option<String>,
    pub(super) ca_base: Option<String>,
    pub(super) key_base: Option<String>,
    /// `limited-quic`.
    pub(super) has_limited_quic: bool,
    /// `no-quic`, or `tune.quic.listen off`.
    pub(super) has_no_quic: bool,
    /// `httpclient.ssl.verify none`: where it stands.
    pub(super) unverified_client: Option<Location>,
    /// `localpeer`; `None` where it is the machine's host name.
    pub(super) local_peer: Option<String>,
    /// `issuers-chain-path`: chains that lack their issuers are completed from there.
    pub(super) has_issuers: bool,
    /// The shortest and the longest wait between two updates of an OCSP response, in seconds, where they are set.
    ocsp_delays: (Option<u32>, Option<u32>),
    /// Whether a condition that the target does not answer decides where files are looked for.
    pub(super) has_doubtful_files: bool,
    /// Where the current section starts.
    pub(super) head: Option<Location>,
}

/// What `ocsp-update.mindelay` and `ocsp-update.maxdelay` are unless they are set, in seconds (SSL_OCSP_UPDATE_DELAY_MIN and
/// SSL_OCSP_UPDATE_DELAY_MAX in include/haproxy/defaults.h).
const OCSP_DELAYS: (u32, u32) = (300, 3600);

/// What counts when a certificate is loaded, which is when the line that names it is read.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of `ssl-load-extra-files` or a directive of its own"
)]
pub(super) struct Loading {
    /// `ssl-security-level`.
    pub(super) security_level: Field<u8>,
    /// `tune.ssl.default-dh-param`, in bits.
    pub(super) dh_bits: Field<u32>,
    /// `ssl-dh-param-file`.
    pub(super) dh_file: Option<Argument>,
    /// `ssl-load-extra-del-ext`: the key of `a.crt` is `a.key`.
    pub(super) replaces_extension: bool,
    /// `ssl-load-extra-files` without `bundle`: `a.pem` does not stand for `a.pem.rsa` and its like.
    pub(super) no_bundles: bool,
    /// `ssl-load-extra-files` without `key`: no key beside the certificate is read.
    pub(super) no_keys: bool,
    /// The same without `ocsp`: no OCSP response beside it is read.
    pub(super) no_responses: bool,
    /// The same without `issuer`: no issuer beside it is read.
    pub(super) no_issuers: bool,
}

/// What a line does besides setting things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// The line is understood, or of no interest.
    Taken,
    /// HAProxy does not start.
    Refused(Location, String),
}

impl Global {
    /// Everything that a `global` section in another file could set.
    pub(super) fn unseen(unknown: &Arc<Unknown>) -> Self {
        let mut global = Self::default();
        global.open(unknown);
        global
    }

    /// Makes everything that is not written as unknown as `unknown`.
    pub(super) fn open(&mut self, unknown: &Arc<Unknown>) {
        self.bind.open(unknown);
        self.server.open(unknown);
        self.bind.verify = None;
        self.bind.ca_file = None;
        self.server.verify = None;
        self.server.ca_file = None;
        self.loading.dh_bits.get_or_insert_with(|| Setting::Unknown(Arc::clone(unknown)));
        self.server_verify_none.get_or_insert_with(|| Setting::Unknown(Arc::clone(unknown)));
    }

    /// Reads one statement of the section.
    pub(super) fn statement(
        &mut self,
        arguments: &[Argument],
        certainty: &Certainty,
        release: Option<Release>,
        is_templated: bool,
    ) -> Outcome {
        let Some((keyword, rest)) = arguments.split_first() else { return Outcome::Taken };
        let name = match &keyword.value {
            Ok(name) => name.as_str(),
            Err(unknown) => {
                self.open(unknown);
                return Outcome::Taken;
            }
        };
        match release::look_up(release::GLOBAL, name, release) {
            Lookup::Known(entry) => {
                let most = usize::try_from(entry.most).ok();
                if let Some(argument) =
                    most.and_then(|most| rest.get(most)).filter(|argument| argument.text() != Some(""))
                {
                    let written = argument.text().unwrap_or_default();
                    let reason = format!("'{name}' cannot handle unexpected argument '{written}'");
                    return Outcome::Refused(argument.location, reason);
                }
            }
            Lookup::OtherRelease(entry) => {
                let reason = format!("unknown keyword '{name}' in 'global' section ({})", entry.releases());
                return Outcome::Refused(keyword.location, reason);
            }
            Lookup::Unknown if is_templated => return Outcome::Taken,
            // `no insecure-fork-wanted`; other negations were refused long before 2.2.
            Lookup::Unknown if name == "no" || name == "default" => return Outcome::Taken,
            Lookup::Unknown => {
                let Some(hint) = release::unknown(release::GLOBAL, name, release) else {
                    return Outcome::Taken;
                };
                let reason = format!("unknown keyword '{name}' in 'global' section{hint}");
                return Outcome::Refused(keyword.location, reason);
            }
        }
        match self.keyword(name, rest, certainty, release) {
            Ok(()) => Outcome::Taken,
            Err((location, reason)) => Outcome::Refused(location.unwrap_or(keyword.location), reason),
        }
    }

    fn keyword(
        &mut self,
        name: &str,
        rest: &[Argument],
        certainty: &Certainty,
        release: Option<Release>,
    ) -> Result<(), (Option<Location>, String)> {
        let missing = || (None, format!("'{name}' expects an argument"));
        if let Some(option) = name.strip_prefix("ssl-default-bind-") {
            return options(&mut self.bind, option, name, rest, certainty, release);
        }
        if let Some(option) = name.strip_prefix("ssl-default-server-") {
            return options(&mut self.server, option, name, rest, certainty, release);
        }
        let argument = || rest.first().ok_or_else(missing);
        let at = |argument: &Argument| Some(argument.location);
        match name {
            "ssl-security-level" => {
                let argument = argument()?;
                self.loading.security_level =
                    number(argument, certainty, |level| u8::try_from(level).ok().filter(|level| *level <= 5))
                        .ok_or_else(|| {
                            (
                                at(argument),
                                "'ssl-security-level' : expects a value between 0 and 5".to_owned(),
                            )
                        })?;
            }
            "tune.ssl.default-dh-param" => {
                let argument = argument()?;
                self.loading.dh_bits = Some(match &argument.value {
                    Err(unknown) => Setting::Unknown(Arc::clone(unknown)),
                    Ok(text) => match unsigned(text.as_str()) {
                        0..1024 => {
                            let reason = "'tune.ssl.default-dh-param' expects a value >= 1024".to_owned();
                            return Err((at(argument), reason));
                        }
                        bits => certainty.setting(bits, argument.location),
                    },
                });
            }
            "ssl-dh-param-file" => self.loading.dh_file = Some(argument()?.clone()),
            "ssl-server-verify" => {
                let argument = argument()?;
                self.server_verify_none = Some(match &argument.value {
                    Err(unknown) => Setting::Unknown(Arc::clone(unknown)),
                    Ok(text) if ["none", "required"].contains(&text.as_str()) => {
                        certainty.setting(text.as_str() == "none", argument.location)
                    }
                    Ok(_) => {
                        let reason =
                            "'ssl-server-verify' expects 'none' or 'required' as argument".to_owned();
                        return Err((at(argument), reason));
                    }
                });
            }
            "crt-base" | "ca-base" | "key-base" => {
                let argument = argument()?;
                let base = match name {
                    "crt-base" => &mut self.crt_base,
                    "ca-base" => &mut self.ca_base,
                    _ => &mut self.key_base,
                };
                if matches!(certainty, Certainty::Maybe(_)) {
                    self.has_doubtful_files = true;
                } else if base.is_some() && !self.has_doubtful_files {
                    return Err((None, format!("'{name}' already specified")));
                }
                *base = argument.text().map(str::to_owned);
            }
            "localpeer" if matches!(certainty, Certainty::Certain) => {
                self.local_peer = argument()?.text().map(str::to_owned);
            }
            "httpclient.ssl.verify" if matches!(certainty, Certainty::Certain) => {
                let argument = argument()?;
                self.unverified_client = argument.is("none").then_some(argument.location);
            }
            "issuers-chain-path" => self.has_issuers = true,
            "ocsp-update.maxdelay"
            | "ocsp-update.mindelay"
            | "tune.ssl.ocsp-update.maxdelay"
            | "tune.ssl.ocsp-update.mindelay" => self.ocsp_delay(name, argument()?, certainty)?,
            "ssl-load-extra-files" => {
                self.has_doubtful_files |= matches!(certainty, Certainty::Maybe(_));
                self.extra_files(name, rest)?;
            }
            "ssl-load-extra-del-ext" => {
                self.has_doubtful_files |= matches!(certainty, Certainty::Maybe(_));
                self.loading.replaces_extension = true;
            }
            "limited-quic" => self.has_limited_quic = true,
            "no-quic" => self.has_no_quic |= matches!(certainty, Certainty::Certain),
            "tune.quic.listen" if matches!(certainty, Certainty::Certain) => {
                self.has_no_quic = rest.first().and_then(Argument::text) == Some("off");
            }
            _ => {}
        }
        Ok(())
    }
}

impl Global {
    /// `ocsp-update.mindelay` and `ocsp-update.maxdelay`, each held against what the other is so far (src/ssl_ocsp.c).
    fn ocsp_delay(
        &mut self,
        name: &str,
        argument: &Argument,
        certainty: &Certainty,
    ) -> Result<(), (Option<Location>, String)> {
        let Some(text) = argument.text().filter(|_| matches!(certainty, Certainty::Certain)) else {
            return Ok(());
        };
        let seconds = unsigned(text);
        let refused = |reason: String| Err((Some(argument.location), reason));
        if i32::try_from(seconds).is_err() {
            return refused(format!("'{name}' expects a positive numeric value"));
        }
        let (least, most) = &mut self.ocsp_delays;
        if name.ends_with("maxdelay") {
            if seconds < least.unwrap_or(OCSP_DELAYS.0) {
                return refused(format!("'{name}' can not be lower than {}", name.replace("max", "min")));
            }
            *most = Some(seconds);
        } else {
            if seconds > most.unwrap_or(OCSP_DELAYS.1) {
                return refused(format!("'{name}' can not be higher than {}", name.replace("min", "max")));
            }
            *least = Some(seconds);
        }
        Ok(())
    }

    /// `ssl-load-extra-files` (ssl_parse_global_extra_files()).
    fn extra_files(&mut self, name: &str, rest: &[Argument]) -> Result<(), (Option<Location>, String)> {
        let known: Option<Vec<&str>> = rest.iter().map(Argument::text).collect();
        let Some(words) = known else { return Ok(()) };
        let is_kind =
            |word: &str| matches!(word, "all" | "bundle" | "issuer" | "key" | "none" | "ocsp" | "sctl");
        let wrong =
            rest.iter().zip(&words).find(|(_, word)| !is_kind(word)).map(|(argument, _)| argument.location);
        if words.is_empty() || wrong.is_some() {
            let reason = format!(
                "'{name}' expects one or multiple arguments (none, all, bundle, sctl, ocsp, issuer, key)"
            );
            return Err((wrong, reason));
        }
        let has = |word: &str| words.contains(&word);
        if words.len() > 1 && (has("all") || has("none")) {
            return Err((None, format!("'{name}' 'none' and 'all' can be only used alone")));
        }
        self.loading.no_bundles = !has("all") && !has("bundle");
        self.loading.no_keys = !has("all") && !has("key");
        self.loading.no_responses = !has("all") && !has("ocsp");
        self.loading.no_issuers = !has("all") && !has("issuer");
        Ok(())
    }
}

/// `ssl-default-bind-options` and its like.
fn options(
    settings: &mut Settings,
    option: &str,
    name: &str,
    rest: &[Argument],
    certainty: &Certainty,
    release: Option<Release>,
) -> Result<(), (Option<Location>, String)> {
    let Some(first) = rest.first() else { return Err((None, format!("'{name}' expects an argument"))) };
    if option != "options" {
        let field = match option {
            "ciphers" => &mut settings.ciphers,
            "ciphersuites" => &mut settings.ciphersuites,
            "curves" => &mut settings.curves,
            "sigalgs" => &mut settings.sigalgs,
            _ => return Ok(()),
        };
        *field = Some(certainty.text(first));
        return match rest.get(1) {
            Some(extra) => Err((Some(extra.location), format!("'{name}' takes one argument"))),
            None => Ok(()),
        };
    }
    let is_late = release.is_none_or(|release| release >= Release::new(3, 2, 0));
    let mut rest = rest;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let text = match &word.value {
            Ok(text) if text.as_str().is_empty() => break,
            Ok(text) => text.as_str(),
            Err(unknown) => {
                settings.open(unknown);
                settings.verify = None;
                settings.ca_file = None;
                continue;
            }
        };
        let takes_one = matches!(text, "ssl-min-ver" | "ssl-max-ver");
        let known = takes_one
            || text.starts_with("force-")
            || matches!(text, "no-tls-tickets" | "no-sslv3")
            || text.starts_with("no-tlsv")
            || (name == "ssl-default-bind-options"
                && (text == "prefer-client-ciphers"
                    || is_late && matches!(text, "tls-tickets" | "strict-sni" | "no-strict-sni")));
        let argument = rest.first().filter(|_| takes_one);
        let result = if known { settings.keyword(word, argument, certainty) } else { None };
        match result {
            Some(Ok(())) => {}
            Some(Err(reason)) => {
                return Err((Some(word.location), format!("{reason} on global statement '{name}'")));
            }
            None => {
                return Err((
                    Some(word.location),
                    format!("unknown option '{text}' on global statement '{name}'"),
                ));
            }
        }
        rest = rest.get(usize::from(takes_one)..).unwrap_or(&[]);
    }
    Ok(())
}

/// A number as an argument; `None` where it is none that `accept` takes.
fn number<T>(
    argument: &Argument,
    certainty: &Certainty,
    accept: impl Fn(u32) -> Option<T>,
) -> Option<Field<T>> {
    match &argument.value {
        Err(unknown) => Some(Some(Setting::Unknown(Arc::clone(unknown)))),
        Ok(text) => Some(Some(certainty.setting(accept(text.as_str().parse().ok()?)?, argument.location))),
    }
}

/// What atoi(3) makes of a word, kept in an unsigned number as HAProxy does.
fn unsigned(word: &str) -> u32 {
    let word = word.trim_start();
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, _) = digits.split_at(end);
    let number: i64 = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(i64::MAX) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as the C library does")]
    let number = (sign * number) as u32;
    number
}
