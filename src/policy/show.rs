//! A policy as text that reads back as the same policy, what it extends worked in.

use super::{Entry, Policy, Tls13Rule};
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Where wrapped text ends, in columns.
const WIDTH: usize = 110;

impl Policy {
    /// Writes the policy in the schema of policy files.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn show(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(base) = &self.extends {
            writeln!(out, "# extends {base}, which is worked in here")?;
        }
        writeln!(out, "version: 1\nid: {}\ntitle: {}", scalar(&self.id), scalar(&self.title))?;
        if let Some(issuer) = &self.issuer {
            writeln!(out, "issuer: {}", scalar(issuer))?;
        }
        if let Some(published) = &self.published {
            writeln!(out, "published: '{published}'")?;
        }
        if let Some(license) = &self.license {
            writeln!(out, "license: {}", scalar(license))?;
        }
        if let Some(words) = &self.unverified {
            writeln!(out, "unverified: {}", scalar(words))?;
        }
        let texts = [("supersedes", &self.supersedes), ("sources", &self.sources), ("notes", &self.notes)];
        for (key, texts) in texts {
            if !texts.is_empty() {
                writeln!(out, "{key}:")?;
            }
            for text in texts {
                writeln!(out, "  - {}", scalar(text))?;
            }
        }
        self.show_requirements(out)
    }

    fn show_requirements(&self, out: &mut dyn Write) -> io::Result<()> {
        let entries = self.requirements();
        let section = |name: &'static str| {
            entries.iter().filter(move |entry| entry.id.split('.').next() == Some(name)).collect::<Vec<_>>()
        };
        show_section(out, "protocols", &section("protocols"))?;
        self.show_suites(out, &section("suites"))?;
        match &self.tls13 {
            Tls13Rule::Any => writeln!(out, "\ntls13: any")?,
            Tls13Rule::Unspecified => writeln!(out, "\ntls13: unspecified")?,
            Tls13Rule::Listed(_) => {}
        }
        let single = [
            "tls13",
            "groups",
            "signature-algorithms",
            "server-preference",
            "session-tickets",
            "dh-bits",
            "plaintext",
            "must-be-written",
        ];
        for name in single {
            let entries = section(name);
            if !entries.is_empty() {
                writeln!(out, "\n{name}:")?;
            }
            for entry in entries.iter().filter(|entry| entry.id == name) {
                show_entry(out, entry, "  ")?;
            }
            show_beside(out, &entries)?;
        }
        show_section(out, "peer", &section("peer"))?;
        show_section(out, "certificate", &section("certificate"))
    }

    fn show_suites(&self, out: &mut dyn Write, entries: &[&Entry]) -> io::Result<()> {
        let rules = &self.suites;
        if rules.approved.is_empty() && entries.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nsuites:")?;
        if rules.good.is_empty() {
            show_names(out, "approved", &rules.approved)?;
        } else {
            show_names(out, "good", &rules.good)?;
            show_names(out, "sufficient", &rules.approved.difference(&rules.good).copied().collect())?;
        }
        show_beside(out, entries)
    }
}

/// Requirements of a section that stand under keys of their own, and rules with names.
fn show_beside(out: &mut dyn Write, entries: &[&Entry]) -> io::Result<()> {
    for entry in entries.iter().filter(|entry| entry.id.matches('.').count() == 1) {
        writeln!(out, "  {}:", last(entry))?;
        show_entry(out, entry, "    ")?;
    }
    for group in ["forbidden", "phase-out"] {
        let middle = format!(".{group}.");
        let named: Vec<_> = entries.iter().filter(|entry| entry.id.contains(&middle)).collect();
        if !named.is_empty() {
            writeln!(out, "  {group}:")?;
        }
        for entry in named {
            writeln!(out, "    {}:", last(entry))?;
            show_entry(out, entry, "      ")?;
        }
    }
    Ok(())
}

fn show_section(out: &mut dyn Write, name: &str, entries: &[&Entry]) -> io::Result<()> {
    if !entries.is_empty() {
        writeln!(out, "\n{name}:")?;
    }
    for entry in entries {
        writeln!(out, "  {}:", last(entry))?;
        show_entry(out, entry, "    ")?;
    }
    Ok(())
}

fn show_names(out: &mut dyn Write, key: &str, suites: &BTreeSet<Suite>) -> io::Result<()> {
    if suites.is_empty() {
        return writeln!(out, "  {key}: []");
    }
    writeln!(out, "  {key}:")?;
    suites.iter().try_for_each(|suite| writeln!(out, "    - {suite}"))
}

fn show_entry(out: &mut dyn Write, entry: &Entry, indent: &str) -> io::Result<()> {
    if let Some(values) = &entry.list {
        let line = values.iter().map(|value| element(value)).collect::<Vec<_>>().join(", ");
        if indent.len() + line.len() + "value: []".len() <= WIDTH {
            writeln!(out, "{indent}value: [{line}]")?;
        } else {
            writeln!(out, "{indent}value:")?;
            for value in values {
                writeln!(out, "{indent}  - {}", element(value))?;
            }
        }
    } else if let Some(value) = &entry.value {
        writeln!(out, "{indent}value: {value}")?;
    }
    writeln!(out, "{indent}strength: {}", entry.strength.name().to_lowercase())?;
    writeln!(out, "{indent}why: {}", scalar(&entry.why))?;
    writeln!(out, "{indent}source: {}", scalar(&entry.source))?;
    for (key, date) in [("from", &entry.from), ("until", &entry.until)] {
        if let Some(date) = date {
            writeln!(out, "{indent}{key}: '{date}'")?;
        }
    }
    if let Some(side) = entry.side {
        writeln!(out, "{indent}side: {}", side.name())?;
    }
    if let Some(next) = &entry.then {
        writeln!(out, "{indent}then:")?;
        show_entry(out, next, &format!("{indent}  "))?;
    }
    Ok(())
}

fn last(entry: &Entry) -> &str {
    entry.id.rsplit('.').next().unwrap_or(&entry.id)
}

/// A name as YAML, or a number, which only lists of sizes hold.
fn element(value: &str) -> String {
    if value.parse::<u32>().is_ok() { value.to_owned() } else { scalar(value) }
}

/// Text as YAML: plain where that reads back as the same text, else in single quotes (YAML 1.2, section 7.3).
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.contains(['\n', '[', ']', '{', '}', ','])
        && !["null", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
