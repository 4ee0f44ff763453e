//! How far settings are trusted: what they soften is told, and of an untrusted tree's own only what makes a run stricter is heeded.

use super::{CheckLevel, Override, Set, Settings};
use crate::date::Date;
use crate::finding::Severity;

impl Settings {
    /// These settings as far as whoever wrote the tree may decide: what raises a check to an error, and what endpoints are for.
    #[must_use]
    pub fn narrowed(self) -> Self {
        let is_raised = |level: &Set<CheckLevel>| level.value.severity == Some(Severity::Error);
        let softens = self.checks.values().any(|level| !is_raised(level));
        let said = [
            (self.policy.is_some(), "policy"),
            (self.target.is_some(), "target"),
            (self.fail_on.is_some(), "fail-on"),
            (self.baseline.is_some(), "baseline"),
            (!self.exclude.is_empty(), "exclude"),
            (!self.dialects.is_empty(), "dialects"),
            (!self.root_map.is_empty(), "root-map"),
            (!self.include_roots.is_empty(), "include-root"),
            (self.certificate_root.is_some(), "certificate-root"),
            (softens, "checks"),
            (!self.overrides.is_empty(), "override"),
            (!self.variables.is_empty(), "variables"),
            (!self.limits.is_empty(), "limits"),
        ];
        let not_heeded = said.into_iter().filter(|(is_said, _)| *is_said).map(|(_, key)| key).collect();
        Self {
            files: self.files,
            repository: self.repository,
            is_root: self.is_root,
            checks: self.checks.into_iter().filter(|(_, level)| is_raised(level)).collect(),
            purposes: self.purposes,
            not_heeded,
            ..Self::default()
        }
    }

    /// What they leave out, make milder or hold against other rules on `today`, each in words; and what of them is not heeded.
    pub fn softened(&self, today: Date) -> Vec<String> {
        let mut words: Vec<String> =
            self.not_heeded.iter().map(|key| format!("the tree's own {key} is not heeded")).collect();
        words.extend(self.exclude.iter().map(|set| format!("exclude {}", set.value.as_str())));
        let milder = self.checks.iter().filter(|(_, set)| set.value.severity != Some(Severity::Error));
        words.extend(milder.map(|(check, set)| format!("{check} {}", level(set.value.severity))));
        let holding = self.overrides.iter().filter(|set| set.value.until.is_none_or(|until| until >= today));
        words.extend(holding.filter_map(|set| override_words(&set.value)));
        if self.fail_on.as_ref().is_some_and(|set| set.value == Severity::Error) {
            words.push("fail-on error".to_owned());
        }
        words.extend(
            self.baseline.iter().map(|set| format!("baseline {}", super::relative(&set.value).display())),
        );
        words
    }
}

fn override_words(over: &Override) -> Option<String> {
    let milder = over.checks.iter().filter(|(_, severity)| **severity != Some(Severity::Error));
    let checks = milder.map(|(check, severity)| format!("{check} {}", level(*severity)));
    let policy = over.policy.iter().map(|policy| format!("policy {policy}"));
    let target = over.target.iter().map(|target| format!("target {target}"));
    let said: Vec<String> = policy.chain(target).chain(checks).collect();
    let files: Vec<&str> = over.files.iter().map(super::Pattern::as_str).collect();
    (!said.is_empty()).then(|| format!("{} for {}", said.join(" and "), files.join(" and ")))
}

fn level(severity: Option<Severity>) -> &'static str {
    severity.map_or("off", Severity::name)
}
