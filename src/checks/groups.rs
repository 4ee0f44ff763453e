//! What the checks of key-exchange groups share.

use super::Subject;
use crate::group::Group;
use crate::library::obstacle::Obstacle;
use crate::protocol::Protocol;
use crate::span::Span;

/// Their names as a list.
pub(super) fn names(groups: &[Group]) -> String {
    groups.iter().map(|group| group.name()).collect::<Vec<_>>().join(", ")
}

/// What removes an obstacle to the groups `wanted`.
pub(super) fn help(subject: &Subject<'_>, obstacle: Obstacle, wanted: &[Group]) -> Option<String> {
    let Subject { endpoint, offer, .. } = *subject;
    let tls13 = std::iter::once(Protocol::Tls13).collect();
    let library = endpoint.library;
    match obstacle {
        Obstacle::Library => {
            let group = wanted.first()?;
            let newer = library.first_with(wanted).map_or(String::new(), |name| format!(" such as {name}"));
            Some(format!(
                "use a library that has {group},{newer}; a list that names it is refused by {}",
                library.name()
            ))
        }
        Obstacle::Protocol => {
            Some(format!("write {}", (endpoint.spelling.protocols)(offer.protocols.union(tls13))))
        }
        Obstacle::Level(_) => None,
        Obstacle::List | Obstacle::Default => {
            let best = wanted.iter().copied().find(|group| library.has_one(&[*group]))?;
            list(subject, best).map(|written| format!("write {written}"))
        }
    }
}

/// The setting that puts `best` before what is offered now.
pub(super) fn list(subject: &Subject<'_>, best: Group) -> Option<String> {
    let Subject { endpoint, offer, .. } = *subject;
    let spell = endpoint.spelling.groups?;
    let others = offer.groups.iter().copied().filter(|group| *group != best);
    let names = std::iter::once(best).chain(others).map(|group| endpoint.library.group_name(group));
    Some(spell(&names.collect::<Vec<_>>().join(":")))
}

/// The groups that a list names, with the place of each name in it.
pub(super) fn named(list: &str) -> Vec<(Span, Group)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in list.split_inclusive([':', '/', ',', ' ']) {
        let name = word.trim_end_matches([':', '/', ',', ' ']);
        let bare = name.trim_start_matches(['?', '*']);
        let at = start + name.len() - bare.len();
        found.extend(
            Group::from_name(bare).map(|group| (Span::new(at as u32, (at + bare.len()) as u32), group)),
        );
        start += word.len();
    }
    found
}
