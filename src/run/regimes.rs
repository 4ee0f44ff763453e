//! Rules of structure in which a server's releases differ, where no target says which release it is: both are held against the policy.

use super::Root;
use super::input::Text;
use crate::budget::Budget;
use crate::dialect::{self, Context};
use crate::discover::Disk;
use crate::finding::Finding;
use crate::target::{Regime, Target};
use std::sync::Arc;

/// Reads `text` under the other regime, where there is one that may make something else of `root`.
pub(super) fn read_other(root: &mut Root, text: &Text, worlds: bool, disk: &Disk) {
    let Some(first) = text.first() else { return };
    let scope = Arc::clone(&root.scope);
    let target = scope.target(first.source.path());
    let Some(regimes) = dialect::regimes(root.dialect, target) else { return };
    if !dialect::regimes_differ(root.dialect, &root.model) {
        return;
    }
    let target = Target { regime: Regime::Other, ..target.clone() };
    let budget = Budget::new(scope.settings.limits());
    let variables = &scope.variables;
    let context =
        Context { files: disk, target: &target, variables, is_whole: false, asked: None, budget: &budget };
    let (model, renderings) = super::reading::read_text(root.dialect, text, context, worlds, disk);
    let other = Root {
        model,
        renderings,
        scope: Arc::clone(&scope),
        dialect: root.dialect,
        given: root.given.clone(),
        other: None,
    };
    root.other = Some((regimes, Box::new(other)));
}

/// Says in a finding's message which releases it holds on.
pub(super) fn tell(finding: &mut Finding) {
    let Some(releases) = finding.releases else { return };
    finding.data.push(("releases", vec![releases.to_owned()]));
    let boundary = releases.rsplit(' ').next().unwrap_or(releases);
    if !finding.message.contains(boundary) {
        finding.message = format!("{}, on {releases}", finding.message);
    }
}
