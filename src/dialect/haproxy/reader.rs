//! Files in order, line by line: what HAProxy's parser does with a configuration (parse_cfg in src/cfgparse.c).

use super::bind::{Above, CertificateWord};
use super::branches::{Branch, BranchState};
use super::certificates::CertificateFile;
use super::global::Global;
use super::prepared::Prepared;
use super::proxy::{Kind, Mode, Proxy};
use super::release::{self, Defaults, Lookup};
use super::settings::Certainty;
use super::store::Stores;
use super::words::{self, Argument, Environment, Replacer};
use crate::budget::Resource;
use crate::dialect::Context;
use crate::endpoint::Role;
use crate::server::notes::Notes;
use crate::setting::{Step, Unknown};
use crate::source::Source;
use crate::span::{FileId, Location};
use crate::syntax::Parsed;
use crate::syntax::haproxy::crt_list::CrtListLine;
use crate::syntax::haproxy::{self, Config, Line, LineKind};
use crate::syntax::template::TemplateKind;
use crate::target::Release;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// Everything that the files say.
pub(super) struct Reader<'a> {
    pub(super) context: Context<'a>,
    pub(super) release: Option<Release>,
    pub(super) defaults: Defaults,
    pub(super) global: Global,
    pub(super) proxies: Vec<Proxy>,
    pub(super) notes: Notes,
    /// Whether no `global` section was given.
    pub(super) is_fragment: bool,
    /// Whether placeholders of a template language stand in any of the files.
    pub(super) is_templated: bool,
    /// The files in which they stand.
    pub(super) templated: Vec<FileId>,
    /// Files besides the configuration itself: crt-lists.
    pub(super) files: Vec<FileId>,
    pub(super) environment: Environment,
    pub(super) stores: Stores,
    /// The versions of crt-list lines whose listeners were prepared.
    pub(super) prepared: Prepared,
    /// `ssl-f-use` lines outside frontends: the next frontend takes them.
    pub(super) unused: Vec<CertificateWord>,
    /// The keywords of proxies so far, by role and name.
    pub(super) names: BTreeMap<(Role, String), String>,
    /// Lists of certificates that were parsed, each once however many lines load it.
    pub(super) lists: HashMap<FileId, Rc<Parsed<Vec<CrtListLine>>>>,
    /// Files of certificates that were read, each once however many lines load it.
    pub(super) certificates: HashMap<PathBuf, Rc<CertificateFile>>,
    /// `defaults` sections so far.
    pub(super) default_sections: Vec<Proxy>,
    pub(super) has_defaults: bool,
    /// The start of the first section other than `global`.
    pub(super) first_other: Option<Location>,
    /// How many of them certainly have a name, and the place of the last.
    pub(super) defaults_by_name: HashMap<String, (usize, usize)>,
    /// The names of those that a `from` names.
    pub(super) referenced: HashSet<String>,
    section: Section,
    /// Where it starts.
    section_head: Option<Location>,
    pub(super) conditions: Vec<Branch>,
    /// How many `.if` are open inside those that HAProxy takes.
    pub(super) too_deep: usize,
    /// Open branches and loops of a template language, each with its start.
    pub(super) templates: Vec<Location>,
    file: FileId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Section {
    /// Before any section.
    None,
    Defaults,
    Global,
    Proxy,
    /// `crt-store`.
    Store,
    /// A section without listeners or servers.
    Uninteresting,
}

impl<'a> Reader<'a> {
    /// Reads files in the order in which HAProxy is given them.
    pub(super) fn read(roots: &[Arc<Source>], context: Context<'a>) -> Self {
        let release = context.target.haproxy;
        let parsed: Vec<_> =
            roots.iter().map(|source| (source, haproxy::parse(source.id(), source.text()))).collect();
        let has_section = |keyword: &str| {
            let lines = parsed.iter().flat_map(|(_, parsed)| &parsed.tree.lines);
            lines.filter(|line| line.kind == LineKind::Section).any(|line| line.keyword() == Some(keyword))
        };
        let is_fragment = !has_section("global") && !context.is_whole;
        let why = "the \"global\" section is in a file that is not given";
        let unseen = Arc::new(Unknown { at: None, why: why.to_owned() });
        let mut reader = Self {
            context,
            release,
            defaults: release::defaults(release),
            global: if is_fragment { Global::unseen(&unseen) } else { Global::default() },
            proxies: Vec::new(),
            notes: Notes::default(),
            is_fragment,
            is_templated: parsed.iter().any(|(_, parsed)| parsed.tree.is_templated()),
            templated: parsed
                .iter()
                .filter(|(_, parsed)| parsed.tree.is_templated())
                .map(|(source, _)| source.id())
                .collect(),
            files: Vec::new(),
            environment: Environment::default(),
            stores: Stores::default(),
            prepared: Prepared::default(),
            unused: Vec::new(),
            names: BTreeMap::new(),
            lists: HashMap::new(),
            certificates: HashMap::new(),
            default_sections: Vec::new(),
            has_defaults: has_section("defaults"),
            first_other: None,
            defaults_by_name: HashMap::new(),
            referenced: HashSet::new(),
            section: Section::None,
            section_head: None,
            conditions: Vec::new(),
            too_deep: 0,
            templates: Vec::new(),
            file: FileId(0),
        };
        for (source, parsed) in &parsed {
            reader.file = source.id();
            for error in &parsed.errors {
                if context.budget.take(Resource::SyntaxErrors, 1, Location::new(source.id(), error.span)) {
                    reader.syntax_error(error);
                }
            }
            reader.config(&parsed.tree);
        }
        reader
    }

    fn config(&mut self, config: &Config) {
        let mut templates = config.templates.iter().peekable();
        for line in &config.lines {
            while let Some(template) = templates.next_if(|template| template.span.end <= line.span.start) {
                self.template(template.kind, self.at(template.span));
            }
            let mut inner = None;
            while let Some(template) = templates.next_if(|template| template.span.start < line.span.end) {
                if matches!(template.kind, TemplateKind::Opens | TemplateKind::Divides) {
                    inner.get_or_insert(self.at(template.span));
                }
                self.template(template.kind, self.at(template.span));
            }
            self.line(line, inner);
        }
        for template in templates {
            self.template(template.kind, self.at(template.span));
        }
        self.templates.clear();
        if let Some(branch) = self.conditions.pop() {
            self.refuse(branch.location, "'.if' is not closed at the end of the file".to_owned());
            self.conditions.clear();
        }
        if let Some(span) = config.unterminated {
            self.refuse_unterminated(self.at(span), "");
        }
        if let Some(span) = config.nul.first() {
            self.refuse_nul(self.at(*span), "");
        }
    }

    /// A text without a final end of line, from 2.3 on.
    pub(super) fn refuse_unterminated(&mut self, location: Location, what: &str) {
        if self.release.is_some() && self.defaults.needs_newline && !self.is_templated {
            self.refuse(location, format!("{what}missing LF on last line, file might have been truncated"));
        }
    }

    /// A NUL character, from 2.3 on.
    pub(super) fn refuse_nul(&mut self, location: Location, what: &str) {
        if self.release.is_none() || self.defaults.needs_newline {
            self.refuse(location, format!("{what}stray NUL character"));
        }
    }

    fn template(&mut self, kind: TemplateKind, location: Location) {
        match kind {
            TemplateKind::Opens => self.templates.push(location),
            TemplateKind::Closes => {
                self.templates.pop();
            }
            TemplateKind::Divides | TemplateKind::Output | TemplateKind::Silent => {}
        }
    }

    fn line(&mut self, line: &Line, inner: Option<Location>) {
        if !self.templates.is_empty() || inner.is_some() {
            self.notes.doubt(self.at(line.span));
        }
        if let Some((span, reason)) = self.release.and_then(|release| words::unreadable(line, release)) {
            return self.refuse(self.at(span), reason);
        }
        let skipped = self.conditions.iter().any(|branch| branch.state == BranchState::Skipped);
        if let LineKind::Condition(condition) = line.kind {
            return self.condition(condition, line);
        }
        if skipped || line.is_broken {
            return;
        }
        let certainty = self.certainty(inner);
        if matches!(certainty, Certainty::Maybe(_)) {
            self.notes.doubt(self.at(line.span));
        }
        match line.kind {
            LineKind::Section => self.section(line, &certainty),
            LineKind::Message => self.message(line),
            LineKind::Template => {
                let unknown = Arc::new(Unknown {
                    at: Some(self.at(line.span)),
                    why: "a template fills it in".to_owned(),
                });
                self.opened(&unknown);
            }
            LineKind::Statement => self.statement(line, &certainty, inner),
            LineKind::Condition(_) | LineKind::Scope => {}
        }
    }

    /// A template's output stands where statements do.
    fn opened(&mut self, unknown: &Arc<Unknown>) {
        match self.section {
            Section::Global | Section::None => self.global.open(unknown),
            Section::Defaults => {
                if let Some(defaults) = self.default_sections.last_mut() {
                    defaults.open(unknown);
                    defaults.default_server.open.get_or_insert_with(|| Arc::clone(unknown));
                }
            }
            Section::Proxy => {
                if let Some(proxy) = self.proxies.last_mut() {
                    proxy.open(unknown);
                }
            }
            Section::Store | Section::Uninteresting => {}
        }
    }

    fn section(&mut self, line: &Line, certainty: &Certainty) {
        let arguments = self.arguments(line);
        let head = self.at(line.span);
        let Some(keyword) = line.keyword() else { return };
        self.section_head = Some(head);
        if let Lookup::OtherRelease(entry) = release::look_up(release::SECTION, keyword, self.release) {
            self.refuse(head, format!("unknown keyword '{keyword}' ({})", entry.releases()));
        }
        if keyword != "global" {
            self.first_other.get_or_insert(head);
        }
        if keyword == "global" {
            self.section = Section::Global;
            self.global.head = Some(head);
            return;
        }
        if keyword == "crt-store" {
            self.section = Section::Store;
            return self.store_section(&arguments);
        }
        let Some(kind) = Kind::of(keyword) else {
            self.section = Section::Uninteresting;
            return;
        };
        let is_named = |argument: &&Argument| !argument.is("from");
        let name = arguments.get(1).filter(is_named).and_then(Argument::text).unwrap_or_default();
        if matches!(certainty, Certainty::Certain) && !self.is_templated {
            self.refuse_head(kind, keyword, &arguments, head);
        }
        let mut proxy = Proxy::new(kind, keyword, name, head);
        self.inherit(&mut proxy, &arguments);
        if kind == Kind::Defaults {
            self.replace(&proxy);
            self.section = Section::Defaults;
            let named = self.defaults_by_name.entry(proxy.name.clone()).or_default();
            *named = (named.0 + usize::from(!self.notes.is_doubtful(head)), self.default_sections.len());
            self.default_sections.push(proxy);
        } else {
            self.section = Section::Proxy;
            if matches!(kind, Kind::Frontend | Kind::Listen) {
                proxy.used = std::mem::take(&mut self.unused);
            }
            self.proxies.push(proxy);
        }
    }

    fn statement(&mut self, line: &Line, certainty: &Certainty, inner: Option<Location>) {
        let arguments = self.arguments(line);
        let Some(keyword) = arguments.first() else { return };
        let name = match &keyword.value {
            Ok(name) => name.as_str().to_owned(),
            Err(unknown) => {
                let unknown = Arc::clone(unknown);
                return self.opened(&unknown);
            }
        };
        match self.section {
            Section::Uninteresting => {}
            Section::Store => self.store_statement(&arguments),
            Section::None if self.is_fragment => self.bare(&name, line, &arguments, certainty, inner),
            Section::None => {
                if !self.is_templated {
                    self.refuse(keyword.location, format!("unknown keyword '{name}' out of section"));
                }
            }
            Section::Global => self.global_statement(&name, &arguments, certainty),
            Section::Defaults | Section::Proxy => {
                self.proxy_statement(&name, line, &arguments, certainty, inner);
            }
        }
    }

    /// A statement of a file without sections: a part of some section that includes it.
    fn bare(
        &mut self,
        name: &str,
        line: &Line,
        arguments: &[Argument],
        certainty: &Certainty,
        inner: Option<Location>,
    ) {
        if name.starts_with("ssl-") || name.starts_with("tune.") {
            return self.global_statement(name, arguments, certainty);
        }
        if self.proxies.is_empty() {
            let mut proxy = Proxy::new(Kind::Listen, "listen", "", self.at(line.span));
            let why = "the section that it belongs to is in a file that is not given".to_owned();
            proxy.mode = Mode::Unknown;
            proxy.default_server.open = Some(Arc::new(Unknown { at: None, why }));
            self.proxies.push(proxy);
        }
        if let "bind" | "server" | "server-template" | "default-server" | "mode" = name {
            self.section = Section::Proxy;
            self.proxy_statement(name, line, arguments, certainty, inner);
            self.section = Section::None;
        }
    }

    fn proxy_statement(
        &mut self,
        name: &str,
        line: &Line,
        arguments: &[Argument],
        certainty: &Certainty,
        inner: Option<Location>,
    ) {
        let is_defaults = self.section == Section::Defaults;
        let Some(proxy) = (if is_defaults { self.default_sections.last() } else { self.proxies.last() })
        else {
            return;
        };
        let kind = proxy.kind;
        match name {
            "bind" if is_defaults => {
                self.refuse_in_section(
                    self.at(line.span),
                    "'bind' not allowed in 'defaults' section".to_owned(),
                );
            }
            "bind" if kind.listens() => self.bind(line, arguments, certainty, inner),
            "default-bind" if kind == Kind::Other => {
                let options = arguments.get(1..).unwrap_or(&[]).to_vec();
                if let Some(proxy) = self.proxies.last_mut() {
                    proxy.default_bind = options;
                }
            }
            "server" | "server-template" if is_defaults => {
                self.refuse_in_section(
                    self.at(line.span),
                    format!("'{name}' not allowed in 'defaults' section"),
                );
            }
            "default-server" if is_defaults || kind.connects() => {
                self.default_server(arguments, certainty, is_defaults);
            }
            "server" | "server-template" | "peer" if kind.connects() => {
                self.server(name, line, arguments, certainty, inner);
            }
            "server" | "server-template" | "default-server" if kind == Kind::Frontend => {
                let reason = format!("'{name}' : proxy '{}' has no backend capability", proxy.name);
                self.refuse_in_section(self.at(line.span), reason);
            }
            _ => self.other_statement(name, arguments, certainty, kind),
        }
        if name == "ssl-f-use" {
            self.use_certificate(self.at(line.span), arguments, kind);
        }
        let proxy = if is_defaults { self.default_sections.last_mut() } else { self.proxies.last_mut() };
        if let Some(proxy) = proxy {
            proxy.rule(arguments, matches!(certainty, Certainty::Certain));
        }
    }

    fn other_statement(&mut self, name: &str, arguments: &[Argument], certainty: &Certainty, kind: Kind) {
        let is_defaults = self.section == Section::Defaults;
        let proxy = if is_defaults { self.default_sections.last_mut() } else { self.proxies.last_mut() };
        if let (Some(proxy), "mode") = (proxy, name) {
            proxy.mode = match (arguments.get(1).and_then(Argument::text), certainty) {
                (Some("http"), Certainty::Certain) => Mode::Http,
                (Some(_), Certainty::Certain) => Mode::Tcp,
                _ => Mode::Unknown,
            };
        }
        if kind == Kind::Other || self.is_templated {
            return;
        }
        let Some(keyword) = arguments.first() else { return };
        let section = match kind {
            Kind::Backend => "backend",
            Kind::Defaults => "defaults",
            Kind::Frontend => "frontend",
            Kind::Listen | Kind::Other => "listen",
        };
        match release::look_up(release::PROXY, name, self.release) {
            Lookup::Known(_) => {}
            Lookup::OtherRelease(entry) => {
                let reason =
                    format!("unknown keyword '{name}' in '{section}' section ({})", entry.releases());
                self.refuse_in_section(keyword.location, reason);
            }
            Lookup::Unknown if matches!(name, "no" | "default") => {}
            Lookup::Unknown => {
                let Some(hint) = release::unknown(release::PROXY, name, self.release) else { return };
                self.refuse_in_section(
                    keyword.location,
                    format!("unknown keyword '{name}' in '{section}' section{hint}"),
                );
            }
        }
    }

    pub(super) fn arguments(&self, line: &Line) -> Vec<Argument> {
        self.replacer().arguments(self.file, line)
    }

    pub(super) fn replacer(&self) -> Replacer<'_> {
        Replacer {
            environment: &self.environment,
            variables: self.context.variables,
            budget: self.context.budget,
            release: self.release,
            is_templated: self.is_templated,
        }
    }

    pub(super) fn above(&self) -> Above {
        Above { crt_base: self.global.crt_base.clone(), stored: self.stores.len() }
    }

    pub(super) fn global_step(&self) -> Step {
        let location = self.global.head.unwrap_or(Location::new(self.file, crate::span::Span::empty(0)));
        Step { location, what: "set in global".to_owned() }
    }

    pub(super) fn at(&self, span: crate::span::Span) -> Location {
        Location::new(self.file, span)
    }

    /// The file that is being read.
    pub(super) fn file(&self) -> FileId {
        self.file
    }

    /// Notes why HAProxy does not start, if it is in the section in which a line seems to stand.
    #[cfg_attr(test, track_caller)]
    fn refuse_in_section(&mut self, location: Location, reason: String) {
        self.notes.refuse_beside(location, self.section_head.as_slice(), reason);
    }

    /// Notes why HAProxy does not start.
    #[cfg_attr(test, track_caller)]
    pub(super) fn refuse(&mut self, location: Location, reason: String) {
        self.notes.refuse(location, reason);
    }
}
