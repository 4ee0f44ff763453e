//! Hover: what stands under the cursor, as the server will take it.

use super::analysis::Read;
use super::documents::Document;
use super::effective;
use super::line::{self, Word};
use super::words;
use crate::endpoint::{Endpoint, Transport};
use crate::files::FileTree as _;
use crate::library::offer::Offer;
use crate::policy::Policy;
use crate::setting::Setting;
use crate::span::{Location, Span};
use crate::text::Text;
use std::fmt::Write as _;

/// What is told, and the bytes that it is about.
pub(super) struct Told {
    pub(super) markdown: String,
    pub(super) span: Span,
}

/// What is known of the byte at `offset` of a document.
pub(super) fn at(read: &Read, document: &Document, offset: u32) -> Option<Told> {
    let endpoints: Vec<(&Endpoint, &[Policy])> = read
        .reading
        .roots
        .iter()
        .flat_map(|root| {
            let policies = root.scope.policies(&document.path);
            root.model.endpoints.iter().map(move |endpoint| (endpoint, policies))
        })
        .collect();
    let here = |location: Location| {
        let place = read.disk.written(location);
        let is_own = read.disk.source(place.file).path() == document.path;
        is_own && place.span.start <= offset && offset <= place.span.end
    };
    let span_of = |location: Location| read.disk.written(location).span;
    let word = line::word(&document.text, offset as usize);
    let own =
        endpoints.iter().find_map(|(endpoint, policies)| cipher_string(endpoint, policies, &here, &span_of));
    own.or_else(|| word.and_then(|word| by_itself(word, &endpoints)))
        .or_else(|| protocols(&endpoints, &here, &span_of))
        .or_else(|| {
            let is_here = |endpoint: &Endpoint| {
                here(endpoint.location) || endpoint.names.iter().any(|name| here(name.location))
            };
            let all: Vec<_> = endpoints.iter().filter(|(endpoint, _)| is_here(endpoint)).collect();
            let views: Vec<_> =
                all.iter().take(4).map(|(endpoint, policies)| effective::view(endpoint, policies)).collect();
            let place = all.first().map(|(endpoint, _)| endpoint.location)?;
            Some(Told { markdown: views.join("\n---\n\n"), span: span_of(place) })
        })
        .or_else(|| word.and_then(|word| directive(word, &endpoints)))
}

/// A cipher string, or one token of it: what the whole selects, and what the token does.
fn cipher_string(
    endpoint: &Endpoint,
    policies: &[Policy],
    here: &dyn Fn(Location) -> bool,
    span_of: &dyn Fn(Location) -> Span,
) -> Option<Told> {
    let text = endpoint.cipher_string.value()?;
    let place = text.location().filter(|location| here(*location))?;
    let expansion = endpoint.library.expand(text.as_str(), endpoint.parser);
    let mut markdown = String::new();
    let mut span = span_of(place);
    let token = expansion.tokens.iter().find(|token| text.locate(token.span).is_some_and(here));
    if let Some(token) = token {
        let count = |what: &str, suites: &[crate::suite::Suite]| {
            (!suites.is_empty()).then(|| format!("{what} {}", effective::counted(suites.len(), "suite")))
        };
        let does: Vec<String> = [
            count("adds", &token.added),
            count("removes", &token.removed),
            count("moves", &token.moved),
            count("bars", &token.barred),
        ]
        .into_iter()
        .flatten()
        .collect();
        let does = if does.is_empty() { "does nothing here".to_owned() } else { does.join(", ") };
        let _ = writeln!(markdown, "`{}` {does}", token.text.replace('`', ""));
        for suite in token.added.iter().take(12) {
            let approved = if effective::is_approved(*suite, policies) { "" } else { ", not approved" };
            let _ = writeln!(markdown, "- `{}`{}{approved}", suite.name(), effective::kind(*suite));
        }
        if token.added.len() > 12 {
            let _ = writeln!(markdown, "- and {} more", token.added.len() - 12);
        }
        markdown.push_str("\n---\n\n");
        if let Some(location) = text.locate(token.span) {
            span = span_of(location);
        }
    }
    markdown.push_str("The whole string: ");
    markdown.push_str(&effective::expansion(text.as_str(), endpoint.library, endpoint.parser, policies));
    Some(Told { markdown, span })
}

fn by_itself(word: Word<'_>, endpoints: &[(&Endpoint, &[Policy])]) -> Option<Told> {
    let policies = endpoints.first().map_or(&[][..], |(_, policies)| policies);
    let markdown = words::facts(word.text, policies)?;
    Some(Told { markdown, span: Span::new(word.start, word.end) })
}

/// Where protocols are set: what is left of them on the target, for each endpoint that has them from here.
fn protocols(
    endpoints: &[(&Endpoint, &[Policy])],
    here: &dyn Fn(Location) -> bool,
    span_of: &dyn Fn(Location) -> Span,
) -> Option<Told> {
    let mut lines: Vec<String> = Vec::new();
    let mut span = None;
    for (endpoint, _) in endpoints {
        let is_clear = matches!(endpoint.transport, Transport::Plaintext(_));
        let Some(place) = endpoint.protocols.location().filter(|location| !is_clear && here(*location))
        else {
            continue;
        };
        let offer = Offer::of(endpoint);
        let Some(declared) = offer.declared_protocols else { continue };
        let left = if offer.is_dead() { "none".to_owned() } else { offer.protocols.in_words() };
        let (label, library) = (effective::escaped(&endpoint.label), endpoint.library.name());
        lines.push(format!("- {label}: {left} of {} can be negotiated on {library}", declared.in_words()));
        span.get_or_insert_with(|| span_of(place));
    }
    let markdown = lines.into_iter().take(8).collect::<Vec<_>>().join("\n");
    Some(Told { markdown, span: span? })
}

/// A directive that sets TLS: what holds, and whence, for the endpoints of the document.
fn directive(word: Word<'_>, endpoints: &[(&Endpoint, &[Policy])]) -> Option<Told> {
    let is_tls = word.text.contains("ssl") || word.text.contains("tls") || word.text.contains("cipher");
    if !is_tls {
        return None;
    }
    let mut markdown = String::new();
    for (endpoint, _) in endpoints.iter().take(6) {
        let strings: &Setting<Text> = &endpoint.cipher_string;
        let whence = match strings {
            Setting::Default { source, .. } => source.to_string(),
            Setting::Written(_) => "written".to_owned(),
            Setting::Unknown(unknown) => unknown.why.clone(),
        };
        let protocols = endpoint
            .protocols
            .value()
            .map_or_else(|| "not evaluated".to_owned(), |known| known.set.in_words());
        let _ = writeln!(
            markdown,
            "- {}: {protocols}; cipher string {} ({})",
            effective::escaped(&endpoint.label),
            strings.value().map_or_else(
                || "not evaluated".to_owned(),
                |text| format!("`{}`", text.as_str().replace('`', ""))
            ),
            effective::escaped(&whence),
        );
    }
    (!markdown.is_empty()).then(|| Told { markdown, span: Span::new(word.start, word.end) })
}
