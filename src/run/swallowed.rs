//! Lines of a configuration that stand inside one placeholder and that nobody reads: told, so that nothing is lost in silence.

use crate::discover::{self, Disk};
use crate::endpoint::{Dialect, Model};
use crate::files::FileTree as _;
use crate::observation::{Observation, ObservationKind};
use crate::source::Source;
use crate::span::Location;
use crate::syntax::haproxy;
use crate::syntax::template::templates;
use std::collections::HashSet;

/// What the placeholders of a model's files hold that would be sections or settings of TLS outside of them.
pub(super) fn observations(dialect: Dialect, model: &Model, disk: &Disk) -> Vec<Observation> {
    let mut seen = HashSet::new();
    let files = model.files.iter().filter(|file| seen.insert(**file));
    files.flat_map(|file| of_file(dialect, &disk.source(*file))).collect()
}

fn of_file(dialect: Dialect, source: &Source) -> Vec<Observation> {
    let text = source.text();
    let found = templates(text);
    let is_comment = |inside: &str| COMMENTS.iter().any(|open| inside.starts_with(open));
    // Comments of a template language are comments where the name or something else says that it is one.
    let has_comments = discover::is_template(source.path())
        || found.iter().any(|template| !is_comment(template.span.of(text)));
    let holds = |inside: &str| {
        inside.contains('\n')
            && !(has_comments && is_comment(inside))
            && (discover::holds_tls_settings(inside) || inside.lines().any(|line| is_head(dialect, line)))
    };
    let found = found.iter().filter(|template| holds(template.span.of(text)));
    found
        .map(|template| {
            let lines = template.span.of(text).lines().count();
            Observation {
                kind: ObservationKind::ValueUnknown,
                location: Location::new(source.id(), template.span),
                message: format!(
                    "{lines} lines are not read: they stand inside one tag of a template, and hold settings"
                ),
                label: "one tag".to_owned(),
                related: Vec::new(),
                help: Some(
                    "close the tag where it was meant to end, or change what only looks like one".to_owned(),
                ),
                context: "swallowed".to_owned(),
            }
        })
        .collect()
}

/// How comments of template languages start.
const COMMENTS: [&str; 7] = ["{#", "<%#", "{{!", "{{/*", "{{- /*", "{{ /*", "{{-/*"];

/// Whether a line starts a section or block of the language.
fn is_head(dialect: Dialect, line: &str) -> bool {
    let line = line.trim();
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    match (dialect, words.as_slice()) {
        (Dialect::HaProxy, [keyword]) => haproxy::SECTIONS.contains(keyword),
        (Dialect::HaProxy, [keyword, _]) => ["backend", "frontend", "listen"].contains(keyword),
        (Dialect::Nginx, [keyword, ..]) => {
            line.ends_with('{')
                && ["events", "http", "location", "mail", "server", "stream", "upstream"].contains(keyword)
        }
        (Dialect::OpensslConf, _) => line.starts_with('[') && line.ends_with(']') && words.len() <= 3,
        (Dialect::Envoy, [keyword, ..]) => {
            ["static_resources:", "listeners:", "clusters:", "filter_chains:", "transport_socket:"]
                .contains(keyword)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_sections_are_known() {
        for (dialect, line, expected) in [
            (Dialect::Nginx, "  server {", true),
            (Dialect::Nginx, "server is up", false),
            (Dialect::HaProxy, "frontend web", true),
            (Dialect::HaProxy, "listen to what is said", false),
            (Dialect::OpensslConf, "[ system_default_sect ]", true),
            (Dialect::Envoy, "  listeners:", true),
            (Dialect::Ciphers, "HIGH", false),
        ] {
            assert_eq!(is_head(dialect, line), expected, "{line}");
        }
    }
}
