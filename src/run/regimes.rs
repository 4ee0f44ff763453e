//! Rules of structure in which a server's releases differ, where no target says which release it is: findings say whose they are.

use crate::finding::Finding;

/// Says in a finding's message which releases it holds on.
pub(super) fn tell(finding: &mut Finding) {
    let Some(releases) = finding.releases else { return };
    finding.data.push(("releases", vec![releases.to_owned()]));
    let boundary = releases.rsplit(' ').next().unwrap_or(releases);
    if !finding.message.contains(boundary) {
        finding.message = format!("{}, on {releases}", finding.message);
    }
}
