//! The first lines of sections with listeners or servers.

use super::proxy::Kind;
use super::reader::Reader;
use super::words::Argument;
use crate::endpoint::Role;
use crate::span::Location;

impl Reader<'_> {
    /// What HAProxy does not take of the head of a proxy (`cfg_parse_listen`).
    pub(super) fn refuse_head(&mut self, kind: Kind, keyword: &str, arguments: &[Argument], head: Location) {
        if matches!(kind, Kind::Defaults | Kind::Other) {
            return;
        }
        let Some(named) = arguments.get(1) else {
            return self.refuse(head, format!("'{keyword}' expects a name"));
        };
        let Some(name) = named.text() else { return };
        let is_permitted = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if let Some(character) = name.chars().find(|c| !is_permitted(*c)) {
            let reason = format!("character '{character}' is not permitted in {keyword} name '{name}'");
            return self.refuse(named.location, reason);
        }
        let extra = arguments.get(2).filter(|word| !word.is("from") || arguments.len() == 3);
        if let Some(extra) = extra.filter(|_| kind != Kind::Backend) {
            let reason = format!("'{keyword}' takes no address: 'bind' lines name what it listens on");
            self.refuse(extra.location, reason);
        }
        let roles = [(Role::Server, kind.listens()), (Role::Client, kind.connects())];
        for (role, _) in roles.into_iter().filter(|(_, has)| *has) {
            let earlier = self.names.insert((role, name.to_owned()), keyword.to_owned());
            if let Some(earlier) = earlier {
                return self
                    .refuse(head, format!("{keyword} '{name}' has the same name as a {earlier} above"));
            }
        }
    }
}
