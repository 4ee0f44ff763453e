//! The TLS settings that `bind` lines, crt-list lines, `server` lines and global defaults share.

use super::words::Argument;
use crate::endpoint::Protocols;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::{Setting, Step, Unknown};
use crate::span::Location;
use crate::text::Text;
use std::sync::Arc;

/// A setting, or `None` where nothing is written.
pub(super) type Field<T> = Option<Setting<T>>;

/// Which protocol versions are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Methods {
    /// `ssl-min-ver`, or the lower end of `force-*`.
    pub(super) minimum: Field<Protocol>,
    /// `ssl-max-ver`, or the upper end of `force-*`.
    pub(super) maximum: Field<Protocol>,
    /// `no-sslv3`, `no-tlsv10` to `no-tlsv13`.
    pub(super) switched_off: Vec<(Protocol, Location)>,
}

/// What is written of one party's TLS.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) methods: Methods,
    pub(super) ciphers: Field<Text>,
    pub(super) ciphersuites: Field<Text>,
    pub(super) curves: Field<Text>,
    pub(super) ecdhe: Field<Text>,
    pub(super) sigalgs: Field<Text>,
    /// Schemes for the signatures of clients: only whether the library reads them counts.
    pub(super) client_sigalgs: Field<Text>,
    pub(super) verify: Field<Verify>,
    pub(super) ca_file: Field<Text>,
    /// `ca-verify-file`: as `ca-file`, without telling clients of it.
    pub(super) ca_verify_file: Field<Text>,
    pub(super) no_tickets: Field<bool>,
    pub(super) prefer_client: Field<bool>,
    pub(super) strict_sni: Field<bool>,
    pub(super) alpn: Field<Text>,
}

/// `verify` of a `bind` or `server` line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verify {
    None,
    Optional,
    Required,
}

/// How a written value counts.
#[derive(Clone, Debug)]
pub(super) enum Certainty {
    /// It holds.
    Certain,
    /// A condition or a template decides whether it holds.
    Maybe(Arc<Unknown>),
}

impl Certainty {
    /// A value that stands at `location`, as far as it holds.
    pub(super) fn setting<T>(&self, value: T, location: Location) -> Setting<T> {
        match self {
            Self::Certain => Setting::written(value, location, [].into()),
            Self::Maybe(unknown) => Setting::Unknown(Arc::clone(unknown)),
        }
    }

    /// The value of an argument, as far as it is known and holds.
    pub(super) fn text(&self, argument: &Argument) -> Setting<Text> {
        match &argument.value {
            Ok(text) => self.setting(text.clone(), argument.location),
            Err(unknown) => Setting::Unknown(Arc::clone(unknown)),
        }
    }
}

/// The version that a word of `ssl-min-ver` means; exact, in this case (`methodVersions` in src/ssl_sock.c).
fn version(word: &str) -> Option<Protocol> {
    match word {
        "SSLv3" => Some(Protocol::Ssl3),
        "TLSv1.0" => Some(Protocol::Tls10),
        "TLSv1.1" => Some(Protocol::Tls11),
        "TLSv1.2" => Some(Protocol::Tls12),
        "TLSv1.3" => Some(Protocol::Tls13),
        _ => None,
    }
}

/// The version in `no-tlsv12`, `force-tlsv12`.
fn flag_version(word: &str) -> Option<Protocol> {
    match word {
        "sslv3" => Some(Protocol::Ssl3),
        "tlsv10" => Some(Protocol::Tls10),
        "tlsv11" => Some(Protocol::Tls11),
        "tlsv12" => Some(Protocol::Tls12),
        "tlsv13" => Some(Protocol::Tls13),
        _ => None,
    }
}

impl Settings {
    /// Takes in one keyword with its argument; `None` where the keyword is none of these.
    pub(super) fn keyword(
        &mut self,
        keyword: &Argument,
        argument: Option<&Argument>,
        certainty: &Certainty,
    ) -> Option<Result<(), String>> {
        let name = keyword.text()?;
        if let Some(protocol) = name.strip_prefix("force-").and_then(flag_version) {
            self.methods.minimum = Some(certainty.setting(protocol, keyword.location));
            self.methods.maximum = Some(certainty.setting(protocol, keyword.location));
            return Some(Ok(()));
        }
        if let Some(protocol) = name.strip_prefix("no-").and_then(flag_version) {
            match certainty {
                Certainty::Certain => self.methods.switched_off.push((protocol, keyword.location)),
                // Whether the version is on is as unknown as a bound would be.
                Certainty::Maybe(unknown) => {
                    self.methods.minimum.get_or_insert(Setting::Unknown(Arc::clone(unknown)));
                }
            }
            return Some(Ok(()));
        }
        let flag = |value| Some(certainty.setting(value, keyword.location));
        match name {
            "no-tls-tickets" => self.no_tickets = flag(true),
            "tls-tickets" => self.no_tickets = flag(false),
            "prefer-client-ciphers" => self.prefer_client = flag(true),
            "strict-sni" => self.strict_sni = flag(true),
            "no-strict-sni" => self.strict_sni = flag(false),
            "ssl-max-ver" | "ssl-min-ver" => {
                return Some(self.bound(name == "ssl-min-ver", keyword, argument, certainty));
            }
            "verify" => return Some(self.verification(argument, certainty)),
            "alpn" | "ca-file" | "ca-verify-file" | "ciphers" | "ciphersuites" | "client-sigalgs"
            | "curves" | "ecdhe" | "sigalgs" => {
                let Some(argument) = argument.filter(|argument| argument.text() != Some("")) else {
                    return Some(Err(format!("'{name}' : missing argument")));
                };
                let field = match name {
                    "alpn" => &mut self.alpn,
                    "ca-file" => &mut self.ca_file,
                    "ca-verify-file" => &mut self.ca_verify_file,
                    "client-sigalgs" => &mut self.client_sigalgs,
                    "ciphers" => &mut self.ciphers,
                    "ciphersuites" => &mut self.ciphersuites,
                    "curves" => &mut self.curves,
                    "ecdhe" => &mut self.ecdhe,
                    _ => &mut self.sigalgs,
                };
                *field = Some(certainty.text(argument));
            }
            _ => return None,
        }
        Some(Ok(()))
    }

    fn bound(
        &mut self,
        is_minimum: bool,
        keyword: &Argument,
        argument: Option<&Argument>,
        certainty: &Certainty,
    ) -> Result<(), String> {
        let setting = match argument.map(|argument| (&argument.value, argument.location)) {
            None => {
                return Err(format!(
                    "'{}' : missing the ssl/tls version",
                    keyword.text().unwrap_or_default()
                ));
            }
            Some((Err(unknown), _)) => Setting::Unknown(Arc::clone(unknown)),
            Some((Ok(text), location)) => match version(text.as_str()) {
                Some(protocol) => {
                    let whole = Location::new(location.file, keyword.location.span.cover(location.span));
                    certainty
                        .setting(protocol, if whole.file == keyword.location.file { whole } else { location })
                }
                None => return Err(format!("'{}' : unknown ssl/tls version", text.as_str())),
            },
        };
        *(if is_minimum { &mut self.methods.minimum } else { &mut self.methods.maximum }) = Some(setting);
        Ok(())
    }

    fn verification(&mut self, argument: Option<&Argument>, certainty: &Certainty) -> Result<(), String> {
        let Some(argument) = argument else { return Err("'verify' : missing verify method".to_owned()) };
        self.verify = Some(match &argument.value {
            Err(unknown) => Setting::Unknown(Arc::clone(unknown)),
            Ok(text) => {
                let verify = match text.as_str() {
                    "none" => Verify::None,
                    "optional" => Verify::Optional,
                    "required" => Verify::Required,
                    other => return Err(format!("'verify' : unknown verify method '{other}'")),
                };
                certainty.setting(verify, argument.location)
            }
        });
        Ok(())
    }

    /// The certificates that peers are verified against.
    pub(super) fn roots(&self) -> Option<&Setting<Text>> {
        self.ca_file.as_ref().or(self.ca_verify_file.as_ref())
    }

    /// Whether a peer's certificate is asked for.
    pub(super) fn verifies(&self) -> bool {
        matches!(self.verify.as_ref().and_then(Setting::value), Some(Verify::Optional | Verify::Required))
    }

    /// Makes everything that is not written as unknown as `unknown`.
    pub(super) fn open(&mut self, unknown: &Arc<Unknown>) {
        fn fill<T>(field: &mut Field<T>, unknown: &Arc<Unknown>) {
            field.get_or_insert_with(|| Setting::Unknown(Arc::clone(unknown)));
        }
        fill(&mut self.methods.minimum, unknown);
        fill(&mut self.methods.maximum, unknown);
        fill(&mut self.ciphers, unknown);
        fill(&mut self.ciphersuites, unknown);
        fill(&mut self.curves, unknown);
        fill(&mut self.sigalgs, unknown);
        fill(&mut self.verify, unknown);
        fill(&mut self.ca_file, unknown);
        fill(&mut self.no_tickets, unknown);
        fill(&mut self.prefer_client, unknown);
        fill(&mut self.strict_sni, unknown);
    }

    /// Takes from `parent` what is not written here, and says so by `step`.
    pub(super) fn inherit(&mut self, parent: &Self, step: &Step) {
        fn take<T: Clone>(field: &mut Field<T>, parent: Option<&Setting<T>>, step: &Step) {
            if field.is_none() {
                *field = parent.map(|setting| with_step(setting, step));
            }
        }
        take(&mut self.methods.minimum, parent.methods.minimum.as_ref(), step);
        take(&mut self.methods.maximum, parent.methods.maximum.as_ref(), step);
        self.methods.switched_off.extend_from_slice(&parent.methods.switched_off);
        take(&mut self.ciphers, parent.ciphers.as_ref(), step);
        take(&mut self.ciphersuites, parent.ciphersuites.as_ref(), step);
        take(&mut self.curves, parent.curves.as_ref(), step);
        take(&mut self.ecdhe, parent.ecdhe.as_ref(), step);
        take(&mut self.sigalgs, parent.sigalgs.as_ref(), step);
        take(&mut self.verify, parent.verify.as_ref(), step);
        take(&mut self.ca_file, parent.ca_file.as_ref(), step);
        take(&mut self.ca_verify_file, parent.ca_verify_file.as_ref(), step);
        take(&mut self.no_tickets, parent.no_tickets.as_ref(), step);
        take(&mut self.prefer_client, parent.prefer_client.as_ref(), step);
        take(&mut self.strict_sni, parent.strict_sni.as_ref(), step);
        take(&mut self.alpn, parent.alpn.as_ref(), step);
    }
}

/// A setting that came one step further.
pub(super) fn with_step<T: Clone>(setting: &Setting<T>, step: &Step) -> Setting<T> {
    match setting {
        Setting::Written(written) => {
            let steps: Vec<_> = written.provenance.iter().cloned().chain([step.clone()]).collect();
            Setting::written(written.value.clone(), written.location, steps.into())
        }
        other => other.clone(),
    }
}

/// What the written bounds come to.
#[derive(Clone, Debug)]
pub(super) struct Range {
    /// The versions that are left, with the places that bring them in.
    pub(super) protocols: Setting<Protocols>,
    /// `no-*` words that HAProxy passes over because a bound is written, each with its version.
    pub(super) ignored: Vec<(Protocol, Location)>,
}

/// Works out the versions of a `bind` or `server` (ssl_sock_initial_ctx, ssl_sock_prepare_srv_ctx).
///
/// Without any bound the `no-*` words count, on top of `default_minimum`; as soon as there is one they do not.
pub(super) fn range(methods: &Methods, default_minimum: Option<Protocol>, source: &'static str) -> Range {
    let bounds = [&methods.minimum, &methods.maximum];
    let has_bound = bounds.iter().any(|bound| bound.is_some());
    // Where the files do not show a bound, there may be none.
    let is_certain = bounds.into_iter().flatten().any(|bound| !matches!(bound, Setting::Unknown(_)));
    let ignored = if is_certain { methods.switched_off.clone() } else { Vec::new() };
    if let (Some(Setting::Unknown(unknown)), _) | (None, Some(Setting::Unknown(unknown))) =
        (&methods.minimum, &methods.maximum)
    {
        return Range { protocols: Setting::Unknown(Arc::clone(unknown)), ignored };
    }
    // Where the minimum is known, an unknown maximum could only take versions away from the top: all count as enabled.
    let written = |field: &Field<Protocol>| field.as_ref().and_then(Setting::value).copied();
    let maximum = written(&methods.maximum).unwrap_or(Protocol::Tls13);
    let minimum = written(&methods.minimum).unwrap_or_else(|| {
        // A maximum below the default minimum pulls it down, with a warning.
        default_minimum.unwrap_or(Protocol::Tls10).min(maximum)
    });
    let mut set = ProtocolSet::between(minimum, maximum);
    if !has_bound {
        let off = |protocol: &Protocol| methods.switched_off.iter().any(|(known, _)| known == protocol);
        let mut left = set.iter().filter(|protocol| !off(protocol));
        // OpenSSL is given the ends alone: a hole between them is filled.
        let first = left.next();
        set = first.map_or(ProtocolSet::EMPTY, |first| {
            ProtocolSet::between(first, left.next_back().unwrap_or(first))
        });
    }
    let cause = methods.minimum.as_ref().or(methods.maximum.as_ref());
    let protocols = match (cause, methods.switched_off.first()) {
        (Some(Setting::Written(written)), _) => {
            let brought_by = vec![(set, written.location)];
            Setting::written(Protocols { set, brought_by }, written.location, Arc::clone(&written.provenance))
        }
        (_, Some((_, location))) if !has_bound => {
            Setting::written(Protocols { set, brought_by: Vec::new() }, *location, [].into())
        }
        _ => Setting::default(Protocols { set, brought_by: Vec::new() }, source.into()),
    };
    Range { protocols, ignored }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{FileId, Span};

    #[track_caller]
    fn check(keywords: &str, expected: &str) {
        let mut settings = Settings::default();
        let mut words = keywords.split_whitespace().enumerate().map(|(index, word)| {
            let location = Location::new(FileId(0), Span::empty(index as u32));
            Argument { location, value: Ok(Text::replaced(word, location)) }
        });
        while let Some(keyword) = words.next() {
            if keyword.is("server") {
                continue;
            }
            let takes_one = keyword.text().is_some_and(|name| name.ends_with("-ver"));
            let argument = if takes_one { words.next() } else { None };
            settings.keyword(&keyword, argument.as_ref(), &Certainty::Certain).unwrap().unwrap();
        }
        let default_minimum = if keywords.starts_with("server") { None } else { Some(Protocol::Tls12) };
        let range = range(&settings.methods, default_minimum, "default");
        let set = range.protocols.value().unwrap().set.to_string();
        let note = if range.ignored.is_empty() { "" } else { " (ignored)" };
        assert_eq!(format!("{set}{note}"), expected, "{keywords}");
    }

    #[test]
    fn bounds_win_over_switches() {
        check("", "TLSv1.2 TLSv1.3");
        check("no-tlsv12", "TLSv1.3");
        check("no-sslv3 no-tlsv10 no-tlsv11", "TLSv1.2 TLSv1.3");
        check("ssl-min-ver TLSv1.2 no-tlsv13", "TLSv1.2 TLSv1.3 (ignored)");
        check("ssl-max-ver TLSv1.1", "TLSv1.1");
        check("ssl-min-ver TLSv1.3 force-tlsv12", "TLSv1.2");
        check("force-tlsv12 ssl-min-ver TLSv1.3", "");
        check("ssl-min-ver TLSv1.0", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3");
    }

    #[test]
    fn holes_of_servers_are_filled() {
        check("server", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3");
        check("server no-tlsv11 no-tlsv12", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3");
        check("server no-tlsv10 no-tlsv12", "TLSv1.1 TLSv1.2 TLSv1.3");
    }

    #[test]
    fn version_words_are_exact() {
        let location = Location::new(FileId(0), Span::empty(0));
        let word = |word: &str| Argument { location, value: Ok(Text::unplaced(word)) };
        let mut settings = Settings::default();
        let result = settings.keyword(&word("ssl-min-ver"), Some(&word("tlsv1.2")), &Certainty::Certain);
        assert_eq!(result, Some(Err("'tlsv1.2' : unknown ssl/tls version".to_owned())));
    }
}
