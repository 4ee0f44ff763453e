//! The settings in force and where each came from: `tlslint config show`.

use super::{DEFAULT_FAIL_ON, Origin, Override, Purpose, Set, Settings, relative};
use std::io::{self, Write};

/// Writes every value on a line, as the settings file would have it, with its origin in a comment.
///
/// # Errors
/// Those of `out`.
pub fn show(settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for (key, value) in defaults(settings) {
        rows.push((format!("{key} = {}", quoted(value)), "default".to_owned()));
    }
    let mut row = |key: &str, value: String, origin: &Origin| {
        rows.push((format!("{key} = {value}"), origin.to_string()));
    };
    each(settings.policy.as_ref(), |set| row("policy", quoted(&set.value), &set.origin));
    each(settings.target.as_ref(), |set| row("target", quoted(&set.value), &set.origin));
    each(settings.fail_on.as_ref(), |set| row("fail-on", quoted(set.value.name()), &set.origin));
    each(settings.baseline.as_ref(), |set| row("baseline", path(&set.value), &set.origin));
    each(&settings.exclude, |set| row("files.exclude", quoted(set.value.as_str()), &set.origin));
    each(&settings.dialects, |set| {
        let key = format!("files.dialects.{}", quoted(set.value.0.as_str()));
        row(&key, quoted(set.value.1.name()), &set.origin);
    });
    each(&settings.root_map, |set| {
        let key = format!("files.root-map.{}", path(&set.value.0));
        row(&key, path(&set.value.1), &set.origin);
    });
    each(&settings.include_roots, |set| row("files.include-root", path(&set.value), &set.origin));
    each(settings.certificate_root.as_ref(), |set| {
        row("files.certificate-root", path(&set.value), &set.origin);
    });
    for (check, set) in &settings.checks {
        let level = set.value.severity.map_or("off", crate::finding::Severity::name);
        let reason = set
            .value
            .reason
            .as_ref()
            .map_or(String::new(), |reason| format!(", reason = {}", quoted(reason)));
        row(&format!("checks.{check}"), format!("{{ level = {}{reason} }}", quoted(level)), &set.origin);
    }
    each(&settings.overrides, |set| row("override", override_words(&set.value), &set.origin));
    for (name, set) in &settings.variables {
        row(&format!("variables.{name}"), quoted(&set.value), &set.origin);
    }
    for (resource, set) in &settings.limits {
        row(&format!("limits.{}", resource.key()), set.value.to_string(), &set.origin);
    }
    each(&settings.purposes, |set| row("purpose", purpose_words(&set.value), &set.origin));
    for file in &settings.files {
        writeln!(out, "# {}", relative(file).display())?;
    }
    if settings.files.is_empty() {
        writeln!(out, "# no settings file")?;
    }
    let width = rows.iter().map(|(row, _)| row.chars().count()).max().unwrap_or(0).min(72);
    for (row, origin) in rows {
        writeln!(out, "{row:width$}  # {origin}")?;
    }
    Ok(())
}

/// What holds where nothing is set.
fn defaults(settings: &Settings) -> impl Iterator<Item = (&'static str, &'static str)> {
    let defaults = [
        ("policy", crate::policy::DEFAULT, settings.policy.is_none()),
        ("target", "any", settings.target.is_none()),
        ("fail-on", DEFAULT_FAIL_ON.name(), settings.fail_on.is_none()),
    ];
    defaults.into_iter().filter(|(.., holds)| *holds).map(|(key, value, _)| (key, value))
}

fn each<'a, T: 'a>(sets: impl IntoIterator<Item = &'a Set<T>>, row: impl FnMut(&'a Set<T>)) {
    sets.into_iter().for_each(row);
}

fn override_words(over: &Override) -> String {
    let mut parts = vec![format!("files = {}", list(over.files.iter().map(super::Pattern::as_str)))];
    parts.extend(over.policy.iter().map(|policy| format!("policy = {}", quoted(policy))));
    parts.extend(over.target.iter().map(|target| format!("target = {}", quoted(target))));
    for (check, level) in &over.checks {
        parts.push(format!(
            "checks.{check} = {}",
            quoted(level.map_or("off", crate::finding::Severity::name))
        ));
    }
    parts.push(format!("reason = {}", quoted(&over.reason)));
    parts.extend(over.until.map(|until| format!("until = {until}")));
    format!("{{ {} }}", parts.join(", "))
}

fn purpose_words(purpose: &Purpose) -> String {
    let mut parts = Vec::new();
    for (key, patterns) in [("files", &purpose.files), ("names", &purpose.names)] {
        if !patterns.is_empty() {
            parts.push(format!("{key} = {}", list(patterns.iter().map(super::Pattern::as_str))));
        }
    }
    parts.push(format!("purpose = {}", quoted(&purpose.purpose)));
    format!("{{ {} }}", parts.join(", "))
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}

fn path(path: &std::path::Path) -> String {
    quoted(&relative(path).to_string_lossy())
}

/// A string as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
