//! What a section takes over from a `defaults` section: the one that it names, else the last one above (cfg_parse_listen() in
//! src/cfgparse-listen.c).

use super::proxy::{Kind, Mode, Proxy};
use super::reader::Reader;
use super::server::ServerSettings;
use super::words::Argument;
use crate::setting::{Step, Unknown};
use crate::target::Release;
use std::sync::Arc;

impl Reader<'_> {
    /// Lets `proxy`, whose first line is `arguments`, inherit.
    pub(super) fn inherit(&mut self, proxy: &mut Proxy, arguments: &[Argument]) {
        let parent = self.parent(proxy, arguments);
        if let Some(parent) = parent.and_then(|at| self.default_sections.get(at)) {
            proxy.inherit_rules(parent);
            let what = match parent.name.as_str() {
                "" => "inherited from defaults".to_owned(),
                name => format!("inherited from defaults {name}"),
            };
            proxy.default_server =
                ServerSettings::inherited(&parent.default_server, &Step { location: parent.head, what });
        } else if self.is_fragment
            && !self.has_defaults
            && matches!(proxy.kind, Kind::Frontend | Kind::Backend | Kind::Listen)
        {
            let why = "the \"defaults\" section is in a file that is not given".to_owned();
            proxy.mode = Mode::Unknown;
            proxy.default_server.open = Some(Arc::new(Unknown { at: None, why }));
        }
    }

    /// The number of the `defaults` section that `proxy` starts from.
    fn parent(&mut self, proxy: &Proxy, arguments: &[Argument]) -> Option<usize> {
        let (head, keyword, name) = (proxy.head, &proxy.keyword, &proxy.name);
        let from = arguments.iter().position(|argument| argument.is("from"));
        if from.is_some() && self.release.is_some_and(|release| release < Release::new(2, 4, 0)) {
            let reason = format!("'{keyword}' cannot handle unexpected argument 'from' (known since 2.4)");
            self.refuse(head, reason);
        }
        let Some(wanted) = from.and_then(|at| arguments.get(at + 1)) else {
            let inherits = !matches!(proxy.kind, Kind::Defaults | Kind::Other);
            return self.default_sections.len().checked_sub(1).filter(|_| inherits);
        };
        let named = wanted.text().and_then(|wanted| self.defaults_by_name.get(wanted));
        let (count, last) = named.copied().unwrap_or_default();
        let last = named.map(|_| last);
        if let (Some(wanted), false) = (wanted.text(), self.is_templated) {
            let problem = match count {
                0 if self.has_defaults && named.is_none() => {
                    Some(format!("defaults section '{wanted}' not found for"))
                }
                0 | 1 => None,
                _ => Some(format!("ambiguous defaults section name '{wanted}' referenced by")),
            };
            if let Some(problem) = problem {
                self.refuse(head, format!("{problem} {keyword} '{name}'"));
            }
        }
        let section = last.and_then(|at| self.default_sections.get(at));
        let is_doubtful =
            |section: &Proxy| [head, section.head].iter().any(|place| self.notes.is_doubtful(*place));
        if let Some(section) = section.filter(|section| !is_doubtful(section)) {
            self.referenced.insert(section.name.clone());
        }
        last
    }

    /// Refuses a `defaults` section with the name of one that a `from` names, as HAProxy does since 3.1.
    pub(super) fn replace(&mut self, defaults: &Proxy) {
        let knows = self.is_fixed() && self.release.is_some_and(|release| release >= Release::new(3, 1, 0));
        let is_kept = !defaults.name.is_empty() && self.referenced.contains(&defaults.name);
        if knows && is_kept {
            let name = &defaults.name;
            let reason =
                format!("defaults '{name}' cannot replace one of that name to which a section refers");
            self.refuse(defaults.head, reason);
        }
    }
}
