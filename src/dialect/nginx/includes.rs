//! Includes that lead to nothing: which of them matter, and which keep nginx from starting.

use super::config::{Config, Kind};
use super::glob;
use super::units::Place;
use crate::files::ReadError;
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
