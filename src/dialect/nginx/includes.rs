//! Includes that lead to nothing: which of them matter, and which keep nginx from starting.

use super::config::{Config, Kind, ScopeId};
use super::glob;
use super::units::Place;
use crate::files::ReadError;
use crate::observation::Observation;
use std::collections::HashSet;
use std::path::Path;

/// Directories of files that load modules, in the packages of Debian, Alpine and Red Hat.
const MODULES: [&str; 5] = ["conf.modules.d", "modules", "modules-available", "modules-enabled", "modules.d"];

/// Whether nothing that is included so in a block of this kind says anything about TLS.
pub(super) fn holds_no_tls(kind: Kind, written: &str) -> bool {
    let path = Path::new(written);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let directory = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    match kind {
        Kind::Main => MODULES.contains(&&*directory),
        Kind::Location | Kind::If => ["fastcgi", "php", "scgi"].iter().any(|what| name.starts_with(what)),
        _ => false,
    }
}

/// Directives of which a location has one, and which say what becomes of its requests.
const HANDLERS: [&str; 9] = [
    "empty_gif",
    "fastcgi_pass",
    "grpc_pass",
    "memcached_pass",
    "proxy_pass",
    "return",
    "scgi_pass",
    "stub_status",
    "uwsgi_pass",
];

/// Takes out what is said of files that are not at hand where they decide nothing about TLS: the location that includes them says
/// itself where its requests go, and no connection with TLS takes its settings from there. `used` are the blocks that such
/// connections take theirs from.
pub(super) fn drop_idle(config: &Config<'_>, used: &HashSet<ScopeId>, observations: &mut Vec<Observation>) {
    let is_idle = |scope: ScopeId| {
        let block = config.scope(scope);
        matches!(block.kind, Kind::Location | Kind::If | Kind::LimitExcept)
            && !used.contains(&scope)
            && HANDLERS.iter().any(|handler| block.named(handler).any(|entry| !entry.conditional))
    };
    let idle: HashSet<usize> =
        config.unread.iter().filter(|(scope, _)| is_idle(*scope)).map(|(_, rank)| *rank).collect();
    let mut rank = 0;
    observations.retain(|_| {
        rank += 1;
        !idle.contains(&(rank - 1))
    });
}

/// Whether a pattern of a target's configuration matches nothing for certain, which is no fault.
pub(super) fn may_match_nothing(config: &Config<'_>, written: &str) -> bool {
    config.running.0.is_some() && Path::new(written).is_relative() && glob::is_pattern(written)
}

/// Endings of files of which a deployment makes the file that servers read.
pub(super) const TEMPLATES: [&str; 10] =
    ["dist", "epp", "erb", "in", "j2", "jinja", "jinja2", "template", "tmpl", "tpl"];

/// Whether nginx does not start for want of a file: it would lie inside the root, no template decides, and no pattern is looked for
/// (`ngx_conf_include` in src/core/ngx_conf_file.c).
pub(super) fn is_missing(config: &Config<'_>, place: Place, error: &ReadError) -> bool {
    let is_certain = matches!(error, ReadError::Directory | ReadError::Missing);
    let units = config.units;
    let is_template = |unit: u32| {
        let unit = units.get(unit);
        let ending = unit.source.path().extension().unwrap_or_default().to_string_lossy();
        unit.tree.is_templated() || TEMPLATES.contains(&&*ending)
    };
    is_certain
        && !config.is_fragment
        && !glob::is_pattern(&units.argument(place, 0))
        && !is_template(0)
        && !is_template(place.unit)
}
