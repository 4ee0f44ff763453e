//! openssl.cnf as a configuration of its own: one endpoint for each application section.

use super::AfterBadValue;
use super::defaults::{self, SystemDefaults, is_command};
use super::sections::{Entry, Origin, Sections};
use crate::budget::Resource;
use crate::dialect::Context;
use crate::endpoint::{
    DhParameters, Dialect, Endpoint, Model, Protocols, Role, Spelling, SpellingKeys, Tls13Suites, Transport,
};
use crate::library::{Choice, Family, Parser};
use crate::observation::{Observation, ObservationKind};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::text::Text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How openssl.cnf spells what findings advise.
static SPELLING: Spelling = Spelling {
    protocols: |set| {
        let minimum = set.iter().next().map_or("TLSv1.2", Protocol::name);
        match set.iter().next_back() {
            Some(maximum) if maximum < Protocol::Tls13 => {
                format!("MinProtocol = {minimum}, MaxProtocol = {}", maximum.name())
            }
            _ => format!("MinProtocol = {minimum}"),
        }
    },
    cipher_string: |string| format!("CipherString = {string}"),
    groups: Some(|list| format!("Groups = {list}")),
    verify_chain: "",
    verify_hostname: "",
    redirect: "",
    keys: SpellingKeys { protocols: "MinProtocol", cipher_string: "CipherString", verify: "VerifyMode" },
};

/// Works out what applications get that keep the library's defaults.
pub(in crate::dialect) fn read(roots: &[Arc<Source>], context: Context<'_>) -> Model {
    let mut model = Model::default();
    for root in roots {
        read_one(root, context, &mut model);
    }
    model
}

fn read_one(source: &Source, context: Context<'_>, model: &mut Model) {
    let directory = source.path().parent();
    let origin = Origin { text: source.text(), file: source.id(), directory, budget: context.budget };
    let sections = Sections::read(origin, Some(context.files));
    model.files.extend(&sections.files);
    model.templated.extend(&sections.templated);
    for (file, error) in &sections.errors {
        let location = Location::new(*file, error.span);
        if !context.budget.take(Resource::SyntaxErrors, 1, location) {
            break;
        }
        let message = format!("{}: OpenSSL gives the whole file up", error.message);
        model.observations.push(observation(
            ObservationKind::SyntaxError,
            location,
            message,
            "here",
            "syntax",
        ));
    }
    for (path, location) in &sections.unresolved {
        let message = format!("{path} is not at hand: what it sets is not looked at");
        let kind = ObservationKind::IncludeUnresolved;
        model.observations.push(observation(kind, *location, message, "not found", ".include"));
    }
    let mut used = BTreeSet::new();
    for (application, entry) in applications(&sections) {
        match defaults::system_default_of(&sections, entry) {
            Ok(Some((name, entries))) => {
                used.insert(name.to_owned());
                add(&application, entries, context, model);
            }
            Ok(None) => {}
            Err(broken) => {
                let message =
                    format!("there is no section [{}]: OpenSSL applies nothing of this", broken.section);
                let kind = ObservationKind::SettingIgnored;
                model.observations.push(observation(
                    kind,
                    broken.location,
                    message,
                    "leads nowhere",
                    "section",
                ));
            }
        }
    }
    let default = sections.entries("default").unwrap_or(&[]);
    let has_start = sections.get("default", "openssl_conf").is_some();
    if default.iter().any(|entry| is_command(&entry.name)) {
        if !has_start {
            // A back end of crypto-policies, which another file includes into its section.
            model.is_fragment = true;
            let commands: Vec<Entry> =
                default.iter().filter(|entry| is_command(&entry.name)).cloned().collect();
            add("applications that keep OpenSSL's defaults", &commands, context, model);
        }
        used.insert("default".to_owned());
    }
    report_unused(&sections, &used, has_start, model);
}

/// The applications that find a chain of sections here: `openssl_conf` for all, others by their names.
fn applications(sections: &Sections) -> Vec<(String, &Entry)> {
    let default = sections.entries("default").unwrap_or(&[]);
    let leads = |entry: &&Entry| {
        let modules = sections.entries(entry.value.as_str());
        entry.name == "openssl_conf"
            || modules.is_some_and(|entries| entries.iter().any(|entry| entry.name.starts_with("ssl_conf")))
    };
    let label = |entry: &Entry| match entry.name.as_str() {
        "openssl_conf" => "applications that keep OpenSSL's defaults".to_owned(),
        name => format!("{name}, as far as it keeps OpenSSL's defaults"),
    };
    default.iter().filter(leads).map(|entry| (label(entry), entry)).collect()
}

fn add(label: &str, entries: &[Entry], context: Context<'_>, model: &mut Model) {
    let Some(place) = entries.iter().find(|entry| is_command(&entry.name)).map(|entry| entry.location) else {
        return;
    };
    let target = context.target;
    let library = target.library.unwrap_or(Choice::Any(Family::OpenSsl));
    let is_old = AfterBadValue::of(library) == AfterBadValue::Stops;
    let defaults = SystemDefaults::apply(entries, library);
    for fault in &defaults.faults {
        let message = format!(
            "{}; {}",
            fault.message,
            if is_old { "OpenSSL 1.1.1 stops here" } else { "OpenSSL passes the line over" }
        );
        let kind = ObservationKind::SettingIgnored;
        model.observations.push(observation(kind, fault.location, message, "not applied", "system_default"));
    }
    tell_of_servers(&defaults, model);
    model.speaks_tls = true;
    model.endpoints.push(endpoint(label, place, &defaults, library, context));
}

/// What nginx and HAProxy make of the settings that they overwrite.
fn tell_of_servers(defaults: &SystemDefaults, model: &mut Model) {
    let kind = ObservationKind::IneffectiveSetting;
    for (name, bound) in [("MinProtocol", &defaults.minimum), ("MaxProtocol", &defaults.maximum)] {
        if let Some(Setting::Written(written)) = bound {
            let message =
                format!("{name} here means nothing to nginx and HAProxy, which set their own versions");
            let mut found = observation(kind, written.location, message, "overwritten by servers", name);
            found.help =
                Some("set ssl_protocols or ssl-min-ver there; other applications keep this".to_owned());
            model.observations.push(found);
        }
    }
    if let Some(Setting::Written(written)) = &defaults.cipher_string {
        let message =
            "nginx always sets its own suites, and HAProxy with ciphers: of this only @SECLEVEL stays there";
        let found =
            observation(kind, written.location, message.to_owned(), "overwritten by servers", "CipherString");
        model.observations.push(found);
    }
}

fn endpoint(
    label: &str,
    location: Location,
    defaults: &SystemDefaults,
    library: Choice,
    context: Context<'_>,
) -> Endpoint {
    let open = "each application chooses";
    let default = || format!("default of {}", library.name());
    let built_in = context.target.security_level.unwrap_or_else(|| library.default_security_level());
    let string = defaults.cipher_string.clone();
    let suites =
        defaults.ciphersuites.as_ref().map(|suites| suites.map(|text| Tls13Suites::Listed(text.clone())));
    let groups = defaults.groups.as_ref().map(|groups| groups.map(|text| library.groups(text.clone())));
    Endpoint {
        dialect: Dialect::OpensslConf,
        role: Role::Server,
        spelling: &SPELLING,
        location,
        label: label.to_owned(),
        names: Vec::new(),
        is_default: true,
        addresses: Vec::new(),
        transport: Transport::Tls,
        library,
        protocols: protocols(defaults),
        cipher_string: string
            .unwrap_or_else(|| Setting::default(Text::unplaced("DEFAULT"), default().into())),
        parser: Parser::default(),
        ciphersuites: suites.unwrap_or_else(|| Setting::default(Tls13Suites::Library, default().into())),
        security_level: defaults.security_level.unwrap_or(built_in),
        groups: groups.unwrap_or_else(|| Setting::unknown(None, open)),
        signature_algorithms: defaults
            .signature_algorithms
            .clone()
            .unwrap_or_else(|| Setting::unknown(None, open)),
        server_preference: Setting::unknown(None, open),
        session_tickets: Setting::unknown(None, open),
        dh_parameters: Setting::default(DhParameters::Automatic, open.into()),
        certificates: Setting::unknown(None, open),
        peer: None,
        sni: Setting::default(None, "servers send no name".into()),
        refuses: None,
        fails: None,
        otherwise: None,
    }
}

/// The range of the bounds; without a minimum nothing is said of versions below TLS 1.2, which applications choose.
fn protocols(defaults: &SystemDefaults) -> Setting<Protocols> {
    let written = [&defaults.minimum, &defaults.maximum].into_iter().flatten().find_map(Setting::location);
    let word = defaults.protocol.first().and_then(|word| word.location);
    let hidden = [&defaults.minimum, &defaults.maximum].into_iter().flatten().find_map(|bound| match bound {
        Setting::Unknown(unknown) => Some(unknown.why.clone()),
        Setting::Default { .. } | Setting::Written(_) => None,
    });
    if let Some(why) = hidden {
        return Setting::unknown(written, why);
    }
    let Some(minimum) = defaults.minimum.as_ref().and_then(Setting::location).or(word) else {
        let set = defaults.protocols().intersection(ProtocolSet::between(Protocol::Tls12, Protocol::Tls13));
        let source = "each application chooses its versions; TLS 1.2 and 1.3 are assumed";
        return Setting::default(Protocols { set, brought_by: Vec::new() }, source.into());
    };
    let set = defaults.protocols();
    Setting::written(
        Protocols { set, brought_by: vec![(set, minimum)] },
        written.unwrap_or(minimum),
        [].into(),
    )
}

/// Sections with TLS commands that nothing leads to.
fn report_unused(sections: &Sections, used: &BTreeSet<String>, has_start: bool, model: &mut Model) {
    for name in sections.names().filter(|name| !used.contains(*name) && *name != "default") {
        let Some(entry) = sections.entries(name).unwrap_or(&[]).iter().find(|entry| is_command(&entry.name))
        else {
            continue;
        };
        let why = if has_start {
            "openssl_conf, ssl_conf and system_default do not lead to it"
        } else {
            "no openssl_conf stands at the top of the file"
        };
        let message = format!("applications do not get [{name}] unasked: {why}");
        let kind = ObservationKind::IneffectiveSetting;
        model.observations.push(observation(kind, entry.location, message, "not in force", "section"));
    }
}

fn observation(
    kind: ObservationKind,
    location: Location,
    message: String,
    label: &str,
    context: &str,
) -> Observation {
    let location = Location::new(location.file, Span::new(location.span.start, location.span.end));
    Observation {
        kind,
        location,
        message,
        label: label.to_owned(),
        related: Vec::new(),
        help: None,
        context: context.to_owned(),
    }
}
