//! What must hold between the parts of a policy.

use super::node::{Node, Read};
use super::{GroupRules, Policy, SuiteRules};
use crate::group::Group;
use crate::protocol::Protocol;

/// Refuses a policy that nothing could comply with, or that contradicts itself, now or on a day on which a requirement begins.
pub(super) fn hold(root: &Node<'_>, policy: &Policy) -> Read<()> {
    hold_now(root, policy)?;
    for day in policy.first_days() {
        hold_now(root, &policy.clone().on(day)).map_err(|mut problem| {
            problem.message = format!("from {day} on, {}", problem.message);
            problem
        })?;
    }
    Ok(())
}

fn hold_now(root: &Node<'_>, policy: &Policy) -> Read<()> {
    protocols(root, policy)?;
    suites(root, &policy.suites)?;
    groups(root, &policy.groups)?;
    certificates(root, policy)
}

/// What must be offered may not be refused.
fn groups(root: &Node<'_>, rules: &GroupRules) -> Read<()> {
    let may = |group: &Group| rules.listing.suffers(group);
    if let Some(refused) = rules.required.iter().flat_map(|rule| &rule.value).find(|group| !may(group)) {
        return at(root, &["groups", "required"])
            .problem(format!("{refused} is required and may not be offered"), None);
    }
    for (key, rule) in [("at-least-one", &rules.at_least_one), ("first", &rules.first)] {
        if rule.as_ref().is_some_and(|rule| !rule.value.iter().any(may)) {
            return at(root, &["groups", key])
                .problem(format!("none of the groups of {key} may be offered"), None);
        }
    }
    Ok(())
}

fn certificates(root: &Node<'_>, policy: &Policy) -> Read<()> {
    let rules = &policy.certificate;
    let (Some(shortest), Some(sizes)) = (&rules.rsa_bits, &rules.rsa_sizes) else { return Ok(()) };
    if sizes.value.iter().any(|size| *size >= shortest.value) {
        return Ok(());
    }
    at(root, &["certificate", "rsa-sizes"])
        .problem(format!("every size is below the {} bits of rsa-bits", shortest.value), None)
}

/// The node at a path, or the nearest on the way that the file has.
fn at<'v>(root: &Node<'v>, path: &[&str]) -> Node<'v> {
    path.iter()
        .try_fold(root.clone(), |node, key| node.child(key).ok_or(node))
        .unwrap_or_else(|nearest| nearest)
}

fn protocols(root: &Node<'_>, policy: &Policy) -> Read<()> {
    let rules = &policy.protocols;
    let minimum = rules.minimum.as_ref().map_or(Protocol::Ssl2, |rule| rule.value);
    let maximum = rules.maximum.as_ref().map_or(Protocol::Tls13, |rule| rule.value);
    if minimum > maximum {
        let node = at(root, &["protocols", "minimum"]);
        return node.problem(
            format!("the range is empty: minimum {minimum} is above maximum {maximum}"),
            Some(format!("write a minimum of {maximum} or lower")),
        );
    }
    let required = rules.required.iter().flat_map(|rule| rule.value.iter());
    if let Some(outside) = required.into_iter().find(|version| !(minimum..=maximum).contains(version)) {
        let node = at(root, &["protocols", "required"]);
        return node.problem(format!("{outside} is required and lies outside {minimum} to {maximum}"), None);
    }
    Ok(())
}

fn suites(root: &Node<'_>, rules: &SuiteRules) -> Read<()> {
    if rules.at_least_one.is_some() && rules.approved.is_empty() {
        return at(root, &["suites", "at-least-one"]).problem_at_key(
            "at-least-one has no approved suite to choose from",
            Some("list the suites under suites: approved".to_owned()),
        );
    }
    if rules.others.is_some() && rules.approved.is_empty() && rules.phase_out.is_empty() {
        let section = at(root, &["suites"]);
        if section.child("approved").is_none() {
            return at(root, &["suites", "others"]).problem_at_key(
                "others has no approved suites to be outside of",
                Some("list the suites under suites: approved; approved: [] approves none".to_owned()),
            );
        }
    }
    for (key, named) in [("forbidden", &rules.forbidden), ("phase-out", &rules.phase_out)] {
        for rule in named {
            if let Some(suite) = rule.value.intersection(&rules.approved).next() {
                let name = rule.id.rsplit('.').next().unwrap_or_default();
                return at(root, &["suites", key, name])
                    .problem(format!("{suite} stands under {key} and under approved"), None);
            }
        }
    }
    Ok(())
}
