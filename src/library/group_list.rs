//! Lists of groups: SSL_CTX_set1_groups_list(3).

use super::Choice;
use crate::endpoint::Groups;
use crate::group::Group;
use crate::protocol::Role;
use crate::text::Text;

/// What a library makes of a list of groups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupList {
    /// The groups that it knows, in order.
    pub groups: Vec<Group>,
    /// Those of them that are marked for a key share.
    key_shares: Vec<Group>,
    /// Names that it does not know and has to.
    pub unknown: Vec<String>,
    /// Whether the library refuses the list, and so keeps what it had.
    pub refused: bool,
}

/// The release before which a library whose release is not known refuses a list of groups that later ones take: `3.5`; `None` where all
/// from OpenSSL 1.1.1 on agree.
pub fn refused_before(library: Choice, list: &str) -> Option<&'static str> {
    let Choice::Any(_) = library else { return None };
    let upstream = library.members().filter(|one| one.made_with.is_empty());
    let supported = upstream.filter(|one| !UNSUPPORTED.contains(&one.release));
    let judged = supported.filter_map(|one| {
        let number = one.release.rsplit_once('-')?.1;
        Some((ordered(number), number, Choice::Named(one).group_list(list).refused))
    });
    let judged: Vec<_> = judged.collect();
    let newest = judged.iter().filter(|(.., refused)| *refused).max()?.0.clone();
    let later = judged.iter().filter(|(order, _, refused)| !refused && *order > newest);
    later.min().map(|(_, number, _)| *number)
}

/// A release's numbers, to be compared one by one.
fn ordered(number: &str) -> Vec<u32> {
    number.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Releases of OpenSSL that no supported system has.
const UNSUPPORTED: [&str; 2] = ["openssl-1.0.2", "openssl-1.1.0"];

impl Choice {
    /// The groups of an endpoint with this list.
    pub fn groups(self, text: Text) -> Groups {
        let GroupList { groups: list, key_shares, unknown, refused: _ } = self.group_list(text.as_str());
        Groups { list, key_shares, text, unknown }
    }

    /// The groups of an endpoint with no list.
    pub fn own_groups(self, role: Role) -> Groups {
        Groups {
            list: self.default_groups(role, true),
            key_shares: self.own_key_shares(),
            ..Groups::default()
        }
    }

    fn own_key_shares(self) -> Vec<Group> {
        self.members().next().map_or_else(Vec::new, |library| library.key_shares.to_vec())
    }

    /// What the library makes of a list of groups; for any library, what the newest release does with the names that some build knows.
    ///
    /// Names stand between colons. Since OpenSSL 3.5 `/` stands between tuples, and a name may be marked: `?` (skip if unknown), `*` (send a
    /// key share), `-` (take out). Before that, a group that stands twice spoils the list.
    pub fn group_list(self, text: &str) -> GroupList {
        let has_tuples = self.members().next().is_some_and(|library| library.group_tuples);
        let separators: &[char] = if has_tuples { &[':', '/'] } else { &[':'] };
        let mut out = GroupList::default();
        if has_tuples && text.is_empty() {
            return out;
        }
        for element in text.split(separators) {
            let element = element.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
            if has_tuples {
                self.marked(element, &mut out);
            } else {
                self.plain(element, &mut out);
            }
        }
        out
    }

    fn plain(self, name: &str, out: &mut GroupList) {
        match self.group(name) {
            Some(group) => {
                out.refused |= out.groups.contains(&group);
                out.add(group);
            }
            None => out.miss(name),
        }
    }

    fn marked(self, element: &str, out: &mut GroupList) {
        let name = element.trim_start_matches(['?', '*', '-']);
        let marks = element.strip_suffix(name).unwrap_or("");
        out.refused |= ['?', '*', '-'].iter().any(|mark| marks.matches(*mark).count() > 1);
        let (may_be_unknown, takes_out, is_shared) =
            (marks.contains('?'), marks.contains('-'), marks.contains('*'));
        let is_default = name.eq_ignore_ascii_case("DEFAULT");
        let stands_for: Option<Vec<Group>> = if is_default {
            Some(self.default_groups(Role::Server, true))
        } else if name.eq_ignore_ascii_case("DEFAULT_SUITE_B") {
            Some(["P-256", "P-384"].into_iter().filter_map(Group::from_name).collect())
        } else {
            None
        };
        match (stands_for, self.group(name)) {
            // The names stand there with marks of their own, before the first of which these come: `?*X25519MLKEM768`, `?secp256r1`.
            (Some(_), _) if may_be_unknown || takes_out || (is_default && is_shared) => out.refused = true,
            (Some(groups), _) => {
                out.key_shares.extend(groups.first().filter(|_| is_shared));
                out.key_shares.extend(self.own_key_shares().into_iter().filter(|_| is_default));
                for group in groups {
                    out.add(group);
                }
            }
            (None, Some(group)) if takes_out => {
                out.groups.retain(|known| *known != group);
                out.key_shares.retain(|known| *known != group);
            }
            (None, Some(group)) => {
                out.add(group);
                out.key_shares.extend(is_shared.then_some(group));
            }
            (None, None) if may_be_unknown && !name.is_empty() => {}
            (None, None) => out.miss(name),
        }
    }
}

impl GroupList {
    fn add(&mut self, group: Group) {
        if !self.groups.contains(&group) {
            self.groups.push(group);
        }
    }

    fn miss(&mut self, name: &str) {
        self.refused = true;
        self.unknown.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(library: &str, list: &str, expected: &str) {
        let read = Choice::by_id(library).unwrap().group_list(list);
        let names: Vec<_> = read.groups.iter().map(|group| group.name()).collect();
        let shown = if read.refused { "refused".to_owned() } else { names.join(" ") };
        assert_eq!(shown, expected, "{library}: {list}");
    }

    #[test]
    fn names_stand_between_colons() {
        for library in ["openssl-1.1.1", "openssl-3.0"] {
            check(library, " X25519 : secp384r1 ", "X25519 P-384");
            for refused in
                ["X25519:X25519", "P-256:prime256v1", "X25519:", "?X25519", "X25519:NOPE", "PRIME256V1", ""]
            {
                check(library, refused, "refused");
            }
        }
        check("openssl-3.0", "x448", "X448");
        check("openssl-1.1.1", "x448", "refused");
        check("openssl-1.1.1", "ffdhe2048", "refused");
    }

    #[track_caller]
    fn check_shares(list: &str, expected: &str) {
        let read = Choice::by_id("openssl-3.5").unwrap().group_list(list);
        let names: Vec<_> = read.key_shares.iter().map(|group| group.name()).collect();
        assert_eq!(names.join(" "), expected, "{list}");
    }

    #[test]
    fn key_shares_are_marked() {
        check_shares("X25519:P-521", "");
        check_shares("X25519:*P-521/*P-384", "P-521 P-384");
        check_shares("X448:*X25519:-X25519:P-521", "");
        check_shares("DEFAULT:-X25519MLKEM768", "X25519");
        check_shares("DEFAULT_SUITE_B", "");
        check_shares("*DEFAULT_SUITE_B", "P-256");
    }

    #[test]
    fn marks_and_tuples_came_with_3_5() {
        let library = "openssl-3.5";
        check(library, "X25519:X25519/secp384r1:?NOPE", "X25519 P-384");
        check(library, "*x25519:P-256:-X25519", "P-256");
        check(library, "DEFAULT_SUITE_B", "P-256 P-384");
        check(library, "default:-X25519MLKEM768:-X448:-ffdhe2048:-ffdhe3072:-P-521", "X25519 P-256 P-384");
        check(library, "", "");
        for refused in
            ["X25519::P-256", "X25519/", "**X25519", "?DEFAULT", "*DEFAULT", "-DEFAULT:X25519", "NOPE"]
        {
            check(library, refused, "refused");
        }
    }
}
