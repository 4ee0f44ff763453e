//! What `[system_default]` sets for every TLS context that an application makes.
//!
//! Source: `ssl/ssl_conf.c`, `ssl/ssl_mcnf.c` and `crypto/conf/conf_ssl.c` of OpenSSL 1.1.1 and 3.5, SSL_CONF_cmd(3).

use super::commands::{Bound, is_automatic, is_harmless, is_one_group, signed, switched};
use super::options::is_option;
use super::sections::{Entry, Sections};
use crate::library::{Choice, ErrorKind, Parser};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;
use crate::text::Text;

/// What happens to the rest of a section after a value that the library refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterBadValue {
    /// OpenSSL 3.0 and later: the line is passed over.
    GoesOn,
    /// OpenSSL 1.1.1 and older: what follows is not applied, what stands before it is.
    Stops,
}

impl AfterBadValue {
    /// What the library does; any library does what the current ones do.
    pub fn of(library: Choice) -> Self {
        if library.id().starts_with("openssl-1") { Self::Stops } else { Self::GoesOn }
    }
}

/// The settings of a `system_default` section, in the order of precedence that the library applies them in.
#[derive(Clone, Debug, Default)]
pub struct SystemDefaults {
    /// `MinProtocol`; `None` inside is the word `None`, no bound.
    pub minimum: Option<Setting<Option<Protocol>>>,
    /// `MaxProtocol`; `None` inside is the word `None`, no bound.
    pub maximum: Option<Setting<Option<Protocol>>>,
    /// The words of `Protocol` lines, in order.
    pub protocol: Vec<ProtocolWord>,
    /// `CipherString`.
    pub cipher_string: Option<Setting<Text>>,
    /// `Ciphersuites`.
    pub ciphersuites: Option<Setting<Text>>,
    /// `Groups`, `Curves` or `ECDHParameters`.
    pub groups: Option<Setting<Text>>,
    /// `SignatureAlgorithms`.
    pub signature_algorithms: Option<Setting<Text>>,
    /// The words of `Options` lines, in order, each with its sign.
    pub options: Vec<Text>,
    /// The last `@SECLEVEL` of a cipher string, which outlives later strings that name none.
    pub security_level: Option<u8>,
    /// Lines that the library does not take.
    pub faults: Vec<Fault>,
}

/// One word of a `Protocol` line.
#[derive(Clone, Debug)]
pub struct ProtocolWord {
    /// Whether the versions are switched on (`TLSv1.2`, `+TLSv1.2`) or off (`-TLSv1.2`).
    pub enables: bool,
    /// The versions; all of them for `ALL`.
    pub versions: ProtocolSet,
    /// Where the word stands; `None` in a system-wide file that is not part of the run.
    pub location: Option<Location>,
}

/// A line that the library does not take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The line.
    pub location: Location,
    /// What is wrong, as a clause.
    pub message: String,
    /// Whether it is only passed over because an earlier line was refused.
    pub follows_another: bool,
}

/// Why a chain of sections leads nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BrokenChain {
    /// The entry whose section is missing.
    pub location: Location,
    /// The section that does not exist.
    pub section: String,
}

/// Follows `openssl_conf` → `ssl_conf` → `system_default`; the entries of the last section.
///
/// An application that asks by its own name (nginx since 1.25.2) takes the section that its name leads to, where there is one.
///
/// # Errors
/// When a section that is named does not exist; the library then applies nothing.
pub(super) fn system_default<'s>(
    sections: &'s Sections,
    application: Option<&str>,
) -> Result<Option<(&'s str, &'s [Entry])>, BrokenChain> {
    let named = application.and_then(|name| sections.get("default", name));
    let Some(modules) = named.or_else(|| sections.get("default", "openssl_conf")) else { return Ok(None) };
    system_default_of(sections, modules)
}

/// The same from the entry that names the section of modules on.
///
/// # Errors
/// As above.
pub(super) fn system_default_of<'s>(
    sections: &'s Sections,
    modules: &'s Entry,
) -> Result<Option<(&'s str, &'s [Entry])>, BrokenChain> {
    let module_name = |name: &str| name.rsplit_once('.').map_or(name, |(head, _)| head) == "ssl_conf";
    let Some(ssl) = follow(sections, modules)?.1.iter().find(|entry| module_name(&entry.name)) else {
        return Ok(None);
    };
    let commands = follow(sections, ssl)?.1;
    for entry in commands {
        follow(sections, entry)?;
    }
    let Some(system_default) = commands.iter().find(|entry| entry.name == "system_default") else {
        return Ok(None);
    };
    follow(sections, system_default).map(Some)
}

fn follow<'s>(sections: &'s Sections, entry: &'s Entry) -> Result<(&'s str, &'s [Entry]), BrokenChain> {
    let name = entry.value.as_str();
    let entries = sections.entries(name);
    entries
        .map(|entries| (name, entries))
        .ok_or_else(|| BrokenChain { location: entry.location, section: name.to_owned() })
}

impl SystemDefaults {
    /// Applies a section's lines in order, each as far as `library` takes its value.
    pub(super) fn apply(entries: &[Entry], library: Choice) -> Self {
        let after = AfterBadValue::of(library);
        let mut defaults = Self::default();
        let mut entries = entries.iter();
        for entry in entries.by_ref() {
            let Err(message) = defaults.command(entry, library) else { continue };
            defaults.faults.push(Fault { location: entry.location, message, follows_another: false });
            if after == AfterBadValue::Stops {
                break;
            }
        }
        for entry in entries {
            let message = "OpenSSL 1.1.1 stops reading the section at the faulty line above".to_owned();
            defaults.faults.push(Fault { location: entry.location, message, follows_another: true });
        }
        defaults
    }

    /// The same settings for a file that is not part of the run: nothing points into it, `source` says where it is from.
    #[must_use]
    pub fn unplaced(self, source: &str) -> Self {
        fn moved<T: Clone>(
            setting: Option<Setting<T>>,
            source: &str,
            value: fn(T) -> T,
        ) -> Option<Setting<T>> {
            setting.map(|setting| match setting {
                Setting::Unknown(unknown) => Setting::unknown(None, unknown.why.clone()),
                Setting::Default { value: given, .. } => {
                    Setting::default(value(given), source.to_owned().into())
                }
                Setting::Written(written) => {
                    Setting::default(value(written.value.clone()), source.to_owned().into())
                }
            })
        }
        let text = |text: Text| Text::unplaced(text.as_str());
        Self {
            minimum: moved(self.minimum, source, |bound| bound),
            maximum: moved(self.maximum, source, |bound| bound),
            protocol: self.protocol.into_iter().map(|word| ProtocolWord { location: None, ..word }).collect(),
            cipher_string: moved(self.cipher_string, source, text),
            ciphersuites: moved(self.ciphersuites, source, text),
            groups: moved(self.groups, source, text),
            signature_algorithms: moved(self.signature_algorithms, source, text),
            options: self.options.into_iter().map(text).collect(),
            security_level: self.security_level,
            faults: Vec::new(),
        }
    }

    /// The versions that a context starts with, before the application has its say.
    pub fn protocols(&self) -> ProtocolSet {
        let bound =
            |setting: &Option<Setting<Option<Protocol>>>| setting.as_ref()?.value().copied().flatten();
        let minimum = bound(&self.minimum).unwrap_or(Protocol::Ssl3);
        let maximum = bound(&self.maximum).unwrap_or(Protocol::Tls13);
        self.without_switched_off(ProtocolSet::between(minimum, maximum))
    }

    /// What `Protocol` lines leave of a range that the application sets (HAProxy keeps them, nginx does not).
    pub fn without_switched_off(&self, range: ProtocolSet) -> ProtocolSet {
        let mut off = ProtocolSet::EMPTY;
        for word in &self.protocol {
            off = if word.enables { off.without(word.versions) } else { off.union(word.versions) };
        }
        range.without(off)
    }

    /// Whether `Options` lines switch an option on or off at last.
    pub fn option(&self, name: &str) -> Option<bool> {
        let words = self.options.iter().rev().map(|word| signed(word.as_str()));
        words.into_iter().find(|(_, option)| option.eq_ignore_ascii_case(name)).map(|(on, _)| on)
    }

    /// One line, as SSL_CONF_cmd(3) takes it with `SSL_CONF_FLAG_FILE`: the name in any case, the value exact.
    fn command(&mut self, entry: &Entry, library: Choice) -> Result<(), String> {
        let name =
            entry.name.split_once('.').map_or(entry.name.as_str(), |(_, name)| name).to_ascii_lowercase();
        let value = entry.value.as_str();
        let unless = |refused: bool, what: &str| {
            if refused && entry.unknown.is_none() {
                return Err(format!("the library takes no {what} from \"{value}\""));
            }
            Ok(written(entry, entry.value.clone()))
        };
        match name.as_str() {
            "cipherstring" => return self.cipher_string(entry, library),
            "ciphersuites" => {
                self.ciphersuites = Some(unless(library.ciphersuites(value).refused, "TLS 1.3 suites")?);
            }
            "ecdhparameters" if is_automatic(value) => {}
            "ecdhparameters" => {
                self.groups = Some(unless(!is_one_group(value, library), "group")?);
            }
            "curves" | "groups" => {
                self.groups = Some(unless(library.group_list(value).refused, "groups")?);
            }
            "maxprotocol" => self.maximum = bound(entry, self.maximum.take())?,
            "minprotocol" => self.minimum = bound(entry, self.minimum.take())?,
            "options" => {
                for word in words(&entry.value) {
                    if !is_option(signed(word.as_str()).1) {
                        return Err(format!("\"{}\" is no option", word.as_str()));
                    }
                    self.options.push(word);
                }
            }
            "protocol" => {
                for word in words(&entry.value) {
                    self.protocol.extend(protocol_word(&word)?);
                }
            }
            "signaturealgorithms" => {
                let refused = library.signature_list(value).refused;
                self.signature_algorithms = Some(unless(refused, "signature algorithms")?);
            }
            "clientsignaturealgorithms" => {
                unless(library.signature_list(value).refused, "signature algorithms")?;
            }
            "dhparameters" => {}
            other if is_harmless(other) => {}
            _ => return Err(format!("\"{}\" is no command of SSL_CONF_cmd", entry.name)),
        }
        Ok(())
    }

    /// `CipherString`: one that matches nothing leaves an empty list, one that does not parse leaves the list alone; either sets the level.
    fn cipher_string(&mut self, entry: &Entry, library: Choice) -> Result<(), String> {
        let value = entry.value.as_str();
        if library.leaves_to_system(value) {
            self.cipher_string =
                Some(crate::dialect::cipher_string(written(entry, entry.value.clone()), library));
            return Ok(());
        }
        let expansion = library.expand(value, Parser::default());
        self.security_level = expansion.security_level.or(self.security_level);
        let error = expansion.error.filter(|_| entry.unknown.is_none());
        if error.is_none_or(|error| error.kind == ErrorKind::NoCipherMatch) {
            self.cipher_string = Some(written(entry, entry.value.clone()));
        }
        error.map_or(Ok(()), |_| Err(format!("the library takes no suite from \"{value}\"")))
    }
}

/// Whether a name is a command that says something about TLS: `MinProtocol`, `TLS.MinProtocol`, `2.Groups`.
pub(super) fn is_command(name: &str) -> bool {
    let name = name.split_once('.').map_or(name, |(_, name)| name).to_ascii_lowercase();
    TLS_COMMANDS.contains(&name.as_str())
}

/// Commands that [`SystemDefaults`] keeps, lower case.
const TLS_COMMANDS: &[&str] = &[
    "cipherstring",
    "ciphersuites",
    "curves",
    "groups",
    "maxprotocol",
    "minprotocol",
    "protocol",
    "signaturealgorithms",
];

fn written<T>(entry: &Entry, value: T) -> Setting<T> {
    match &entry.unknown {
        Some(variable) => Setting::unknown(Some(entry.location), format!("it hangs on {variable}")),
        None => Setting::written(value, entry.location, [].into()),
    }
}

type Limit = Option<Setting<Option<Protocol>>>;

/// A bound; DTLS versions leave the TLS bound as it was.
fn bound(entry: &Entry, before: Limit) -> Result<Limit, String> {
    let word = entry.value.as_str();
    if entry.unknown.is_some() {
        return Ok(Some(written(entry, None)));
    }
    match Bound::of(word) {
        Some(Bound::Keeps) => Ok(before),
        Some(Bound::Sets(bound)) => Ok(Some(written(entry, bound))),
        None => Err(format!("\"{word}\" is no protocol version; the names are exact, as in TLSv1.2")),
    }
}

/// The comma-separated words of a value, blanks around them taken off.
fn words(value: &Text) -> Vec<Text> {
    let text = value.as_str();
    let mut words = Vec::new();
    let mut at = 0;
    for part in text.split(',') {
        let word = part.trim();
        let start = at + (part.len() - part.trim_start().len());
        if !word.is_empty() {
            let place = value.locate(crate::span::Span::new(start as u32, (start + word.len()) as u32));
            words.push(place.map_or_else(|| Text::unplaced(word), |place| Text::replaced(word, place)));
        }
        at += part.len() + 1;
    }
    words
}

/// `None` for a word that means nothing to a TLS context.
fn protocol_word(word: &Text) -> Result<Option<ProtocolWord>, String> {
    let name = signed(word.as_str()).1;
    let refused = || format!("\"{name}\" is no protocol version");
    let (enables, versions) = switched(word.as_str()).ok_or_else(refused)?;
    Ok((!versions.is_empty()).then(|| ProtocolWord { enables, versions, location: word.location() }))
}
