//! Directives in their blocks, includes followed: what `ngx_conf_parse` sees, one block after the other.

use super::includes;
use super::release::{self, Module, Running};
pub(super) use super::scope::{Entry, Scope};
use super::units::{Include, Place, Units};
use crate::budget::Budget;
use crate::endpoint::Model;
use crate::observation::{Observation, ObservationKind, Refusal};
use crate::setting::{Provenance, Step, Unknown};
use crate::span::Location;
use crate::syntax::nginx::{Children, Directive};
use std::sync::Arc;

/// What a block is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    /// The file itself.
    Main,
    Http,
    Server,
    Location,
    /// `if` in a server or location.
    If,
    LimitExcept,
    /// `upstream` of http or stream.
    Upstream,
    Stream,
    StreamServer,
    Mail,
    MailServer,
}

impl Kind {
    /// How a message calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Main => "the main context",
            Self::Http => "http",
            Self::Server | Self::StreamServer | Self::MailServer => "server",
            Self::Location => "location",
            Self::If => "if",
            Self::LimitExcept => "limit_except",
            Self::Upstream => "upstream",
            Self::Stream => "stream",
            Self::Mail => "mail",
        }
    }

    /// The part of nginx that its directives come from.
    pub(super) const fn module(self) -> Option<Module> {
        match self {
            Self::Main | Self::Upstream => None,
            Self::Http | Self::Server | Self::Location | Self::If | Self::LimitExcept => Some(Module::Http),
            Self::Stream | Self::StreamServer => Some(Module::Stream),
            Self::Mail | Self::MailServer => Some(Module::Mail),
        }
    }

    /// The block that `name` opens here.
    fn opens(self, name: &str) -> Option<Self> {
        match (self, name) {
            (Self::Main, "http") => Some(Self::Http),
            (Self::Main, "stream") => Some(Self::Stream),
            (Self::Main, "mail") => Some(Self::Mail),
            (Self::Http, "server") => Some(Self::Server),
            (Self::Stream, "server") => Some(Self::StreamServer),
            (Self::Mail, "server") => Some(Self::MailServer),
            (Self::Http | Self::Stream, "upstream") => Some(Self::Upstream),
            (Self::Server | Self::Location, "location") => Some(Self::Location),
            (Self::Server | Self::Location, "if") => Some(Self::If),
            (Self::Location, "limit_except") => Some(Self::LimitExcept),
            _ => None,
        }
    }
}

/// A block's place in the configuration.
pub(super) type ScopeId = u32;

/// A chain of includes' place in the configuration; 0 is the root file.
pub(super) type ChainId = u32;

/// One step of a chain of includes.
#[derive(Debug)]
struct Link {
    via: Option<Place>,
    parent: ChainId,
    unit: u32,
}

/// A whole configuration.
#[derive(Debug)]
pub(super) struct Config<'u> {
    pub(super) units: &'u Units,
    pub(super) running: Running,
    pub(super) scopes: Vec<Scope>,
    links: Vec<Link>,
    /// Whether the root file is a fragment, of which the surroundings are not known.
    pub(super) is_fragment: bool,
    /// How many files are read side by side.
    pub(super) roots: usize,
    /// Blocks that include what cannot be read, each with the number of the observation that says so.
    pub(super) unread: Vec<(ScopeId, usize)>,
}

/// Directives of other modules that say what a listener is for, or where it passes connections to; sorted.
const OTHERS: &[&str] = &[
    "allow",
    "deny",
    "empty_gif",
    "error_page",
    "fastcgi_pass",
    "grpc_pass",
    "internal",
    "listen",
    "memcached_pass",
    "pass",
    "proxy_pass",
    "proxy_protocol",
    "return",
    "rewrite",
    "root",
    "scgi_pass",
    "server",
    "server_name",
    "set",
    "starttls",
    "stub_status",
    "try_files",
    "uwsgi_pass",
];

/// How deep includes may stand in each other; nginx itself stops at its limit of open files.
const MAXIMUM_DEPTH: usize = 100;

impl<'u> Config<'u> {
    /// Walks the root file, and every file where it is included; `starts` are the blocks that each root is read in. Fragments that are
    /// read side by side share the block that they stand in.
    pub(super) fn read(
        units: &'u Units,
        running: Running,
        starts: &[Vec<Kind>],
        budget: &Budget,
        model: &mut Model,
    ) -> Self {
        let roots = starts.len();
        let is_fragment = roots > 1 || starts.first().is_none_or(|start| *start != [Kind::Main]);
        let (scopes, links, unread) = (Vec::new(), Vec::new(), Vec::new());
        let mut config = Self { units, running, scopes, links, is_fragment, roots, unread };
        let mut shared: Vec<(Kind, ScopeId)> = Vec::new();
        let mut entries = Vec::new();
        for (unit, start) in (0..).zip(starts) {
            let chain = config.links.len() as ChainId;
            config.links.push(Link { via: None, parent: chain, unit });
            let mut scope = None;
            for kind in start {
                let known = shared.iter().find(|(known, _)| start.len() == 1 && known == kind);
                scope = Some(known.map_or_else(|| config.open_root(*kind, scope), |(_, id)| *id));
            }
            if let ([kind], Some(scope)) = (start.as_slice(), scope) {
                shared.push((*kind, scope));
            }
            entries.extend(scope.map(|scope| (unit, scope, chain)));
        }
        let mut walk = Walk { config: &mut config, model, budget };
        for entry in entries {
            walk.run(entry);
        }
        config.add_unseen_servers();
        config
    }

    /// Opens a block that a root is read in.
    fn open_root(&mut self, kind: Kind, parent: Option<ScopeId>) -> ScopeId {
        let id = self.open(kind, parent, None, false);
        if self.is_fragment {
            let why = "the file that this one is included from is not known".to_owned();
            self.scope_mut(id).blind = Some(Arc::new(Unknown { at: None, why }));
        }
        id
    }

    /// Whether what stands at two places is read together for certain: fragments side by side may be alternatives.
    pub(super) fn go_together(&self, one: Place, other: Place) -> bool {
        self.roots == 1 || one.unit == other.unit
    }

    /// Servers that files beyond reach may hold: they inherit what their block says of TLS, which is judged as theirs.
    fn add_unseen_servers(&mut self) {
        for id in 0..self.scopes.len() as ScopeId {
            let scope = self.scope(id);
            let kind = match scope.kind {
                Kind::Http => Kind::Server,
                Kind::Stream => Kind::StreamServer,
                _ => continue,
            };
            let speaks = scope.entries.iter().any(|entry| INHERITED.contains(&entry.name));
            let has_guessed = scope.children.iter().any(|child| self.scope(*child).head.is_none());
            if speaks && scope.blind.is_some() && !has_guessed {
                self.open(kind, Some(id), None, false);
            }
        }
    }

    /// One block.
    pub(super) fn scope(&self, id: ScopeId) -> &Scope {
        self.scopes.get(id as usize).expect("scope numbers come from the same configuration")
    }

    fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        self.scopes.get_mut(id as usize).expect("scope numbers come from the same configuration")
    }

    /// Every block of a kind, in the order of the text.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = ScopeId> {
        (0..).zip(&self.scopes).filter(move |(_, scope)| scope.kind == kind).map(|(id, _)| id)
    }

    /// The entries of one name in a block itself.
    pub(super) fn here<'a>(&'a self, id: ScopeId, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.scope(id).named(name)
    }

    /// The block and those around it, innermost first.
    pub(super) fn around(&self, id: ScopeId) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(Some(id), |id| self.scope(*id).parent)
    }

    /// The steps by which what stands in `written`, behind `chain`, reaches `reader`.
    pub(super) fn provenance(&self, chain: ChainId, written: ScopeId, reader: ScopeId) -> Provenance {
        let mut steps = Vec::new();
        for via in self.vias(chain) {
            steps
                .push(Step { location: self.units.location(via), what: crate::finding::INCLUDED.to_owned() });
        }
        if written != reader
            && let Some(head) = self.scope(written).head
        {
            let what = format!("inherited from {}", self.scope(written).kind.name());
            steps.push(Step { location: self.units.location(head), what });
        }
        steps.into()
    }

    /// The `include` directives of a chain, outermost first.
    fn vias(&self, mut chain: ChainId) -> Vec<Place> {
        let mut vias = Vec::new();
        while let Some(Link { via: Some(via), parent, .. }) = self.links.get(chain as usize) {
            vias.push(*via);
            chain = *parent;
        }
        vias.reverse();
        vias
    }

    /// `http/server/ssl_protocols`: where a directive stands, without positions.
    pub(super) fn context(&self, id: ScopeId, name: &str) -> String {
        let mut names: Vec<&str> = self
            .around(id)
            .filter(|id| self.scope(*id).kind != Kind::Main)
            .map(|id| self.scope(id).kind.name())
            .collect();
        names.reverse();
        names.push(name);
        names.join("/")
    }

    fn open(
        &mut self,
        kind: Kind,
        parent: Option<ScopeId>,
        head: Option<Place>,
        conditional: bool,
    ) -> ScopeId {
        let id = self.scopes.len() as ScopeId;
        let after = parent.map_or(0, |parent| self.scope(parent).entries.len());
        self.scopes.push(Scope::new(kind, parent, head, after, conditional));
        if let Some(parent) = parent {
            self.scope_mut(parent).children.push(id);
        }
        id
    }
}

struct Walk<'c, 'u> {
    config: &'c mut Config<'u>,
    model: &'c mut Model,
    budget: &'c Budget,
}

/// A block, or a file where it is included, of which directives are still to be read.
struct Frame<'u> {
    unit: u32,
    children: Children<'u>,
    /// `None` where nothing inside matters.
    scope: Option<ScopeId>,
    chain: ChainId,
    /// Whether a template decides that the file is included here.
    conditional: bool,
}

impl<'u> Walk<'_, 'u> {
    fn run(&mut self, (unit, scope, chain): (u32, ScopeId, ChainId)) {
        let children = self.config.units.get(unit).tree.roots();
        let mut stack = vec![Frame { unit, children, scope: Some(scope), chain, conditional: false }];
        while let Some(frame) = stack.last_mut() {
            let Some(id) = frame.children.next() else {
                stack.pop();
                continue;
            };
            let place = Place { unit: frame.unit, id };
            let (scope, chain, conditional) = (frame.scope, frame.chain, frame.conditional);
            if let Some(scope) = scope {
                self.directive(place, scope, chain, conditional, &mut stack);
            }
        }
    }

    fn directive(
        &mut self,
        place: Place,
        scope: ScopeId,
        chain: ChainId,
        outer: bool,
        stack: &mut Vec<Frame<'u>>,
    ) {
        let units = self.config.units;
        let unit = units.get(place.unit);
        let directive = unit.tree.directive(place.id);
        let Some(word) = unit.tree.name(place.id) else { return };
        let conditional = outer || unit.tree.is_conditional(place.id);
        if word.is_templated() {
            self.opaque(place, scope);
            return;
        }
        let name = word.value(unit.source.text());
        let kind = self.config.scope(scope).kind;
        if name == "include" && directive.block.is_none() {
            self.include(place, scope, chain, conditional, stack);
        } else if let Some(opens) = kind.opens(&name).filter(|_| is_block(directive)) {
            let id = self.config.open(opens, Some(scope), Some(place), conditional);
            let children = unit.tree.children(place.id);
            stack.push(Frame { unit: place.unit, children, scope: Some(id), chain, conditional: false });
        } else if let Some(known) = known(&name) {
            if super::validate::directive(self.config, self.model, (place, scope), known) {
                self.config.scope_mut(scope).add(Entry { name: known, place, chain, conditional });
            }
        } else if MISPLACED.contains(&&*name)
            && is_block(directive)
            && !self.config.is_fragment
            && !unit.tree.is_templated()
        {
            let reason = format!("\"{name}\" directive is not allowed here");
            self.model.refusals.push(Refusal { location: units.location(place), reason });
        }
    }

    /// A placeholder where a directive should stand: anything may come in its place.
    fn opaque(&mut self, place: Place, scope: ScopeId) {
        let location = self.config.units.location(place);
        let why = "a template placeholder stands here, which may set anything".to_owned();
        self.config.scope_mut(scope).blind = Some(Arc::new(Unknown { at: Some(location), why }));
    }

    fn include(
        &mut self,
        place: Place,
        scope: ScopeId,
        chain: ChainId,
        conditional: bool,
        stack: &mut Vec<Frame<'u>>,
    ) {
        let units = self.config.units;
        let location = units.location(place);
        match units.include(place) {
            None => {}
            Some(Include::Unknown(unknown)) => {
                self.unresolved(place, scope, format!("{}: its settings are not known", unknown.why));
            }
            Some(Include::Unread { error, .. }) => {
                let written = units.argument(place, 0);
                let kind = self.config.scope(scope).kind;
                if includes::holds_no_tls(kind, &written)
                    || includes::may_match_nothing(self.config, &written)
                {
                    return;
                }
                let message = format!("\"{written}\" {error}: its settings are not known");
                if includes::is_missing(self.config, place, error) {
                    let reason = format!("open() \"{written}\" failed: the file {error}");
                    self.model
                        .refusals
                        .push(Refusal { location: self.path_location(place, location), reason });
                    let unknown = Unknown { at: Some(location), why: message };
                    self.config.scope_mut(scope).blind = Some(Arc::new(unknown));
                } else {
                    self.unresolved(place, scope, message);
                }
            }
            Some(Include::Files { units: files, unread }) => {
                if let Some((path, error)) = unread {
                    let why = format!("\"{}\" {error}: its settings are not known", path.display());
                    self.unresolved(place, scope, why);
                }
                for unit in files.iter().rev() {
                    if !self.budget.include(&units.get(*unit).source, location) {
                        return;
                    }
                    if self.depth_of(chain, *unit).is_none() {
                        let reason = "the file includes itself without end".to_owned();
                        self.model.refusals.push(Refusal { location, reason });
                        return;
                    }
                    let link = self.config.links.len() as ChainId;
                    self.config.links.push(Link { via: Some(place), parent: chain, unit: *unit });
                    let children = units.get(*unit).tree.roots();
                    stack.push(Frame { unit: *unit, children, scope: Some(scope), chain: link, conditional });
                }
            }
        }
    }

    /// How deep `unit` would stand; `None` where it stands in itself already, or too deep.
    fn depth_of(&self, mut chain: ChainId, unit: u32) -> Option<usize> {
        for depth in 0..MAXIMUM_DEPTH {
            let link = self.config.links.get(chain as usize)?;
            if link.unit == unit {
                return None;
            }
            if link.via.is_none() {
                return Some(depth);
            }
            chain = link.parent;
        }
        None
    }

    fn unresolved(&mut self, place: Place, scope: ScopeId, message: String) {
        let location = self.config.units.location(place);
        self.config.scope_mut(scope).blind =
            Some(Arc::new(Unknown { at: Some(location), why: message.clone() }));
        self.config.unread.push((scope, self.model.observations.len()));
        self.model.observations.push(Observation {
            kind: ObservationKind::IncludeUnresolved,
            location: self.path_location(place, location),
            message,
            label: "not read".to_owned(),
            related: Vec::new(),
            help: None,
            context: self.config.context(scope, "include"),
        });
    }

    fn path_location(&self, place: Place, whole: Location) -> Location {
        let word = self.config.units.arguments(place).first();
        word.map_or(whole, |word| self.config.units.word_location(place, word))
    }
}

/// Directives of http and stream whose words for all their servers are worth judging.
const INHERITED: [&str; 3] = ["ssl_ciphers", "ssl_conf_command", "ssl_protocols"];

/// Blocks whose place is fixed, so that one elsewhere is refused.
const MISPLACED: [&str; 6] = ["http", "location", "mail", "server", "stream", "upstream"];

fn is_block(directive: &Directive) -> bool {
    directive.block.is_some_and(|block| !block.raw)
}

/// The name, where the directive is one that matters here.
fn known(name: &str) -> Option<&'static str> {
    if let Some(rule) = release::rules(name).first() {
        return Some(rule.name);
    }
    OTHERS.binary_search(&name).ok().and_then(|found| OTHERS.get(found)).copied()
}
