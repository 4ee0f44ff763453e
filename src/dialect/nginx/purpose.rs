//! What a listener in clear does with requests, as far as its server block shows.

use super::condition::{self, Holds};
use super::config::{Config, Entry, Kind, ScopeId};
use super::units::Place;
use super::values::Values;
use crate::endpoint::Purpose;
use crate::handling::{self, Answer, Deed, Which};
use crate::setting::Setting;
use std::collections::HashSet;

/// What the http server `server` does in clear; `is_default` where it takes requests for names that no server has.
pub(super) fn of_server(config: &Config<'_>, server: ScopeId, is_default: bool) -> Purpose {
    let (names, error_pages) = (names(config, server), error_pages(config, server));
    let mut reading = Reading { config, answers: Vec::new(), left: Left::All, error_pages, names };
    if !reading.rewrites(server, Which::All) {
        reading.handlers(server, is_default);
    }
    let purpose = handling::purpose(&reading.answers);
    let is_blind = config.scope(server).blind.is_some();
    // What cannot be seen may redirect before anything is served.
    if is_blind && purpose != Purpose::RedirectOnly { Purpose::Unknown } else { purpose }
}

/// What the stream server `server` does in clear.
pub(super) fn of_stream(values: &Values<'_>, server: ScopeId, is_local: bool) -> Purpose {
    let has = |name: &str| values.config.here(server, name).next().is_some();
    let adds_tls = values.flag(server, "proxy_ssl");
    let is_relay =
        has("pass") || has("proxy_pass") && adds_tls.as_ref().is_none_or(|adds| adds.value() == Some(&false));
    match adds_tls {
        _ if is_relay => Purpose::PassThrough,
        _ if is_local => Purpose::Local,
        Some(Setting::Unknown(_)) => Purpose::Unknown,
        _ if has("proxy_pass") || has("return") => Purpose::Serves,
        _ => Purpose::Unknown,
    }
}

struct Reading<'c, 'u> {
    config: &'c Config<'u>,
    answers: Vec<Answer>,
    left: Left,
    /// The paths to which `error_page` leads.
    error_pages: HashSet<String>,
    /// The server's names that no `if` has taken so far, lower case.
    names: HashSet<String>,
}

/// Which requests come as far as this.
#[derive(Clone, Copy)]
enum Left {
    All,
    Only(Which),
    /// A variable decides.
    Unknown,
}

/// What an `if` does with the requests that it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Redirects,
    Refuses,
    /// At least some of them.
    Serves,
}

/// One step of the rewrite phase.
enum Step<'c> {
    If(ScopeId),
    Statement(&'c Entry),
}

/// Directives by which a block answers something itself.
const CONTENT: [&str; 8] = [
    "fastcgi_pass",
    "grpc_pass",
    "memcached_pass",
    "proxy_pass",
    "root",
    "scgi_pass",
    "try_files",
    "uwsgi_pass",
];

impl Reading<'_, '_> {
    /// Notes what some of the requests that come this far get.
    fn answer(&mut self, which: Which, deed: Deed) {
        let answer = match self.left {
            Left::All => Answer { which, deed },
            Left::Only(left) => Answer { which: left, deed },
            Left::Unknown if matches!(deed, Deed::Redirect | Deed::Refuse) => return,
            Left::Unknown => Answer { which, deed: Deed::Unknown },
        };
        self.answers.push(answer);
    }

    /// Follows the directives of a block that nginx runs in the order of the text (ngx_http_rewrite_module); whether they end every
    /// request.
    fn rewrites(&mut self, scope: ScopeId, which: Which) -> bool {
        for step in steps(self.config, scope) {
            let ends = match step {
                Step::If(child) => self.condition(child, which),
                Step::Statement(entry) if entry.name == "return" => {
                    let deed = if entry.conditional { Deed::Unknown } else { self.returns(entry.place) };
                    self.answer(which, deed);
                    true
                }
                Step::Statement(entry) if entry.name == "rewrite" => self.rewrite(entry, which),
                Step::Statement(_) => false,
            };
            if ends {
                return true;
            }
        }
        false
    }

    /// Follows an `if`; whether no request comes out behind it.
    fn condition(&mut self, scope: ScopeId, which: Which) -> bool {
        let Some(head) = self.config.scope(scope).head else { return false };
        match condition::of(self.config, head) {
            Holds::Never => false,
            Holds::Always => self.block(scope, which).is_some(),
            Holds::For(some) => {
                self.block(scope, some);
                false
            }
            Holds::ForName(name) => {
                let outcome = self.block(scope, Which::Some);
                if outcome.is_some_and(|outcome| outcome != Outcome::Serves) && !self.names.is_empty() {
                    name.take_from(&mut self.names);
                    if self.names.is_empty() {
                        self.narrow(Which::OtherNames);
                    }
                }
                false
            }
            Holds::ForAllBut(rest) => {
                if self.block(scope, which).is_some() {
                    self.narrow(rest);
                }
                false
            }
            Holds::Undecided => {
                if self.block(scope, Which::Some) == Some(Outcome::Redirects) {
                    self.left = Left::Unknown;
                }
                false
            }
        }
    }

    /// What an `if` does with the requests that it takes; `None` where they go on behind it.
    fn block(&mut self, scope: ScopeId, which: Which) -> Option<Outcome> {
        let before = self.answers.len();
        let ends = self.rewrites(scope, which);
        let serves = self.config.scope(scope).entries.iter().any(|entry| CONTENT.contains(&entry.name));
        if !ends && serves {
            self.answer(which, Deed::Content);
        }
        let new = self.answers.get(before..).unwrap_or(&[]);
        let outcome = if new.iter().any(|answer| !matches!(answer.deed, Deed::Redirect | Deed::Refuse)) {
            Outcome::Serves
        } else if new.iter().any(|answer| answer.deed == Deed::Redirect) {
            Outcome::Redirects
        } else {
            Outcome::Refuses
        };
        (ends || serves).then_some(outcome)
    }

    fn narrow(&mut self, which: Which) {
        if matches!(self.left, Left::All) {
            self.left = Left::Only(which);
        }
    }

    /// `rewrite ^ https://… permanent`: a replacement with a scheme is a redirect.
    fn rewrite(&mut self, entry: &Entry, which: Which) -> bool {
        let pattern = self.config.units.argument(entry.place, 0);
        let deed = target(&self.config.units.argument(entry.place, 1));
        if deed != Deed::Redirect {
            return false;
        }
        match handling::takes_every_path(&pattern) {
            Some(None) if entry.conditional => self.left = Left::Unknown,
            Some(None) => {
                self.answer(which, deed);
                return true;
            }
            Some(Some(path)) => self.narrow(Which::path(&path)),
            None => {}
        }
        false
    }

    /// What answers the requests that the server's own rewrites let through.
    fn handlers(&mut self, server: ScopeId, is_default: bool) {
        let is_for_others = matches!(self.left, Left::Only(Which::OtherNames));
        if is_for_others && !is_default {
            return;
        }
        let config = self.config;
        let mut takes_all = false;
        for child in &config.scope(server).children {
            if config.scope(*child).kind == Kind::Location {
                takes_all |= self.location(*child);
            }
        }
        if takes_all {
            return;
        }
        let has_content = config.scope(server).entries.iter().any(|entry| CONTENT.contains(&entry.name));
        if refuses(config, server) {
            self.answer(Which::All, Deed::Refuse);
        } else if has_content || !is_for_others {
            // Without a root there is still the one that nginx was built with.
            self.answer(Which::All, Deed::Content);
        }
    }

    /// What a location does; whether it takes every request that no other takes.
    fn location(&mut self, location: ScopeId) -> bool {
        let scope = self.config.scope(location);
        let Some((which, takes_all)) = scope.head.and_then(|head| path(self.config, head)) else {
            return false;
        };
        let has = |name: &str| scope.entries.iter().any(|entry| entry.name == name);
        if has("internal") {
            // Other answers lead there, no client.
            return false;
        }
        let which = if self.is_error_page(scope.head) { Which::Minor } else { which };
        let left = self.left;
        for child in &scope.children {
            if self.config.scope(*child).kind == Kind::Location {
                self.location(*child);
            }
        }
        if !self.rewrites(location, which) {
            let deed = if refuses(self.config, location) {
                Deed::Refuse
            } else if scope.blind.is_some() {
                Deed::Unknown
            } else if has("stub_status") || has("empty_gif") {
                Deed::Fixed
            } else {
                Deed::Content
            };
            self.answer(which, deed);
        }
        self.left = left;
        takes_all && !scope.conditional
    }

    /// Whether a location is the one path to which an `error_page` of its server leads.
    fn is_error_page(&self, head: Option<Place>) -> bool {
        let units = self.config.units;
        let Some(head) = head.filter(|head| units.argument(*head, 0) == "=") else { return false };
        let path = units.argument(head, 1);
        self.error_pages.contains(&*path)
    }

    /// `return CODE`, `return CODE TEXT`, `return URL`.
    fn returns(&self, place: Place) -> Deed {
        let first = self.config.units.argument(place, 0);
        match first.parse::<u16>() {
            Ok(301 | 302 | 303 | 307 | 308) => target(&self.config.units.argument(place, 1)),
            Ok(code) if code >= 400 => Deed::Refuse,
            Ok(_) => Deed::Fixed,
            Err(_) => target(&first),
        }
    }
}

/// Statements and `if` blocks of a block, in the order of the text.
fn steps<'c>(config: &'c Config<'_>, scope: ScopeId) -> Vec<Step<'c>> {
    let scope = config.scope(scope);
    let conditions = scope.children.iter().filter(|child| config.scope(**child).kind == Kind::If);
    let mut conditions = conditions.copied().peekable();
    let mut steps = Vec::new();
    for (index, entry) in scope.entries.iter().enumerate() {
        while let Some(child) = conditions.next_if(|child| config.scope(*child).after <= index) {
            steps.push(Step::If(child));
        }
        steps.push(Step::Statement(entry));
    }
    steps.extend(conditions.map(Step::If));
    steps
}

/// The names that clients ask a server for.
fn names(config: &Config<'_>, server: ScopeId) -> HashSet<String> {
    let words = config.here(server, "server_name").flat_map(|entry| {
        let count = config.units.arguments(entry.place).len();
        (0..count).map(|at| config.units.argument(entry.place, at).to_ascii_lowercase())
    });
    words.filter(|name| !matches!(name.as_str(), "" | "_")).collect()
}

/// The last words of `error_page` directives of a server and around it.
fn error_pages(config: &Config<'_>, server: ScopeId) -> HashSet<String> {
    let scopes = config.around(server).take_while(|scope| config.scope(*scope).kind != Kind::Main);
    let entries = scopes.flat_map(|scope| config.here(scope, "error_page"));
    let last = entries.filter_map(|entry| {
        let at = config.units.arguments(entry.place).len().checked_sub(1)?;
        Some(config.units.argument(entry.place, at).into_owned())
    });
    last.collect()
}

/// The requests that a location is for, and whether these are all that no other location takes; `None` for a named one, to which
/// others lead.
fn path(config: &Config<'_>, head: Place) -> Option<(Which, bool)> {
    let words = config.units.arguments(head).len();
    let last = config.units.argument(head, words.checked_sub(1)?);
    let first = config.units.argument(head, 0);
    let (modifier, path) = if words > 1 {
        (&*first, &*last)
    } else {
        let start = ["=", "~*", "^~", "~"].into_iter().find(|start| last.starts_with(start)).unwrap_or("");
        (start, last.get(start.len()..).unwrap_or_default())
    };
    if path.starts_with('@') {
        return None;
    }
    if modifier.starts_with('~') {
        let takes_all = handling::takes_every_path(path).is_some();
        let which = handling::path_of_pattern(path).map_or(Which::Some, |path| Which::path(&path));
        return Some((if takes_all { Which::All } else { which }, takes_all));
    }
    let takes_all = path == "/" && modifier != "=";
    Some((if takes_all { Which::All } else { Which::path(path) }, takes_all))
}

/// Whether a block lets nobody in, or the machine itself alone (ngx_http_access_module).
fn refuses(config: &Config<'_>, scope: ScopeId) -> bool {
    let all = |entry: &Entry| config.units.argument(entry.place, 0) == "all" && !entry.conditional;
    let is_machine = |entry: &Entry| {
        let address = config.units.argument(entry.place, 0);
        address.starts_with("127.") || matches!(&*address, "::1" | "unix:")
    };
    let mut rules = config.scope(scope).entries.iter().filter(|entry| matches!(entry.name, "allow" | "deny"));
    rules
        .find(|entry| entry.name == "allow" && !is_machine(entry) || entry.name == "deny" && all(entry))
        .is_some_and(|entry| entry.name == "deny")
}

/// Where a redirect leads.
fn target(url: &str) -> Deed {
    if url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) {
        return Deed::Redirect;
    }
    if url.starts_with('$') && !url.starts_with("$scheme") || url.contains("{{") || url.contains("<%") {
        return Deed::Unknown;
    }
    Deed::Content
}
